"""A worker that is killed in the middle of a round, and two workers at once: the round is run, by one at a time."""

from __future__ import annotations

import signal

import pytest

from tests.faults.processes import Processes, kill, wait_until

WORKER = """
import datetime, time
from pathlib import Path
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from foundation.outbox import rounds

settings.OUTBOX_LEASE_SECONDS = 3
rounds._rounds.clear()
slow = float(sys.argv[1])

@rounds.every("count", datetime.timedelta(hours=1))
def count():
    Path("begun").touch()
    time.sleep(slow)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO counted VALUES (1)")

call_command("worker", *sys.argv[2:])
"""


@pytest.fixture(autouse=True)
def counted_table(processes: Processes):
    processes.sql("CREATE TABLE counted (one integer)")
    yield
    processes.sql("DROP TABLE counted")


def counted(processes: Processes) -> int:
    return processes.sql("SELECT count(*) FROM counted")[0][0]


def test_a_round_whose_worker_is_killed_is_begun_anew_by_another(processes: Processes):
    first = processes.start(WORKER, "30", "--interval", "0.2", "--name", "first")
    wait_until((processes.folder / "begun").exists)
    kill(first)
    assert counted(processes) == 0

    second = processes.start(WORKER, "0", "--interval", "0.2", "--name", "second")
    wait_until(lambda: counted(processes) == 1)
    second.send_signal(signal.SIGTERM)
    assert second.wait(timeout=20) == 0
    assert processes.sql(
        "SELECT worker, claims, lease_until IS NULL FROM outbox_round WHERE name = 'count'"
    ) == [("second", 2, True)]


def test_of_two_workers_one_runs_the_round(processes: Processes):
    workers = [processes.start(WORKER, "1", "--interval", "0.1", "--name", f"w{number}") for number in (1, 2)]
    wait_until(lambda: counted(processes) == 1)
    wait_until(lambda: processes.sql("SELECT count(*) FROM outbox_heartbeat")[0][0] == 2)
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    assert [worker.wait(timeout=20) for worker in workers] == [0, 0]
    assert (counted(processes), processes.sql("SELECT claims FROM outbox_round WHERE name = 'count'")) == (
        1,
        [(1,)],
    )
