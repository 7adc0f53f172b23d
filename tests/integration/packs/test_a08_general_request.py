"""A-08, W-48: printing, adverts, activities. Another department may ask; then the handler takes it on first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.factories.walking import Shop, Stage, Step, Walks, kept_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shop(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Shop]:
    with kept_shop(django_db_blocker, "general_request") as made:
        yield made


AGREED = ("agree",) * 4


class TestGeneralRequest(Walks):
    workflow = "general_request"
    opens_in = "handler"
    applicant = "seller"  # of another department: the optional first stage is walked
    stages = (
        Stage("handler", "cr_handler", "department", when='submitter_department != "customer-relations"'),
        Stage("department", "customer_relations_manager", "deputy_gm"),
        Stage("deputy_gm", "deputy_general_manager", "gm"),
        Stage("gm", "general_manager", "approved", own_matter="wait"),
    )
    steps = (
        Step("resubmit", "returned", "submitter", "handler"),
        Step("cancel", "returned", "submitter", "cancelled"),
    )
    final = frozenset({"approved", "refused", "cancelled"})
    ways = {
        "handler": (),
        "department": AGREED[:1],
        "deputy_gm": AGREED[:2],
        "gm": AGREED[:3],
        "approved": AGREED,
        "returned": ("withdraw",),
        "refused": ("refuse",),
        "cancelled": ("withdraw", "cancel"),
    }

    def test_what_customer_relations_asks_itself_passes_the_handler_over_on_record(self) -> None:
        case = self.open("applicant")
        assert case.state == "department"
        assert self.passed(case) == ["not_needed"]
