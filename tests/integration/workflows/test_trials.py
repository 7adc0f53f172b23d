"""The test table of a definition, and what a draft would have made of cases that have ended."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.translation import override

from forms.models import Submission
from foundation.audit.models import Event
from foundation.editions.models import Edition
from foundation.organisation.models import User
from foundation.outbox.models import Message
from tests.factories.chains import (
    act,
    asks,
    open_one,
    publish_all,
    stage,
    state,
    step,
    text,
    workflow_body,
)
from tests.factories.organisation import hold, make_position, make_user
from workflows import replay, trials
from workflows.models import Case
from workflows.schema import Trial, WorkflowDefinition
from workflows.services import approvals

pytestmark = pytest.mark.django_db


def body(limit: int = 5000) -> dict[str, Any]:
    return workflow_body(
        [
            stage("manager", "manager", "gm"),
            stage("gm", "gm", "paying", when=f"amount > {limit}"),
            state("paying"),
            state("done", "final"),
            state("refused", "final"),
        ],
        [step("pay", "paying", "done", "cashier", guard="amount < 1000000")],
        grades=[{"id": "large", "title": text("大额"), "when": f"amount > {limit}"}],
        access={"sees": ["submitter", "cashier"]},
    )


@pytest.fixture
def house() -> dict[str, User]:
    people = {role: found[0] for role, found in publish_all(body()).items()}
    people["clerk"] = make_user("clerk")
    hold(people["clerk"], make_position("front-desk"))
    return people


def trial(**more: Any) -> Trial:
    values = {"id": "one", "title": text("一"), "submitter": "clerk", "typed": {"amount": "6000"}}
    return Trial.model_validate({**values, **more})


def definition(**more: Any) -> WorkflowDefinition:
    return WorkflowDefinition.model_validate(body(**more))


def test_a_row_that_holds_passes_and_leaves_nothing_behind(house: dict[str, User]) -> None:
    before = [model.objects.count() for model in (Case, Submission, Event, Edition, Message)]
    result = trials.run(
        definition(),
        trial(
            steps=[{"step": "agree"}, {"step": "agree"}, {"step": "pay"}],
            path=["manager", "gm", "paying", "done"],
            approvers={"manager": [house["manager"].username], "gm": [house["gm"].username]},
            grade="large",
        ),
    )
    assert (result.problems, result.passed) == ((), True)
    assert result.path == ("manager", "gm", "paying", "done")
    assert result.approvers["gm"] == (house["gm"].username,)
    assert [model.objects.count() for model in (Case, Submission, Event, Edition, Message)] == before


def test_the_submitter_may_be_named_by_their_post(house: dict[str, User]) -> None:
    assert trials.run(definition(), trial(submitter="front-desk", path=["manager"])).passed


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"path": ["manager", "done"]}, "came through manager, not through manager → done"),
        ({"approvers": {"manager": ["clerk"]}}, "not clerk"),
        ({"grade": "small"}, "The grade is “large”, not “small”"),
        ({"submitter": "nobody-at-all"}, "neither a person nor a post"),
        ({"typed": {"amount": "much"}}, "amount: "),
        ({"steps": [{"step": "pay"}]}, "not possible"),
        ({"steps": [{"step": "agree", "by": "clerk"}]}, "your own matter"),
        ({"steps": [{"step": "fly"}]}, "no step “fly”"),
    ],
)
def test_what_does_not_hold_is_said_in_a_sentence(
    house: dict[str, User], more: dict[str, Any], expected: str
) -> None:
    with override("en"):
        result = trials.run(definition(), trial(**more))
    assert not result.passed
    assert any(expected in problem for problem in result.problems), result.problems


def test_a_draft_is_tried_not_what_is_in_force(house: dict[str, User]) -> None:
    assert (
        trials.run(
            definition(limit=9000), trial(steps=[{"step": "agree"}], path=["manager", "gm", "paying"])
        ).path[-1]
        == "paying"
    )


def test_replay_names_what_would_be_otherwise(house: dict[str, User]) -> None:
    case = open_one(house["clerk"], amount=6000)
    for name in ("manager", "gm"):
        approvals.agree(asks(case, house[name]))
    act(case, "pay", house["cashier"])
    assert replay.replay(definition(), 10) == []
    with override("en"):
        found = replay.replay(definition(limit=9000), 10)
    assert [(one.case, one.step, one.what) for one in found] == [
        (case.number, "agreed", "The stage would have been passed over.")
    ]
    other = body()
    other["transitions"][0] |= {"guard": "amount < 100", "target": "refused"}
    with override("en"):
        said = {one.what for one in replay.replay(WorkflowDefinition.model_validate(other), 10)}
    assert "The rule of the step would not have held." in said
    assert any(one.startswith("The step would lead to “refused”") for one in said)
