"""Where the answers of one person find people, departments, positions and rows of registers.

What is found: all accounts, departments and positions, for whoever is signed in; of a register what
``forms.registers`` lets them read. Nobody signed in finds nothing.

The number of queries depends on the sources named, not on how many things are. Words that are looked up
(``forms.fields.reference``) are one further query a source; in a register those that are no number are
searched one by one, up to a bound.
"""

from __future__ import annotations

import uuid as uuids
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import get_language

from forms.fields import Directory, Found, Reference
from forms.fields.lookup import SHOWN, SOURCE
from forms.fields.reference import CANDIDATES, READ, SAID, ReferenceField
from forms.files.directory import FileDirectory
from forms.files.references import SOURCE as FILES
from forms.registers import queries as registers
from forms.registers.columns import plain_shape_of
from forms.schema import FormDefinition, Scope
from foundation.organisation.models import Department, Holding, Position, User

MOST_WORDS = 8
MOST_SAID = 20
"""So many words that are no number are searched in one register at once."""
_MOST_CANDIDATES = 5


@dataclass
class HouseDirectory:
    """The directory of one person."""

    person: User | None
    extra: Mapping[str, Directory] = field(default_factory=dict)
    """Directories of further sources, by source: the files of a draft, say."""

    def load(self, references: Collection[Reference]) -> Mapping[Reference, Found]:
        """Return what was found of the references."""
        by_source: dict[str, set[str]] = {}
        for reference in references:
            by_source.setdefault(reference.source, set()).add(reference.key)
        found: dict[Reference, Found] = {}
        for source, keys in by_source.items():
            if source in self.extra:
                found.update(self.extra[source].load([Reference(source, key) for key in keys]))
            elif self.person is not None:
                found.update(self._load(source, keys))
        return found

    def _load(self, source: str, keys: Collection[str]) -> dict[Reference, Found]:
        said = {key.removeprefix(SAID) for key in keys if key.startswith(SAID) and key != SAID}
        named = {key for key in keys if not key.startswith(SAID)}
        if source.startswith(SOURCE):
            by_key, by_words = self._rows(source, named, said)
        elif source in _HOUSE:
            by_key, by_words = _HOUSE[source].load(named, said)
        else:
            return {}
        found = {Reference(source, key): one for key, one in by_key.items()}
        for words, fitting in by_words.items():
            if fitting:
                found[Reference(source, f"{SAID}{words}")] = _one_of(fitting, source, words)
        return found

    def search(self, source: str, words: str, *, limit: int = 20) -> Sequence[Found]:
        """Return what can be chosen from a source, best first."""
        if source in self.extra:
            return self.extra[source].search(source, words, limit=limit)
        if self.person is None:
            return ()
        if source.startswith(SOURCE):
            form, shown = _register(source)
            return [
                _shown(row, source, form, shown)
                for row in registers.find_rows(form, words, self.person, limit)
            ]
        return _HOUSE[source].search(words, limit) if source in _HOUSE else ()

    def _rows(
        self, source: str, keys: Collection[str], said: Collection[str]
    ) -> tuple[dict[str, Found], dict[str, list[Found]]]:
        assert self.person is not None
        form, shown = _register(source)
        by_key = {
            key: _shown(row, source, form, shown)
            for key, row in (registers.load_rows(form, keys, self.person) if keys else {}).items()
        }
        by_words: dict[str, list[Found]] = {}
        for words in sorted(said)[:MOST_SAID]:
            rows = registers.find_rows(form, words, self.person, _MOST_CANDIDATES + 1)
            exact = [
                row for row in rows if row.label.split(" ")[0].casefold() == words.split(" ")[0].casefold()
            ]
            by_words[words] = [_shown(row, source, form, shown) for row in (exact or rows)]
        return by_key, by_words


