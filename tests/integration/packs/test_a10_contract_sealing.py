"""A-10, W-47: sealing. Department manager, then the general manager or the deputy; photographed, copied, filed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.factories.walking import TODAY, Guarded, Shop, Stage, Step, Walks, kept_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shop(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Shop]:
    with kept_shop(django_db_blocker, "contract_sealing") as made:
        yield made


AGREED = ("agree",) * 2


class TestContractSealing(Walks):
    workflow = "contract_sealing"
    opens_in = "department"
    answers = {"copies": 3}
    stages = (
        Stage("department", "department_head", "either"),
        Stage("either", ("general_manager", "deputy_general_manager"), "to_seal", own_matter="wait"),
    )
    steps = (
        Step("resubmit", "returned", "submitter", "department"),
        Step("cancel", "returned", "submitter", "cancelled"),
        Step(
            "seal",
            "to_seal",
            "general_affairs",
            "sealed",
            {"sealed_on": TODAY, "sealed_copies": "3"},
            needs=("sealed_on", "sealed_copies"),
        ),
        Step(
            "file",
            "sealed",
            "submitter",
            "filed",
            {
                "photographed": "yes",
                "photocopies_made": "3",
                "original_kept_by": "=",
                "register_number": "L10-7",
            },
            needs=("sealed_photo", "photocopies_made", "original_kept_by", "register_number"),
        ),
    )
    guards = (
        Guarded("to_seal", "seal", {"sealed_copies": "4"}, "份数与申请不一致"),
        Guarded("sealed", "file", {"photocopies_made": "2"}, "须复印三份"),
    )
    final = frozenset({"filed", "refused", "cancelled"})
    ways = {
        "department": (),
        "either": AGREED[:1],
        "to_seal": AGREED,
        "sealed": (*AGREED, "seal"),
        "filed": (*AGREED, "seal", "file"),
        "returned": ("withdraw",),
        "refused": ("refuse",),
        "cancelled": ("withdraw", "cancel"),
    }

    def typed_of(self, step: Step) -> dict[str, list[str]]:
        found = super().typed_of(step)
        if step.name == "file":
            found["original_kept_by"] = [str(self.shop["general_affairs"].uuid)]
        return found

    def test_one_decision_of_the_two_suffices(self) -> None:
        for name in ("general_manager", "deputy_general_manager"):
            case = self.reach("either")
            assert self.agree(case, self.shop[name]).state == "to_seal"
