"""Whatever somebody with the database password changes in the record, the verifier names.

The triggers are dropped first, as such a person would. Each edit happens in a savepoint that is rolled back.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from functools import partial
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from forms.models import Submission
from foundation.audit import verification
from foundation.audit.models import Event
from foundation.audit.services import Actor, FieldChange, append, remember
from foundation.audit.verification import Fault, verify
from tests.factories.audit import change, drop_guards, make_audited

ON_SQLITE = "sqlite3" in connection.settings_dict["ENGINE"]
HISTORY = "formbuilder_historicalsubmission"


def run(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def faults_after(change: Callable[[], Any]) -> list[Fault]:
    """Return what the verifier finds once ``change`` is made, and undo the change."""
    mark = transaction.savepoint()
    try:
        change()
        return verify().faults
    finally:
        transaction.savepoint_rollback(mark)


@pytest.fixture
def log(db: None, monkeypatch: pytest.MonkeyPatch) -> Submission:
    """A small record without its triggers; the verifier is told to look at everything else."""
    row = make_audited(versions=3)
    make_audited()
    event = append(stream="note:1", version=1, kind="noted", actor=Actor.system("test"))
    remember("key", {}, event, {})
    assert verify().faults == []
    drop_guards()
    if not ON_SQLITE:  # they would refuse, at once or at the end, what a superuser can switch off
        run("SET LOCAL session_replication_role = replica")
    monkeypatch.setattr(verification.guards, "missing", lambda using: [])
    return row


def cells(table: str, columns: list[str]) -> Iterator[tuple[int, str, bytes]]:
    """Yield every stored value as the bytes that stand for it, with row number and column."""
    for column in columns:
        as_bytes = f"CAST({column} AS BLOB)" if ON_SQLITE else column
        key = (
            "rowid"
            if ON_SQLITE
            else connection.introspection.get_primary_key_column(connection.cursor(), table)
        )
        for number, value in run(f"SELECT {key}, {as_bytes} FROM {table} ORDER BY {key}"):
            if value is not None:
                yield number, column, bytes(value)


def write(table: str, column: str, number: Any, value: bytes, as_text: bool) -> None:
    if ON_SQLITE:
        target = "CAST(%s AS TEXT)" if as_text else "%s"
        run(f"UPDATE {table} SET {column} = {target} WHERE rowid = %s", value, number)
    else:
        run(f"UPDATE {table} SET {column} = %s WHERE id = %s", value, number)


BYTES = {
    "audit_event": ["body", "prev", "hash"],
    "audit_opening": ["salt", "value"],
    "audit_subjectkey": ["wrapped"],
    "editions_edition": ["body"],
}


@pytest.mark.parametrize("table", sorted(BYTES))
def test_no_changed_byte_of_the_record_is_missed(log, table):
    """A sample of the bytes of all stored values; ``tests/unit/audit`` tries every byte of an event."""
    draw = random.Random(table)
    places = [
        (number, column, value, index)
        for number, column, value in cells(table, BYTES[table])
        for index in range(len(value))
    ]
    missed, tried = [], draw.sample(places, min(len(places), 120))
    for number, column, value, index in tried:
        edited = bytearray(value)
        edited[index] ^= draw.randint(1, 255)
        if not faults_after(partial(write, table, column, number, bytes(edited), as_text=False)):
            missed.append((number, column, index, value[index], edited[index]))
    assert (missed, len(tried) > 40) == ([], True)


if ON_SQLITE:
    ROW = sorted({"answers", "number", "uuid", "stream", "submitted_at", "state", "form_key"})

    @pytest.mark.parametrize(
        ("table", "columns"),
        [
            ("formbuilder_submission", [*ROW, "version", "edition_id", "submitted_by_id"]),
            (
                HISTORY,
                [
                    *ROW,
                    "version",
                    "edition_id",
                    "submitted_by_id",
                    "history_id",
                    "history_date",
                    "history_type",
                    "history_user_id",
                    "history_change_reason",
                ],
            ),
            ("audit_event", ["stream", "stream_ver"]),
            ("audit_opening", ["path", "side", "key_id", "event_id"]),
            ("audit_subjectkey", ["subject"]),
            ("editions_edition", ["sha256"]),
        ],
    )
    def test_no_changed_character_of_a_column_is_missed(log, table, columns):
        """Every fifth byte of every text and number, changed to three others: a near one, the other case, any."""
        draw = random.Random(table)
        run("PRAGMA defer_foreign_keys = ON")
        missed, tried = [], 0
        for number, column, value in list(cells(table, columns)):
            for index in range(draw.randint(0, 4), len(value), 5):
                for mask in {0x01, 0x20, draw.randint(1, 127)}:
                    edited = bytearray(value)
                    edited[index] ^= mask
                    if _same_number(bytes(value), bytes(edited)):
                        continue
                    change = partial(write, table, column, number, bytes(edited), as_text=True)
                    tried += 1
                    try:
                        seen = bool(faults_after(change))
                    except IntegrityError:
                        seen = True  # refused: no longer JSON, or a number that another row has
                    if not seen:
                        missed.append((number, column, index, bytes(value), bytes(edited)))
        assert (missed, tried > 5) == ([], True)

    def _same_number(value: bytes, edited: bytes) -> bool:
        """Whether SQLite's number column would store the same: "1" for b"1" and for b"1 "."""
        return re.fullmatch(rb"\d+", value) is not None and edited.strip(b" \t\n\r\x0b\x0c\x00") == value

