"""A-03, W-52: price tracking. Investigator, department manager, deputy, general manager, the people concerned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.factories.walking import TODAY, Shop, Stage, Step, Walks, kept_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shop(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Shop]:
    with kept_shop(django_db_blocker, "price_tracking") as made:
        yield made


AGREED = ("agree",) * 3


class TestPriceTracking(Walks):
    workflow = "price_tracking"
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
            "submitter",
            "distributed",
            {"people_concerned": ["manufacturer", "sales"], "distributed_on": TODAY},
            needs=("people_concerned", "distributed_on"),
        ),
    )
    final = frozenset({"distributed", "refused", "cancelled"})
    ways = {
        "department": (),
        "deputy_gm": AGREED[:1],
        "gm": AGREED[:2],
        "approved": AGREED,
        "distributed": (*AGREED, "distribute"),
        "returned": ("withdraw",),
        "refused": ("refuse",),
        "cancelled": ("withdraw", "cancel"),
    }

    @pytest.mark.parametrize(
        ("surveyed", "by"),
        [
            ("2026-09-01", "2026-09-15"),
            ("2026-09-15", "2026-09-15"),
            ("2026-09-16", "2026-09-30"),
            ("2026-10-31", "2026-10-30"),
            ("2026-02-20", "2026-02-28"),
        ],
    )
    def test_prices_are_compiled_by_the_fifteenth_and_the_thirtieth(self, surveyed: str, by: str) -> None:
        assert self.open(survey_on=surveyed).submission.answers["compiled_by"] == by
