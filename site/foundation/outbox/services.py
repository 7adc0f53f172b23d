"""Writing effects down and bringing them about.

``send`` writes a row in the caller's transaction; after the commit a task asks the worker to deliver it. A
task may get lost (worker killed, queue emptied): the row stays, and ``sweep`` finds it. So an effect is
never lost. It happens once:

* one delivery at a time: ``deliver`` first claims the row, by moving ``due_at`` a lease ahead in one
statement; * a handler registered with ``in_transaction=True`` (its effect is rows of ours) commits together
with the mark
  "delivered": exactly once, whatever is killed when;
* for an effect outside the database (mail) no software can know whether it happened when the process dies
between the
  effect and the mark. Then it is repeated after the lease, under the same key, which receivers can recognise.
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from foundation.outbox.models import Message

logger = logging.getLogger("remit.outbox")

FIRST_RETRY = datetime.timedelta(seconds=10)
LONGEST_RETRY = datetime.timedelta(hours=1)
SWEEP_SIZE = 100


class Payload(dict[str, Any]):
    """What ``send`` was given, as a handler gets it; ``key`` names the effect."""

    def __init__(self, values: Mapping[str, Any], key: str) -> None:
        super().__init__(values)
        self.key = key


Handler = Callable[[Payload], None]


@dataclass(frozen=True)
class _Registered:
    handler: Handler
    in_transaction: bool
    give_up_after: datetime.timedelta | None = None


_handlers: dict[str, _Registered] = {}


class Refused(Exception):
    """Whoever should take the effect refuses it for good; ``str()`` says why. It is given up at once."""


class Later(Exception):
    """Not now, but ``after`` so long: a limit of speed, not a failure. It does not count as an attempt."""

    def __init__(self, after: datetime.timedelta, why: str = "") -> None:
        super().__init__(why)
        self.after = after


class LeaseLost(Exception):
    """A delivery took longer than its lease and another took over; this one's changes are rolled back."""


def handles(
    kind: str, *, in_transaction: bool = False, give_up_after: datetime.timedelta | None = None
) -> Callable[[Handler], Handler]:
    """Register the function that brings about effects of ``kind``; import its module in ``AppConfig.ready``.

    ``in_transaction``: the effect is rows of ours; it is committed together with the mark "delivered".
    Leave it off for anything slow or outside the database: an open transaction would keep every other
    writer of SQLite waiting. ``give_up_after``: what failed for so long is not tried any more; without it an
    effect is tried for ever. Raises ``ValueError`` when the kind is taken.
    """

    def register(handler: Handler) -> Handler:
        if kind in _handlers and _handlers[kind].handler is not handler:
            raise ValueError(f"Effects of kind {kind!r} have a handler already.")
        _handlers[kind] = _Registered(handler, in_transaction, give_up_after)
        return handler

    return register


def send(
    kind: str, key: str, payload: Mapping[str, Any], due_at: datetime.datetime | None = None
) -> Message | None:
    """Write down an effect in the running transaction; it is brought about after the commit, not before
    ``due_at``.

    Returns ``None`` when an effect with this key was written before: it will not happen a second time.
    """
    if Message.objects.filter(key=key).exists():
        return None
    try:
        # A savepoint: another transaction may write the same key first, and ours must stay usable.
        with transaction.atomic():
            message = Message.objects.create(
                kind=kind, key=key, payload=dict(payload), due_at=due_at or timezone.now()
            )
    except IntegrityError:
        return None
    transaction.on_commit(lambda: _enqueue(message.pk, due_at), robust=True)
    return message


def _enqueue(message_id: int, due_at: datetime.datetime | None) -> None:
    # The task module imports this one.
    from foundation.outbox.tasks import deliver_message

    later = due_at is not None and due_at > timezone.now()
    task = deliver_message.using(run_after=due_at) if later else deliver_message
    task.enqueue(message_id)


