"""The record with many writers at once, and after somebody with the database password was at it."""

from __future__ import annotations

import json

from tests.faults.processes import ON_SQLITE, Processes

RACE = """
import json, threading
from django.db import connection, transaction
from forms.models import Submission
from foundation.audit.models import Event
from foundation.audit.services import *
from foundation.audit.verification import verify

stream, threads, rounds = sys.argv[1], 8, 12
results, gate = [], threading.Barrier(threads)

def clerk(number):
    try:
        for turn in range(rounds):
            seen = Submission.objects.get(stream=stream)
            gate.wait()
            seen.answers = {"what": f"{number} {turn}"}
            try:
                with transaction.atomic():
                    change_audited(seen, kind="corrected", actor=Actor.system("race"))
                results.append("done")
            except StreamOvertaken:
                results.append("overtaken")
            gate.wait()
    finally:
        connection.close()

def run(work):
    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers: worker.start()
    for worker in workers: worker.join()

run(clerk)
answers = []

def repeat(number):
    try:
        for turn in range(rounds):
            gate.wait()
            with transaction.atomic():
                receipt = remembered(f"key {turn}", {"turn": turn})
                if receipt is None:
                    event = append(stream=f"note:{turn}", version=next_version(f"note:{turn}"), kind="noted",
                                   actor=Actor.system("race"))
                    receipt = remember(f"key {turn}", {"turn": turn}, event, {"turn": turn, "by": number})
            answers.append((turn, json.dumps(receipt.answer, sort_keys=True)))
    finally:
        connection.close()

run(repeat)
print(json.dumps({
    "done": results.count("done"), "overtaken": results.count("overtaken"),
    "version": Submission.objects.get(stream=stream).version,
    "answers": len(answers), "different": len(set(answers)),
    "notes": Event.objects.filter(stream__startswith="note:").count(), "faults": [str(f) for f in verify().faults],
}))
"""


def test_of_eight_clerks_one_wins_each_round_and_of_equal_requests_one_acts(
    processes: Processes, record: str
):
    told = json.loads(processes.run(RACE, record).splitlines()[-1])
    assert told == {
        "done": 12,
        "overtaken": 84,
        "version": 3 + 12,
        "answers": 96,
        "different": 12,
        "notes": 12,
        "faults": [],
    }


def tables_with_triggers(processes: Processes) -> list[tuple[str, str]]:
    if ON_SQLITE:
        return processes.sql(
            "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'remit%'"
        )
    return processes.sql(
        "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname LIKE 'remit%'"
    )


def test_the_commands_find_a_byte_changed_past_the_guards_and_the_server_does_not_start(
    processes: Processes, record: str
):
    whole = processes.manage("verify", "--format", "json")
    assert (whole[0], json.loads(whole[1])["faults"]) == (0, [])

    for name, table in tables_with_triggers(processes):
        processes.sql(f"DROP TRIGGER {name}" if ON_SQLITE else f"DROP TRIGGER {name} ON {table}")
    ((number, body),) = processes.sql(
        "SELECT id, body FROM audit_event WHERE stream = %s AND stream_ver = 2", record
    )
    processes.sql("UPDATE audit_event SET body = %s WHERE id = %s", body[:-2] + b"2}", number)

    status, text = processes.manage("verify", "--format", "json")
    faults = json.loads(text)["faults"]
    assert (status, faults[0]["table"], faults[0]["row"]) == (1, "audit_event", f"{record} 2 (id {number})")
    assert "remit_audit_event_update" in {fault["table"] for fault in faults}

    started = processes.start("from foundation.audit import guards\nguards.assert_installed()")
    said, _nothing = started.communicate(timeout=60)
    assert (started.returncode, "remit_audit_event_update" in said, "manage.py migrate" in said) == (
        1,
        True,
        True,
    )
    assert processes.manage("worker", "--once")[0] == 1

    assert processes.manage("migrate", "--verbosity", "0")[0] == 0
    assert processes.manage("worker", "--once")[0] == 0
