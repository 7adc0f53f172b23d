"""A-15, W-45: monthly reimbursement of promotional goods. As a payment, the accountant first checks the orders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.factories.walking import TODAY, Shop, Stage, Step, Walks, kept_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shop(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Shop]:
    with kept_shop(django_db_blocker, "promo_reimbursement") as made:
        yield made


AGREED = ("agree",) * 5


class TestPromotionalReimbursement(Walks):
    workflow = "promo_reimbursement"
    opens_in = "department"
    stages = (
        Stage("department", "department_head", "accountant"),
        Stage("accountant", "accountant", "finance_manager"),
        Stage("finance_manager", "finance_manager", "deputy_gm"),
        Stage("deputy_gm", "deputy_general_manager", "gm"),
        Stage("gm", "general_manager", "to_reimburse", own_matter="wait"),
    )
    steps = (
        Step("resubmit", "returned", "submitter", "department"),
        Step("cancel", "returned", "submitter", "cancelled"),
        Step(
            "reimburse",
            "to_reimburse",
            "finance",
            "reimbursed",
            {"reimbursed_on": TODAY, "voucher_number": "记-21"},
            needs=("reimbursed_on", "voucher_number"),
        ),
    )
    final = frozenset({"reimbursed", "refused", "cancelled"})
    ways = {
        "department": (),
        "accountant": AGREED[:1],
        "finance_manager": AGREED[:2],
        "deputy_gm": AGREED[:3],
        "gm": AGREED[:4],
        "to_reimburse": AGREED,
        "reimbursed": (*AGREED, "reimburse"),
        "returned": ("withdraw",),
        "refused": ("refuse",),
        "cancelled": ("withdraw", "cancel"),
    }
