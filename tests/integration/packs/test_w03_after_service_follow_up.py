"""W-03: the follow-up after a service visit, and where it leads: satisfied, a problem, nobody reached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils.translation import override

from tests.factories.chains import act, fresh
from tests.factories.walking import NOW, Guarded, Shop, Step, Walks, kept_shop, typed
from workflows.exceptions import RuleBroken
from workflows.models import Case, ChildOrder

pytestmark = pytest.mark.django_db
CALLERS = ("follow_up_specialist", "clerk", "service_adviser")
TOPICS = ["reception=5", "price=4", "service=5", "quality=4", "clean=5"]


@pytest.fixture(scope="module")
def shop(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Shop]:
    workflows = (
        "complaint_order",
        "complaint",
        "quick_handling",
        "unreachable_customer",
        "after_service_follow_up",
    )
    with kept_shop(django_db_blocker, *workflows) as made:
        yield made


class TestFollowUp(Walks):
    workflow = "after_service_follow_up"
    opens_in = "planned"
    steps = (
        Step(
            "call",
            "planned",
            CALLERS,
            "called",
            {"data_checked": "yes", "called_at": NOW, "outside_rest_time": "yes"},
            needs=("data_checked", "called_at", "outside_rest_time"),
        ),
        Step(
            "record_satisfied",
            "called",
            "assignee",
            "satisfied",
            {"topics": TOPICS, "overall": "5"},
            needs=("topics", "overall"),
        ),
        Step(
            "record_problem",
            "called",
            "assignee",
            "problem_raised",
            {"problem_heard": "空调仍有异味。", "handle_as": "quick", "reported_up": "yes"},
            needs=("problem_heard", "handle_as", "reported_up"),
        ),
        Step(
            "record_not_reached",
            "planned",
            CALLERS,
            "not_reached",
            {"first_failed_at": NOW, "first_failed_kind": "off"},
            needs=("first_failed_at", "first_failed_kind"),
        ),
        Step("resume", "not_reached", (), "planned"),
        Step("give_up", "not_reached", (), "closed"),
        Step(
            "close",
            ("satisfied", "problem_raised"),
            ("assignee", "clerk", "manager"),
            "closed",
            {"record_complete": "yes", "in_daily_report": "yes"},
            needs=("record_complete", "in_daily_report"),
        ),
    )
    guards = (
        Guarded("planned", "call", {"data_checked": "no"}, "先核对客户资料"),
        Guarded("planned", "call", {"outside_rest_time": "no"}, "休息时间"),
        Guarded("called", "record_satisfied", {"overall": "2"}, "提出问题"),
        Guarded("called", "record_problem", {"reported_up": "no"}, "报告上级"),
        Guarded("satisfied", "close", {"record_complete": "no"}, "补全后"),
    )
    final = frozenset({"closed"})
    ways = {
        "planned": (),
        "called": ("call",),
        "satisfied": ("call", "record_satisfied"),
        "problem_raised": ("call", "record_problem"),
        "not_reached": ("record_not_reached",),
        "closed": ("call", "record_satisfied", "close"),
    }

    def test_a_problem_leads_the_caller_to_the_form_for_it(self) -> None:
        quick = ChildOrder.objects.get(case=self.reach("problem_raised"))
        assert (quick.workflow, quick.answers["problem"]) == ("quick_handling", "空调仍有异味。")
        answers = {**self.step("record_problem").answers, "handle_as": "complaint"}
        case = self.take(self.reach("called"), "record_problem", answers=typed(answers))
        complaint = ChildOrder.objects.get(case=case)
        assert (complaint.workflow, complaint.answers["channel"]) == ("complaint", "follow_up")
        assert complaint.answers["phone"] == case.submission.answers["phone"]

    def unreachable(self, case: Case) -> Case:
        return case.children.get()

    def test_who_is_not_reached_is_a_case_of_its_own_that_holds_the_follow_up(self) -> None:
        case = self.reach("not_reached")
        child = self.unreachable(case)
        assert (child.workflow, child.state) == ("unreachable_customer", "attempt_1")
        assert child.submission.answers["phone"] == case.submission.answers["phone"]
        assert child.submission.answers["event"] == "service"
        for name in self.cast():
            for step in ("resume", "give_up", "close"):
                assert self.tried(case, self.take, step, self.shop[name]) is None
        with override("en"), pytest.raises(RuleBroken):
            self.take(case, "call")

    def test_reached_after_all_the_follow_up_goes_on(self) -> None:
        case = self.reach("not_reached")
        act(self.unreachable(case), "was_reached", self.shop["clerk"])
        case = fresh(case)
        assert case.state == "planned"
        assert self.take(case, "call").state == "called"

    def test_corrected_data_resume_it_and_uncorrectable_ones_end_it(self) -> None:
        by, workshop = self.shop["follow_up_specialist"], self.shop["service_manager"]
        for corrected, ends_in in ((True, "planned"), (False, "closed")):
            case = self.reach("not_reached")
            child = self.unreachable(case)
            for number in ("second", "third"):
                answers = {
                    f"{number}_at": [NOW[0], "time=10:00" if number == "second" else "time=11:00"],
                    f"{number}_kind": "off",
                }
                act(child, f"{number}_failed", by, answers=typed(answers))
            act(child, "confirm", by)
            act(child, "list", by, answers=typed({"list_week": "2026-48"}))
            act(child, "give_to_service", by)
            if corrected:
                new = {"service_new_data": "13800000000", "service_data_exact": "yes"}
                act(child, "correct_by_service", workshop, answers=typed(new))
                act(child, "resume", by)
            else:
                act(child, "not_correctable_service", workshop, reason="档案无其他号码")
            assert fresh(case).state == ends_in
