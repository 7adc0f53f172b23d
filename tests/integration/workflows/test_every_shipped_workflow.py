"""Every shipped workflow: state × step × role and state × decision × role, exactly as its file declares.

What is expected is read from the files as plain values; the answers come from the compiled editions and the rules.
"""

from __future__ import annotations

from typing import Any

import pytest

from forms.models import Submission
from foundation.editions.models import Edition
from foundation.editions.queries import newest
from foundation.editions.services import publish
from foundation.organisation.models import Department, RoleBinding, User
from tests.factories.clocks import pack_calendars
from tests.factories.organisation import (
    bind_role,
    hold,
    make_department,
    make_group,
    make_position,
    make_user,
)
from tests.factories.pack_files import read
from tests.factories.workflows import PACK, definition
from workflows import rounds
from workflows.machine import machine_of
from workflows.models import Case
from workflows.queries import transitions_open_to
from workflows.services.approvals import may_decide
from workflows.services.definitions import publish_workflow
from workflows.services.following import people_asked

SHIPPED = sorted(path.stem for path in (PACK / "workflows").glob("*.yaml"))
RELATIONS = tuple(RoleBinding.Relation.values)


def body_of(key: str) -> dict[str, Any]:
    return read(PACK / "workflows" / f"{key}.yaml")


class House:
    """One person a role and nothing else, one for each relation, and one with no role at all."""

    def __init__(self, roles: set[str]) -> None:
        self.department: Department = make_department()
        self.people: dict[str, User] = {"": make_user()}
        for role in sorted(roles - set(RELATIONS)):
            group = make_group()
            self.people[role] = make_user(groups=[group])
            bind_role(role, group)
        for relation in RELATIONS:
            bind_role(relation, relation)
            self.people[relation] = make_user()
        head = make_position(department=self.department, heads=True)
        top = make_position(department=make_department())
        # The submitter works in a department of their own, so that each relation is somebody else.
        home = make_department()
        manager = make_position(department=make_department())
        desk = make_position(department=home, superiors=[manager])
        chief = make_position(department=home, heads=True, superiors=[top])
        hold(self.people["case_department_head"], head)
        hold(self.people["submitter"], desk)
        hold(self.people["line_manager"], manager)
        hold(self.people["department_head"], chief)

    def case(self, edition: Edition, state: str) -> Case:
        """Return a case that stands in the state; it is not stored."""
        form = newest(Edition.Kind.FORM, body_of(edition.key)["form"])
        assert form is not None
        submission = Submission(edition=form, answers={}, submitted_by=self.people["submitter"])
        return Case(
            edition=edition,
            workflow=edition.key,
            submission=submission,
            state=state,
            version=1,
            submitted_by=self.people["submitter"],
            assignee=self.people["assignee"],
            department=self.department,
        )


def roles_in(node: Any) -> set[str]:
    """Return every role a file names, wherever it stands."""
    if isinstance(node, dict):
        named = {
            role for key in ("roles", "sees", "reassigns", "relates", "readers") for role in node.get(key, ())
        }
        return named.union(
            *(roles_in(value) for value in node.values()), set(node.get("skills", {}).values())
        )
    return set().union(*(roles_in(one) for one in node)) if isinstance(node, list) else set()


@pytest.mark.django_db
@pytest.mark.parametrize("key", SHIPPED)
def test_state_by_step_by_role_is_what_the_file_declares(key: str) -> None:
    body = body_of(key)
    pack_calendars()
    house = House(roles_in(body))
    by = house.people[""]
    form = body["form"]
    publish(kind=Edition.Kind.FORM, key=form, body=definition("forms", form), by=by)
    edition = publish_workflow(body, by=by)
    machine = machine_of(edition)
    checked = 0
    for state in body["states"]:
        case = house.case(edition, state["id"])
        approval = state.get("approval")
        if approval:
            asked = people_asked(case, machine.approvals[state["id"]])
            case.rounds = [_everybody_at_once(state["id"], asked).stored()]
        for role, person in house.people.items():
            offered = {step.id for step in transitions_open_to(case, person)}
            declared = {
                step["id"]
                for step in body.get("transitions", ())
                if state["id"] in step["source"] and role in step.get("roles", ())
            }
            assert offered == declared, (key, state["id"], role)
            decides = bool(approval) and role in approval["roles"] and role != "submitter"
            assert may_decide(case, person) == decides, (key, state["id"], role)
            checked += len(body.get("transitions", ())) + 1
    assert checked >= len(body["states"]) * len(house.people)


def _everybody_at_once(state: str, asked: list[tuple[int, str]]) -> rounds.Round:
    seats = tuple((rounds.Seat(person, role, "waiting"),) for person, role in asked)
    return rounds.Round(state, 1, 1, "", seats)


def test_there_are_workflows_to_ask_about() -> None:
    assert "complaint" in SHIPPED
