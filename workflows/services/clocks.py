"""Clocks at their time: one round of the worker that warns, escalates and takes steps, and reckons anew what moved.

Each firing is a transaction of its own: the case locked first (as every change of a case does), what was done written
on the clock's row together with the notices and the event. So a worker that is killed has either done it or not, two
workers never do the same, and a clerk waits for one case at most. A clock that fails says why and is tried again
later; the others go on.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from django.db import DatabaseError, transaction
from django.db.models import BigAutoField
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.audit.services import Actor, FieldChange, append, next_version
from foundation.notifying.services import Telling, tell
from foundation.organisation.models import RoleBinding, User
from foundation.organisation.resolution import Resolver
from foundation.outbox.rounds import every
from foundation.outbox.services import said as said_of
from foundation.prepared import Prepared, Slot
from foundation.worktime.engine import Timetable, WorktimeError
from workflows import clocks, rules
from workflows.clocks import Firing
from workflows.exceptions import RuleBroken
from workflows.machine import machine_of
from workflows.models import Case, CaseClock
from workflows.models.clock import stream_of
from workflows.schema import Clock
from workflows.services.following import children_in_the_way, proceed, take
from workflows.services.promising import follow_calendar
from workflows.services.record import MACHINE, Told, telling
from workflows.services.timing import Timetables, clock_of, failed, reckon, reckoning_of

logger = logging.getLogger("remit.clocks")

Status = CaseClock.Status
OPEN = (Status.RUNNING, Status.PAUSED)
INTERVAL = dt.timedelta(minutes=1)
LOOK_AGAIN = dt.timedelta(minutes=10)
MOST = 2_000
"""So many clocks a look into the table; a round looks until nothing is left."""
EVENTS = {
    "warn": "clock_warned",
    "due": "clock_due",
    "escalate": "clock_escalated",
    "again": "clock_again",
    "take": "clock_took",
}
FAILED = "clock_failed"
KINDS = {
    "warn": "clock.warned",
    "due": "clock.due",
    "escalate": "clock.escalated",
    "again": "clock.again",
}
_LOCKED = Prepared(
    lambda: (
        Case.objects.select_for_update(of=("self",), skip_locked=True)
        # Of the rest little is needed by each clock, and bodies of editions are parsed already.
        .select_related("edition", "submission__edition")
        .defer("edition__body", "submission__edition__body")
        .filter(clocks=Slot("clock", BigAutoField()))
    )
)
Ended = Literal["fired", "nothing", "busy", "failed"]


@dataclass
class Swept:
    """What a round did."""

    fired: int = 0
    failed: int = 0
    busy: int = 0


@dataclass
class Round:
    """What is read once a round: calendars, and who has which role today."""

    now: dt.datetime
    tables: Timetables = field(default_factory=Timetables)
    resolvers: dict[str, Resolver] = field(default_factory=dict)
    _relative: frozenset[str] | None = None

    def people(self, case: Case, roles: Sequence[str], towards: str) -> list[User]:
        """Return who holds the roles towards the case; ``towards`` the assignee: their manager and department head."""
        resolver = self.resolvers.setdefault(case.workflow, Resolver(workflow=case.workflow))
        context = rules.context_of(case)
        shifted = dataclasses.replace(context, submitter=case.assignee or context.submitter)
        found: dict[int, User] = {}
        for role in roles:
            around = shifted if towards == "assignee" and role in self._superiors() else context
            found.update({person.pk: person for person in resolver.resolve(role, around).people})
        return list(found.values())

    def _superiors(self) -> frozenset[str]:
        """Return the roles that mean the superior of somebody."""
        if self._relative is None:
            relations = [RoleBinding.Relation.LINE_MANAGER, RoleBinding.Relation.DEPARTMENT_HEAD]
            bound = RoleBinding.objects.filter(relation__in=relations).values_list("role__key", flat=True)
            self._relative = frozenset({*bound, *map(str, relations)})
        return self._relative


def sweep(now: dt.datetime | None = None, stopping: Callable[[], bool] = lambda: False) -> Swept:
    """Fire every clock that is due; return how many. Safe with several workers and at any time; call it outside a
    transaction. ``stopping`` is asked before each clock.
    """
    now = now or timezone.now()
    around = Round(now)
    swept = Swept()
    tried: set[int] = set()
    while due := [one for one in _due(now) if one not in tried]:
        for pk in due:
            if stopping():
                return swept
            tried.add(pk)
            ended = fire(pk, around)
            swept.fired += ended == "fired"
            swept.failed += ended == "failed"
            swept.busy += ended == "busy"
        if len(due) < MOST:
            break
    return swept


def _due(now: dt.datetime) -> list[int]:
    rows = CaseClock.objects.filter(next_fire_at__lte=now).order_by("next_fire_at", "pk")
    return list(rows.values_list("pk", flat=True)[:MOST])


def fire(pk: int, around: Round) -> Ended:
    """Do what one clock is due to do, in a transaction of its own. An error is kept on the clock."""
    try:
        with transaction.atomic():
            return _fire_locked(pk, around)
    except DatabaseError as fault:
        # Nothing was written; the database may be away for this one alone (a deadlock), or for all.
        logger.warning("clock %s not fired: %s", pk, said_of(fault))
        return "failed"


def _fire_locked(pk: int, around: Round) -> Ended:
    case = _LOCKED.first(clock=pk)
    if case is None:
        return "busy"  # somebody is working on the case: the next round finds it
    row = (
        CaseClock.objects.select_for_update(of=("self",))
        .filter(pk=pk, status=Status.RUNNING, next_fire_at__lte=around.now)
        .first()
    )
    if row is None:
        return "nothing"
    row.case = case
    try:
        with transaction.atomic():
            _do(row, case, around)
    except DatabaseError:
        raise
    except Exception as fault:
        if not isinstance(fault, RuleBroken):
            logger.exception("clock %s of case %s failed", row.clock, case.number)
        row.refresh_from_db()
        row.case = case
        failed(row, str(fault) if isinstance(fault, RuleBroken) else said_of(fault), around.now)
        _append(row, case, FAILED)
        row.save(update_fields=["failures", "last_error", "last_error_at", "next_fire_at", "own_version"])
        return "failed"
    return "failed" if row.failures else "fired"


def _do(row: CaseClock, case: Case, around: Round) -> None:
    clock = clock_of(case, row.clock)
    if clock is None:
        raise RuleBroken(_("The edition of the workflow knows this clock no more."))
    was, due, failures, told_last = row.calendar_version, row.due_at, row.failures, row.own_version
    reckon(row, clock, around.tables, around.now)
    if row.failures:  # the calendar does not allow it
        _append(row, case, FAILED)
        row.save()
        return
    if was and row.due_at != due:
        _tell_recounted(row, case, before=due)
        follow_calendar(row, case, clock, around.tables)
    found = clocks.firings(clock, reckoning_of(row, clock, around.tables))
    missing = clocks.missed(found, row.fired, around.now)
    told = clocks.once_each(missing)
    tell(*(_telling(row, case, clock, firing, around) for firing in told if firing.sort != "take"))
    for firing in missing:
        if firing.sort != "take" and firing not in told:
            row.fired = {**row.fired, firing.name: {"at": around.now.isoformat(), "told": 0}}
    taking = next((one for one in missing if one.sort == "take"), None)
    row.next_fire_at = clocks.next_at(found, {*row.fired, *({"take"} if taking else ())})
    if row.own_version == told_last:  # another calendar moved what it does next, not when its time is over
        _tell_recounted(row, case, before=due)
    row.save()
    if taking is not None:
        _take(row, case, clock, around, failures)


def _telling(row: CaseClock, case: Case, clock: Clock, firing: Firing, around: Round) -> Telling:
    """Mark one thing as done, on the row and in an event, and return what it says to whom."""
    roles, towards = _whom(clock, firing)
    people = [one for one in around.people(case, roles, towards) if one.is_active]
    _mark(row, firing.name, len(people), around.now)
    _append(row, case, EVENTS[firing.sort], what=firing.name, told=str(len(people)))
    values = {"clock": clock.title, "percent": firing.number, "due": row.due_at or firing.at}
    key = f"clock:{clock.id}:{row.run}:{firing.name}"
    return telling(case, KINDS[firing.sort], key, people, values, roles)


def _whom(clock: Clock, firing: Firing) -> tuple[Sequence[str], str]:
    if firing.sort == "warn":
        warning = next(one for one in clock.warnings if one.percent == firing.number)
        return warning.roles, warning.towards
    if firing.sort == "escalate":
        escalation = clock.due.escalations[firing.number]
        return escalation.roles, escalation.towards
    return clock.due.roles, clock.due.towards


def _mark(row: CaseClock, name: str, told: int, now: dt.datetime) -> None:
    row.fired = {**row.fired, name: {"at": now.isoformat(), "told": told}}
    row.last_fired_at = now


def _append(row: CaseClock, case: Case, kind: str, **references: str) -> None:
    """Tell of a clock in the stream of its own; the row is saved after it."""
    stream = stream_of(case)
    row.own_version = next_version(stream)
    append(
        stream=stream,
        version=row.own_version,
        kind=kind,
        actor=Actor.system(MACHINE),
        edition_sha256=case.edition.sha256,
        references={
            "case": case.number,
            "clock": row.clock,
            "run": str(row.run),
            "due": row.due_at.astimezone(dt.UTC).isoformat(timespec="seconds") if row.due_at else "",
            **references,
        },
        idempotency_key=":".join([stream, row.clock, str(row.run), kind, references.get("what", "")]),
    )


def _take(row: CaseClock, case: Case, clock: Clock, around: Round, failures: int) -> None:
    """Take the step of the clock; where that is refused what was told stays told, and it is tried again later: the more
    often it was refused, the later.
    """
    machine = machine_of(case)
    spec = machine.specs[str(clock.due.takes)]
    try:
        with transaction.atomic():
            blocking = children_in_the_way(case, machine, spec)
            if blocking:
                raise RuleBroken(
                    _("“%(step)s” must wait until these are closed: %(cases)s.")
                    % {"step": spec.id, "cases": "、".join(child.number for child in blocking)}
                )
            _mark(row, "take", 0, around.now)
            _append(row, case, EVENTS["take"], what="take", step=spec.id)
            row.save(update_fields=["fired", "last_fired_at", "own_version"])
            take(
                case,
                spec,
                by=None,
                actor=Actor.system(MACHINE),
                given={},
                told=Told(references={"clock": row.clock}),
            )
            proceed(case, None)
    except RuleBroken as refusal:
        fired = {name: one for name, one in row.fired.items() if name != "take"}
        row.refresh_from_db()
        row.case, row.fired, row.failures = case, fired, failures
        failed(row, str(refusal), around.now)
        _append(row, case, FAILED, what="take")
        changed = ["fired", "failures", "last_error", "last_error_at", "next_fire_at", "own_version"]
        row.save(update_fields=changed)


# --- calendars that change ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Moved:
    """A clock whose time would be over at another time under another calendar."""

    row: CaseClock
    clock: Clock
    before: dt.datetime | None
    after: dt.datetime | None


def moved_by(timetable: Timetable, rows: Sequence[CaseClock] | None = None) -> Iterator[Moved]:
    """Yield the open clocks that would be due at another time if the calendar of its key were ``timetable``."""
    tables = Timetables({timetable.key: timetable})
    if rows is None:
        rows = list(
            CaseClock.objects.filter(status__in=OPEN, calendar=timetable.key)
            .select_related("case__edition", "case__department", "case__assignee")
            .order_by("due_at", "pk")
        )
    for row in rows:
        clock = clock_of(row.case, row.clock)
        if clock is None:
            continue
        try:
            at = reckoning_of(row, clock, tables).due_at
        except WorktimeError:
            at = None
        if at != row.due_at:
            yield Moved(row, clock, row.due_at, at)


def behind() -> list[int]:
    """Return the open clocks that were reckoned on another version of their calendar. A query for each calendar."""
    return _behind(Timetables())


def _behind(tables: Timetables) -> list[int]:
    found: list[int] = []
    keys = CaseClock.objects.filter(status__in=OPEN).exclude(calendar="").order_by()
    for key in sorted(set(keys.values_list("calendar", flat=True))):
        try:
            version = tables[key].version
        except WorktimeError:
            continue  # the sweep says so on each of its clocks
        stale = CaseClock.objects.filter(status__in=OPEN, calendar=key).exclude(calendar_version=version)
        found.extend(stale.order_by("pk").values_list("pk", flat=True))
    return found


def recount(
    now: dt.datetime | None = None, *, tell: Callable[[int, int], None] = lambda done, total: None
) -> int:
    """Reckon every open clock anew whose calendar has changed since; return how many due times moved.

    Each in a transaction of its own: broken off and begun again, it does what is left. ``tell`` is called between them
    with how many are done, of how many.
    """
    now = now or timezone.now()
    tables = Timetables()
    moved = 0
    found = _behind(tables)
    for done, pk in enumerate(found):
        tell(done, len(found))
        with transaction.atomic():
            moved += _recount_one(pk, tables, now)
    return moved


def _recount_one(pk: int, tables: Timetables, now: dt.datetime) -> bool:
    case = Case.objects.select_for_update(of=("self",)).select_related("edition").filter(clocks=pk).first()
    row = CaseClock.objects.select_for_update(of=("self",)).filter(pk=pk, status__in=OPEN).first()
    if case is None or row is None:
        return False
    clock = clock_of(case, row.clock)
    if clock is None:
        return False
    due, fires = row.due_at, row.next_fire_at
    reckon(row, clock, tables, now)
    moved = row.due_at != due
    if moved or row.next_fire_at != fires:
        _tell_recounted(row, case, before=due)
    row.save()
    if moved:
        follow_calendar(row, case, clock, tables)
    return moved


def _tell_recounted(row: CaseClock, case: Case, before: dt.datetime | None) -> None:
    stream = stream_of(case)
    row.own_version = next_version(stream)
    append(
        stream=stream,
        version=row.own_version,
        kind="clock_recounted",
        actor=Actor.system(MACHINE),
        changes=[
            FieldChange(
                f"clocks.{row.clock}.due",
                before.isoformat() if before else None,
                row.due_at.isoformat() if row.due_at else None,
                case.stream,
            )
        ],
        references={"case": case.number, "clock": row.clock, "calendar": row.calendar_version},
    )


@every("clocks", INTERVAL)
def fire_due() -> None:
    """Fire what is due (round of the worker)."""
    sweep()


@every("clocks of changed calendars", LOOK_AGAIN)
def follow_calendars() -> None:
    """Reckon anew what a change of a calendar has moved (round of the worker)."""
    recount()
