"""The clocks of a case brought up to a change of it, in its transaction and told by its event.

``record`` asks ``moving`` before it writes the event, and keeps the rows after it. A workflow without clocks costs
nothing here: no query, no rule.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.audit.services import Actor, FieldChange
from foundation.worktime.engine import Timetable, WorktimeError
from foundation.worktime.loading import UnknownCalendar, timetable
from workflows import clocks
from workflows.clocks import NoTarget, Reckoning, Stretch
from workflows.definitions import definition_of
from workflows.machine import Machine, machine_of
from workflows.models import Case, CaseClock
from workflows.schema import Clock
from workflows.services import promising

Status, Outcome = CaseClock.Status, CaseClock.Outcome
MOVED = ("migrated", "restored")
"""Events after which a case stands on another edition."""
RETARGETS = "corrected"
"""The event after which answers of the form may promise something else."""
FIRST_RETRY = dt.timedelta(minutes=1)
LONGEST_RETRY = dt.timedelta(hours=1)


class Timetables(dict[str, Timetable]):
    """Calendars by key, each read once; "" is the one on which only plain time counts."""

    def __missing__(self, key: str) -> Timetable:
        found = timetable(key) if key else clocks.plain_timetable(ZoneInfo(settings.TIME_ZONE))
        self[key] = found
        return found


@dataclass
class Moving:
    """What a change of a case does to its clocks. ``changes`` belong into its event, ``keep`` is called after it."""

    changes: list[FieldChange] = field(default_factory=list)
    moved: list[promising.Moved] = field(default_factory=list)
    tables: Timetables = field(default_factory=Timetables)
    step: str = ""

    def keep(self, case: Case, actor: Actor) -> None:
        """Write the rows that differ, with the version of the case whose event tells of them, and what was promised."""
        for one in self.moved:
            one.row.case, one.row.case_version = case, case.version
            one.row.save()
        promising.follow(case, self.moved, self.step, actor, self.tables, anew=self.step in MOVED)


@dataclass(frozen=True)
class Was:
    """What a case was before the change, as far as clocks care. ``state`` None: it is just being opened."""

    state: str | None
    grade: str = ""


def moving(case: Case, was: Was, step: str) -> Moving:
    """Return what the change of ``case`` by ``step`` does to its clocks; nothing is written."""
    machine = machine_of(case)
    definition = machine.definition
    if not definition.clocks and step not in MOVED:
        return Moving()
    now = timezone.now()
    there = {row.clock: row for row in CaseClock.objects.filter(case=case)} if case.pk else {}
    change = _Change(case, machine, was, step, now)
    found = Moving(tables=change.tables, step=step)
    for clock in definition.clocks:
        row = there.pop(clock.id, None)
        told = _told(row)
        moved, deeds = change.of(clock, row)
        if moved is not None:
            found.moved.append(promising.Moved(moved, clock, deeds))
            found.changes.append(FieldChange(f"clocks.{clock.id}", told, _told(moved), case.stream))
    for row in there.values():  # clocks the edition does not know
        if row.status != Status.STOPPED and step in MOVED:
            told = _told(row)
            _stop(row, now, dropped=True)
            found.moved.append(promising.Moved(row, None, ("drop",)))
            found.changes.append(FieldChange(f"clocks.{row.clock}", told, _told(row), case.stream))
    return found


def clock_of(case: Case, clock_id: str) -> Clock | None:
    """Return what the case's edition says of one of its clocks; None where it knows it no more."""
    return next((one for one in definition_of(case.edition).clocks if one.id == clock_id), None)


def _told(row: CaseClock | None) -> dict[str, Any] | None:
    """Return what an event says of a clock."""
    if row is None:
        return None
    return {
        "state": str(row.status),
        "due": row.due_at.astimezone(dt.UTC).isoformat(timespec="seconds") if row.due_at else None,
        **({"outcome": str(row.outcome)} if row.outcome else {}),
    }


