"""Two workers fire clocks and mail digests, one is killed at random: each clock fires once, each person gets one mail.

``REMIT_CLOCKS_OPEN``, ``REMIT_CLOCKS_DUE`` and ``REMIT_CLOCKS_PEOPLE`` say how many there are (5,000, 500 and 20 for
the full figure).
"""

from __future__ import annotations

import os
import random
import time

from tests.faults.processes import Processes, kill, wait_until

OPEN = int(os.environ.get("REMIT_CLOCKS_OPEN", "60"))
DUE = int(os.environ.get("REMIT_CLOCKS_DUE", "30"))
PEOPLE = int(os.environ.get("REMIT_CLOCKS_PEOPLE", "6"))

SETUP = """
import datetime, uuid
from django.db import transaction
from django.utils import timezone
from tests.factories.chains import open_one
from tests.factories.clocks import clock, publish_timed, put_clock
from workflows.models import CaseClock
from tests.factories.organisation import make_user
total, due, many = map(int, sys.argv[1:])
people = publish_timed(clock(due={"roles": ["boss"]}))
boss = people["boss"][0]
for _number in range(many - 1):
    make_user(groups=[boss.groups.get()])
first = open_one(people["worker"][0])
for number in range(total - 1):
    open_one(people["worker"][0])
late = list(CaseClock.objects.order_by("pk").values_list("pk", flat=True)[:due])
for row in CaseClock.objects.filter(pk__in=late).select_related("case"):
    earlier = timezone.now() - datetime.timedelta(hours=2, seconds=30)
    due = earlier + datetime.timedelta(hours=2)
    put_clock(row, stretches=[{**row.stretches[0], "since": earlier.isoformat()}], next_fire_at=due, due_at=due)
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
from tests.factories.notifying import pass_on
pass_on()
Delivery.objects.update(due_at=timezone.now() - datetime.timedelta(minutes=1))
"""

DIGEST = """
from pathlib import Path
from foundation.notifying.models import Delivery
from foundation.notifying.passing_on import send_waiting
Path(sys.argv[1]).touch()
while Delivery.objects.filter(message__isnull=True, reason="").exists():
    send_waiting()
"""


def one_of_two_killed(processes: Processes, script: str, after: float) -> float:
    """Let two processes work, kill one at a random moment, wait for the other; return the seconds it took."""
    began = time.monotonic()
    names = (f"{random.Random().getrandbits(32):x}" for _process in range(2))
    marks = [processes.folder / name for name in names]
    first, second = (processes.start(script, mark.name) for mark in marks)
    wait_until(marks[0].exists)
    time.sleep(random.Random().uniform(0, after))
    kill(first)
    assert second.wait(timeout=600) == 0
    return time.monotonic() - began


def test_each_clock_fires_once_and_each_person_gets_one_mail(processes: Processes) -> None:
    assert processes.start(SETUP, str(OPEN), str(DUE), str(PEOPLE)).wait(timeout=3600) == 0
    took = one_of_two_killed(processes, SWEEP, 0.5)
    print(f"{OPEN} open, {DUE} due, one of two workers killed: {took:.1f} s")
    fired = processes.sql("SELECT count(*) FROM workflows_caseclock WHERE last_fired_at IS NOT NULL")
    assert fired == [(DUE,)]
    events = "SELECT count(*), count(DISTINCT stream) FROM audit_event WHERE stream LIKE 'clocks:%'"
    assert processes.sql(events) == [(2 * DUE, DUE)]  # the test put each back, the worker fired it
    assert processes.sql("SELECT count(*) FROM notifying_notification") == [(DUE * PEOPLE,)]
    assert processes.start(PASS_ON).wait(timeout=600) == 0
    took = one_of_two_killed(processes, DIGEST, 0.3)
    print(
        f"digests of {DUE * PEOPLE} notifications to {PEOPLE} people, one of two workers killed: {took:.1f} s"
    )
    mails = "SELECT count(*), count(DISTINCT key) FROM outbox_message WHERE kind = 'mail'"
    assert processes.sql(mails) == [(PEOPLE, PEOPLE)]
    told = "SELECT count(*), count(DISTINCT message_id) FROM notifying_delivery WHERE message_id IS NOT NULL"
    assert processes.sql(told) == [(DUE * PEOPLE, PEOPLE)]
