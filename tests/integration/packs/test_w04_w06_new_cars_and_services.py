"""W-04 and W-06: the survey after a new car is delivered, and whether the car comes back for its services."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from django.utils import timezone
from django.utils.translation import override

from tests.factories.chains import act, fresh
from tests.factories.step_walks import SIGNED, ServiceShop, StepWalks, row, walked_shop
from tests.factories.walking import NOW, TODAY, TOMORROW, Guarded, Step
from workflows.exceptions import RuleBroken
from workflows.models import Case, ChildOrder
from workflows.services.clocks import sweep

pytestmark = pytest.mark.django_db

SPECIALIST, CR = "follow_up_specialist", "cr_specialist"
DESK = ("service_adviser", "clerk")
MARKED = "answers marked below|标出的内容"
GONE = ("not_returned", "handed_over", "received", "contacted")


def ago(days: int) -> str:
    """Return a day in the past."""
    return (timezone.localdate() - datetime.timedelta(days=days)).isoformat()


def sweep_in(days: int) -> None:
    """Let the worker look at the clocks so many days later."""
    later = timezone.now() + datetime.timedelta(days=days)
    with mock.patch("django.utils.timezone.now", return_value=later):
        sweep(later)


class TestNewCarSurvey(StepWalks):
    workflow = "new_car_survey"
    opens_in = "delivered"
    applicant = SPECIALIST
    answers = {"delivered_on": ago(4)}
    steps = (
        Step(
            "update_data",
            "delivered",
            SPECIALIST,
            "data_updated",
            {"address_checked": "yes", "data_checked": "yes"},
            needs=("address_checked", "data_checked"),
        ),
        Step("come_due", "data_updated", SPECIALIST, "due"),
        Step(
            "call",
            "due",
            SPECIALIST,
            "called",
            {"called_at": NOW, "script_followed": "yes", "outside_rest_time": "yes"},
            needs=("called_at", "script_followed", "outside_rest_time"),
        ),
        Step(
            "hear_complaint",
            "called",
            "assignee",
            "complaint",
            {"complaint_heard": "交车时车漆有划痕，没有人处理。"},
            needs=("complaint_heard",),
        ),
        Step(
            "record_survey",
            ("called", "complaint"),
            "assignee",
            "surveyed",
            {"survey": row("sales-satisfaction")},
            needs=("survey",),
        ),
        Step(
            "record_not_reached",
            "due",
            SPECIALIST,
            "not_reached",
            {"first_failed_at": NOW, "first_failed_kind": "off"},
            needs=("first_failed_at", "first_failed_kind"),
        ),
        Step("resume", "not_reached", (), "due"),
        Step("give_up", "not_reached", (), "not_surveyed"),
        Step("compile", "surveyed", SPECIALIST, "compiled", {"list_week": "2026-48"}, needs=("list_week",)),
        Step(
            "analyse",
            "compiled",
            SPECIALIST,
            "analysed",
            {"report_month": "2026-11"},
            needs=("report_month",),
        ),
    )
    guards = (
        Guarded("delivered", "update_data", {"address_checked": "no"}, "核对"),
        Guarded("delivered", "update_data", {"data_checked": "no"}, "核对"),
        Guarded("due", "call", {"script_followed": "no"}, "话术"),
        Guarded("due", "call", {"outside_rest_time": "no"}, "休息时间"),
    )
    final = frozenset({"analysed", "not_surveyed"})
    WAY = ("update_data", "come_due", "call", "record_survey", "compile", "analyse")
    ways = {
        "delivered": (),
        "data_updated": WAY[:1],
        "due": WAY[:2],
        "called": WAY[:3],
        "complaint": (*WAY[:3], "hear_complaint"),
        "not_reached": (*WAY[:2], "record_not_reached"),
        "surveyed": WAY[:4],
        "compiled": WAY[:5],
        "analysed": WAY,
        "not_surveyed": (*WAY[:2], "record_not_reached", "cannot_be_corrected"),
    }

    @pytest.fixture(scope="class")
    @classmethod
    def shop(cls, django_db_setup: Any, django_db_blocker: Any) -> Iterator[ServiceShop]:
        others = ("maintenance_reminder", "complaint_order", "complaint", "unreachable_customer")
        with (
            override("zh-hans"),
            walked_shop(
                django_db_blocker, TestNewCarSurvey, *others, forms=("repair-order", "sales-satisfaction")
            ) as made,
        ):
            yield made

    def cannot_be_corrected(self, case: Case) -> Case:
        """Three calls in vain, and sales know no better number."""
        child, by = case.children.get(workflow="unreachable_customer"), self.shop[SPECIALIST]
        for number, hour in (("second", "10:00"), ("third", "11:00")):
            answers = {f"{number}_at": [NOW[0], f"time={hour}"], f"{number}_kind": ["off"]}
            act(child, f"{number}_failed", by, answers=answers)
        act(child, "confirm", by)
        act(child, "list", by, answers={"list_week": ["2026-48"]})
        act(child, "give_to_sales", by)
        act(child, "not_correctable_sales", self.shop["sales_manager"], reason="没有其他号码")
        return fresh(case)

    verbs = {**StepWalks.verbs, "cannot_be_corrected": cannot_be_corrected}

    def test_the_call_is_due_on_the_third_day_and_not_before(self) -> None:
        case = self.take(self.open(delivered_on=ago(1)), "update_data")
        with override("en"), pytest.raises(RuleBroken, match="from the third day"):
            self.take(case, "come_due")
        sweep_in(1)
        assert fresh(case).state == "data_updated"
        sweep_in(2)
        assert fresh(case).state == "due"

    def test_reached_after_all_the_survey_goes_on(self) -> None:
        case = self.reach("not_reached")
        child = case.children.get(workflow="unreachable_customer")
        assert child.submission.answers["event"] == "new_car"
        act(child, "was_reached", self.shop["clerk"])
        assert self.take(fresh(case), "call").state == "called"

    def test_a_complaint_is_led_to_its_form_and_goes_the_way_of_complaints(self) -> None:
        order = ChildOrder.objects.get(case=self.reach("complaint"))
        assert (order.workflow, order.answers["channel"]) == ("complaint", "follow_up")
        assert order.answers["description"] == "交车时车漆有划痕，没有人处理。"

    def test_a_car_that_was_delivered_is_reminded_of_its_first_service(self) -> None:
        case = self.reach("data_updated")
        child = case.children.get()
        assert (child.workflow, child.state) == ("maintenance_reminder", "cohort")
        answers = child.submission.answers
        assert answers["service"] == "first"
        assert answers["delivered_on"] == case.submission.answers["delivered_on"]
        assert answers["phone"] == case.submission.answers["phone"]


class TestMaintenanceReminder(StepWalks):
    workflow = "maintenance_reminder"
    opens_in = "cohort"
    applicant = CR
    answers = {"service": "first", "delivered_on": ago(400)}
    CONTACT = {"contacted_at": NOW, "contact_result": "elsewhere"}
    steps = (
        Step(
            "remind",
            ("cohort", "reminded"),
            ("clerk", SPECIALIST),
            "reminded",
            {
                "reminded_at": NOW,
                "reminded_by": "call",
                "outside_rest_time": "yes",
                "advice": "按手册更换机油机滤",
            },
            needs=("reminded_at", "reminded_by", "outside_rest_time", "advice"),
        ),
        Step(
            "record_visit",
            ("cohort", "reminded"),
            DESK,
            "visited",
            {"visited_on": TODAY, "order": row("repair-order")},
            needs=("visited_on", "order"),
        ),
        Step("note_not_returned", ("cohort", "reminded"), CR, "not_returned"),
        Step(
            "hand_over", "not_returned", CR, "handed_over", {"list_month": "2026-11"}, needs=("list_month",)
        ),
        Step(
            "sign_receipt",
            "handed_over",
            "service_manager",
            "received",
            {"receipt_signature": SIGNED},
            needs=("receipt_signature",),
        ),
        Step(
            "contact",
            ("received", "contacted"),
            DESK,
            "contacted",
            CONTACT,
            needs=("contacted_at", "contact_result"),
            may_need=("will_come_on",),
        ),
        Step(
            "record_return",
            GONE,
            DESK,
            "returned",
            {"returned_on": TODAY, "return_order": row("repair-order")},
            needs=("returned_on", "return_order"),
        ),
        Step("expire", GONE, CR, "expired"),
        Step("mark_lost", "contacted", (CR, SPECIALIST), "lost", reason=True),
    )
    guards = (
        Guarded("cohort", "remind", {"outside_rest_time": "no"}, "休息时间"),
        Guarded("received", "contact", {"contact_result": "will_come"}, MARKED),
    )
    final = frozenset({"visited", "returned", "expired", "lost"})
    WAY = ("note_not_returned", "hand_over", "sign_receipt", "contact")
    ways = {
        "cohort": (),
        "reminded": ("remind",),
        "visited": ("remind", "record_visit"),
        "not_returned": WAY[:1],
        "handed_over": WAY[:2],
        "received": WAY[:3],
        "contacted": WAY,
        "returned": (*WAY, "record_return"),
        "expired": ("note_not_returned", "expire"),
        "lost": (*WAY, "mark_lost"),
    }

    @pytest.fixture(scope="class")
    @classmethod
    def shop(cls, django_db_setup: Any, django_db_blocker: Any) -> Iterator[ServiceShop]:
        with (
            override("zh-hans"),
            walked_shop(django_db_blocker, TestMaintenanceReminder, forms=("repair-order",)) as made,
        ):
            yield made

    @pytest.mark.parametrize(
        ("service", "delivered", "days"),
        [
            # By months of the calendar: two, three and six after delivery; five, six and nine.
            ("first", "2026-01-31", ("2026-03-31", "2026-04-30", "2026-07-31")),
            ("second", "2026-01-31", ("2026-06-30", "2026-07-31", "2026-10-31")),
            ("regular", "2026-03-15", ("2026-05-15", "2026-06-15", "2026-09-15")),
        ],
    )
    def test_the_days_of_a_car_are_reckoned_by_months(
        self, service: str, delivered: str, days: tuple[str, ...]
    ) -> None:
        field = "last_visit_on" if service == "regular" else "delivered_on"
        answers = self.open(service=service, **{field: delivered}).submission.answers
        assert tuple(answers[name] for name in ("remind_from", "returns_by", "expires_on")) == days

    def test_a_car_that_does_not_come_is_noted_and_expires_by_itself(self) -> None:
        case = self.open(delivered_on=TODAY)
        for step in ("note_not_returned",):
            with override("en"), pytest.raises(RuleBroken, match="still open"):
                self.take(case, step)
        sweep_in(85)
        assert fresh(case).state == "cohort"
        sweep_in(95)
        assert fresh(case).state == "not_returned"
        with override("en"), pytest.raises(RuleBroken, match="not over yet"):
            self.take(case, "expire")
        self.take(case, "hand_over")
        sweep_in(175)
        assert fresh(case).state == "handed_over"
        sweep_in(187)
        assert (fresh(case).state, fresh(case).category) == ("expired", "final")

    def test_after_the_first_service_the_second_is_reminded_and_after_the_second_none(self) -> None:
        for state in ("visited", "returned"):
            case = self.reach(state)
            child = case.children.get()
            assert (child.workflow, child.submission.answers["service"]) == (self.workflow, "second")
            assert child.submission.answers["delivered_on"] == case.submission.answers["delivered_on"]
            by = self.shop["clerk"]
            answers = self.typed_of(self.step("record_visit"))
            done = act(child, "record_visit", by, answers=answers)
            assert done.state == "visited"
            assert not done.children.exists()

    def test_lost_is_only_who_goes_elsewhere_or_has_sold_the_car(self) -> None:
        answers = {**self.typed_of(self.step("contact")), "contact_result": ["later"]}
        case = self.take(self.reach("received"), "contact", answers=answers)
        with override("en"), pytest.raises(RuleBroken, match="Lost is who goes elsewhere"):
            self.take(case, "mark_lost")
        answers |= {"contact_result": ["will_come"], "will_come_on": [TOMORROW]}
        assert self.take(case, "contact", answers=answers).answers["will_come_on"] == TOMORROW
