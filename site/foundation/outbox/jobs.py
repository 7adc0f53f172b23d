"""Work that takes long and is watched: begun by a person, carried out by the worker, shown while it runs.

``begin`` writes a ``Job`` and its outbox message in the caller's transaction; a worker then calls the
function registered with ``carries_out``. That function tells of each step through ``Running.advance``,
which also keeps the job its own: a worker that is killed stops renewing, and after ``LEASE`` another one
begins the job again, from its start. So a step takes less than ``LEASE``, and what a job makes is written in
one transaction at its end, together with ``Running.finish``: then it is there once, or not at all.

A job that was begun ``MOST_ATTEMPTS`` times without coming to an end fails and says so. A job fails at
once, with its own sentence, by raising ``JobFailed``. A worker told to stop gives the job back.
"""

from __future__ import annotations

import datetime
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import InterfaceError, OperationalError, connection, connections, transaction
from django.db.models import F, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from foundation.outbox.models import Job, Message
from foundation.outbox.services import LeaseLost, Payload, handles, lease, send
from foundation.outbox.signals import job_advanced

logger = logging.getLogger("remit.jobs")

MESSAGE_KIND = "job"
LEASE = datetime.timedelta(minutes=2)
MOST_ATTEMPTS = 3
TELL_EVERY = 0.5  # seconds, inside a transaction
BESIDE = "beside"
KEEP_ENDED = datetime.timedelta(days=30)
OPEN_STATES = (Job.State.WAITING, Job.State.RUNNING)

# Set while the worker of this process is asked to stop.
stopping = threading.Event()


class JobFailed(Exception):
    """The work cannot be done; ``str()`` is a translated sentence for who began it. It is not tried again."""


class Cancelled(Exception):
    """Whoever began the job asked to cancel it. Let it pass: nothing of the work may stay behind."""


class Interrupted(Exception):
    """The worker is to stop. Let it pass: another one begins the job again."""


class NotTheirs(Exception):
    """A job is cancelled by whoever began it."""


Work = Callable[["Running", Mapping[str, Any]], Mapping[str, Any]]
Tidying = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True)
class Kind:
    """What is known of one kind of job.

    ``title`` is its heading, ``back`` the route where people begin such jobs, ``tidy`` removes what the
    payload points at when the job has ended in whatever way, in the same transaction.
    """

    work: Work
    title: Any = ""
    back: str = ""
    tidy: Tidying | None = None


_kinds: dict[str, Kind] = {}


def carries_out(
    kind: str, *, title: Any = "", back: str = "", tidy: Tidying | None = None
) -> Callable[[Work], Work]:
    """Register the function that carries out jobs of ``kind``; import its module in ``AppConfig.ready``.

    It gets the ``Running`` job and the payload, runs in the language of whoever began it, outside a
    transaction, and returns the result: ``{"url": …, "label": …}`` and whatever else is to be kept. It may
    be called again from the start. Raises ``ValueError`` when the kind is taken.
    """

    def register(work: Work) -> Work:
        if kind in _kinds and _kinds[kind].work is not work:
            raise ValueError(f"Jobs of kind {kind!r} are carried out by another function already.")
        _kinds[kind] = Kind(work, title, back, tidy)
        return work

    return register


def kind_of(job: Job) -> Kind | None:
    """Return what was registered for the kind of ``job``; None for a kind that is no more."""
    return _kinds.get(job.kind)


def begin(kind: str, *, by: Any, payload: Mapping[str, Any], total: int = 0) -> Job:
    """Write down a job and ask the worker for it, in the caller's transaction. ``payload`` must be JSON.

    Raises ``LookupError`` for a kind nobody carries out.
    """
    if kind not in _kinds:
        raise LookupError(f"nobody carries out jobs of kind {kind!r}")
    with transaction.atomic():
        job = Job.objects.create(kind=kind, started_by=by, payload=dict(payload), total=total)
        language = getattr(by, "language", "") or translation.get_language() or ""
        send(MESSAGE_KIND, f"job:{job.uuid}", {"job": job.pk, "language": language})
    return job


def cancel(job: Job, *, by: Any) -> bool:
    """Ask to cancel ``job``; one that waits is cancelled at once, one that runs at its next step.

    Returns False when it had ended already. Raises ``NotTheirs`` for anybody but who began it.
    """
    if job.started_by_id != by.pk:
        raise NotTheirs
    with transaction.atomic():
        if Job.objects.filter(pk=job.pk, state=Job.State.WAITING).update(
            state=Job.State.CANCELLED, cancel_asked=True, ended_at=timezone.now()
        ):
            _tidy(job)
            asked = True
        else:
            asked = bool(Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(cancel_asked=True))
    job.refresh_from_db()
    return asked


def open_jobs_of(user: Any, *kinds: str) -> QuerySet[Job]:
    """Return what ``user`` began of ``kinds`` (of all without any) and has not ended, newest first."""
    jobs = Job.objects.filter(started_by=user, state__in=OPEN_STATES)
    return jobs.filter(kind__in=kinds) if kinds else jobs


