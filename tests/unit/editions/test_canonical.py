"""Equal content has equal bytes, however it was put together."""

import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.editions.canonical import canonical, digest

text = st.text(st.characters(codec="utf-8"))
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | text,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abcdé饼🚗", max_size=4), inner, max_size=4)
    ),
    max_leaves=20,
)


def shuffled(value, draw):
    """The same content with the members of every dict in another order."""
    if isinstance(value, list):
        return [shuffled(item, draw) for item in value]
    if isinstance(value, dict):
        return {key: shuffled(value[key], draw) for key in draw(st.permutations(list(value)))}
    return value


@settings(deadline=None)
@given(plain, st.data())
def test_the_order_of_keys_makes_no_difference(value, data):
    assert canonical(shuffled(value, data.draw)) == canonical(value)


@settings(deadline=None)
@given(plain)
def test_what_was_written_reads_and_writes_the_same(value):
    written = canonical(value)
    assert canonical(json.loads(written)) == written


@settings(deadline=None)
@given(plain, plain)
def test_other_content_has_other_bytes(one, other):
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    normal = unicodedata.is_normalized("NFC", json.dumps([one, other], ensure_ascii=False))
    if normal:
        assert (canonical(one) == canonical(other)) is same


@settings(deadline=None)
@given(text)
def test_composed_and_decomposed_text_are_the_same(words):
    assert canonical(unicodedata.normalize("NFD", words)) == canonical(unicodedata.normalize("NFC", words))


@settings(deadline=None)
@given(plain, st.floats())
def test_a_fraction_is_refused_with_the_path_to_it(value, fraction):
    with pytest.raises(TypeError, match=r"\$\.pages\[1\]\.width"):
        canonical({"pages": [value, {"width": fraction}]})


def test_the_bytes_are_those_of_rfc_8785():
    # U+1F600 sorts before U+FFEE by UTF-16 code units, and after it by code points.
    body = {"\u20ac": 1, "\r": 2, "1": 3, "\U0001f600": 4, "\uffee": 5, "\u00f6": 'a"\\\b\x1f/\x7f'}
    assert canonical(body).decode() == (
        '{"\\r":2,"1":3,"\u00f6":"a\\"\\\\\\b\\u001f/\x7f","\u20ac":1,"\U0001f600":4,"\uffee":5}'
    )


@pytest.mark.parametrize("value", [(b"x"), {1}, {1: "one"}, object()])
def test_what_json_cannot_say_is_refused(value):
    with pytest.raises(TypeError):
        canonical({"value": value})


def test_the_digest_is_sha256_of_the_bytes():
    assert digest(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
