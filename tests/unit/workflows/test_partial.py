"""A definition that is not well formed says everything that can be known of it, and nothing that cannot."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from django.utils.translation import override

from forms.schema import FormDefinition
from tests.factories.workflows import definition, small_complaint
from workflows.checking import problems_of
from workflows.partial import MOST_CUTS, rest_of

BOUND = {"clerk", "manager", "general_manager", "auditor", "submitter", "assignee"}


def step(body: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in body["transitions"] if one["id"] == name)
    return found


def known(plant: Callable[[dict[str, Any]], Any]) -> list[str] | None:
    """Return the places of what is known of the rest; None where too little is left."""
    body = copy.deepcopy(small_complaint())
    plant(body)
    rest = rest_of(body)
    if rest is None:
        return None
    form = FormDefinition.model_validate(definition("forms", "complaint"))
    with override("en"):
        found = problems_of(rest.definition, form, BOUND)
    return [one.path for one in found if one.severity == "error" and rest.known(one)]


def test_what_cannot_be_read_hides_no_other_fault() -> None:
    def plant(body: dict[str, Any]) -> None:
        body["colour"] = "red"  # not known
        step(body, "close")["weight"] = "heavy"  # not a number
        step(body, "assign")["roles"] = ["nobody"]
        step(body, "answer")["guard"] = "no_such_name"
        body["subject"] = ["no_such_field"]

    found = known(plant)
    assert found is not None
    assert set(found) == {"transitions.assign.roles", "transitions.answer.guard", "subject"}


@pytest.mark.parametrize(
    "plant",
    [
        lambda b: b.update(colour="red"),
        lambda b: step(b, "close").update(weight="heavy"),
        lambda b: step(b, "close").pop("title"),
        lambda b: step(b, "close").update(source=[]),
        lambda b: step(b, "assign")["assignment"].update(mode="by magic"),
        lambda b: step(b, "answer")["asks"][0].update(kind="telepathy"),
        lambda b: step(b, "answer")["asks"][0].pop("label"),
        lambda b: step(b, "assign")["notices"][0].pop("subject"),
        lambda b: b["states"][1].update(category="limbo"),
        lambda b: b["states"][1].pop("title"),
        lambda b: b["states"][2].update(approval={"roles": ["clerk"]}),
        lambda b: b.pop("title"),
        lambda b: b.update(form=7),
        lambda b: b.update(subject="who"),
        lambda b: b.pop("access"),
        lambda b: b.update(numbering="whatever"),
        lambda b: b.update(grades=[{"id": "grave"}]),
        lambda b: b.update(trials=[{"id": "first", "submitter": "x"}]),
    ],
)
def test_nothing_is_said_that_only_follows_from_what_was_left_out(
    plant: Callable[[dict[str, Any]], Any],
) -> None:
    """The definition is sound but for what was planted: the rest of it must be told sound."""
    assert known(plant) == []


@pytest.mark.parametrize(
    "plant",
    [
        lambda b: b.update(states="none"),
        lambda b: b.update(states=[]),
        lambda b: b.pop("states"),
    ],
)
def test_of_a_definition_without_states_nothing_more_is_known(plant: Callable[[dict[str, Any]], Any]) -> None:
    assert known(plant) is None


def test_a_definition_broken_everywhere_ends_in_time() -> None:
    body = copy.deepcopy(small_complaint())
    for one in [*body["states"], *body["transitions"]]:
        one["title"] = 3
        one["nonsense"] = {"deep": [1, 2, {"x": 3}]}
    rest = rest_of(body)
    assert rest is None or len(rest.cut) <= MOST_CUTS
    assert rest_of({}) is None
