"""A-06 and A-07, W-46: signage. Installing waits for the safety agreement; making, buying, dismantling does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.factories.walking import TODAY, Guarded, Shop, Stage, Step, Walks, kept_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shop(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Shop]:
    with kept_shop(django_db_blocker, "signage") as made:
        yield made


AGREED = ("agree",) * 4


class TestSignage(Walks):
    workflow = "signage"
    opens_in = "handler"
    applicant = "seller"  # of another department: the optional first stage is walked
    answers = {"needs_installation": True, "at_height": True}
    ways_with = {"making": {"needs_installation": False}, "checked": {"needs_installation": False}}
    passing = {"approved": "agreement_due"}
    stages = (
        Stage("handler", "cr_handler", "department", when='submitter_department != "customer-relations"'),
        Stage("department", "customer_relations_manager", "deputy_gm"),
        Stage("deputy_gm", "deputy_general_manager", "gm"),
        Stage("gm", "general_manager", "approved", own_matter="wait"),
    )
    steps = (
        Step("resubmit", "returned", "submitter", "handler"),
        Step("cancel", "returned", "submitter", "cancelled"),
        Step("go_to_agreement", "approved", (), "agreement_due"),
        Step("go_to_making", "approved", (), "making"),
        Step(
            "sign_agreement",
            "agreement_due",
            "cr_handler",
            "agreement_signed",
            {"company": "彩虹广告", "agreement_on": TODAY, "signed_by_both": "yes"},
            needs=("company", "agreement_on", "signed_by_both"),
        ),
        Step(
            "install",
            "agreement_signed",
            "cr_handler",
            "installed",
            {"installed_on": TODAY},
            needs=("installed_on",),
        ),
        Step("deliver", "making", "cr_handler", "installed", {"made_on": TODAY}, needs=("made_on",)),
        Step(
            "check",
            "installed",
            "marketing_specialist",
            "checked",
            {"as_ordered": "yes", "old_removed": "yes"},
            needs=("as_ordered", "old_removed"),
            not_by=("install", "deliver"),
        ),
        Step("rework", "installed", "marketing_specialist", "making", reason=True),
    )
    guards = (
        Guarded("agreement_due", "sign_agreement", {"signed_by_both": "no"}, "双方签字"),
        Guarded("installed", "check", {"as_ordered": "no"}, "请用“返工”"),
        Guarded("installed", "check", {"old_removed": "no"}, "旧物料未拆除"),
    )
    final = frozenset({"checked", "refused", "cancelled"})
    ways = {
        "handler": (),
        "department": AGREED[:1],
        "deputy_gm": AGREED[:2],
        "gm": AGREED[:3],
        "agreement_due": AGREED,
        "agreement_signed": (*AGREED, "sign_agreement"),
        "installed": (*AGREED, "sign_agreement", "install"),
        "making": AGREED,
        "checked": (*AGREED, "deliver", "check"),
        "returned": ("withdraw",),
        "refused": ("refuse",),
        "cancelled": ("withdraw", "cancel"),
    }

    def test_what_customer_relations_asks_itself_passes_the_handler_over_on_record(self) -> None:
        case = self.open("applicant")
        assert case.state == "department"
        assert self.passed(case) == ["not_needed"]

    def test_who_installed_does_not_check_it(self) -> None:
        case = self.walk(self.open(), *AGREED, "sign_agreement")
        handler = self.shop["cr_handler"]
        self.shop.also(handler, "marketing_specialist")
        case = self.take(case, "install", handler)
        assert self.tried(case, self.take, "check", handler) is None
        assert self.take(case, "check", self.shop["marketing_specialist"]).state == "checked"
