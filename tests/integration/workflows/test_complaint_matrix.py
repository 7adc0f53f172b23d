"""Every state × transition × role of the complaint: exactly the declared ones succeed."""

from __future__ import annotations

import pytest
from django.db import transaction

from tests.factories.workflows import ANSWERS, House, complaint_in, key, make_house
from workflows.definitions import definition_of
from workflows.exceptions import CaseNotFound, NotPermitted, RuleBroken
from workflows.matrix import matrix_of
from workflows.models import Case
from workflows.services import cases

pytestmark = pytest.mark.django_db

# Written out by hand from the inventory (W-01), not read from the definition: what the house expects.
EXPECTED = {
    ("received", "assign", "manager"),
    ("assigned", "answer", "assignee"),
    ("answered", "close", "clerk"),
    ("answered", "send_back", "clerk"),
    ("closed", "reopen", "general_manager"),
}
STATES = ("received", "assigned", "answered", "closed")
STEPS = ("assign", "answer", "close", "send_back", "reopen")
PEOPLE = (
    "clerk", "manager", "assignee", "general_manager", "auditor", "hr", "form_builder", "administrator", "stranger",
)  # fmt: skip
# The second manager is who gets the case; holding that role too, they may assign a received one.
ALLOWED = EXPECTED | {("received", "assign", "assignee")}


@pytest.fixture
def house() -> House:
    return make_house()


def test_the_definition_declares_what_the_house_expects(house: House) -> None:
    declared = {
        (cell.state, cell.step, cell.role)
        for cell in matrix_of(definition_of(house.workflow))
        if cell.allowed
    }
    assert declared == EXPECTED


@pytest.mark.parametrize("state", STATES)
def test_exactly_the_declared_people_take_exactly_the_declared_steps(house: House, state: str) -> None:
    case = complaint_in(house, state)
    before = case.version
    succeeded = set()
    for step in STEPS:
        for person in PEOPLE:
            undo = transaction.savepoint()
            try:
                receipt = cases.act(
                    case_uuid=case.uuid,
                    step=step,
                    by=house[person],
                    seen_version=before,
                    idempotency_key=key(),
                    answers=ANSWERS.get(step, {}),
                    reason="顾客再次来电",
                    assignee=house["assignee"].uuid,
                )
            except (CaseNotFound, NotPermitted, RuleBroken):
                assert Case.objects.get(pk=case.pk).version == before
            else:
                assert receipt.version == before + 1
                succeeded.add((state, step, person))
            transaction.savepoint_rollback(undo)
    assert succeeded == {cell for cell in ALLOWED if cell[0] == state}


@pytest.mark.parametrize("person", ["hr", "form_builder", "administrator", "stranger"])
def test_who_may_not_see_the_case_is_told_there_is_none(house: House, person: str) -> None:
    case = complaint_in(house, "assigned")
    with pytest.raises(CaseNotFound):
        cases.act(
            case_uuid=case.uuid,
            step="answer",
            by=house[person],
            seen_version=case.version,
            idempotency_key=key(),
        )


def test_a_person_switched_off_takes_no_step(house: House) -> None:
    case = complaint_in(house, "received")
    house["manager"].is_active = False
    house["manager"].save()
    with pytest.raises(CaseNotFound):
        cases.act(
            case_uuid=case.uuid,
            step="assign",
            by=house["manager"],
            seen_version=case.version,
            idempotency_key=key(),
            answers=ANSWERS["assign"],
            assignee=house["assignee"].uuid,
        )
