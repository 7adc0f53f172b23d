"""Every kind of field is drawn from its model, begins well, and survives being saved as it stands."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict
from django.utils.translation import override
from pydantic import BaseModel, ConfigDict

from backoffice.studio.beginnings import first_options
from backoffice.studio.desk import SHAPES, sections_of
from backoffice.studio.properties import Around, Input, Reading, as_yaml, inputs_of, rows_done
from backoffice.studio.shapes import Shape
from forms.fields import KINDS, FieldOptions
from forms.outline import SLOTS
from foundation.editions.texts import LocalizedText

UNREADY = {"lookup", "cascade"}
"""Kinds of which the author must say first what is chosen from: a form, a tree."""


def posted_of(inputs: list[Input] | tuple[Input, ...], query: QueryDict | None = None) -> QueryDict:
    """Return what a browser would post from these controls."""
    query = QueryDict(mutable=True) if query is None else query
    for one in inputs:
        match one.widget:
            case "tick":
                if one.value:
                    query[one.name] = "1"
            case "localized":
                for code, said in one.texts:
                    query[f"{one.name}.{code}"] = said
            case "part":
                if one.value and one.on:
                    query[f"{one.name}.on"] = "1"
                if one.on:
                    posted_of(one.inputs, query)
            case "rows":
                for row in one.rows:
                    query.appendlist(f"{one.name}.rows", row.token)
                    posted_of(row.inputs, query)
            case "options":
                query[f"{one.name}.drawn"] = "1"
                posted_of(one.inputs, query)
            case "pairs":
                for pair in one.pairs:
                    query.appendlist(f"{one.name}.rows", pair.token)
                    query[f"{one.name}.{pair.token}.key"] = pair.key
                    query[f"{one.name}.{pair.token}.value"] = pair.value
            case "picks":
                query.setlist(one.name, one.value)
            case _:
                query[one.name] = "" if one.value is None else str(one.value)
    return query


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_new_field_of_each_kind_begins_soundly(kind: str) -> None:
    options = first_options(kind)
    if kind not in UNREADY:
        KINDS[kind].options_model.model_validate(options)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_saving_the_options_of_each_kind_as_they_are_drawn_changes_nothing(kind: str) -> None:
    shape, options = Shape.of(KINDS[kind].options_model), first_options(kind)
    inputs = inputs_of(shape, options, Around(), name="p.options", path="options")
    reading = Reading(shape, posted_of(inputs), Around())
    assert reading.mapping(options, name="p.options") == options


class Leaf(FieldOptions):
    key: str
    label: LocalizedText
    many: list[dict[str, int]] = []


class Unheard(FieldOptions):
    """Options of a kind nobody has thought of."""

    leaves: list[Leaf] = []
    mapping: dict[str, str] = {}
    anything: dict[str, int] = {}
    flag: bool = True
    number: int | None = None
    inner: Leaf | None = None


SHAPE = Shape.of(Unheard)


def read(existing: dict[str, Any], change: dict[str, Any], done: str = "") -> dict[str, Any]:
    query = posted_of(inputs_of(SHAPE, existing, Around()))
    for name, value in change.items():
        query.setlist(name, value if isinstance(value, list) else [value])
    return Reading(SHAPE, rows_done(query, done) if done else query, Around()).mapping(existing)


def test_a_kind_nobody_has_thought_of_is_drawn_and_read() -> None:
    widgets = {one.key: one.widget for one in inputs_of(SHAPE, {}, Around())}
    assert widgets == {
        "leaves": "rows",
        "mapping": "pairs",
        "anything": "yaml",
        "flag": "tick",
        "number": "number",
        "inner": "part",
    }
    found = read(
        {},
        {
            "p.mapping.rows": ["x", "y", "z"],
            "p.mapping.x.key": "a",
            "p.mapping.x.value": "b",
            "p.mapping.y.key": "a",
            "p.mapping.y.value": "c",
            "p.number": "7",
            "p.leaves.paste": "甲 | A\nx | 乙 | B",
        },
    )
    assert found == {
        "leaves": [
            {"key": "c1", "label": {"zh-hans": "甲", "en": "A"}},
            {"key": "x", "label": {"zh-hans": "乙", "en": "B"}},
        ],
        "mapping": {"a": "b", "": "c"},  # nothing that was typed is dropped: the second waits for a field
        "number": 7,
    }
    Unheard.model_validate(found)


def test_what_cannot_be_read_is_kept_as_it_was_typed() -> None:
    assert read({}, {"p.number": "seven", "p.anything": "[: broken"}) == {
        "number": "seven",
        "anything": "[: broken",
    }


def test_rows_are_added_removed_and_moved_by_buttons() -> None:
    before = {"leaves": [{"key": key, "label": {"zh-hans": key}} for key in "abc"]}

    def keys(done: str) -> list[str]:
        return [one["key"] for one in read(before, {}, done)["leaves"]]

    assert keys("remove:p.leaves:1") == ["a", "c"]
    assert keys("up:p.leaves:1") == ["b", "a", "c"]
    assert keys("down:p.leaves:1") == ["a", "c", "b"]
    assert keys("add:p.leaves") == ["a", "b", "c", "c4"]


def test_a_key_that_was_published_comes_back_when_it_is_emptied_and_what_the_model_does_not_know_stays() -> (
    None
):
    class Odd(BaseModel):
        model_config = ConfigDict(extra="allow")
        name: str = ""

    shape = Shape.of(Odd)
    reading = Reading(shape, QueryDict("p.name=new"), Around())
    assert reading.mapping({"stray": 1, "name": "old"}) == {"stray": 1, "name": "new"}


TABLE = Shape.of(KINDS["table"].options_model)


def table_read(existing: dict[str, Any], change: dict[str, Any], done: str = "") -> dict[str, Any]:
    query = posted_of(inputs_of(TABLE, existing, Around(), name="p.options", path="options"))
    for name, value in change.items():
        query.setlist(name, value if isinstance(value, list) else [value])
    posted = rows_done(query, done) if done else query
    return Reading(TABLE, posted, Around()).mapping(existing, name="p.options")


def test_the_columns_of_a_table_have_the_options_of_their_own_kind() -> None:
    table = {
        "columns": [
            {"key": "part", "label": {"zh-hans": "配件"}, "options": {"max_length": 40}},
            {
                "key": "how",
                "label": {"zh-hans": "方式"},
                "kind": "choice",
                "options": {"choices": [{"key": "a", "label": {"zh-hans": "甲"}}]},
            },
        ]
    }
    assert table_read(table, {}) == table
    longer = table_read(table, {"p.options.columns.0.options.max_length": "80"})
    assert longer["columns"][0]["options"] == {"max_length": 80}
    more = table_read(table, {}, "add:p.options.columns.1.options.choices")
    assert [one["key"] for one in more["columns"][1]["options"]["choices"]] == ["a", "c2"]
    price = table_read(table, {"p.options.columns.0.kind": "money"})
    assert price["columns"][0] == {"key": "part", "label": {"zh-hans": "配件"}, "kind": "money"}
    added = table_read(table, {}, "add:p.options.columns")["columns"]
    assert added[2] == {"key": "c3"}
    assert table_read({"columns": added}, {"p.options.columns.2.label.zh-hans": "备注"})["columns"][2] == {
        "key": "c3",
        "label": {"zh-hans": "备注"},
    }


def test_faults_of_a_column_stand_at_its_own_controls() -> None:
    table = {"columns": [{"key": "a", "label": {"zh-hans": "甲"}, "options": {"max_length": 0}}]}
    around = Around(errors=[("options.columns.a.options.max_length", "Write 1 or more.", "error")])
    (columns,) = inputs_of(TABLE, table, around, only=["columns"], name="p.options", path="options")
    options = next(one for one in columns.rows[0].inputs if one.widget == "options")
    assert options.open
    assert [one.key for one in options.inputs if one.wrong] == ["max_length"]


TREE = Shape.of(KINDS["cascade"].options_model)
PLACES = [
    {
        "key": "sh",
        "label": {"zh-hans": "上海", "en": "Shanghai"},
        "children": [
            {"key": "pd", "label": {"zh-hans": "浦东"}, "children": [{"key": "x", "label": {"zh-hans": "X"}}]}
        ],
    },
    {"key": "bj", "label": {"zh-hans": "北京", "en": "Beijing"}},
]


def tree_read(existing: list[Any], text: str, published: Any = None) -> Any:
    around = Around(published=published or {})
    query = QueryDict(mutable=True)
    query["p.options.tree"] = text
    found = Reading(TREE, query, around).mapping({"tree": existing}, only=["tree"], name="p.options")
    return found.get("tree")


def test_a_tree_is_written_as_lines_each_step_further_in() -> None:
    (drawn,) = inputs_of(TREE, {"tree": PLACES}, Around(), only=["tree"], name="p.options", path="options")
    assert drawn.widget == "tree"
    assert drawn.value == "sh | 上海 | Shanghai\n  pd | 浦东 |\n    x | X |\nbj | 北京 | Beijing"
    assert tree_read(PLACES, drawn.value) == PLACES


def test_pasted_lines_get_keys_and_keep_those_they_had() -> None:
    pasted = "上海\n\t浦东 | Pudong\n\t\t川沙\n\u3000\u3000徐汇\n北京 | Beijing"
    tree = tree_read([], pasted)
    assert [(one["key"], [c["key"] for c in one.get("children", [])]) for one in tree] == [
        ("c1", ["pudong", "c3"]),
        ("beijing", []),
    ]
    assert tree[0]["children"][0]["children"] == [{"key": "c2", "label": {"zh-hans": "川沙"}}]
    # Typed again without keys, with a line between: what is called the same keeps its key.
    again = tree_read(tree, "上海\n  浦东 | Pudong\n    新场\n    川沙\n  徐汇\n北京 | Beijing")
    assert again[0]["children"][0]["children"][1]["key"] == "c2"
    assert again[0]["children"][1]["key"] == "c3"
    # A published key is never given to something else.
    fresh = tree_read(
        [], "甲\n乙", published={"options": {"tree": [{"key": "c1", "children": [{"key": "c2"}]}]}}
    )
    assert [one["key"] for one in fresh] == ["c3", "c4"]


def test_faults_of_a_tree_name_the_line() -> None:
    around = Around(errors=[("options.tree.sh.children.pd.label", "Missing translation: en.", "warning")])
    (drawn,) = inputs_of(TREE, {"tree": PLACES}, around, only=["tree"], name="p.options", path="options")
    with override("en"):
        again = inputs_of(TREE, {"tree": PLACES}, around, only=["tree"], name="p.options", path="options")[0]
    assert again.errors == (("Line 2: Missing translation: en.", "warning"),)
    assert len(drawn.errors) == 1


def test_what_lines_cannot_say_of_a_tree_stays_yaml() -> None:
    odd = [{"key": "a", "label": {"zh-hans": "甲|乙"}}]
    (drawn,) = inputs_of(TREE, {"tree": odd}, Around(), only=["tree"], name="p.options", path="options")
    assert drawn.widget == "yaml"
    assert tree_read(odd, str(drawn.value)) == odd


def test_what_is_taken_over_is_chosen_from_the_fields_of_both_sides() -> None:
    shape = Shape.of(KINDS["lookup"].options_model)
    around = Around(
        picks={"fills.keys": [("here", "这里")], "fills.values": [("there", "那里")]},
        errors=[("options.fills.gone", "There is no field “gone”.", "error")],
    )
    said = {"form": "visits", "fills": {"here": "there", "gone": "old"}}
    drawn = {one.key: one for one in inputs_of(shape, said, around, name="p.options", path="options")}
    pairs = drawn["fills"].pairs
    assert [(pair.key, [key for key, _label in pair.keys]) for pair in pairs] == [
        ("here", ["here"]),
        ("gone", ["here", "gone"]),
    ]
    assert pairs[1].errors
    assert drawn["fills"].wrong
    assert Reading(shape, posted_of(list(drawn.values())), around).mapping(said, name="p.options") == said


def test_lists_of_mappings_are_written_as_yaml() -> None:
    assert as_yaml([{"a": 1}]).strip() == "- a: 1"
    assert as_yaml(None) == ""


@pytest.mark.parametrize("sort", sorted(SHAPES))
def test_every_property_of_a_thing_stands_under_a_heading(sort: str) -> None:
    drawn = {
        one.key
        for _key, _heading, names in sections_of(sort)
        for one in inputs_of(SHAPES[sort], {}, Around(), only=names)
    }
    elsewhere = {"id", "key", "format", "options", *SLOTS[sort]}
    assert drawn == set(SHAPES[sort].root["properties"]) - elsewhere
