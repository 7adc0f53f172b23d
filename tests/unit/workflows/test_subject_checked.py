"""What a case is called may tell nothing that some of those who meet it may not read; nor may a child case."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from django.utils.translation import override

from forms.schema import FormDefinition
from tests.factories.chains import form_body, state, step, text, workflow_body
from workflows.checking import problems_of
from workflows.openings import Child
from workflows.schema import WorkflowDefinition

BOUND = {"worker", "keeper", "submitter", "assignee", "auditor"}
CHIEF = {"roles": ["keeper"], "agreed": "done", "verbs": []}


def form(**name: Any) -> FormDefinition:
    """Return a form that asks who it is about, as ``name`` says further, and names a row of a register."""
    body = form_body("matter")
    group = body["pages"][0]["groups"][0]
    group["fields"] = [
        {"id": "what", "kind": "text", "label": text("何事")},
        {"id": "name", "kind": "text", "label": {"zh-hans": "姓名", "en": "Name"}, **name},
        {"id": "called", "kind": "text", "label": text("称呼"), "computed": "join([what, name], '')"},
        {"id": "before", "kind": "lookup", "label": text("前一件"), "options": {"form": "matter"}},
    ]
    body["summary"] = ["name"]
    return FormDefinition.model_validate(body)


def workflow(
    subject: str, sees: list[str], change: Callable[[dict[str, Any]], object] = id
) -> WorkflowDefinition:
    body = copy.deepcopy(
        workflow_body(
            [state("begun"), state("done", "final")],
            [step("end", "begun", "done", "worker")],
            key="matter",
            subject=[subject],
        )
    )
    body["form"] = "matter"
    body["access"] = {"sees": sees}
    change(body)
    return WorkflowDefinition.model_validate(body)


def faults(
    found: WorkflowDefinition, asked: FormDefinition, child: Child | None = None
) -> list[tuple[str, str]]:
    problems = problems_of(
        found,
        asked,
        BOUND,
        children=lambda _key: child,
        registers=lambda key: asked if key == "matter" else None,
    )
    return [(one.path, one.message) for one in problems if one.severity == "error"]


FOR_KEEPER = {"readers": ["keeper"]}


def under_approval(body: dict[str, Any]) -> None:
    body["states"][0]["approval"] = CHIEF
    body["transitions"] = []


@pytest.mark.parametrize(
    ("subject", "sees", "change", "said"),
    [
        ("name", ["submitter", "keeper", "worker"], id, "“Name” is not for worker, who see the case"),
        ("name", ["keeper", "assignee"], id, "“Name” is not for assignee"),
        ("called", ["keeper", "worker"], id, "(Name)” is not for worker"),
        ("before", ["keeper", "worker"], id, "(Name)” is not for worker"),
        ("name", ["keeper"], under_approval, "can be copied or handed to anybody"),
    ],
)
def test_a_subject_that_not_all_who_see_the_case_may_read_is_refused(
    subject: str, sees: list[str], change: Callable[[dict[str, Any]], object], said: str
) -> None:
    with override("en"):
        found = faults(workflow(subject, sees, change), form(**FOR_KEEPER))
    assert [path for path, _message in found] == ["subject"]
    assert said in found[0][1]


def test_a_confidential_subject_is_refused_whoever_reads_it() -> None:
    with override("en"):
        found = faults(workflow("name", ["keeper"]), form(confidentiality="confidential", readers=["keeper"]))
    assert [path for path, _message in found] == ["subject"]
    assert "each reading of it is recorded" in found[0][1]


def test_whom_it_is_the_matter_of_and_those_who_read_the_field_may_see_it_in_the_subject() -> None:
    assert faults(workflow("name", ["submitter", "keeper"]), form(**FOR_KEEPER)) == []
    assert faults(workflow("what", ["submitter", "keeper", "worker"]), form(**FOR_KEEPER)) == []


@pytest.mark.parametrize(
    ("here", "there", "refused"),
    [
        (FOR_KEEPER, {}, True),
        (FOR_KEEPER, {"readers": ["keeper", "worker"]}, True),
        ({"confidentiality": "confidential"}, {}, True),
        (FOR_KEEPER, FOR_KEEPER, False),
        ({}, FOR_KEEPER, False),
    ],
)
def test_a_child_case_takes_nothing_over_that_more_people_would_read_there(
    here: dict[str, Any], there: dict[str, Any], refused: bool
) -> None:
    def opens(body: dict[str, Any]) -> None:
        body["transitions"][0]["opens"] = [{"workflow": "child", "fills": {"name": "name"}}]

    child = Child(workflow("what", ["keeper"]), form(**there))
    found = faults(workflow("what", ["keeper", "worker"], opens), form(**here), child)
    assert [path for path, _message in found] == (["transitions.end.opens.0.fills.name"] if refused else [])
