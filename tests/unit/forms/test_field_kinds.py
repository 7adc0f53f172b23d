"""What holds of every kind of field there is, whatever it is given."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms.fields import KINDS, FieldFault, Found, Surroundings
from foundation.expressions.kinds import freeze
from foundation.expressions.values import bind
from tests.factories.fields import EXAMPLES, SmallDirectory

DAY = datetime.date(2026, 11, 22)
DIRECTORY = SmallDirectory()
SEEDS = range(60)
CASES = [(kind, number) for kind in sorted(KINDS) for number in range(len(EXAMPLES.get(kind, [])))]


def options_of(kind: str, number: int) -> Any:
    return KINDS[kind].options_model.model_validate(EXAMPLES[kind][number])


def shows_less(kind: str, number: int) -> bool:
    """Whether a sheet shows less than the answer holds."""
    return kind in {"rich_note", "file", "photo", "signature"} or EXAMPLES[kind][number].get("masked", False)


def around(kind: str, value: Any, options: Any) -> Surroundings:
    return Surroundings(DAY, DIRECTORY.load(KINDS[kind].references(value, options)), DIRECTORY)


def samples(kind: str, number: int) -> list[Any]:
    options = options_of(kind, number)
    found = [KINDS[kind].sample(seed, options, Surroundings(DAY, {}, DIRECTORY)) for seed in SEEDS]
    return [value for value in found if value is not None]


def refused(act: Callable[[], Any]) -> str:
    """Return the sentence with which an act is refused, "" where it is not."""
    try:
        act()
    except FieldFault as fault:
        return str(fault.sentence) or "?"
    return ""


def no_float(value: Any) -> Any:
    raise AssertionError(f"{value} is a float")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_is_tried_here_and_has_its_words(kind: str) -> None:
    assert kind in EXAMPLES, f"give {kind} valid options in tests/factories/fields.py"
    for words in (KINDS[kind].name, KINDS[kind].missing, KINDS[kind].template):
        assert str(words)
    assert KINDS[kind].options_model.model_config["extra"] == "forbid"


@pytest.mark.parametrize(("kind", "number"), CASES)
def test_samples_are_sound_and_repeatable(kind: str, number: int) -> None:
    options = options_of(kind, number)
    found = samples(kind, number)
    assert found or not KINDS[kind].asks
    for value in found:
        KINDS[kind].check(value, options, around(kind, value, options))
        json.loads(json.dumps(value), parse_float=no_float)
    assert found == samples(kind, number)


@pytest.mark.parametrize(("kind", "number"), CASES)
def test_nothing_posted_is_no_answer(kind: str, number: int) -> None:
    assert KINDS[kind].parse([], options_of(kind, number)) is None
    assert KINDS[kind].parse([""], options_of(kind, number)) is None


@pytest.mark.parametrize(("kind", "number"), CASES)
def test_an_answer_shown_again_is_read_as_the_same(kind: str, number: int) -> None:
    options = options_of(kind, number)
    for value in samples(kind, number):
        kept = KINDS[kind].settled(value, options, around(kind, value, options))
        KINDS[kind].check(kept, options, around(kind, kept, options))
        again = KINDS[kind].parse(KINDS[kind].typed(kept, options), options)
        assert KINDS[kind].settled(again, options, around(kind, again, options)) == kept


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(("kind", "number"), [case for case in CASES if not shows_less(*case)])
def test_an_answer_in_a_sheet_is_read_as_the_same(kind: str, number: int, language: str) -> None:
    options = options_of(kind, number)
    columns = [column.key for column in KINDS[kind].columns(options, language)]
    assert len(set(columns)) == len(columns)
    for value in samples(kind, number):
        kept = KINDS[kind].settled(value, options, around(kind, value, options))
        cells = KINDS[kind].cells(kept, options, language)
        assert set(cells) <= set(columns)
        typed = KINDS[kind].typed_from_cells(cells, options, language)
        again = KINDS[kind].parse(typed, options)
        assert KINDS[kind].settled(again, options, around(kind, again, options)) == kept


@pytest.mark.parametrize(("kind", "number"), CASES)
def test_empty_cells_are_no_answer(kind: str, number: int) -> None:
    options = options_of(kind, number)
    empty = dict.fromkeys([column.key for column in KINDS[kind].columns(options, "en")])
    assert KINDS[kind].parse(KINDS[kind].typed_from_cells(empty, options, "en"), options) is None


@pytest.mark.parametrize(("kind", "number"), CASES)
def test_expressions_are_given_what_they_were_promised(kind: str, number: int) -> None:
    options = options_of(kind, number)
    names = {f"x_{part}" if part else "x": entry for part, entry in KINDS[kind].names(options).items()}
    freeze(names)
    for value in samples(kind, number):
        bound = KINDS[kind].bindings(value, options)
        values = {f"x_{part}" if part else "x": one for part, one in bound.items()}
        assert set(values) <= set(names)
        bind(values, names, list(names))
        if KINDS[kind].computes:
            assert KINDS[kind].from_expression(bound[""], options) == value or isinstance(value, dict)


@pytest.mark.parametrize(("kind", "number"), CASES)
def test_a_comparison_says_what_changed_and_nothing_else(kind: str, number: int) -> None:
    options = options_of(kind, number)
    found = [
        KINDS[kind].settled(each, options, around(kind, each, options)) for each in samples(kind, number)
    ]
    for before, after in zip([None, *found], [*found, None], strict=True):
        segments = KINDS[kind].difference(before, after, options, "en")
        changed = any(segment.kind != "same" for segment in segments)
        assert changed == (before != after)
        assert all(segment.text for segment in segments)
        same = KINDS[kind].difference(after, after, options, "en")
        assert all(segment.kind == "same" for segment in same)


TEXTS = st.one_of(
    st.text(max_size=60),
    st.from_regex(r"[a-z0-9_]{0,8}=.{0,30}", fullmatch=True),
    st.sampled_from(
        [
            "NaN",
            "Infinity",
            "-0",
            "1e999",
            "9" * 400,
            "\x00",
            "\u202e",
            "\ud800",
            "=1+1",
            "<b>",
            "٣",
            "²",
            "html=<p>",
        ]
    ),
)
JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(),
        TEXTS,
        st.sampled_from(["other", "key", "label", "start", "2026-11-22", "a", "x"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(
                st.text(max_size=8),
                st.sampled_from(["key", "label", "start", "end", "other", "rows", "_row", "name", "size"]),
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(("kind", "number"), CASES)
@settings(max_examples=60, deadline=None)
@given(value=JSON)
def test_a_value_from_anywhere_is_taken_or_refused_with_a_sentence(
    kind: str, number: int, value: Any
) -> None:
    options = options_of(kind, number)
    references = KINDS[kind].references(value, options)
    found = {one: Found(one, "found") for one in references}
    if refused(lambda: KINDS[kind].check(value, options, Surroundings(DAY, found))):
        return
    kept = KINDS[kind].settled(value, options, Surroundings(DAY, found))
    for language in ("zh-hans", "en"):
        KINDS[kind].display(kept, options, language)
        KINDS[kind].markup(kept, options, language)
        KINDS[kind].cells(kept, options, language)
        KINDS[kind].difference(None, kept, options, language)
    KINDS[kind].typed(kept, options)
    KINDS[kind].bindings(kept, options)


@pytest.mark.parametrize(("kind", "number"), CASES)
@settings(max_examples=60, deadline=None)
@given(typed=st.lists(TEXTS, max_size=6))
def test_whatever_is_typed_is_read_or_refused_with_a_sentence(
    kind: str, number: int, typed: list[str]
) -> None:
    options = options_of(kind, number)
    if refused(lambda: KINDS[kind].parse(typed, options)):
        return
    value = KINDS[kind].parse(typed, options)
    if value is None:
        return
    json.loads(json.dumps(value), parse_float=no_float)
    found = {one: Found(one, "found") for one in KINDS[kind].references(value, options)}
    if refused(lambda: KINDS[kind].check(value, options, Surroundings(DAY, found))):
        return
    again = KINDS[kind].parse(KINDS[kind].typed(value, options), options)
    assert again == value
