"""Writing the typed lines of submissions, and comparing them with what the submissions say.

A submission's lines are written by whatever saves it, inside the same transaction: ``keep`` listens to the row
itself (``forms.apps``), so that no service, present or future, can forget it.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from forms.fields import Cell
from forms.models import RegisterNumber, RegisterText, Submission
from forms.models.registers import LONGEST_KEY, LONGEST_TEXT, LONGEST_WORDS
from forms.registers.columns import Type, column_key, number_of, typed_columns
from forms.schema import FieldDefinition, FormDefinition, definition_of
from foundation.editions.texts import FIRST_LANGUAGE

DECIMALS = {Type.MONEY: 2, Type.DECIMAL: 6}
"""Digits after the point that are kept of a number in the index; what is shown comes from the submission."""
_GREATEST = 2**63 - 1
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_SPACES = re.compile(r"\s+")
BATCH = 500


@dataclass(frozen=True)
class Line:
    """One line before it is written: of a text, or of a number."""

    column: int
    text: str = ""
    words: str = ""
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


def lines_of(form_key: str, definition: FormDefinition, answers: Mapping[str, Any]) -> Iterator[Line]:
    """Yield the lines of a submission: of every answer outside of rows."""
    for name, asked in definition.form.fields.items():
        value = answers.get(name)
        if value is None:
            continue
        cells = asked.of_kind.cells(value, asked.settings, FIRST_LANGUAGE)
        for column, kind in typed_columns(asked):
            cell = cells.get(column.key)
            if cell is None or cell == "":
                continue
            number = number_of(form_key, column_key(name, column.key, kind))
            if kind.in_words:
                yield from _in_words(number, kind, asked, value, str(cell))
            else:
                yield Line(number, number=as_number(kind, cell))


def _in_words(number: int, kind: Type, asked: FieldDefinition, value: Any, cell: str) -> Iterator[Line]:
    if kind is Type.CHOICE and (keys := chosen(value)):
        places = {choice.key: place for place, choice in enumerate(asked.settings.choices)}  # type: ignore[attr-defined]  # typed_columns has looked
        labels = {choice.key: choice.label for choice in asked.settings.choices}  # type: ignore[attr-defined]
        for place, key in enumerate(keys):
            words = folded(" ".join(labels[key].values()) if key in labels else key)
            yield _text(number, f"{places.get(key, 9999):04}", words, key, place)
        return
    words = folded(cell)
    key = str(value.get("key", "")) if kind is Type.REFERENCE and isinstance(value, Mapping) else ""
    yield _text(number, words, words, key)


def _text(number: int, text: str, words: str, key: str = "", place: int = 0) -> Line:
    return Line(
        number,
        text=text[:LONGEST_TEXT],
        words=words[:LONGEST_WORDS],
        key=key[:LONGEST_KEY],
        place=place,
    )


def chosen(value: Any) -> list[str]:
    """Return the keys of the choices in a stored answer: one, several, or one or several beside words of one's
    own.
    """
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        for name in ("key", "keys", "chosen"):
            if name in value:
                return chosen(value[name])
        return []
    if isinstance(value, list):
        return [key for key in value if isinstance(key, str)]
    return []


def rows_of(
    submission: Submission, definition: FormDefinition
) -> tuple[list[RegisterText], list[RegisterNumber]]:
    """Return the lines of a submission as rows that are not yet written."""
    texts, numbers = [], []
    common = {"submission_id": submission.pk, "at": submission.submitted_at}
    for line in lines_of(submission.form_key, definition, submission.answers):
        if line.number is not None:
            numbers.append(RegisterNumber(column=line.column, number=line.number, **common))
        else:
            texts.append(
                RegisterText(
                    column=line.column,
                    place=line.place,
                    key=line.key,
                    text=line.text,
                    words=line.words,
                    **common,
                )
            )
    return texts, numbers


def keep(submission: Submission, *, new: bool) -> None:
    """Write the lines of a submission, in the transaction that saved it; those it had before give way."""
    if not new:
        RegisterText.objects.filter(submission=submission).delete()
        RegisterNumber.objects.filter(submission=submission).delete()
    texts, numbers = rows_of(submission, definition_of(submission.edition))
    RegisterText.objects.bulk_create(texts)
    RegisterNumber.objects.bulk_create(numbers)


def on_saved(sender: Any, instance: Submission, created: bool, raw: bool = False, **kwargs: Any) -> None:
    """Receive ``post_save`` of submissions."""
    if not raw:
        keep(instance, new=created)


Telling = Callable[[int, int], None]


def rebuild(form_key: str, *, tell: Telling | None = None) -> int:
    """Write the lines of every submission of a form anew and return how many submissions there were.

    In steps of a few hundred, each a transaction of its own: people go on working meanwhile, and broken off it
    can begin again. ``tell`` hears how many of how many are done.
    """
    found = Submission.objects.filter(form_key=form_key)
    total, done, last = found.count(), 0, 0
    while True:
        with transaction.atomic():
            # Locked, so that a correction of this very moment is not overwritten with what was before it.
            some = list(found.filter(pk__gt=last).order_by("pk").select_for_update()[:BATCH])
            if not some:
                return done
            editions = _editions(some)
            ids = [submission.pk for submission in some]
            RegisterText.objects.filter(submission__in=ids).delete()
            RegisterNumber.objects.filter(submission__in=ids).delete()
            texts: list[RegisterText] = []
            numbers: list[RegisterNumber] = []
            for submission in some:
                more_texts, more_numbers = rows_of(submission, editions[submission.edition_id])
                texts += more_texts
                numbers += more_numbers
            RegisterText.objects.bulk_create(texts, batch_size=BATCH)
            RegisterNumber.objects.bulk_create(numbers, batch_size=BATCH)
        done, last = done + len(some), some[-1].pk
        if tell is not None:
            tell(done, total)


def _editions(submissions: Iterable[Submission]) -> dict[int, FormDefinition]:
    from foundation.editions.models import Edition

    wanted = {submission.edition_id for submission in submissions}
    return {edition.pk: definition_of(edition) for edition in Edition.objects.filter(pk__in=wanted)}


def differences(form_key: str, *, tell: Telling | None = None) -> list[str]:
    """Return the numbers of the submissions whose lines do not say what they say. Writes nothing."""
    found = Submission.objects.filter(form_key=form_key)
    total, done, last, wrong = found.count(), 0, 0, []
    while some := list(found.filter(pk__gt=last).order_by("pk")[:BATCH]):
        editions = _editions(some)
        ids = [submission.pk for submission in some]
        kept: dict[int, set[tuple[Any, ...]]] = {pk: set() for pk in ids}
        for row in RegisterText.objects.filter(submission__in=ids):
            kept[row.submission_id].add(_told(row))
        for figure in RegisterNumber.objects.filter(submission__in=ids):
            kept[figure.submission_id].add(_told(figure))
        for submission in some:
            texts, numbers = rows_of(submission, editions[submission.edition_id])
            if {*map(_told, texts), *map(_told, numbers)} != kept[submission.pk]:
                wrong.append(submission.number)
        done, last = done + len(some), some[-1].pk
        if tell is not None:
            tell(done, total)
    return wrong


def _told(row: RegisterText | RegisterNumber) -> tuple[Any, ...]:
    if isinstance(row, RegisterText):
        return (row.column, row.place, row.key, row.text, row.words, row.at)
    return (row.column, row.number, row.at)