else:

    @pytest.mark.parametrize(
        "change",
        [
            "answers = jsonb_set(answers, '{what}', '\"x\"')",
            "answers = answers || '{\"more\": null}'",
            "number = number || 'x'",
            "uuid = gen_random_uuid()",
            "submitted_at = submitted_at + interval '1 microsecond'",
            "state = 'closed'",
            "edition_id = edition_id + 1",
            "submitted_by_id = submitted_by_id + 1",
            "version = version + 1",
            "stream = 'submission:other'",
        ],
    )
    @pytest.mark.parametrize("table", ["formbuilder_submission", HISTORY])
    def test_no_changed_value_of_a_row_is_missed(log, table, change):
        found = faults_after(
            lambda: run(f"UPDATE {table} SET {change} WHERE stream = %s AND version = 3", log.stream)
        )
        assert table in {fault.table for fault in found}

    @pytest.mark.parametrize(
        "change",
        [
            "history_date = history_date - interval '1 microsecond'",
            "history_user_id = history_user_id + 1",
            "history_user_id = NULL",
            "history_change_reason = 'another'",
            "history_change_reason = NULL",
            "history_type = '-'",
            "history_id = gen_random_uuid()",
        ],
    )
    def test_no_changed_author_date_or_reason_is_missed(log, change):
        found = faults_after(lambda: run(f"UPDATE {HISTORY} SET {change} WHERE version = 2"))
        assert found == [
            Fault(HISTORY, f"{log.stream} 2", "who, when or why is not what its event commits to")
        ] or [(fault.table, fault.row) for fault in found] == [(HISTORY, f"{log.stream} 2")]


def where(found: list[Fault]) -> set[tuple[str, str]]:
    return {(fault.table, fault.row) for fault in found}


@pytest.mark.parametrize("version", [1, 2, 3])
def test_each_deleted_event_is_missed_by_what_is_left(log, version):
    def delete() -> None:
        event = Event.objects.get(stream=log.stream, stream_ver=version)
        if ON_SQLITE:
            run("PRAGMA defer_foreign_keys = ON")
        run("DELETE FROM audit_opening WHERE event_id = %s", event.pk)
        run("DELETE FROM audit_event WHERE id = %s", event.pk)

    tables = {table for table, row in where(faults_after(delete)) if log.stream in row}
    # The newest leaves its row behind, an older one a gap; each leaves its history row.
    assert tables == ({"formbuilder_submission", HISTORY} if version == 3 else {"audit_event", HISTORY})