class Running:
    """A job in the hands of a worker. Only the newest delivery holds it: ``advance`` and ``finish`` of an older
    one raise ``LeaseLost``.
    """

    def __init__(self, job: Job, message: Message) -> None:
        self.job = job
        self.finished = False
        self._told_at = 0.0
        self._message = message

    def advance(self, done: int, total: int, detail: str = "") -> None:
        """Tell how far the work is and that it goes on; call it between steps, outside a transaction.

        Raises ``Cancelled`` when that was asked for, ``Interrupted`` when the worker is to stop, ``LeaseLost``
        when another worker took over.
        """
        self.renew()
        Job.objects.filter(pk=self.job.pk, state=Job.State.RUNNING).update(
            done=done, total=total, detail=detail[:200]
        )
        if Job.objects.filter(pk=self.job.pk, cancel_asked=True).exists():
            raise Cancelled
        job_advanced.send(type(self))
        if stopping.is_set():
            raise Interrupted("the worker was told to stop")

    def advance_within(self, done: int, total: int, detail: str = "") -> None:
        """Like ``advance``, for work that is one transaction: call it inside.

        PostgreSQL: told over a second connection, so it is seen, and can be cancelled, while the transaction goes on.
        SQLite has one writer at a time: nothing can be told or asked before the transaction ends.

        Raises ``Cancelled``, ``Interrupted``.
        """
        if stopping.is_set():
            raise Interrupted("the worker was told to stop")
        if connection.vendor != "postgresql" or time.monotonic() < self._told_at + TELL_EVERY:
            return
        self._told_at = time.monotonic()
        connections[BESIDE] = connection.copy(alias=BESIDE)
        try:
            mine = Job.objects.using(BESIDE).filter(pk=self.job.pk, state=Job.State.RUNNING)
            mine.update(done=done, total=total, detail=detail[:200])
            Message.objects.using(BESIDE).filter(
                pk=self._message.pk, attempts=self._message.attempts, delivered_at__isnull=True
            ).update(due_at=timezone.now() + min(LEASE, lease()))
            cancelled = mine.filter(cancel_asked=True).exists()
        finally:
            connections[BESIDE].close()
            del connections[BESIDE]
        if cancelled:
            raise Cancelled

    def finish(self, result: Mapping[str, Any]) -> None:
        """Mark the job done in the running transaction: what the work wrote in it counts with the mark, or not.

        Raises ``Cancelled`` or ``LeaseLost``, which end the transaction. A job that does not call this is
        marked done after its function returned.
        """
        self.renew()
        ended = Job.objects.filter(pk=self.job.pk, state=Job.State.RUNNING, cancel_asked=False).update(
            state=Job.State.DONE,
            result=dict(result),
            done=F("total"),
            detail="",
            ended_at=timezone.now(),
        )
        if not ended:
            raise Cancelled
        _tidy(self.job)
        self.finished = True

    def renew(self) -> None:
        """Keep the job for another ``LEASE``. Raises ``LeaseLost``."""
        mine = Message.objects.filter(
            pk=self._message.pk, attempts=self._message.attempts, delivered_at__isnull=True
        )
        if not mine.update(due_at=timezone.now() + min(LEASE, lease())):
            raise LeaseLost(f"job {self.job.uuid} was taken over by another worker")


@handles(MESSAGE_KIND)
def carry_out(payload: Payload) -> None:
    """Carry out the job of a message (outbox). Raises what makes the outbox deliver it again."""
    message = Message.objects.get(key=payload.key)
    job = Job.objects.select_related("started_by").get(pk=payload["job"])
    if job.ended:
        return
    if not Job.objects.filter(pk=job.pk, state__in=OPEN_STATES).update(
        state=Job.State.RUNNING,
        attempts=F("attempts") + 1,
        started_at=timezone.now(),
        done=0,
        detail="",
    ):
        return  # cancelled this very moment
    job.refresh_from_db()
    running = Running(job, message)
    with translation.override(payload.get("language") or None):
        try:
            _work(running)
        except Cancelled:
            _end(running, Job.State.CANCELLED)
        except JobFailed as failure:
            _end(running, Job.State.FAILED, str(failure))
        except Interrupted:
            # Not the fault of the work: it does not count as an attempt.
            Job.objects.filter(pk=job.pk).update(attempts=F("attempts") - 1, state=Job.State.WAITING)
            raise
        except (LeaseLost, OperationalError, InterfaceError):
            raise  # somebody else has it, or the database is away: the outbox delivers it again
        except Exception as fault:
            logger.exception("job %s (%s) failed", job.uuid, job.kind)
            _end(
                running,
                Job.State.FAILED,
                _("An unexpected error ended the work: %(error)s. Tell the administrator; it is in the log.")
                % {"error": type(fault).__name__},
            )


def _work(running: Running) -> None:
    job = running.job
    if job.cancel_asked:
        raise Cancelled
    kind = kind_of(job)
    if kind is None:
        raise JobFailed(_("Nobody carries out this kind of work any more."))
    if job.attempts > MOST_ATTEMPTS:
        raise JobFailed(
            _("This work was broken off %(count)s times before its end. Try again with less at a time.")
            % {"count": MOST_ATTEMPTS}
        )
    running.advance(0, job.total)
    result = kind.work(running, job.payload)
    if not running.finished:
        with transaction.atomic():
            running.finish(result)


def _end(running: Running, state: Job.State, error: str = "") -> None:
    job = running.job
    with transaction.atomic():
        running.renew()
        if Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(
            state=state, error=error, ended_at=timezone.now()
        ):
            _tidy(job)


def _tidy(job: Job) -> None:
    kind = kind_of(job)
    if kind is not None and kind.tidy is not None:
        kind.tidy(job.payload)


def remove_old_jobs() -> int:
    """Delete jobs that ended a month ago; what they made stays. Return how many."""
    return int(
        Job.objects.filter(ended_at__lt=timezone.now() - KEEP_ENDED)
        .exclude(state__in=OPEN_STATES)
        .delete()[0]
    )
