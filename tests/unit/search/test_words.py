"""How a text and a query are cut into words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from modelsearch.query import MATCH_ALL, MATCH_NONE, And, Not, Or, Phrase, PlainText, SearchQuery

from backoffice.search.words import reading, spaced


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("客户投诉", "客 户 投 诉"),
        ("4S店服务顾问", "4S 店 服 务 顾 问"),
        ("HR-001_第3版(试行)", "HR 001 第 3 版 试 行"),
        ("e-mail: x@y.cn", "e mail x y cn"),
        ("𠮷野家々", "𠮷 野 家 々"),
        ("%' \" ** :", ""),
    ],
)
def test_words_of_a_text(text: str, words: str) -> None:
    assert spaced(text) == words


@given(st.text())
def test_cutting_twice_changes_nothing(text: str) -> None:
    assert spaced(spaced(text)) == spaced(text)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (PlainText("投诉"), Phrase("投 诉")),
        (PlainText("投诉 处理"), And([Phrase("投 诉"), Phrase("处 理")])),
        (PlainText("投诉 处理", operator="or"), Or([Phrase("投 诉"), Phrase("处 理")])),
        (PlainText("HR-0"), And([Phrase("HR"), PlainText("0")])),
        (PlainText("岗位A1"), And([Phrase("岗 位"), PlainText("A1")])),
        (PlainText("A1岗位"), And([Phrase("A1"), Phrase("岗 位")])),
        (PlainText("“”"), MATCH_NONE),
        (Phrase("4S店"), Phrase("4S 店")),
        (Not(PlainText("理赔")), Not(Phrase("理 赔"))),
        (PlainText("理赔") | PlainText("索赔"), Or([Phrase("理 赔"), Phrase("索 赔")])),
        (MATCH_ALL, MATCH_ALL),
    ],
)
def test_reading_of_a_query(query: SearchQuery, expected: SearchQuery) -> None:
    assert repr(reading(query)) == repr(expected)
