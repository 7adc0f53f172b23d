"""What the other rooms call: counting, calendars, the national table.

A calendar decides due times that are already stored, so changing one changes only what is counted
afterwards; each `Due` carries the fingerprint of the rules it was counted under.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.worktime import engine, national
from foundation.worktime.engine import Due, Mode, NationalDay, Timetable
from foundation.worktime.files import WEEKDAYS, CalendarFile, hours_text, minutes_of
from foundation.worktime.loading import UnknownCalendar, national_day, timetable
from foundation.worktime.models import ArrangedYear, Calendar, CalendarOverride, Day, WeeklyInterval

if TYPE_CHECKING:
    from foundation.organisation.models import User

BY_HAND = "hand"
ANNOUNCED_FROM_MONTH = 11  # the State Council announces the next year in November, as a rule


# --- counting -------------------------------------------------------------------------------------


def _timetable(calendar: Calendar | Timetable | str) -> Timetable:
    if isinstance(calendar, Timetable):
        return calendar
    return timetable(calendar if isinstance(calendar, str) else calendar.key)


def due(
    calendar: Calendar | Timetable | str, start: datetime, target: timedelta, *, mode: Mode = "working"
) -> Due:
    """When `target` is used up on the calendar (its key, its row, or a timetable loaded before).

    Raises UnknownCalendar, engine.NoWorkingTime, and ValueError for a time without a zone or a negative
    target.
    """
    return engine.due(_timetable(calendar), start, target, mode=mode)


def working_time_between(
    calendar: Calendar | Timetable | str, first: datetime, second: datetime
) -> timedelta:
    """The calendar's working time between two instants; negative backwards."""
    return engine.working_time_between(_timetable(calendar), first, second)


# --- calendars ------------------------------------------------------------------------------------


