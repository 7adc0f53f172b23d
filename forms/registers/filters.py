"""What a register can be filtered by, as text in addresses and saved views, as a sentence, and as a condition.

A filter is written ``column:operator:value|value``. Nothing of a filter is trusted: ``condition_of`` reads it
against the register and the roles of whoever asks, and refuses what names a column they do not read, so that
nobody finds out by filtering what is masked for them.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from forms.fields import KINDS, FieldFault
from forms.fields.base import plain_digits
from forms.models import RegisterNumber, RegisterText, RegisterWords, Submission
from forms.models.registers import LONGEST_TEXT, LONGEST_WORDS
from forms.registers.columns import RegisterColumn, RegisterShape, Type, number_of, unanswered
from forms.registers.lines import AT, BY, NUMBER, STATE, as_number, folded, marks_stand
from forms.registers.periods import PERIODS, days_of
from foundation.editions.texts import in_language
from foundation.organisation.models import User

MOST_FILTERS = 12
MOST_VALUES = 50
LONGEST_VALUE = 200


class Op(StrEnum):
    """How a column is compared."""

    CONTAINS = "contains"
    IS = "is"
    BETWEEN = "between"
    PERIOD = "in"
    ANY = "any"
    ME = "me"
    EMPTY = "empty"
    ANSWERED = "answered"


class FilterFault(ValueError):
    """A filter that cannot be used; ``str()`` is a sentence for the person."""


@dataclass(frozen=True)
class Filter:
    """One filter, as written."""

    column: str
    op: Op
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        values = "|".join(value.replace("~", "~~").replace("|", "~I") for value in self.values)
        return f"{self.column}:{self.op}:{values}"


_WRITTEN = re.compile(r"([a-z_][\w.@]{0,120}):([a-z]{2,10}):(.*)", re.ASCII | re.DOTALL)
_ESCAPED = re.compile(r"~(.)", re.DOTALL)


def read_filter(text: str) -> Filter | None:
    """Return a filter from its text, None where it is none."""
    match = _WRITTEN.fullmatch(text.replace("\x00", ""))
    if match is None or match[2] not in set(Op):
        return None
    values = match[3].split("|") if match[3] else []
    cut = [
        _ESCAPED.sub(lambda escaped: "|" if escaped[1] == "I" else escaped[1], value)[:LONGEST_VALUE]
        for value in values[:MOST_VALUES]
    ]
    return Filter(match[1], Op(match[2]), tuple(cut))


# --- columns every register has --------------------------------------------------------------------------------


@dataclass(frozen=True)
class SystemColumn:
    """A column every register has: of the submission itself, not of its answers."""

    key: str
    type: Type
    name: str | Promise

    def heading(self, language: str) -> str:
        """Return the words above the column (in the language in use)."""
        return str(self.name)


SYSTEM = {
    column.key: column
    for column in (
        SystemColumn(NUMBER, Type.TEXT, gettext_lazy("Number")),
        SystemColumn(AT, Type.MOMENT, gettext_lazy("Submitted on")),
        SystemColumn(BY, Type.REFERENCE, gettext_lazy("Submitted by")),
        SystemColumn(STATE, Type.CHOICE, gettext_lazy("State")),
    )
}

OPS: dict[Type, tuple[Op, ...]] = {
    Type.TEXT: (Op.CONTAINS, Op.IS, Op.ANSWERED, Op.EMPTY),
    Type.CHOICE: (Op.ANY, Op.ANSWERED, Op.EMPTY),
    Type.REFERENCE: (Op.CONTAINS, Op.ANY, Op.ME, Op.ANSWERED, Op.EMPTY),
    Type.WHOLE: (Op.BETWEEN, Op.ANSWERED, Op.EMPTY),
    Type.DECIMAL: (Op.BETWEEN, Op.ANSWERED, Op.EMPTY),
    Type.MONEY: (Op.BETWEEN, Op.ANSWERED, Op.EMPTY),
    Type.DATE: (Op.PERIOD, Op.BETWEEN, Op.ANSWERED, Op.EMPTY),
    Type.MOMENT: (Op.PERIOD, Op.BETWEEN, Op.ANSWERED, Op.EMPTY),
    Type.TIME: (Op.BETWEEN, Op.ANSWERED, Op.EMPTY),
    Type.YES_NO: (Op.IS, Op.ANSWERED, Op.EMPTY),
}
_SYSTEM_OPS = {
    NUMBER: (Op.CONTAINS, Op.IS),
    AT: (Op.PERIOD, Op.BETWEEN),
    BY: (Op.CONTAINS, Op.ANY, Op.ME),
    STATE: (Op.ANY,),
}


def ops_of(column: RegisterColumn | SystemColumn) -> tuple[Op, ...]:
    """Return how a column can be compared."""
    if isinstance(column, SystemColumn):
        return _SYSTEM_OPS[column.key]
    ops = OPS[column.type]
    if column.type is Type.REFERENCE and column.definition.kind != "person":
        # Departments, posts and rows of registers are found by their words.
        return tuple(op for op in ops if op not in (Op.ME, Op.ANY))
    return ops


def column_for(key: str, shape: RegisterShape, roles: Collection[str]) -> RegisterColumn | SystemColumn:
    """Return a column somebody with these roles reads; raises FilterFault, the same for one that there is not
    and one that is masked for them.
    """
    column = SYSTEM.get(key) or shape.by_key.get(key)
    if column is None or (isinstance(column, RegisterColumn) and not column.open_to(roles)):
        raise FilterFault(_("One filter names a column that is not open to you; it was left out."))
    return column


# --- conditions --------------------------------------------------------------------------------------------------


Moments = tuple[datetime.datetime | None, datetime.datetime | None]


@dataclass(frozen=True)
class Condition:
    """A filter, or a word searched for, as what must hold of a submission: that there is a line like this, that
    there is none (``absent``), or that it was handed in between two moments.

    ``several``: more than one line of a submission can fulfil it.
    """

    table: type[RegisterText] | type[RegisterNumber] | None = None
    lines: Q = field(default_factory=Q)
    absent: bool = False
    several: bool = False
    column: int = 0
    """The column all its lines stand in; 0 where they stand in several."""
    between: Moments | None = None


def condition_of(
    wanted: Filter,
    shape: RegisterShape,
    *,
    by: User,
    roles: Collection[str],
    day: datetime.date | None = None,
) -> Condition:
    """Return a filter as a condition on ``day`` (today without it). Raises FilterFault."""
    column = column_for(wanted.column, shape, roles)
    if wanted.op not in ops_of(column):
        raise FilterFault(
            _("“%(column)s” cannot be compared in this way; the filter was left out.")
            % {"column": column.heading("")}
        )
    day = day or timezone.localdate()
    if wanted.column == AT:
        return Condition(between=_days_between(wanted, day))
    number = column.number if isinstance(column, RegisterColumn) else number_of(shape.form_key, column.key)
    table = RegisterText if column.type.in_words else RegisterNumber
    here = Q(column=number)
    if wanted.op is Op.EMPTY:
        if isinstance(column, RegisterColumn) and column.always and marks_stand(shape.form_key):
            mark = unanswered(shape.form_key, column.key)
            return Condition(RegisterNumber, Q(column=mark, number=0), column=mark)
        return Condition(table, here, absent=True, column=number)
    if wanted.op is Op.ANSWERED:
        return Condition(table, here & Q(place=0) if column.type.in_words else here, column=number)
    lines = _in_words(wanted, by, number) if column.type.in_words else _in_figures(wanted, column.type, day)
    several = isinstance(column, RegisterColumn) and column.several and len(wanted.values) > 1
    return Condition(table, here & lines, column=number, several=several)


def word_condition(word: str, shape: RegisterShape, roles: Collection[str]) -> Condition:
    """Return that a folded word stands in the number, in a text or in a chosen answer open to these roles."""
    numbers = [number_of(shape.form_key, NUMBER)]
    labels = Q()
    for column in shape.columns:
        if not column.type.in_words or not column.open_to(roles):
            continue
        if column.type is not Type.CHOICE:
            numbers.append(column.number)
        elif keys := [
            key for key, label in column.choices if any(word in folded(text) for text in label.values())
        ]:
            labels |= Q(column=column.number, key__in=keys)
    return Condition(RegisterText, (Q(column__in=numbers) & _holding(word, numbers)) | labels, several=True)


def _in_words(wanted: Filter, by: User, column: int) -> Q:
    if wanted.op is Op.ANY:
        if wanted.column == STATE and not set(wanted.values) & set(Submission.State):
            raise FilterFault(_("Choose at least one."))
        if not wanted.values:
            raise FilterFault(_("Choose at least one."))
        return Q(key__in=list(wanted.values))
    if wanted.op is Op.ME:
        return Q(key=str(by.uuid))
    words = folded(_one(wanted))[:LONGEST_WORDS]
    if not words:
        raise FilterFault(_("Write the words to look for."))
    if wanted.op is Op.CONTAINS:
        return _holding(words, [column])
    long = RegisterWords.objects.filter(column=column)
    if len(words) > LONGEST_TEXT:
        same = Q(submission__in=long.filter(words=words).values("submission"))
    elif len(words) == LONGEST_TEXT:
        same = ~Q(submission__in=long.values("submission"))
    else:
        same = Q()
    return Q(text=words[:LONGEST_TEXT]) & same


def _holding(words: str, columns: Sequence[int]) -> Q:
    """Return that a line in one of the columns holds the words; of long texts all of them are searched."""
    long = RegisterWords.objects.filter(column__in=columns, words__contains=words)
    return Q(text__contains=words) | Q(submission__in=long.values("submission"))


def _in_figures(wanted: Filter, kind: Type, day: datetime.date) -> Q:
    if kind is Type.YES_NO:
        if _one(wanted) not in {"yes", "no"}:
            raise FilterFault(_("Choose yes or no."))
        return Q(number=int(_one(wanted) == "yes"))
    least, most = bounds_of(wanted, kind, day)
    return (Q() if least is None else Q(number__gte=least)) & (Q() if most is None else Q(number__lte=most))


def bounds_of(wanted: Filter, kind: Type, day: datetime.date) -> tuple[int | None, int | None]:
    """Return the least and the greatest number a range takes, as lines keep them. Raises FilterFault."""
    first: Any
    last: Any
    if wanted.op is Op.PERIOD:
        if _one(wanted) not in PERIODS:
            raise FilterFault(_("Choose one of the given periods."))
        first, last = days_of(_one(wanted), day)
    else:
        values = (*wanted.values, "", "")[:2]
        read = _READERS[kind]
        first, last = (read(value) if value.strip() else None for value in values)
        if first is None and last is None:
            raise FilterFault(_("Write where the range begins, where it ends, or both."))
        if first is not None and last is not None and first > last:
            raise FilterFault(_("The range ends before it begins. Swap the two."))
    if kind is Type.MOMENT:
        begins, ends = _moments(first, last)
        return (
            None if begins is None else as_number(kind, begins),
            None if ends is None else as_number(kind, ends) - 1,
        )
    return (
        None if first is None else as_number(kind, first),
        None if last is None else as_number(kind, last),
    )


def _moments(first: datetime.date | None, last: datetime.date | None) -> Moments:
    """Return the moment at which the first day begins, and that at which the last one is over."""

    def midnight(day: datetime.date) -> datetime.datetime:
        return timezone.make_aware(datetime.datetime.combine(day, datetime.time()))

    after = None
    if last is not None:
        after = midnight(last + datetime.timedelta(days=1))
    return (None if first is None else midnight(first)), after


def _amount(text: str) -> Decimal:
    plain = re.sub(r"[\s,¥元]", "", plain_digits(text))
    try:
        number = Decimal(plain)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number.adjusted() > 18:
        raise FilterFault(_("Write a number in digits, for example 1200."))
    return number


def _whole(text: str) -> int:
    number = _amount(text)
    if number != number.to_integral_value():
        raise FilterFault(_("Write a whole number in digits, for example 1200."))
    return int(number)


def _day(text: str) -> datetime.date:
    asked = KINDS["date"]
    try:
        return datetime.date.fromisoformat(str(asked.parse([text], asked.options_model())))
    except FieldFault as fault:
        raise FilterFault(str(fault.sentence)) from None


def _clock(text: str) -> datetime.time:
    try:
        return datetime.time.fromisoformat(plain_digits(text).zfill(5))
    except ValueError:
        raise FilterFault(_("Write the time as hours and minutes, for example 14:30.")) from None


_READERS: dict[Type, Callable[[str], Any]] = {
    Type.WHOLE: _whole,
    Type.DECIMAL: _amount,
    Type.MONEY: _amount,
    Type.DATE: _day,
    Type.MOMENT: _day,
    Type.TIME: _clock,
}


def _days_between(wanted: Filter, day: datetime.date) -> Moments:
    first, last = bounds_of(wanted, Type.DATE, day)
    return _moments(
        None if first is None else datetime.date.fromordinal(first),
        None if last is None else datetime.date.fromordinal(last),
    )


def _one(wanted: Filter) -> str:
    return wanted.values[0] if wanted.values else ""


# --- in words ----------------------------------------------------------------------------------------------------

OP_NAMES: dict[Op, str | Promise] = {
    Op.CONTAINS: gettext_lazy("contains"),
    Op.IS: pgettext_lazy("operator of a filter", "is exactly"),
    Op.BETWEEN: gettext_lazy("from … to …"),
    Op.PERIOD: gettext_lazy("in a period"),
    Op.ANY: gettext_lazy("is one of"),
    Op.ME: gettext_lazy("is me"),
    Op.EMPTY: gettext_lazy("is not answered"),
    Op.ANSWERED: gettext_lazy("is answered"),
}


def sentence_of(
    wanted: Filter,
    column: RegisterColumn | SystemColumn,
    language: str,
    names: Callable[[Sequence[str]], Sequence[str]] = list,
) -> str:
    """Return what a filter says, for its chip. ``names`` gives the names of people and other references."""
    said = {"column": column.heading(language)}
    match wanted.op:
        case Op.EMPTY:
            return _("%(column)s is not answered") % said
        case Op.ANSWERED:
            return _("%(column)s is answered") % said
        case Op.ME:
            return _("%(column)s: me") % said
        case Op.CONTAINS:
            return _("%(column)s contains “%(words)s”") % {**said, "words": _one(wanted)}
        case Op.PERIOD:
            return _("%(column)s: %(value)s") % {**said, "value": PERIODS[_one(wanted)][0]}
        case Op.BETWEEN:
            return _range(wanted, said)
        case Op.ANY:
            return _("%(column)s: %(value)s") % {
                **said,
                "value": _(", ").join(_labels(wanted, column, language, names)),
            }
        case Op.IS:
            value = _one(wanted)
            if column.type is Type.YES_NO:
                value = _("Yes") if value == "yes" else _("No")
            return _("%(column)s: %(value)s") % {**said, "value": value}


def _range(wanted: Filter, said: dict[str, str]) -> str:
    first, last = (value.strip() for value in (*wanted.values, "", "")[:2])
    if first == last:
        return _("%(column)s: %(value)s") % {**said, "value": first}
    if not last:
        return _("%(column)s from %(first)s") % {**said, "first": first}
    if not first:
        return _("%(column)s up to %(last)s") % {**said, "last": last}
    return _("%(column)s from %(first)s to %(last)s") % {**said, "first": first, "last": last}


def _labels(
    wanted: Filter,
    column: RegisterColumn | SystemColumn,
    language: str,
    names: Callable[[Sequence[str]], Sequence[str]],
) -> Sequence[str]:
    if isinstance(column, SystemColumn):
        if column.key == STATE:
            known = dict(Submission.State.choices)
            return [str(known.get(value, value)) for value in wanted.values]
        return names(wanted.values)
    labels = {key: in_language(label, language) for key, label in column.choices}
    if labels:
        return [labels.get(value, value) for value in wanted.values]
    return names(wanted.values)
