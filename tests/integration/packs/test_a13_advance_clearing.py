"""A-13, W-50: receipts that clear an advance. As a payment; the balance is settled before it is cleared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.factories.walking import TODAY, Guarded, Shop, Stage, Step, Walks, kept_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shop(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Shop]:
    with kept_shop(django_db_blocker, "advance_clearing") as made:
        yield made


AGREED = ("agree",) * 5


class TestAdvanceClearing(Walks):
    workflow = "advance_clearing"
    opens_in = "department"
    stages = (
        Stage("department", "department_head", "accountant"),
        Stage("accountant", "accountant", "finance_manager"),
        Stage("finance_manager", "finance_manager", "deputy_gm"),
        Stage("deputy_gm", "deputy_general_manager", "gm"),
        Stage("gm", "general_manager", "to_clear", own_matter="wait"),
    )
    steps = (
        Step("resubmit", "returned", "submitter", "department"),
        Step("cancel", "returned", "submitter", "cancelled"),
        Step(
            "clear",
            "to_clear",
            "finance",
            "cleared",
            {"balance": "even", "balance_settled": "yes", "cleared_on": TODAY},
            needs=("balance", "balance_settled", "cleared_on"),
            may_need=("balance_amount",),
        ),
    )
    guards = (Guarded("to_clear", "clear", {"balance_settled": "no"}, "余款当面结清"),)
    final = frozenset({"cleared", "refused", "cancelled"})
    ways = {
        "department": (),
        "accountant": AGREED[:1],
        "finance_manager": AGREED[:2],
        "deputy_gm": AGREED[:3],
        "gm": AGREED[:4],
        "to_clear": AGREED,
        "cleared": (*AGREED, "clear"),
        "returned": ("withdraw",),
        "refused": ("refuse",),
        "cancelled": ("withdraw", "cancel"),
    }
