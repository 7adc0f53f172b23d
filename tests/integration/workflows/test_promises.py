"""Promises: made by clocks and by hand, kept, broken, replaced and taken back, each told by an event of its own."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from forms.services.definitions import publish_form
from foundation.audit.queries import events_of
from foundation.audit.services import Actor
from foundation.editions.models import Edition
from foundation.editions.queries import newest
from foundation.notifying.models import Notification
from foundation.organisation.models import User
from foundation.worktime.services import export_calendar, load_calendar
from tests.factories.chains import form_body, fresh, open_one, publish_all, text
from tests.factories.clocks import SHANGHAI, clock, pack_calendars, publish_timed, the_clock, timed_body
from tests.factories.organisation import make_user, make_user_with_roles
from workflows import replay
from workflows.exceptions import AnswersRefused, CaseNotFound, NotPermitted, RuleBroken
from workflows.models import Case, Promise
from workflows.promises import Reader, by_of, promises_seen_by, to_of, what_of
from workflows.schema import WorkflowDefinition
from workflows.services import cases, migration
from workflows.services.clocks import recount
from workflows.services.clocks import sweep as sweep_clocks
from workflows.services.definitions import publish_workflow
from workflows.services.promises import Said, keep_promise, promise_anew, record_promise, sweep, withdraw
from workflows.services.promising import move
from workflows.trail import entries

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)
DAY = 24 * HOUR


def promising(**more: Any) -> dict[str, Any]:
    said = {"to_answer": "note", "what": text("回电"), **more.pop("promise", {})}
    return clock(
        **{
            "begins": [],
            "restarts": ["promise"],
            "targets": [{"answer": "promised_at"}, {"answer": "promised_on"}],
            "promise": said,
            **more,
        }
    )


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


def moment(when: dt.datetime) -> list[str]:
    local = when.astimezone(SHANGHAI)
    return [f"day={local:%Y-%m-%d}", f"time={local:%H:%M}"]


def in_hours(number: int) -> dt.datetime:
    return (timezone.now() + number * HOUR).replace(second=0, microsecond=0)


def the_promises(case: Case) -> list[tuple[str, int, bool]]:
    rows = Promise.objects.filter(case=case).order_by("pk")
    return [(row.status, row.times, row.owed) for row in rows]


def kinds(promise: Promise) -> list[str]:
    return [event.kind for event in events_of(promise.stream)]


def told(**which: Any) -> list[str]:
    rows = Notification.objects.filter(announcement__kind__startswith="promise.", **which)
    return sorted(rows.values_list("announcement__kind", flat=True))


def later(promise: Promise, by: dt.timedelta = HOUR) -> dt.datetime:
    return promise.due_at + by


# --- made by clocks ------------------------------------------------------------------------------------------------


def test_a_step_that_names_a_time_makes_a_promise_and_reaching_the_end_in_time_keeps_it() -> None:
    people = publish_timed(promising())
    worker = people["worker"][0]
    case = open_one(worker, note="王先生")
    assert the_promises(case) == []
    due = in_hours(30)
    case = do(case, "promise", worker, promised_at=moment(due))
    promise = Promise.objects.get(case=case)
    with override("zh-hans"):
        assert (what_of(promise), to_of(promise, case, None)) == ("回电", "王先生")
    assert (promise.due_at, promise.by, promise.made_step, promise.owed) == (due, worker, "promise", True)
    do(case, "finish", worker)
    promise.refresh_from_db()
    assert (promise.status, promise.settled_step, promise.settled_by) == ("kept", "finish", worker)
    assert kinds(promise) == ["promise_made", "promise_settled"]


def test_a_name_that_some_may_not_read_is_the_fixed_words_for_them_and_in_what_is_told() -> None:
    words = {"zh-hans": "顾客", "en": "the customer"}
    body = timed_body(promising(promise={"to_words": words}))
    body["access"]["sees"] += ["worker", "boss"]
    pack_calendars()
    people = publish_all(body)
    worker = people["worker"][0]
    form = form_body()
    field = form["pages"][0]["groups"][0]["fields"][1]
    field |= {"readers": ["boss"], "confidentiality": "personal"}
    publish_form(form, by=worker)
    case = do(open_one(make_user(), note="王先生"), "promise", worker, promised_at=moment(in_hours(2)))
    promise = Promise.objects.get(case=case)
    with override("en"):
        assert to_of(promise, case, Reader.of(people["boss"][0])) == "王先生"
        assert to_of(promise, case, Reader.of(worker)) == "the customer"
        assert to_of(promise, case, None) == "the customer"


def test_a_promised_day_lasts_until_it_is_over_and_what_the_clock_adds_is_no_part_of_the_promise() -> None:
    people = publish_timed(promising(targets=[{"answer": "promised_at", "amount": -2, "unit": "hours"}]))
    worker = people["worker"][0]
    due = in_hours(30)
    case = do(open_one(worker), "promise", worker, promised_at=moment(due))
    assert the_clock(case).due_at == due - 2 * HOUR
    assert Promise.objects.get(case=case).due_at == due


def test_a_new_time_replaces_the_promise_and_the_old_one_stays() -> None:
    people = publish_timed(promising())
    worker = people["worker"][0]
    case = open_one(worker)
    for hours in (5, 9, 30):
        case = do(case, "promise", worker, promised_at=moment(in_hours(hours)))
    assert the_promises(case) == [("replaced", 1, False), ("replaced", 2, False), ("open", 3, True)]
    last = Promise.objects.get(case=case, settled_at=None)
    assert last.replaces is not None
    assert last.replaces.replaces is not None
    case = do(case, "promise", worker, promised_at=moment(last.due_at))
    assert len(the_promises(case)) == 3, "the same time named again is no new promise"


def test_a_promise_whose_time_is_over_is_broken_and_kept_late_when_it_is_done_after_all() -> None:
    people = publish_timed(promising())
    worker = people["worker"][0]
    case = do(open_one(worker), "promise", worker, promised_at=moment(in_hours(2)))
    promise = Promise.objects.get(case=case)
    assert sweep(promise.due_at - HOUR) == 0
    assert sweep(later(promise)) == 1
    assert sweep(later(promise)) == 0
    promise.refresh_from_db()
    assert (promise.status, promise.owed, promise.broken_at is not None) == ("broken", True, True)
    assert told(person=worker) == ["promise.broken"]
    put_due(promise, timezone.now() - HOUR)
    do(case, "finish", worker)
    promise.refresh_from_db()
    assert (promise.status, promise.owed) == ("late", False)
    assert kinds(promise)[-1] == "promise_settled"


def put_due(promise: Promise, due: dt.datetime) -> None:
    """Move the time of a promise with an event, as a calendar would."""
    with transaction.atomic():
        move(promise, promise.case, due, Actor.system("test"))


def test_a_promised_day_follows_the_hours_of_its_calendar() -> None:
    people = publish_timed(
        promising(calendar="aftersales", targets=[{"answer": "promised_on", "unit": "days"}])
    )
    worker = people["worker"][0]
    day = timezone.localdate() + 20 * DAY
    case = do(open_one(worker), "promise", worker, promised_on=[day.isoformat()])
    promise = Promise.objects.get(case=case)
    file = export_calendar("aftersales")
    file["overrides"] = [one for one in file["overrides"] if str(one["date"]) != day.isoformat()]
    file["overrides"].append(
        {"date": day.isoformat(), "open": ["09:00-11:15"], "note": "盘点", "note_en": "Stock"}
    )
    load_calendar(file, by=None)
    assert recount() == 1
    promise.refresh_from_db()
    assert f"{promise.due_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" == f"{day} 11:15"
    assert promise.due_at == the_clock(case).due_at
    assert kinds(promise) == ["promise_made", "promise_moved"]
    assert len(the_promises(case)) == 1


def test_a_broken_promise_that_is_replaced_stays_broken() -> None:
    people = publish_timed(promising())
    worker = people["worker"][0]
    case = do(open_one(worker), "promise", worker, promised_at=moment(in_hours(2)))
    put_due(Promise.objects.get(case=case), timezone.now() - HOUR)
    case = do(case, "promise", worker, promised_at=moment(in_hours(9)))
    assert the_promises(case) == [("broken", 1, False), ("open", 2, True)]


def test_what_the_clock_tells_of_is_not_told_twice() -> None:
    people = publish_timed(promising(due={"roles": ["boss"]}))
    worker = people["worker"][0]
    case = do(open_one(worker), "promise", worker, promised_at=moment(in_hours(2)))
    sweep(later(Promise.objects.get(case=case)))
    assert told() == []


def test_a_case_that_ends_otherwise_leaves_nothing_to_keep() -> None:
    people = publish_timed(promising())
    worker = people["worker"][0]
    case = do(open_one(worker), "promise", worker, promised_at=moment(in_hours(2)))
    do(case, "give_up", worker)
    assert the_promises(case) == [("lapsed", 1, False)]


@pytest.mark.parametrize(("by", "expected"), [("actor", "worker"), ("assignee", "boss")])
def test_the_definition_says_who_stands_for_it(by: str, expected: str) -> None:
    pack_calendars()
    body = timed_body(promising(promise={"by": by}))
    body["access"]["sees"] += ["worker", "boss"]
    body["transitions"][2]["assignment"] = {"mode": "submitter"}
    people = publish_all(body)
    case = open_one(people["boss"][0])
    case = do(case, "promise", people["worker"][0], promised_at=moment(in_hours(2)))
    assert Promise.objects.get(case=case).by == people[expected][0]


def test_only_some_of_the_states_that_stop_the_clock_keep_it() -> None:
    people = publish_timed(promising(ends=["done", "late"], promise={"kept": ["done"]}))
    worker = people["worker"][0]
    case = do(open_one(worker), "promise", worker, promised_at=moment(in_hours(2)))
    do(case, "mark_late", people["boss"][0])
    assert the_promises(case) == [("lapsed", 1, False)]


def test_the_step_a_clock_takes_when_its_time_is_over_keeps_nothing() -> None:
    spec = promising(ends=["done", "late"], due={"takes": "mark_late"}, restarts=["go_on"])
    body = timed_body({**spec, "targets": [{"answer": "promised_at"}]})
    body["transitions"][1]["asks"] = body["transitions"][2].pop("asks")
    body["transitions"][3]["source"] = ["received", "waits"]
    body["access"]["sees"] += ["worker", "boss"]
    people = publish_all(body)
    worker = people["worker"][0]
    case = do(do(open_one(worker), "wait", worker), "go_on", worker, promised_at=moment(in_hours(2)))
    promise = Promise.objects.get(case=case)
    with travelled(later(promise)):
        assert sweep_clocks(timezone.now()).fired == 1
    assert fresh(case).state == "late"
    assert the_promises(case) == [("broken", 1, False)]


def test_somebody_from_outside_promises_to_the_house() -> None:
    people = publish_timed(promising(promise={"to_answer": None, "by": "outsider", "by_answer": "note"}))
    worker = people["worker"][0]
    case = do(open_one(worker, note="保险公司"), "promise", worker, promised_at=moment(in_hours(2)))
    promise = Promise.objects.get(case=case)
    with override("en"):
        assert (promise.by, by_of(promise, case, None), to_of(promise, case, None)) == (
            None,
            "保险公司",
            "the house",
        )


@contextmanager
def travelled(then: dt.datetime) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: then)
        yield


def test_workflows_without_promises_ask_nothing_of_the_table() -> None:
    people = publish_timed(clock())
    worker = people["worker"][0]
    case = open_one(worker)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        do(case, "finish", worker)
    assert not [one for one in queries.captured_queries if "workflows_promise" in one["sql"]]


# --- by hand -------------------------------------------------------------------------------------------------------


def recorded(case: Case, who: User, key: str = "", **more: Any) -> Promise:
    said = Said(
        **{
            "what": "报价后回电",
            "to_whom": "王先生",
            "due_at": in_hours(30),
            "remind_at": in_hours(20),
            **more,
        }
    )
    return record_promise(case_uuid=case.uuid, said=said, by=who, idempotency_key=key or uuid.uuid4().hex)


def a_case() -> tuple[Case, dict[str, list[User]]]:
    people = publish_timed(clock())
    return open_one(people["worker"][0]), people


def test_a_promise_by_hand_reminds_and_is_kept() -> None:
    case, people = a_case()
    worker = people["worker"][0]
    version = fresh(case).version
    promise = recorded(case, worker)
    assert sweep(promise.due_at - 9 * HOUR) == 1
    assert told(person=worker) == ["promise.reminded"]
    assert sweep(promise.due_at - 9 * HOUR) == 0
    keep_promise(promise=promise, by=worker, idempotency_key="k")
    promise.refresh_from_db()
    assert (promise.status, promise.settled_by) == ("kept", worker)
    assert kinds(promise) == ["promise_made", "promise_reminded", "promise_settled"]
    assert fresh(case).version == version, "whoever has the case open is not overtaken"


def test_one_that_is_missed_is_told_to_whoever_stands_for_it() -> None:
    case, people = a_case()
    worker, boss = people["worker"][0], people["boss"][0]
    promise = recorded(case, worker, by=boss.uuid)
    sweep(later(promise))
    assert told(person=boss) == ["promise.broken"]
    assert told(person=worker) == []


def test_sent_twice_it_is_recorded_once() -> None:
    case, people = a_case()
    due = in_hours(30)
    first, again = (recorded(case, people["worker"][0], "same", due_at=due, remind_at=None) for _ in "12")
    assert first.pk == again.pk
    with pytest.raises(RuleBroken):
        recorded(case, people["worker"][0], "same", due_at=due, remind_at=None, what="其他")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"what": " "}, "what"),
        ({"what": "长" * 301}, "what"),
        ({"to_whom": ""}, "to_whom"),
        ({"due_at": None}, "due"),
        ({"due_at": timezone.now() - HOUR}, "due"),
        ({"due_at": timezone.now() + 5000 * DAY}, "due"),
        ({"by": uuid.uuid4()}, "by"),
    ],
)
def test_what_does_not_hold_is_refused_at_its_field(more: dict[str, Any], field: str) -> None:
    case, people = a_case()
    with pytest.raises(AnswersRefused) as refusal:
        recorded(case, people["worker"][0], **more)
    assert set(refusal.value.errors) == {field}
    assert not Promise.objects.exists()


def test_nobody_stands_for_a_promise_on_a_case_they_may_not_see() -> None:
    case, people = a_case()
    stranger = make_user("stranger")
    with pytest.raises(AnswersRefused):
        recorded(case, people["worker"][0], by=stranger.uuid)


def test_who_may() -> None:
    case, people = a_case()
    stranger, auditor, worker = make_user("stranger"), people["auditor"][0], people["worker"][0]
    with pytest.raises(CaseNotFound):
        recorded(case, stranger)
    with pytest.raises(NotPermitted):
        recorded(case, auditor)
    promise = recorded(case, worker)
    with pytest.raises(CaseNotFound):
        keep_promise(promise=promise, by=stranger, idempotency_key="a")
    with pytest.raises(NotPermitted):
        keep_promise(promise=promise, by=auditor, idempotency_key="b")
    do(case, "finish", worker)
    with pytest.raises(NotPermitted):
        recorded(case, worker)
    keep_promise(promise=promise, by=worker, idempotency_key="c")


def test_a_promise_is_taken_back_with_a_reason_and_settled_once() -> None:
    case, people = a_case()
    worker = people["worker"][0]
    promise = recorded(case, worker)
    with pytest.raises(AnswersRefused) as refusal:
        withdraw(promise=promise, reason=" ", by=worker, idempotency_key="a")
    assert set(refusal.value.errors) == {"reason"}
    withdraw(promise=promise, reason="客户不再需要", by=worker, idempotency_key="b")
    promise.refresh_from_db()
    assert (promise.status, promise.reason) == ("withdrawn", "客户不再需要")
    with pytest.raises(RuleBroken):
        keep_promise(promise=promise, by=worker, idempotency_key="c")


def test_another_time_is_another_promise_of_the_same() -> None:
    case, people = a_case()
    worker = people["worker"][0]
    first = recorded(case, worker)
    same = Said("", "", first.due_at)
    with pytest.raises(AnswersRefused):
        promise_anew(promise=first, said=same, reason="", by=worker, idempotency_key="a")
    second = promise_anew(
        promise=first, said=Said("", "", in_hours(50)), reason="配件未到", by=worker, idempotency_key="b"
    )
    first.refresh_from_db()
    assert (second.what, second.times, second.replaces) == (first.what, 2, first)
    assert (first.status, first.reason) == ("replaced", "配件未到")


def test_what_a_step_keeps_is_not_kept_by_hand() -> None:
    people = publish_timed(promising())
    worker = people["worker"][0]
    case = do(open_one(worker), "promise", worker, promised_at=moment(in_hours(2)))
    with pytest.raises(RuleBroken):
        keep_promise(promise=Promise.objects.get(case=case), by=worker, idempotency_key="a")


# --- the record ----------------------------------------------------------------------------------------------------


def test_the_database_refuses_a_promise_that_no_event_tells_of() -> None:
    case, people = a_case()
    promise = recorded(case, people["worker"][0])
    with pytest.raises(DatabaseError), transaction.atomic():
        Promise.objects.filter(pk=promise.pk).update(status="kept", settled_at=timezone.now())
    with pytest.raises(DatabaseError), transaction.atomic():
        Promise.objects.filter(pk=promise.pk).delete()


def test_the_trail_of_the_case_tells_of_its_promises() -> None:
    case, people = a_case()
    worker = people["worker"][0]
    promise = recorded(case, worker)
    withdraw(promise=promise, reason="客户不再需要", by=worker, idempotency_key="b")
    with override("en"):
        made, settled = [entry for entry in entries(case.number) if "romise" in entry.what]
        said = {change.label: change.after for change in made.changes}
        assert (said["What"], said["To whom"], said["By whom"]) == ("报价后回电", "王先生", str(worker))
    assert settled.reason == "客户不再需要"
    assert [change.after for change in settled.changes] == ["withdrawn"]


def test_a_list_names_no_case_its_reader_may_not_see() -> None:
    case, people = a_case()
    worker = people["worker"][0]
    promise = recorded(case, worker)
    assert list(promises_seen_by(worker)) == [promise]
    assert list(promises_seen_by(people["auditor"][0], "all", "all")) == [promise]
    assert not promises_seen_by(make_user("stranger"), "all", "all").exists()


# --- other editions --------------------------------------------------------------------------------------------------


def moved_to_the_newest(builder: User, case: Case) -> migration.CaseMigration:
    old, new = case.edition, newest(Edition.Kind.WORKFLOW, "spending")
    assert new is not None
    return migration.migrate(migration.suggested(old, new), by=builder, reason="新版", seen=1)


def test_a_case_that_moves_to_another_edition_keeps_its_promises_and_can_keep_them_there() -> None:
    """Those a clock has made and those recorded by hand, on the way there and back."""
    people = publish_timed(promising())
    worker, builder = people["worker"][0], make_user_with_roles("form_builder")
    case = do(open_one(worker, note="王先生"), "promise", worker, promised_at=moment(in_hours(30)))
    by_hand = recorded(case, worker)
    before = the_promises(case)
    by_clock = Promise.objects.get(case=case, clock="answer")
    publish_workflow(timed_body(promising(promise={"what": text("上门")})), by=builder)

    there = moved_to_the_newest(builder, fresh(case))
    assert fresh(case).edition.number == 2
    assert the_promises(case) == before
    with override("zh-hans"):
        by_clock.refresh_from_db()
        assert what_of(by_clock) == "回电", "it was made in the words of its time"
    migration.undo(there, by=builder, reason="退回")
    assert the_promises(case) == before

    moved_to_the_newest(builder, fresh(case))
    do(fresh(case), "finish", worker)
    by_clock.refresh_from_db()
    by_hand.refresh_from_db()
    assert (by_clock.status, by_clock.settled_step) == ("kept", "finish")
    assert by_hand.owed, "what people promised by hand is theirs to settle"


def test_a_promise_whose_clock_the_new_edition_knows_no_more_is_not_needed_any_more() -> None:
    people = publish_timed(promising())
    worker, builder = people["worker"][0], make_user_with_roles("form_builder")
    case = do(open_one(worker), "promise", worker, promised_at=moment(in_hours(30)))
    publish_workflow(timed_body(clock("other")), by=builder)

    moved_to_the_newest(builder, fresh(case))

    assert the_promises(case) == [("lapsed", 1, False)]
    assert kinds(Promise.objects.get(case=case)) == ["promise_made", "promise_settled"]


def test_replay_says_which_promises_a_draft_would_not_have_made_or_kept() -> None:
    people = publish_timed(promising())
    worker = people["worker"][0]
    case = do(open_one(worker), "promise", worker, promised_at=moment(in_hours(30)))
    case = do(case, "finish", worker)
    plain = open_one(worker)
    do(plain, "finish", worker)

    def said(*clocks: dict[str, Any]) -> list[tuple[str, str, str]]:
        draft = WorkflowDefinition.model_validate(timed_body(*clocks))
        with override("zh-hans"):
            what = {one.what for one in replay.replay(draft, 10)}
        with override("en"):
            found = replay.replay(draft, 10)
        assert what or not found
        return [(one.case, one.step, one.what) for one in found]

    assert said(promising()) == []
    assert said(clock()) == [(case.number, "promise", "“回电” would not have been promised.")]
    assert said(promising(promise={"kept": ["given_up"]}, ends=["done", "given_up"])) == [
        (case.number, "finish", "The step would not have kept the promise “回电”.")
    ]
    another = promising(id="another", promise={"what": text("上门")})
    assert said(promising(), another) == [(case.number, "", "“上门” would have been promised.")]


def test_replay_says_which_promises_a_draft_would_have_kept() -> None:
    people = publish_timed(promising(promise={"kept": ["done"]}, ends=["done", "given_up"]))
    worker = people["worker"][0]
    case = do(open_one(worker), "promise", worker, promised_at=moment(in_hours(30)))
    do(case, "give_up", worker)
    assert the_promises(case) == [("lapsed", 1, False)]

    draft = WorkflowDefinition.model_validate(timed_body(promising(ends=["done", "given_up"])))
    with override("en"):
        assert [one.what for one in replay.replay(draft, 10)] == [
            "The step would have kept the promise “回电”."
        ]
