"""A payer's list is being posted and its worker is killed at random: every line is posted once, with its event."""

from __future__ import annotations

import random
import time

from tests.faults.processes import Processes, kill, wait_until

CASES = 60

SETUP = """
from tests.factories.claims import Claims
from tests.factories.payer_lists import many_accepted, paid_list, workbook
from django.db import transaction
from backoffice.casework.ledger import lists
from foundation.outbox import jobs
from workflows.services import reconciliation
house = Claims()
data = workbook(*paid_list(many_accepted(house, int(sys.argv[1])), differing=0))
by = house["cashier"]
statement = reconciliation.take_in(workflow="claim", filename="list.xlsx", data=data, by=by)
with transaction.atomic():
    jobs.begin(lists.KIND, by=by, payload={"workflow": "claim", "statement": str(statement.uuid)}, total=1)
"""

WORKER = """
from django.conf import settings
from django.core.management import call_command
from workflows.services import reconciliation
settings.OUTBOX_LEASE_SECONDS = 3
reconciliation.IN_A_PART = 5
call_command("worker", "--interval", "0.1")
"""

POSTED = "SELECT count(*), count(DISTINCT line_key) FROM workflows_ledgerentry WHERE statement_id IS NOT NULL"
WITH_EVENT = """
SELECT count(*) FROM workflows_ledgerentry entry JOIN audit_event event
ON event.stream = entry.stream AND event.stream_ver = entry.version
JOIN workflows_case c ON c.id = entry.case_id AND c.version >= entry.version
WHERE entry.statement_id IS NOT NULL
"""


def test_a_list_whose_worker_was_killed_half_way_is_posted_to_its_end_once(processes: Processes) -> None:
    processes.run(SETUP, str(CASES))
    first = processes.start(WORKER)
    wait_until(lambda: processes.sql(POSTED)[0][0] > 0)
    time.sleep(random.Random().uniform(0, 0.3))
    kill(first)
    there, different = processes.sql(POSTED)[0]
    assert there == different == processes.sql(WITH_EVENT)[0][0]
    assert there % 5 == 0  # whole parts
    processes.start(WORKER)
    wait_until(lambda: processes.sql("SELECT state FROM outbox_job") == [("done",)])
    assert processes.sql(POSTED) == [(CASES, CASES)]
    assert processes.sql(WITH_EVENT) == [(CASES,)]
    assert processes.sql("SELECT count(*) FROM workflows_case WHERE state = 'settled'") == [(CASES,)]
    assert processes.sql("SELECT count(*) FROM workflows_ledgeraccount WHERE balance = 0") == [(CASES,)]
    assert processes.sql("SELECT count(*) FROM audit_event WHERE stream = 'ledger:claim'") == [(1,)]
