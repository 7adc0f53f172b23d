"""A-04, W-44: the go-ahead for an activity. Department manager, deputy, general manager."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.factories.walking import Shop, Stage, Step, Walks, kept_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shop(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Shop]:
    with kept_shop(django_db_blocker, "activity_approval") as made:
        yield made


AGREED = ("agree",) * 3


class TestActivityApproval(Walks):
    workflow = "activity_approval"
    opens_in = "department"
    stages = (
        Stage("department", "department_head", "deputy_gm"),
        Stage("deputy_gm", "deputy_general_manager", "gm"),
        Stage("gm", "general_manager", "approved", own_matter="wait"),
    )
    steps = (
        Step("resubmit", "returned", "submitter", "department"),
        Step("cancel", "returned", "submitter", "cancelled"),
    )
    final = frozenset({"approved", "refused", "cancelled"})
    ways = {
        "department": (),
        "deputy_gm": AGREED[:1],
        "gm": AGREED[:2],
        "approved": AGREED,
        "returned": ("withdraw",),
        "refused": ("refuse",),
        "cancelled": ("withdraw", "cancel"),
    }