def directory_for(
    person: User | None,
    record: uuids.UUID | None = None,
    *,
    standing: Mapping[Reference, Found] | None = None,
    uploads: bool = True,
) -> Directory:
    """Return the directory in which the answers of one record (a draft, a submission) are looked up for a
    person.

    ``standing``: what stays found, because it stood there before (``standing_in``). Without ``uploads`` only
    the files of the record count, and not what the person has uploaded beside it.
    """
    files = FileDirectory(person if uploads else None, record)
    house = HouseDirectory(person, {FILES: files})
    return StandingDirectory(house, standing) if standing else house


@dataclass
class StandingDirectory:
    """A directory in which some things stand whatever has become of them: an answer that somebody leaves as it
    is stays sound although its person has left, or its row is not for their eyes.
    """

    directory: Directory
    standing: Mapping[Reference, Found]

    def load(self, references: Collection[Reference]) -> Mapping[Reference, Found]:
        """Return what is found, and of the rest what stood there."""
        found = dict(self.directory.load(references))
        for reference in references:
            if reference not in found and reference in self.standing:
                found[reference] = self.standing[reference]
        return found

    def search(self, source: str, words: str, *, limit: int = 20) -> Sequence[Found]:
        """Return what can be chosen."""
        return self.directory.search(source, words, limit=limit)


def standing_in(definition: FormDefinition, answers: Mapping[str, Any]) -> dict[Reference, Found]:
    """Return what stored answers name, in the words they had on the day."""
    return dict(_standing(definition.form, answers))


def _standing(scope: Scope, answers: Mapping[str, Any]) -> Iterator[tuple[Reference, Found]]:
    for name, value in answers.items():
        if name in scope.inner:
            for row in value:
                yield from _standing(scope.inner[name], row)
        elif (asked := scope.fields.get(name)) and isinstance(asked.of_kind, ReferenceField):
            for reference in asked.of_kind.references(value, asked.settings):
                yield reference, Found(reference, str(value.get("label", "")), "", value.get(READ, {}))


def _register(source: str) -> tuple[str, list[str]]:
    """Return the form of a source, and the fields shown of its rows."""
    form, _sign, shown = source.removeprefix(SOURCE).partition(SHOWN)
    return form, [name for name in shown.split(",") if name]


def _shown(row: Found, source: str, form: str, shown: Sequence[str]) -> Found:
    """Return a row of a register under the source it was asked from, with the fields that are to be shown; by its
    number where none of them is answered, or none for the person: its summary may be for fewer than the answer.
    """
    label = row.label
    if shown:
        fields, language = plain_shape_of(form).newest.by_id, get_language() or ""
        texts = [
            fields[name].of_kind.display(row.values[name], fields[name].settings, language)
            for name in shown
            if name in fields and row.values.get(name) is not None
        ]
        label = " · ".join(texts) or label.partition(" ")[0]
    return Found(Reference(source, row.reference.key), label, row.detail, row.values)


def _one_of(fitting: Sequence[Found], source: str, words: str) -> Found:
    """Return the one thing that words mean, or one that says what they may mean."""
    if len(fitting) == 1:
        return fitting[0]
    named = [f"{one.label} ({one.detail})" if one.detail else one.label for one in fitting[:_MOST_CANDIDATES]]
    if len(fitting) > _MOST_CANDIDATES:
        named.append("…")
    return Found(Reference(source, f"{SAID}{words}"), words, "", {CANDIDATES: "; ".join(named)})


