"""The library without a database: references, what a wording is, what is alike."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.positions.body import rows_of
from backoffice.positions.library.links import Link, RowState, parse
from backoffice.positions.library.similar import Row, alike, grouped, normalised
from backoffice.positions.library.wording import (
    BY_NAME,
    LIBRARY_PARTS,
    columns_of,
    headline,
    main_column,
    same,
    searched,
    wording_of,
)
from backoffice.positions.parts import DUTIES, LINK, PARTS, QUALIFICATIONS, SECTIONS


@given(key=st.from_regex(r"[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?", fullmatch=True), number=st.integers(1, 10**6))
def test_a_reference_is_read_as_it_is_written(key, number):
    assert parse(str(Link(key, number))) == Link(key, number)


@pytest.mark.parametrize(
    "text", ["", None, "a", "a@", "a@0", "a@01", "-a@1", "A@1", "a b@1", "a@1@2", "@1", "a@1\n", "甲@1"]
)
def test_what_is_no_reference_is_a_row_of_ones_own(text):
    assert parse(text) is None


def test_parts_with_a_library_store_a_reference_and_show_none():
    assert {DUTIES, QUALIFICATIONS} <= set(LIBRARY_PARTS)
    assert SECTIONS not in LIBRARY_PARTS
    for part in PARTS:
        assert LINK not in part.columns
        assert (part.stored[-1] is LINK) == part.library


def test_an_item_says_nothing_that_each_post_says_for_itself():
    assert "weight" not in {column.name for column in columns_of(DUTIES)}
    assert same(DUTIES, {"text": "甲", "weight": 20}, {"text": "甲", "weight": None})


def test_line_ends_spaces_and_composed_letters_make_no_difference():
    assert same(DUTIES, {"text": "甲 \r\n乙"}, {"text": "甲\n乙"})
    assert same(DUTIES, {"text": "caf\u00e9"}, {"text": "cafe\u0301"})
    assert not same(DUTIES, {"text": "甲"}, {"text": "乙"})
    assert not same(DUTIES, {"text": "甲", "cadence": "daily"}, {"text": "甲", "cadence": "weekly"})


@pytest.mark.parametrize("part", LIBRARY_PARTS, ids=lambda part: part.name)
def test_a_wording_of_a_wording_is_the_wording(part):
    once = wording_of(part, {main_column(part).name: " 接待来店客户 "})
    assert wording_of(BY_NAME[part.name], once) == once
    assert headline(part, once) == "接待来店客户"
    assert "接待来店客户" in searched(part, once)


def test_a_row_keeps_its_reference_only_where_there_is_one():
    block = {"id": "1", "type": "duty", "value": {"text": "甲", "library": "a@1"}}
    own = {"id": "2", "type": "duty", "value": {"text": "乙", "library": ""}}
    kept, plain = rows_of(DUTIES, [block, own])
    assert (kept["library"], "library" in plain) == ("a@1", False)


@pytest.mark.parametrize(
    ("state", "count"),
    [
        (RowState(Link("a", 1), 1, False), 1),
        (RowState(Link("a", 1), 2, False), 2),
        (RowState(Link("a", 1), 2, True, retired=True), 3),
        (RowState(Link("a", 1), 0, None), 1),
        (RowState(Link("a", 9), 2, None), 1),
    ],
)
def test_a_row_tells_what_has_become_of_it(state, count):
    assert len(state.sentences) == count
    assert all(state.sentences)


def row(text, page=1, id_="r"):
    block = {"type": "duty", "id": f"{id_}-{page}", "value": {"text": text}}
    return Row(page, f"岗位 {page}", f"p{page}", block["id"], text, DUTIES, block)


def test_texts_that_differ_in_punctuation_and_width_are_alike():
    (one,) = grouped([row("每日17:30前，报客流日报。", 1), row("每日17：30 前报客流日报", 2)])
    assert (one.pages, len(one.wordings)) == (2, 2)


def test_nearly_equal_texts_stand_together_and_the_most_frequent_wording_first():
    rows = [
        row("客户进店三分钟内出迎，问明来意。", 1),
        row("客户进店三分钟内起身出迎，问明来意。", 2),
        row("客户进店三分钟内起身出迎，问明来意。", 3),
        row("每月末盘点配件仓库，写明盈亏原因。", 4),
    ]
    (one,) = grouped(rows)
    assert one.pages == 3
    assert [(wording.text, len(wording.rows)) for wording in one.wordings] == [
        ("客户进店三分钟内起身出迎，问明来意。", 2),
        ("客户进店三分钟内出迎，问明来意。", 1),
    ]


def test_different_texts_and_repetitions_in_one_description_are_no_candidates():
    assert grouped([row("接待来店客户并登记", 1), row("盘点仓库并报财务", 2)]) == []
    assert grouped([row("接待来店客户并登记", 1, "a"), row("接待来店客户并登记", 1, "b")]) == []
    assert grouped([row("其他", 1), row("其他", 2)]) == []


@given(st.lists(st.text(alphabet="接待客户每日登记投诉，。 ", min_size=4, max_size=30), max_size=12))
def test_grouping_loses_no_row_and_puts_equal_texts_together(texts):
    rows = [row(text, page) for page, text in enumerate(texts)]
    found = grouped(rows, least=1)
    placed = [one.id for candidate in found for wording in candidate.wordings for one in wording.rows]
    assert sorted(placed) == sorted(one.id for one in rows if len(normalised(one.text)) >= 4)
    assert all(
        any(alike(normalised(one.text), normalised(other.text)) for other in candidate.wordings)
        for candidate in found
        for one in candidate.wordings
    )


def test_of_many_rows_that_share_most_words_none_is_lost():
    rows = [
        row(f"负责本部门第{kind:03}号台账的登记与{kind * 7919 % 1009}类资料归档", page)
        for page in range(3)
        for kind in range(300)
    ]
    rows = [replace(one, id=f"{one.id}-{place}") for place, one in enumerate(rows)]
    found = grouped(rows)
    assert sum(len(wording.rows) for one in found for wording in one.wordings) == 900
