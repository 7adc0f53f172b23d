"""What is wrong with a clock is named at its place, before anything is published."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from forms.schema import FormDefinition
from tests.factories.chains import form_body, state
from tests.factories.clocks import clock, timed_body
from workflows.checking import parse, problems_of

BOUND = {"submitter", "auditor", "administrator", "worker", "boss"}


def faults(change: Callable[[dict[str, Any]], object], calendars: set[str] | None = None) -> list[str]:
    body = timed_body(
        clock(
            calendar="office",
            pauses=["waits"],
            restarts=["promise"],
            warnings=[{"percent": 75, "roles": ["worker"]}],
            due={"roles": ["boss"], "escalations": [{"amount": 1, "roles": ["boss"]}]},
        )
    )
    change(body)
    parsed, problems = parse(copy.deepcopy(body))
    if parsed is not None:
        form = FormDefinition.model_validate(form_body())
        problems = problems_of(parsed, form, BOUND, {"office"} if calendars is None else calendars)
    return sorted(one.path for one in problems if one.severity == "error")


def one(body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = body["clocks"][0]
    return found


def promised(body: dict[str, Any], **more: Any) -> None:
    """Make the clock a promise to whoever the note names."""
    one(body).update(
        targets=[{"answer": "promised_on", "unit": "days"}], promise={"to_answer": "note", **more}
    )


def test_to_whom_needs_words_for_those_who_may_not_read_the_answer() -> None:
    body = timed_body(clock(targets=[{"answer": "promised_on"}], promise={"to_answer": "note"}))
    body["subject"] = ["amount"]
    parsed, _problems = parse(body)
    assert parsed is not None
    form = form_body()
    form["pages"][0]["groups"][0]["fields"][1]["readers"] = ["boss"]
    form["pages"][0]["groups"][0]["fields"][1]["confidentiality"] = "confidential"
    found = problems_of(parsed, FormDefinition.model_validate(form), BOUND, {"office"})
    assert [one.path for one in found if one.severity == "error"] == ["clocks.answer.promise.to_words"]


def test_a_sound_clock_has_no_fault() -> None:
    assert faults(lambda body: None) == []


@pytest.mark.parametrize(
    ("plant", "expected"),
    [
        (lambda b: one(b).update(ends=[]), ["clocks.answer.ends"]),
        (lambda b: one(b).update(begins=["done"], ends=["given_up"]), []),
        (
            lambda b: (
                b["states"].append(state("island", "final")),
                b["transitions"].append({**b["transitions"][-2], "id": "sink", "target": "island"}),
                one(b).update(begins=["late"], ends=["nowhere"]),
            ),
            ["clocks.answer.ends"],
        ),
        (lambda b: one(b).update(begins=["nowhere"]), ["clocks.answer.begins"]),
        (lambda b: one(b).update(begins=[], restarts=[]), ["clocks.answer.begins"]),
        (lambda b: one(b).update(pauses=["nowhere"]), ["clocks.answer.pauses"]),
        (lambda b: one(b).update(pauses=["given_up"]), ["clocks.answer.pauses"]),
        (lambda b: one(b).update(ends=["waits", "done"]), ["clocks.answer.pauses"]),
        (lambda b: one(b).update(ends=["received", "done"]), ["clocks.answer.ends"]),
        (lambda b: one(b).update(restarts=["no_step"]), ["clocks.answer.restarts"]),
        (lambda b: one(b).update(calendar="moon"), ["clocks.answer.calendar"]),
        (lambda b: one(b).update(calendar=None), ["clocks.answer.calendar"]),
        (lambda b: one(b).update(targets=[]), ["clocks.answer.targets"]),
        (lambda b: one(b).update(targets=[{"amount": 0, "unit": "hours"}]), ["clocks.answer.targets.0.amount"]),
        (lambda b: one(b).update(targets=[{"answer": "amount"}]), ["clocks.answer.targets.0.answer"]),
        (lambda b: one(b).update(targets=[{"answer": "no_field"}]), ["clocks.answer.targets.0.answer"]),
        (
            lambda b: one(b).update(targets=[{"answer": "promised_on", "amount": -1, "unit": "working_hours"}]),
            ["clocks.answer.targets.0.amount"],
        ),
        (
            lambda b: one(b).update(targets=[{"when": "amont > 1", "amount": 1}, {"amount": 2}]),
            ["clocks.answer.targets.0.when"],
        ),
        (
            lambda b: one(b).update(targets=[{"amount": 1}, {"amount": 2}]),
            ["clocks.answer.targets.0.when"],
        ),
        (lambda b: one(b)["warnings"][0].update(percent=100), ["clocks.answer.warnings.0.percent"]),
        (lambda b: one(b)["warnings"][0].update(percent=0), ["clocks.answer.warnings.0.percent"]),
        (lambda b: one(b)["warnings"][0].update(roles=[]), ["clocks.answer.warnings.0.roles"]),
        (lambda b: one(b)["warnings"][0].update(roles=["ghost"]), ["clocks.answer.warnings.0.roles"]),
        (
            lambda b: one(b)["warnings"].append({"percent": 75, "roles": ["boss"]}),
            ["clocks.answer.warnings.1.percent"],
        ),
        (lambda b: one(b)["due"].update(roles=["ghost"]), ["clocks.answer.due.roles"]),
        (lambda b: one(b)["due"]["escalations"][0].update(roles=["ghost"]), ["clocks.answer.due.escalations.0.roles"]),
        (lambda b: one(b)["due"]["escalations"][0].update(roles=[]), ["clocks.answer.due.escalations.0.roles"]),
        (lambda b: one(b)["due"].update(roles=[], again={}), ["clocks.answer.due.again"]),
        (lambda b: one(b)["due"].update(takes="no_step"), ["clocks.answer.due.takes"]),
        # the time can also be over in “late”, and mark_late cannot be taken there
        (lambda b: one(b)["due"].update(takes="mark_late"), ["clocks.answer.due.takes"]),
        (lambda b: (one(b).update(ends=["late", "done"]), one(b)["due"].update(takes="mark_late")), []),
        (lambda b: promised(b), []),
        (lambda b: promised(b, by="outsider", by_answer="note", to_answer=None), []),
        (lambda b: promised(b, to_answer=None), ["clocks.answer.promise.to_answer"]),
        (lambda b: promised(b, to_answer="no_field"), ["clocks.answer.promise.to_answer"]),
        (lambda b: promised(b, by="outsider"), ["clocks.answer.promise.by_answer"]),
        (lambda b: promised(b, by_answer="note"), ["clocks.answer.promise.by_answer"]),
        (lambda b: promised(b, kept=["waits"]), ["clocks.answer.promise.kept"]),
        (lambda b: (promised(b), one(b).update(targets=[{"amount": 2}])), ["clocks.answer.promise"]),
        (lambda b: promised(b, colour="red"), ["clocks.answer.promise.colour"]),
        (lambda b: b["clocks"].append(copy.deepcopy(one(b))), ["clocks.answer"]),
        (lambda b: one(b).update(colour="red"), ["clocks.answer.colour"]),
    ],
)  # fmt: skip
def test_a_planted_fault_is_named_at_its_place(
    plant: Callable[[dict[str, Any]], object], expected: list[str]
) -> None:
    assert faults(plant) == sorted(expected)