@dataclass
class _Change:
    case: Case
    machine: Machine
    was: Was
    step: str
    now: dt.datetime
    tables: Timetables = field(default_factory=Timetables)

    def of(self, clock: Clock, row: CaseClock | None) -> tuple[CaseClock | None, tuple[str, ...]]:
        """Return the row as it is after the change, None where nothing changes, and what was done to it."""
        status: clocks.Status | None = None
        if row is not None:
            status = "stopped" if row.status == Status.STOPPED else "running"
            status = "paused" if row.status == Status.PAUSED else status
        left = self.was.state
        if self.step in MOVED and row is None:
            left = None  # a clock the edition before did not know
        final = self.case.category == "final"
        done = clocks.deeds(clock, status, left=left, came=self.case.state, final=final, step=self.step)
        changed = False
        for deed in done:
            if deed == "start":
                row = self._started(clock, row)
                if row is None:
                    return None, ()
            elif row is not None and deed in ("stop", "drop"):
                _stop(row, self.now, dropped=deed == "drop")
            elif row is not None:
                self._turned(row, running=deed == "resume")
                reckon(row, clock, self.tables, self.now)
            changed = True
        if (
            not done
            and status in ("running", "paused")
            and row is not None
            and self._other_target(clock, row)
        ):
            reckon(row, clock, self.tables, self.now)
            changed = True
        return (row, tuple(done)) if changed else (None, ())

    def _started(self, clock: Clock, row: CaseClock | None) -> CaseClock | None:
        try:
            number, answer = self._chosen(clock, self._given())
        except NoTarget:
            return None
        row = row or CaseClock(clock=clock.id, run=0)
        row.run += 1
        row.status, row.outcome = Status.RUNNING, Outcome.OPEN
        row.target, row.answer = number, answer or ""
        row.calendar = clock.calendar or ""
        row.started_at, row.paused_at, row.stopped_at = self.now, None, None
        row.stretches = [Stretch(self.now, None, True, self.case.state).stored()]
        row.fired, row.last_fired_at = {}, None
        row.used_seconds = 0
        reckon(row, clock, self.tables, self.now)
        return row

    def _turned(self, row: CaseClock, *, running: bool) -> None:
        stretches = clocks.closed([Stretch.read(one) for one in row.stretches], self.now)
        begins = stretches[-1].until or self.now
        stretches.append(Stretch(begins, None, running, self.case.state))
        row.stretches = [one.stored() for one in stretches]
        row.status = Status.RUNNING if running else Status.PAUSED
        row.paused_at = None if running else self.now

    def _other_target(self, clock: Clock, row: CaseClock) -> bool:
        """Take the target that holds now, where that may be another one; say whether it is."""
        anew = self.step == RETARGETS or self.step in MOVED
        if not anew and (
            self.was.grade == self.case.grade or not any(target.when for target in clock.targets)
        ):
            return False
        held = clock.targets[row.target].answer if row.target < len(clock.targets) else None
        try:
            # Of several promises the one it runs by stays, whatever it says now.
            number, answer = self._chosen(clock, [held] if anew and held is not None else ())
        except NoTarget:
            return False
        if (number, answer or "") == (row.target, row.answer) and self.step not in MOVED:
            return False
        row.calendar = clock.calendar or ""
        row.target, row.answer = number, answer or ""
        # What was told of the time that held before is told of the new one again, when it comes.
        row.fired = {}
        return True

    def _chosen(self, clock: Clock, given: Collection[str]) -> tuple[int, str | None]:
        answers: Mapping[str, Any] = {**self.case.submission.answers, **self.case.answers}
        holds = [
            number
            for number, target in enumerate(clock.targets)
            if self.machine.holds(target.when, self.case)
        ]
        return clocks.chosen(clock, holds, answers, given)

    def _given(self) -> frozenset[str]:
        spec = self.machine.specs.get(self.step)
        approval = self.machine.approvals.get(self.was.state or "")
        asks = spec.asks if spec is not None else approval.asks if approval is not None else ()
        return frozenset(question.id for question in asks)


def _stop(row: CaseClock, now: dt.datetime, *, dropped: bool) -> None:
    """End a clock: kept when its time was not over, broken when it was."""
    row.stretches = [one.stored() for one in clocks.closed([Stretch.read(one) for one in row.stretches], now)]
    late = row.due_at is not None and now > row.due_at
    row.status = Status.STOPPED
    row.outcome = Outcome.BROKEN if late else Outcome.DROPPED if dropped else Outcome.KEPT
    row.stopped_at, row.paused_at, row.next_fire_at = now, None, None
    row.last_error, row.failures = "", 0


def reckoning_of(row: CaseClock, clock: Clock, tables: Timetables) -> Reckoning:
    """Return a clock on its calendar. Raises ``WorktimeError`` for a calendar that is gone."""
    return Reckoning(
        tables[row.calendar],
        clock.targets[row.target],
        row.answer or None,
        tuple(Stretch.read(one) for one in row.stretches),
    )


def reckon(row: CaseClock, clock: Clock, tables: Timetables, now: dt.datetime) -> None:
    """Bring the columns of a row up to its stretches. What cannot be reckoned is said on the row and tried again."""
    try:
        found = reckoning_of(row, clock, tables)
        row.calendar_version = found.timetable.version
        row.length_seconds = int(found.length.total_seconds())
        row.due_at = found.due_at
        row.used_seconds = int(found.used(now).total_seconds())
        running = row.status == Status.RUNNING
        row.next_fire_at = clocks.next_at(clocks.firings(clock, found), row.fired) if running else None
        row.last_error, row.failures = "", 0
    except (WorktimeError, IndexError) as fault:
        row.due_at = None
        failed(row, _said(row, fault), now)


def _said(row: CaseClock, fault: Exception) -> str:
    if isinstance(fault, UnknownCalendar):
        return _("There is no working calendar “%(calendar)s”.") % {"calendar": row.calendar}
    if isinstance(fault, IndexError):
        return _("The edition of the workflow has no such target any more.")
    return _("The working calendar “%(calendar)s” has too few working hours to ever come to an end.") % {
        "calendar": row.calendar
    }


def failed(row: CaseClock, why: str, now: dt.datetime) -> None:
    """Write on a row what went wrong and when it is tried again: later each time, at most in an hour."""
    row.failures += 1
    row.last_error, row.last_error_at = why[:2000], now
    row.next_fire_at = now + min(FIRST_RETRY * (1 << min(row.failures - 1, 10)), LONGEST_RETRY)
