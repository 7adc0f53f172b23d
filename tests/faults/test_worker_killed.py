"""A worker that is killed, and two workers at once: each effect happens, and once."""

from __future__ import annotations

import signal
from collections import Counter

import pytest

from tests.faults.processes import Processes, kill, wait_until

WORKER = """
import os, time
from pathlib import Path
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from foundation.outbox.services import handles

settings.OUTBOX_LEASE_SECONDS = 3
slow = float(sys.argv[1])

@handles("row", in_transaction=True)
def row(payload):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO effects VALUES (%s)", [payload.key])
    Path("begun").touch()
    time.sleep(slow)

@handles("file")
def file(payload):
    Path("begun").touch()
    time.sleep(slow)
    with open("effects.txt", "a") as lines:
        lines.write(payload.key + "\\n")

call_command("worker", *sys.argv[2:])
"""
SEND = """
from django.db import transaction
from foundation.outbox.services import send
with transaction.atomic():
    for number in range(int(sys.argv[2])):
        send(sys.argv[1], f"{sys.argv[1]} {number}", {})
"""


@pytest.fixture(autouse=True)
def effects_table(processes: Processes):
    processes.sql("CREATE TABLE effects (name varchar(40))")  # without a key: a second effect would show
    yield
    processes.sql("DROP TABLE effects")


def effects(processes: Processes, kind: str) -> Counter[str]:
    if kind == "row":
        return Counter(name for (name,) in processes.sql("SELECT name FROM effects"))
    lines = processes.folder / "effects.txt"
    return Counter(lines.read_text().splitlines() if lines.exists() else [])


def undelivered(processes: Processes) -> int:
    return processes.sql("SELECT count(*) FROM outbox_message WHERE delivered_at IS NULL")[0][0]


@pytest.mark.parametrize("kind", ["row", "file"])
def test_a_worker_killed_in_the_middle_of_an_effect_has_it_happen_once(processes: Processes, kind: str):
    processes.run(SEND, kind, "3")
    first = processes.start(WORKER, "30", "--interval", "0.2")
    wait_until((processes.folder / "begun").exists)
    kill(first)
    assert (effects(processes, kind), undelivered(processes)) == (Counter(), 3)

    second = processes.start(WORKER, "0", "--interval", "0.2")
    wait_until(lambda: undelivered(processes) == 0)
    second.send_signal(signal.SIGTERM)
    assert second.wait(timeout=20) == 0
    assert effects(processes, kind) == Counter({f"{kind} {number}": 1 for number in range(3)})


def test_two_workers_share_the_work_and_each_effect_happens_once(processes: Processes):
    processes.run(SEND, "file", "40")
    workers = [
        processes.start(WORKER, "0.05", "--interval", "0.1", "--name", f"w{number}") for number in (1, 2)
    ]
    wait_until(lambda: undelivered(processes) == 0)
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    assert [worker.wait(timeout=20) for worker in workers] == [0, 0]
    assert effects(processes, "file") == Counter({f"file {number}": 1 for number in range(40)})
    assert processes.sql("SELECT worker FROM outbox_heartbeat ORDER BY worker") == [("w1",), ("w2",)]


def test_a_worker_asked_to_stop_finishes_what_it_has_begun(processes: Processes):
    processes.run(SEND, "file", "2")
    worker = processes.start(WORKER, "1", "--interval", "0.2")
    wait_until((processes.folder / "begun").exists)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=20) == 0
    assert (effects(processes, "file"), undelivered(processes)) == (Counter({"file 0": 1}), 1)
