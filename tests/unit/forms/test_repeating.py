"""Repeating groups: rows are asked, worked out, refused and stored one by one, and seen from outside as a list."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.checking import check
from forms.logic import FormState, evaluate, initial_answers, read, typed_of
from forms.presentation import answered_groups, group_views
from forms.rows import add_row, copy_row, move_row, remove_row
from forms.sampling import sample_answers, sample_state
from forms.schema import FormDefinition

DAY = datetime.date(2026, 11, 20)


def text(words: str) -> dict[str, str]:
    return {"zh-hans": words, "en": words}


def a_field(key: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    return {"id": key, "kind": kind, "label": text(key), **more}


def repair_order(**changes: Any) -> FormDefinition:
    """A repair order: items with a price, each with the parts it takes."""
    parts = {
        "id": "parts",
        "title": text("Parts"),
        "repeat": {"min": 0, "max": 4, "item": text("Part"), "totals": ["quantity"]},
        "visible_if": "kind == 'repair'",
        "fields": [
            a_field("part", required=True),
            a_field("quantity", "whole_number", required_if="urgent"),
        ],
    }
    items = {
        "id": "items",
        "title": text("Items"),
        "repeat": {"min": 1, "max": 5, "summary": ["name", "price"], "totals": ["price"]},
        "fields": [
            a_field("name", required=True),
            a_field(
                "kind",
                "choice",
                options={
                    "choices": [
                        {"key": "repair", "label": text("repair")},
                        {"key": "wash", "label": text("wash")},
                    ]
                },
            ),
            a_field("price", "money", visible_if="!free"),
            a_field("pieces", "whole_number", computed="sum(parts.map(p, p.quantity))"),
        ],
        "groups": [parts],
    }
    body = {
        "key": "repair-order",
        "title": text("Repair order"),
        "category": {"key": "service", "title": text("Service")},
        "numbering": "RO-{year}-{seq:05}",
        "pages": [
            {
                "id": "first",
                "title": text("First"),
                "groups": [
                    {
                        "id": "head",
                        "fields": [
                            a_field("free", "yes_no", initial=False),
                            a_field("urgent", "yes_no", initial=False),
                        ],
                    },
                    items,
                    {
                        "id": "foot",
                        "fields": [a_field("in_all", "money", computed="sum(items.map(i, i.price))")],
                    },
                ],
            }
        ],
        "rules": [
            {
                "id": "cheap",
                "holds": "price < yuan('1000')",
                "message": text("Too dear."),
                "fields": ["price"],
                "group": "items",
            },
            {
                "id": "few",
                "holds": "in_all < yuan('1500')",
                "message": text("Too much in all."),
                "fields": ["items"],
            },
        ],
    }
    return FormDefinition.model_validate({**body, **changes})


def state_of(answers: dict[str, Any], definition: FormDefinition | None = None) -> FormState:
    return evaluate(definition or repair_order(), answers, "en", day=DAY)


def item(row: str, **answers: Any) -> dict[str, Any]:
    return {"_row": row, "name": "Brakes", **answers}


def test_the_definition_may_be_published() -> None:
    assert [p for p in check(repair_order().model_dump(mode="json")) if p.severity == "error"] == []


def test_rows_are_worked_out_one_by_one_and_added_up_outside() -> None:
    state = state_of(
        {
            "free": False,
            "items": [
                item(
                    "r1", kind="repair", price="300.00", parts=[{"_row": "a", "part": "pad", "quantity": 4}]
                ),
                item("r2", kind="wash", price="50.00", parts=[{"_row": "b", "part": "soap", "quantity": 9}]),
            ],
        }
    )
    assert state.errors == ()
    first, second = state.answers["items"]
    assert first["pieces"] == 4
    assert first["parts"] == [{"_row": "a", "part": "pad", "quantity": 4}]
    assert "parts" not in second
    assert state.answers["in_all"] == "350.00"


def test_what_a_row_lacks_is_said_at_that_row() -> None:
    state = state_of(
        {"urgent": True, "items": [item("r1"), {"_row": "r2", "kind": "repair", "parts": [{"_row": "p"}]}]}
    )
    assert [(error.field, error.label) for error in state.errors] == [
        ("items/r2/name", "name"),
        ("items/r2/parts/p/part", "part"),
        ("items/r2/parts/p/quantity", "quantity"),
    ]
    assert all(state.page_of(error.field) == "first" for error in state.errors)


def test_a_rule_of_a_row_is_tried_for_each_row_and_one_of_the_form_for_all() -> None:
    state = state_of({"free": False, "items": [item("r1", price="1200.00"), item("r2", price="800.00")]})
    assert [(error.field, error.message) for error in state.errors] == [
        ("items", "Too much in all."),
        ("items/r1/price", "Too dear."),
    ]


def test_too_few_rows_are_told_and_too_many_are_not_taken() -> None:
    assert [error.field for error in state_of({}).errors] == ["items"]
    state = state_of({"items": [item(f"r{number}") for number in range(9)]})
    assert len(state.answers["items"]) == 5


@pytest.mark.parametrize(
    "rows",
    [
        "no list",
        [1, None, "x", ["y"]],
        [{"name": "without a name of its own"}],
        [{"_row": "../../x", "name": "y"}],
        [{"_row": "r1", "name": "one"}, {"_row": "r1", "name": "two"}],
        {"_row": "r1"},
    ],
)
def test_rows_of_any_shape_do_no_harm(rows: Any) -> None:
    state = state_of({"items": rows})
    assert all(row["_row"] == "r1" for row in state.answers.get("items", []))


def test_hidden_answers_of_rows_are_never_stored() -> None:
    state = state_of({"free": True, "items": [item("r1", price="10.00", pieces=99, secret="x")]})
    assert state.answers["items"] == [{"_row": "r1", "name": "Brakes", "pieces": 0}]


def test_rows_go_through_text_and_back() -> None:
    definition = repair_order()
    for seed in range(30):
        answers = sample_state(definition, seed, "en", day=DAY).answers
        again = read(definition, typed_of(definition, answers))
        assert again.unread == {}
        assert evaluate(definition, again.answers, "en", day=DAY).answers == answers


def test_a_new_draft_has_the_fewest_rows() -> None:
    assert initial_answers(repair_order()) == {"free": False, "urgent": False, "items": [{"_row": "r1"}]}


def test_a_page_shows_rows_with_number_summary_and_sums() -> None:
    definition = repair_order()
    typed = {"free": ["no"], "items": ["r1", "r7"], "items/r1/name": ["Oil"], "items/r1/price": ["80"]}
    reading = read(definition, typed)
    state = evaluate(definition, reading.answers, "en", unread=reading.unread, day=DAY)
    _head, group, _foot = group_views(state, definition.pages[0], typed, prefix="f-")
    assert [(row.number, row.summary, row.wrong) for row in group.rows] == [
        (1, "Oil · ¥80.00", False),
        (2, "", True),
    ]
    assert group.rows[1].fields[0].name == "f-items/r7/name"
    assert group.rows[1].fields[0].dom_id == "field-f-items-r7-name"
    assert group.totals == (("price", "¥80.00"),)
    assert (group.may_add, group.may_remove) == (True, True)
    (answered,) = [
        each for each in answered_groups(definition, definition.pages[0], state.answers, "en") if each.rows
    ]
    assert [line.text for line in answered.rows[0][0]] == ["Oil", "¥80.00", "0"]


def test_rows_are_added_copied_moved_and_removed_as_typed() -> None:
    definition = repair_order()
    typed: Any = {
        "items": ["r1"],
        "items/r1/name": ["Oil"],
        "items/r1/parts": ["a"],
        "items/r1/parts/a/part": ["x"],
    }
    typed, row = add_row(definition, typed, "items")
    assert row == "items/r2"
    typed, row = copy_row(definition, typed, "items/r1")
    assert (row, typed["items"]) == ("items/r3", ["r1", "r3", "r2"])
    assert typed["items/r3/parts/a/part"] == ["x"]
    typed = move_row(definition, typed, "items/r3", -1)
    assert typed["items"] == ["r3", "r1", "r2"]
    typed = remove_row(definition, typed, "items/r3")
    assert (typed["items"], [path for path in typed if "r3" in path]) == (["r1", "r2"], [])
    typed = remove_row(definition, remove_row(definition, typed, "items/r1"), "items/r2")
    assert typed["items"] == ["r2"]  # one must stay


@given(
    st.sampled_from(
        ["items", "items/r1", "items/r1/parts", "nothing", "", "free", "items/r1/parts/a", "a/b/c/d/e"]
    )
)
def test_a_path_that_is_no_group_changes_nothing(path: str) -> None:
    definition, typed = repair_order(), {"free": ["no"], "items": ["r1", "r2"]}
    for changed in (add_row(definition, typed, path), copy_row(definition, typed, path)):
        assert changed[1] or changed[0] == typed
    assert remove_row(definition, typed, path).keys() <= typed.keys()
    assert sorted(move_row(definition, typed, path, 1)["items"]) == ["r1", "r2"]


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (
            {"rules": [{"id": "x", "holds": "price > yuan('1')", "message": text("m"), "fields": ["price"]}]},
            "price",
        ),
        (
            {
                "rules": [
                    {"id": "x", "holds": "free", "message": text("m"), "fields": ["free"], "group": "no"}
                ]
            },
            "no",
        ),
        ({"summary": ["name"]}, "name"),
    ],
)
def test_what_stands_in_rows_has_no_name_outside(place: dict[str, Any], message: str) -> None:
    problems = check({**repair_order().model_dump(mode="json"), **place})
    assert any(message in problem.message for problem in problems if problem.severity == "error")


def test_samples_fill_every_row() -> None:
    answers = sample_answers(repair_order(), 3, day=DAY)
    assert 1 <= len(answers["items"]) <= 3
    assert all(row["name"] for row in answers["items"])
