"""A day and a time of day, to the minute, in our zone. Accepts what days and times accept, one after the
other; stores ``2026-11-22T14:03``.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forms.fields.base import (
    Cell,
    FieldFault,
    FieldKind,
    Stored,
    Surroundings,
    first_text,
    parts_of,
    plain_digits,
    plain_texts,
)
from forms.fields.date import DateOptions, check_day, day_text, read_day, sample_day
from forms.fields.sampling import draw
from forms.fields.time import read_time
from foundation.expressions import Kind

_STORED = re.compile(r"(\d{4}-\d{2}-\d{2})T((?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII)
_PARTED = re.compile(
    r"(.*?[\d日号])\s*(?:[T ]|(?<=[日号]))\s*((?:上午|下午|晚上|中午)?\s*\d.*)", re.ASCII | re.DOTALL
)
_HOW = _("Write the date and the time, for example 2026-11-22 14:03.")


class MomentOptions(DateOptions):
    """Which days are taken; the time of day is free."""


class MomentField(FieldKind[MomentOptions]):
    """A day and a time."""

    key = "moment"
    name = _("Date and time")
    missing = _("Write the date and the time.")
    template = "moment"
    expression = Kind.MOMENT
    options_model = MomentOptions

    def is_set(self, options: MomentOptions) -> bool:
        return True

    def parse(self, typed: Sequence[str], options: MomentOptions) -> Stored | None:
        parts = parts_of(typed)
        day, time = (plain_digits(first_text(parts.get(name, ()))) for name in ("day", "time"))
        if not (day or time):
            written = plain_digits(first_text(plain_texts(typed)))
            if not written:
                return None
            match = _PARTED.fullmatch(written) if len(written) <= 60 else None
            if match is None:
                raise FieldFault(_HOW)
            day, time = match[1].strip(), match[2].strip()
        if not day:
            raise FieldFault(_("Write the date too."))
        if not time:
            raise FieldFault(_("Write the time too."))
        return f"{read_day(day)}T{read_time(time)}"

    def check(self, value: Any, options: MomentOptions, around: Surroundings) -> None:
        match = _STORED.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise FieldFault(_HOW)
        check_day(match[1], options, around.day)

    def typed(self, value: Any, options: MomentOptions) -> list[str]:
        day, _t, time = str(value).partition("T")
        return [f"day={day}", f"time={time}"]

    def cells(self, value: Any, options: MomentOptions, language: str) -> Mapping[str, Cell]:
        return {"": datetime.datetime.fromisoformat(value)}

    def display(self, value: Any, options: MomentOptions, language: str) -> str:
        day, _t, time = str(value).partition("T")
        return f"{day_text(day, language)} {time}"

    def in_expression(self, value: Any) -> Any:
        return timezone.make_aware(datetime.datetime.fromisoformat(value))

    def from_expression(self, result: Any, options: MomentOptions) -> Stored | None:
        if result is None:
            return None
        return timezone.make_naive(result).isoformat(timespec="minutes")

    def sample(self, seed: int, options: MomentOptions, around: Surroundings) -> Stored:
        hours, minutes = divmod(draw(seed, 8 * 12, 18 * 12, "time") * 5, 60)
        return f"{sample_day(seed, options, around.day)}T{hours:02}:{minutes:02}"


KIND = MomentField()
