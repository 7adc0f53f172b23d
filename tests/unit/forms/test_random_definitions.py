"""Whatever a form says and whatever is answered: what is shown, what is asked for and what is stored agree.

2,000 definitions × 10 submissions; ``make fuzz`` tries 10,000 × 20 with other definitions each time. The
numbers can be set with REMIT_FUZZ_DEFINITIONS, REMIT_FUZZ_SUBMISSIONS and REMIT_FUZZ_SEED.

Nothing here asks the interpreter for its own opinion: conditions, sums and rules are worked out once more, from
the stored answers alone.
"""

from __future__ import annotations

import json
import os
import random
import secrets
from collections import ChainMap
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings

from forms.fields import Surroundings
from forms.logic import ROW, FormState, evaluate, initial_answers, read, typed_of
from forms.presentation import GroupView, answered_groups, group_views
from forms.schema import FieldDefinition, FormDefinition, Scope
from foundation.expressions import ExpressionFault, Kind
from foundation.expressions import evaluate as calculate
from tests.factories.random_forms import (
    DAY,
    HOSTILE_VALUES,
    NOW,
    Shelf,
    random_answers,
    random_definition,
    random_typed,
    random_value,
)

_LONG = settings.default is settings.get_profile("fuzz")
DEFINITIONS = int(os.environ.get("REMIT_FUZZ_DEFINITIONS") or (10_000 if _LONG else 2_000))
SUBMISSIONS = int(os.environ.get("REMIT_FUZZ_SUBMISSIONS") or (20 if _LONG else 10))
SEED = int(os.environ.get("REMIT_FUZZ_SEED") or (secrets.randbelow(10**9) if _LONG else 0))
PARTS = 20
"""So that the workers of a test run can share them."""
SHELF = Shelf()
SUBMITTED = NOW - timedelta(hours=5)


@pytest.mark.parametrize("part", range(PARTS))
def test_what_is_shown_asked_for_and_stored_agree_for_any_form_and_any_answers(part: int) -> None:
    for number in range(part, DEFINITIONS, PARTS):
        seed = SEED + number
        try:
            try_definition(seed)
        except BaseException as fault:
            fault.add_note(f"definition {seed} (REMIT_FUZZ_SEED={seed} REMIT_FUZZ_DEFINITIONS=1)")
            raise


def try_definition(seed: int) -> None:
    body, definition = random_definition(seed)
    round_trip(body, definition)
    for number in range(SUBMISSIONS):
        rng = random.Random(f"{seed}/{number}")
        kept = kept_answers(definition, rng)
        if number % 2:
            typed = random_typed(definition, rng)
            reading = read(definition, typed)
            posted: Mapping[str, Any] = reading.answers
            unread = reading.unread
            state = stand(definition, posted, kept, unread=unread)
            assert_drawn(state, typed)
        else:
            posted, unread = random_answers(definition, rng), {}
            state = stand(definition, posted, kept)
            assert_drawn(state, {})
        assert_agrees(state, kept)
        changed = tampered(state, definition.form, "", posted, rng)
        changed["not_a_field"] = rng.choice(HOSTILE_VALUES)
        assert_same(state, stand(definition, changed, kept, unread=unread))
        assert_stable(state, kept)
        assert_read(state)


def stand(
    definition: FormDefinition, answers: Mapping[str, Any], kept: Mapping[str, Any], **more: Any
) -> FormState:
    return evaluate(
        definition, answers, "en", kept=kept, now=NOW, submitted=SUBMITTED, directory=SHELF, **more
    )


def kept_answers(definition: FormDefinition, rng: random.Random) -> dict[str, Any]:
    """What read-only fields keep: what the form begins with, or what somebody answered before."""
    if rng.random() < 0.7:
        return initial_answers(definition)
    before = random_answers(definition, rng)
    return stand(definition, before, {}).answers


def round_trip(body: dict[str, Any], definition: FormDefinition) -> None:
    assert FormDefinition.model_validate(json.loads(json.dumps(body))) == definition
    assert FormDefinition.model_validate_json(definition.model_dump_json()) == definition


# --- worked out once more ------------------------------------------------------------------------------------


