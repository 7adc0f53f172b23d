"""A-12, W-50: cash advance. No accountant (Q-12); paid out, outstanding, cleared by A-13."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.utils.translation import override

from tests.factories.chains import act, asks, fresh
from tests.factories.walking import TODAY, TOMORROW, Shop, Stage, Step, Walks, hand_in, kept_shop, typed
from workflows.exceptions import RuleBroken
from workflows.models import Case, ChildOrder
from workflows.services import approvals, cases

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shop(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Shop]:
    with kept_shop(django_db_blocker, "advance_clearing", "cash_advance") as made:
        yield made


AGREED = ("agree",) * 4


class TestCashAdvance(Walks):
    workflow = "cash_advance"
    opens_in = "department"
    stages = (
        Stage("department", "department_head", "finance_manager"),
        Stage("finance_manager", "finance_manager", "deputy_gm"),
        Stage("deputy_gm", "deputy_general_manager", "gm"),
        Stage("gm", "general_manager", "to_pay_out", own_matter="wait"),
    )
    steps = (
        Step("resubmit", "returned", "submitter", "department"),
        Step("cancel", "returned", "submitter", "cancelled"),
        Step(
            "pay_out",
            "to_pay_out",
            "finance",
            "outstanding",
            {"paid_out_on": TODAY, "clear_by": TOMORROW},
            needs=("paid_out_on", "clear_by"),
        ),
        Step("submit_receipts", "outstanding", "submitter", "clearing"),
        Step("not_yet", "clearing", "submitter", "outstanding"),
        Step("cleared_by_receipts", "clearing", (), "cleared"),
        Step("clearing_failed", "clearing", (), "outstanding"),
    )
    final = frozenset({"cleared", "refused", "cancelled"})
    ways = {
        "department": (),
        "finance_manager": AGREED[:1],
        "deputy_gm": AGREED[:2],
        "gm": AGREED[:3],
        "to_pay_out": AGREED,
        "outstanding": (*AGREED, "pay_out"),
        "clearing": (*AGREED, "pay_out", "submit_receipts"),
        "cleared": (*AGREED, "pay_out", "submit_receipts", "clear_it"),
        "returned": ("withdraw",),
        "refused": ("refuse",),
        "cancelled": ("withdraw", "cancel"),
    }

    def child(self, case: Case) -> Case:
        """Hand in the clearing that the step has ordered; return its case."""
        order = ChildOrder.objects.get(case=case, child=None)
        submission = hand_in(
            self.shop, "advance-clearing", self.shop["applicant"], order.answers, uuid=order.uuid
        )
        receipt = cases.open_case(
            workflow_key="advance_clearing",
            submission=submission,
            by=self.shop["applicant"],
            idempotency_key=uuid4().hex,
        )
        return receipt.case

    def clear_it(self, case: Case) -> Case:
        """Walk the clearing to its end."""
        child = self.child(case)
        for name in (
            "department_head",
            "accountant",
            "finance_manager",
            "deputy_general_manager",
            "general_manager",
        ):
            approvals.agree(asks(child, self.shop[name]))
        answers = {"balance": "even", "balance_settled": "yes", "cleared_on": TODAY}
        act(child, "clear", self.shop["finance"], answers=typed(answers))
        return fresh(case)

    verbs = {**Walks.verbs, "clear_it": clear_it}

    def test_the_clearing_begins_with_the_advance_and_its_amount(self) -> None:
        case = self.reach("clearing")
        order = ChildOrder.objects.get(case=case)
        assert order.answers["advance"]["key"] == str(case.submission.uuid)
        assert order.answers["advance_amount"] == case.submission.answers["amount"]

    def test_while_it_is_being_cleared_it_cannot_be_put_off(self) -> None:
        case = self.reach("clearing")
        self.child(case)
        with override("en"), pytest.raises(RuleBroken, match="must wait until these are closed"):
            self.take(case, "not_yet")

    def test_a_refused_clearing_leaves_the_advance_outstanding(self) -> None:
        case = self.reach("clearing")
        approvals.refuse(asks(self.child(case), self.shop["department_head"], "票据不全"))
        assert fresh(case).state == "outstanding"
