"""What is said of child cases and of the conditions of questions is checked against the forms it speaks of."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from django.utils.translation import override

from forms.schema import FormDefinition
from tests.factories.chains import form_body, state, step, text, workflow_body
from workflows.checking import Problem, problems_of
from workflows.openings import Child
from workflows.schema import WorkflowDefinition

BOUND = {"worker", "keeper", "submitter", "auditor", "administrator", "stranger"}
CHOICES = {"choices": [{"key": "red", "label": text("红")}, {"key": "blue", "label": text("蓝")}]}
MORE = {"choices": [*CHOICES["choices"], {"key": "green", "label": text("绿")}]}


def child_form() -> FormDefinition:
    """Return a form that asks for a text, a number, a choice, a row, a person, something worked out, and photos."""
    body = form_body("job")
    group = body["pages"][0]["groups"][0]
    group["fields"] = [
        {"id": "what", "kind": "text", "label": text("何事"), "required": True},
        {"id": "many", "kind": "whole_number", "label": text("数量"), "options": {"max": 10}},
        {"id": "colour", "kind": "choice", "label": text("颜色"), "options": CHOICES},
        {"id": "came_from", "kind": "lookup", "label": text("来自"), "options": {"form": "spending"}},
        {"id": "who", "kind": "person", "label": text("谁")},
        {"id": "twice", "kind": "whole_number", "label": text("两倍"), "computed": "many * 2"},
        {"id": "shown", "kind": "photo", "label": text("照片")},
        {
            "id": "only_red",
            "kind": "text",
            "label": text("红色时"),
            "visible_if": "colour == 'red'",
            "required": True,
        },
    ]
    body["submitters"] = ["keeper"]
    return FormDefinition.model_validate(body)


def child() -> Child:
    body = workflow_body(
        [state("asked"), state("settled", "final"), state("dropped", "final")],
        [step("settle", "asked", "settled", "keeper"), step("drop", "asked", "dropped", "keeper")],
        key="job",
        subject=["what"],
    )
    return Child(WorkflowDefinition.model_validate(body), child_form())


def sound() -> dict[str, Any]:
    """Return a workflow that opens a job, asks another role for a second one, and waits for both."""
    asks = [
        {"id": "needed", "kind": "text", "label": text("所需"), "required": True, "visible_if": "amount > 5"},
        {"id": "paint", "kind": "choice", "label": text("漆色"), "options": CHOICES},
        {
            "id": "why_red",
            "kind": "text",
            "label": text("为何"),
            "required_if": 'paint == "red" && note != "" && begin_times > 0',
        },
    ]
    return workflow_body(
        [state("new", blocked_by=["job"]), state("done", "final")],
        [
            step(
                "begin",
                "new",
                "new",
                "worker",
                asks=asks,
                opens=[
                    {
                        "workflow": "job",
                        "fills": {"what": "needed", "colour": "paint", "came_from": "this_submission"},
                        "sets": {"many": 3},
                        "at_once": True,
                    },
                    {"workflow": "job", "fills": {"what": "note", "who": "adviser"}, "to": ["keeper"]},
                ],
            ),
            step("finish", "new", "done", after_child={"workflow": "job", "states": ["settled"]}),
            step(
                "check",
                "new",
                "done",
                "worker",
                asks=[
                    {
                        "id": "total",
                        "kind": "whole_number",
                        "label": text("合计"),
                        "computed": "amount * 2",
                    }
                ],
            ),
        ],
        access={"sees": ["submitter", "worker", "keeper"]},
    )


def found(body: dict[str, Any], key: str = "job") -> list[Problem]:
    definition = WorkflowDefinition.model_validate(body)
    form = FormDefinition.model_validate(form_body())
    with override("en"):
        return problems_of(
            definition,
            form,
            BOUND,
            children=lambda asked: child() if asked == key else None,
            registers=lambda asked: form if asked == "spending" else None,
        )


def begin(body: dict[str, Any]) -> dict[str, Any]:
    first: dict[str, Any] = body["transitions"][0]
    return first


def opening(body: dict[str, Any], at: int) -> dict[str, Any]:
    one: dict[str, Any] = begin(body)["opens"][at]
    return one


def asked(body: dict[str, Any], at: int) -> dict[str, Any]:
    one: dict[str, Any] = begin(body)["asks"][at]
    return one


OPENS = "transitions.begin.opens"
ASKS = "transitions.begin.asks"


def test_a_definition_that_opens_waits_and_asks_soundly_has_no_fault() -> None:
    assert found(sound()) == []


@pytest.mark.parametrize(
    ("plant", "place"),
    [
        (lambda b: opening(b, 0)["fills"].update(nothing="needed"), f"{OPENS}.0.fills.nothing"),
        (lambda b: opening(b, 0)["fills"].update(twice="amount"), f"{OPENS}.0.fills.twice"),
        (lambda b: opening(b, 0)["fills"].update(colour="note"), f"{OPENS}.0.fills.colour"),
        (lambda b: opening(b, 0)["fills"].update(many="note"), f"{OPENS}.0.fills.many"),
        (lambda b: asked(b, 1).update(options=MORE), f"{OPENS}.0.fills.colour"),
        (lambda b: opening(b, 0)["fills"].update(what="this_submission"), f"{OPENS}.0.fills.what"),
        (lambda b: opening(b, 0)["sets"].update(nothing=1), f"{OPENS}.0.sets.nothing"),
        (lambda b: opening(b, 0)["sets"].update(many="three"), f"{OPENS}.0.sets.many"),
        (lambda b: opening(b, 0)["sets"].update(many=11), f"{OPENS}.0.sets.many"),
        (lambda b: opening(b, 0)["sets"].update(colour="pink"), f"{OPENS}.0.sets.colour"),
        (lambda b: opening(b, 0)["fills"].pop("what"), f"{OPENS}.0.at_once"),
        (lambda b: opening(b, 0).update(to=["keeper"]), f"{OPENS}.0.to"),
        (lambda b: opening(b, 1).update(to=["stranger"]), f"{OPENS}.1.to"),
        (lambda b: opening(b, 1).update(to=["keeper", "nobody"]), f"{OPENS}.1.to"),
        (
            lambda b: b["transitions"][1]["after_child"].update(states=["asked"]),
            "transitions.finish.after_child.states",
        ),
        (lambda b: asked(b, 0).update(visible_if="amuont > 5"), f"{ASKS}.needed.visible_if"),
        (lambda b: asked(b, 0).update(visible_if='amount > "x"'), f"{ASKS}.needed.visible_if"),
        (lambda b: asked(b, 0).update(visible_if="amount"), f"{ASKS}.needed.visible_if"),
        (lambda b: asked(b, 2).update(required_if="paint =="), f"{ASKS}.why_red.required_if"),
        (lambda b: asked(b, 2).update(read_only_if="nobody_knows"), f"{ASKS}.why_red.read_only_if"),
        (
            lambda b: b["transitions"][2]["asks"][0].update(computed="note"),
            "transitions.check.asks.total.computed",
        ),
        (
            lambda b: (
                asked(b, 1).update(visible_if="why_red != ''"),
                asked(b, 2).update(visible_if="paint == 'red'"),
            ),
            f"{ASKS}.paint",
        ),
        (lambda b: asked(b, 1).update(initial="pink"), f"{ASKS}.paint.initial"),
        (lambda b: asked(b, 1).update(id="map"), f"{ASKS}.map.id"),
        (lambda b: asked(b, 1).update(readers=["nobody"]), f"{ASKS}.paint.readers"),
    ],
)
def test_a_planted_fault_is_named_at_its_place(plant: Callable[[dict[str, Any]], Any], place: str) -> None:
    body = copy.deepcopy(sound())
    plant(body)
    assert place in [problem.path for problem in found(body) if problem.severity == "error"]


def test_a_field_that_is_not_always_asked_need_not_be_given() -> None:
    """``only_red`` is asked only of red ones: what is opened at once is then refused in words, when it happens."""
    assert [one.path for one in found(sound())] == []


def test_a_child_that_is_not_published_yet_is_a_warning_because_two_may_open_one_another() -> None:
    warned = [(one.path, one.severity) for one in found(sound(), key="another")]
    assert warned == [
        (f"{OPENS}.0.workflow", "warning"),
        (f"{OPENS}.1.workflow", "warning"),
        ("transitions.finish.after_child.workflow", "warning"),
    ]


def test_roles_that_may_not_fill_in_the_form_of_what_they_are_to_open_are_pointed_out() -> None:
    body = sound()
    opening(body, 1)["to"] = ["worker"]
    warned = [(one.path, one.severity) for one in found(body)]
    assert warned == [(f"{OPENS}.1.to", "warning")]


def test_a_state_that_waits_for_what_no_step_opens_is_pointed_out() -> None:
    body = sound()
    body["states"][0]["blocked_by"] = ["job", "holiday"]
    assert [(one.path, one.severity) for one in found(body)] == [("states.new.blocked_by", "warning")]


def test_questions_are_checked_as_far_as_they_can_be_where_the_form_has_no_edition() -> None:
    body = sound()
    asked(body, 1)["initial"] = "pink"
    definition = WorkflowDefinition.model_validate(body)
    paths = [one.path for one in problems_of(definition, None, BOUND) if one.severity == "error"]
    assert f"{ASKS}.paint.initial" in paths
    assert not any(path.endswith(("visible_if", "required_if", "computed")) for path in paths)
