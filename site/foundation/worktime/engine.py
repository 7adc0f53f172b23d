"""Counts working time over a timetable. Pure: no database, no clock, no language but the messages' own.

Lengths are measured between instants (UTC), so a zone with summer time counts real hours. Intervals are
closed at their end: work that is used up exactly at 18:00 is due at 18:00, not at the next opening.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

Minutes = tuple[int, int]  # from, to: minutes after midnight, 0 to 1440
Mode = Literal["working", "calendar"]
FULL_DAY = 1_440
LONGEST_SEARCH = 3_700  # days without reaching the target: ten years
LATEST_YEAR = 9_000


class DayKind(StrEnum):
    """What the national arrangement makes of a date."""

    WORK = "work"  # a weekend day worked in exchange (调休上班)
    REST = "rest"  # a public holiday, with the weekend days inside it
    SWAPPED = "swapped"  # a weekday off in exchange for a weekend day worked (调休)


class Reason(StrEnum):
    """Why a stretch of time counts or does not."""

    OPEN = "open"
    MAKE_UP = "make_up"
    OPENED = "opened"  # a store override
    HOURS = "hours"  # outside the hours of a working day
    WEEKLY = "weekly"  # no hours on this weekday
    HOLIDAY = "holiday"
    SWAPPED = "swapped"
    CLOSED = "closed"  # a store override
    ELAPSED = "elapsed"  # calendar time counts all the time


@dataclass(frozen=True)
class NationalDay:
    """One date of the national table."""

    day: date
    kind: DayKind
    name: str = ""
    name_en: str = ""
    stands_for: date | None = None
    provisional: bool = False


@dataclass(frozen=True)
class Override:
    """What one calendar does on one date, whatever the rules say: its hours, none for closed."""

    intervals: tuple[Minutes, ...]
    note: str = ""
    note_en: str = ""


@dataclass(frozen=True)
class Timetable:
    """Everything that counting needs. `weekly` holds Monday first, each with its intervals in order."""

    key: str
    weekly: tuple[tuple[Minutes, ...], ...]
    zone: ZoneInfo
    follows_national: bool = True
    days: Mapping[date, NationalDay] = field(default_factory=dict)
    overrides: Mapping[date, Override] = field(default_factory=dict)
    announced: frozenset[int] = frozenset()
    version: str = ""

    def hours_on(self, day: date) -> "DayHours":
        """The intervals of a date and why they are so.

        An override decides first, then the national table, then the week. A make-up day has the hours of the
        weekday it stands for (of Monday, where that is not known; of its own weekday, where that one has
        none).
        """
        override = self.overrides.get(day)
        if override is not None:
            reason = Reason.OPENED if override.intervals else Reason.CLOSED
            return DayHours(day, override.intervals, reason, override.note, override.note_en)
        own = self.weekly[day.weekday()]
        national = self.days.get(day) if self.follows_national else None
        if national is None:
            return DayHours(day, own, Reason.OPEN if own else Reason.WEEKLY)
        if national.kind is DayKind.WORK:
            stood_for = national.stands_for.weekday() if national.stands_for else 0
            return DayHours(
                day, self.weekly[stood_for] or own, Reason.MAKE_UP, national.name, national.name_en
            )
        reason = Reason.HOLIDAY if national.kind is DayKind.REST else Reason.SWAPPED
        return DayHours(day, (), reason, national.name, national.name_en)


@dataclass(frozen=True)
class DayHours:
    """The working intervals of one date, and what made them so."""

    day: date
    intervals: tuple[Minutes, ...]
    reason: Reason
    name: str = ""
    name_en: str = ""


@dataclass(frozen=True)
class Segment:
    """A stretch of time inside one local date, counted or not. Segments follow one another without a gap."""

    start: datetime
    end: datetime
    counted: bool
    reason: Reason
    name: str = ""
    name_en: str = ""


class WarningCode(StrEnum):
    """What a person should know about a due time."""

    NOT_ANNOUNCED = "not_announced"
    NO_DAYS = "no_days"


@dataclass(frozen=True)
class YearWarning:
    """A year through which the counting went on uncertain ground. `explanation.py` has the sentence."""

    code: WarningCode
    year: int


@dataclass(frozen=True)
class Due:
    """When the target is used up, every stretch on the way, what is uncertain, and which calendar said so."""

    at: datetime
    segments: tuple[Segment, ...]
    warnings: tuple[YearWarning, ...]
    calendar_version: str


class WorktimeError(Exception):
    """Base of this room's errors."""


class NoWorkingTime(WorktimeError):
    """The calendar has too little working time to ever reach the target."""


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be counted from")
    return moment.astimezone(UTC)


