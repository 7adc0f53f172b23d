"""Two workers fire clocks, one is killed at random: each clock fires once, and each person gets one mail.

``REMIT_CLOCKS_OPEN`` and ``REMIT_CLOCKS_DUE`` say how many there are (5,000 and 500 for the full figure).
"""

from __future__ import annotations

import os
import random
import time

from tests.faults.processes import Processes, kill, wait_until

OPEN = int(os.environ.get("REMIT_CLOCKS_OPEN", "60"))
DUE = int(os.environ.get("REMIT_CLOCKS_DUE", "30"))

SETUP = """
import datetime, uuid
from django.db import transaction
from django.utils import timezone
from tests.factories.chains import open_one
from tests.factories.clocks import clock, publish_timed
from workflows.models import CaseClock
people = publish_timed(clock(due={"roles": ["boss"]}))
boss = people["boss"][0]
boss.email = "boss@example.com"
boss.save()
total, due = int(sys.argv[1]), int(sys.argv[2])
first = open_one(people["worker"][0])
for number in range(total - 1):
    open_one(people["worker"][0])
late = list(CaseClock.objects.order_by("pk").values_list("pk", flat=True)[:due])
for row in CaseClock.objects.filter(pk__in=late):
    earlier = timezone.now() - datetime.timedelta(hours=2, seconds=30)
    row.stretches = [{**row.stretches[0], "since": earlier.isoformat()}]
    row.next_fire_at = row.due_at = earlier + datetime.timedelta(hours=2)
    row.save()
print("ready", flush=True)
"""

SWEEP = """
from pathlib import Path
from workflows.services.clocks import sweep
Path(sys.argv[1]).touch()
while True:
    sweep()
    from workflows.models import CaseClock
    from django.utils import timezone
    if not CaseClock.objects.filter(next_fire_at__lte=timezone.now()).exists():
        break
"""

PASS_ON = """
import datetime
from django.utils import timezone
from foundation.notifying.models import Delivery
from foundation.notifying.passing_on import send_waiting
from tests.factories.notifying import pass_on
pass_on()
Delivery.objects.update(due_at=timezone.now() - datetime.timedelta(minutes=1))
send_waiting()
send_waiting()
"""


def test_each_clock_fires_once_and_each_person_gets_one_mail(processes: Processes) -> None:
    assert processes.start(SETUP, str(OPEN), str(DUE)).wait(timeout=3600) == 0
    began = time.monotonic()
    first, second = (processes.start(SWEEP, name) for name in ("one", "two"))
    wait_until((processes.folder / "one").exists)
    time.sleep(random.Random().uniform(0.05, 0.5))
    kill(first)
    assert second.wait(timeout=600) == 0
    took = time.monotonic() - began
    print(f"{OPEN} open, {DUE} due, one of two workers killed: {took:.1f} s")
    fired = processes.sql("SELECT count(*) FROM workflows_caseclock WHERE last_fired_at IS NOT NULL")
    assert fired == [(DUE,)]
    events = "SELECT count(*), count(DISTINCT stream) FROM audit_event WHERE stream LIKE 'clocks:%'"
    assert processes.sql(events) == [(DUE, DUE)]
    assert processes.start(PASS_ON).wait(timeout=600) == 0
    assert processes.sql("SELECT count(*) FROM notifying_notification") == [(DUE,)]
    assert processes.sql("SELECT count(*) FROM outbox_message WHERE kind = 'mail'") == [(1,)]
