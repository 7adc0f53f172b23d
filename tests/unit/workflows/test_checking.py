"""The validator names each fault at its place."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from forms.schema import FormDefinition
from tests.factories.workflows import definition, small_complaint
from workflows.checking import parse, problems_of
from workflows.schema import WorkflowDefinition

BOUND = {"clerk", "manager", "general_manager", "auditor", "submitter", "assignee"}


def faults(body: dict[str, Any], bound: set[str] = BOUND) -> list[str]:
    parsed, problems = parse(body)
    if parsed is not None:
        form = FormDefinition.model_validate(definition("forms", "complaint"))
        problems = problems_of(parsed, form, bound)
    return [problem.path for problem in problems if problem.severity == "error"]


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    body = copy.deepcopy(small_complaint())
    change(body)
    return body


def test_the_shipped_definition_has_no_fault_and_no_missing_word() -> None:
    parsed = WorkflowDefinition.model_validate(small_complaint())
    form = FormDefinition.model_validate(definition("forms", "complaint"))
    assert problems_of(parsed, form, BOUND) == []


def step(body: dict[str, Any], name: str) -> dict[str, Any]:
    return next(found for found in body["transitions"] if found["id"] == name)


ISLAND = {"id": "island", "title": {"zh-hans": "孤岛"}, "category": "open"}
QUESTION = {"id": "finding", "kind": "text", "label": {"zh-hans": "再问一次"}}


@pytest.mark.parametrize(
    ("plant", "expected"),
    [
        (lambda b: b["states"].append(ISLAND), ["states.island", "states.island"]),
        (lambda b: b["states"].append(dict(b["states"][0])), ["states.received", "states"]),
        (lambda b: b["states"][0].update(initial=False), ["states"]),
        (lambda b: b["states"][1].update(initial=True), ["states"]),
        (lambda b: b["states"][3].update(category="open"), ["states"]),
        (lambda b: step(b, "assign").update(target="nowhere"), [
            "transitions.assign.target", "states.received", "states.assigned", "states.answered", "states.closed",
        ]),
        (lambda b: step(b, "assign").update(source=["received", "nowhere"]), ["transitions.assign.source"]),
        (lambda b: b["transitions"].remove(step(b, "answer")), [
            "states.assigned", "states.answered", "states.closed", "states.received",
        ]),
        (lambda b: b["transitions"].append(dict(step(b, "reopen"))), ["transitions.reopen"]),
        (lambda b: step(b, "close").update(roles=["nobody"]), ["transitions.close.roles"]),
        (lambda b: b["access"].update(sees=["clerk", "ghost"]), ["access.sees"]),
        (lambda b: step(b, "assign")["assignment"].update(roles=[]), ["transitions.assign.assignment.roles"]),
        (lambda b: step(b, "assign")["notices"][0].update(roles=["ghost"]), ["transitions.assign.notices.0.roles"]),
        (lambda b: step(b, "assign")["notices"][0]["text"].update(en="See {case.nummer}"), [
            "transitions.assign.notices.0.text.en",
        ]),
        (lambda b: step(b, "assign")["notices"][0]["subject"].update(en="{case.number} {"), [
            "transitions.assign.notices.0.subject.en",
        ]),
        (lambda b: step(b, "close").update(guard="customer_acepts"), ["transitions.close.guard"]),
        (lambda b: step(b, "close").update(guard="finding"), ["transitions.close.guard"]),
        (lambda b: step(b, "close").update(guard="finding =="), ["transitions.close.guard"]),
        (lambda b: b.update(subject=["no_such_field"]), ["subject"]),
        (lambda b: step(b, "close")["asks"].append(QUESTION), ["transitions.close.asks.finding"]),
        (lambda b: step(b, "answer")["asks"][0].update(id=b["subject"][0]), [
            f"transitions.answer.asks.{small_complaint()['subject'][0]}",
        ]),
        (lambda b: b.update(colour="red"), ["colour"]),
        (lambda b: step(b, "close").pop("roles"), ["transitions.close.roles"]),
        (
            lambda b: (
                step(b, "answer")["asks"][0].update(kind="photo", options={}),
                step(b, "close").update(opens=[{"workflow": "other", "fills": {"note": "finding"}}]),
            ),
            ["transitions.close.opens.0.fills"],
        ),
        (lambda b: step(b, "answer")["asks"][0].update(kind="telepathy"), ["transitions.answer.asks.finding.kind"]),
    ],
)  # fmt: skip
def test_a_planted_fault_is_named_at_its_place(
    plant: Callable[[dict[str, Any]], object], expected: list[str]
) -> None:
    assert sorted(faults(changed(plant))) == sorted(expected)


def test_a_missing_translation_is_a_warning() -> None:
    body = changed(lambda b: b["states"][0]["title"].pop("en"))
    parsed = WorkflowDefinition.model_validate(body)
    form = FormDefinition.model_validate(definition("forms", "complaint"))
    found = problems_of(parsed, form, BOUND)
    assert [(problem.path, problem.severity) for problem in found] == [("states.received.title", "warning")]


def test_a_workflow_whose_form_is_not_in_force_is_refused() -> None:
    parsed = WorkflowDefinition.model_validate(small_complaint())
    paths = [problem.path for problem in problems_of(parsed, None, BOUND) if problem.severity == "error"]
    assert paths == ["form"]
