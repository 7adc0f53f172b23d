"""The one interpreter of a form's rules: what is shown, asked for, fixed, computed, and what is wrong.

Pure: no database, no writing. What was posted becomes answers by ``read``; answers become the state of the
form by ``evaluate``. Screens, submission and tests all use these two, so what is shown and what is stored
cannot differ.

A condition that stays open (something it needs is missing) counts as *not shown*, *not required* and
*read-only*; a rule that stays open does not hold; a computed field whose result is open or unsound has no
answer.

**Paths.** A field of the form is called by its id. The rows of a repeating group are called
``<group>/<row>``, a field in one ``<group>/<row>/<field>``, a group within one ``<group>/<row>/<group>``.
What was typed maps paths to texts; for a repeating group the texts are the names of its rows, in order.
"""

from __future__ import annotations

import datetime
import re
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language, ngettext, override
from django.utils.translation import gettext as _

from forms.exceptions import AnswerError
from forms.fields import Directory, FieldFault, Found, NoDirectory, Reference, Stored, Surroundings
from forms.schema import NOW, SUBMITTED, TODAY, FieldDefinition, FormDefinition, Group, Member, Rule, Scope
from foundation.editions.texts import in_language
from foundation.expressions import ExpressionFault, Kind
from foundation.expressions import evaluate as calculate

ROW = "_row"
"""Under this key a stored row says its own name."""
_ROW_NAME = re.compile(r"[a-z0-9]{1,16}", re.ASCII)


@dataclass(frozen=True)
class Reading:
    """What was posted, read: stored values by field id (rows as lists of mappings), and by path what could not
    be read.
    """

    answers: dict[str, Any]
    unread: dict[str, FieldFault]


@dataclass(frozen=True)
class FieldState:
    """How one field stands. ``value`` is the stored value, None while there is no sound one."""

    definition: FieldDefinition
    page: str
    group: str
    visible: bool
    required: bool
    read_only: bool
    value: Stored | None
    path: str = ""
    missing: bool = False
    """Asked for and not answered."""
    errors: tuple[str, ...] = ()
    """What is wrong, ``missing`` included, as sentences in the language of the evaluation."""


@dataclass(frozen=True)
class RowsState:
    """How a repeating group stands: at ``path``, with these rows (their names, in order)."""

    group: Group
    page: str
    path: str
    visible: bool
    rows: tuple[str, ...]
    errors: tuple[str, ...] = ()


