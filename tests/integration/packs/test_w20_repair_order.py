"""W-20: a repair order from the gate to the hand-back, with its additional items, missing parts and inspections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils.translation import override

from tests.factories.chains import act, fresh
from tests.factories.step_walks import SIGNED, ServiceShop, StepWalks, given, person, row, walked_shop
from tests.factories.walking import NOW, TODAY, TOMORROW, Guarded, Step, typed
from workflows.exceptions import NotPermitted, RuleBroken
from workflows.models import Case, ChildOrder
from workflows.queries import orders_asked_of

pytestmark = pytest.mark.django_db

MARKED = "answers marked below|标出的内容"
"""An answer is missing or does not hold: told beside its question."""

EVENING = [f"day={TOMORROW}", "time=17:00"]
NOON = [f"day={TOMORROW}", "time=12:00"]
ADVISER, LEADER, INSPECTOR = "service_adviser", "team_leader", "quality_inspector"


class TestRepairOrder(StepWalks):
    workflow = "repair_order"
    opens_in = "arrived"
    applicant = "gate_guard"
    answers = {"adviser_called": True}
    steps = (
        Step(
            "receive",
            "arrived",
            ADVISER,
            "received",
            {"greeted": "yes", "kit_ready": "yes"},
            needs=("greeted", "kit_ready"),
        ),
        Step(
            "inspect",
            "received",
            ADVISER,
            "inspected",
            {
                "reception": row("vehicle-reception"),
                "covers_fitted": ["seat", "wheel", "mat"],
                "valuables_reminded": "yes",
                "documents_differ": "no",
                "copy_given": "yes",
                "moved_slowly": "yes",
            },
            needs=(
                "reception",
                "covers_fitted",
                "valuables_reminded",
                "documents_differ",
                "copy_given",
                "moved_slowly",
            ),
        ),
        Step(
            "begin_diagnosis",
            "inspected",
            ADVISER,
            "diagnosing",
            {"diagnosis_agreed": "yes", "specialist_called": "yes"},
            needs=("diagnosis_agreed",),
        ),
        Step(
            "quote",
            "diagnosing",
            ADVISER,
            "quoted",
            {
                "fault_found": "前制动片磨损到限",
                "repair_proposal": "更换前制动片",
                "priced_by": "item",
                "estimate": row("repair-estimate"),
                "parts_supply": "original",
                "agreed_solution": "更换前制动片，检查制动盘",
                "old_parts": "keep",
                "settlement_method": "cash",
                "wash_wanted": "yes",
                "history_read": "yes",
            },
            needs=(
                "fault_found",
                "repair_proposal",
                "priced_by",
                "estimate",
                "parts_supply",
                "agreed_solution",
                "old_parts",
                "settlement_method",
                "wash_wanted",
                "history_read",
            ),
        ),
        Step(
            "sign_order",
            "quoted",
            ADVISER,
            "agreed",
            {
                "order": row("repair-order"),
                "estimate_copies_signed": "2",
                "promised_at": EVENING,
                "time_with_reserve": "yes",
                "customer_signature": SIGNED,
            },
            needs=(
                "order",
                "estimate_copies_signed",
                "promised_at",
                "time_with_reserve",
                "customer_signature",
            ),
        ),
        Step("decline", "quoted", ADVISER, "declined", {"declined_why": "refuses"}, needs=("declined_why",)),
        Step(
            "let_go",
            "declined",
            ADVISER,
            "left_without_repair",
            {"fee_paid": "yes", "exit_notice_without_repair": "yes"},
            needs=("fee_paid", "exit_notice_without_repair"),
        ),
        Step(
            "hand_to_workshop",
            "agreed",
            ADVISER,
            "in_queue",
            {
                "teams": "one",
                "team_entered": "机修一班",
                "workshop_receiver": person("workshop_supervisor"),
                "workshop_received_at": NOW,
                "workshop_signature": SIGNED,
                "wash_ordered": "yes",
                "statistics_entered": "yes",
            },
            needs=(
                "teams",
                "workshop_receiver",
                "workshop_received_at",
                "workshop_signature",
                "wash_ordered",
                "statistics_entered",
            ),
        ),
        Step(
            "dispatch",
            "in_queue",
            "workshop_supervisor",
            "dispatched",
            {
                "dispatch_scope": "更换前制动片",
                "dispatch_trade": "mechanical",
                "dispatch_deadline": NOON,
                "job_size": "larger",
            },
            needs=("dispatch_scope", "dispatch_trade", "dispatch_deadline", "job_size"),
        ),
        Step(
            "begin_repair",
            "dispatched",
            LEADER,
            "in_repair",
            {"anything_unclear": "no"},
            needs=("anything_unclear",),
        ),
        Step(
            "report_defect",
            "in_repair",
            ("technician", LEADER),
            "waiting_customer",
            {"further_defect": "制动盘有沟槽", "further_kind": "worn"},
            needs=("further_defect", "further_kind"),
        ),
        Step(
            "resume_after_answer",
            "waiting_customer",
            ADVISER,
            "in_repair",
            {"goes_on_with": "original"},
            needs=("goes_on_with",),
        ),
        Step(
            "report_shortage",
            "in_repair",
            "parts_keeper",
            "waiting_parts",
            {"short_part": "前制动盘", "short_quantity": "2"},
            needs=("short_part", "short_quantity"),
        ),
        Step(
            "resume_after_parts",
            "waiting_parts",
            ("parts_keeper", ADVISER),
            "in_repair",
            {"shortage_ended": "arrived", "new_time_told": "yes"},
            needs=("shortage_ended", "new_time_told"),
        ),
        Step(
            "ask_progress",
            "in_repair",
            ADVISER,
            "in_repair",
            {"progress": "已拆装一半", "promise_in_danger": "no"},
            needs=("progress", "promise_in_danger"),
        ),
        Step(
            "self_check",
            "in_repair",
            LEADER,
            "self_checked",
            {
                "work_record": "更换前制动片并路试制动",
                "special_fault": "no",
                "next_trade_checked": "yes",
                "work_photos": SIGNED,
                "team_leader_signature": SIGNED,
            },
            needs=("work_record", "special_fault", "next_trade_checked", "team_leader_signature"),
        ),
        Step(
            "send_to_inspection",
            "self_checked",
            INSPECTOR,
            "in_quality_check",
            {"inspection_request": "制动系统竣工检验"},
            needs=("inspection_request",),
        ),
        Step(
            "pass_inspection",
            "in_quality_check",
            INSPECTOR,
            "passed",
            {"exit_warranty": "三个月或五千公里", "certificate_made": "yes", "inspector_signature": SIGNED},
            needs=("exit_warranty", "certificate_made", "inspector_signature"),
            not_by=("self_check",),
        ),
        Step(
            "find_fault",
            "in_quality_check",
            INSPECTOR,
            "rework",
            {"fault_cause": "制动异响", "fault_person": person(LEADER)},
            needs=("fault_cause", "fault_person"),
            not_by=("self_check",),
        ),
        Step("repair_again", "rework", LEADER, "in_repair"),
        Step("begin_adviser_check", "passed", ADVISER, "adviser_check"),
        Step(
            "make_ready",
            "adviser_check",
            ADVISER,
            "ready",
            {
                "checked_by_adviser": ["fault", "clean", "old", "wishes", "tools"],
                "prices_agree": "yes",
                "slips_collected": "yes",
            },
            needs=("checked_by_adviser", "prices_agree", "slips_collected"),
        ),
        Step(
            "tell_customer",
            "ready",
            ADVISER,
            "customer_notified",
            {"told_at": NOW, "told_how": "phone"},
            needs=("told_at", "told_how"),
        ),
        Step(
            "walk_through",
            "customer_notified",
            ADVISER,
            "walk_through",
            {"covers_removed": "yes", "work_explained": "yes"},
            needs=("covers_removed", "work_explained"),
        ),
        Step(
            "settle",
            "walk_through",
            "settlement_clerk",
            "settling",
            {
                "settlement_lines": "前制动片一副，工时一项",
                "settlement_total": "680.00",
                "lines_explained": "yes",
            },
            needs=("settlement_lines", "settlement_total", "lines_explained"),
        ),
        Step(
            "hand_back",
            "settling",
            ADVISER,
            "handed_back",
            {
                "payment": "paid",
                "handed_over": ["exit", "guarantee", "documents", "key"],
                "tools_checked": "yes",
                "next_service_on": TOMORROW,
                "next_service_mileage": "20000",
                "customer_told_of": ["appointment", "rescue", "call"],
                "customer_return_signature": SIGNED,
            },
            needs=(
                "payment",
                "handed_over",
                "tools_checked",
                "next_service_on",
                "next_service_mileage",
                "customer_told_of",
                "customer_return_signature",
            ),
        ),
        Step("to_follow_up", "handed_back", (), "follow_up"),
    )
    guards = (
        Guarded("arrived", "receive", {"greeted": "no"}, "规范用语问候"),
        Guarded("arrived", "receive", {"kit_ready": "no"}, "防护用品"),
        Guarded("received", "inspect", {"covers_fitted": ["seat", "mat"]}, MARKED),
        Guarded("received", "inspect", {"valuables_reminded": "no"}, "贵重物品"),
        Guarded("received", "inspect", {"copy_given": "no"}, "一联"),
        Guarded("received", "inspect", {"moved_slowly": "no"}, "低速移车"),
        Guarded("received", "inspect", {"documents_differ": "yes"}, MARKED),
        Guarded("inspected", "begin_diagnosis", {"diagnosis_agreed": "no"}, "同意诊断后"),
        Guarded("diagnosing", "quote", {"history_read": "no"}, "维修历史"),
        Guarded("diagnosing", "quote", {"priced_by": "symptom"}, MARKED),
        Guarded("quoted", "sign_order", {"estimate_copies_signed": "1"}, "签两份"),
        Guarded("quoted", "sign_order", {"time_with_reserve": "no"}, "留余量"),
        Guarded("declined", "let_go", {"fee_paid": "no"}, "费用收讫"),
        Guarded("declined", "let_go", {"exit_notice_without_repair": "no"}, "出厂通知单"),
        Guarded("agreed", "hand_to_workshop", {"wash_ordered": "no"}, "洗车"),
        Guarded("agreed", "hand_to_workshop", {"statistics_entered": "no"}, "统计"),
        Guarded("agreed", "hand_to_workshop", {"team_entered": ""}, MARKED),
        Guarded(
            "in_queue",
            "dispatch",
            {"dispatch_deadline": [f"day={TOMORROW}", "time=18:00"]},
            "晚于约定交车时间",
        ),
        Guarded("dispatched", "begin_repair", {"anything_unclear": "yes"}, MARKED),
        Guarded("in_repair", "ask_progress", {"promise_in_danger": "yes"}, MARKED),
        Guarded(
            "in_repair",
            "ask_progress",
            {"promise_in_danger": "yes", "emergency_measures": "加派人手", "delay_told": "no"},
            "提前告知客户",
        ),
        Guarded("in_repair", "self_check", {"next_trade_checked": "no"}, "下道工序"),
        Guarded("in_repair", "self_check", {"special_fault": "yes"}, MARKED),
        Guarded("adviser_check", "make_ready", {"prices_agree": "no"}, "价格"),
        Guarded("adviser_check", "make_ready", {"slips_collected": "no"}, "单据收齐"),
        Guarded("adviser_check", "make_ready", {"checked_by_adviser": ["fault", "clean"]}, MARKED),
        Guarded("customer_notified", "walk_through", {"covers_removed": "no"}, "取下防护"),
        Guarded("customer_notified", "walk_through", {"work_explained": "no"}, "说明所做项目"),
        Guarded("walk_through", "settle", {"lines_explained": "no"}, "逐项"),
        Guarded("walk_through", "settle", {"discount": "50.00"}, MARKED),
        Guarded("settling", "hand_back", {"payment": "open"}, "付清"),
        Guarded("settling", "hand_back", {"tools_checked": "no"}, "核对后才能交车"),
        Guarded("settling", "hand_back", {"handed_over": ["exit", "key"]}, MARKED),
        Guarded("settling", "hand_back", {"customer_told_of": ["call"]}, MARKED),
    )
    passing = {"handed_back": "follow_up"}
    final = frozenset({"left_without_repair", "follow_up"})
    TO_QUOTE = ("receive", "inspect", "begin_diagnosis", "quote")
    TO_WORK = (*TO_QUOTE, "sign_order", "hand_to_workshop", "dispatch", "begin_repair")
    TO_CHECK = (*TO_WORK, "self_check", "send_to_inspection")
    TO_PASS = (*TO_CHECK, "inspected_by_child", "pass_inspection")
    TO_DESK = (*TO_PASS, "begin_adviser_check", "make_ready", "tell_customer", "walk_through")
    ways = {
        "arrived": (),
        "received": ("receive",),
        "inspected": TO_QUOTE[:2],
        "diagnosing": TO_QUOTE[:3],
        "quoted": TO_QUOTE,
        "declined": (*TO_QUOTE, "decline"),
        "left_without_repair": (*TO_QUOTE, "decline", "let_go"),
        "agreed": TO_WORK[:5],
        "in_queue": TO_WORK[:6],
        "dispatched": TO_WORK[:7],
        "in_repair": TO_WORK,
        "waiting_customer": (*TO_WORK, "report_defect", "answered_by_customer"),
        "waiting_parts": (*TO_WORK, "report_shortage", "part_booked"),
        "self_checked": TO_CHECK[:9],
        "in_quality_check": (*TO_CHECK, "inspected_by_child"),
        "rework": (*TO_CHECK, "find_fault"),
        "passed": TO_PASS,
        "adviser_check": TO_DESK[:13],
        "ready": TO_DESK[:14],
        "customer_notified": TO_DESK[:15],
        "walk_through": TO_DESK,
        "settling": (*TO_DESK, "settle"),
        "follow_up": (*TO_DESK, "settle", "hand_back"),
    }

    def answered_by_customer(self, case: Case) -> Case:
        """The customer refuses the additional item."""
        child = case.children.get(workflow="additional_repair")
        adviser = self.shop[ADVISER]
        asked = {
            "extra_item": "更换制动盘",
            "extra_price": "1200.00",
            "extra_time": "1.5",
            "asked_how": "phone",
            "asked_at": NOW,
            "longer_time_told": "yes",
        }
        child = act(child, "ask", adviser, answers=typed(asked))
        act(child, "note_no_answer", adviser, answers=typed({"attempts": "两次电话未接"}))
        return fresh(case)

    def part_booked(self, case: Case) -> Case:
        """The customer gives the missing part up."""
        child = case.children.get(workflow="missing_part")
        child = act(child, "decide", self.shop[ADVISER], answers=typed({"wait_or_cancel": "cancel"}))
        act(child, "cancel_item", self.shop[ADVISER])
        return fresh(case)

    def inspected_by_child(self, case: Case) -> Case:
        """The inspector goes through the inspection to the certificate."""
        child, by = case.children.get(workflow="quality_inspection"), self.shop[INSPECTOR]
        for name, answers in (
            ("approve_technique", {"technique": "按手册更换", "technique_approved": "yes"}),
            ("check_process", {"operations_checked": "制动", "wrong_operation": "no"}),
            ("to_final_check", {}),
            (
                "issue_certificate",
                {
                    "standards_met": "yes",
                    "road_test": "safe",
                    "certificate_result": "合格",
                    "warranty_period": "三个月",
                    "certificate_signature": SIGNED,
                },
            ),
        ):
            child = act(child, name, by, answers=given(fresh(child), name, by, typed(answers)))
        assert child.state == "certificate_issued"
        return fresh(case)

    verbs = {
        "answered_by_customer": answered_by_customer,
        "part_booked": part_booked,
        "inspected_by_child": inspected_by_child,
    }

    def test_the_customer_signs_twice_and_both_signatures_are_in_the_record(self) -> None:
        case = self.reach("follow_up")
        events = {
            question: [item["key"] for item in case.answers[question]]
            for question in ("customer_signature", "customer_return_signature")
        }
        files = self.files_of(case)
        assert all(key in files for keys in events.values() for key in keys)
        assert events["customer_signature"] != events["customer_return_signature"]

    def test_the_follow_up_people_are_asked_to_open_the_call_with_the_order_and_the_car(self) -> None:
        case = self.reach("follow_up")
        order = ChildOrder.objects.get(case=case, child=None)
        assert (order.workflow, order.roles) == ("after_service_follow_up", ["follow_up_specialist"])
        assert order.answers == {
            "order": case.answers["order"],
            "plate": case.submission.answers["plate"],
        }
        for role, asked in (("follow_up_specialist", True), (ADVISER, False)):
            assert (order in orders_asked_of(self.shop[role])) == asked, role

    def test_a_further_defect_holds_the_order_until_the_customer_has_answered(self) -> None:
        case = self.take(self.reach("in_repair"), "report_defect")
        child = case.children.get(workflow="additional_repair")
        assert (child.state, child.submission.answers["defect"]) == ("found", "制动盘有沟槽")
        with override("en"), pytest.raises(RuleBroken, match="must wait until these are closed"):
            self.take(case, "resume_after_answer")
        assert self.take(self.answered_by_customer(case), "resume_after_answer").state == "in_repair"

    def test_a_missing_part_holds_the_order_until_it_is_booked_or_given_up(self) -> None:
        case = self.take(self.reach("in_repair"), "report_shortage")
        child = case.children.get(workflow="missing_part")
        assert (child.state, child.submission.answers["part"]) == ("missing", "前制动盘")
        with override("en"), pytest.raises(RuleBroken, match="must wait until these are closed"):
            self.take(case, "resume_after_parts")
        case = self.part_booked(case)
        with override("zh-hans"), pytest.raises(RuleBroken, match="新的交车时间"):
            self.take(
                case,
                "resume_after_parts",
                answers=typed({"shortage_ended": "arrived", "new_time_told": "no"}),
            )
        assert self.take(case, "resume_after_parts").state == "in_repair"

    def test_an_order_passes_with_the_certificate_only_and_goes_to_rework_before_it(self) -> None:
        case = self.take(self.reach("self_checked"), "send_to_inspection")
        with override("en"), pytest.raises(RuleBroken, match="must wait until these are closed"):
            self.take(case, "pass_inspection")
        again = self.walk(case, "find_fault", "repair_again", "self_check", "send_to_inspection")
        assert again.state == "in_quality_check"
        assert (
            again.children.filter(workflow="quality_inspection").count() == 1
        )  # the same inspection goes on
        with override("en"), pytest.raises(RuleBroken, match="must wait until these are closed"):
            self.take(again, "pass_inspection")
        assert self.take(self.inspected_by_child(again), "pass_inspection").state == "passed"

    def test_without_its_certificate_an_order_does_not_pass(self) -> None:
        case = self.reach("in_quality_check")
        left = {**self.typed_of(self.step("pass_inspection")), "certificate_made": ["no"]}
        with override("zh-hans"), pytest.raises(RuleBroken, match="合格证签发后"):
            self.take(case, "pass_inspection", answers=left)

    def test_nobody_inspects_what_they_have_checked_themselves(self) -> None:
        self.shop.also(self.shop[LEADER], INSPECTOR)
        case = self.reach("in_quality_check")
        for name in ("pass_inspection", "find_fault"):
            with override("en"), pytest.raises(NotPermitted, match="yourself"):
                self.take(case, name, self.shop[LEADER])

    @pytest.mark.parametrize(("trade", "skill"), [("body", "body_work"), ("paint", "paint_work")])
    def test_body_and_paint_go_to_who_can_do_them_and_has_least_to_do(self, trade: str, skill: str) -> None:
        case = self.reach("in_queue")
        answers = {**self.typed_of(self.step("dispatch")), "dispatch_trade": [trade]}
        with pytest.raises(RuleBroken):
            self.take(case, "dispatch", answers=answers)
        other = self.shop.another(LEADER)
        self.shop.also(other, skill)
        assert self.take(case, "dispatch", answers=answers).assignee == other

    def test_documents_that_differ_are_signed_for(self) -> None:
        case = self.reach("received")
        answers = {
            **self.typed_of(self.step("inspect")),
            "documents_differ": ["yes"],
            "documents_signature": [SIGNED],
        }
        assert self.take(case, "inspect", answers=answers).state == "inspected"


@pytest.fixture(scope="module")
def shop(django_db_setup: Any, django_db_blocker: Any) -> Iterator[ServiceShop]:
    children = ("additional_repair", "missing_part", "quality_inspection")
    looked_up = ("vehicle-reception", "repair-estimate", "repair-order", "items-left", "service-appointment")
    with (
        override("zh-hans"),
        walked_shop(django_db_blocker, TestRepairOrder, *children, forms=looked_up) as made,
    ):
        yield made


assert TODAY < TOMORROW