def _instant(timetable: Timetable, day: date, minutes: int) -> datetime:
    """A local time of day as an instant; 1440 is the midnight that ends the day."""
    if minutes == FULL_DAY:
        day, minutes = day + timedelta(days=1), 0
    return datetime.combine(day, time(minutes // 60, minutes % 60), timetable.zone).astimezone(UTC)


def _stretches(timetable: Timetable, day: date) -> Iterator[Segment]:
    """The whole of a local date, cut into counted and uncounted stretches, as instants."""
    hours = timetable.hours_on(day)
    at = _instant(timetable, day, 0)
    closing = _instant(timetable, day, FULL_DAY)
    idle = hours.reason if not hours.intervals else Reason.HOURS
    if not hours.intervals and hours.reason is Reason.MAKE_UP:
        idle = Reason.WEEKLY
    for first, last in hours.intervals:
        opens, closes = _instant(timetable, day, first), _instant(timetable, day, last)
        if at < opens:
            yield Segment(at, opens, False, idle, hours.name, hours.name_en)
        if opens < closes:  # an hour that summer time leaves out
            yield Segment(opens, closes, True, hours.reason, hours.name, hours.name_en)
        at = max(at, closes)
    if at < closing:
        yield Segment(at, closing, False, idle, hours.name, hours.name_en)


def _walk(timetable: Timetable, start: datetime) -> Iterator[Segment]:
    """Stretches from the instant on, the first one cut to begin there. Ends after ten years."""
    day = start.astimezone(timetable.zone).date()
    for _day in range(LONGEST_SEARCH):
        if day.year >= LATEST_YEAR:
            return
        for stretch in _stretches(timetable, day):
            if stretch.end >= start:
                yield _cut(stretch, max(stretch.start, start), stretch.end)
        day += timedelta(days=1)


def _cut(segment: Segment, start: datetime, end: datetime) -> Segment:
    return Segment(start, end, segment.counted, segment.reason, segment.name, segment.name_en)


def _local(timetable: Timetable, segment: Segment) -> Segment:
    return _cut(segment, segment.start.astimezone(timetable.zone), segment.end.astimezone(timetable.zone))


def due(timetable: Timetable, start: datetime, target: timedelta, *, mode: Mode = "working") -> Due:
    """When `target` of working time (or of plain time) after `start` is used up.

    A start outside working hours waits for the next opening, also with a target of nothing. Segments cover
    everything from `start` to the answer; the counted ones add up to the target.
    Raises ValueError for a start without a zone or a negative target, NoWorkingTime when ten years are not
    enough.
    """
    begin = _aware(start)
    if target < timedelta():
        raise ValueError("a target cannot be negative")
    if mode == "calendar":
        return _elapsed(timetable, begin, target)
    left = target
    segments: list[Segment] = []
    for stretch in _walk(timetable, begin):
        if not stretch.counted:
            if stretch.start < stretch.end:
                segments.append(stretch)
            continue
        length = stretch.end - stretch.start
        if left <= length:
            end = stretch.start + left
            if stretch.start < end:
                segments.append(_cut(stretch, stretch.start, end))
            return _answer(timetable, begin, end, segments)
        if length:
            segments.append(stretch)
            left -= length
    raise NoWorkingTime(timetable.key)


def _elapsed(timetable: Timetable, begin: datetime, target: timedelta) -> Due:
    try:
        end = begin + target
        end.astimezone(timetable.zone)
    except OverflowError as error:
        raise NoWorkingTime(timetable.key) from error
    segments = [Segment(begin, end, True, Reason.ELAPSED)] if target else []
    local = tuple(_local(timetable, segment) for segment in segments)
    return Due(end.astimezone(timetable.zone), local, (), timetable.version)


def _answer(timetable: Timetable, begin: datetime, end: datetime, segments: list[Segment]) -> Due:
    first, last = begin.astimezone(timetable.zone), end.astimezone(timetable.zone)
    return Due(
        last,
        tuple(_local(timetable, segment) for segment in segments),
        warnings_for(timetable, first.date(), last.date()),
        timetable.version,
    )


def warnings_for(timetable: Timetable, first: date, last: date) -> tuple[YearWarning, ...]:
    """What is uncertain about the years from the first date to the last."""
    if not timetable.follows_national:
        return ()
    known = {day.year for day in timetable.days}
    return tuple(
        YearWarning(WarningCode.NOT_ANNOUNCED if year in known else WarningCode.NO_DAYS, year)
        for year in range(first.year, last.year + 1)
        if year not in timetable.announced
    )


def working_time_between(timetable: Timetable, first: datetime, second: datetime) -> timedelta:
    """The working time from the first instant to the second; negative when the second comes earlier.

    Raises ValueError for times without a zone or more than ten years apart.
    """
    begin, end = _aware(first), _aware(second)
    if end < begin:
        return -working_time_between(timetable, second, first)
    if end - begin > timedelta(days=LONGEST_SEARCH - 2):
        raise ValueError("more than ten years apart")
    counted = timedelta()
    for stretch in _walk(timetable, begin):
        if stretch.start >= end:
            break
        if stretch.counted:
            counted += min(stretch.end, end) - stretch.start
    return counted


def check_intervals(intervals: tuple[Minutes, ...]) -> None:
    """Raises ValueError unless the intervals are in order, inside the day, not empty and not overlapping."""
    before = 0
    for first, last in intervals:
        if not before <= first < last <= FULL_DAY:
            raise ValueError("intervals must be in order, inside the day, and must not overlap")
        before = last
