"""A day. Accepts 2026-11-22, 2026/11/22, 2026.11.22, 20261122 and 2026年11月22日; stores ISO; prints by
language.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import Field, field_validator, model_validator

from forms.faults import unsound
from forms.fields.base import (
    Cell,
    FieldFault,
    FieldKind,
    FieldOptions,
    Stored,
    Surroundings,
    first_text,
    plain_digits,
)
from forms.fields.sampling import draw
from foundation.expressions import Kind

_WRITTEN = [
    re.compile(r"(\d{4})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{1,2})", re.ASCII),
    re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]?", re.ASCII),
    re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII),
]
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_FIRST, _LAST = datetime.date(1900, 1, 1), datetime.date(2199, 12, 31)


def in_iso(day: str | None) -> str | None:
    """Return a day of a definition as it is; raises ValueError for what is not written as definitions write days."""
    try:
        sound = day is None or datetime.date.fromisoformat(day).isoformat() == day
    except ValueError:
        sound = False
    if not sound:
        raise ValueError(gettext("Write the day as 2026-11-22."))
    return day


class DateOptions(FieldOptions):
    """Which days are taken."""

    not_future: bool = Field(default=False, description="Today or earlier.")
    not_past: bool = Field(default=False, description="Today or later.")
    earliest: str | None = Field(default=None, description="First day, ISO.")
    latest: str | None = Field(default=None, description="Last day, ISO.")

    @field_validator("earliest", "latest")
    @classmethod
    def _iso(cls, value: str | None) -> str | None:
        return in_iso(value)

    @model_validator(mode="after")
    def _agree(self) -> DateOptions:
        if self.earliest and self.latest and self.earliest > self.latest:
            raise unsound(gettext("The latest lies before the earliest."), "latest")
        return self

    def bounds(self, day: datetime.date) -> tuple[datetime.date, datetime.date]:
        """Return the first and the last day taken on ``day``."""
        first = datetime.date.fromisoformat(self.earliest) if self.earliest else _FIRST
        last = datetime.date.fromisoformat(self.latest) if self.latest else _LAST
        return (max(first, day) if self.not_past else first, min(last, day) if self.not_future else last)


class DateField(FieldKind[DateOptions]):
    """A day."""

    key = "date"
    name = _("Date")
    missing = _("Write the date.")
    template = "date"
    expression = Kind.DATE
    options_model = DateOptions

    def parse(self, typed: Sequence[str], options: DateOptions) -> Stored | None:
        written = plain_digits(first_text(typed))
        return read_day(written) if written else None

    def check(self, value: Any, options: DateOptions, around: Surroundings) -> None:
        check_day(value, options, around.day)

    def cells(self, value: Any, options: DateOptions, language: str) -> Mapping[str, Cell]:
        return {"": datetime.date.fromisoformat(value)}

    def display(self, value: Any, options: DateOptions, language: str) -> str:
        return day_text(value, language)

    def in_expression(self, value: Any) -> Any:
        return datetime.date.fromisoformat(value)

    def from_expression(self, result: Any, options: DateOptions) -> Stored | None:
        return None if result is None else str(result.isoformat())

    def sample(self, seed: int, options: DateOptions, around: Surroundings) -> Stored:
        return sample_day(seed, options, around.day)


def read_day(written: str) -> str:
    """Return a day as it is stored; raises FieldFault."""
    for form in _WRITTEN:
        if match := form.fullmatch(written):
            try:
                return datetime.date(*(int(part) for part in match.groups())).isoformat()
            except ValueError:
                raise FieldFault(_("There is no such day. Check the month and the day.")) from None
    raise FieldFault(_("Write the date as year, month, day, for example 2026-11-22."))


def check_day(value: Any, options: DateOptions, day: datetime.date) -> None:
    """Raise FieldFault unless ``value``, which may come from anywhere, is a stored day that is taken on ``day``."""
    try:
        date = datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        date = None
    if date is None or date.isoformat() != value:
        raise FieldFault(_("Write the date as year, month, day, for example 2026-11-22."))
    first, last = options.bounds(day)
    if date > last:
        if options.not_future and last == day:
            raise FieldFault(_("This day has not come yet. Write today or an earlier day."))
        raise FieldFault(_("Write %(day)s or an earlier day.") % {"day": last.isoformat()})
    if date < first:
        if options.not_past and first == day:
            raise FieldFault(_("This day is over. Write today or a later day."))
        raise FieldFault(_("Write %(day)s or a later day.") % {"day": first.isoformat()})


def day_text(value: str, language: str) -> str:
    """Return a stored day as people of that language write it."""
    date = datetime.date.fromisoformat(value)
    if language.startswith("zh"):
        return f"{date.year}年{date.month}月{date.day}日"
    return f"{date.day} {_MONTHS[date.month - 1]} {date.year}"


def sample_day(seed: int, options: DateOptions, day: datetime.date, what: str = "") -> str:
    """Return a day that is taken, near ``day`` where it may be."""
    first, last = options.bounds(day)
    first, last = (
        max(first, min(day, last) - datetime.timedelta(60)),
        min(last, max(day, first) + datetime.timedelta(60)),
    )
    return (first + datetime.timedelta(draw(seed, 0, (last - first).days, what))).isoformat()


KIND = DateField()
