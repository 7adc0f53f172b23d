"""What goes round the service is refused by the database itself, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from foundation.audit.models import Event
from foundation.audit.queries import events_of
from tests.factories.workflows import House, complaint_in, key, make_house, open_complaint, take
from workflows.exceptions import Overtaken, WorkflowError
from workflows.models import Case

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def house() -> House:
    return make_house()


def stored(case: Case) -> tuple[str, int]:
    return Case.objects.values_list("state", "version").get(pk=case.pk)


def test_a_direct_update_of_the_state_is_refused(house: House) -> None:
    case = open_complaint(house)
    with pytest.raises(DatabaseError):
        Case.objects.filter(pk=case.pk).update(state="closed")
    assert stored(case) == ("received", 1)


def test_a_new_version_without_an_event_is_refused(house: House) -> None:
    case = open_complaint(house)
    with pytest.raises(DatabaseError), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(state="closed", version=2)
    assert stored(case) == ("received", 1)


def test_a_skipped_version_is_refused(house: House) -> None:
    case = open_complaint(house)
    with pytest.raises(DatabaseError), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(state="closed", version=3)
    assert stored(case) == ("received", 1)


def test_a_stale_save_is_refused(house: House) -> None:
    case = complaint_in(house, "assigned")
    stale = Case.objects.get(pk=case.pk)
    take(house, case, "answer")
    stale.subject = "改过的标题"
    with pytest.raises(DatabaseError):
        stale.save()
    assert stored(case) == ("answered", 3)


def test_the_newest_event_cannot_be_deleted(house: House) -> None:
    case = complaint_in(house, "assigned")
    with pytest.raises(DatabaseError), transaction.atomic():
        Event.objects.filter(stream=case.stream, stream_ver=2)._raw_delete("default")
    assert [event.version for event in events_of(case.stream)] == [1, 2]


def test_an_event_without_a_place_in_the_chain_is_refused(house: House) -> None:
    case = open_complaint(house)
    newest = Event.objects.get(stream=case.stream, stream_ver=1)
    with pytest.raises(DatabaseError), transaction.atomic():
        Event.objects.create(
            stream=case.stream, stream_ver=1, body=newest.body, prev=newest.prev, hash=newest.hash
        )
    with pytest.raises(DatabaseError), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(stream="case:other", version=2)


def test_a_case_cannot_be_deleted_or_made_in_a_final_state(house: House) -> None:
    case = open_complaint(house)
    with pytest.raises(DatabaseError), transaction.atomic():
        Case.objects.filter(pk=case.pk)._raw_delete("default")
    made = Case.objects.get(pk=case.pk)
    made.pk, made.stream, made.number = None, "case:invented", "X-1"
    with pytest.raises(DatabaseError), transaction.atomic():
        made.save(force_insert=True)
    assert Case.objects.count() == 1


def test_the_protected_state_stays_protected_also_after_a_failed_reload(house: House) -> None:
    case = open_complaint(house)
    ghost = Case.objects.get(pk=case.pk)
    ghost.pk = 999_999
    with pytest.raises(Case.DoesNotExist):
        ghost.refresh_from_db()
    case.refresh_from_db()
    for row in (case, ghost):
        with pytest.raises(AttributeError):
            row.state = "closed"
    assert case.state == "received"


def in_parallel(number: int, work: Any) -> list[Any]:
    """Run ``work`` in threads that start together; return results and exceptions."""
    results: list[Any] = []
    start = threading.Barrier(number)

    def run(position: int) -> None:
        start.wait()
        try:
            results.append(work(position))
        except WorkflowError as refusal:
            results.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(position,)) for position in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_many_equal_requests_at_once_have_one_effect(house: House) -> None:
    case = open_complaint(house)
    again = key()
    results = in_parallel(12, lambda _n: take(house, case, "assign", idempotency_key=again, seen_version=1))
    assert sorted(receipt.version for receipt in results) == [2] * 12
    assert sum(not receipt.repeated for receipt in results) == 1
    assert [event.version for event in events_of(case.stream)] == [1, 2]


def test_of_many_people_at_once_one_wins_and_the_others_are_told(house: House) -> None:
    case = complaint_in(house, "answered")
    steps = ["close", "send_back"] * 5
    results = in_parallel(10, lambda n: take(house, case, steps[n], seen_version=3))
    assert sum(not isinstance(result, Exception) for result in results) == 1
    assert sum(isinstance(result, Overtaken) for result in results) == 9
    assert [event.version for event in events_of(case.stream)] == [1, 2, 3, 4]