def lease() -> datetime.timedelta:
    """Return how long one delivery may take; after that it counts as dead. ``OUTBOX_LEASE_SECONDS``, 10
    minutes.
    """
    seconds: int = getattr(settings, "OUTBOX_LEASE_SECONDS", 600)
    return datetime.timedelta(seconds=seconds)


def deliver(message_id: int) -> bool:
    """Bring about one effect; return whether this call did it.

    Does nothing when it was delivered, is not due, or is being delivered elsewhere. A failing handler is
    recorded (``last_error``) and tried again later, ten seconds after the first time, then twice as long
    each time, at most an hour, until it is given up (``handles``). A handler raises ``Refused`` to have it given
    up at once, ``Later`` to be asked again after a while. Call it outside a transaction.
    """
    now = timezone.now()
    # One statement decides who delivers; no lock is held while the handler works.
    claimed = (
        waiting()
        .filter(pk=message_id, due_at__lte=now)
        .update(due_at=now + lease(), attempts=F("attempts") + 1)
    )
    if not claimed:
        return False
    message = Message.objects.get(pk=message_id)
    mine = Message.objects.filter(pk=message_id, delivered_at__isnull=True, attempts=message.attempts)
    registered = _handlers.get(message.kind)
    try:
        if registered is None:
            raise LookupError(f"no handler for effects of kind {message.kind!r}")
        payload = Payload(message.payload, message.key)
        if registered.in_transaction:
            with transaction.atomic():
                registered.handler(payload)
                if not mine.update(delivered_at=timezone.now(), last_error=""):
                    raise LeaseLost(f"{message.key} was taken over by another delivery")
        else:
            registered.handler(payload)
            mine.update(delivered_at=timezone.now(), last_error="")
    except Later as error:
        mine.update(
            due_at=timezone.now() + error.after, attempts=F("attempts") - 1, last_error=str(error)[:2000]
        )
        return False
    except Refused as error:
        logger.warning("effect %s refused: %s", message.key, error)
        mine.update(given_up_at=timezone.now(), last_error=str(error)[:2000])
        return False
    except Exception as error:
        logger.exception("effect %s not delivered (attempt %s)", message.key, message.attempts)
        failed = timezone.now()
        patience = registered.give_up_after if registered else None
        mine.update(
            due_at=failed + retry_after(message.attempts),
            given_up_at=failed if patience is not None and failed - message.created_at > patience else None,
            last_error=said(error),
        )
        return False
    return True


def waiting() -> QuerySet[Message]:
    """Return effects that are still to happen."""
    return Message.objects.filter(delivered_at__isnull=True, given_up_at__isnull=True)


def try_again(message: Message) -> bool:
    """Try an effect now that has failed or was given up; return whether it was still to happen."""
    now = timezone.now()
    found = Message.objects.filter(pk=message.pk, delivered_at__isnull=True).update(
        given_up_at=None, due_at=now, attempts=0, last_error=""
    )
    if found:
        transaction.on_commit(lambda: _enqueue(message.pk, None), robust=True)
    return bool(found)


def retry_after(attempts: int) -> datetime.timedelta:
    """Return how long to wait after the given number of failed attempts."""
    return min(FIRST_RETRY * (1 << min(attempts - 1, 20)), LONGEST_RETRY)


def said(error: Exception) -> str:
    """Return what an error says, short enough to be kept beside the row it befell."""
    return f"{type(error).__name__}: {error}".replace("\x00", "")[:2000]


def sweep(limit: int = SWEEP_SIZE, stopping: Callable[[], bool] = lambda: False) -> int:
    """Deliver what is due and was not, oldest first, whatever became of its task; return how many were delivered.

    ``stopping`` is asked before each one.
    """
    due = waiting().filter(due_at__lte=timezone.now()).order_by("due_at", "pk")
    delivered = 0
    for pk in list(due.values_list("pk", flat=True)[:limit]):
        if stopping():
            break
        delivered += deliver(pk)
    return delivered
