"""What the database itself refuses, on SQLite and on PostgreSQL."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from django.core import checks
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F

from forms.models import Submission
from foundation.audit import guards
from foundation.audit.constraints import EventRequired
from foundation.audit.exceptions import GuardMissing
from foundation.audit.models import Event
from foundation.audit.services import Actor, append, remember
from foundation.outbox.worker import Worker
from tests.factories.audit import make_audited, unsaved_submission

ON_SQLITE = "sqlite3" in connection.settings_dict["ENGINE"]
RECORD = [
    "audit_event",
    "audit_opening",
    "audit_subjectkey",
    "audit_receipt",
    "editions_edition",
    "formbuilder_historicalsubmission",
]


def run(sql: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def commit_checks() -> None:
    """Check the deferred foreign keys now, as the commit would."""
    if ON_SQLITE:
        connection.check_constraints()
    else:
        run("SET CONSTRAINTS ALL IMMEDIATE")


@contextlib.contextmanager
def _checked():
    yield
    commit_checks()


@contextlib.contextmanager
def refused(*words: str):
    with pytest.raises(IntegrityError) as refusal, transaction.atomic(), _checked():
        yield
    assert any(word in str(refusal.value) for word in words), refusal.value


@pytest.fixture
def row(db: None) -> Submission:
    made = make_audited(versions=2)
    event = Event.objects.filter(stream=made.stream).latest("stream_ver")
    remember("key", {}, event, {})
    commit_checks()
    return made


def test_migrate_leaves_every_guard_in_place(db):
    assert guards.missing() == []
    guards.assert_installed()


@pytest.mark.parametrize("table", [*RECORD, "formbuilder_submission"])
def test_a_row_is_never_deleted(row, table):
    with refused(f"remit: {table}: rows are never deleted"):
        run(f"DELETE FROM {table}")


@pytest.mark.parametrize("table", RECORD)
def test_a_row_of_the_record_is_never_changed(row, table):
    column = connection.introspection.get_primary_key_column(connection.cursor(), table)
    with refused(f"remit: {table}: rows are written once and never changed"):
        run(f"UPDATE {table} SET {column} = {column}")


def test_a_plain_update_is_refused(row):
    with refused("a change adds one to the version"):
        Submission.objects.filter(pk=row.pk).update(state="closed")


def test_a_save_past_the_service_is_refused(row):
    row.state = "closed"
    with refused("a change adds one to the version"):
        row.save()


def test_a_new_version_without_an_event_is_refused_at_commit(row):
    with refused("FOREIGN KEY", "foreign key", "invalid"):
        Submission.objects.filter(pk=row.pk).update(version=F("version") + 1)


def test_a_skipped_version_is_refused_even_with_its_event(row):
    append(stream=row.stream, version=3, kind="a", actor=Actor.system("test"))
    append(stream=row.stream, version=4, kind="b", actor=Actor.system("test"))
    with refused("a change adds one to the version"):
        Submission.objects.filter(pk=row.pk).update(version=4)


def test_a_stale_version_is_refused(row):
    with refused("a change adds one to the version"):
        Submission.objects.filter(pk=row.pk).update(version=1)


@pytest.mark.parametrize("change", [{"stream": "submission:other"}, {"id": 900_000}])
def test_stream_and_key_stay_what_they_are(row, change):
    with refused("a change adds one to the version and keeps stream and key"):
        Submission.objects.filter(pk=row.pk).update(version=F("version") + 1, **change)


@pytest.mark.parametrize("version", [0, 2, 7])
def test_a_row_begins_as_version_1(db, version):
    row = unsaved_submission()
    row.version = version
    with refused("a row begins as version 1"):
        row.save()


def test_a_row_without_an_event_is_refused_at_commit(db):
    row = unsaved_submission()
    row.version = 1
    with refused("FOREIGN KEY", "foreign key", "invalid"):
        row.save()


def test_the_newest_event_cannot_be_deleted_even_without_triggers(row, lifted_guards):
    with refused("FOREIGN KEY", "foreign key", "invalid"):
        run("DELETE FROM audit_opening")
        run("DELETE FROM audit_event WHERE stream = %s AND stream_ver = 2", row.stream)


if ON_SQLITE:

    class TestReplace:
        """INSERT OR REPLACE deletes rows without asking the delete trigger."""

        @pytest.mark.parametrize("table", [*RECORD, "formbuilder_submission"])
        def test_a_row_is_not_replaced(self, row, table):
            with refused(f"remit: {table}: "):
                run(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")

        def test_an_event_is_not_pushed_out_by_another_id(self, row):
            with refused("rows are written once and never replaced"):
                run(
                    "INSERT OR REPLACE INTO audit_event (stream, stream_ver, body, prev, hash) "
                    "SELECT stream, stream_ver, body, prev, hash FROM audit_event"
                )

        def test_a_row_is_not_pushed_out_by_an_update(self, row):
            other = make_audited()
            with refused("a change adds one to the version"):
                run(
                    "UPDATE OR REPLACE formbuilder_submission SET version = 3, number = %s WHERE id = %s",
                    other.number,
                    row.pk,
                )


if not ON_SQLITE:

    class TestPostgreSQL:
        @pytest.mark.parametrize("table", [*RECORD, "formbuilder_submission"])
        def test_a_table_is_not_truncated(self, row, table):
            with refused("rows are never deleted"):
                run(f"TRUNCATE {table} CASCADE")

        def test_a_replica_session_is_refused_as_well(self, row):
            with refused("rows are written once"):
                run("SET LOCAL session_replication_role = replica")
                run("UPDATE audit_event SET stream_ver = 9")

        @pytest.mark.parametrize("mode", ["DISABLE TRIGGER", "ENABLE TRIGGER", "ENABLE REPLICA TRIGGER"])
        def test_a_trigger_switched_to_less_than_always_is_missed(self, db, mode):
            run(f"ALTER TABLE audit_event {mode} remit_audit_event_delete")
            assert guards.missing() == ["remit_audit_event_delete"]

        def test_a_changed_function_is_missed_by_every_trigger_that_runs_it(self, db):
            run(
                "CREATE OR REPLACE FUNCTION remit_refuse() RETURNS trigger "
                "LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'"
            )
            assert "remit_audit_event_delete" in guards.missing()
            guards.install()
            assert guards.missing() == []


def drop(name: str, table: str) -> None:
    run(f"DROP TRIGGER {name}" if ON_SQLITE else f"DROP TRIGGER {name} ON {table}")


def test_a_dropped_trigger_is_missed_named_and_put_back(db):
    drop("remit_audit_event_update", "audit_event")
    assert guards.missing() == ["remit_audit_event_update"]
    with pytest.raises(GuardMissing, match=r"remit_audit_event_update.*manage\.py migrate"):
        guards.assert_installed()
    assert guards.install() == ["remit_audit_event_update"]
    assert guards.missing() == []


def test_a_trigger_of_the_right_name_and_another_text_is_missed(db):
    drop("remit_audit_event_delete", "audit_event")
    if ON_SQLITE:
        run("CREATE TRIGGER remit_audit_event_delete BEFORE DELETE ON audit_event BEGIN SELECT 1; END")
    else:
        run(
            "CREATE TRIGGER remit_audit_event_delete BEFORE DELETE ON audit_event FOR EACH ROW "
            "WHEN (OLD.id < 0) EXECUTE FUNCTION remit_refuse('x')"
        )
    assert guards.missing() == ["remit_audit_event_delete"]


def test_the_database_check_warns_and_names_the_remedy(db):
    drop("remit_audit_event_update", "audit_event")
    found = [message for message in checks.run_checks(databases=["default"]) if message.id == "audit.W001"]
    assert [(message.level, message.hint) for message in found] == [
        (checks.WARNING, "Run: manage.py migrate")
    ]
    assert "remit_audit_event_update" in found[0].msg


def test_a_worker_does_not_start_without_the_guards(db):
    drop("remit_audit_event_update", "audit_event")
    with pytest.raises(GuardMissing):
        Worker().run(once=True)


@pytest.mark.django_db(transaction=True)
def test_a_foreign_key_that_is_gone_is_missed(monkeypatch):
    rule = next(rule for rule in Submission._meta.constraints if isinstance(rule, EventRequired))
    others = [other for other in Submission._meta.constraints if other is not rule]
    with monkeypatch.context() as patch, connection.schema_editor() as editor:
        patch.setattr(Submission._meta, "constraints", others)  # SQLite rebuilds the table from the model
        editor.remove_constraint(Submission, rule)
    try:
        if ON_SQLITE:  # the triggers went with the old table
            lost = [f"remit_formbuilder_submission_{verb}" for verb in ("insert", "update", "delete")]
            assert guards.install() == lost
        assert guards.missing() == ["formbuilder_submission_event_required"]
    finally:
        with connection.schema_editor() as editor:
            editor.add_constraint(Submission, rule)
        guards.install()
    assert guards.missing() == []


@pytest.mark.django_db(transaction=True)
def test_the_tables_can_be_emptied_after_a_test_and_are_guarded_again():
    """The flush of the tests before this one went past the guards; here they stand."""
    assert (guards.missing(), Event.objects.count()) == ([], 0)
    make_audited()
    with pytest.raises(DatabaseError):
        run("DELETE FROM audit_event")
