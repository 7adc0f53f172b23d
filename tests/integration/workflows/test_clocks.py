"""Clocks of cases: they run with the states, tell people in time, and never stop the work."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from foundation.audit.queries import events_of
from foundation.notifying.models import Delivery, Notification
from foundation.notifying.passing_on import send_waiting
from foundation.organisation.models import User
from foundation.worktime.engine import Override
from foundation.worktime.loading import timetable
from foundation.worktime.models import Calendar
from foundation.worktime.services import export_calendar, load_calendar
from tests.factories.chains import fresh, open_one, publish_all
from tests.factories.clocks import clock, publish_timed, put_clock, the_clock, timed_body
from tests.factories.notifying import mails_written
from tests.factories.organisation import hold, make_position, make_user
from workflows.models import Case, CaseClock
from workflows.models.clock import stream_of
from workflows.services import cases
from workflows.services.clocks import Round, moved_by, recount, sweep
from workflows.trail import entries

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)


def do(case: Case, name: str, by: User, **answers: list[str]) -> Case:
    cases.act(
        case_uuid=case.uuid,
        step=name,
        by=by,
        seen_version=fresh(case).version,
        idempotency_key=uuid.uuid4().hex,
        answers=answers,
    )
    return fresh(case)


def told(**which: Any) -> list[str]:
    keys = Notification.objects.filter(announcement__kind__startswith="clock.", **which)
    return sorted(key.split(":", 5)[-1] for key in keys.values_list("announcement__key", flat=True))


def kinds(case: Case) -> list[str]:
    return [event.kind for event in events_of(stream_of(case))]


def test_a_clock_starts_with_the_case_and_is_kept_when_the_state_that_stops_it_is_reached_in_time() -> None:
    people = publish_timed(clock())
    case = open_one(people["worker"][0])
    row = the_clock(case)
    assert row.status == "running"
    assert row.due_at == row.started_at + 2 * HOUR
    do(case, "finish", people["worker"][0])
    row = the_clock(case)
    assert (row.status, row.outcome, row.next_fire_at) == ("stopped", "kept", None)


def test_the_event_of_the_case_tells_what_became_of_its_clocks() -> None:
    people = publish_timed(clock())
    case = open_one(people["worker"][0])
    do(case, "finish", people["worker"][0])
    opened, finished = [
        {change.path: change.after for change in event.changes} for event in events_of(case.stream)
    ]
    assert opened["clocks.answer"]["state"] == "running"
    assert finished["clocks.answer"] == {**opened["clocks.answer"], "state": "stopped", "outcome": "kept"}
    assert "answer" in [change.label for entry in entries(case.number) for change in entry.changes]


def test_a_clock_that_is_stopped_late_is_broken_and_one_of_a_case_given_up_in_time_is_not_needed() -> None:
    people = publish_timed(clock())
    late, early = open_one(people["worker"][0]), open_one(people["worker"][0])
    put_clock(the_clock(late), due_at=timezone.now() - HOUR)
    do(late, "finish", people["worker"][0])
    do(early, "give_up", people["worker"][0])
    assert the_clock(late).outcome == "broken"
    assert the_clock(early).outcome == "dropped"


def test_a_clock_stands_still_while_somebody_else_is_waited_for_and_nothing_fires_meanwhile() -> None:
    people = publish_timed(clock(pauses=["waits"], due={"roles": ["boss"]}))
    case = open_one(people["worker"][0])
    do(case, "wait", people["worker"][0])
    row = the_clock(case)
    assert (row.status, row.due_at, row.next_fire_at) == ("paused", None, None)
    assert sweep(timezone.now() + 5 * HOUR).fired == 0
    first, second = (timezone.now() - 2 * HOUR).isoformat(), (timezone.now() - HOUR).isoformat()
    put_clock(
        row,
        stretches=[
            {**row.stretches[0], "since": first, "until": second},
            {**row.stretches[1], "since": second},
        ],
    )
    do(case, "go_on", people["worker"][0])
    row = the_clock(case)
    assert row.status == "running"
    assert row.due_at is not None
    assert abs(row.due_at - (timezone.now() + HOUR)) < dt.timedelta(minutes=1)


def test_a_new_promise_starts_the_clock_anew_and_the_answer_just_given_counts() -> None:
    day = (timezone.localdate() + dt.timedelta(days=3)).isoformat()
    people = publish_timed(
        clock(
            restarts=["promise"],
            targets=[{"answer": "promised_at"}, {"answer": "promised_on"}, {"amount": 2, "unit": "hours"}],
        )
    )
    worker = people["worker"][0]
    case = open_one(worker)
    assert the_clock(case).answer == ""
    do(case, "promise", worker, promised_at=[f"day={day}", "time=10:30"])
    row = the_clock(case)
    assert (row.run, row.answer) == (2, f"{day}T10:30")
    assert timezone.localtime(row.due_at).isoformat()[:16] == f"{day}T10:30"
    do(case, "finish", worker)
    assert the_clock(case).outcome == "kept"


def test_a_clock_that_goes_by_an_answer_waits_until_it_is_given() -> None:
    people = publish_timed(clock(begins=[], restarts=["promise"], targets=[{"answer": "promised_on"}]))
    case = open_one(people["worker"][0])
    assert not CaseClock.objects.exists()
    today = timezone.localdate()
    do(case, "promise", people["worker"][0], promised_on=[today.isoformat()])
    midnight = timezone.make_aware(dt.datetime.combine(today + dt.timedelta(days=1), dt.time()))
    assert the_clock(case).due_at == midnight


def test_how_much_time_there_is_depends_on_the_grade() -> None:
    people = publish_timed(
        clock(
            targets=[
                {"when": 'grade == "grave"', "amount": 1, "unit": "hours"},
                {"amount": 8, "unit": "hours"},
            ]
        ),
        grades=[
            {"id": "grave", "title": {"zh-hans": "重", "en": "Grave"}, "when": "amount > 1000"},
            {"id": "light", "title": {"zh-hans": "轻", "en": "Light"}},
        ],
    )
    grave, light = open_one(people["worker"][0], amount=2000), open_one(people["worker"][0], amount=10)
    assert the_clock(grave).length_seconds == 3600
    assert the_clock(light).length_seconds == 8 * 3600


def test_people_are_warned_told_when_it_is_over_and_those_above_them_later_each_once() -> None:
    people = publish_timed(
        clock(
            warnings=[{"percent": 50, "roles": ["worker"]}],
            due={
                "roles": ["worker"],
                "escalations": [{"amount": 1, "unit": "hours", "roles": ["boss"]}],
            },
        )
    )
    case = open_one(people["worker"][0])
    start = the_clock(case).started_at
    seen = []
    for minutes in (30, 61, 62, 121, 122, 181, 240):
        sweep(start + dt.timedelta(minutes=minutes))
        seen.append(told())
    assert seen[0] == []
    assert seen[1] == seen[2] == ["warn:50"]
    assert seen[3] == seen[4] == ["due", "warn:50"]
    assert seen[5] == seen[6] == ["due", "escalate:0", "warn:50"]
    assert kinds(case) == ["clock_warned", "clock_due", "clock_escalated"]
    assert told(person=people["boss"][0]) == ["escalate:0"]
    assert the_clock(case).next_fire_at is None


def test_a_clerk_who_has_the_case_open_is_not_overtaken_by_a_warning() -> None:
    people = publish_timed(clock(due={"roles": ["boss"]}))
    case = open_one(people["worker"][0])
    seen = fresh(case).version
    assert sweep(timezone.now() + 3 * HOUR).fired == 1
    cases.act(
        case_uuid=case.uuid, step="finish", by=people["worker"][0], seen_version=seen, idempotency_key="one"
    )
    assert fresh(case).state == "done"


def test_after_the_machine_was_off_for_days_nobody_is_flooded() -> None:
    again = {"amount": 1, "unit": "hours", "most": 48}
    people = publish_timed(
        clock(warnings=[{"percent": 50, "roles": ["worker"]}], due={"roles": ["worker"], "again": again})
    )
    case = open_one(people["worker"][0])
    start = the_clock(case).started_at
    sweep(start + dt.timedelta(days=1))
    assert told() == ["due", "warn:50"]
    sweep(start + dt.timedelta(days=1, hours=10))
    assert told() == ["again:32", "due", "warn:50"]
    sweep(start)  # the clock of the machine set back
    assert len(told()) == 3
    sweep(start + dt.timedelta(days=9))
    assert the_clock(case).next_fire_at is None
    assert len(told()) == 4


def test_when_its_time_is_over_the_machine_takes_the_step_by_itself() -> None:
    people = publish_timed(
        clock(ends=["late", "done"], pauses=["waits"], due={"roles": ["boss"], "takes": "mark_late"})
    )
    case = open_one(people["worker"][0])
    sweep(timezone.now() + 3 * HOUR)
    assert fresh(case).state == "late"
    row = the_clock(case)
    assert (row.status, row.last_error) == ("stopped", "")
    assert events_of(case.stream)[-1].references["clock"] == "answer"
    assert kinds(case) == ["clock_due", "clock_took"]
    assert sweep(timezone.now() + 9 * HOUR).fired == 0


def test_a_step_that_is_refused_leaves_people_told_says_why_and_is_tried_again_later_each_time() -> None:
    body = timed_body(
        clock(ends=["late", "done"], pauses=["waits"], due={"roles": ["boss"], "takes": "mark_late"})
    )
    for one in body["transitions"]:
        if one["id"] == "mark_late":
            one.update(
                guard="amount > 500", guard_message={"zh-hans": "金额太小", "en": "Too small an amount"}
            )
    people = publish_all(body)
    case = open_one(people["worker"][0], amount=100)
    other = open_one(people["worker"][0], amount=900)
    now = timezone.now() + 3 * HOUR
    swept = sweep(now)
    assert (swept.fired, swept.failed) == (1, 1)
    row = the_clock(case)
    assert row.last_error in ("Too small an amount", "金额太小")
    assert told(announcement__matter_id=str(case.uuid)) == ["due"]
    assert row.next_fire_at == now + dt.timedelta(minutes=1)
    sweep(now + dt.timedelta(minutes=1))
    row = the_clock(case)
    assert (row.failures, row.next_fire_at) == (2, now + dt.timedelta(minutes=3))
    assert told(announcement__matter_id=str(case.uuid)) == ["due"]
    assert fresh(other).state == "late"


def test_a_calendar_that_is_gone_stops_neither_the_step_nor_the_other_clocks() -> None:
    working = clock("hours", calendar="aftersales", targets=[{"amount": 4, "unit": "working_hours"}])
    people = publish_timed(working, clock(due={"roles": ["boss"]}))
    Calendar.objects.filter(key="aftersales").delete()
    case = open_one(people["worker"][0])
    assert "aftersales" in the_clock(case, "hours").last_error
    swept = sweep(timezone.now() + 3 * HOUR)
    assert (swept.fired, swept.failed) == (1, 1)
    do(case, "finish", people["worker"][0])
    assert the_clock(case, "hours").status == "stopped"


def test_a_person_gets_one_mail_an_hour_with_everything_in_it() -> None:
    people = publish_timed(clock(due={"roles": ["boss"]}), clock("second", due={"roles": ["boss"]}))
    boss = people["boss"][0]
    boss.email = "boss@example.com"
    boss.save()
    numbers = [open_one(people["worker"][0]).number for _case in range(3)]
    sweep(timezone.now() + 3 * HOUR)
    assert told() == ["due"] * 6
    assert not mails_written(boss)  # they wait for the end of the hour
    assert Delivery.objects.values("due_at").distinct().count() == 1
    Delivery.objects.update(due_at=timezone.now() - HOUR)
    assert send_waiting() == 1
    assert send_waiting() == 0
    (letter,) = mails_written(boss)
    assert all(number in letter.payload["body"] for number in numbers)


def test_a_changed_calendar_moves_the_due_times_and_what_would_move_is_known_before() -> None:
    people = publish_timed(
        clock(calendar="aftersales", targets=[{"amount": 20, "unit": "working_days"}]), clock("plain")
    )
    case = open_one(people["worker"][0])
    row = the_clock(case)
    due, day = row.due_at, timezone.localtime(row.due_at).date()

    table = timetable("aftersales")
    draft = dataclasses.replace(table, overrides={**table.overrides, day: Override(())})
    (moved,) = moved_by(draft)
    assert (moved.row.pk, moved.before) == (row.pk, due)
    assert moved.after is not None
    assert moved.after > due
    assert recount() == 0
    file = export_calendar("aftersales")
    file["overrides"].append({"date": day.isoformat(), "closed": True, "note": "盘点", "note_en": "Stock"})
    load_calendar(file, by=None)
    assert recount() == 1
    after = the_clock(case)
    assert after.due_at == moved.after
    assert after.calendar_version != row.calendar_version
    assert recount() == 0
    assert kinds(case) == ["clock_recounted"]


def test_a_workflow_without_clocks_costs_no_query_more() -> None:
    people = publish_timed()
    case = open_one(people["worker"][0])
    with CaptureQueriesContext(connection) as seen:
        do(case, "finish", people["worker"][0])
    assert not [one for one in seen.captured_queries if "caseclock" in one["sql"]]


def test_a_clock_knows_the_superiors_of_whoever_has_the_case() -> None:
    people = publish_timed(clock(due={"roles": ["line_manager"]}))
    chief_post = make_position()
    post = make_position(superiors=[chief_post])
    chief, holder = make_user(), make_user()
    hold(chief, chief_post)
    hold(holder, post)
    case = open_one(people["worker"][0])
    case.assignee = holder
    around = Round(timezone.now())
    assert around.people(case, ["line_manager"], "assignee") == [chief]
    assert around.people(case, ["line_manager"], "submitter") == []
