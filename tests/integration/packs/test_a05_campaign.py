"""A-05, W-44: the thirteen stages of a campaign; the company's approval is A-04, a case of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.utils.translation import override

from tests.factories.chains import act, asks, fresh
from tests.factories.walking import TOMORROW, Guarded, Shop, Step, Walks, hand_in, kept_shop
from workflows.exceptions import RuleBroken
from workflows.models import Case, ChildOrder
from workflows.services import approvals, cases

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shop(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Shop]:
    with kept_shop(django_db_blocker, "activity_approval", "campaign") as made:
        yield made


SPECIALIST = "marketing_specialist"
WORDS = "按方案执行，责任到人。"


def words(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, WORDS)


def stage(
    name: str, source: str, target: str, *, optional: dict[str, Any] | None = None, **answers: Any
) -> Step:
    return Step(name, source, SPECIALIST, target, {**answers, **(optional or {})}, needs=tuple(answers))


BEFORE = ("state_need", "plan", "list_resources", "set_strategy", "start_proposal", "ask_approval")
AFTER = (
    "approve_it",
    "plan_execution",
    "announce",
    "start_execution",
    "finish_execution",
    "summarise",
    "archive",
)


class TestCampaign(Walks):
    workflow = "campaign"
    opens_in = "market_analysis"
    applicant = SPECIALIST
    steps = (
        stage("state_need", "market_analysis", "company_need", need_for=["brand", "business"], need=WORDS),
        stage(
            "plan",
            "company_need",
            "activity_plan",
            **words("plan_purpose", "plan_theme", "plan_place", "plan_publicity"),
            plan_held_on=TOMORROW,
            plan_budget="30000",
        ),
        stage(
            "list_resources",
            "activity_plan",
            "resources",
            partners=["media", "banks"],
            resources_listed=WORDS,
        ),
        stage(
            "set_strategy",
            "resources",
            "strategy",
            **words("strategy_adverts", "strategy_relations", "strategy_promotion"),
        ),
        Step("start_proposal", "strategy", SPECIALIST, "proposal", needs=("proposal_author",)),
        Step("ask_approval", "proposal", SPECIALIST, "company_approval"),
        Step("approved", "company_approval", (), "execution_plan"),
        Step("not_approved", "company_approval", (), "activity_plan"),
        Step("take_back", "company_approval", SPECIALIST, "proposal", reason=True),
        stage(
            "plan_execution",
            "execution_plan",
            "announcement",
            **words("execution_details", "material", "adverts_placed", "staffing", "schedule", "precautions"),
        ),
        stage(
            "announce",
            "announcement",
            "preparation",
            **words("announced_to", "lasting_theme"),
            media_mix=["article", "sms"],
            one_wording="yes",
        ),
        stage("start_execution", "preparation", "execution", people_ready="yes", material_ready="yes"),
        stage("finish_execution", "execution", "summary", guests="120", press="6", sign_in_kept="yes"),
        stage(
            "summarise",
            "summary",
            "publicity",
            **words("direct_effect", "indirect_effect", "successes", "shortcomings", "improvements"),
        ),
        stage("archive", "publicity", "archived", articles="3", proofs_kept="yes"),
        Step(
            "drop",
            (
                *("market_analysis", "company_need", "activity_plan", "resources", "strategy", "proposal"),
                *("execution_plan", "announcement", "preparation"),
            ),
            "customer_relations_manager",
            "dropped",
            reason=True,
        ),
    )
    guards = (
        Guarded("announcement", "announce", {"one_wording": "no"}, "同一口径"),
        Guarded("preparation", "start_execution", {"people_ready": "no"}, "人员与物料都到位"),
        Guarded("preparation", "start_execution", {"material_ready": "no"}, "人员与物料都到位"),
        Guarded("publicity", "archive", {"proofs_kept": "no"}, "先留存"),
    )
    final = frozenset({"archived", "dropped"})
    ways = {
        "market_analysis": (),
        "company_need": BEFORE[:1],
        "activity_plan": BEFORE[:2],
        "resources": BEFORE[:3],
        "strategy": BEFORE[:4],
        "proposal": BEFORE[:5],
        "company_approval": BEFORE,
        "execution_plan": (*BEFORE, *AFTER[:1]),
        "announcement": (*BEFORE, *AFTER[:2]),
        "preparation": (*BEFORE, *AFTER[:3]),
        "execution": (*BEFORE, *AFTER[:4]),
        "summary": (*BEFORE, *AFTER[:5]),
        "publicity": (*BEFORE, *AFTER[:6]),
        "archived": (*BEFORE, *AFTER),
        "dropped": ("drop",),
    }

    def typed_of(self, step: Step) -> dict[str, list[str]]:
        found = super().typed_of(step)
        if step.name == "start_proposal":
            found["proposal_author"] = [str(self.shop[SPECIALIST].uuid)]
        return found

    def proposal(self, case: Case) -> Case:
        """Hand in the proposal that the step has ordered; return its case."""
        order = ChildOrder.objects.get(case=case, child=None)
        by = self.shop[SPECIALIST]
        submission = hand_in(self.shop, "activity-proposal", by, order.answers, uuid=order.uuid)
        receipt = cases.open_case(
            workflow_key="activity_approval", submission=submission, by=by, idempotency_key=uuid4().hex
        )
        return receipt.case

    def approve_it(self, case: Case) -> Case:
        """The company approves the proposal."""
        child = self.proposal(case)
        for name in ("department_head", "deputy_general_manager", "general_manager"):
            approvals.agree(asks(child, self.shop[name]))
        return fresh(case)

    verbs = {**Walks.verbs, "approve_it": approve_it}

    def test_the_proposal_begins_with_the_plan(self) -> None:
        order = ChildOrder.objects.get(case=self.reach("company_approval"))
        assert (order.answers["theme"], order.answers["budget"]) == (WORDS, "30000.00")

    def test_nothing_starts_before_the_company_has_approved(self) -> None:
        case = self.reach("company_approval")
        self.proposal(case)
        for name in self.cast():
            for step in ("approved", "plan_execution"):
                assert self.tried(case, self.take, step, self.shop[name]) is None
        with override("en"), pytest.raises(RuleBroken, match="must wait until these are closed"):
            self.take(case, "take_back")

    def test_refused_or_cancelled_it_goes_back_to_the_plan(self) -> None:
        case = self.reach("company_approval")
        child = self.proposal(case)
        approvals.refuse(asks(child, self.shop["department_head"], "预算过高"))
        assert fresh(case).state == "activity_plan"
        case = self.walk(fresh(case), "list_resources", "set_strategy", "start_proposal", "ask_approval")
        child = self.proposal(case)
        approvals.withdraw(asks(child, self.shop[SPECIALIST]))
        act(child, "cancel", self.shop[SPECIALIST])
        assert fresh(case).state == "activity_plan"
