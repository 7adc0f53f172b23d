"""One process that does the work of the queue: tasks of the alias ``work``, the sweep, rounds, signs of life.

The queue's own worker runs one task after the other and knows nothing else; here it is run in short turns,
and between them: rounds that are due, sweep of effects whose task was lost, rescue of tasks whose worker was
killed (the queue leaves them "running" for ever), removal of finished tasks.
"""

from __future__ import annotations

import datetime
import logging
import signal
import socket
import time
from types import FrameType

from django.db import Error as DatabaseError
from django.db import close_old_connections, connections
from django.utils import timezone
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker as QueueWorker
from django_tasks_db.models import DBTaskResult

from foundation.outbox import jobs, rounds, services
from foundation.outbox.models import Heartbeat, Message
from foundation.outbox.signals import job_advanced, worker_starting
from foundation.outbox.tasks import ALIAS

logger = logging.getLogger("remit.worker")

TASKS_A_TURN = 20
SWEEP_EVERY = 5.0
HEARTBEAT_EVERY = 10.0
HOUSEKEEPING_EVERY = 300.0
ROUNDS_EVERY = 5.0
KEEP_FINISHED = datetime.timedelta(days=1)
NAP = 0.2


class WorkerKilled(Exception):
    """Recorded on a task whose worker never came back; its effect is found by the sweep."""


class Worker:
    """The loop. ``stop`` lets the present task end, a job its present step, and then leaves it."""

    def __init__(self, *, interval: float = 1.0, name: str = "") -> None:
        self.interval = interval
        self.name = (name or f"{socket.gethostname()}-{get_random_string(8)}")[:64]
        self._stopping = False
        self._turn: QueueWorker | None = None
        self._last: dict[str, float] = {}

    def stop(self) -> None:
        """End after the present task; a job is given back for another worker."""
        self._stopping = True
        jobs.stopping.set()
        if self._turn is not None:
            self._turn.running = False

    def stop_on_signals(self) -> None:
        """Stop cleanly on SIGTERM and SIGINT; a second one ends at once."""

        def received(number: int, frame: FrameType | None) -> None:
            signal.signal(number, signal.SIG_DFL)
            self.stop()

        signal.signal(signal.SIGTERM, received)
        signal.signal(signal.SIGINT, received)

    def run(self, *, once: bool = False) -> None:
        """Work until stopped; with ``once`` until nothing is due. A database that is away is waited for."""
        worker_starting.send(type(self), worker=self)
        job_advanced.connect(self._beat)
        try:
            self._work(once=once)
        finally:
            job_advanced.disconnect(self._beat)
            jobs.stopping.clear()

    def _beat(self, **kwargs: object) -> None:
        if self._due("heartbeat", HEARTBEAT_EVERY):
            beat(self.name)

    def _work(self, *, once: bool) -> None:
        while not self._stopping:
            close_old_connections()
            try:
                busy = self._take_a_turn()
            except DatabaseError:
                if once:
                    raise
                logger.exception("the database did not answer; trying again")
                connections.close_all()
                self._rest(2.0)
                continue
            if not busy:
                if once:
                    return
                self._rest(self.interval)

    def _rest(self, seconds: float) -> None:
        # Short naps: a signal only sets a flag, and sleeping goes on after it.
        until = time.monotonic() + seconds
        while not self._stopping and time.monotonic() < until:
            time.sleep(NAP)

    def _due(self, what: str, every: float) -> bool:
        now = time.monotonic()
        if what in self._last and now - self._last[what] < every:
            return False
        self._last[what] = now
        return True

    def _take_a_turn(self) -> bool:
        """Do some of what there is; return whether there may be more."""
        self._beat()
        if self._due("housekeeping", HOUSEKEEPING_EVERY):
            rescue_abandoned_tasks()
            remove_finished_tasks()
            jobs.remove_old_jobs()
            Heartbeat.objects.filter(seen_at__lt=timezone.now() - KEEP_FINISHED).delete()
        if self._due("rounds", ROUNDS_EVERY):
            rounds.run_due(self.name, stopping=lambda: self._stopping)
        busy = False
        if DBTaskResult.objects.ready().filter(backend_name=ALIAS).exists():
            busy = True
            self._turn = QueueWorker(
                queue_names=["*"],
                interval=0,
                batch=True,
                backend_name=ALIAS,
                startup_delay=False,
                max_tasks=TASKS_A_TURN,
                worker_id=self.name,
                excluded_queue_names=[],
            )
            try:
                if not self._stopping:
                    self._turn.run()
            finally:
                self._turn = None
        if not busy or self._due("sweep", SWEEP_EVERY):
            self._last["sweep"] = time.monotonic()
            busy = services.sweep(TASKS_A_TURN, stopping=lambda: self._stopping) > 0 or busy
        return busy


def beat(name: str) -> None:
    """Say that the worker is alive."""
    Heartbeat.objects.update_or_create(worker=name, defaults={"seen_at": timezone.now()})


def rescue_abandoned_tasks() -> int:
    """Close tasks that have been running for longer than any may: their worker is gone. Return how many.

    A job may run longer: while it goes on, it keeps the lease of its message.
    """
    abandoned = DBTaskResult.objects.running().filter(
        backend_name=ALIAS, started_at__lt=timezone.now() - services.lease()
    )
    at_work = set(
        Message.objects.filter(
            kind=jobs.MESSAGE_KIND, delivered_at__isnull=True, due_at__gt=timezone.now()
        ).values_list("pk", flat=True)
    )
    count = 0
    for task in abandoned:
        if at_work.intersection(task.args_kwargs["args"]):
            continue
        task.set_failed(WorkerKilled("the worker did not come back"))
        count += 1
    return count


def remove_finished_tasks() -> int:
    """Delete tasks that ended more than a day ago; what they did is told by the effects. Return how many."""
    finished = DBTaskResult.objects.finished().filter(
        backend_name=ALIAS, finished_at__lt=timezone.now() - KEEP_FINISHED
    )
    return int(finished.delete()[0])
