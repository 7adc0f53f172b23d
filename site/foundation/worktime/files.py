"""A calendar as a pack tells it: keys, clock times, dates. Checked here, once, for files and for screens.

key: aftersales
name: 售后服务
name_en: After-sales service
follows_national: true
weekly:
  monday: ["09:00-12:00", "13:30-18:00"]
overrides:
  - {date: 2026-10-08, closed: true, note: 盘点}
  - {date: 2026-10-04, open: ["10:00-16:00"], note: 国庆值班}
"""

import datetime
import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from foundation.worktime.engine import FULL_DAY, Minutes, check_intervals
from foundation.worktime.models import clock

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOURS = re.compile(r"(\d{2}):([0-5]\d)-(\d{2}):([0-5]\d)")


def minutes_of(text: str) -> Minutes:
    """`"09:00-12:00"` as minutes after midnight. Raises ValueError."""
    found = _HOURS.fullmatch(text)
    if found is None:
        raise ValueError('hours are written "09:00-12:00"')
    first, last = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    if not first < last <= FULL_DAY:
        raise ValueError("hours end after they begin, at 24:00 at the latest")
    return first, last


def hours_text(interval: Minutes) -> str:
    """`(540, 720)` as `"09:00-12:00"`."""
    return f"{clock(interval[0])}-{clock(interval[1])}"


def _in_order(texts: list[str]) -> list[str]:
    check_intervals(tuple(minutes_of(text) for text in texts))
    return texts


Hours = Annotated[list[str], AfterValidator(_in_order)]


class WeekFile(BaseModel):
    """Hours by weekday; a weekday without hours is off."""

    model_config = ConfigDict(extra="forbid", strict=True)
    monday: Hours = []
    tuesday: Hours = []
    wednesday: Hours = []
    thursday: Hours = []
    friday: Hours = []
    saturday: Hours = []
    sunday: Hours = []


class OverrideFile(BaseModel):
    """One date: closed, or open at these hours."""

    model_config = ConfigDict(extra="forbid")
    date: datetime.date
    closed: bool = False
    open: Hours = []
    note: str = Field("", max_length=200)
    note_en: str = Field("", max_length=200)

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if self.closed == bool(self.open):
            raise ValueError("an override either closes the date or gives its hours")
        return self


class CalendarFile(BaseModel):
    """The whole calendar."""

    model_config = ConfigDict(extra="forbid")
    key: str = Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=60)
    name: str = Field(min_length=1, max_length=120)
    name_en: str = Field("", max_length=120)
    follows_national: bool = True
    weekly: WeekFile
    overrides: list[OverrideFile] = []

    @model_validator(mode="after")
    def _each_date_once(self) -> Self:
        dates = [override.date for override in self.overrides]
        if len(dates) != len(set(dates)):
            raise ValueError("a date is there twice")
        return self

    def plain(self) -> dict[str, Any]:
        """The content in plain values and one fixed form, for comparing and writing."""
        return {
            "key": self.key,
            "name": self.name,
            "name_en": self.name_en,
            "follows_national": self.follows_national,
            "weekly": {day: getattr(self.weekly, day) for day in WEEKDAYS if getattr(self.weekly, day)},
            "overrides": [
                {
                    "date": override.date.isoformat(),
                    **({"closed": True} if override.closed else {"open": override.open}),
                    "note": override.note,
                    "note_en": override.note_en,
                }
                for override in sorted(self.overrides, key=lambda one: one.date)
            ],
        }
