"""What is wrong with a definition is said in the language of whoever reads it, whichever validator found it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation
from django.utils.translation import override
from pydantic import BaseModel, ValidationError

from forms.checking import check
from forms.faults import sentence
from forms.fields import KINDS
from forms.schema import FieldDefinition, FormDefinition
from tests.factories.forms import field, form_body, text

LABEL = text("甲")
PATTERN = {"pattern": "[a-z]+", "pattern_message": LABEL, "example": "abc"}
ROW = {"key": "a", "label": LABEL}

OF_VALIDATORS: list[tuple[str, dict[str, Any], str]] = [
    ("text", {"min_length": 9, "max_length": 3}, "max_length"),
    ("text", {**PATTERN, "pattern": "(["}, "pattern"),
    ("text", {**PATTERN, "example": "123"}, "example"),
    ("text", {"pattern": "[a-z]+", "example": "abc"}, "pattern_message"),
    ("long_text", {"min_length": 9, "max_length": 3}, "max_length"),
    ("whole_number", {"min": 9, "max": 3}, "max"),
    ("decimal", {"min": "9", "max": "3"}, "max"),
    ("decimal", {"scale": 1, "min": "0.25"}, "min"),
    ("money", {"min": "9.00", "max": "3.00"}, "max"),
    ("date", {"earliest": "2026-13-01"}, "earliest"),
    ("date", {"earliest": "20260101"}, "earliest"),
    ("date", {"earliest": "2026-02-01", "latest": "2026-01-01"}, "latest"),
    ("date_range", {"min_days": 9, "max_days": 3}, "max_days"),
    ("time", {"earliest": "10:00", "latest": "09:00"}, "latest"),
    ("time", {"earliest": "10:01", "latest": "10:02", "step": 30}, "step"),
    ("choice", {"choices": [ROW, ROW]}, "choices.1.key"),
    ("choice", {"choices": [ROW, {"key": "other", "label": LABEL}], "other": True}, "choices.1.key"),
    ("choices", {"choices": [ROW], "min": 3}, "min"),
    ("likert", {"rows": [ROW, ROW], "scale": [LABEL, LABEL]}, "rows.1.key"),
    ("likert", {"rows": [{"key": "in", "label": LABEL}], "scale": [LABEL, LABEL]}, "rows.0.key"),
    ("checklist", {"items": [ROW, ROW]}, "items.1"),
    ("checklist", {"items": [ROW], "details": ["note", "note"]}, "details.1"),
    ("code", {**PATTERN, "pattern": "(["}, "pattern"),
    ("code", {**PATTERN, "example": "123"}, "example"),
    ("code", {"pattern": "[a-z]+", "example": "abc"}, "pattern_message"),
    ("code", {**PATTERN, "symbols": "ean"}, "example"),
    ("static", {"content": text("<script>x</script>")}, "content"),
    ("static", {"content": text("x" * 20_001)}, "content"),
    ("cascade", {}, "tree"),
    ("cascade", {"source": "regions", "tree": [ROW]}, "source"),
    ("cascade", {"tree": [{**ROW, "children": [ROW]}]}, "tree.0.children.0.key"),
    ("cascade", {"tree": [{**ROW, "children": [{"key": "b", "label": LABEL}]}], "steps": [LABEL]}, "steps"),
    ("table", {"columns": [ROW, ROW]}, "columns.1.key"),
    ("table", {"columns": [{**ROW, "kind": "signature"}]}, "columns.0.kind"),
    ("table", {"columns": [{**ROW, "key": "row"}]}, "columns.0.key"),
    (
        "table",
        {"columns": [{**ROW, "kind": "text", "options": {"max_length": "x"}}]},
        "columns.0.options.max_length",
    ),
    (
        "table",
        {"columns": [{**ROW, "kind": "choice", "options": {"choices": [ROW], "other": True}}]},
        "columns.0.options.other",
    ),
    ("table", {"columns": [ROW], "rows": [ROW, ROW]}, "rows.1.key"),
    ("table", {"columns": [ROW], "min": 9, "max": 3}, "max"),
    ("table", {"columns": [ROW], "totals": ["a"]}, "totals"),
]
"""Kind, options that one of its validators refuses, and where."""


@pytest.fixture(autouse=True)
def every_sentence_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Chinese readers see every sentence that was handed to the catalogue as translated, whether it is yet."""
    in_catalogue = translation._trans.gettext

    def marked(message: str) -> str:
        said: str = in_catalogue(message)
        return said if translation.get_language() == "en" or not said.isascii() else f"译{said}"

    monkeypatch.setattr(translation._trans, "gettext", marked)


