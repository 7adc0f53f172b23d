"""Writing the typed lines of submissions, and comparing them with what the submissions say.

A submission's lines are written by whatever saves it, inside the same transaction: ``keep`` listens to the row
itself (``forms.apps``), so that no service, present or future, can forget it.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from forms.fields import Cell
from forms.fields.choice import OTHER
from forms.models import RegisterNumber, RegisterStand, RegisterText, RegisterWords, Submission
from forms.models.registers import LONGEST_KEY, LONGEST_TEXT, LONGEST_WORDS
from forms.registers.columns import Type, column_key, number_of, typed_columns, unanswered
from forms.schema import FieldDefinition, FormDefinition, definition_of
from foundation.editions.models import Edition
from foundation.editions.texts import FIRST_LANGUAGE
from foundation.insertion import insert_rows

DECIMALS = {Type.MONEY: 2, Type.DECIMAL: 6}
"""Digits after the point that are kept of a number in the index; what is shown comes from the submission."""
_GREATEST = 2**63 - 1
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_SPACES = re.compile(r"\s+")
BATCH = 500


@dataclass(frozen=True)
class Line:
    """One line before it is written: of a text (here whole), or of a number."""

    column: int
    text: str = ""
    key: str = ""
    place: int = 0
    number: int | None = None


def folded(text: str) -> str:
    """Return a text as it is searched and compared: width, case and runs of blanks do not count."""
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip().replace("\x00", "")


def as_number(kind: Type, value: Cell) -> int:
    """Return a cell as the whole number its column is sorted by. Raises TypeError for another type of cell."""
    if kind is Type.YES_NO and isinstance(value, bool):
        return int(value)
    if kind is Type.MOMENT and isinstance(value, datetime.datetime):
        moment = value if timezone.is_aware(value) else timezone.make_aware(value)
        return (moment - _EPOCH) // datetime.timedelta(seconds=1)
    if kind is Type.TIME and isinstance(value, datetime.time):
        return value.hour * 3600 + value.minute * 60 + value.second
    if kind is Type.DATE and isinstance(value, datetime.date):
        return value.toordinal()
    if kind.counted and isinstance(value, int | Decimal) and not isinstance(value, bool):
        scaled = Decimal(value).scaleb(DECIMALS.get(kind, 0))
        whole = int(scaled.to_integral_value(ROUND_HALF_EVEN))
        return max(-_GREATEST, min(_GREATEST, whole))
    raise TypeError(f"a {type(value).__name__} cannot stand in a column of type {kind}")


def from_number(kind: Type, number: int) -> Decimal | int:
    """Return the value a counted column keeps as ``number``."""
    places = DECIMALS.get(kind, 0)
    return Decimal(number).scaleb(-places) if places else number


NUMBER, AT, BY, STATE = "_number", "_at", "_by", "_state"
"""Keys of the columns that every register has; all but the moment have lines."""


def lines_of(form_key: str, definition: FormDefinition, submission: Submission) -> Iterator[Line]:
    """Yield the lines of a submission: of itself, of every answer outside of rows, and of every question without
    one.
    """
    yield Line(number_of(form_key, NUMBER), text=folded(submission.number))
    yield Line(number_of(form_key, STATE), text=submission.state, key=submission.state)
    if (person := submission.submitted_by) is not None:
        names = folded(f"{person.full_name} {person.full_name_en}")
        yield Line(number_of(form_key, BY), text=names, key=str(person.uuid))
    for name, asked in definition.form.fields.items():
        value = submission.answers.get(name)
        cells = {} if value is None else asked.of_kind.cells(value, asked.settings, FIRST_LANGUAGE)
        for column, kind in typed_columns(asked):
            cell, key = cells.get(column.key), column_key(name, column.key, kind)
            if cell is None or cell == "":
                yield Line(unanswered(form_key, key), number=0)
                continue
            number = number_of(form_key, key)
            if kind.in_words:
                yield from _in_words(number, kind, asked, value, str(cell))
            else:
                yield Line(number, number=as_number(kind, cell))


def _in_words(number: int, kind: Type, asked: FieldDefinition, value: Any, cell: str) -> Iterator[Line]:
    if kind is Type.CHOICE and (keys := chosen(value)):
        places = {choice.key: place for place, choice in enumerate(asked.settings.choices)}  # type: ignore[attr-defined]  # typed_columns has looked
        for place, key in enumerate(keys):
            yield Line(number, text=f"{places.get(key, 9999):04}", key=key[:LONGEST_KEY], place=place)
        return
    key = str(value.get("key", "")) if kind is Type.REFERENCE and isinstance(value, Mapping) else ""
    yield Line(number, text=folded(cell)[:LONGEST_WORDS], key=key[:LONGEST_KEY])


def chosen(value: Any) -> list[str]:
    """Return the keys of the choices in a stored answer: of one, of several; words of one's own count as one more."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [OTHER] if OTHER in value else []
    return [key for item in value for key in chosen(item)] if isinstance(value, list) else []


_TEXT = ("submission_id", "column", "at", "place", "key", "text")
_WORDS = ("submission_id", "column", "at", "words")
_NUMBER = ("submission_id", "column", "at", "number")


