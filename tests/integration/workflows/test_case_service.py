"""The one door: what a step changes and records, and what is refused with nothing changed."""

from __future__ import annotations

import uuid

import pytest
from django.core import mail
from django.utils.translation import override

from foundation.audit.queries import events_of
from foundation.audit.verification import verify
from tests.factories.notifying import mails_written
from tests.factories.workflows import (
    House,
    complaint_in,
    key,
    make_house,
    open_complaint,
    submit_complaint,
    take,
)
from workflows.exceptions import AnswersRefused, CaseNotFound, NotPermitted, Overtaken, RuleBroken
from workflows.models import Case
from workflows.services import cases

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_house()


def test_a_complaint_walks_to_its_end_and_each_step_is_on_record(house: House) -> None:
    case = complaint_in(house, "closed")
    assert case.category == "final"
    assert case.closed_at is not None
    assert case.assignee == house["assignee"]
    assert case.answers["remedy"] == "rework"
    assert case.answers["customer_accepts"] is True
    assert [
        (e.version, e.kind, e.actor_id, e.source_state, e.target_state) for e in events_of(case.stream)
    ] == [
        (1, "case_opened", house["clerk"].pk, "", "received"),
        (2, "case_assign", house["manager"].pk, "received", "assigned"),
        (3, "case_answer", house["assignee"].pk, "assigned", "answered"),
        (4, "case_close", house["clerk"].pk, "answered", "closed"),
    ]
    assert list(case.history.order_by("version").values_list("version", "state", "history_user_id")) == [
        (1, "received", house["clerk"].pk),
        (2, "assigned", house["manager"].pk),
        (3, "answered", house["assignee"].pk),
        (4, "closed", house["clerk"].pk),
    ]
    assert verify(stream=case.stream).faults == []


def test_a_case_is_numbered_like_its_submission_and_opened_once(house: House) -> None:
    submission = submit_complaint(house)
    again = key()
    arguments = {"workflow_key": "complaint", "submission": submission, "by": house["clerk"]}
    first = cases.open_case(**arguments, idempotency_key=again)
    second = cases.open_case(**arguments, idempotency_key=again)
    assert (first.case.number, first.repeated, second.repeated) == (submission.number, False, True)
    assert second.case == first.case
    with pytest.raises(RuleBroken):
        cases.open_case(**arguments, idempotency_key=key())
    assert Case.objects.count() == 1


def test_the_same_request_twice_acts_once(house: House) -> None:
    case = open_complaint(house)
    again = key()
    first = take(house, case, "assign", idempotency_key=again, seen_version=1)
    second = take(house, case, "assign", idempotency_key=again, seen_version=1)
    assert (first.version, first.repeated) == (2, False)
    assert (second.version, second.repeated, second.fingerprint) == (2, True, first.fingerprint)
    assert len(events_of(case.stream)) == 2


def test_a_key_used_for_another_request_is_refused(house: House) -> None:
    case = open_complaint(house)
    again = key()
    take(house, case, "assign", idempotency_key=again, seen_version=1)
    with pytest.raises(RuleBroken):
        take(
            house,
            case,
            "assign",
            idempotency_key=again,
            seen_version=1,
            answers={"promised_on": ["2099-01-01"]},
        )


def test_a_stale_version_is_overtaken_and_changes_nothing(house: House) -> None:
    case = complaint_in(house, "assigned")
    with pytest.raises(Overtaken) as refusal:
        take(house, case, "answer", seen_version=1)
    assert (refusal.value.seen_version, refusal.value.case.version) == (1, 2)
    assert Case.objects.get(pk=case.pk).state == "assigned"


def test_missing_answers_are_named_and_nothing_is_changed(house: House) -> None:
    case = complaint_in(house, "assigned")
    with pytest.raises(AnswersRefused) as refusal:
        take(house, case, "answer", answers={"finding": ["　"], "remedy": ["magic"]})
    assert set(refusal.value.errors) == {"finding", "remedy"}
    assert len(events_of(case.stream)) == 2


def test_closing_needs_a_content_customer(house: House) -> None:
    case = complaint_in(house, "answered")
    with override("zh-hans"), pytest.raises(RuleBroken, match="顾客尚未接受"):
        take(house, case, "close", answers={"customer_accepts": ["no"]})
    assert Case.objects.get(pk=case.pk).state == "answered"


@pytest.mark.parametrize("step", ["send_back", "reopen"])
def test_a_step_back_needs_a_reason(house: House, step: str) -> None:
    case = complaint_in(house, "answered" if step == "send_back" else "closed")
    with pytest.raises(AnswersRefused) as refusal:
        take(house, case, step, reason="  ")
    assert set(refusal.value.errors) == {"reason"}
    receipt = take(house, case, step, reason="顾客表示异响仍在")
    assert receipt.case.state == "assigned"
    assert receipt.case.closed_at is None
    told = events_of(case.stream)[-1]
    assert [change.after for change in told.changes if change.path == "reason"] == ["顾客表示异响仍在"]


@pytest.mark.parametrize("chosen", [None, "stranger", "clerk"])
def test_a_case_can_only_be_given_to_a_candidate(house: House, chosen: str | None) -> None:
    case = open_complaint(house)
    with pytest.raises(AnswersRefused) as refusal:
        take(house, case, "assign", assignee=house[chosen].uuid if chosen else None)
    assert set(refusal.value.errors) == {"assignee"}


def test_an_unknown_step_and_an_unknown_case_are_refused(house: House) -> None:
    case = open_complaint(house)
    with pytest.raises(RuleBroken):
        take(house, case, "explode", by=house["manager"])
    with pytest.raises(CaseNotFound):
        cases.act(
            case_uuid=uuid.uuid4(), step="assign", by=house["manager"], seen_version=1, idempotency_key=key()
        )


def test_a_refusal_names_whose_step_it_is(house: House) -> None:
    case = open_complaint(house)
    with pytest.raises(NotPermitted, match="manager"):
        take(house, case, "assign", by=house["clerk"])


def test_undeclared_answers_are_not_stored(house: House) -> None:
    case = complaint_in(house, "assigned")
    take(
        house,
        case,
        "answer",
        answers={"finding": ["已检查"], "remedy": ["explain"], "state": ["closed"], "__proto__": ["x"]},
    )
    assert set(Case.objects.get(pk=case.pk).answers) == {"promised_on", "finding", "remedy"}


def test_the_assignee_is_told_once_by_mail(house: House, django_capture_on_commit_callbacks) -> None:
    case = open_complaint(house)
    again = key()
    for _time in range(2):
        take(house, case, "assign", idempotency_key=again, seen_version=1)
    written = mails_written(house["assignee"])
    assert written.count() == 1
    assert case.number in written.get().payload["subject"]
    assert mail.outbox == []
