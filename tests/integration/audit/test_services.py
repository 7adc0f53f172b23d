"""Writing the record."""

from __future__ import annotations

import hashlib
import json

import pytest
from django.db import IntegrityError, transaction
from django.utils.translation import override

from forms.models import Submission
from foundation.audit import keys
from foundation.audit.models import Event, Opening, Receipt, SubjectKey
from foundation.audit.queries import ChangeView, events_for_streams, events_of
from foundation.audit.services import (
    Actor,
    FieldChange,
    KeyReused,
    NotInTransaction,
    StreamOvertaken,
    append,
    change_audited,
    create_audited,
    next_version,
    remember,
    remembered,
)
from tests.factories.audit import change, make_audited, unsaved_submission
from tests.factories.organisation import make_user

pytestmark = pytest.mark.django_db
WORKER = Actor.system("worker")


def test_an_event_says_who_what_and_from_where_but_no_value_and_no_name():
    person, deputised = make_user(full_name="李明"), make_user()
    event = append(
        stream="thing:1",
        version=1,
        kind="thing_changed",
        actor=Actor.of(person, acting_for=deputised.pk),
        changes=[FieldChange("phone", "13800000000", "13900000000", f"user:{person.pk}")],
        edition_sha256="ab" * 32,
        source_state="open",
        target_state="closed",
        references={"file": "cd" * 32},
        request_id="r-1",
        idempotency_key="k-1",
    )
    body = json.loads(bytes(event.body))
    commitments = body["changes"][0]
    salts = {opening.side: bytes(opening.salt) for opening in Opening.objects.filter(event=event)}
    assert commitments == {
        "path": "phone",
        "from": hashlib.sha256(b"audit/commitment/v1\x00" + salts["from"] + b'"13800000000"').hexdigest(),
        "to": hashlib.sha256(b"audit/commitment/v1\x00" + salts["to"] + b'"13900000000"').hexdigest(),
    }
    assert {name: body[name] for name in body if name not in {"changes", "event", "at"}} == {
        "v": 1,
        "stream": "thing:1",
        "stream_ver": 1,
        "prev": "00" * 32,
        "kind": "thing_changed",
        "actor": {"id": person.pk, "for": deputised.pk, "channel": "web", "system": ""},
        "request": "r-1",
        "idempotency": hashlib.sha256(b"k-1").hexdigest(),
        "edition": "ab" * 32,
        "from": "open",
        "to": "closed",
        "row": None,
        "references": {"file": "cd" * 32},
        "software": "remit/0.1.0",
    }
    assert bytes(event.hash) == hashlib.sha256(b"audit/event/v1\x00" + bytes(event.body)).digest()


def test_each_event_names_the_hash_of_the_one_before():
    first = append(stream="thing:1", version=1, kind="made", actor=WORKER)
    second = append(stream="thing:1", version=2, kind="changed", actor=WORKER)
    assert bytes(second.prev) == bytes(first.hash) == bytes.fromhex(json.loads(bytes(second.body))["prev"])


def test_recorded_values_are_not_readable_in_the_database_and_open_with_the_master_key(settings):
    append(
        stream="thing:1",
        version=1,
        kind="made",
        actor=WORKER,
        changes=[FieldChange("name", None, "王小明", "user:1")],
    )
    opening = Opening.objects.get(side="to")
    assert "王小明".encode() not in bytes(opening.value)
    assert events_of("thing:1")[0].changes == (ChangeView("name", None, "王小明"),)
    settings.REMIT_MASTER_KEY = "YW5vdGhlci1tYXN0ZXIta2V5LW9mLTMyLWJ5dGVzISE="
    assert events_of("thing:1")[0].changes == (ChangeView("name", None, None, erased=True),)


def test_a_missing_opening_shows_as_erased_and_the_rest_stays_readable(lifted_guards):
    append(
        stream="thing:1",
        version=1,
        kind="made",
        actor=WORKER,
        changes=[FieldChange("a", 1, 2, "user:1"), FieldChange("b", 3, 4, "user:2")],
    )
    Opening.objects.filter(path="a", side="from").delete()
    assert events_of("thing:1")[0].changes == (
        ChangeView("a", None, None, erased=True),
        ChangeView("b", 3, 4),
    )


def test_one_subject_has_one_key_however_many_values_are_recorded():
    for version in (1, 2):
        append(
            stream="thing:1",
            version=version,
            kind="made",
            actor=WORKER,
            changes=[FieldChange("a", 1, 2, "user:1"), FieldChange("b", 1, 2, "user:2")],
        )
    assert sorted(SubjectKey.objects.values_list("subject", flat=True)) == ["user:1", "user:2"]
    assert len({data_key for _row, data_key in keys.keys_for(["user:1", "user:2"]).values()}) == 2


def test_reading_takes_three_queries_however_many_events(django_assert_num_queries):
    rows = [make_audited(versions=3), make_audited(versions=2)]
    with django_assert_num_queries(3):
        events = events_for_streams([row.stream for row in rows])
    assert [(event.stream, event.version) for event in events] == [
        *((rows[0].stream, version) for version in (1, 2, 3)),
        *((rows[1].stream, version) for version in (1, 2)),
    ]