@dataclass(frozen=True)
class FormState:
    """How a form stands with these answers. ``fields`` and ``repeated`` are keyed by path, in the order of the
    form.
    """

    definition: FormDefinition
    language: str
    fields: dict[str, FieldState]
    groups: frozenset[str] = field(default=frozenset())
    """Ids of the groups in which something is shown."""
    repeated: dict[str, RowsState] = field(default_factory=dict)
    found: Mapping[Reference, Found] = field(default_factory=dict)
    """What the references in the answers, sound or not, led to."""

    @cached_property
    def answers(self) -> dict[str, Any]:
        """What is stored: sound values of the fields that are shown, in the order of the form."""
        return self._answers(self.definition.form, "")

    def _answers(self, scope: Scope, prefix: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, member in scope.members.items():
            path = f"{prefix}{name}"
            if member.group is not None:
                rows = self.repeated.get(path)
                if rows is not None and rows.visible and rows.rows:
                    found[name] = [
                        {ROW: row, **self._answers(scope.inner[name], f"{path}/{row}/")} for row in rows.rows
                    ]
            elif (state := self.fields[path]).visible and state.value is not None:
                found[name] = state.value
        return found

    @cached_property
    def errors(self) -> tuple[AnswerError, ...]:
        """Everything wrong, in the order of the form."""
        return tuple(self._errors(self.definition.form, ""))

    def _errors(self, scope: Scope, prefix: str) -> Iterator[AnswerError]:
        for name, member in scope.members.items():
            path = f"{prefix}{name}"
            if member.group is None:
                state = self.fields[path]
                label = in_language(state.definition.label, self.language)
                yield from (AnswerError(path, label, message) for message in state.errors)
            elif (rows := self.repeated.get(path)) is not None:
                label = in_language(member.group.title or {}, self.language)
                yield from (AnswerError(path, label, message) for message in rows.errors)
                for row in rows.rows:
                    yield from self._errors(scope.inner[name], f"{path}/{row}/")

    def page_of(self, path: str) -> str:
        """Return the id of the page on which a field, or a repeating group, stands."""
        return self.fields[path].page if path in self.fields else self.repeated[path].page

    def errors_of(self, page: str) -> tuple[AnswerError, ...]:
        """Return what is wrong on one page."""
        return tuple(error for error in self.errors if self.page_of(error.field) == page)

    @cached_property
    def pages(self) -> tuple[str, ...]:
        """Ids of the pages on which something is shown, in order."""
        shown = {state.page for state in self.fields.values() if state.visible}
        shown |= {rows.page for rows in self.repeated.values() if rows.visible}
        return tuple(page.id for page in self.definition.pages if page.id in shown)


def read(definition: FormDefinition, typed: Mapping[str, Sequence[str]]) -> Reading:
    """Return what was typed as stored values. Paths that are no field of the form are passed over."""
    unread: dict[str, FieldFault] = {}
    return Reading(_read(definition.form, typed, "", unread), unread)


def _read(
    scope: Scope, typed: Mapping[str, Sequence[str]], prefix: str, unread: dict[str, FieldFault]
) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for name, member in scope.members.items():
        path = f"{prefix}{name}"
        if path not in typed:
            continue
        if member.group is not None:
            answers[name] = [
                {ROW: row, **_read(scope.inner[name], typed, f"{path}/{row}/", unread)}
                for row in row_names(typed[path])
            ]
            continue
        asked = scope.fields[name]
        if asked.computed or not asked.of_kind.asks:
            continue
        try:
            value = asked.of_kind.parse(typed[path], asked.settings)
        except FieldFault as fault:
            unread[path] = fault
        else:
            if value is not None:
                answers[name] = value
    return answers


def row_names(texts: Sequence[Any]) -> list[str]:
    """Return the sound names of rows among ``texts``, each once, in order."""
    return list(dict.fromkeys(text for text in texts if isinstance(text, str) and _ROW_NAME.fullmatch(text)))


def typed_of(definition: FormDefinition, answers: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return answers as texts that ``read`` reads back."""
    return dict(_typed(definition.form, answers, ""))


def _typed(scope: Scope, answers: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, list[str]]]:
    for name, member in scope.members.items():
        value, path = answers.get(name), f"{prefix}{name}"
        if value is None:
            continue
        if member.group is not None:
            yield path, [row[ROW] for row in value]
            for row in value:
                yield from _typed(scope.inner[name], row, f"{path}/{row[ROW]}/")
        elif not (asked := scope.fields[name]).computed:
            yield path, asked.of_kind.typed(value, asked.settings)


def values_of(
    definition: FormDefinition,
    answers: Mapping[str, Any],
    *,
    submitted: datetime.datetime | None = None,
    now: datetime.datetime | None = None,
) -> dict[str, Any]:
    """Return stored answers as expressions over ``definition.names`` see them; a name without an answer is None.

    Nothing is evaluated: for those who look at a submission from outside, a workflow's rules say. ``today`` and
    ``now`` are when they look (``now``, this moment without it), ``submitted`` when it was handed in.
    """
    now = now or timezone.now()
    return {
        **dict.fromkeys(definition.names),
        **_clock(definition, timezone.localdate(now), now, submitted),
        **_values(definition.form, answers),
    }


def _clock(
    definition: FormDefinition,
    day: datetime.date,
    now: datetime.datetime,
    submitted: datetime.datetime | None,
) -> dict[str, Any]:
    """Return what the names of the time mean; an edition older than such a name may call a field so."""
    # To the minute, as all moments of forms are: what happens in this minute is not over.
    moments = {
        name: each.replace(second=0, microsecond=0)
        for name, each in ((NOW, now), (SUBMITTED, submitted or now))
    }
    times: dict[str, Any] = {TODAY: day, **moments}
    taken = {*definition.by_id, *definition.scopes}
    return {name: time for name, time in times.items() if name not in taken}


def _values(scope: Scope, answers: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, asked in scope.fields.items():
        if (value := answers.get(name)) is not None:
            for part, bound in asked.of_kind.bindings(value, asked.settings).items():
                found[f"{name}.{part}" if part else name] = bound
    for name, inner in scope.inner.items():
        rows = [_values(inner, row) for row in _rows(answers.get(name))]
        found[name] = [
            {known: row.get(source) for known, source in inner.record_sources.items()} for row in rows
        ] or None
    return found


def initial_answers(definition: FormDefinition, prefilled: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return what a new draft begins with: what the form says, ``prefilled`` (by field id, of the person and
    the day), and as many rows as a repeating group has at least.
    """
    return _initial(definition.form, prefilled or {})


def _initial(scope: Scope, prefilled: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, member in scope.members.items():
        if member.group is not None and member.group.repeat is not None:
            rows = [
                {ROW: f"r{number + 1}", **_initial(scope.inner[name], prefilled)}
                for number in range(member.group.repeat.min)
            ]
            if rows:
                found[name] = rows
        elif (asked := scope.fields[name]).initial is not None:
            found[name] = asked.initial
        elif asked.prefill is not None and prefilled.get(name) is not None:
            found[name] = prefilled[name]
    return found


def evaluate(
    definition: FormDefinition,
    answers: Mapping[str, Any],
    language: str | None = None,
    *,
    unread: Mapping[str, FieldFault] | None = None,
    kept: Mapping[str, Any] | None = None,
    day: datetime.date | None = None,
    now: datetime.datetime | None = None,
    submitted: datetime.datetime | None = None,
    directory: Directory | None = None,
    known: Mapping[str, Any] | None = None,
) -> FormState:
    """Return how the form stands with ``answers``, which may come from anywhere.

    ``unread``: what ``read`` could not read. ``kept``: the values read-only fields have and keep (without
    it, what the form says a draft begins with). ``now``: when it is looked at (this moment without it);
    ``day``: that day, and given alone its noon. ``submitted``: when it was handed in (``now`` without it).
    ``directory``: where the references in the answers are looked up, at most once in all; without it they
    lead nowhere. ``known``: the values of the names it is asked in the midst of (``FormDefinition.within``).
    Answers of hidden fields, of read-only fields and to questions that the form does not ask have no effect
    whatever. Raises DependencyCycle for a definition that ``forms.checking`` would have refused.
    """
    language = language or get_language() or "zh-hans"
    kept = initial_answers(definition) if kept is None else kept
    references = set(_references(definition.form, answers)) | set(_references(definition.form, kept))
    directory = directory or NoDirectory()
    found = directory.load(references) if references else {}
    if now is None:
        now = (
            timezone.now()
            if day is None
            else timezone.make_aware(datetime.datetime.combine(day, datetime.time(12)))
        )
    around = Surroundings(day or timezone.localdate(now), found, directory)
    clock = _clock(definition, around.day, now, submitted)
    own = definition.form.own_names
    outside = {name: value for name, value in (known or {}).items() if name not in own}
    with override(language):
        return _Evaluation(definition, unread or {}, around, language, clock, outside).state(answers, kept)


def _references(scope: Scope, answers: Mapping[str, Any]) -> Iterator[Reference]:
    """Yield what the answers name outside the form, whether it will be shown or not."""
    for name, member in scope.members.items():
        value = answers.get(name)
        if value is None:
            continue
        if member.group is not None:
            for row in _rows(value):
                yield from _references(scope.inner[name], row)
        else:
            asked = scope.fields[name]
            yield from asked.of_kind.references(value, asked.settings)


def _rows(value: Any) -> list[Mapping[str, Any]]:
    """Return the sound rows of what may come from anywhere: mappings with names of their own."""
    if not isinstance(value, list):
        return []
    rows = {
        row[ROW]: row
        for row in reversed(value)
        if isinstance(row, Mapping) and isinstance(row.get(ROW), str) and _ROW_NAME.fullmatch(row[ROW])
    }
    return list(reversed(rows.values()))


@dataclass
class _Row:
    """One scope as it is answered: the form, or a row. ``path`` is empty, or ends with a stroke."""

    scope: Scope
    path: str
    posted: Mapping[str, Any]
    kept: Mapping[str, Any]
    values: ChainMap[str, Any]
    """What names mean here; what stands around it is seen through."""
    unset: set[str] = field(default_factory=set)
    """Ids of its fields and groups without an answer; and what was to be read of something looked up, and is
    not there."""
    outer: _Row | None = None

    def all_set(self, names: frozenset[str]) -> bool:
        """Whether each of these has an answer, here or around."""
        return self.unset.isdisjoint(names) and (self.outer is None or self.outer.all_set(names))


@dataclass
class _Evaluation:
    definition: FormDefinition
    unread: Mapping[str, FieldFault]
    around: Surroundings
    language: str
    clock: Mapping[str, Any]
    known: Mapping[str, Any]
    found: dict[str, FieldState] = field(default_factory=dict)
    repeated: dict[str, RowsState] = field(default_factory=dict)
    rows: dict[str, list[_Row]] = field(default_factory=dict)
    """By scope, every row there is of it."""
    sentences: dict[str, list[str]] = field(default_factory=dict)

    def state(self, posted: Mapping[str, Any], kept: Mapping[str, Any]) -> FormState:
        form = self.definition.form
        self._work_through(_Row(form, "", posted, kept, ChainMap(dict(self.clock), dict(self.known))))
        asked_for = {path for row in self._all_rows() for path in self._asked_for(row)}
        missing = {
            path for path in asked_for if self.found[path].value is None and not self.sentences.get(path)
        }
        for path in missing:
            self.sentences[path] = [str(self.found[path].definition.of_kind.missing)]
        self._count_rows()
        for rule in self.definition.rules:
            for row in self.rows.get(rule.group, ()):
                self._try(rule, row)
        return self._finished(asked_for, missing)

    def _finished(self, asked_for: set[str], missing: set[str]) -> FormState:
        fields = {
            path: replace(
                state,
                required=path in asked_for,
                missing=path in missing,
                errors=tuple(self.sentences.get(path, ())),
            )
            for path, state in self._in_order(self.definition.form, "")
        }
        repeated = {
            path: replace(rows, errors=tuple(self.sentences.get(path, ())))
            for path, rows in self.repeated.items()
        }
        groups = {state.group for state in fields.values() if state.visible}
        groups |= {rows.group.id for rows in repeated.values() if rows.visible}
        return FormState(
            self.definition, self.language, fields, frozenset(groups), repeated, self.around.found
        )

    def _in_order(self, scope: Scope, prefix: str) -> Iterator[tuple[str, FieldState]]:
        for name, member in scope.members.items():
            path = f"{prefix}{name}"
            if member.group is None:
                yield path, self.found[path]
            elif path in self.repeated:
                for row in self.repeated[path].rows:
                    yield from self._in_order(scope.inner[name], f"{path}/{row}/")

    def _all_rows(self) -> Iterator[_Row]:
        return (row for rows in self.rows.values() for row in rows)

    def _work_through(self, row: _Row) -> None:
        """Work out everything in a scope, in an order in which nothing waits."""
        self.rows.setdefault(row.scope.group.id if row.scope.group else "", []).append(row)
        for name in row.scope.names:
            row.values.setdefault(name, None)
        for name in row.scope.order:
            member = row.scope.members[name]
            if member.group is not None:
                self._repeat(row, member, member.group)
            else:
                self._work_out(row, member, row.scope.fields[name])

    def _repeat(self, outer: _Row, member: Member, group: Group) -> None:
        path = f"{outer.path}{group.id}"
        scope = outer.scope.inner[group.id]
        visible = all(self._holds(text, outer, otherwise=False) for text in member.conditions if text)
        posted = _rows(outer.posted.get(group.id)) if visible else []
        if visible and group.repeat is not None:
            posted = posted[: group.repeat.max]
        kept = {row[ROW]: row for row in _rows(outer.kept.get(group.id))}
        records = []
        for answered in posted:
            name = answered[ROW]
            row = _Row(
                scope,
                f"{path}/{name}/",
                answered,
                kept.get(name, {}),
                outer.values.new_child(),
                outer=outer,
            )
            self._work_through(row)
            records.append({known: row.values.get(source) for known, source in scope.record_sources.items()})
        outer.values[group.id] = records or None
        if not records:
            outer.unset.add(group.id)
        names = tuple(row[ROW] for row in posted)
        self.repeated[path] = RowsState(group, member.page, path, visible, names)

    def _count_rows(self) -> None:
        for path, state in self.repeated.items():
            repeat = state.group.repeat
            if repeat is None or not state.visible or len(state.rows) >= repeat.min:
                continue
            sentence = ngettext(
                "Add at least %(count)d entry.", "Add at least %(count)d entries.", repeat.min
            )
            self.sentences.setdefault(path, []).insert(0, sentence % {"count": repeat.min})

    def _work_out(self, row: _Row, member: Member, asked: FieldDefinition) -> None:
        path = f"{row.path}{asked.id}"
        visible = all(self._holds(text, row, otherwise=False) for text in member.conditions if text)
        value: Stored | None = None
        read_only = bool(asked.computed)
        if visible and asked.computed:
            value = self._compute(row, asked)
        elif visible and asked.of_kind.asks:
            read_only = bool(asked.read_only_if) and self._holds(asked.read_only_if, row, otherwise=True)
            value = self._answer(row, asked, read_only=read_only)
        bindings = {} if value is None else asked.of_kind.bindings(value, asked.settings)
        if value is None:
            row.unset.add(asked.id)
        for part, bound in bindings.items():
            row.values[f"{asked.id}.{part}" if part else asked.id] = bound
        row.unset.update(
            f"{asked.id}.{part}" for part in asked.of_kind.reads(asked.settings) if bindings.get(part) is None
        )
        self.found[path] = FieldState(
            asked,
            member.page,
            member.within,
            visible=visible,
            required=False,
            read_only=read_only,
            value=value,
            path=path,
        )

    def _answer(self, row: _Row, asked: FieldDefinition, *, read_only: bool) -> Stored | None:
        path = f"{row.path}{asked.id}"
        if not read_only and path in self.unread:
            self.sentences[path] = [str(self.unread[path].sentence)]
            return None
        value = (row.kept if read_only else row.posted).get(asked.id)
        if value is None or value == "":
            return None
        try:
            asked.of_kind.check(value, asked.settings, self.around)
        except FieldFault as fault:
            # What a read-only field keeps was sound when it was given, and nobody here can put it right.
            if not read_only:
                self.sentences[path] = [str(fault.sentence)]
                return None
            kept: Stored = value
            return kept
        return asked.of_kind.settled(value, asked.settings, self.around)

    def _compute(self, row: _Row, asked: FieldDefinition) -> Stored | None:
        try:
            result = calculate(asked.computed, row.scope.names, row.values, asked.of_kind.expression)
        except ExpressionFault:
            return None
        if result is None or result == "":
            return None
        value = asked.of_kind.from_expression(result, asked.settings)
        try:
            asked.of_kind.check(value, asked.settings, self.around)
        except FieldFault:
            return None
        return value

    def _asked_for(self, row: _Row) -> Iterator[str]:
        """Yield the paths of the fields of a row that must be answered."""
        for name, asked in row.scope.fields.items():
            state = self.found[f"{row.path}{name}"]
            if (
                state.visible
                and not state.read_only
                and (
                    asked.required
                    or (asked.required_if and self._holds(asked.required_if, row, otherwise=False))
                )
            ):
                yield state.path

    def _try(self, rule: Rule, row: _Row) -> None:
        if rule.when == "answered" and not row.all_set(self.definition.named_by[rule.id]):
            return
        shown = next((path for name in rule.fields if (path := self._shown(row, name))), None)
        if shown is None or self._holds(rule.holds, row, otherwise=False):
            return
        sentence = in_language(rule.message) or _("These answers do not go together.")
        self.sentences.setdefault(shown, []).append(sentence)

    def _shown(self, row: _Row | None, name: str) -> str | None:
        """Return the path of a field or repeating group of this scope, or one around it, that is shown."""
        while row is not None:
            path = f"{row.path}{name}"
            state = self.found.get(path) or self.repeated.get(path)
            if state is not None:
                return path if state.visible else None
            row = row.outer
        return None

    def _holds(self, text: str, row: _Row, *, otherwise: bool) -> bool:
        try:
            result = calculate(text, row.scope.names, row.values, Kind.YES_NO)
        except ExpressionFault:
            return otherwise
        return otherwise if result is None else bool(result)
