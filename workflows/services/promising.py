"""Promises that clocks make: brought up to a change of a case in its transaction, after its event is written.

A clock whose definition calls it a promise, and that begins by an answer, has promised that day or time; it is kept
when the clock is stopped in time. Promises people record by hand are ``services.promises``.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from foundation.audit.services import Actor, FieldChange, change_audited, create_audited
from foundation.organisation.models import User
from foundation.worktime.engine import Timetable, WorktimeError
from workflows import clocks
from workflows.definitions import definition_of
from workflows.models import Case, CaseClock, Promise
from workflows.schema import Clock, ClockPromise

Status = Promise.Status
STREAM = "promise:"


@dataclass(frozen=True)
class Moved:
    """What a change of the case did to one clock; ``clock`` None: the edition knows it no more."""

    row: CaseClock
    clock: Clock | None
    deeds: tuple[str, ...]


def follow(
    case: Case, moved: Sequence[Moved], step: str, actor: Actor, tables: Mapping[str, Timetable], anew: bool
) -> None:
    """Make, move and settle the promises of clocks that have moved; ``anew``: the case stands on another edition.

    A workflow without such clocks costs no query.
    """
    if not anew and not any(one.clock is not None and one.clock.promise for one in moved):
        return
    last: dict[str, Promise] = {}
    for promise in Promise.objects.select_for_update(of=("self",)).filter(case=case).order_by("pk"):
        last[promise.clock] = promise
    now = timezone.now()
    for one in moved:
        _follow_one(case, one, last.get(one.row.clock), step, actor, tables, now)
    if anew:
        promising = {clock.id for clock in definition_of(case.edition).clocks if clock.promise}
        for promise in last.values():
            if promise.clock and promise.owed and promise.clock not in promising:
                settle(promise, case, Status.LAPSED, actor, step=step, now=now)


def _follow_one(
    case: Case,
    moved: Moved,
    last: Promise | None,
    step: str,
    actor: Actor,
    tables: Mapping[str, Timetable],
    now: dt.datetime,
) -> None:
    owed = last if last is not None and last.owed else None
    clock = moved.clock
    if "stop" in moved.deeds or "drop" in moved.deeds:
        if owed is not None:
            ended = (
                Status.KEPT if "stop" in moved.deeds and _keeps(case, moved.clock, step) else Status.LAPSED
            )
            settle(owed, case, ended, actor, step=step, now=now)
        return
    if clock is None or clock.promise is None:
        return
    due = promised_for(clock, moved.row, tables)
    if due is None:
        return
    if "start" in moved.deeds:
        if last is not None and last.due_at == due:
            return  # begun anew without a new word: the one there is goes on, or was settled
        replaced = replace(owed, case, actor, step=step, now=now) if owed is not None else None
        by = _stands_for_it(clock.promise, case, actor)
        fresh = Promise(clock=clock.id, by_id=by, due_at=due, made_step=step, look_at=due, made_at=now)
        make(fresh, case, actor, replaced)
    elif owed is not None and owed.due_at != due:
        move(owed, case, due, actor)


def _keeps(case: Case, clock: Clock | None, step: str) -> bool:
    """Say whether what stopped the clock keeps its promise; the step it takes when its time is over never does."""
    if clock is None or clock.promise is None:
        return True
    return step != clock.due.takes and (not clock.promise.kept or case.state in clock.promise.kept)


def _stands_for_it(said: ClockPromise, case: Case, actor: Actor) -> int | None:
    if said.by == "outsider":
        return None
    if said.by == "actor":
        return actor.user_id or case.assignee_id
    return case.assignee_id or actor.user_id


def promised_for(clock: Clock, row: CaseClock, tables: Mapping[str, Timetable]) -> dt.datetime | None:
    """Return the very day or time that was promised, without what the clock adds to it; None where it counts a length
    of time.
    """
    if not row.answer or row.target >= len(clock.targets):
        return None
    target = clock.targets[row.target].model_copy(update={"amount": 0})
    try:
        return clocks.promised(tables[row.calendar], target, row.answer)
    except WorktimeError:
        return clocks.promised(tables[""], target, row.answer)


def follow_calendar(row: CaseClock, case: Case, clock: Clock, tables: Mapping[str, Timetable]) -> None:
    """Move what a clock has promised where its calendar closes at another hour now; the case is locked."""
    due = promised_for(clock, row, tables) if clock.promise else None
    if due is None:
        return
    owed = Promise.objects.select_for_update(of=("self",)).filter(
        case=case, clock=clock.id, settled_at=None, status=Status.OPEN
    )
    for promise in owed.exclude(due_at=due):
        move(promise, case, due, Actor.system("workflow"))


# --- writing one promise; used by ``services.promises`` as well ------------------------------------------------------


def make(promise: Promise, case: Case, actor: Actor, replaced: Promise | None = None, key: str = "") -> Any:
    """Write a new promise and return its event; ``replaced`` is the one it takes the place of, settled already."""
    promise.case, promise.edition = case, case.edition
    promise.uuid = uuid.uuid4()
    promise.stream = f"{STREAM}{promise.uuid}"
    if replaced is not None:
        promise.replaces, promise.times = replaced, replaced.times + 1
    said = {
        "promise.what": promise.what or None,
        "promise.to": promise.to_whom or None,
        "promise.by": _uuid_of(promise.by_id),
        "promise.due": written(promise.due_at),
    }
    return create_audited(
        promise,
        kind="promise_made",
        actor=actor,
        changes=[
            FieldChange(path, None, value, promise.stream)
            for path, value in said.items()
            if value is not None
        ],
        edition_sha256=case.edition.sha256,
        target_state=Status.OPEN,
        references=references_of(promise, case)
        | ({"replaces": str(replaced.uuid)} if replaced is not None else {}),
        idempotency_key=key,
    )


def settle(
    promise: Promise,
    case: Case,
    ended: Status,
    actor: Actor,
    *,
    now: dt.datetime,
    step: str = "",
    reason: str = "",
    key: str = "",
) -> Any:
    """Settle a promise that is owed and return the event. One kept after its time is *late*; one that was broken stays
    broken whatever else becomes of it.
    """
    late = now > promise.due_at
    if ended == Status.KEPT:
        ended = Status.LATE if late else Status.KEPT
    elif late and ended != Status.WITHDRAWN:
        ended = Status.BROKEN
    if late:
        promise.broken_at = promise.broken_at or now
    was = promise.status
    promise.status, promise.settled_at, promise.look_at = ended, now, None
    promise.settled_by_id, promise.settled_step, promise.reason = actor.user_id, step[:40], reason
    changes = [FieldChange("promise.status", was, str(ended), promise.stream)]
    if reason:
        changes.append(FieldChange("reason", None, reason, promise.stream))
    return change_audited(
        promise,
        kind="promise_settled",
        actor=actor,
        changes=changes,
        edition_sha256=case.edition.sha256,
        source_state=was,
        target_state=str(ended),
        references=references_of(promise, case) | ({"step": step} if step else {}),
        idempotency_key=key,
    )


def replace(
    promise: Promise, case: Case, actor: Actor, *, now: dt.datetime, step: str = "", reason: str = ""
) -> Promise:
    """Settle a promise in whose place another one comes, and return it."""
    settle(promise, case, Status.REPLACED, actor, now=now, step=step, reason=reason)
    return promise


def move(promise: Promise, case: Case, due: dt.datetime, actor: Actor) -> None:
    """Bring the time of a promise up to the answer, or to the calendar, it goes by."""
    before, promise.due_at = promise.due_at, due
    promise.look_at = due if promise.status == Status.OPEN else None
    change_audited(
        promise,
        kind="promise_moved",
        actor=actor,
        changes=[FieldChange("promise.due", written(before), written(due), promise.stream)],
        edition_sha256=case.edition.sha256,
        references=references_of(promise, case),
    )


def references_of(promise: Promise, case: Case) -> dict[str, str]:
    """Return what each event of a promise names."""
    return {"case": case.number, **({"clock": promise.clock} if promise.clock else {})}


def written(moment: dt.datetime) -> str:
    """Return a moment as events say it."""
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds")


def _uuid_of(person: int | None) -> str | None:
    if person is None:
        return None
    return str(User.objects.values_list("uuid", flat=True).get(pk=person))
