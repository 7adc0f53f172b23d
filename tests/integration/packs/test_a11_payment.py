"""A-11, W-49: payment. Handler, department manager, accountant, finance manager, deputy, general manager; then paid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.factories.walking import TODAY, Shop, Stage, Step, Walks, kept_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shop(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Shop]:
    with kept_shop(django_db_blocker, "payment") as made:
        yield made


AGREED = ("agree",) * 5


class TestPayment(Walks):
    workflow = "payment"
    opens_in = "department"
    stages = (
        Stage("department", "department_head", "accountant"),
        Stage("accountant", "accountant", "finance_manager"),
        Stage("finance_manager", "finance_manager", "deputy_gm"),
        Stage("deputy_gm", "deputy_general_manager", "gm"),
        Stage("gm", "general_manager", "to_pay", own_matter="wait"),
    )
    steps = (
        Step("resubmit", "returned", "submitter", "department"),
        Step("cancel", "returned", "submitter", "cancelled"),
        Step(
            "pay",
            "to_pay",
            "finance",
            "payment_made",
            {"payment_date": TODAY, "payment_way": "transfer"},
            needs=("payment_date", "payment_way"),
        ),
        Step(
            "file",
            "payment_made",
            "finance",
            "filed",
            {"voucher_number": "记-118"},
            needs=("voucher_number",),
        ),
    )
    final = frozenset({"filed", "refused", "cancelled"})
    ways = {
        "department": (),
        "accountant": AGREED[:1],
        "finance_manager": AGREED[:2],
        "deputy_gm": AGREED[:3],
        "gm": AGREED[:4],
        "to_pay": AGREED,
        "payment_made": (*AGREED, "pay"),
        "filed": (*AGREED, "pay", "file"),
        "returned": ("withdraw",),
        "refused": ("refuse",),
        "cancelled": ("withdraw", "cancel"),
    }
