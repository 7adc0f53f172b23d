"""W-01: a complaint from whoever hears it first to the archive, with every way back, and the work orders it gives."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from django.utils.translation import override

from tests.factories.chains import act, fresh
from tests.factories.walking import (
    NOW,
    TODAY,
    TOMORROW,
    YESTERDAY,
    Guarded,
    Shop,
    Step,
    Walks,
    kept_shop,
    typed,
)
from workflows.exceptions import AnswersRefused, NotPermitted, RuleBroken
from workflows.models import Case
from workflows.services import relations
from workflows.services.requests import Request

pytestmark = pytest.mark.django_db

_serial = itertools.count(1)
LATER = [f"day={TOMORROW}", "time=17:00"]
DESK = ("submitter", "clerk", "follow_up_specialist")
CALLERS = ("follow_up_specialist", "clerk")
CALLS = ("second_call", "second_attempt", "third_attempt")
HANDLED = ("answer_at_once", "accept_at_once", "answer", "reply", "resolve")
PLAIN = {
    "severity": "ordinary",
    "matter_category": "attitude",
    "repeated": False,
    "answered_on_spot": False,
    "safety": None,
}


@pytest.fixture(scope="module")
def shop(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Shop]:
    with kept_shop(django_db_blocker, "complaint_order", "complaint") as made:
        yield made


def attempt(name: str, source: str, target: str, number: str) -> Step:
    asked = (f"attempt_{number}_at", f"attempt_{number}_kind")
    return Step(
        name,
        source,
        CALLERS,
        target,
        dict(zip(asked, (NOW, "off"), strict=True)),
        needs=asked,
        not_by=HANDLED,
    )


class TestComplaint(Walks):
    workflow = "complaint"
    opens_in = "received"
    applicant = "service_adviser"  # whoever hears it first
    answers = PLAIN
    steps = (
        Step("escalate_by_itself", "received", (), "escalated"),
        Step("answered_at_entry", "received", (), "answered_on_spot"),
        Step(
            "answer_at_once",
            "received",
            "submitter",
            "answered_on_spot",
            {"spot_answer": "当场说明了收费项目。"},
            needs=("spot_answer",),
        ),
        Step(
            "accept_at_once",
            "answered_on_spot",
            ("submitter", "clerk"),
            "resolved",
            {"accepted_at_once": "yes"},
            needs=("accepted_at_once",),
        ),
        Step(
            "assign",
            ("received", "answered_on_spot", "reopened"),
            ("submitter", "clerk", "manager"),
            "assigned",
            {"promised_on": TOMORROW, "answer_limit": LATER},
            needs=("promised_on", "answer_limit"),
            gives="sales_manager",
        ),
        Step(
            "escalate",
            ("received", "assigned", "committed", "replied", "reopened"),
            ("clerk", "follow_up_specialist", "manager", "service_adviser"),
            "escalated",
            reason=True,
        ),
        Step("appoint", "escalated", ("manager", "general_manager"), "escalated", gives="sales_manager"),
        Step(
            "commit",
            ("assigned", "escalated"),
            "assignee",
            "committed",
            {"solved_by": TOMORROW},
            needs=("solved_by", "commitment_signature"),
        ),
        Step(
            "order_department",
            "committed",
            "assignee",
            "committed",
            {
                "order_to": "=售后",
                "order_request": "请核对配件批次。",
                "order_at": [f"day={TODAY}", "time=00:00"],
                "order_limit": [f"day={TODAY}", "time=23:58"],
                "order_told": [f"day={TODAY}", "time=23:59"],
            },
            needs=("order_to", "order_request", "order_at", "order_limit", "order_told"),
        ),
        Step(
            "interim",
            "committed",
            "assignee",
            "committed",
            {"interim_answer": "配件已订，后天到货。", "new_promise": TOMORROW},
            needs=("interim_answer", "new_promise"),
        ),
        Step("urge", "committed", DESK, "committed", reason=True),
        Step(
            "answer",
            "committed",
            "assignee",
            "answered",
            {"finding": "接车时漏列一项。", "remedy": "compensate"},
            needs=("finding", "remedy"),
        ),
        Step(
            "reply",
            "answered",
            DESK,
            "replied",
            {"reply_text": "向您致歉，差额今日退回。", "customer_reaction": "accepts"},
            needs=("reply_text", "customer_reaction"),
            may_need=("next_promise",),
        ),
        Step(
            "resolve",
            "replied",
            DESK,
            "resolved",
            {"customer_accepts": "yes", "settled_how": "退还八十元"},
            needs=("customer_accepts", "settled_how"),
        ),
        Step("send_back", ("answered", "replied"), DESK, "assigned", reason=True),
        Step("call_again", "resolved", (), "second_call"),
        attempt("first_call_failed", "second_call", "second_attempt", "1"),
        attempt("second_call_failed", "second_attempt", "third_attempt", "2"),
        attempt("third_call_failed", "third_attempt", "unreachable", "3"),
        Step(
            "close",
            CALLS,
            CALLERS,
            "closed",
            {"customer_content": "yes", "satisfaction": "5"},
            needs=("customer_content", "satisfaction"),
            not_by=HANDLED,
        ),
        Step("not_content", CALLS, CALLERS, "reopened", reason=True, not_by=HANDLED),
        Step(
            "reopen",
            ("closed", "unreachable", "archived"),
            ("manager", "general_manager"),
            "reopened",
            reason=True,
        ),
        Step(
            "archive",
            ("closed", "unreachable"),
            ("clerk", "follow_up_specialist", "manager"),
            "archived",
            {"cause_class": "price", "cause": "报价单漏列项目，未经复核。", "training_case": "no"},
            needs=("cause_class", "cause", "training_case"),
        ),
    )
    guards = (
        Guarded("answered_on_spot", "accept_at_once", {"accepted_at_once": "no"}, "请转办责任部门"),
        Guarded("received", "assign", {"promised_on": "2099-01-01"}, "最迟为明天"),
        Guarded("replied", "resolve", {"customer_accepts": "no"}, "请用“退回部门”或“升级”"),
        Guarded("second_call", "close", {"customer_content": "no"}, "请用“重开”"),
    )
    final = frozenset({"archived"})
    TO_CALL = ("assign", "commit", "answer", "reply", "resolve", "wait")
    ways = {
        "received": (),
        "answered_on_spot": ("answer_at_once",),
        "assigned": ("assign",),
        "escalated": ("assign", "escalate"),
        "committed": ("assign", "commit"),
        "answered": ("assign", "commit", "answer"),
        "replied": ("assign", "commit", "answer", "reply"),
        "resolved": TO_CALL[:-1],
        "second_call": TO_CALL,
        "second_attempt": (*TO_CALL, "first_call_failed"),
        "third_attempt": (*TO_CALL, "first_call_failed", "second_call_failed"),
        "unreachable": (*TO_CALL, "first_call_failed", "second_call_failed", "third_call_failed"),
        "reopened": (*TO_CALL, "not_content"),
        "closed": (*TO_CALL, "close"),
        "archived": (*TO_CALL, "close", "archive"),
    }

    def open(self, by: str | None = None, **answers: Any) -> Case:
        number = next(_serial)
        own = {"phone": f"138{number:08}", "plate": f"粤B{number:05}"}
        return super().open(by, **{**own, **answers})

    def typed_of(self, step: Step) -> dict[str, list[str]]:
        found = super().typed_of(step)
        if step.name == "order_department":
            found["order_to"] = ["", "words=sales"]
        return found

    def test_a_major_complaint_escalates_by_itself_and_is_not_settled_on_the_spot(self) -> None:
        case = self.open(severity="major")
        assert (case.state, case.grade, case.assignee) == ("escalated", "major", None)
        assert self.tried(case, self.take, "commit", self.shop["sales_manager"]) is None
        case = self.take(case, "appoint")
        assert case.assignee == self.shop["sales_manager"]
        assert self.take(case, "commit").state == "committed"

    @pytest.mark.parametrize("same", ["phone", "plate"])
    def test_the_third_complaint_of_the_same_customer_or_car_escalates(self, same: str) -> None:
        about = {"phone": {"phone": "13987650001"}, "plate": {"plate": "粤BZZ999"}}[same]
        found = [self.open(**about) for _number in range(3)]
        assert [(case.grade, case.state) for case in found] == [
            ("ordinary", "received"),
            ("ordinary", "received"),
            ("major", "escalated"),
        ]

    @pytest.mark.parametrize(
        ("answers", "grade"),
        [
            ({"severity": "important"}, "important"),
            ({"matter_category": "repair", "safety": True}, "important"),
            ({"repeated": True}, "important"),
            ({}, "ordinary"),
        ],
    )
    def test_grades(self, answers: dict[str, Any], grade: str) -> None:
        case = self.open(**answers)
        assert (case.grade, case.state) == (grade, "received")

    def test_what_was_answered_when_it_was_recorded_need_not_be_answered_again(self) -> None:
        case = self.open(answered_on_spot=True, answer_given="说明了收费项目", reaction="accepts")
        assert case.state == "answered_on_spot"
        assert self.walk(case, "accept_at_once").state == "resolved"
        assert self.wait(case).state == "second_call"

    def test_an_answer_the_customer_does_not_take_goes_to_a_department(self) -> None:
        assert self.walk(self.open(), "answer_at_once", "assign").state == "assigned"

    def test_an_interim_answer_sets_a_new_promise(self) -> None:
        case = self.take(self.reach("committed"), "interim")
        assert (case.state, case.answers["new_promise"]) == ("committed", TOMORROW)
        with pytest.raises(AnswersRefused) as refusal:
            self.take(
                case, "interim", answers=typed({"interim_answer": "再等等看。", "new_promise": YESTERDAY})
            )
        assert set(refusal.value.errors) == {"new_promise"}
        later = (timezone.localdate() + datetime.timedelta(days=3)).isoformat()
        self.take(case, "interim", answers=typed({"interim_answer": "配件又晚两天。", "new_promise": later}))
        promises = case.promises.filter(clock="solution").order_by("pk")
        assert [(one.status, one.times, one.by) for one in promises] == [
            ("replaced", 1, case.assignee),
            ("open", 2, case.assignee),
        ]

    def test_a_reply_the_customer_does_not_accept_names_the_next_day(self) -> None:
        case = self.reach("answered")
        with pytest.raises(AnswersRefused) as refusal:
            self.take(
                case, "reply", answers=typed({"reply_text": "向您致歉。", "customer_reaction": "refuses"})
            )
        assert set(refusal.value.errors) == {"next_promise"}

    @pytest.mark.parametrize("handled", ["reply", "resolve"])
    def test_the_second_call_is_somebody_elses(self, handled: str) -> None:
        clerk, other = self.shop["clerk"], self.shop["follow_up_specialist"]
        case = self.reach("answered")
        for name in ("reply", "resolve"):
            case = self.take(case, name, clerk if name == handled else self.shop["service_adviser"])
        case = self.wait(case)
        for name in ("close", "not_content", "first_call_failed"):
            with override("en"), pytest.raises(NotPermitted, match="yourself"):
                self.take(case, name, clerk)
        assert self.take(case, "close", other).state == "closed"

    def test_only_three_attempts_make_a_customer_unreachable(self) -> None:
        case = self.reach("third_attempt")
        assert self.tried(case, self.take, "close") == "closed"
        with pytest.raises(AnswersRefused) as refusal:
            self.take(
                case, "third_call_failed", answers=typed({"attempt_3_at": NOW, "attempt_3_kind": "busy"})
            )
        assert set(refusal.value.errors) == {"attempt_3_kind"}
        case = self.take(case, "third_call_failed")
        assert (case.state, case.closed_at) == ("unreachable", None)
        assert self.tried(case, self.take, "reopen") == "reopened"
        assert self.take(case, "archive").state == "archived"

    def test_reopened_it_walks_again_and_what_was_archived_opens_too(self) -> None:
        case = self.take(self.reach("reopened"), "assign")
        assert case.state == "assigned"
        archived = self.take(self.reach("archived"), "reopen")
        assert (archived.state, archived.closed_at) == ("reopened", None)

    def test_work_orders_keep_the_department_from_answering_but_nothing_else(self) -> None:
        case = self.take(self.reach("committed"), "order_department")
        order = case.children.get()
        assert (order.workflow, order.state) == ("complaint_order", "ordered")
        assert order.submission.answers["complaint"]["key"] == str(case.submission.uuid)
        assert order.submission.answers["request"] == "请核对配件批次。"
        with override("en"), pytest.raises(RuleBroken, match="must wait until these are closed"):
            self.take(case, "answer")
        assert self.tried(case, self.take, "interim") == "committed"
        assert self.tried(case, self.take, "urge") == "committed"
        assert self.tried(case, self.take, "escalate") == "escalated"
        act(order, "recall", self.shop["sales_manager"], reason="已当面问清")
        assert self.take(case, "answer").state == "answered"

    def test_a_complaint_merged_into_another_has_ended(self) -> None:
        kept, doubled = self.open(), self.open()
        request = Request(
            doubled.uuid, self.shop["clerk"], doubled.version, uuid4().hex, reason="同一件事登记了两次"
        )
        relations.merge(request, into=kept.uuid)
        assert (fresh(doubled).state, fresh(doubled).category) == ("merged", "final")


def limit(until: datetime.datetime) -> dict[str, str]:
    """Return the times of a work order that is to be answered until then."""
    hour = datetime.timedelta(hours=1)
    times = {"ordered_at": until - 2 * hour, "answer_by": until, "told_customer_by": until + hour}
    return {
        name: timezone.localtime(time).replace(tzinfo=None).isoformat(timespec="minutes")
        for name, time in times.items()
    }


class TestWorkOrder(Walks):
    """F-64: what a complaint needs of another department."""

    workflow = "complaint_order"
    opens_in = "ordered"
    answers = limit(timezone.now() + datetime.timedelta(hours=8))
    HEADS = ("manager", "sales_manager", "finance_manager", "hr")
    steps = (
        Step("take_on", "ordered", HEADS, "taken_on", {"answer_promised": LATER}, needs=("answer_promised",)),
        Step(
            "give_answer",
            "taken_on",
            "assignee",
            "answered_by_department",
            {"department_answer": "批次无误，安装不到位。"},
            needs=("department_answer",),
        ),
        Step("accept", "answered_by_department", "submitter", "accepted"),
        Step("send_back", "answered_by_department", "submitter", "taken_on", reason=True),
        Step("recall", ("ordered", "taken_on"), "submitter", "recalled", reason=True),
    )
    final = frozenset({"accepted", "recalled"})
    ways = {
        "ordered": (),
        "taken_on": ("take_on",),
        "answered_by_department": ("take_on", "give_answer"),
        "accepted": ("take_on", "give_answer", "accept"),
        "recalled": ("recall",),
    }

    def test_an_answer_after_the_limit_says_why_it_is_late(self) -> None:
        case = self.take(self.open(**limit(timezone.now() - datetime.timedelta(hours=1))), "take_on")
        with pytest.raises(AnswersRefused) as refused:
            self.take(case, "give_answer")
        assert list(refused.value.errors) == ["why_late"]
        told = typed({"department_answer": "批次无误，安装不到位。", "why_late": "配件核对耗时"})
        case = self.take(case, "give_answer", answers=told)
        assert case.answers["why_late"] == "配件核对耗时"

    def test_an_answer_in_time_is_not_asked_why(self) -> None:
        told = typed({"department_answer": "批次无误，安装不到位。", "why_late": "不该问"})
        case = self.take(self.take(self.open(), "take_on"), "give_answer", answers=told)
        assert "why_late" not in case.answers

    def test_who_takes_it_on_has_it(self) -> None:
        case = self.take(self.open(), "take_on", self.shop["hr"])
        assert case.assignee == self.shop["hr"]
