"""A-14, W-13: thank-you letters. One of two people signs, by the kind of letter; then enveloped, posted, entered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from foundation.audit.queries import events_of
from tests.factories.walking import TODAY, Shop, Stage, Step, Walks, kept_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shop(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Shop]:
    with kept_shop(django_db_blocker, "thank_you_letter") as made:
        yield made


class Letter(Walks):
    workflow = "thank_you_letter"
    applicant = "cr_specialist"
    stages = (
        Stage(
            "gm_signature",
            "general_manager",
            "manager_signature",
            refused=None,
            corrects="reprint",
            when='letter_kind == "purchase"',
            own_matter="wait",
        ),
        Stage(
            "manager_signature",
            "service_manager",
            "signed",
            refused=None,
            corrects="reprint",
            when='letter_kind == "visit"',
            own_matter="wait",
        ),
    )
    steps = (
        Step("print_again", "reprint", "cr_specialist", "gm_signature"),
        Step("cancel", "reprint", "cr_specialist", "cancelled", reason=True),
        Step("envelope", "signed", "cr_specialist", "enveloped"),
        Step("post", "enveloped", "general_affairs", "posted", {"posted_on": TODAY}, needs=("posted_on",)),
        Step(
            "enter",
            "posted",
            "cr_specialist",
            "entered",
            {"letter_book_number": "信-301"},
            needs=("letter_book_number",),
        ),
    )
    final = frozenset({"entered", "cancelled"})
    skipped: str

    def test_the_other_signature_is_passed_over_on_record(self) -> None:
        case = self.reach("signed")
        stages = [
            change.after["stage"]
            for event in events_of(case.stream)
            if event.kind == "case_passed"
            for change in event.changes
            if change.path == "decision"
        ]
        assert (stages, self.passed(case)) == ([self.skipped], ["not_needed"])


WAYS = {
    "signed": ("agree",),
    "enveloped": ("agree", "envelope"),
    "posted": ("agree", "envelope", "post"),
    "entered": ("agree", "envelope", "post", "enter"),
    "reprint": ("withdraw",),
    "cancelled": ("withdraw", "cancel"),
}


class TestAfterAPurchase(Letter):
    answers = {"letter_kind": "purchase"}
    opens_in = "gm_signature"
    skipped = "manager_signature"
    passing = {"manager_signature": "signed"}
    ways = {"gm_signature": (), **WAYS}


class TestAfterAVisit(Letter):
    answers = {"letter_kind": "visit"}
    opens_in = "manager_signature"
    skipped = "gm_signature"
    passing = {"gm_signature": "manager_signature"}
    ways = {"manager_signature": (), **WAYS}