def test_the_newest_event_removed_with_its_history_and_the_row_put_back_to_an_old_version_is_found(log):
    def roll_back() -> None:
        event = Event.objects.get(stream=log.stream, stream_ver=3)
        run("DELETE FROM audit_opening WHERE event_id = %s", event.pk)
        run("UPDATE formbuilder_submission SET version = 2 WHERE stream = %s", log.stream)
        run(f"DELETE FROM {HISTORY} WHERE stream = %s AND version = 3", log.stream)
        run("DELETE FROM audit_event WHERE id = %s", event.pk)

    assert where(faults_after(roll_back)) == {("formbuilder_submission", f"{log.stream} 2")}


def test_two_events_that_changed_places_are_found(log):
    def swap() -> None:
        run("UPDATE audit_event SET stream_ver = 90 WHERE stream = %s AND stream_ver = 1", log.stream)
        run("UPDATE audit_event SET stream_ver = 1 WHERE stream = %s AND stream_ver = 2", log.stream)
        run("UPDATE audit_event SET stream_ver = 2 WHERE stream = %s AND stream_ver = 90", log.stream)

    events = {row for table, row in where(faults_after(swap)) if table == "audit_event"}
    assert {row.split(" (")[0] for row in events} == {f"{log.stream} {version}" for version in (1, 2, 3)}


def test_an_inserted_event_is_found(log):
    def insert() -> None:
        run(
            "INSERT INTO audit_event (stream, stream_ver, body, prev, hash) "
            "SELECT stream, 4, body, prev, hash FROM audit_event WHERE stream = %s AND stream_ver = 3",
            log.stream,
        )

    assert "audit_event" in {table for table, _row in where(faults_after(insert))}


def test_a_deleted_row_is_missed_by_its_events(log):
    found = faults_after(lambda: run("DELETE FROM formbuilder_submission WHERE id = %s", log.pk))
    assert ("formbuilder_submission", log.stream) in where(found)


def test_a_deleted_history_row_is_missed(log):
    found = faults_after(lambda: run(f"DELETE FROM {HISTORY} WHERE stream = %s AND version = 2", log.stream))
    assert where(found) == {(HISTORY, f"{log.stream} 2")}


def test_a_doubled_history_row_is_found(log):
    columns = [field.column for field in Submission.history.model._meta.concrete_fields]
    values = ", ".join("%s" if column == "history_id" else column for column in columns)
    twin = "0" * 32 if ON_SQLITE else "00000000-0000-0000-0000-000000000000"
    found = faults_after(
        lambda: run(
            f"INSERT INTO {HISTORY} ({', '.join(columns)}) SELECT {values} FROM {HISTORY} WHERE version = 2",
            twin,
        )
    )
    assert where(found) == {(HISTORY, f"{log.stream} 2")}


def test_a_row_of_no_event_is_found(log):
    columns = [field.column for field in Submission._meta.concrete_fields if not field.primary_key]
    new = {"stream": "submission:forged", "number": "F-1", "uuid": "f" * 32}
    values = ", ".join(f"'{new[column]}'" if column in new else column for column in columns)

    def forge() -> None:
        if ON_SQLITE:
            run("PRAGMA defer_foreign_keys = ON")
        run(
            f"INSERT INTO formbuilder_submission ({', '.join(columns)}) "
            f"SELECT {values} FROM formbuilder_submission WHERE id = %s",
            log.pk,
        )

    assert where(faults_after(forge)) == {("formbuilder_submission", "submission:forged 3")}


@pytest.mark.parametrize("table", ["audit_opening", "audit_subjectkey"])
def test_a_deleted_opening_or_key_is_missed(log, table):
    def delete() -> None:
        if ON_SQLITE:
            run("PRAGMA defer_foreign_keys = ON")
        run(f"DELETE FROM {table} WHERE id = (SELECT max(id) FROM {table})")

    assert "audit_event" in {table for table, _row in where(faults_after(delete))}


