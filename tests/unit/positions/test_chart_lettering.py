"""Lines of text for drawings: nothing too wide, nothing lost before the last line, nothing XML cannot hold."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.diagrams.lettering import clean, lines_of, width_of


@given(st.text(max_size=80), st.integers(3, 20), st.integers(1, 4))
def test_no_line_is_too_wide_and_there_are_not_too_many(text, width, most):
    lines = lines_of(text, width, most)
    assert len(lines) <= most
    assert all(width_of(line) <= width + 1 for line in lines)  # one closing mark may hang over


@given(st.text(max_size=60))
def test_all_of_it_is_there_where_there_is_room(text):
    lines = lines_of(text, 8, 200)
    assert "".join("".join(lines).split()) == "".join(clean(text).split())


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_what_is_left_can_stand_in_xml(text):
    cleaned = clean(text)
    escaped = cleaned.replace("&", "&amp;").replace("<", "&lt;")
    assert (ElementTree.fromstring(f"<a>{escaped}</a>").text or "") == cleaned


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("售后服务部高级机电维修技师", ["售后服务部高级机", "电维修技师"]),
        ("Personnel and Administration Manager", ["Personnel and", "Administration", "Manager"]),
        ("客户关系与品牌部，经理", ["客户关系与品牌", "部，经理"]),
        ("", []),
    ],
)
def test_where_lines_break(text, lines):
    assert lines_of(text, 8.2, 3) == lines


def test_what_has_no_room_ends_in_an_ellipsis():
    assert lines_of("售后服务部高级机电维修技师", 6, 1) == ["售后服务部…"]