@dataclass(frozen=True)
class _Listed:
    """One of our own lists: which rows there are, by what they are called, and how a row is shown."""

    source: str
    rows: Callable[[], QuerySet[Any]]
    choosable: Q
    key: str
    exact: tuple[str, ...]
    """Columns by which words name one row: number, code, account before names."""
    searched: tuple[str, ...]
    found: Callable[[str, list[Any]], list[Found]]

    def load(
        self, keys: Collection[str], said: Collection[str]
    ) -> tuple[dict[str, Found], dict[str, list[Found]]]:
        """Return the rows with these keys, and by words those that are called so."""
        by_key: dict[str, Found] = {}
        if sound := [key for key in keys if self.key != "uuid" or _is_uuid(key)]:
            rows = list(self.rows().filter(**{f"{self.key}__in": sound}))
            by_key = {one.reference.key: one for one in self.found(self.source, rows)}
        by_words: dict[str, list[Found]] = {words: [] for words in said}
        if said:
            named = Q()
            for column in self.exact:
                named |= Q(**{f"{column}__in": list(said)})
            rows = list(self.rows().filter(self.choosable).filter(named))
            found = self.found(self.source, rows)
            for words in said:
                for column in self.exact:
                    hits = [
                        one for row, one in zip(rows, found, strict=True) if getattr(row, column) == words
                    ]
                    if hits:
                        by_words[words] = hits
                        break
        return by_key, by_words

    def search(self, words: str, limit: int) -> list[Found]:
        """Return the rows in whose columns every word stands."""
        rows = self.rows().filter(self.choosable)
        for word in words.split()[:MOST_WORDS]:
            fits = Q()
            for column in self.searched:
                fits |= Q(**{f"{column}__icontains": word})
            rows = rows.filter(fits)
        return self.found(self.source, list(rows[:limit]))


def _people(source: str, people: list[User]) -> list[Found]:
    posts = _posts_of(people)
    return [_person(source, person, posts.get(person.pk)) for person in people]


def _posts_of(people: Iterable[User]) -> dict[int, Position]:
    """Return the post each person holds today, a regular one before others, the longest held first."""
    held = Holding.objects.on().filter(person__in=list(people)).select_related("position__department")
    found: dict[int, Position] = {}
    for holding in sorted(held, key=lambda one: (one.kind != Holding.Kind.REGULAR, one.starts, one.pk)):
        found.setdefault(holding.person_id, holding.position)
    return found


def _person(source: str, person: User, post: Position | None) -> Found:
    values: dict[str, Any] = {
        "name": str(person),
        "employee_number": person.employee_number,
        "email": person.email,
        "phone": person.phone,
    }
    detail = [person.employee_number or ""]
    if post is not None:
        detail += [str(post.department), str(post)]
        values["department"] = {"key": post.department.code, "label": str(post.department)}
        values["position"] = {"key": post.code, "label": str(post)}
    return Found(
        Reference(source, str(person.uuid)),
        str(person),
        " · ".join(filter(None, detail)),
        {name: value for name, value in values.items() if value},
    )


def _departments(source: str, departments: list[Department]) -> list[Found]:
    return [
        Found(
            Reference(source, department.code),
            str(department),
            " · ".join([department.code, *([str(department.parent)] if department.parent else [])]),
            {"name": str(department), "code": department.code},
        )
        for department in departments
    ]


def _positions(source: str, positions: list[Position]) -> list[Found]:
    return [
        Found(
            Reference(source, position.code),
            str(position),
            f"{position.code} · {position.department}",
            {
                "title": str(position),
                "code": position.code,
                "department": {"key": position.department.code, "label": str(position.department)},
            },
        )
        for position in positions
    ]


_HOUSE: dict[str, _Listed] = {
    listed.source: listed
    for listed in (
        _Listed(
            "person",
            lambda: User.objects.order_by("full_name", "pk"),
            Q(is_active=True),
            "uuid",
            ("employee_number", "username", "full_name", "full_name_en"),
            ("full_name", "full_name_en", "username", "employee_number"),
            _people,
        ),
        _Listed(
            "department",
            lambda: Department.objects.select_related("parent").order_by("order", "code"),
            Q(),
            "code",
            ("code", "name", "name_en"),
            ("code", "name", "name_en"),
            _departments,
        ),
        _Listed(
            "position",
            lambda: Position.objects.select_related("department").order_by("code"),
            Q(),
            "code",
            ("code", "title", "title_en"),
            ("code", "title", "title_en", "department__name"),
            _positions,
        ),
    )
}


def _is_uuid(text: str) -> bool:
    try:
        return str(uuids.UUID(text)) == text
    except ValueError:
        return False
