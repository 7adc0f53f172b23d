"""A-17: daily board data. The desks report, the specialist updates the board, the manager checks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.factories.walking import NOW, Shop, Step, Walks, kept_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shop(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Shop]:
    with kept_shop(django_db_blocker, "board_data") as made:
        yield made


class TestBoardData(Walks):
    workflow = "board_data"
    opens_in = "reported"
    applicant = "sales_information_clerk"
    steps = (
        Step(
            "update",
            "reported",
            "cr_specialist",
            "on_board",
            {"board_updated_at": NOW},
            needs=("board_updated_at",),
        ),
        Step("ask_correction", "reported", "cr_specialist", "to_correct", reason=True),
        Step(
            "correct",
            "to_correct",
            "submitter",
            "reported",
            {"correction_note": "交车台数少报一台"},
            needs=("correction_note",),
        ),
        Step("check", "on_board", "customer_relations_manager", "checked"),
        Step("reject", "on_board", "customer_relations_manager", "reported", reason=True),
    )
    final = frozenset({"checked"})
    ways = {
        "reported": (),
        "to_correct": ("ask_correction",),
        "on_board": ("update",),
        "checked": ("update", "check"),
    }

    def test_the_service_desk_reports_too(self) -> None:
        case = self.open("service_adviser", desk="service")
        assert self.walk(case, "update", "check").state == "checked"
