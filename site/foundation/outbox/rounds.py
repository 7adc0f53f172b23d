"""Work that comes round by the clock: looking for what is due, reminding, tidying.

A room registers a function with ``every``; the worker runs it when its time has come. With several workers one of
them does: it claims the round's row in one statement and holds it for a lease. A worker that is killed holds its
claim no longer than that; then another begins the round anew. So a function registered here must find out for
itself what is still to do, and doing it twice must do no harm (ask the database, send effects under a key).
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import F, Q
from django.utils import timezone

from foundation.outbox.models import Round
from foundation.outbox.services import FIRST_RETRY, lease, said

logger = logging.getLogger("remit.worker")

Function = Callable[[], object]
LATE_AFTER = datetime.timedelta(minutes=15)
# Clocks of two workers differ by less: what lies a little too far ahead was written by the other, not by a wrong clock.
BETWEEN_CLOCKS = datetime.timedelta(minutes=1)


@dataclass(frozen=True)
class _Registered:
    function: Function
    interval: datetime.timedelta


_rounds: dict[str, _Registered] = {}


def every(name: str, interval: datetime.timedelta) -> Callable[[Function], Function]:
    """Register a function the worker runs each ``interval``; import its module in ``AppConfig.ready``.

    It runs outside a transaction, for the first time as soon as a worker is there. What it returns is not looked
    at. When it raises, that is kept with the round and it is tried again, soon at first and later each time, at
    the latest after the interval. It should end within the lease (ten minutes): after that another worker may
    begin. Raises ``ValueError`` when the name is taken or the interval is not positive.
    """
    if interval <= datetime.timedelta(0):
        raise ValueError(f"Round {name!r} needs an interval greater than nothing.")

    def register(function: Function) -> Function:
        if name in _rounds and _rounds[name].function is not function:
            raise ValueError(f"There is a round {name!r} already.")
        _rounds[name] = _Registered(function, interval)
        return function

    return register


def run_due(worker: str, stopping: Callable[[], bool] = lambda: False) -> int:
    """Run each round that is due and that no other worker is running; return how many this call ran.

    ``stopping`` is asked before each one. One query when nothing is due. Call it outside a transaction.
    """
    stored = {row.name: row for row in Round.objects.filter(name__in=_rounds)}
    missing = [Round(name=name) for name in _rounds if name not in stored]
    if missing:
        # Another worker may write the same rows at the same moment.
        Round.objects.bulk_create(missing, ignore_conflicts=True)
        stored |= {row.name: row for row in missing}
    ran = 0
    for name, registered in list(_rounds.items()):
        if stopping():
            break
        if _is_due(stored[name], registered.interval):
            ran += _run(name, registered, worker)
    return ran


def _is_due(row: Round, interval: datetime.timedelta) -> bool:
    now = timezone.now()
    ahead = now + BETWEEN_CLOCKS
    # Further away than one interval: the interval was shortened, or the clock set back.
    return (row.due_at <= now or row.due_at > ahead + interval) and (
        row.lease_until is None or row.lease_until <= now or row.lease_until > ahead + lease()
    )


def _run(name: str, registered: _Registered, worker: str) -> bool:
    """Claim the round and run it; return whether the claim was ours."""
    now = timezone.now()
    ahead = now + BETWEEN_CLOCKS
    due = Q(due_at__lte=now) | Q(due_at__gt=ahead + registered.interval)
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now) | Q(lease_until__gt=ahead + lease())
    # One statement decides who runs it; no lock is held while the function works.
    claimed = Round.objects.filter(due & free, name=name).update(
        lease_until=now + lease(), worker=worker, begun_at=now, claims=F("claims") + 1
    )
    if not claimed:
        return False
    row = Round.objects.get(name=name)
    mine = Round.objects.filter(name=name, claims=row.claims)
    try:
        registered.function()
    except Exception as error:
        logger.exception("round %s failed", name)
        failures = row.failures + 1
        mine.update(
            lease_until=None,
            failures=failures,
            last_error=said(error),
            last_error_at=timezone.now(),
            due_at=timezone.now() + min(FIRST_RETRY * (1 << min(failures - 1, 20)), registered.interval),
        )
    else:
        ended = timezone.now()
        mine.update(
            lease_until=None,
            failures=0,
            last_error="",
            last_run_at=ended,
            due_at=now + registered.interval,
        )
    return True


def troubled() -> list[str]:
    """Return, for operators, one sentence for each registered round that fails or is late. One query."""
    now = timezone.now()
    told = []
    for row in Round.objects.filter(name__in=_rounds).order_by("name"):
        if row.last_error:
            told.append(f"{row.name} failed {row.failures} times, last: {row.last_error}")
        elif row.due_at < now - LATE_AFTER and (row.lease_until is None or row.lease_until < now):
            told.append(f"{row.name} is due since {row.due_at.isoformat(timespec='seconds')}")
    return told