class Answered:
    """The form, or one row, as its stored answers alone say."""

    def __init__(self, scope: Scope, path: str, stored: Mapping[str, Any], outer: Answered | None) -> None:
        self.scope, self.path, self.stored, self.outer = scope, path, stored, outer
        around = outer.values if outer else ChainMap({"today": DAY, "now": NOW, "submitted_at": SUBMITTED})
        self.values: ChainMap[str, Any] = around.new_child()
        self.values.update(dict.fromkeys(name for name in scope.names if self.own(name)))
        for name, asked in scope.fields.items():
            self.values.update(bound(asked, stored.get(name), name, "."))
        self.inner = {
            name: [Answered(within, f"{path}{name}/{row[ROW]}/", row, self) for row in stored.get(name, ())]
            for name, within in scope.inner.items()
        }
        for name, rows in self.inner.items():
            self.values[name] = [row.record for row in rows] or None

    def own(self, name: str) -> bool:
        return name.split(".", maxsplit=1)[0] in self.scope.members

    @property
    def record(self) -> dict[str, Any]:
        found: dict[str, Any] = dict.fromkeys(self.scope.records.fields)
        for name, asked in self.scope.fields.items():
            found |= bound(asked, self.stored.get(name), name, "_")
        return {name: value for name, value in found.items() if name in self.scope.records.fields}

    def holds(self, text: str, *, otherwise: bool = False) -> bool:
        try:
            result = calculate(text, self.scope.names, self.values, Kind.YES_NO)
        except ExpressionFault:
            return otherwise
        return otherwise if result is None else bool(result)

    def everywhere(self) -> Iterator[Answered]:
        yield self
        for rows in self.inner.values():
            for row in rows:
                yield from row.everywhere()

    def named(self, name: str) -> str | None:
        """The path of a field or group here or around."""
        if name in self.scope.members:
            return f"{self.path}{name}"
        return self.outer.named(name) if self.outer else None

    def given(self, name: str) -> bool:
        if "." in name and self.own(name):
            return self.values[name] is not None
        if name in self.scope.members:
            return bool(self.stored.get(name) is not None and self.stored.get(name) != [])
        return self.outer.given(name) if self.outer else False


def bound(asked: FieldDefinition, value: Any, name: str, joint: str) -> dict[str, Any]:
    if value is None:
        return {}
    return {
        f"{name}{joint}{part}" if part else name: each
        for part, each in asked.of_kind.bindings(value, asked.settings).items()
    }


def assert_agrees(state: FormState, kept: Mapping[str, Any]) -> None:
    definition = state.definition
    form = Answered(definition.form, "", state.answers, None)
    seen: set[str] = set()
    for place in form.everywhere():
        assert set(place.stored) <= {*place.scope.members, ROW}
        for name, member in place.scope.members.items():
            path = f"{place.path}{name}"
            seen.add(path)
            shown = all(place.holds(text) for text in member.conditions if text)
            if member.group is not None:
                assert_rows(state, path, shown, place.stored.get(name))
                continue
            asked, field = place.scope.fields[name], state.fields[path]
            assert field.visible is shown, path
            assert place.stored.get(name) == (field.value if shown else None), path
            if not shown:
                assert (field.value, field.required, field.missing, field.errors) == (None, False, False, ())
                continue
            assert_field(place, asked, field, path)
    assert seen == {*state.fields, *state.repeated}
    assert_rules(state, form)


def assert_field(place: Answered, asked: FieldDefinition, field: Any, path: str) -> None:
    if asked.computed:
        assert field.read_only
        assert field.value == computed(place, asked), path
    elif asked.of_kind.asks:
        fixed = bool(asked.read_only_if) and place.holds(asked.read_only_if, otherwise=True)
        assert field.read_only is fixed, path
    else:
        assert field.value is None
    wanted = asked.required or (bool(asked.required_if) and place.holds(asked.required_if))
    assert field.required is (wanted and not field.read_only), path
    if field.missing:
        assert field.required
        assert field.value is None
        assert field.errors
    if field.required and field.value is None:
        assert field.errors, f"{path} is asked for, has no answer and nothing is said"


def computed(place: Answered, asked: FieldDefinition) -> Any:
    try:
        result = calculate(asked.computed, place.scope.names, place.values, asked.of_kind.expression)
    except ExpressionFault:
        return None
    if result is None or result == "":
        return None
    return from_expression_checked(asked, result)


def from_expression_checked(asked: FieldDefinition, result: Any) -> Any:
    kind = asked.of_kind
    try:
        value = kind.from_expression(result, asked.settings)
        kind.check(value, asked.settings, Surroundings(DAY))
    except ValueError:
        return None
    return value


