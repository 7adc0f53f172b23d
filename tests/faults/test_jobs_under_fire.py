"""Jobs whose worker is killed, and two workers at once: done once, or failed with a sentence."""

from __future__ import annotations

import pytest

from tests.factories.organisation import make_user
from tests.faults.processes import Processes, kill, wait_until

BEGIN = """
from foundation.organisation.models import User
from foundation.outbox import jobs
from django.db import transaction
jobs.carries_out("count")(lambda job, payload: {})
with transaction.atomic():
    for number in range(int(sys.argv[1])):
        jobs.begin("count", by=User.objects.get(username="jobs"), payload={"number": number})
"""
WORKER = """
import time
from pathlib import Path
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from foundation.outbox import jobs

settings.OUTBOX_LEASE_SECONDS = 3
steps, pause = int(sys.argv[1]), float(sys.argv[2])

@jobs.carries_out("count")
def count(job, payload):
    for step in range(steps):
        job.advance(step, steps)
        Path("begun").touch()
        time.sleep(pause)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO counted VALUES (%s)", [payload["number"]])
        job.finish({"ok": True})
    return {}

call_command("worker", *sys.argv[3:])
"""


@pytest.fixture(autouse=True)
def ground(transactional_db: None) -> None:
    make_user(username="jobs")


@pytest.fixture
def ready(ground: None, processes: Processes):
    processes.sql("CREATE TABLE counted (number integer)")
    yield processes
    processes.sql("DROP TABLE counted")


def states(processes: Processes) -> list[tuple[str, int]]:
    return processes.sql("SELECT state, attempts FROM outbox_job ORDER BY id")


def test_a_job_whose_worker_was_killed_is_done_once_by_the_next_one(ready: Processes):
    ready.run(BEGIN, "1")
    first = ready.start(WORKER, "100", "0.1", "--interval", "0.1")
    wait_until((ready.folder / "begun").exists)
    kill(first)
    assert (states(ready), ready.sql("SELECT * FROM counted")) == ([("running", 1)], [])
    ready.start(WORKER, "2", "0", "--interval", "0.1")
    wait_until(lambda: states(ready) == [("done", 2)])
    assert ready.sql("SELECT number FROM counted") == [(0,)]


def test_two_workers_share_the_jobs_and_do_each_once(ready: Processes):
    ready.run(BEGIN, "12")
    for name in ("w1", "w2"):
        ready.start(WORKER, "3", "0.02", "--interval", "0.1", "--name", name)
    wait_until(lambda: {state for state, _attempts in states(ready)} == {"done"})
    assert sorted(ready.sql("SELECT number FROM counted")) == [(number,) for number in range(12)]
    assert {attempts for _state, attempts in states(ready)} == {1}
