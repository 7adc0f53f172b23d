"""Every fault of a definition is found at its place; a sound one has none."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from django.utils.translation import override

from forms.checking import Problem, check
from forms.pack import place
from forms.references import names_in
from tests.factories.forms import choices, complaint_body, field, form_body, page, text


def errors(body: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
    with override("en"):
        return [(one.path, one.message) for one in check(body, **more) if one.severity == "error"]


def test_the_complaint_record_is_sound_and_translated() -> None:
    assert check(complaint_body(), roles={"clerk", "manager", "general_manager"}) == []


def test_the_same_id_twice() -> None:
    assert errors(form_body(field("name"), field("name"))) == [
        ("fields.name", "The id “name” is used more than once.")
    ]


@pytest.mark.parametrize("name", ["today", "true", "in", "list", "string"])
def test_an_id_that_expressions_cannot_use(name: str) -> None:
    body = form_body(field(name))
    group = body["pages"][0]["groups"][0]["id"]
    assert errors(body) == [
        (
            f"pages.first.groups.{group}.fields.{name}.id",
            f"“{name}” means something else in expressions; give the field another id.",
        )
    ]


def test_an_unknown_name_is_found_with_its_place_and_the_names_there_are() -> None:
    body = form_body(field("phone", "phone"), field("note", visible_if="phone != mobil"))
    with override("en"):
        (problem,) = check(body)
    assert problem.path == "pages.first.groups.first_group.fields.note.visible_if"
    assert problem.message.startswith("Line 1, column 10: There is no “mobil” here.")
    assert (problem.position, problem.names) == (9, ("phone", "note", "today", "now", "submitted_at"))


def test_an_expression_of_the_wrong_kind() -> None:
    assert [
        path for path, _said in errors(form_body(field("n", "whole_number"), field("m", visible_if="n")))
    ] == ["pages.first.groups.first_group.fields.m.visible_if"]
    body = form_body(field("n", "whole_number"), field("m", "money", computed="n + 1"))
    assert [path for path, _said in errors(body)] == ["pages.first.groups.first_group.fields.m.computed"]


def test_fields_that_wait_for_one_another() -> None:
    body = form_body(
        field("a", "yes_no", visible_if="b"),
        field("b", "yes_no", read_only_if="a"),
        field("c", required_if="b"),
    )
    ((path, said),) = errors(body)
    assert path in {"fields.a", "fields.b"}
    assert said.startswith("These fields wait for one another: ")


def test_a_field_that_waits_for_itself() -> None:
    assert errors(form_body(field("a", "yes_no", visible_if="a"))) == [
        ("fields.a", "These fields wait for one another: a → a. Take one of the conditions out.")
    ]


def test_unknown_fields_roles_and_taken_keys() -> None:
    body = form_body(field("a"), key="mine", submitters=["wizard"], summary=["b"])
    assert errors(body, roles={"clerk"}) == [
        ("key", "“mine” is taken; give the form another key."),
        ("summary", "The form has no field “b”."),
        ("submitters", "There is no role “wizard”."),
    ]


def test_an_initial_value_that_the_kind_would_refuse() -> None:
    body = form_body(field("n", "whole_number", initial=3, options={"max": 2}))
    assert errors(body) == [
        ("pages.first.groups.first_group.fields.n.initial", "Write a number of at most 2.")
    ]


def test_a_rule_about_nothing() -> None:
    body = form_body(
        field("a"), rules=[{"id": "r", "holds": "1 < 2", "message": text("不符"), "fields": ["a"]}]
    )
    assert errors(body) == [("rules.r.holds", "This rule speaks of no field of the form.")]


def test_a_missing_translation_is_a_warning() -> None:
    body = form_body(field("a", label={"zh-hans": "只有中文"}))
    with override("en"):
        assert check(body) == [
            Problem("pages.first.groups.first_group.fields.a.label", "Missing translation: en.", "warning")
        ]


def broken(change: Any) -> dict[str, Any]:
    body = copy.deepcopy(form_body(field("a"), field("b", "choice", options=choices("x"))))
    change(body)
    return body


MALFORMED = {
    "numbering": lambda body: body.update(numbering="{seq.__class__}"),
    "surprise": lambda body: body.update(surprise=1),
    "pages": lambda body: body.update(pages=[]),
    "title": lambda body: body.update(title={"en": "Only English"}),
    "pages.first.groups.first_group.fields.a.kind": lambda body: _field(body, 0).update(kind="telepathy"),
    "pages.first.groups.first_group.fields.a.id": lambda body: _field(body, 0).update(id="No Id"),
    "pages.first.groups.first_group.fields.a.required": lambda body: _field(body, 0).update(required="yes"),
    "pages.first.groups.first_group.fields.a.options.max_length": lambda body: _field(body, 0).update(
        options={"max_length": 0}
    ),
    "pages.first.groups.first_group.fields.a.options.color": lambda body: _field(body, 0).update(
        options={"color": "red"}
    ),
    "pages.first.groups.first_group.fields.b.options.choices.x.key": lambda body: _field(body, 1).update(
        options=choices("x", "x")
    ),
}


def _field(body: dict[str, Any], position: int) -> dict[str, Any]:
    found: dict[str, Any] = body["pages"][0]["groups"][0]["fields"][position]
    return found


@pytest.mark.parametrize("path", MALFORMED)
def test_a_malformed_body_is_refused_at_its_place(path: str) -> None:
    body = broken(MALFORMED[path])
    found = [where.replace("fields.No Id", "fields.a") for where, _said in errors(body)]
    assert found == [path]


def test_a_pattern_needs_an_example_and_words() -> None:
    for options in (
        {"pattern": "["},
        {"pattern": "a+"},
        {"pattern": "a+", "example": "a"},
    ):
        assert len(errors(form_body(field("a", options=options)))) == 1
    assert (
        errors(
            form_body(field("a", options={"pattern": "a+", "example": "a", "pattern_message": text("写 a")}))
        )
        == []
    )


def test_the_path_of_a_problem_leads_to_its_place_in_the_file() -> None:
    body = form_body(pages=[page("one", field("a")), page("two", field("b", visible_if="nothing"))])
    path = check(body)[0].path
    assert place(body, path) == ("pages", 1, "groups", 0, "fields", 0, "visible_if")


def test_a_part_called_like_a_field_is_not_taken_for_the_field() -> None:
    known = {"price", "items", "missing"}
    assert names_in("sum(items.map(i, i.price)) > papers.missing", known) == {"items"}
    assert names_in("items . size() > price", known) == {"items", "price"}


def test_what_is_taken_over_needs_a_field_beside_it() -> None:
    body = form_body(
        field("adviser", "person", options={"fills": {"phone": "phone", "mail": "email", "total": "name"}}),
        field("phone", "phone"),
        field("total", computed='"x"'),
    )
    problems = check(body)
    assert [problem.path for problem in problems] == [
        "pages.first.groups.first_group.fields.adviser.options.fills.mail",
        "pages.first.groups.first_group.fields.adviser.options.fills.total",
    ]
    assert problems[0].names == ("phone", "total")


def test_a_stranger_is_not_asked_to_choose_people() -> None:
    body = form_body(
        field("adviser", "person", required=True), field("guide", "person"), public={"per_hour": 5}
    )
    assert [problem.path for problem in check(body)] == [
        "pages.first.groups.first_group.fields.adviser.required"
    ]