def said_of(model: type[BaseModel], body: Any) -> list[tuple[str, str]]:
    """Return the faults of a body: place and sentence."""
    try:
        model.model_validate(body)
    except ValidationError as faults:
        return [(".".join(str(one) for one in fault["loc"]), sentence(fault)) for fault in faults.errors()]
    return []


@pytest.mark.parametrize(("kind", "options", "place"), OF_VALIDATORS)
def test_each_validator_of_a_kind_speaks_both_languages_at_the_place(
    kind: str, options: dict[str, Any], place: str
) -> None:
    model = KINDS[kind].options_model
    with override("zh-hans"):
        chinese = said_of(model, options)
    with override("en"):
        english = said_of(model, options)
    assert [at for at, _said in chinese] == [place]
    assert all(not said.isascii() for _at, said in chinese), chinese
    assert all(max(said.replace("甲", "")) < "一" for _at, said in english), english


def planted(model: type[BaseModel], sound: dict[str, Any]) -> Iterator[Any]:
    """Yield bodies with one fault each: every property of the schema, of every wrong sort, at every depth."""
    schema = model.model_json_schema()
    root = schema["$defs"][schema["$ref"].rsplit("/", 1)[-1]] if "$ref" in schema else schema
    wrong: tuple[Any, ...] = (
        None,
        "",
        "?" * 30_000,
        -(10**20),
        10**20,
        1.5,
        True,
        [],
        [7],
        ["x", "x"] * 1_500,
        [{}],
        {},
        {"xx": "y"},
        {"zh-hans": ""},
        object(),
    )

    def walk(node: dict[str, Any], body: dict[str, Any], depth: int) -> Iterator[Any]:
        if depth > 3:
            return
        yield {**body, "no_such_thing": 1}
        for name in node.get("required", ()):
            yield {key: value for key, value in body.items() if key != name}
        for name, inner in node.get("properties", {}).items():
            for value in wrong:
                yield {**body, name: value}
            item = inner.get("items", {})
            reference = inner.get("$ref") or item.get("$ref")
            if reference is not None:
                below = schema["$defs"][reference.rsplit("/", 1)[-1]]
                for found in walk(below, example(below), depth + 1):
                    yield {**body, name: [found] if item else found}

    def example(node: dict[str, Any]) -> dict[str, Any]:
        return copy.deepcopy({"key": "a", "label": LABEL} if "key" in node.get("properties", {}) else {})

    return walk(root, sound, 0)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_fault_planted_into_options_is_told_in_english_to_chinese_readers(kind: str) -> None:
    model, count = KINDS[kind].options_model, 0
    with override("zh-hans"):
        for body in planted(model, {}):
            for place, said in said_of(model, body):
                count += 1
                assert not said.isascii(), (place, said)
    assert count > 10 or not model.model_fields


def test_no_fault_planted_into_a_form_or_a_field_is_told_in_english_to_chinese_readers() -> None:
    count = 0
    with override("zh-hans"):
        for model, sound in ((FieldDefinition, field("name")), (FormDefinition, form_body())):
            for body in planted(model, sound):
                for place, said in said_of(model, body):
                    count += 1
                    assert not said.isascii(), (place, said)
    assert count > 300


@pytest.mark.parametrize(
    "more",
    [
        {"kind": "no_such"},
        {"computed": "1", "required": True},
        {"kind": "photo", "computed": "1"},
        {"required": True, "required_if": "true"},
        {"initial": "x", "prefill": "name"},
        {"kind": "static", "options": {"content": LABEL}, "required": True},
    ],
)
def test_what_excludes_itself_in_a_field_is_told_in_chinese(more: dict[str, Any]) -> None:
    body = form_body({**field("name"), **more})
    with override("zh-hans"):
        problems = check(body)
    assert problems
    for problem in problems:
        assert problem.path.startswith("pages.first.groups.first_group.fields.name.")
        assert not problem.message.isascii()
