"""Free sections keep a few marks and nothing else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.positions.markup import EMPTY, KEPT, paragraphs, plain_markup, words


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ('<p data-block-key="x1">话术</p>', "<p>话术</p>"),
        ("<p>一<strong>二</strong></p>", "<p>一<b>二</b></p>"),
        ("<script>alert(1)</script><p>正文</p>", "<p>正文</p>"),
        ('<p onclick="x()">a<img src="http://example.com/a.png">b</p>', "<p>ab</p>"),
        ('<a href="javascript:x()">看</a>', "看"),
        ("<ul><li>一<li>二</ul>", "<ul><li>一<li>二</li></li></ul>"),
        ("<p>没有结束", "<p>没有结束</p>"),
        ("</p>多余的结束", "多余的结束"),
        ("a &lt;b&gt; &amp; c", "a &lt;b&gt; &amp; c"),
        ("<p> </p><hr>", "<hr>"),
    ],
)
def test_keeps_the_marks_and_drops_the_rest(html, kept):
    assert plain_markup(html) == kept


marks = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<b>",
        "</b>",
        "<ul>",
        "<li>",
        "</li>",
        "</ul>",
        "<script>",
        "</script>",
        "<hr>",
        "<x y=z>",
    ]
)


@given(st.lists(st.one_of(marks, st.text(max_size=8)), max_size=30).map("".join))
def test_result_holds_only_kept_marks_without_attributes_each_closed(html):
    result = plain_markup(html)
    opened: list[str] = []
    for closing, tag in re.findall(r"<(/?)([a-z0-9]+)>", result):
        assert tag in KEPT
        if closing:
            assert opened.pop() == tag
        elif tag not in EMPTY:
            opened.append(tag)
    assert opened == []
    assert re.sub(r"</?[a-z0-9]+>", "", result).count("<") == 0


@given(st.lists(st.one_of(marks, st.text(max_size=8)), max_size=30).map("".join))
def test_is_the_same_the_second_time(html):
    assert plain_markup(plain_markup(html)) == plain_markup(html)


def test_words_are_the_text_by_line():
    assert words("<h3>流程</h3><ul><li>一 &amp; 二</li><li>三</li></ul>") == "流程\n一 & 二\n三"


def test_paragraphs_escape_what_was_typed():
    assert paragraphs("一<二\n\n三") == "<p>一&lt;二</p><p>三</p>"
