"""A time of day, to the minute. Accepts 14:03, 1403, 14点03分, 下午2:03 and 2:03 pm; stores ``14:03``."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import Field, model_validator

from forms.faults import unsound
from forms.fields.base import (
    Cell,
    Column,
    FieldFault,
    FieldKind,
    FieldOptions,
    Stored,
    Surroundings,
    first_text,
    plain_digits,
)
from forms.fields.sampling import draw
from foundation.expressions import Kind, SchemaEntry

_WRITTEN = re.compile(
    r"(?P<before>上午|下午|晚上|中午|am|pm)?\s*"
    r"(?P<hour>\d{1,2})(?:\s*[:.时点]\s*(?P<minute>\d{1,2})?(?P<half>半)?\s*分?(?::\d{2}(?:\.\d{1,6})?)?)?"
    r"\s*(?P<after>am|pm)?",
    re.ASCII | re.IGNORECASE,
)
_SHORT = re.compile(r"(\d{2})(\d{2})", re.ASCII)
_STORED = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)
_TIME = r"^([01]\d|2[0-3]):[0-5]\d$"
_HOW = _("Write the time as hours and minutes, for example 14:03.")


class TimeOptions(FieldOptions):
    """Which times are taken."""

    earliest: str = Field(default="00:00", pattern=_TIME, description="First time.")
    latest: str = Field(default="23:59", pattern=_TIME, description="Last time.")
    step: int = Field(
        default=1, ge=1, le=60, description="Minutes from one time taken to the next: 10 or 15."
    )

    @model_validator(mode="after")
    def _agree(self) -> TimeOptions:
        if self.earliest > self.latest:
            raise unsound(gettext("The latest lies before the earliest."), "latest")
        first = -(-minutes_of(self.earliest) // self.step) * self.step
        if first > minutes_of(self.latest):
            raise unsound(gettext("No time of this step lies between the earliest and the latest."), "step")
        return self

    @property
    def seconds(self) -> int:
        """The step as browsers count it."""
        return self.step * 60


class TimeField(FieldKind[TimeOptions]):
    """A time of day."""

    key = "time"
    name = _("Time")
    missing = _("Write the time.")
    template = "time"
    expression = Kind.TEXT
    options_model = TimeOptions

    def parse(self, typed: Sequence[str], options: TimeOptions) -> Stored | None:
        written = plain_digits(first_text(typed))
        return read_time(written) if written else None

    def check(self, value: Any, options: TimeOptions, around: Surroundings) -> None:
        if not isinstance(value, str) or not _STORED.fullmatch(value):
            raise FieldFault(_HOW)
        if value < options.earliest:
            raise FieldFault(_("Write %(time)s or a later time.") % {"time": options.earliest})
        if value > options.latest:
            raise FieldFault(_("Write %(time)s or an earlier time.") % {"time": options.latest})
        if minutes_of(value) % options.step:
            raise FieldFault(_("Write the time in steps of %(minutes)d minutes.") % {"minutes": options.step})

    def columns(self, options: TimeOptions, language: str) -> Sequence[Column]:
        return [Column("", "", "time", 10)]

    def cells(self, value: Any, options: TimeOptions, language: str) -> Mapping[str, Cell]:
        return {"": datetime.time.fromisoformat(value)}

    def display(self, value: Any, options: TimeOptions, language: str) -> str:
        return str(value)

    def names(self, options: TimeOptions) -> Mapping[str, SchemaEntry]:
        return {"": Kind.TEXT, "minutes": Kind.WHOLE}

    def bindings(self, value: Any, options: TimeOptions) -> Mapping[str, Any]:
        return {"": value, "minutes": minutes_of(value)}

    def sample(self, seed: int, options: TimeOptions, around: Surroundings) -> Stored:
        first, last = (
            -(-minutes_of(options.earliest) // options.step),
            minutes_of(options.latest) // options.step,
        )
        hours, minutes = divmod(draw(seed, first, last) * options.step, 60)
        return f"{hours:02}:{minutes:02}"


def minutes_of(time: str) -> int:
    """Return the minutes of a stored time since midnight."""
    return int(time[:2]) * 60 + int(time[3:])


def read_time(written: str) -> str:
    """Return a time as it is stored; raises FieldFault."""
    if short := _SHORT.fullmatch(written):
        hour, minute = int(short[1]), int(short[2])
    elif (match := _WRITTEN.fullmatch(written)) and len(written) <= 40:
        half = (match["before"] or match["after"] or "").lower()
        hour, minute = int(match["hour"]), 30 if match["half"] else int(match["minute"] or 0)
        if not (half or match["minute"] or match["half"] or re.search(r"[:.时点]", written)):
            raise FieldFault(_HOW)  # a bare number could be anything
        if half in {"下午", "晚上", "pm"} and hour < 12:
            hour += 12
        elif half == "am" and hour == 12:
            hour = 0
    else:
        raise FieldFault(_HOW)
    if hour > 23 or minute > 59:
        raise FieldFault(_("There is no such time. Check the hours and the minutes."))
    return f"{hour:02}:{minute:02}"


KIND = TimeField()
