"""W-02: a problem heard in a follow-up call. Assigned, the date signed, solved, called again by somebody else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils.translation import override

from tests.factories.walking import TODAY, TOMORROW, YESTERDAY, Guarded, Shop, Step, Walks, kept_shop, typed
from workflows.exceptions import AnswersRefused, NotPermitted

pytestmark = pytest.mark.django_db
DESK = ("follow_up_specialist", "clerk")


@pytest.fixture(scope="module")
def shop(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Shop]:
    with kept_shop(django_db_blocker, "quick_handling", forms=("follow-up-record",)) as made:
        yield made


class TestQuickHandling(Walks):
    workflow = "quick_handling"
    opens_in = "raised"
    applicant = "follow_up_specialist"
    steps = (
        Step("assign", "raised", DESK, "assigned", gives="service_manager"),
        Step(
            "sign_date",
            "assigned",
            "assignee",
            "date_signed",
            {"solution_date": TOMORROW},
            needs=("solution_date", "date_signature"),
        ),
        Step(
            "finish",
            "date_signed",
            "assignee",
            "done",
            {"solution": "已重新调校并路试。", "solved_on": TODAY},
            needs=("solution", "solved_on"),
        ),
        Step(
            "close",
            "done",
            DESK,
            "closed",
            {"content_again": "yes"},
            needs=("content_again",),
            not_by=("finish",),
        ),
        Step("send_back", "done", DESK, "assigned", reason=True, not_by=("finish",)),
    )
    guards = (Guarded("done", "close", {"content_again": "no"}, "请用“退回责任人”"),)
    final = frozenset({"closed"})
    ways = {
        "raised": (),
        "assigned": ("assign",),
        "date_signed": ("assign", "sign_date"),
        "done": ("assign", "sign_date", "finish"),
        "closed": ("assign", "sign_date", "finish", "close"),
    }

    def test_a_date_that_has_passed_cannot_be_signed(self) -> None:
        case = self.reach("assigned")
        with pytest.raises(AnswersRefused) as refusal:
            self.take(case, "sign_date", answers=typed({"solution_date": YESTERDAY}))
        assert set(refusal.value.errors) == {"solution_date"}

    def test_only_people_of_the_workshop_or_its_managers_are_put_in_charge(self) -> None:
        case = self.open()
        for name in ("sales_consultant", "clerk", "stranger"):
            with pytest.raises(AnswersRefused):
                self.take(case, "assign", assignee=self.shop[name].uuid)
        assert (
            self.take(case, "assign", assignee=self.shop["technician"].uuid).assignee
            == self.shop["technician"]
        )

    def test_who_solved_it_does_not_make_the_second_call(self) -> None:
        adviser = self.shop["service_adviser"]
        self.shop.also(adviser, "clerk")
        case = self.take(self.open(), "assign", assignee=adviser.uuid)
        case = self.take(self.take(case, "sign_date"), "finish")
        for name in ("close", "send_back"):
            with override("en"), pytest.raises(NotPermitted, match="yourself"):
                self.take(case, name, adviser)
        assert self.take(case, "close", self.shop["clerk"]).state == "closed"

    def test_sent_back_it_needs_a_new_date_and_a_new_call(self) -> None:
        case = self.take(self.reach("done"), "send_back")
        assert case.assignee == self.shop["service_manager"]
        assert self.walk(case, "sign_date", "finish", "close").state == "closed"