def test_an_event_is_told_with_the_names_of_actor_and_deputised():
    person, chief = make_user(full_name="李明"), make_user(full_name="王总")
    append(stream="thing:1", version=1, kind="made", actor=Actor.of(person, acting_for=chief.pk))
    append(stream="thing:1", version=2, kind="swept", actor=WORKER)
    with override("zh-hans"):
        told = [
            (event.actor_id, event.actor, event.acting_for, event.channel) for event in events_of("thing:1")
        ]
    assert told[0] == (person.pk, "李明", "王总", "web")
    assert told[1] in [(None, name, "", "system") for name in ("System (worker)", "系统(worker)")]


@pytest.mark.parametrize("version", [0, 1, 3])
def test_a_version_other_than_the_next_is_overtaken(version):
    append(stream="thing:1", version=1, kind="made", actor=WORKER)
    with pytest.raises(StreamOvertaken):
        append(stream="thing:1", version=version, kind="changed", actor=WORKER)
    assert (next_version("thing:1"), next_version("thing:2")) == (2, 1)


def test_a_float_in_a_value_is_refused():
    with pytest.raises(TypeError):
        append(
            stream="thing:1",
            version=1,
            kind="made",
            actor=WORKER,
            changes=[FieldChange("a", None, 1.5, "user:1")],
        )


def test_a_row_is_created_with_event_and_history_of_one_author_and_reason():
    person = make_user()
    row = make_audited(by=person)
    history = row.history.get()
    assert (row.version, history.version, history.history_user_id, history.history_change_reason) == (
        1,
        1,
        person.pk,
        "首次提交",
    )
    assert (
        json.loads(bytes(Event.objects.get(stream=row.stream).body))["row"]["table"]
        == "formbuilder.submission"
    )


def test_a_change_raises_version_of_instance_row_event_and_history_together():
    row = make_audited()
    change(row, "已更换零件")
    stored = Submission.objects.get(pk=row.pk)
    assert (row.version, stored.version, stored.answers) == (2, 2, {"what": "已更换零件"})
    assert [event.version for event in events_of(row.stream)] == [1, 2]
    assert list(row.history.order_by("version").values_list("version", flat=True)) == [1, 2]


def test_a_change_by_the_machine_leaves_the_author_of_the_history_row_empty():
    row = make_audited()
    change_audited(row, kind="swept", actor=WORKER)
    newest = row.history.get(version=2)
    assert (newest.history_user_id, newest.history_change_reason) == (None, None)


def test_a_stale_instance_is_overtaken_and_nothing_is_written():
    row = make_audited()
    stale = Submission.objects.get(pk=row.pk)
    change(row, "先到")
    stale.answers = {"what": "后到"}
    with pytest.raises(StreamOvertaken):
        change_audited(stale, kind="corrected", actor=WORKER)
    stored = Submission.objects.get(pk=row.pk)
    assert (stored.answers, stored.version, stale.version) == ({"what": "先到"}, 2, 1)
    assert (Event.objects.filter(stream=row.stream).count(), row.history.count()) == (2, 2)


def test_a_second_row_for_a_stream_is_refused():
    row = make_audited()
    twin = unsaved_submission()
    twin.stream = row.stream
    with (
        pytest.raises(IntegrityError, match=r"version 1 and replaces none|duplicate key"),
        transaction.atomic(),
    ):
        create_audited(twin, kind="submitted", actor=WORKER)
    assert Submission.objects.filter(stream=row.stream).count() == 1


@pytest.mark.django_db(transaction=True)
def test_nothing_is_written_outside_a_transaction():
    row = unsaved_submission()
    with pytest.raises(NotInTransaction):
        create_audited(row, kind="submitted", actor=WORKER)
    with pytest.raises(NotInTransaction):
        append(stream="thing:1", version=1, kind="made", actor=WORKER)
    with transaction.atomic():
        create_audited(row, kind="submitted", actor=WORKER)
    with pytest.raises(NotInTransaction):
        change_audited(row, kind="corrected", actor=WORKER)
    assert (row.version, Event.objects.count()) == (1, 1)


def test_a_request_is_remembered_by_its_key_and_another_request_refused():
    event = append(stream="thing:1", version=1, kind="made", actor=WORKER)
    request = {"do": "close", "amount": "12.50"}
    assert remembered("key", request) is None
    receipt = remember("key", request, event, {"number": "TS-1"})
    again = remembered("key", {"amount": "12.50", "do": "close"})
    assert again == receipt == Receipt.objects.get(stream="thing:1", stream_ver=1)
    assert (receipt.answer, remembered("other", request)) == ({"number": "TS-1"}, None)
    with pytest.raises(KeyReused):
        remembered("key", {"do": "reopen"})


def test_a_change_takes_eleven_statements(django_assert_num_queries):
    row = make_audited()
    row.answers = {"what": "x"}
    change = FieldChange("answers.what", "a", "x", f"user:{row.submitted_by_id}")
    # row, history, row as stored, head, event, keys, openings; four for the lines of the register (old ones out of
    # three tables, new ones in)
    with django_assert_num_queries(11):
        change_audited(row, kind="corrected", actor=WORKER, changes=[change])
