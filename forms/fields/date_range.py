"""From one day to another, both included. Stores ``{"start": "2026-11-22", "end": "2026-11-24"}``; that is
three days.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext, ngettext_lazy, override
from django.utils.translation import gettext_lazy as _
from pydantic import Field, model_validator

from forms.faults import unsound
from forms.fields.base import (
    Cell,
    Column,
    FieldFault,
    FieldKind,
    Stored,
    Surroundings,
    first_text,
    parts_of,
    plain_digits,
    text_of_cell,
)
from forms.fields.date import DateOptions, check_day, day_text, read_day, sample_day
from forms.fields.sampling import draw
from foundation.expressions import Kind, SchemaEntry

_PARTS = ("start", "end")


class DateRangeOptions(DateOptions):
    """Which days are taken, and how many of them."""

    min_days: int = Field(default=1, ge=1, le=36_600, description="Fewest days, first and last included.")
    max_days: int | None = Field(default=None, ge=1, le=36_600, description="Most days; empty: any number.")

    @model_validator(mode="after")
    def _agree_on_days(self) -> DateRangeOptions:
        if self.max_days is not None and self.max_days < self.min_days:
            raise unsound(gettext("The most is less than the least."), "max_days")
        return self


class DateRangeField(FieldKind[DateRangeOptions]):
    """From one day to another."""

    key = "date_range"
    name = _("Period of days")
    missing = _("Write the first and the last day.")
    template = "date_range"
    expression = Kind.TEXT
    computes = False
    options_model = DateRangeOptions

    def is_set(self, options: DateRangeOptions) -> bool:
        return True

    def parse(self, typed: Sequence[str], options: DateRangeOptions) -> Stored | None:
        parts = parts_of(typed)
        start, end = (plain_digits(first_text(parts.get(part, ()))) for part in _PARTS)
        if not (start or end):
            return None
        if not start:
            raise FieldFault(_("Write the first day too."))
        if not end:
            raise FieldFault(_("Write the last day too."))
        return {"start": read_day(start), "end": read_day(end)}

    def check(self, value: Any, options: DateRangeOptions, around: Surroundings) -> None:
        if not isinstance(value, dict) or set(value) != set(_PARTS):
            raise FieldFault(self.missing)
        for part in _PARTS:
            check_day(value[part], options, around.day)
        days = days_of(value)
        if days < 1:
            raise FieldFault(_("The last day lies before the first. Write a later last day."))
        if days < options.min_days:
            raise FieldFault(
                ngettext_lazy(
                    "Write a period of at least %(days)d day.",
                    "Write a period of at least %(days)d days.",
                    options.min_days,
                )
                % {"days": options.min_days}
            )
        if options.max_days is not None and days > options.max_days:
            raise FieldFault(
                ngettext_lazy(
                    "Write a period of at most %(days)d day.",
                    "Write a period of at most %(days)d days.",
                    options.max_days,
                )
                % {"days": options.max_days}
            )

    def typed(self, value: Any, options: DateRangeOptions) -> list[str]:
        return [f"{part}={value[part]}" for part in _PARTS]

    def display(self, value: Any, options: DateRangeOptions, language: str) -> str:
        start, end = (day_text(value[part], language) for part in _PARTS)
        with override(language):
            return str(_("%(start)s to %(end)s") % {"start": start, "end": end})

    def columns(self, options: DateRangeOptions, language: str) -> Sequence[Column]:
        with override(language):
            return [
                Column("start", str(_("first day")), "date", 12),
                Column("end", str(_("last day")), "date", 12),
            ]

    def cells(self, value: Any, options: DateRangeOptions, language: str) -> Mapping[str, Cell]:
        return {part: datetime.date.fromisoformat(value[part]) for part in _PARTS}

    def typed_from_cells(
        self, cells: Mapping[str, Cell], options: DateRangeOptions, language: str
    ) -> list[str]:
        texts = ((part, text_of_cell(cells.get(part))) for part in _PARTS)
        return [f"{part}={text}" for part, text in texts if text]

    def names(self, options: DateRangeOptions) -> Mapping[str, SchemaEntry]:
        return {"start": Kind.DATE, "end": Kind.DATE, "days": Kind.WHOLE}

    def bindings(self, value: Any, options: DateRangeOptions) -> Mapping[str, Any]:
        days = {part: datetime.date.fromisoformat(value[part]) for part in _PARTS}
        return {**days, "days": days_of(value)}

    def sample(self, seed: int, options: DateRangeOptions, around: Surroundings) -> Stored | None:
        first, last = options.bounds(around.day)
        room = (last - first).days + 1
        if room < options.min_days:
            return None
        most = min(options.max_days or options.min_days + 13, room)
        length = datetime.timedelta(draw(seed, options.min_days, max(options.min_days, most), "days") - 1)
        start = datetime.date.fromisoformat(sample_day(seed, options, around.day))
        start = max(first, min(start, last - length))
        return {"start": start.isoformat(), "end": (start + length).isoformat()}


def days_of(value: Mapping[str, str]) -> int:
    """Return how many days a stored period has, first and last included."""
    start, end = (datetime.date.fromisoformat(value[part]) for part in _PARTS)
    return (end - start).days + 1


KIND = DateRangeField()
