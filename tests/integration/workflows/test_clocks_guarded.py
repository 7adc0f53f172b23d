"""Whoever has the database password cannot move, silence, forge or remove a clock without an event that tells of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from foundation.audit import guards
from foundation.audit.queries import events_of
from tests.factories.chains import fresh, open_one
from tests.factories.clocks import clock, publish_timed, put_clock, the_clock
from workflows.models import Case, CaseClock
from workflows.models.clock import stream_of
from workflows.services.clocks import sweep

pytestmark = pytest.mark.django_db

LATER = dt.timedelta(days=400)


@pytest.fixture
def case() -> Case:
    people = publish_timed(clock(due={"roles": ["boss"]}), clock("second"))
    return open_one(people["worker"][0])


def refused(**columns: Any) -> None:
    with pytest.raises(IntegrityError, match="workflows_caseclock"), transaction.atomic():
        CaseClock.objects.filter(clock="answer").update(**columns)


@pytest.mark.parametrize(
    "columns",
    [
        {"due_at": timezone.now() + LATER},
        {"next_fire_at": None},
        {"status": "stopped"},
        {"outcome": "kept"},
        {"fired": {"due": {"at": "2026-01-01", "told": 0}}},
        {"stretches": []},
        {"run": 7},
        {"clock": "other"},
    ],
    ids=lambda columns: next(iter(columns)),
)
def test_a_clock_cannot_be_changed_past_its_service(case: Case, columns: dict[str, Any]) -> None:
    refused(**columns)


def test_neither_an_event_already_used_nor_one_of_another_clock_covers_a_change(case: Case) -> None:
    assert the_clock(case).case_version == fresh(case).version
    put_clock(the_clock(case, "second"), run=2)
    refused(due_at=timezone.now() + LATER, own_version=1)
    refused(due_at=timezone.now() + LATER, own_version=2)
    refused(due_at=timezone.now() + LATER, case_version=fresh(case).version + 1)
    put_clock(the_clock(case), run=2)
    refused(case_version=0)
    refused(own_version=0, run=3)


def test_what_only_keeps_books_may_change_without_an_event(case: Case) -> None:
    assert CaseClock.objects.filter(case=case).update(used_seconds=5, failures=1, last_error="?") == 2


def test_a_clock_cannot_be_forged_replaced_or_removed(case: Case) -> None:
    forged = CaseClock(case=case, clock="third", started_at=timezone.now(), case_version=1)
    with pytest.raises(IntegrityError, match="workflows_caseclock"), transaction.atomic():
        forged.save()
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        CaseClock.objects.all().delete()
    if connection.vendor == "sqlite":
        row = the_clock(case)
        with (
            pytest.raises(IntegrityError, match="workflows_caseclock"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(
                "REPLACE INTO workflows_caseclock SELECT * FROM workflows_caseclock WHERE id = %s", [row.pk]
            )
    else:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
                cursor.execute("TRUNCATE workflows_caseclock")
    assert guards.missing() == []


def test_a_new_clock_is_taken_with_an_event_that_names_it(case: Case) -> None:
    third = put_clock(CaseClock(case=case, clock="third", started_at=timezone.now()))
    assert the_clock(case, "third").own_version == third.own_version == 1


def test_a_clock_that_fails_says_so_in_an_event(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows.services.clocks.clock_of", lambda case, name: None)
    now = timezone.now() + dt.timedelta(hours=3)
    assert sweep(now).failed == 2
    row = the_clock(case)
    assert (row.failures, row.next_fire_at) == (1, now + dt.timedelta(minutes=1))
    assert {event.kind for event in events_of(stream_of(case))} == {"clock_failed"}
