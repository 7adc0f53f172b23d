"""The twenty forms of the dealership: each asks what the trade asks, keeps its rules and takes nothing else."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from forms.checking import check
from forms.fields import Surroundings
from forms.logic import ROW, FormState, evaluate, initial_answers, read, typed_of
from forms.presentation import group_views
from forms.sampling import sample_answers
from forms.schema import Confidentiality, FormDefinition
from tests.factories.dealership import Broken, Sheet, body_of_form, form_of, sheets
from tests.factories.forms import PACK
from tests.factories.pack_files import read as read_file
from tests.factories.random_forms import DAY, HOSTILE_VALUES, Shelf

SHEETS = sheets(DAY)
SEEDS = range(24)
SHELF = Shelf()
each_form = pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: f"{sheet.number} {sheet.key}")


def filled(sheet: Sheet, seed: int, **changed: Any) -> dict[str, Any]:
    fixed = {**sheet.sound, **changed}
    answers = sample_answers(form_of(sheet.key), seed, day=DAY, directory=SHELF, fixed=fixed)
    return {name: value for name, value in answers.items() if value is not None}


def stand(definition: FormDefinition, answers: Any, **more: Any) -> FormState:
    more = {"kept": initial_answers(definition), "day": DAY, "directory": SHELF, **more}
    return evaluate(definition, answers, "zh-hans", **more)


EVERY = sorted(path.stem for path in PACK.glob("*.yaml"))
"""The forms described here, and those that workflows open from."""


@pytest.mark.parametrize("key", EVERY)
def test_every_form_of_the_pack_is_sound_and_speaks_both_languages(key: str) -> None:
    roles = {role["key"] for role in read_file(PACK.parent / "roles.yaml")["roles"]}
    assert check(body_of_form(key), roles) == []


def test_there_are_the_twenty_forms_and_no_code_for_any_of_them() -> None:
    assert {sheet.key for sheet in SHEETS} <= set(EVERY)
    assert len(SHEETS) == len({sheet.number for sheet in SHEETS}) == 20
    root = Path(__file__).resolve().parents[3]
    code = [path for room in ("forms", "site", "workflows") for path in (root / room).rglob("*.py")]
    for sheet in SHEETS:
        if sheet.key != "complaint":  # a common word
            assert not [path for path in code if sheet.key in path.read_text()], sheet.key


@each_form
def test_a_form_is_sound_and_speaks_both_languages(sheet: Sheet) -> None:
    roles = {role["key"] for role in read_file(PACK.parent / "roles.yaml")["roles"]}
    assert check(body_of_form(sheet.key), roles) == []


@each_form
def test_a_form_asks_everything_the_trade_asks(sheet: Sheet) -> None:
    definition = form_of(sheet.key)
    found = {name: asked.kind for name, asked in definition.by_id.items()}
    found |= {name: "group" for name in definition.scopes if name}
    assert {name: found.get(name) for name in sheet.asks} == dict(sheet.asks)
    assert definition.submitters == [] if not sheet.submitter else sheet.submitter in definition.submitters
    assert {copy.key for layout in definition.prints for copy in layout.copies} == set(sheet.copies)
    guarded = {Confidentiality.PERSONAL, Confidentiality.CONFIDENTIAL}
    assert [name for name in sheet.personal if definition.by_id[name].confidentiality not in guarded] == []


@each_form
def test_looked_up_forms_have_a_register_with_the_fields_that_are_taken_over(sheet: Sheet) -> None:
    definition = form_of(sheet.key)
    for scope in definition.scopes.values():
        for asked in scope.fields.values():
            if asked.kind == "lookup":
                there = form_of(asked.options["form"])
                assert there.registered is not None
                assert set(asked.options.get("shows", ())) <= set(there.form.fields)
                for own, theirs in asked.options.get("fills", {}).items():
                    assert own in scope.fields
                    assert theirs in there.form.fields


@each_form
def test_whoever_must_name_a_row_of_a_register_finds_rows_there(sheet: Sheet) -> None:
    definition = form_of(sheet.key)
    for asked in definition.fields():
        if asked.kind == "lookup" and asked.required:
            there = form_of(asked.options["form"])
            assert there.registered is not None
            if not there.submitters:
                continue  # everybody may hand the other form in, and finds at least their own
            finders = {*there.registered.readers, *there.submitters}
            assert set(definition.submitters) <= finders, (asked.id, set(definition.submitters) - finders)


@each_form
def test_who_works_with_names_and_plates_reads_them_in_the_register(sheet: Sheet) -> None:
    definition = form_of(sheet.key)
    assert definition.registered is not None
    shown = {*definition.registered.columns, *definition.summary}
    for asked in definition.fields():
        if asked.confidentiality is Confidentiality.INTERNAL or asked.kind == "signature":
            continue
        assert asked.readers, f"{asked.id} would be masked for everybody"
        if asked.id in shown and asked.confidentiality is Confidentiality.PERSONAL:
            assert set(asked.readers) & set(definition.registered.readers), asked.id


def test_the_price_of_the_order_and_of_what_is_added_stand_together() -> None:
    sheet = next(each for each in SHEETS if each.key == "additional-repair")
    state = stand(form_of(sheet.key), filled(sheet, 1), directory=Shelf(read={"total": "880.00"}))
    assert state.answers["total"] == "120.00"
    assert state.answers["total_with_order"] == "1000.00"


@each_form
@pytest.mark.parametrize("seed", SEEDS)
def test_a_form_takes_sound_answers(sheet: Sheet, seed: int) -> None:
    definition = form_of(sheet.key)
    state = stand(definition, filled(sheet, seed))
    assert [(error.field, error.message) for error in state.errors] == []
    typed = typed_of(definition, state.answers)
    reading = read(definition, typed)
    assert reading.unread == {}
    assert stand(definition, reading.answers).answers == state.answers


@pytest.mark.parametrize(
    ("sheet", "broken"),
    [
        pytest.param(sheet, each, id=f"{sheet.key} {each.rule} {each.at}")
        for sheet in SHEETS
        for each in sheet.broken
    ],
)
def test_a_broken_rule_is_told_where_it_is_broken(sheet: Sheet, broken: Broken) -> None:
    definition = form_of(sheet.key)
    for seed in range(6):
        answers = filled(sheet, seed)
        state = stand(definition, {**answers, **broken.answers}, directory=Shelf(read=broken.there))
        told = {error.field for error in state.errors}
        # Whether it is asked may hang on what the sample says elsewhere.
        if broken.at in told:
            break
        assert broken.at not in state.fields or not state.fields[broken.at].visible, (seed, told)
    else:
        pytest.fail(f"nothing is ever said at {broken.at}")


@each_form
def test_every_rule_between_answers_can_be_broken(sheet: Sheet) -> None:
    definition = form_of(sheet.key)
    messages = {rule.message["zh-hans"] for rule in definition.rules}
    said = set()
    for broken in sheet.broken:
        for seed in range(6):
            state = stand(
                definition, {**filled(sheet, seed), **broken.answers}, directory=Shelf(read=broken.there)
            )
            said |= {error.message for error in state.errors}
    assert messages - said == set()


@each_form
def test_an_answer_that_is_asked_for_is_missed(sheet: Sheet) -> None:
    definition = form_of(sheet.key)
    answers = filled(sheet, 1)
    state = stand(definition, answers)
    for path, field in state.fields.items():
        if field.required:
            without = stand(definition, without_path(answers, path))
            found = without.fields.get(path)
            assert found is None or not found.required or found.errors or not found.visible, path


@each_form
def test_unsound_answers_are_refused_where_they_stand(sheet: Sheet) -> None:
    definition = form_of(sheet.key)
    answers, rng = filled(sheet, 2), random.Random(sheet.key)
    around = Surroundings(DAY, directory=SHELF)
    for name, asked in definition.form.fields.items():
        if asked.computed or not asked.of_kind.asks:
            continue
        for value in [*rng.sample(HOSTILE_VALUES, 6), "长" * 20_001, {"_row": "r1"}, [1, 2]]:
            state = stand(definition, {**answers, name: value})
            field = state.fields[name]
            if field.value is not None:
                asked.of_kind.check(field.value, asked.settings, found_for(asked, field.value, around))
            elif field.required:
                assert field.errors, (name, value)


def found_for(asked: Any, value: Any, around: Surroundings) -> Surroundings:
    references = asked.of_kind.references(value, asked.settings)
    return Surroundings(around.day, SHELF.load(references), SHELF)


@each_form
def test_what_nobody_asked_for_is_not_stored(sheet: Sheet) -> None:
    definition = form_of(sheet.key)
    for seed in range(4):
        answers = filled(sheet, seed)
        state = stand(definition, answers)
        extra = {"unasked": "x", "__proto__": {}, "today": "2020-01-01", "state": "approved"}
        assert stand(definition, {**answers, **extra}).answers == state.answers
        around = Surroundings(DAY, directory=SHELF)
        for path, field in state.fields.items():
            if "/" in path or (field.visible and not field.read_only):
                continue
            value = field.definition.of_kind.sample(seed + 7, field.definition.settings, around)
            assert stand(definition, {**answers, path: value}).answers == state.answers, path


@each_form
def test_every_page_is_drawn_with_what_is_shown(sheet: Sheet) -> None:
    definition = form_of(sheet.key)
    state = stand(definition, filled(sheet, 3))
    typed = typed_of(definition, state.answers)
    drawn = [view.path for page in definition.pages for view in views(group_views(state, page, typed))]
    assert sorted(drawn) == sorted(path for path, field in state.fields.items() if field.visible)


def views(groups: Any) -> Iterator[Any]:
    for group in groups:
        yield from group.fields
        for row in group.rows:
            yield from row.fields
            yield from views(row.groups)


def without_path(answers: dict[str, Any], path: str) -> dict[str, Any]:
    parts = path.split("/")
    if len(parts) == 1:
        return {name: value for name, value in answers.items() if name != path}
    group, row, rest = parts[0], parts[1], "/".join(parts[2:])
    return {
        **answers,
        group: [without_path(one, rest) if one[ROW] == row else one for one in answers[group]],
    }


def test_sums_of_a_repair_order_are_worked_out() -> None:
    sheet = next(sheet for sheet in SHEETS if sheet.key == "repair-order")
    stored = stand(form_of(sheet.key), filled(sheet, 0)).answers
    assert [row["labour"] for row in stored["items"]] == ["300.00", "300.00"]
    assert [row.get("parts_amount") for row in stored["items"]] == ["600.00", "0.00"]
    assert (stored["labour_total"], stored["parts_total"], stored["total"]) == ("600.00", "600.00", "1200.00")
