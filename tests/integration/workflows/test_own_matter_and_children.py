"""Stages whose only people ask for themselves, and child cases that keep only those steps that leave the state."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from foundation.audit.queries import events_of
from foundation.organisation.models import User
from tests.factories.chains import (
    act,
    fresh,
    open_one,
    publish_all,
    stage,
    state,
    step,
    waiting,
    workflow_body,
)
from tests.factories.organisation import make_user
from workflows.exceptions import RuleBroken

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss() -> User:
    return make_user("boss", full_name="部门经理")


def two_stages(own_matter: str) -> dict:
    return workflow_body(
        [
            stage("manager", "manager", "gm", own_matter=own_matter),
            stage("gm", "gm", "done"),
            state("done", "final"),
            state("refused", "final"),
        ]
    )


def test_the_head_need_not_sign_their_own_request_and_that_is_on_record(boss: User) -> None:
    people = publish_all(two_stages("pass"), people={"manager": [boss]})
    case = open_one(boss)
    assert (case.state, waiting(case)) == ("gm", {people["gm"][0].pk})
    passed = events_of(case.stream)[-1]
    decision = next(change.after for change in passed.changes if change.path == "decision")
    assert (passed.kind, decision["why"]) == ("case_passed", "own_matter")


def test_a_colleague_of_the_head_is_asked_all_the_same(boss: User) -> None:
    second = make_user("second")
    publish_all(two_stages("pass"), people={"manager": [boss, second]})
    case = open_one(boss)
    assert (case.state, waiting(case)) == ("manager", {second.pk})


def test_where_nobody_holds_the_role_at_all_the_case_waits(boss: User) -> None:
    publish_all(two_stages("pass"), people={"manager": []})
    assert open_one(boss).state == "manager"


def test_a_stage_that_does_not_say_so_waits(boss: User) -> None:
    publish_all(two_stages("wait"), people={"manager": [boss]})
    case = open_one(boss)
    assert (case.state, waiting(case)) == ("manager", set())


def test_a_child_keeps_people_from_leaving_but_not_from_what_stays_or_may_go_on_regardless(
    boss: User,
) -> None:
    opening = {"workflow": "extra", "sets": {"amount": 7}, "at_once": True}
    parent = workflow_body(
        [
            state("repair", blocked_by=["extra"]),
            state("urgent"),
            state("done", "final"),
        ],
        [
            step("order", "repair", "repair", "worker", opens=[opening]),
            step("note", "repair", "repair", "worker"),
            step("escalate", "repair", "urgent", "worker", despite_children=True),
            step("finish", ["repair", "urgent"], "done", "worker"),
        ],
    )
    child = workflow_body(
        [state("asked"), state("agreed_to", "final")],
        [step("yes", "asked", "agreed_to", "worker")],
        key="extra",
    )
    for body in (parent, child):
        body["access"]["sees"].append("worker")
    worker = publish_all(child, parent)["worker"][0]
    case = act(open_one(boss), "order", worker)
    case = act(act(case, "order", worker), "note", worker)
    assert fresh(case).children.count() == 2
    with override("en"), pytest.raises(RuleBroken, match="must wait until these are closed"):
        act(case, "finish", worker)
    assert act(case, "escalate", worker).state == "urgent"
