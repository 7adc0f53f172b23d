"""Several workers go the round of promises at once, one is killed at random: each promise is found broken once, and
told once to whoever stands for it.

``REMIT_PROMISES_DUE`` says how many there are.
"""

from __future__ import annotations

import os
import random
import time

from tests.faults.processes import Processes, kill, wait_until

DUE = int(os.environ.get("REMIT_PROMISES_DUE", "30"))

SETUP = """
import datetime, uuid
from django.db import transaction
from django.utils import timezone
from foundation.audit.services import Actor
from tests.factories.chains import open_one
from tests.factories.clocks import clock, publish_timed
from workflows.services.promises import Said, record_promise
from workflows.services.promising import move
worker = publish_timed(clock())["worker"][0]
hour = datetime.timedelta(hours=1)
for number in range(int(sys.argv[1])):
    case = open_one(worker)
    said = Said(what="call", to_whom="them", due_at=timezone.now() + hour)
    promise = record_promise(case_uuid=case.uuid, said=said, by=worker, idempotency_key=uuid.uuid4().hex)
    with transaction.atomic():
        move(promise, case, timezone.now() - hour, Actor.system("test"))
"""

SWEEP = """
from pathlib import Path
from django.utils import timezone
from workflows.models import Promise
from workflows.services.promises import sweep
Path(sys.argv[1]).touch()
while Promise.objects.filter(look_at__lte=timezone.now()).exists():
    sweep()
"""


def test_each_promise_is_broken_and_told_once_however_many_workers_sweep(processes: Processes) -> None:
    assert processes.start(SETUP, str(DUE)).wait(timeout=600) == 0

    started = [processes.start(SWEEP, f"sweeping-{number}") for number in range(3)]
    wait_until(lambda: all((processes.folder / f"sweeping-{number}").exists() for number in range(3)))
    time.sleep(random.Random().uniform(0, 0.3))
    kill(started[0])
    assert [one.wait(timeout=600) for one in started[1:]] == [0, 0]

    broken = "SELECT count(*) FROM workflows_promise WHERE status = 'broken' AND broken_at IS NOT NULL"
    assert processes.sql(broken) == [(DUE,)]
    events = "SELECT count(*), count(DISTINCT stream) FROM audit_event WHERE stream LIKE 'promise:%'"
    assert processes.sql(events) == [(3 * DUE, DUE)]  # made and moved by the test, found broken once
    assert processes.sql("SELECT count(*) FROM notifying_notification") == [(DUE,)]
