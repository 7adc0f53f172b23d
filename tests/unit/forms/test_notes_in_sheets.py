"""A formatted note goes into a cell as text that people read, and comes back as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.fields import KINDS
from forms.fields.markup import clean_markup
from forms.fields.written import markup_of_written, written

NOTE = KINDS["rich_note"]
OPTIONS = NOTE.options_model()


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        (
            "<p>客户反映<strong>空调异响</strong>。</p><ul><li>已试车</li><li>待订件</li></ul>",
            "客户反映**空调异响**。\n\n- 已试车\n- 待订件",
        ),
        ("<p>一<br>二</p><p>三</p>", "一\n二\n\n三"),
        ("<ol><li>先</li><li>后</li></ol>", "1. 先\n2. 后"),
        ("<h3>结果</h3><blockquote>原话</blockquote>", "# 结果\n\n> 原话"),
        ("<p>- 不是列表</p>", "\\- 不是列表"),
        ("<p>2**3 与 a__b</p>", "2\\*\\*3 与 a\\_\\_b"),
    ],
)
def test_a_note_reads_well_in_a_cell_and_comes_back(markup: str, text: str) -> None:
    assert written(markup) == text
    assert markup_of_written(text) == markup


def test_a_link_keeps_its_address() -> None:
    markup = clean_markup('<p>见<a href="https://example.com/a?b=1">附件</a></p>')
    assert written(markup) == "见[附件](https://example.com/a?b=1)"
    assert markup_of_written(written(markup)) == markup


def test_what_text_cannot_say_stands_as_it_is_stored() -> None:
    markup = clean_markup("<ul><li>一<ul><li>二</li></ul></li></ul>")
    assert written(markup) == f"html: {markup}"
    assert markup_of_written(written(markup)) == markup


@pytest.mark.parametrize(
    "said", ["<script>alert(1)</script>", "<p onclick=x>a</p>", "[x](javascript:alert(1))"]
)
def test_nothing_harmful_comes_in_by_a_cell(said: str) -> None:
    found = markup_of_written(said)
    assert found == clean_markup(found)
    assert "javascript" not in found.split(">")[0] or "href" not in found
    assert "<script" not in found


TAGS = ["p", "strong", "em", "u", "ul", "ol", "li", "h3", "h4", "blockquote"]
SIGNS = ["<br>", "\n", "\n\n", " ", "- ", "1. ", "# ", "> ", "**", "__", "++", "*", "\\", "[", "](", "html: "]
WORDS = [
    "](https://e.cn)",
    '<a href="https://e.cn/()">',
    "</a>",
    "&lt;",
    "&amp;",
    "<",
    ">",
    "中",
    "a",
    "\u00a0",
]
PIECES = st.sampled_from([*(f"<{tag}>" for tag in TAGS), *(f"</{tag}>" for tag in TAGS), *SIGNS, *WORDS])


@given(st.lists(PIECES, max_size=25).map("".join))
def test_an_unchanged_cell_never_changes_the_note(said: str) -> None:
    stored = NOTE.parse([f"html={said}"], OPTIONS)
    if stored is None:
        return
    cell = NOTE.cells(stored, OPTIONS, "zh-hans")[""]
    assert NOTE.parse(NOTE.typed_from_cells({"": cell}, OPTIONS, "zh-hans"), OPTIONS) == stored


@given(st.text(max_size=60))
def test_any_plain_text_of_a_cell_is_taken(said: str) -> None:
    typed = NOTE.typed_from_cells({"": said}, OPTIONS, "zh-hans")
    stored = NOTE.parse(typed, OPTIONS)
    assert stored is None or stored == clean_markup(str(stored))


def test_a_heading_that_says_nothing_is_none() -> None:
    assert clean_markup("<h3><strong> </strong></h3><p>a</p><h4></h4>") == "<p>a</p>"
