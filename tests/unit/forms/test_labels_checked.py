"""The words that stand for a row of a register may tell nobody what they may not read in the register itself. Read in
English.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from forms.checking import problems_of
from forms.schema import FormDefinition
from tests.factories.forms import definition, field

PLACE = "pages.first.groups.first_group.fields.order.options.shows"
ROLES = ("adviser", "clerk", "manager")


def register(**name: Any) -> FormDefinition:
    return definition(field("name", **name), field("model"), key="orders", summary=["name"])


def faults(order: dict[str, Any], **name: Any) -> list[tuple[str, str]]:
    asking = definition(
        field("order", "lookup", **{**order, "options": {"form": "orders", **order.get("options", {})}}),
        key="visit",
    )
    known = {"orders": register(**name), "visit": asking}
    found = problems_of(asking, registers=known.get)
    return [(one.path, one.message) for one in found if one.severity == "error"]


SHOWN = {"options": {"shows": ["name", "model"]}}


@pytest.mark.parametrize(
    ("order", "name", "said"),
    [
        (SHOWN, {"readers": ["manager"]}, "only these read there: manager. Name readers of “Question order”"),
        ({}, {"readers": ["manager"]}, "shows “Question name” of “Test form”"),
        (
            {**SHOWN, "readers": ["clerk", "manager"]},
            {"readers": ["manager"]},
            "which clerk may not read there",
        ),
        (SHOWN, {"confidentiality": "confidential"}, "more confidential there"),
        (
            {**SHOWN, "readers": ["manager"]},
            {"readers": ["manager"], "confidentiality": "personal"},
            "Make “Question order” as confidential",
        ),
    ],
)
def test_a_label_that_tells_more_is_refused_by_name_place_and_remedy(
    order: dict[str, Any], name: dict[str, Any], said: str
) -> None:
    """In a definition of either place, listed fields and the summary alike."""
    with override("en"):
        found = faults(order, **name)

    assert [path for path, _message in found] == [PLACE]
    assert said in found[0][1]


@pytest.mark.parametrize(
    ("order", "name"),
    [
        (SHOWN, {}),
        ({"options": {"shows": ["model"]}}, {"readers": ["manager"]}),
        ({**SHOWN, "readers": ["manager"]}, {"readers": ["clerk", "manager"]}),
        (
            {**SHOWN, "readers": ["manager"], "confidentiality": "personal"},
            {"readers": ["manager"], "confidentiality": "personal"},
        ),
        (SHOWN, {"confidentiality": "personal"}),
    ],
    ids=["for all", "not shown", "fewer readers", "as confidential", "masked for everybody, so never shown"],
)
def test_a_label_that_tells_no_more_is_let_through(order: dict[str, Any], name: dict[str, Any]) -> None:
    """Nothing has to be changed that is safe."""
    assert faults(order, **name) == []


def test_a_form_that_looks_itself_up_is_checked_by_itself() -> None:
    """It is not in force yet, and its own readers count."""
    asking = definition(
        field("name", readers=["manager"]),
        field("order", "lookup", options={"form": "visit", "shows": ["name"]}),
        key="visit",
    )

    assert [one.path for one in problems_of(asking) if one.severity == "error"] == [PLACE]


readers = st.lists(st.sampled_from(ROLES), unique=True)


@given(own=readers, there=readers, held=st.sets(st.sampled_from(ROLES)))
def test_what_is_let_through_tells_nobody_more(own: list[str], there: list[str], held: set[str]) -> None:
    """Whatever roles somebody has: who reads the answer reads in the register what its words are made of."""
    reads_answer = not own or bool(held & set(own))
    reads_there = not there or bool(held & set(there))

    if reads_answer and not reads_there:
        assert faults({**SHOWN, "readers": own}, readers=there)