def plain_calendar(data: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a calendar file in the form in which `export_calendar` tells a stored one.

    Raises pydantic.ValidationError.
    """
    return CalendarFile.model_validate(dict(data)).plain()


@transaction.atomic
def load_calendar(data: Mapping[str, Any], *, by: "User | None") -> Calendar:
    """Make the calendar what the file says; hours and overrides not in the file go.

    Writes nothing when it says that already. Raises pydantic.ValidationError.
    """
    wanted = CalendarFile.model_validate(dict(data))
    plain = wanted.plain()
    calendar = Calendar.objects.select_for_update().filter(key=wanted.key).first()
    if calendar is not None and _told(calendar) == plain:
        return calendar
    calendar = calendar or Calendar(key=wanted.key)
    calendar.name, calendar.name_en = wanted.name, wanted.name_en
    calendar.follows_national = wanted.follows_national
    calendar.changed_at, calendar.changed_by = timezone.now(), by
    calendar.save()
    calendar.weekly.all().delete()
    WeeklyInterval.objects.bulk_create(
        WeeklyInterval(calendar=calendar, weekday=number, starts=first, ends=last)
        for number, weekday in enumerate(WEEKDAYS, start=1)
        for first, last in (minutes_of(text) for text in plain["weekly"].get(weekday, ()))
    )
    calendar.overrides.all().delete()
    CalendarOverride.objects.bulk_create(
        CalendarOverride(
            calendar=calendar,
            day=override.date,
            intervals=[list(minutes_of(text)) for text in override.open],
            note=override.note,
            note_en=override.note_en,
        )
        for override in wanted.overrides
    )
    return calendar


def export_calendar(key: str) -> dict[str, Any]:
    """The calendar as a file tells it. Raises UnknownCalendar."""
    calendar = Calendar.objects.filter(key=key).first()
    if calendar is None:
        raise UnknownCalendar(key)
    return _told(calendar)


def export_calendars() -> list[dict[str, Any]]:
    """All calendars, by key."""
    return [_told(calendar) for calendar in Calendar.objects.order_by("key")]


def _told(calendar: Calendar) -> dict[str, Any]:
    weekly: dict[str, list[str]] = {}
    for interval in calendar.weekly.order_by("weekday", "starts"):
        hours = hours_text((interval.starts, interval.ends))
        weekly.setdefault(WEEKDAYS[interval.weekday - 1], []).append(hours)
    overrides = [
        {
            "date": row.day.isoformat(),
            **(
                {"open": [hours_text((a, b)) for a, b in row.intervals]}
                if row.intervals
                else {"closed": True}
            ),
            "note": row.note,
            "note_en": row.note_en,
        }
        for row in calendar.overrides.order_by("day")
    ]
    return {
        "key": calendar.key,
        "name": calendar.name,
        "name_en": calendar.name_en,
        "follows_national": calendar.follows_national,
        "weekly": weekly,
        "overrides": overrides,
    }


# --- the national table ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Refreshed:
    """What refreshing a year did (or would do)."""

    year: int
    announced: bool
    source: str
    added: tuple[date, ...]
    changed: tuple[date, ...]
    removed: tuple[date, ...]
    kept_by_hand: tuple[date, ...]
    warnings: tuple[str, ...]

    @property
    def differs(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def _plan(year: int) -> tuple[Refreshed, dict[date, NationalDay]]:
    known = national.arrangement(year)
    wanted = {day.day: day for day in known.days}
    present = {row.day: row for row in Day.objects.filter(day__year=year)}
    by_hand = {day for day, row in present.items() if row.source == BY_HAND}
    warnings = []
    if not known.announced:
        warnings.append(_not_announced(year))
    if known.disagreements:
        days = ", ".join(str(day) for day in known.disagreements)
        warnings.append(_("The two sources differ on %(days)s; check them by hand.") % {"days": days})
    ours = {day: row for day, row in present.items() if day not in by_hand}
    theirs = {day: each for day, each in wanted.items() if day not in by_hand}
    changed = (day for day in theirs.keys() & ours.keys() if national_day(ours[day]) != theirs[day])
    plan = Refreshed(
        year,
        known.announced,
        known.source,
        tuple(sorted(theirs.keys() - ours.keys())),
        tuple(sorted(changed)),
        tuple(sorted(ours.keys() - theirs.keys())),
        tuple(sorted(by_hand)),
        tuple(warnings),
    )
    return plan, theirs


def plan_days(year: int) -> Refreshed:
    """What `refresh_days` would do. Writes nothing. Raises ValueError for a year nobody knows."""
    return _plan(year)[0]


@transaction.atomic
def refresh_days(year: int) -> Refreshed:
    """Bring the national table for a year up to what the holiday libraries say; twice is safe.

    Dates entered by hand are kept. Raises ValueError for a year nobody knows.
    """
    plan, wanted = _plan(year)
    Day.objects.filter(day__in=plan.removed).delete()
    for day in (*plan.added, *plan.changed):
        each = wanted[day]
        Day.objects.update_or_create(
            day=day,
            defaults={
                "kind": each.kind.value,
                "name": each.name,
                "name_en": each.name_en,
                "stands_for": each.stands_for,
                "provisional": each.provisional,
                "source": plan.source,
            },
        )
    ArrangedYear.objects.update_or_create(
        year=year,
        defaults={"announced": plan.announced, "source": plan.source, "refreshed_at": timezone.now()},
    )
    return plan


def calendar_warnings(today: date) -> list[str]:
    """What the keeper of calendars must know: this year or, from November, the next is not announced."""
    years = [today.year] + ([today.year + 1] if today.month >= ANNOUNCED_FROM_MONTH else [])
    announced = set(
        ArrangedYear.objects.filter(year__in=years, announced=True).values_list("year", flat=True)
    )
    return [_not_announced(year) for year in years if year not in announced]


def _not_announced(year: int) -> str:
    return _(
        "The holiday arrangement for %(year)s is not announced yet; its days are provisional, "
        "without exchanged weekends."
    ) % {"year": year}
