"""W-25 and W-26: a warranty claim on the manufacturer and an insurance claim, from the report to the last payment."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.utils.translation import override

from tests.factories.chains import act, fresh
from tests.factories.claims import balance, entries
from tests.factories.step_walks import ServiceShop, StepWalks, row, walked_shop
from tests.factories.walking import NOW, TODAY, Guarded, Step, typed
from workflows.exceptions import RuleBroken
from workflows.models import Case

pytestmark = pytest.mark.django_db

OFFICER, CLAIMS = "warranty_officer", "claims_officer"
MARKED = "answers marked below|标出的内容"
PAPERS = ["order.received=yes", "licence.received=yes", "photos.received=yes"]
CLAIM = {
    "claim_class": "new_car",
    "claim_number": "SP-77",
    "claim_amount": "1000.00",
    "filed_on": TODAY,
    "papers": PAPERS,
}
CASE_PAPERS = [f"{one}.received=yes" for one in ("vehicle_licence", "driving_licence", "policy", "estimate")]
PAYMENT = {"payment": "100.00", "payment_on": TODAY, "payment_mark": "流水 1"}


class PaidInFull(StepWalks):
    """What both have: payments come until nothing is open."""

    def pay_all(self, case: Case) -> Case:
        """Everything that is open comes in."""
        return self.take(case, "book_payment", answers=typed({**PAYMENT, "payment": str(balance(case))}))

    verbs = {"pay_all": pay_all}


class TestWarrantyClaim(PaidInFull):
    workflow = "warranty_claim"
    opens_in = "applied"
    applicant = "service_adviser"
    answers = {"maker": "厂家"}
    steps = (
        Step(
            "appraise",
            ("applied", "aid_asked"),
            OFFICER,
            "appraised",
            {"finding": "材料缺陷", "covered": "covered", "appraiser_trained": "yes"},
            needs=("finding", "covered", "appraiser_trained"),
        ),
        Step("ask_aid", "applied", OFFICER, "aid_asked", reason=True),
        Step("reject", "appraised", OFFICER, "rejected", reason=True),
        Step(
            "explain",
            "rejected",
            OFFICER,
            "explained",
            {"explained_at": NOW, "explanation": "使用不当，客户理解"},
            needs=("explained_at", "explanation"),
        ),
        Step("customer_accepts", ("explained", "disputed"), OFFICER, "settled"),
        Step("dispute", "explained", OFFICER, "disputed", reason=True),
        Step("reconsider", "disputed", "service_manager", "applied", reason=True),
        Step("approve", "appraised", OFFICER, "approved"),
        Step(
            "replace_part",
            "approved",
            ("team_leader", "technician"),
            "replaced",
            {"replaced_on": TODAY},
            needs=("replaced_on",),
        ),
        Step(
            "file_claim",
            ("replaced", "returned"),
            OFFICER,
            "filed",
            CLAIM,
            needs=("claim_class", "claim_number", "claim_amount", "filed_on", "papers"),
            may_need=("part_papers", "goodwill_papers"),
        ),
        Step("claim_returned", "filed", OFFICER, "returned", reason=True),
        Step("claim_accepted", "filed", OFFICER, "accepted", {"granted": "900.00"}, needs=("granted",)),
        Step(
            "chase_payment",
            "accepted",
            OFFICER,
            "accepted",
            {"chased_at": NOW, "chase_answer": "下周付"},
            needs=("chased_at", "chase_answer"),
        ),
        Step("book_payment", "accepted", "finance", "accepted", PAYMENT, needs=("payment", "payment_on")),
        Step("all_paid", "accepted", (), "paid"),
        Step("finish", "paid", (), "shipped"),
    )
    guards = (
        Guarded("applied", "appraise", {"appraiser_trained": "no"}, "索赔培训"),
        Guarded("appraised", "reject", {}, "请用“同意保修”"),
        Guarded("replaced", "file_claim", {"papers": PAPERS[:2]}, "资料不齐"),
        Guarded("replaced", "file_claim", {"claim_class": "part"}, MARKED),
        Guarded(
            "replaced",
            "file_claim",
            {"claim_class": "goodwill", "goodwill_papers": ["letter.received=yes"]},
            "资料不齐",
        ),
        Guarded("filed", "claim_accepted", {"granted": "1000.01"}, "不能高于索赔金额"),
        Guarded("accepted", "book_payment", {"payment": "900.01"}, "超过未收余额"),
    )
    final = frozenset({"shipped", "settled"})
    OUT = ("find_outside", "reject", "explain")
    WAY = ("appraise", "approve", "replace_part", "file_claim", "claim_accepted", "pay_all")
    ways = {
        "applied": (),
        "aid_asked": ("ask_aid",),
        "appraised": WAY[:1],
        "rejected": OUT[:2],
        "explained": OUT,
        "disputed": (*OUT, "dispute"),
        "settled": (*OUT, "customer_accepts"),
        "approved": WAY[:2],
        "replaced": WAY[:3],
        "filed": WAY[:4],
        "returned": (*WAY[:4], "claim_returned"),
        "accepted": WAY[:5],
        "paid": WAY,
        "shipped": (*WAY, "send_old_part"),
    }

    @pytest.fixture(scope="class")
    @classmethod
    def shop(cls, django_db_setup: Any, django_db_blocker: Any) -> Iterator[ServiceShop]:
        with (
            override("zh-hans"),
            walked_shop(django_db_blocker, TestWarrantyClaim, "claimed_old_part") as made,
        ):
            yield made

    def find_outside(self, case: Case) -> Case:
        """The appraisal finds that it is not covered."""
        typed_in = {**self.typed_of(self.step("appraise")), "covered": ["not_covered"]}
        return self.take(case, "appraise", answers=typed_in)

    def send_old_part(self, case: Case) -> Case:
        """The old part goes its own way to the manufacturer."""
        child = case.children.get()
        for name, role, answers in (
            ("store", OFFICER, {"old_part_number": "J-1", "store_shelf": "A", "store_clean": "yes"}),
            ("assess", "quality_inspector", {"part_acceptance": "claimable", "part_value": "10.00"}),
            ("pack", OFFICER, {"maker_demand": "批次"}),
            ("send", OFFICER, {"shipment": "SF", "sent_on": TODAY}),
            ("confirm_arrival", OFFICER, {"confirmed_on": TODAY}),
        ):
            child = act(child, name, self.shop[role], answers=typed(answers))
        return fresh(case)

    verbs = {**PaidInFull.verbs, "find_outside": find_outside, "send_old_part": send_old_part}

    def test_every_step_is_taken_by_its_people_and_by_nobody_else(self) -> None:
        """Rejecting is possible only where it is not covered; the others from where they stand."""
        kept, self.steps = self.steps, tuple(one for one in self.steps if one.name != "reject")
        super().test_every_step_is_taken_by_its_people_and_by_nobody_else()
        outside = self.find_outside(self.open())
        self.shop.cases = {**self.shop.cases, "appraised": outside}
        self.steps = tuple(one for one in kept if one.name == "reject")
        super().test_every_step_is_taken_by_its_people_and_by_nobody_else()
        with pytest.raises(RuleBroken, match="不得申报索赔"):
            self.take(outside, "approve")

    def test_a_step_needs_its_answers_and_its_reason(self) -> None:
        """A rejection needs its reason where it is possible at all."""
        self.shop.cases = {**self.shop.cases, "appraised": self.find_outside(self.open())}
        super().test_a_step_needs_its_answers_and_its_reason()

    def test_the_papers_of_a_claim_depend_on_its_class(self) -> None:
        case = self.take(
            self.reach("replaced"),
            "file_claim",
            answers=typed(
                {
                    **CLAIM,
                    "claim_class": "part",
                    "part_papers": ["first_order.received=yes", "parts_slip.received=yes"],
                }
            ),
        )
        assert case.state == "filed"

    def test_the_ledger_tells_what_was_claimed_granted_received_and_left(self) -> None:
        case = self.reach("accepted")
        assert entries(case) == [
            ("claimed", Decimal("1000.00"), Decimal("1000.00")),
            ("approved", Decimal("900.00"), Decimal("0.00")),
            ("difference", Decimal("100.00"), Decimal("-100.00")),
        ]
        case = self.take(case, "book_payment")
        assert (case.state, balance(case)) == ("accepted", Decimal("800.00"))
        assert (self.pay_all(case).state, balance(case)) == ("paid", Decimal("0.00"))

    def test_a_claim_that_was_returned_is_not_counted_twice(self) -> None:
        case = self.reach("returned")
        assert balance(case) == 0
        case = self.take(case, "file_claim", answers=typed({**CLAIM, "claim_amount": "950.00"}))
        assert balance(case) == Decimal("950.00")

    def test_a_paid_claim_waits_until_the_old_part_is_with_the_manufacturer(self) -> None:
        case = self.reach("paid")
        assert [child.workflow for child in case.children.all()] == ["claimed_old_part"]
        assert self.send_old_part(case).state == "shipped"


class TestInsuranceClaim(PaidInFull):
    workflow = "insurance_claim"
    opens_in = "reported"
    applicant = "service_adviser"
    answers = {"insurer": "平安"}
    steps = (
        Step(
            "estimate",
            "reported",
            (CLAIMS, "service_manager"),
            "estimated",
            {
                "accident_cause": "追尾",
                "liability": "none",
                "estimate_total": "8000.00",
                "valuables_told": "yes",
            },
            needs=("accident_cause", "liability", "estimate_total", "valuables_told"),
        ),
        Step(
            "collect_papers",
            "estimated",
            CLAIMS,
            "papers_ready",
            {"case_papers": row("insurance-case"), "damage": "own", "papers": CASE_PAPERS},
            needs=("case_papers", "damage", "papers"),
            may_need=("third_papers", "injury_papers"),
        ),
        Step("authorise", "papers_ready", CLAIMS, "authorised", {"full_power": "yes"}, needs=("full_power",)),
        Step(
            "start_repair",
            "authorised",
            "workshop_supervisor",
            "in_repair",
            {"repair_number": "WX-1"},
            needs=("repair_number",),
        ),
        Step(
            "submit_claim",
            "in_repair",
            CLAIMS,
            "submitted",
            {"claim_amount": "7800.00", "submitted_on": TODAY},
            needs=("claim_amount", "submitted_on"),
        ),
        Step(
            "record_valuation", "submitted", CLAIMS, "submitted", {"granted": "7500.00"}, needs=("granted",)
        ),
        Step(
            "book_payment",
            ("submitted", "overdue"),
            "finance",
            "submitted",
            PAYMENT,
            needs=("payment", "payment_on"),
        ),
        Step(
            "chase",
            ("submitted", "overdue"),
            CLAIMS,
            "submitted",
            {"chased_at": NOW, "chase_answer": "本周付"},
            needs=("chased_at", "chase_answer"),
        ),
        Step("mark_overdue", "submitted", CLAIMS, "overdue", reason=True),
        Step("all_paid", ("submitted", "overdue"), (), "paid"),
        Step("reconcile", "paid", "finance", "reconciled", {"books_agree": "yes"}, needs=("books_agree",)),
        Step(
            "close_case",
            "reconciled",
            CLAIMS,
            "closed",
            {"insurance_opinion": "content"},
            needs=("insurance_opinion",),
            may_need=("opinion_text",),
        ),
    )
    guards = (
        Guarded("reported", "estimate", {"valuables_told": "no"}, "贵重物品"),
        Guarded("estimated", "collect_papers", {"papers": CASE_PAPERS[:3]}, "资料不齐"),
        Guarded("estimated", "collect_papers", {"damage": "third_party"}, MARKED),
        Guarded(
            "estimated",
            "collect_papers",
            {"damage": "injury", "injury_papers": ["finding.received=yes"]},
            "资料不齐",
        ),
        Guarded("papers_ready", "authorise", {"full_power": "no"}, "全权委托"),
        Guarded("submitted", "record_valuation", {"granted": "7800.01"}, "不能高于"),
        Guarded("submitted", "book_payment", {"payment": "7800.01"}, "超过未付金额"),
        Guarded("paid", "reconcile", {"books_agree": "no"}, "不一致"),
        Guarded("reconciled", "close_case", {"insurance_opinion": "discontent"}, MARKED),
    )
    final = frozenset({"closed"})
    WAY = ("estimate", "collect_papers", "authorise", "start_repair", "submit_claim", "pay_all", "reconcile")
    ways = {
        "reported": (),
        "estimated": WAY[:1],
        "papers_ready": WAY[:2],
        "authorised": WAY[:3],
        "in_repair": WAY[:4],
        "submitted": WAY[:5],
        "overdue": (*WAY[:5], "mark_overdue"),
        "paid": WAY[:6],
        "reconciled": WAY,
        "closed": (*WAY, "close_case"),
    }

    @pytest.fixture(scope="class")
    @classmethod
    def shop(cls, django_db_setup: Any, django_db_blocker: Any) -> Iterator[ServiceShop]:
        with (
            override("zh-hans"),
            walked_shop(django_db_blocker, TestInsuranceClaim, forms=("insurance-case",)) as made,
        ):
            yield made

    def test_what_the_insurer_grants_is_recorded_once_and_the_difference_leaves_the_balance(self) -> None:
        case = self.take(self.reach("submitted"), "record_valuation")
        assert balance(case) == Decimal("7500.00")
        with pytest.raises(RuleBroken, match="只登记一次"):
            self.take(case, "record_valuation")
        case = self.take(case, "book_payment")
        assert (case.state, balance(case)) == ("submitted", Decimal("7400.00"))
        assert self.pay_all(case).state == "paid"

    def test_a_chased_claim_is_not_overdue_any_more(self) -> None:
        assert self.take(self.reach("overdue"), "chase").state == "submitted"
