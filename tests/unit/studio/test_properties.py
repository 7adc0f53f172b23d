"""Every kind of field is drawn from its model, begins well, and survives being saved as it stands."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict
from pydantic import BaseModel, ConfigDict

from backoffice.studio import catalogue
from backoffice.studio.desk import SHAPES, sections_of
from backoffice.studio.properties import Around, Input, Reading, Shape, as_yaml, inputs_of, rows_done
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
            case "picks":
                query.setlist(one.name, one.value)
            case _:
                query[one.name] = "" if one.value is None else str(one.value)
    return query


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_new_field_of_each_kind_begins_soundly(kind: str) -> None:
    options = catalogue.first_options(kind)
    if kind not in UNREADY:
        KINDS[kind].options_model.model_validate(options)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_saving_the_options_of_each_kind_as_they_are_drawn_changes_nothing(kind: str) -> None:
    shape, options = Shape.of(KINDS[kind].options_model), catalogue.first_options(kind)
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
        "mapping": "yaml",
        "flag": "tick",
        "number": "number",
        "inner": "part",
    }
    found = read({}, {"p.mapping": "a: b", "p.number": "7", "p.leaves.paste": "甲 | A\nx | 乙 | B"})
    assert found == {
        "leaves": [
            {"key": "c1", "label": {"zh-hans": "甲", "en": "A"}},
            {"key": "x", "label": {"zh-hans": "乙", "en": "B"}},
        ],
        "mapping": {"a": "b"},
        "number": 7,
    }
    Unheard.model_validate(found)


def test_what_cannot_be_read_is_kept_as_it_was_typed() -> None:
    assert read({}, {"p.number": "seven", "p.mapping": "[: broken"}) == {
        "number": "seven",
        "mapping": "[: broken",
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
