"""What is lawfully erased is gone, the chain stays whole; what is erased otherwise is found."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils.translation import override

from forms.models import Submission
from foundation.audit.erasure import ERASED, Entry, erase, mark, recorded
from foundation.audit.exceptions import AuditError, NotInTransaction
from foundation.audit.models import Erasure, Event, Opening
from foundation.audit.queries import events_of
from foundation.audit.seal import ROW
from foundation.audit.services import Actor, FieldChange, change_audited
from foundation.audit.verification import verify
from tests.factories.audit import guards_lifted, make_audited

pytestmark = pytest.mark.django_db


def erase_all(row: Submission) -> Event:
    entries = recorded([row.stream])
    row.answers = {}
    with transaction.atomic():
        event = change_audited(
            row,
            kind="erased",
            actor=Actor.system("retention"),
            references={ERASED: mark(entries)},
            changes=[FieldChange("erased", "", "deleted", row.stream)],
        )
        erase(event, entries)
    return event


def test_after_an_erasure_no_value_can_be_read_and_the_record_is_whole() -> None:
    row, other = make_audited(versions=3), make_audited(versions=2)
    assert len(recorded([row.stream])) == 6
    event = erase_all(row)
    assert [change.erased for each in events_of(row.stream)[:3] for change in each.changes] == [True] * 3
    assert [each.answers for each in row.history.all()] == [{}]
    assert Opening.objects.filter(event__stream=row.stream).exclude(event=event).count() == 0
    assert (Erasure.objects.count(), Opening.objects.filter(event__stream=other.stream).count()) == (6, 6)
    assert verify().faults == []
    assert verify(stream=row.stream).faults == []


def test_one_value_goes_and_the_others_stay() -> None:
    row = make_audited(versions=2)
    entries = [Entry(row.stream, 1, "answers.what"), Entry(row.stream, 1, ROW)]
    with transaction.atomic():
        event = change_audited(
            row, kind="erased", actor=Actor.system("retention"), references={ERASED: mark(entries)}
        )
        erase(event, entries)
    first, second, _last = events_of(row.stream)
    assert (first.changes[0].erased, second.changes[0].after) == (True, "第 2 次说明")
    assert sorted(row.history.values_list("version", flat=True)) == [2, 3]
    assert verify().faults == []


def test_the_database_lets_nothing_go_that_no_erasure_names() -> None:
    row = make_audited(versions=2)
    opening = Opening.objects.filter(path="answers.what").first()
    for stored in (opening, row.history.first()):
        with pytest.raises(DatabaseError, match="never deleted"), transaction.atomic():
            stored.delete()
    erase_all(row)
    with pytest.raises(DatabaseError, match="never deleted"), transaction.atomic():
        Erasure.objects.first().delete()
    with pytest.raises(DatabaseError, match="never deleted"), transaction.atomic():
        row.history.first().delete()


def test_an_erasure_needs_an_event_that_commits_to_exactly_it() -> None:
    row = make_audited(versions=2)
    entries = recorded([row.stream])
    connection.in_atomic_block = False
    try:
        with pytest.raises(NotInTransaction):
            erase(Event.objects.latest("id"), entries)
    finally:
        connection.in_atomic_block = True
    with transaction.atomic():
        event = change_audited(
            row, kind="erased", actor=Actor.system("r"), references={ERASED: mark(entries[:1])}
        )
    with pytest.raises(AuditError, match="does not commit"):
        erase(event, entries)
    own = [Entry(row.stream, 4, ROW)]
    with transaction.atomic():
        event = change_audited(row, kind="erased", actor=Actor.system("r"), references={ERASED: mark(own)})
        with pytest.raises(AuditError, match="itself"):
            erase(event, own)


def test_what_somebody_erases_past_the_record_is_found() -> None:
    row = make_audited(versions=2)
    event = erase_all(row)
    victim = make_audited()
    with guards_lifted():
        Opening.objects.filter(event__stream=victim.stream, path="answers.what").delete()
    with override("en"):
        found = verify().faults
    assert [fault.what for fault in found] == [
        "the opening answers.what (from) is missing",
        "the opening answers.what (to) is missing",
    ]
    with guards_lifted():
        Erasure.objects.create(stream=victim.stream, stream_ver=1, path="answers.what", event=event)
    with override("en"):
        found = verify().faults
    assert [(fault.table, fault.what) for fault in found] == [
        ("audit_erasure", "what was erased is not what its event commits to")
    ]
