"""When a clock runs, stands still and stops, and what it is due to do when. Pure: the time is always given.

What has run is kept as stretches, each between two changes of state, counted or standing still; everything else is
reckoned from them on the calendar, so a due time can always be explained and reckoned anew.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from foundation.worktime import engine
from foundation.worktime.engine import Due, Mode, NoWorkingTime, Timetable
from workflows.schema import Clock, ClockRepeat, ClockTarget, Unit

Status = Literal["running", "paused", "stopped"]
Deed = Literal["start", "stop", "drop", "pause", "resume"]
LONGEST_LOOK = 3_700
"""Days within which a working day must come."""
_PLAIN: Mapping[Unit, dt.timedelta] = {
    "working_minutes": dt.timedelta(minutes=1),
    "working_hours": dt.timedelta(hours=1),
    "minutes": dt.timedelta(minutes=1),
    "hours": dt.timedelta(hours=1),
    "days": dt.timedelta(days=1),
}


@dataclass(frozen=True)
class Stretch:
    """A stretch of the life of a clock in one state of its case; ``until`` None: it goes on."""

    since: dt.datetime
    until: dt.datetime | None
    counts: bool
    state: str

    def stored(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "since": self.since.isoformat(),
            "until": self.until.isoformat() if self.until else None,
            "counts": self.counts,
            "state": self.state,
        }

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Stretch:
        """Return what ``stored`` made."""
        until = stored["until"]
        return cls(
            dt.datetime.fromisoformat(stored["since"]),
            dt.datetime.fromisoformat(until) if until else None,
            bool(stored["counts"]),
            stored["state"],
        )


def plain_timetable(zone: Any) -> Timetable:
    """Return a calendar without any working time, for clocks that count hours and days as they pass."""
    return Timetable(key="", weekly=((),) * 7, zone=zone, follows_national=False)


# --- what a change of state does -----------------------------------------------------------------------------------


def deeds(
    clock: Clock, status: Status | None, *, left: str | None, came: str, final: bool, step: str
) -> list[Deed]:
    """Return what a change of its case does to a clock, in order.

    ``status`` None: it has never run; ``left`` None: the case has just been opened; ``step``: what was done.
    """
    done: list[Deed] = []
    still = came in clock.pauses
    if status in ("running", "paused"):
        if came in clock.ends:
            return ["stop"]
        if final:
            return ["drop"]
        if step in clock.restarts:
            done = ["start"]
        elif status == "running" and still:
            return ["pause"]
        elif status == "paused" and not still:
            return ["resume"]
    elif not final and came not in clock.ends:
        entered = came in clock.begins and left not in clock.begins
        if entered or step in clock.restarts:
            done = ["start"]
    return [*done, "pause"] if done and still else done


def closed(stretches: Sequence[Stretch], now: dt.datetime) -> list[Stretch]:
    """Return the stretches with the open one ended, never before it began (a clock set back)."""
    return [
        one if one.until is not None else Stretch(one.since, max(one.since, now), one.counts, one.state)
        for one in stretches
    ]


# --- when it is due ------------------------------------------------------------------------------------------------


class NoTarget(Exception):
    """No target holds: the clock has nothing to run to (yet)."""


def chosen(
    clock: Clock, holds: Collection[int], answers: Mapping[str, Any], given: Collection[str] = ()
) -> tuple[int, str | None]:
    """Return the number of the target that counts, and the answer it goes by.

    ``holds``: the targets whose rule holds; ``given``: what was answered with the step just taken: a target that goes
    by one of these comes before the others. Raises ``NoTarget``.
    """
    fit = [
        number
        for number, target in enumerate(clock.targets)
        if number in holds and (target.answer is None or answers.get(target.answer))
    ]
    fresh = [number for number in fit if clock.targets[number].answer in given]
    if not fit:
        raise NoTarget
    number = (fresh or fit)[0]
    answer = clock.targets[number].answer
    return number, str(answers[answer]) if answer is not None else None


def mode_of(unit: Unit) -> Mode:
    """Return how a unit counts."""
    return "working" if unit.startswith("working") else "calendar"


def after(timetable: Timetable, start: dt.datetime, amount: int, unit: Unit) -> Due:
    """Return when ``amount`` of ``unit`` after ``start`` is used up. Raises ``NoWorkingTime``."""
    if unit != "working_days":
        return engine.due(timetable, start, amount * _PLAIN[unit], mode=mode_of(unit))
    closing = _closing_after(timetable, start, amount)
    return engine.due(timetable, start, engine.working_time_between(timetable, start, closing))


def _closing_after(timetable: Timetable, start: dt.datetime, days: int) -> dt.datetime:
    """Return the closing time so many working days after that of ``start``; 0: of the first one not over yet."""
    day = start.astimezone(timetable.zone).date()
    left = days
    for _number in range(LONGEST_LOOK):
        closing = closing_of(timetable, day)
        if closing is not None and closing > start:
            if left == 0:
                return closing
            if _number:
                left -= 1
                if left == 0:
                    return closing
        day += dt.timedelta(days=1)
    raise NoWorkingTime(timetable.key)


def closing_of(timetable: Timetable, day: dt.date) -> dt.datetime | None:
    """Return when the last working hours of a day end; None for a day without any."""
    intervals = timetable.hours_on(day).intervals
    if not intervals:
        return None
    minutes = intervals[-1][1]
    midnight = dt.datetime.combine(day, dt.time(), timetable.zone)
    if minutes == engine.FULL_DAY:
        return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), timetable.zone).astimezone(dt.UTC)
    return midnight.replace(hour=minutes // 60, minute=minutes % 60).astimezone(dt.UTC)


def promised(timetable: Timetable, target: ClockTarget, answer: str) -> dt.datetime:
    """Return the time an answer promises: a day, or a day and a time, as forms store them.

    Raises ``NoWorkingTime``.
    """
    said = dt.datetime.fromisoformat(answer)
    if "T" in answer:
        moment = said if said.tzinfo else said.replace(tzinfo=timetable.zone)
        if target.amount < 0 and target.unit != "working_days":
            return moment + target.amount * _PLAIN[target.unit]
        if target.amount == 0:
            return moment
        if target.unit != "working_days":
            return after(timetable, moment, target.amount, target.unit).at
        day = _shifted(timetable, moment.astimezone(timetable.zone).date(), target)
        return dt.datetime.combine(day, moment.astimezone(timetable.zone).time(), timetable.zone)
    if target.amount and target.unit not in ("days", "working_days"):
        end = _end_of(timetable, said.date())
        if target.amount < 0:
            return end + target.amount * _PLAIN[target.unit]
        return after(timetable, end, target.amount, target.unit).at
    return _end_of(timetable, _shifted(timetable, said.date(), target))


def _end_of(timetable: Timetable, day: dt.date) -> dt.datetime:
    """Return when a day is over: at closing time, or at midnight where nobody works on it."""
    midnight = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), timetable.zone)
    return closing_of(timetable, day) or midnight.astimezone(dt.UTC)


def _shifted(timetable: Timetable, day: dt.date, target: ClockTarget) -> dt.date:
    if target.unit != "working_days":
        return day + dt.timedelta(days=target.amount)
    way = dt.timedelta(days=1 if target.amount > 0 else -1)
    left = abs(target.amount)
    for _number in range(LONGEST_LOOK):
        if left == 0:
            return day
        day += way
        left -= bool(timetable.hours_on(day).intervals)
    raise NoWorkingTime(timetable.key)


@dataclass(frozen=True)
class Reckoning:
    """One clock on its calendar: the target, the answer it goes by, and what has run so far."""

    timetable: Timetable
    target: ClockTarget
    answer: str | None
    stretches: tuple[Stretch, ...]

    @property
    def began(self) -> dt.datetime:
        """When it began."""
        return self.stretches[0].since

    @property
    def mode(self) -> Mode:
        """How its time counts; a promised time comes whatever the hours."""
        return "calendar" if self.answer is not None else mode_of(self.target.unit)

    @cached_property
    def length(self) -> dt.timedelta:
        """How much time there is in all."""
        if self.answer is not None:
            return max(promised(self.timetable, self.target, self.answer) - self.began, dt.timedelta())
        if self.target.unit != "working_days":
            return self.target.amount * _PLAIN[self.target.unit]
        closing = _closing_after(self.timetable, self.began, self.target.amount)
        return engine.working_time_between(self.timetable, self.began, closing)

    @cached_property
    def due_at(self) -> dt.datetime | None:
        """When the time is over; None while it stands still before that."""
        if self.answer is not None:
            return promised(self.timetable, self.target, self.answer)
        return self.reached(self.length)

    def used(self, now: dt.datetime) -> dt.timedelta:
        """Return how much of its time has run."""
        return sum(
            (self._between(one, one.until or now) for one in self.stretches if one.counts), dt.timedelta()
        )

    def reached(self, length: dt.timedelta) -> dt.datetime | None:
        """Return when so much of its time has run; None while it stands still before that."""
        left = length
        for one in self.stretches:
            if not one.counts:
                continue
            if one.until is None:
                return engine.due(self.timetable, one.since, left, mode=self.mode).at
            ran = self._between(one, one.until)
            if ran >= left:
                return engine.due(self.timetable, one.since, left, mode=self.mode).at
            left -= ran
        return None

    def _between(self, one: Stretch, until: dt.datetime) -> dt.timedelta:
        if until <= one.since:
            return dt.timedelta()
        if self.mode == "calendar":
            return until - one.since
        return engine.working_time_between(self.timetable, one.since, until)

    def at_percent(self, percent: int) -> dt.datetime | None:
        """Return when so much of the time has run; None while it stands still before that."""
        part = self.length * percent / 100
        return self.began + part if self.answer is not None else self.reached(part)

    def counted(self) -> Iterator[tuple[Stretch, Due | None]]:
        """Yield each stretch up to the due time with what counted in it; None for one that stood still."""
        left = self.length
        for one in self.stretches:
            if not one.counts and self.answer is None:
                yield one, None
            elif self.answer is not None:
                yield one, engine.due(self.timetable, self.began, self.length, mode="calendar")
                return
            else:
                ran = left if one.until is None else min(left, self._between(one, one.until))
                yield one, engine.due(self.timetable, one.since, ran, mode=self.mode)
                left -= ran
                if left <= dt.timedelta():
                    return


# --- what it does when ---------------------------------------------------------------------------------------------


SORTS = ("warn", "due", "escalate", "again", "take")
"""What a clock does, in the order in which it does it where the time is the same."""


@dataclass(frozen=True)
class Firing:
    """One thing a clock does at a time: ``warn:75``, ``due``, ``escalate:0``, ``again:3``, ``take`` a step."""

    name: str
    at: dt.datetime

    @property
    def sort(self) -> str:
        """What sort of thing it is."""
        return self.name.partition(":")[0]

    @property
    def number(self) -> int:
        """Which percentage, which escalation, which time again."""
        return int(self.name.partition(":")[2] or 0)


def firings(clock: Clock, reckoned: Reckoning) -> list[Firing]:
    """Return everything the clock does as it stands, in the order of time."""
    found: list[Firing] = []
    for warning in clock.warnings:
        at = reckoned.at_percent(warning.percent)
        if at is not None:
            found.append(Firing(f"warn:{warning.percent}", at))
    due = reckoned.due_at
    if due is not None:
        found.append(Firing("due", due))
        found += [
            Firing(f"escalate:{number}", after(reckoned.timetable, due, one.amount, one.unit).at)
            for number, one in enumerate(clock.due.escalations)
        ]
        if clock.due.takes is not None:
            found.append(Firing("take", due))
        if clock.due.again is not None:
            found += _repetitions(reckoned.timetable, clock.due.again, due)
    return sorted(found, key=lambda one: (one.at, SORTS.index(one.sort)))


def _repetitions(timetable: Timetable, again: ClockRepeat, due: dt.datetime) -> Iterator[Firing]:
    at = due
    for number in range(1, again.most + 1):
        at = after(timetable, at, again.amount, again.unit).at
        yield Firing(f"again:{number}", at)


def missed(found: Sequence[Firing], fired: Collection[str], now: dt.datetime) -> list[Firing]:
    """Return what is due to be done now and was not."""
    return [one for one in found if one.at <= now and one.name not in fired]


def once_each(found: Sequence[Firing]) -> list[Firing]:
    """Return what of it is told: of repetitions missed in a row only the last, of repetitions missed together with the
    due time none (a machine that was off must not flood people).
    """
    last = next((one for one in reversed(found) if one.sort == "again"), None)
    fresh = any(one.sort == "due" for one in found)
    return [one for one in found if one.sort != "again" or (one is last and not fresh)]


def next_at(found: Sequence[Firing], fired: Collection[str]) -> dt.datetime | None:
    """Return when the clock has to be looked at next; None when there is nothing more to do."""
    return min((one.at for one in found if one.name not in fired), default=None)