def test_two_openings_that_changed_places_are_found(log):
    def swap() -> None:
        for side, other in (("from", "xx"), ("to", "from"), ("xx", "to")):
            run("UPDATE audit_opening SET side = %s WHERE side = %s AND path = 'answers.what'", other, side)

    assert {table for table, _row in where(faults_after(swap))} == {"audit_event"}


def test_a_receipt_of_no_event_is_found(log):
    found = faults_after(lambda: run("UPDATE audit_receipt SET stream_ver = 2"))
    assert {table for table, _row in where(found)} == {"audit_receipt"}


def test_one_stream_is_verified_alone(log):
    run("UPDATE audit_event SET hash = prev WHERE stream = 'note:1'")
    assert verify(stream=log.stream).checked == {"events": 3, "rows": 1, "history rows": 3}
    assert (verify(stream=log.stream).ok, verify(stream="note:1").ok, verify().ok) == (True, False, False)


def test_no_more_faults_are_collected_than_asked_for(log):
    run("UPDATE audit_event SET hash = prev")
    assert len(verify(limit=2).faults) == 2


def test_another_room_can_have_its_own_check(db, monkeypatch):
    monkeypatch.setattr(verification, "_checks", {})
    verification.register_check("pages", lambda using: [Fault("pages", "1", f"seen on {using}")])
    assert verify().faults == [Fault("pages", "1", "seen on default")]


def test_a_missing_trigger_is_a_fault_of_the_record(db):
    assert verify().ok
    drop_guards()
    assert "remit_audit_event_delete" in {fault.table for fault in verify().faults}


def test_reading_many_streams_takes_no_query_for_each(db):
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert verify().ok
        return len(queries)

    make_audited()
    one = statements()
    for _ in range(4):
        make_audited(versions=2)
    assert statements() == one


def verified(*options: str) -> tuple[str, int]:
    out = StringIO()
    try:
        call_command("verify", *options, stdout=out, no_color=True)
    except SystemExit as end:
        return out.getvalue(), int(str(end.code))
    return out.getvalue(), 0


def test_the_command_confirms_a_whole_record(db):
    make_audited(versions=2)
    text, status = verified()
    assert (status, text.splitlines()[0]) in {(0, "events: 2"), (0, "事件: 2")}


def test_the_command_prints_one_json_document_and_fails_on_a_fault(log):
    assert json.loads(verified("--format", "json")[0])["ok"] is True
    event = Event.objects.get(stream="note:1")
    run("UPDATE audit_event SET prev = %s WHERE id = %s", bytes(31) + b"\x01", event.pk)
    text, status = verified("--format", "json")
    report = json.loads(text)
    places = [(fault["table"], fault["row"]) for fault in report["faults"]]
    row = f"note:1 1 (id {event.pk})"
    assert (status, report["ok"], report["witnessed"], places) == (
        1,
        False,
        False,
        [("audit_event", row)] * 2,
    )


def test_the_command_names_table_and_row_in_text(log):
    run("UPDATE formbuilder_submission SET state = 'closed' WHERE id = %s", log.pk)
    text, status = verified()
    assert (status, f"formbuilder_submission, {log.stream} 3: " in text) == (1, True)


def test_a_wrong_master_key_setting_is_said_at_once(db, settings):
    settings.REMIT_MASTER_KEY = "c2hvcnQ="
    with pytest.raises(Exception, match="REMIT_MASTER_KEY must be 32 bytes in base64"):
        verify()


def test_values_of_every_kind_survive_the_round_through_the_database(db):
    """What is committed to is what is stored: no false alarm for any value JSON can hold."""
    row = make_audited()
    for what in ["e\u0301", "𠮷野家", "\u200b", '"\\', "a\nb\t", "😀", ""]:
        change(row, what)
    row.answers = {"float": 1.5, "big": 10**30, "deep": [{"a": [None, True, -1, 1e300]}], "e\u0301": 1}
    with transaction.atomic():
        from foundation.audit.services import change_audited

        change_audited(
            row,
            kind="corrected",
            actor=Actor.system("test"),
            changes=[FieldChange("x", None, {"a": []}, "user:1")],
        )
    assert verify().faults == []
