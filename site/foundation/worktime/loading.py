"""Turns a calendar's rows into an `engine.Timetable`: five queries, whatever the calendar and the years."""

import hashlib
import json
from datetime import date
from zoneinfo import ZoneInfo

from django.conf import settings

from foundation.worktime.engine import DayKind, Minutes, NationalDay, Override, Timetable, WorktimeError
from foundation.worktime.models import ArrangedYear, Calendar, Day


class UnknownCalendar(WorktimeError):
    """No calendar has this key. Definitions are checked against it before they are published."""


def timetable(key: str) -> Timetable:
    """Everything that counting over this calendar needs; keep it to count many cases in one go.

    Raises UnknownCalendar.
    """
    calendar = Calendar.objects.filter(key=key).first()
    if calendar is None:
        raise UnknownCalendar(key)
    week: list[list[Minutes]] = [[] for _weekday in range(7)]
    for interval in calendar.weekly.order_by("weekday", "starts"):
        week[interval.weekday - 1].append((interval.starts, interval.ends))
    overrides = {
        row.day: Override(tuple((first, last) for first, last in row.intervals), row.note, row.note_en)
        for row in calendar.overrides.all()
    }
    days: dict[date, NationalDay] = {}
    announced: frozenset[int] = frozenset()
    if calendar.follows_national:
        days = {row.day: national_day(row) for row in Day.objects.all()}
        announced = frozenset(ArrangedYear.objects.filter(announced=True).values_list("year", flat=True))
    weekly = tuple(tuple(intervals) for intervals in week)
    return Timetable(
        key=calendar.key,
        weekly=weekly,
        zone=ZoneInfo(settings.TIME_ZONE),
        follows_national=calendar.follows_national,
        days=days,
        overrides=overrides,
        announced=announced,
        version=_version(weekly, overrides, days),
    )


def national_day(row: Day) -> NationalDay:
    """The row as the engine knows it."""
    return NationalDay(row.day, DayKind(row.kind), row.name, row.name_en, row.stands_for, row.provisional)


def _version(
    weekly: tuple[tuple[Minutes, ...], ...],
    overrides: dict[date, Override],
    days: dict[date, NationalDay],
) -> str:
    """A fingerprint of all that decides a due time: equal for equal rules, whoever asks and when."""
    told = {
        "zone": settings.TIME_ZONE,
        "weekly": weekly,
        "overrides": sorted((str(day), override.intervals) for day, override in overrides.items()),
        "days": sorted((str(day), each.kind.value, str(each.stands_for or "")) for day, each in days.items()),
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
