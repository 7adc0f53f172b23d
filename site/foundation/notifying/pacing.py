"""When a mail goes out: the pace somebody wants, then past their quiet time. Nothing here asks the database."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from foundation.notifying.enums import Pace, Quiet

Opening = Callable[[datetime.datetime], datetime.datetime]
USUAL_DAILY = datetime.time(8, 30)


@dataclass(frozen=True)
class Wanted:
    """How one person is mailed about one topic. ``opening`` tells the next moment of working time."""

    pace: Pace = Pace.AT_ONCE
    quiet: Quiet = Quiet.NONE
    quiet_from: datetime.time | None = None
    quiet_until: datetime.time | None = None
    daily_at: datetime.time = USUAL_DAILY
    opening: Opening | None = None


def due(now: datetime.datetime, wanted: Wanted, zone: ZoneInfo) -> datetime.datetime:
    """Return when the mail goes out: ``now``, or the end of the period, and never in quiet time."""
    moment = now
    if wanted.pace == Pace.HOURLY:
        # The hour of the wall: zones with half hours end theirs at the half.
        local = now.astimezone(zone)
        moment = now + datetime.timedelta(hours=1) - _past_the_hour(local)
    elif wanted.pace == Pace.DAILY:
        moment = _next(now, wanted.daily_at, zone)
    return after_quiet(moment, wanted, zone)


def after_quiet(moment: datetime.datetime, wanted: Wanted, zone: ZoneInfo) -> datetime.datetime:
    """Return ``moment``, or the end of the quiet time it lies in."""
    if wanted.quiet == Quiet.CALENDAR and wanted.opening is not None:
        return max(moment, wanted.opening(moment))
    if wanted.quiet == Quiet.HOURS and wanted.quiet_from is not None and wanted.quiet_until is not None:
        local = moment.astimezone(zone).time()
        first, last = wanted.quiet_from, wanted.quiet_until
        inside = first <= local < last if first <= last else (local >= first or local < last)
        if inside:
            return _next(moment, last, zone)
    return moment


def _past_the_hour(local: datetime.datetime) -> datetime.timedelta:
    return datetime.timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)


def _next(now: datetime.datetime, at: datetime.time, zone: ZoneInfo) -> datetime.datetime:
    """Return the first moment after ``now`` at which the clock on the wall says ``at``."""
    day = now.astimezone(zone).date()
    for ahead in range(3):
        moment = datetime.datetime.combine(day + datetime.timedelta(days=ahead), at, tzinfo=zone)
        if moment > now:
            return moment
    raise AssertionError("a time of day comes within three days")
