"""Which words a case is found by: Chinese text, plates, telephone and case numbers, each in any part."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.words import holds, parts_of, tokens

KEPT = " ".join(sorted(tokens("SC-2026-0012345 漆面划痕 王伟 粤B·12345 13912345678 顾客投诉处理专员")))


@pytest.mark.parametrize(
    "words",
    ["划痕", "漆面划痕", "投诉处理", "王", "王伟 划痕", "粤B·12", "粤B12345", "粤b12", "12345", "5678", "13912",
     "139-1234", "2026-0012345", "SC-2026", "0012345", "Ｂ１２３４５"],
)  # fmt: skip
def test_a_part_of_what_stands_there_finds_the_case(words: str) -> None:
    assert holds(KEPT, parts_of(words))


@pytest.mark.parametrize("words", ["诉投", "王芳", "粤C·12", "粤B·99", "9999", "划痕 空调", "6780"])
def test_what_does_not_stand_there_does_not(words: str) -> None:
    assert parts_of(words)
    assert not holds(KEPT, parts_of(words))


def test_signs_alone_are_no_words() -> None:
    assert parts_of(" ·- /'\"* ") == []


@given(text=st.text("投诉处理专员客户", min_size=1, max_size=12), data=st.data())
def test_any_part_of_a_chinese_text_finds_it(text: str, data: st.DataObject) -> None:
    begins = data.draw(st.integers(0, len(text) - 1))
    part = text[begins : data.draw(st.integers(begins + 1, len(text)))]
    assert holds(" ".join(tokens(text)), parts_of(part))


@given(run=st.text("0123456789abcdef", min_size=4, max_size=17), data=st.data())
def test_any_four_or_more_of_letters_and_digits_find_their_run(run: str, data: st.DataObject) -> None:
    begins = data.draw(st.integers(0, len(run) - 4))
    part = run[begins : data.draw(st.integers(begins + 4, len(run)))]
    assert holds(" ".join(tokens(f"粤{run}")), parts_of(part))
