"""W-08: customer files. Classed, given to whoever has fewest (key accounts to those who know them), kept up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.utils.translation import override

from backoffice.casework.why import why_of
from tests.factories.walking import TODAY, Shop, Step, Walks, kept_shop, typed
from workflows.models import Case

pytestmark = pytest.mark.django_db
SPECIALISTS = ("cr_specialist", "follow_up_specialist")


@pytest.fixture(scope="module")
def shop(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Shop]:
    with kept_shop(django_db_blocker, "customer_file") as made:
        made.also(made["follow_up_specialist"], "key_account_specialist")
        yield made


class TestCustomerFile(Walks):
    workflow = "customer_file"
    opens_in = "extracted"
    steps = (
        Step(
            "classify",
            "extracted",
            "customer_relations_manager",
            "classified",
            {"customer_class": "private"},
            needs=("customer_class", "class_keeper"),
        ),
        Step("assign", "classified", "customer_relations_manager", "assigned"),
        Step(
            "first_contact",
            "assigned",
            "assignee",
            "contacted",
            {"contacted_on": TODAY, "contact_note": "已说明服务项目"},
            needs=("contacted_on", "contact_note"),
        ),
        Step("maintain", "contacted", "assignee", "maintained"),
        Step(
            "note_change",
            "maintained",
            ("assignee", "customer_relations_manager"),
            "maintained",
            {"what_changed": "更换手机号码"},
            needs=("what_changed",),
        ),
        Step(
            "hand_on",
            ("assigned", "contacted", "maintained"),
            "customer_relations_manager",
            "assigned",
            reason=True,
            gives="cr_specialist",
        ),
    )
    final = frozenset({"maintained"})
    ways = {
        "extracted": (),
        "classified": ("classify",),
        "assigned": ("classify", "assign"),
        "contacted": ("classify", "assign", "first_contact"),
        "maintained": ("classify", "assign", "first_contact", "maintain"),
    }

    def typed_of(self, step: Step) -> dict[str, list[str]]:
        found = super().typed_of(step)
        if step.name == "classify":
            found["class_keeper"] = [str(self.shop["cr_specialist"].uuid)]
        return found

    def cast(self) -> dict[str, Any]:
        return super().cast() | {name: self.shop[name] for name in SPECIALISTS}

    def assigned(self, customer_class: str) -> Case:
        keeper = str(self.shop["cr_specialist"].uuid)
        answers = typed({"customer_class": customer_class, "class_keeper": keeper})
        return self.take(self.take(self.open(), "classify", answers=answers), "assign")

    def test_numbers_are_balanced_and_the_reason_is_kept(self) -> None:
        undo = transaction.savepoint()
        given = [self.assigned("private") for _number in range(6)]
        counts = {name: sum(case.assignee == self.shop[name] for case in given) for name in SPECIALISTS}
        assert counts == dict.fromkeys(SPECIALISTS, 3)
        assert [case.why["mode"] for case in given] == ["load"] * 6
        transaction.savepoint_rollback(undo)

    def test_of_those_with_equally_many_key_accounts_go_to_those_who_know_them(self) -> None:
        undo = transaction.savepoint()
        given = [self.assigned("key_account") for _number in range(4)]
        knows, other = (self.shop[name] for name in ("follow_up_specialist", "cr_specialist"))
        assert [case.assignee for case in given] == [knows, other, knows, other]
        assert [case.why.get("skill") for case in given] == ["key_account_specialist", None] * 2
        with override("en"):
            assert any("Of those equally near" in line for line in why_of(given[0]))
            assert not any("equally near" in line for line in why_of(given[1]))
        transaction.savepoint_rollback(undo)
