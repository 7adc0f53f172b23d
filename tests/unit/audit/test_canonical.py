"""The bytes that are hashed."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.audit.canonical import canonical

texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: (
        st.lists(inner) | st.dictionaries(texts.map(lambda t: unicodedata.normalize("NFC", t)), inner)
    ),
    max_leaves=20,
)


def test_keys_are_sorted_by_utf_16_code_units_and_nothing_is_added():
    value = {"\U0001f600": 1, "\uff61": 2, "b": [True, None, "é"], "a": -3}
    assert canonical(value).decode() == '{"a":-3,"b":[true,null,"é"],"\U0001f600":1,"\uff61":2}'


def test_text_is_brought_to_one_normal_form_unless_exact_bytes_are_asked_for():
    assert canonical("e\u0301") == canonical("é") == '"é"'.encode()
    assert canonical("e\u0301", exact=True) == '"e\u0301"'.encode()


@given(values)
def test_reading_the_bytes_and_writing_them_again_gives_the_same_bytes(value):
    first = canonical(value)
    assert canonical(json.loads(first)) == first


@given(values)
def test_exact_bytes_hold_the_value_itself(value):
    assert json.loads(canonical(value, exact=True)) == value


@given(st.dictionaries(texts, st.integers(), min_size=2))
def test_the_order_of_keys_does_not_matter(value):
    backwards = dict(reversed(value.items()))
    assert canonical(value, exact=True) == canonical(backwards, exact=True)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [1, 2.5]}, "$.a[1]: float has no canonical form"),
        ({"a": {1}}, "$.a: set has no canonical form"),
        ({1: "a"}, "$: a key must be text, not int"),
    ],
)
def test_another_kind_of_value_is_refused_by_its_path(value, message):
    with pytest.raises(TypeError) as refusal:
        canonical(value)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": "\ud800"}, "$.a: not Unicode text (a lone surrogate)"),
        ({"é": 1, "e\u0301": 2}, "$: the key 'é' appears twice"),
    ],
)
def test_text_that_is_none_and_keys_that_become_one_are_refused(value, message):
    with pytest.raises(ValueError) as refusal:
        canonical(value)
    assert str(refusal.value) == message
