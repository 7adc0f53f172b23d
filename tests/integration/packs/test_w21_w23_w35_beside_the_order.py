"""W-21, W-23 and W-35: what holds a repair order up — a further item, the inspection, a missing part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils.translation import override

from tests.factories.chains import act
from tests.factories.step_walks import SIGNED, ServiceShop, StepWalks, person, walked_shop
from tests.factories.walking import NOW, TODAY, TOMORROW, Guarded, Step, typed
from workflows.exceptions import RuleBroken

pytestmark = pytest.mark.django_db

MARKED = "answers marked below|标出的内容"
"""An answer is missing or does not hold: told beside its question."""

EVENING = [f"day={TOMORROW}", "time=17:00"]
ADVISER, INSPECTOR = "service_adviser", "quality_inspector"


class TestAdditionalRepair(StepWalks):
    workflow = "additional_repair"
    opens_in = "found"
    applicant = "team_leader"
    answers = {"item_stopped": True}
    steps = (
        Step(
            "ask",
            "found",
            ADVISER,
            "asked",
            {
                "extra_item": "更换制动盘",
                "extra_price": "1200.00",
                "extra_time": "1.5",
                "asked_how": "phone",
                "asked_at": NOW,
                "longer_time_told": "yes",
            },
            needs=("extra_item", "extra_price", "extra_time", "asked_how", "asked_at", "longer_time_told"),
        ),
        Step(
            "agree_to_item",
            "asked",
            ADVISER,
            "agreed",
            {
                "clear_answer": "yes",
                "consent_given": "phone",
                "slip_handed_at": NOW,
                "slip_handed_to": person("workshop_supervisor"),
                "new_promised_at": EVENING,
            },
            needs=("clear_answer", "consent_given", "slip_handed_at", "slip_handed_to", "new_promised_at"),
        ),
        Step(
            "refuse_item",
            "asked",
            ADVISER,
            "refused",
            {
                "suggested_items": "更换制动盘",
                "refusal_signature": SIGNED,
                "workshop_told_at": NOW,
                "workshop_told": person("team_leader"),
            },
            needs=("suggested_items", "refusal_signature", "workshop_told_at", "workshop_told"),
        ),
        Step("note_no_answer", "asked", ADVISER, "no_answer", {"attempts": "两次未接"}, needs=("attempts",)),
    )
    guards = (
        Guarded("found", "ask", {"longer_time_told": "no"}, "先告知客户"),
        Guarded("asked", "agree_to_item", {"clear_answer": "no"}, "答复不明确"),
        Guarded("asked", "agree_to_item", {"consent_given": "person"}, MARKED),
    )
    final = frozenset({"agreed", "refused", "no_answer"})
    ways = {
        "found": (),
        "asked": ("ask",),
        "agreed": ("ask", "agree_to_item"),
        "refused": ("ask", "refuse_item"),
        "no_answer": ("ask", "note_no_answer"),
    }

    @pytest.fixture(scope="class")
    @classmethod
    def shop(cls, django_db_setup: Any, django_db_blocker: Any) -> Iterator[ServiceShop]:
        with override("zh-hans"), walked_shop(django_db_blocker, TestAdditionalRepair) as made:
            yield made

    def test_who_is_there_signs_their_consent_and_a_refusal_is_always_signed(self) -> None:
        case = self.reach("asked")
        answers = {
            **self.typed_of(self.step("agree_to_item")),
            "consent_given": ["person"],
            "consent_signature": [SIGNED],
        }
        agreed = self.take(case, "agree_to_item", answers=answers)
        assert agreed.answers["consent_signature"][0]["key"] in self.files_of(agreed)
        refused = self.reach("refused")
        assert refused.answers["refusal_signature"][0]["key"] in self.files_of(refused)


class TestMissingPart(StepWalks):
    workflow = "missing_part"
    opens_in = "missing"
    applicant = ADVISER
    steps = (
        Step(
            "decide",
            "missing",
            ADVISER,
            "customer_decided",
            {"wait_or_cancel": "wait"},
            needs=("wait_or_cancel",),
        ),
        Step("cancel_item", "customer_decided", ADVISER, "cancelled"),
        Step(
            "register",
            "customer_decided",
            ADVISER,
            "registered",
            {"order_date": TODAY, "follow_up": "每两天问一次", "arrival_notice_to": "电话"},
            needs=("order_date", "follow_up", "arrival_notice_to"),
        ),
        Step(
            "order_part",
            "registered",
            "parts_planner",
            "ordered",
            {"parts_order": "PO-1", "supplier": "厂家", "expected_on": TOMORROW},
            needs=("parts_order", "supplier", "expected_on"),
        ),
        Step(
            "record_arrival",
            "ordered",
            "parts_keeper",
            "arrived",
            {"arrived_on": TODAY},
            needs=("arrived_on",),
        ),
        Step(
            "notify_customer",
            "arrived",
            ADVISER,
            "customer_notified",
            {"customer_told_at": NOW},
            needs=("customer_told_at",),
        ),
        Step("book", "customer_notified", ADVISER, "booked", {"fitting_on": TOMORROW}, needs=("fitting_on",)),
    )
    guards = (Guarded("customer_decided", "cancel_item", {}, "请用“登记缺件”"),)
    final = frozenset({"cancelled", "booked"})
    WAY = ("decide", "register", "order_part", "record_arrival", "notify_customer", "book")
    ways = {
        "missing": (),
        "customer_decided": WAY[:1],
        "cancelled": ("give_up", "cancel_item"),
        "registered": WAY[:2],
        "ordered": WAY[:3],
        "arrived": WAY[:4],
        "customer_notified": WAY[:5],
        "booked": WAY,
    }

    @pytest.fixture(scope="class")
    @classmethod
    def shop(cls, django_db_setup: Any, django_db_blocker: Any) -> Iterator[ServiceShop]:
        looked_up = ("vehicle-reception", "service-appointment")
        with override("zh-hans"), walked_shop(django_db_blocker, TestMissingPart, forms=looked_up) as made:
            yield made

    def give_up(self, case: Any) -> Any:
        """The customer does not want to wait."""
        return self.take(case, "decide", answers=typed({"wait_or_cancel": "cancel"}))

    verbs = {"give_up": give_up}

    def test_every_step_is_taken_by_its_people_and_by_nobody_else(self) -> None:
        """Cancelling is possible only where the customer cancels; the others from where they stand."""
        given_up = self.give_up(self.open())
        self.shop.cases = {**self.shop.cases, "customer_decided": given_up}
        kept, self.steps = self.steps, tuple(one for one in self.steps if one.name == "cancel_item")
        super().test_every_step_is_taken_by_its_people_and_by_nobody_else()
        with override("zh-hans"), pytest.raises(RuleBroken, match="请用“取消项目”"):
            act(given_up, "register", self.shop[ADVISER], answers=typed(kept[2].answers))
        waits = self.take(self.open(), "decide")
        self.shop.cases = {**self.shop.cases, "customer_decided": waits}
        self.steps = tuple(one for one in kept if one.name != "cancel_item")
        super().test_every_step_is_taken_by_its_people_and_by_nobody_else()


class TestQualityInspection(StepWalks):
    workflow = "quality_inspection"
    opens_in = "incoming_check"
    applicant = INSPECTOR
    steps = (
        Step(
            "approve_technique",
            "incoming_check",
            INSPECTOR,
            "process_approved",
            {"technique": "按手册更换制动片", "technique_approved": "yes"},
            needs=("technique", "technique_approved"),
        ),
        Step(
            "check_process",
            "process_approved",
            INSPECTOR,
            "process_checks",
            {"operations_checked": "拆装与扭矩", "wrong_operation": "no"},
            needs=("operations_checked", "wrong_operation"),
        ),
        Step(
            "report_limit",
            "process_checks",
            INSPECTOR,
            "process_checks",
            {"limit_reached": "use", "limit_part": "前制动盘厚度到限"},
            needs=("limit_reached", "limit_part"),
        ),
        Step(
            "pass_body",
            "process_checks",
            INSPECTOR,
            "process_checks",
            {"body_standard_met": "yes"},
            needs=("body_standard_met",),
        ),
        Step("to_final_check", "process_checks", INSPECTOR, "final_check", {"paint_faults": []}),
        Step(
            "order_rework",
            ("process_checks", "final_check"),
            INSPECTOR,
            "rework",
            {"rework_cause": "漆面起泡", "rework_person": person("team_leader"), "rework_trade": "paint"},
            needs=("rework_cause", "rework_person", "rework_trade"),
        ),
        Step(
            "finish_rework",
            "rework",
            "team_leader",
            "process_checks",
            {"rework_done": "重新喷涂"},
            needs=("rework_done",),
        ),
        Step(
            "issue_certificate",
            "final_check",
            INSPECTOR,
            "certificate_issued",
            {
                "standards_met": "yes",
                "road_test": "safe",
                "certificate_result": "合格",
                "warranty_period": "三个月",
                "certificate_signature": SIGNED,
            },
            needs=(
                "standards_met",
                "road_test",
                "certificate_result",
                "warranty_period",
                "certificate_signature",
            ),
        ),
    )
    guards = (
        Guarded("incoming_check", "approve_technique", {"technique_approved": "no"}, "不得开工"),
        Guarded("process_approved", "check_process", {"wrong_operation": "yes"}, MARKED),
        Guarded(
            "process_approved",
            "check_process",
            {"wrong_operation": "yes", "correction_ordered": "重装", "corrected_at_once": "no"},
            "当场纠正",
        ),
        Guarded("process_checks", "pass_body", {"body_standard_met": "no"}, "不得交下道工序"),
        *(
            Guarded("process_checks", "to_final_check", {"paint_faults": [fault]}, "不得出厂")
            for fault in ("pinholes", "blisters", "wrinkles", "colour")
        ),
        Guarded("final_check", "issue_certificate", {"standards_met": "no"}, "不得签发"),
        Guarded("final_check", "issue_certificate", {"road_test": "unsafe"}, "不得签发"),
    )
    final = frozenset({"certificate_issued"})
    ways = {
        "incoming_check": (),
        "process_approved": ("approve_technique",),
        "process_checks": ("approve_technique", "check_process"),
        "final_check": ("approve_technique", "check_process", "to_final_check"),
        "rework": ("approve_technique", "check_process", "order_rework"),
        "certificate_issued": ("approve_technique", "check_process", "to_final_check", "issue_certificate"),
    }

    @pytest.fixture(scope="class")
    @classmethod
    def shop(cls, django_db_setup: Any, django_db_blocker: Any) -> Iterator[ServiceShop]:
        with (
            override("zh-hans"),
            walked_shop(django_db_blocker, TestQualityInspection, "additional_repair") as made,
        ):
            yield made

    def test_a_part_at_its_limit_is_asked_about_before_the_final_check(self) -> None:
        case = self.take(self.reach("process_checks"), "report_limit")
        child = case.children.get()
        assert (child.workflow, child.state) == ("additional_repair", "found")
        assert child.submission.answers["defect_kind"] == "worn"
        with override("en"), pytest.raises(RuleBroken, match="must wait until these are closed"):
            self.take(case, "to_final_check")
        assert self.tried(case, self.take, "order_rework") == "rework"
        adviser = self.shop[ADVISER]
        table = TestAdditionalRepair.steps
        child = act(child, "ask", adviser, answers=typed(table[0].answers))
        act(child, "note_no_answer", adviser, answers=typed(table[3].answers))
        assert self.take(case, "to_final_check").state == "final_check"

    def test_after_a_rework_everything_is_checked_again(self) -> None:
        case = self.walk(self.reach("final_check"), "order_rework", "finish_rework")
        assert case.state == "process_checks"
        assert self.walk(case, "to_final_check", "issue_certificate").state == "certificate_issued"
