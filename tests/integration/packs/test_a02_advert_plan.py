"""A-02, W-43: advert plan of next month. Signed by three, filed and distributed, sent to the manufacturer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.factories.walking import TODAY, Guarded, Shop, Stage, Step, Walks, kept_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shop(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Shop]:
    with kept_shop(django_db_blocker, "advert_plan") as made:
        yield made


AGREED = ("agree",) * 3


class TestAdvertPlan(Walks):
    workflow = "advert_plan"
    opens_in = "department"
    stages = (
        Stage("department", "department_head", "deputy_gm"),
        Stage("deputy_gm", "deputy_general_manager", "gm"),
        Stage("gm", "general_manager", "approved", own_matter="wait"),
    )
    steps = (
        Step("resubmit", "returned", "submitter", "department"),
        Step("cancel", "returned", "submitter", "cancelled"),
        Step(
            "distribute",
            "approved",
            "marketing_specialist",
            "distributed",
            {"plan_filed": "yes", "copies_to": ["finance", "front_desk"]},
            needs=("plan_filed", "copies_to"),
        ),
        Step(
            "send",
            "distributed",
            "customer_relations_manager",
            "sent",
            {"sent_on": TODAY},
            needs=("sent_on",),
        ),
    )
    guards = (Guarded("approved", "distribute", {"plan_filed": "no"}, "先打印存档"),)
    final = frozenset({"sent", "refused", "cancelled"})
    ways = {
        "department": (),
        "deputy_gm": AGREED[:1],
        "gm": AGREED[:2],
        "approved": AGREED,
        "distributed": (*AGREED, "distribute"),
        "sent": (*AGREED, "distribute", "send"),
        "returned": ("withdraw",),
        "refused": ("refuse",),
        "cancelled": ("withdraw", "cancel"),
    }

    @pytest.mark.parametrize(("month", "by"), [("2026-12", "2026-11-15"), ("2027-01", "2026-12-15")])
    def test_next_months_plan_is_with_the_manufacturer_by_the_fifteenth(self, month: str, by: str) -> None:
        assert self.open(month=month).submission.answers["to_maker_by"] == by