@dataclass
class Rows:
    """Lines as plain rows of the three tables, with the values ``_TEXT``, ``_WORDS`` and ``_NUMBER`` name."""

    texts: list[tuple[Any, ...]] = field(default_factory=list)
    words: list[tuple[Any, ...]] = field(default_factory=list)
    numbers: list[tuple[Any, ...]] = field(default_factory=list)

    def add(self, submission: Submission, definition: FormDefinition) -> None:
        """Add the lines of a submission."""
        pk, at = submission.pk, submission.submitted_at
        for line in lines_of(submission.form_key, definition, submission):
            if line.number is not None:
                self.numbers.append((pk, line.column, at, line.number))
                continue
            if len(line.text) > LONGEST_TEXT:
                self.words.append((pk, line.column, at, line.text))
            self.texts.append((pk, line.column, at, line.place, line.key, line.text[:LONGEST_TEXT]))

    def write(self) -> None:
        """Write them."""
        insert_rows(RegisterText, _TEXT, self.texts)
        insert_rows(RegisterWords, _WORDS, self.words)
        insert_rows(RegisterNumber, _NUMBER, self.numbers)

    def told(self) -> dict[int, set[tuple[Any, ...]]]:
        """Return what they say, by submission."""
        found: dict[int, set[tuple[Any, ...]]] = {}
        for rows in (self.texts, self.words, self.numbers):
            for submission, *said in rows:
                found.setdefault(submission, set()).add(tuple(said))
        return found


def rows_of(submissions: Iterable[Submission], definitions: Mapping[int, FormDefinition]) -> Rows:
    """Return the lines of submissions, by the definitions of their editions (by key)."""
    rows = Rows()
    for submission in submissions:
        rows.add(submission, definitions[submission.edition_id])
    return rows


def _stored(ids: Iterable[int]) -> Rows:
    return Rows(
        list(RegisterText.objects.filter(submission__in=ids).values_list(*_TEXT)),
        list(RegisterWords.objects.filter(submission__in=ids).values_list(*_WORDS)),
        list(RegisterNumber.objects.filter(submission__in=ids).values_list(*_NUMBER)),
    )


def _forget(ids: Iterable[int]) -> None:
    for table in (RegisterText, RegisterWords, RegisterNumber):
        table.objects.filter(submission__in=ids).delete()


def keep(submission: Submission, *, new: bool) -> None:
    """Write the lines of a submission, in the transaction that saved it; those it had before give way."""
    if not new:
        _forget([submission.pk])
    rows_of([submission], {submission.edition_id: definition_of(submission.edition)}).write()


def on_saved(sender: Any, instance: Submission, created: bool, raw: bool = False, **kwargs: Any) -> None:
    """Receive ``post_save`` of submissions."""
    if not raw:
        keep(instance, new=created)


WRITING = 2
"""How lines are written; one more where they say what they did not say before. 2: marks of what is not answered."""


def note_stand(form_key: str) -> None:
    """Note that all submissions of a form have lines written this way."""
    RegisterStand.objects.update_or_create(form_key=form_key, defaults={"writing": WRITING})


def marks_stand(form_key: str) -> bool:
    """Whether what is not answered can be found by its marks: all submissions of the form have them."""
    return RegisterStand.objects.filter(form_key=form_key, writing__gte=WRITING).exists()


Telling = Callable[[int, int], None]


def rebuild(form_key: str, *, tell: Telling | None = None) -> int:
    """Write the lines of every submission of a form anew and return how many submissions there were.

    In steps of a few hundred, each a transaction of its own: people go on working meanwhile, and broken off it
    can begin again. At the end it is noted that all are written this way. ``tell`` hears how many of how many are
    done.
    """
    found = Submission.objects.filter(form_key=form_key)
    total, done, last = found.count(), 0, 0
    while True:
        with transaction.atomic():
            # Locked, so that a correction of this very moment is not overwritten with what was before it.
            some = list(_some(found, last).select_for_update(of=("self",)))
            if not some:
                note_stand(form_key)
                return done
            _forget([submission.pk for submission in some])
            rows_of(some, _definitions(some)).write()
        done, last = done + len(some), some[-1].pk
        if tell is not None:
            tell(done, total)


def _some(found: QuerySet[Submission], after: int) -> QuerySet[Submission]:
    return found.filter(pk__gt=after).select_related("submitted_by").order_by("pk")[:BATCH]


def _definitions(submissions: Iterable[Submission]) -> dict[int, FormDefinition]:
    wanted = {submission.edition_id for submission in submissions}
    return {edition.pk: definition_of(edition) for edition in Edition.objects.filter(pk__in=wanted)}


def differences(form_key: str, *, tell: Telling | None = None) -> list[str]:
    """Return the numbers of the submissions whose lines do not say what they say. Writes nothing."""
    found = Submission.objects.filter(form_key=form_key)
    total, done, last = found.count(), 0, 0
    wrong: list[str] = []
    while some := list(_some(found, last)):
        ids = [submission.pk for submission in some]
        wanted, kept = rows_of(some, _definitions(some)).told(), _stored(ids).told()
        wrong += [row.number for row in some if wanted.get(row.pk, set()) != kept.get(row.pk, set())]
        done, last = done + len(some), some[-1].pk
        if tell is not None:
            tell(done, total)
    return wrong
