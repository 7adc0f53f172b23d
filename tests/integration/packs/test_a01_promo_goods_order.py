"""A-01, W-45: promotional goods. Department, deputy, general manager; the customer relations manager orders online."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.factories.walking import TODAY, Shop, Stage, Step, Walks, kept_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shop(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Shop]:
    with kept_shop(django_db_blocker, "promo_goods_order") as made:
        yield made


AGREED = ("agree",) * 3


class TestPromotionalGoods(Walks):
    workflow = "promo_goods_order"
    opens_in = "department"
    stages = (
        Stage("department", "department_head", "deputy_gm"),
        Stage("deputy_gm", "deputy_general_manager", "gm"),
        Stage("gm", "general_manager", "to_order", own_matter="wait"),
    )
    steps = (
        Step("resubmit", "returned", "submitter", "department"),
        Step("cancel", "returned", "submitter", "cancelled"),
        Step(
            "order",
            "to_order",
            "customer_relations_manager",
            "ordered",
            {"order_number": "CX-2026-88", "ordered_on": TODAY},
            needs=("order_number", "ordered_on"),
        ),
        Step(
            "receive",
            "ordered",
            "cr_specialist",
            "received",
            {"received_quantity": "200", "received_on": TODAY},
            needs=("received_quantity", "received_on"),
        ),
    )
    final = frozenset({"received", "refused", "cancelled"})
    ways = {
        "department": (),
        "deputy_gm": AGREED[:1],
        "gm": AGREED[:2],
        "to_order": AGREED,
        "ordered": (*AGREED, "order"),
        "received": (*AGREED, "order", "receive"),
        "returned": ("withdraw",),
        "refused": ("refuse",),
        "cancelled": ("withdraw", "cancel"),
    }
