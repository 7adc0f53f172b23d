"""Running cases when a workflow gets a new edition: none is touched, all can be moved, and moved back."""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.forms.models import model_to_dict

from foundation.audit.queries import events_of
from foundation.editions.models import Edition
from foundation.editions.queries import newest
from foundation.organisation.models import User
from tests.factories.chains import (
    act,
    asks,
    fresh,
    open_one,
    publish_all,
    stage,
    state,
    step,
    text,
    waiting,
    workflow_body,
)
from tests.factories.organisation import make_user, make_user_with_roles
from workflows.exceptions import NotPermitted, RuleBroken
from workflows.models import Case
from workflows.services import approvals, migration
from workflows.services.definitions import publish_workflow

pytestmark = pytest.mark.django_db
MANY = int(os.environ.get("REMIT_MANY_CASES", "60"))


def question(name: str) -> dict[str, Any]:
    return {"id": name, "kind": "text", "label": text(name)}


def first() -> dict[str, Any]:
    return workflow_body(
        [
            state("open"),
            state("looked_at"),
            stage("boss", "boss", "done"),
            state("done", "final"),
            state("refused", "final"),
        ],
        [
            step("look", "open", "looked_at", "desk", asks=[question("finding"), question("rumour")]),
            step("ask", "looked_at", "boss", "desk"),
        ],
        access={"sees": ["submitter", "desk"]},
    )


def second() -> dict[str, Any]:
    return workflow_body(
        [
            state("received"),
            state("examined"),
            stage("chief", "boss", "second_look"),
            stage("second_look", "auditor", "done", when="amount > 1000"),
            state("done", "final"),
            state("refused", "final"),
        ],
        [
            step("look", "received", "examined", "desk", asks=[question("result")]),
            step("ask", "examined", "chief", "desk"),
        ],
        access={"sees": ["submitter", "desk"]},
    )


@pytest.fixture
def people() -> dict[str, User]:
    found = {role: some[0] for role, some in publish_all(first()).items()}
    found["clerk"] = make_user()
    found["builder"] = make_user_with_roles("form_builder")
    return found


def running(people: dict[str, User], count: int) -> list[Case]:
    cases = []
    for number in range(count):
        case = open_one(people["clerk"], note=str(number))
        if number % 3:
            case = act(case, "look", people["desk"], answers={"finding": ["松动"], "rumour": ["听说"]})
        if number % 3 == 2:
            case = act(case, "ask", people["desk"])
        cases.append(case)
    return cases


def mapped(**states: str) -> migration.Mapped:
    old = Edition.objects.get(kind=Edition.Kind.WORKFLOW, key="spending", number=1)
    new = newest(Edition.Kind.WORKFLOW, "spending")
    assert new is not None
    kept = migration.suggested(old, new)
    named = {"open": "received", "looked_at": "examined", "boss": "chief", **states}
    return migration.Mapped(old, new, {**kept.states, **named}, {**kept.answers, "finding": "result"})


def rows() -> list[dict[str, Any]]:
    return [model_to_dict(case) for case in Case.objects.order_by("pk")]


def test_a_new_edition_touches_no_running_case_and_they_are_moved_and_moved_back(
    people: dict[str, User],
) -> None:
    cases = running(people, MANY)
    before = rows()
    publish_workflow(second(), by=people["builder"])
    assert rows() == before
    planned = migration.plan(mapped())
    assert len(planned) == MANY
    assert not any(one.problem for one in planned)
    done = migration.migrate(mapped(), by=people["builder"], reason="新版流程", seen=MANY)
    for one in planned:
        case = fresh(one.case)
        assert (case.state, case.answers, waiting(case)) == (one.target, one.answers, set(one.asked))
        assert case.edition.number == 2
    moved = fresh(cases[2])
    assert (moved.state, moved.answers) == ("chief", {"result": "松动"})
    assert moved.rounds[-1]["state"] == "chief"
    migration.undo(done, by=people["builder"], reason="弄错了")
    for was, now in zip(before, rows(), strict=True):
        assert now.pop("changed_at") > was.pop("changed_at")
        assert now == was
    assert [event.kind for event in events_of(cases[0].stream)] == [
        "case_opened",
        "case_migrated",
        "case_restored",
    ]
    approvals.agree(asks(cases[2], people["boss"]))
    assert fresh(cases[2]).state == "done"


def test_a_decision_made_before_counts_after(people: dict[str, User]) -> None:
    case = running(people, 3)[2]
    publish_workflow(second(), by=people["builder"])
    migration.migrate(mapped(), by=people["builder"], reason="x", seen=3)
    approvals.agree(asks(case, people["boss"]))
    assert fresh(case).state == "done"  # the second look is not needed for a small amount


def test_cases_that_cannot_be_placed_stop_it_all(people: dict[str, User]) -> None:
    running(people, 3)
    publish_workflow(second(), by=people["builder"])
    before = rows()
    with pytest.raises(RuleBroken, match="SP-"):
        migration.migrate(mapped(boss="nowhere"), by=people["builder"], reason="x", seen=3)
    with pytest.raises(RuleBroken):
        migration.migrate(mapped(), by=people["builder"], reason="x", seen=2)
    with pytest.raises(RuleBroken):
        migration.migrate(mapped(), by=people["builder"], reason=" ", seen=3)
    with pytest.raises(NotPermitted):
        migration.migrate(mapped(), by=people["desk"], reason="x", seen=3)
    assert rows() == before


def test_cases_that_have_gone_on_are_not_moved_back(people: dict[str, User]) -> None:
    case = running(people, 1)[0]
    publish_workflow(second(), by=people["builder"])
    done = migration.migrate(mapped(), by=people["builder"], reason="x", seen=1)
    act(case, "look", people["desk"])
    with pytest.raises(RuleBroken, match=case.number):
        migration.undo(done, by=people["builder"], reason="x")
    assert fresh(case).state == "examined"