def assert_rows(state: FormState, path: str, shown: bool, stored: Any) -> None:
    rows = state.repeated[path]
    repeat = rows.group.repeat
    assert repeat is not None
    assert rows.visible is shown, path
    assert [row[ROW] for row in stored or ()] == list(rows.rows), path
    assert shown or not rows.rows
    assert len(rows.rows) <= repeat.max
    assert bool(shown and len(rows.rows) < repeat.min) <= bool(rows.errors), path


def assert_rules(state: FormState, form: Answered) -> None:
    for rule in state.definition.rules:
        for place in form.everywhere():
            if (place.scope.group.id if place.scope.group else "") != rule.group:
                continue
            if rule.when == "answered" and not all(
                place.given(name) for name in state.definition.named_by[rule.id]
            ):
                continue
            paths = [path for name in rule.fields if (path := place.named(name))]
            shown = [
                path
                for path in paths
                if (state.fields.get(path) or state.repeated.get(path)).visible  # type: ignore[union-attr]
            ]
            if shown and not place.holds(rule.holds):
                found = state.fields.get(shown[0]) or state.repeated[shown[0]]
                assert "wrong" in found.errors, (rule.id, shown)


# --- what has no effect -------------------------------------------------------------------------------------


def assert_same(before: FormState, after: FormState) -> None:
    assert after.answers == before.answers
    assert after.fields == before.fields
    assert after.repeated == before.repeated
    assert after.errors == before.errors


def tampered(
    state: FormState, scope: Scope, prefix: str, posted: Mapping[str, Any], rng: random.Random
) -> dict[str, Any]:
    """Other things where nothing is shown and where nothing may be changed: they must have no effect."""
    changed = dict(posted)
    for name, member in scope.members.items():
        path = f"{prefix}{name}"
        if member.group is not None:
            rows = state.repeated[path]
            if not rows.visible:
                changed[name] = rng.choice([[{ROW: "r1"}], "", {}, [None]])
            elif isinstance(posted.get(name), list):
                changed[name] = [
                    tampered(state, scope.inner[name], f"{path}/{row[ROW]}/", row, rng)
                    if isinstance(row, dict) and row.get(ROW) in rows.rows
                    else row
                    for row in posted[name]
                ]
            continue
        field = state.fields[path]
        if not field.visible or field.read_only:
            sound = random_value(field.definition, rng, Surroundings(DAY, directory=SHELF))
            changed[name] = rng.choice([sound, rng.choice(HOSTILE_VALUES)])
    return changed


# --- once more through the form -----------------------------------------------------------------------------


def assert_stable(state: FormState, kept: Mapping[str, Any]) -> None:
    """What is stored can be stored again, and typed again, and is the same."""
    stored = state.answers
    typed = typed_of(state.definition, stored)
    reading = read(state.definition, typed)
    assert reading.unread == {}
    again = stand(state.definition, reading.answers, kept)
    assert again.answers == stored
    if reading.answers != stored:
        assert stand(state.definition, stored, kept).answers == stored
    assert typed_of(state.definition, again.answers) == typed
    assert json.loads(json.dumps(stored)) == stored


def assert_drawn(state: FormState, typed: Mapping[str, Any]) -> None:
    """The pages show what is visible, nothing else, each as it stands."""
    drawn: list[str] = []
    for page in state.definition.pages:
        views = group_views(state, page, typed)
        for view in fields_of(views):
            field = state.fields[view.path]
            assert field.visible
            assert view.path not in drawn
            assert (view.required, view.read_only, view.errors) == (
                field.required,
                field.read_only,
                field.errors,
            )
            drawn.append(view.path)
        assert bool(views) is (page.id in state.pages)
    assert sorted(drawn) == sorted(path for path, field in state.fields.items() if field.visible)


def fields_of(views: list[GroupView] | tuple[GroupView, ...]) -> Iterator[Any]:
    for group in views:
        yield from group.fields
        for row in group.rows:
            yield from row.fields
            yield from fields_of(row.groups)


def assert_read(state: FormState) -> None:
    """Every stored answer is shown to readers, once."""
    pages = state.definition.pages
    groups = [
        group for page in pages for group in answered_groups(state.definition, page, state.answers, "en")
    ]
    lines = [line for group in groups for line in lines_of(group)]
    assert len(lines) == sum(field.visible and field.value is not None for field in state.fields.values())
    assert all(isinstance(line.text, str) for line in lines)


def lines_of(group: Any) -> Iterator[Any]:
    yield from group.lines
    for lines, within in group.rows:
        yield from lines
        for inner in within:
            yield from lines_of(inner)
