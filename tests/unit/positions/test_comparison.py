"""Differences in the words of a reader."""

from __future__ import annotations

import copy

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from backoffice.positions.comparison import Difference, differences, grouped, marked
from backoffice.positions.segments import tokens
from tests.unit.positions.test_body import BODY


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def changed(**fields):
    return {**copy.deepcopy(BODY), **fields}


def told(found):
    return [(one.path, one.kind, one.label, one.before, one.after) for one in found]


def test_equal_bodies_have_no_differences():
    assert differences(BODY, copy.deepcopy(BODY)) == []


def test_a_reworded_duty_is_named_by_its_new_words():
    after = changed(duties=[{**BODY["duties"][0], "text": "每日汇总并上报"}, BODY["duties"][1]])
    assert told(differences(BODY, after)) == [
        ("duties.b.text", "changed", "Duty · 每日汇总并上报 · Wording", "每日汇总", "每日汇总并上报")
    ]


def test_codes_are_shown_by_their_labels():
    after = changed(duties=[{**BODY["duties"][0], "cadence": "weekly"}, BODY["duties"][1]])
    assert told(differences(BODY, after)) == [
        ("duties.b.cadence", "changed", "Duty · 每日汇总 · How often", "Daily", "Weekly")
    ]


def test_a_moved_duty_is_moved_and_not_removed_and_added():
    after = changed(duties=list(reversed(BODY["duties"])))
    (only,) = differences(BODY, after)
    assert (only.kind, only.word, {only.before, only.after}) == ("moved", "moved", {"place 1", "place 2"})


def test_an_added_and_a_removed_duty_are_told_whole():
    new = {"id": "c", "text": "回访", "cadence": "weekly", "deadline": "周五", "deliverable": ""}
    found = differences(BODY, changed(duties=[BODY["duties"][1], new]))
    assert told(found) == [
        (
            "duties.b",
            "removed",
            "Duty",
            "每日汇总\nHow often: Daily\nDeadline: 18:00 前\nDeliverable: 日报",
            "",
        ),
        ("duties.c", "added", "Duty", "", "回访\nHow often: Weekly\nDeadline: 周五"),
    ]


def test_another_department_is_one_difference_by_name():
    after = changed(department={"code": "sales", "name": "销售部", "name_en": ""})
    assert told(differences(BODY, after)) == [("department", "changed", "Department", "Service", "销售部")]


def test_the_first_edition_tells_each_duty_by_itself():
    found = differences(None, BODY)
    assert [one.path for one in found if one.path.startswith("duties")] == ["duties.b", "duties.a"]
    assert {one.kind for one in found} == {"added"}


@given(st.text(max_size=30), st.text(max_size=30))
def test_marked_pieces_make_up_both_texts(before, after):
    left, right = marked(before, after)
    assert ("".join(piece.text for piece in left), "".join(piece.text for piece in right)) == (before, after)
    assert [piece.text for piece in left if not piece.changed] == [
        piece.text for piece in right if not piece.changed
    ]


def test_chinese_is_marked_by_character():
    left, right = marked("提前通知车间", "提前一天通知车间")
    assert [(piece.text, piece.changed) for piece in right] == [
        ("提前", False),
        ("一天", True),
        ("通知车间", False),
    ]
    assert [(piece.text, piece.changed) for piece in left] == [("提前", False), ("通知车间", False)]


def test_chinese_is_marked_by_word():
    left, right = marked("每日上报客户投诉情况", "每日汇总客户反馈情况")
    assert [piece.text for piece in left if piece.changed] == ["上报", "投诉"]
    assert [piece.text for piece in right if piece.changed] == ["汇总", "反馈"]


def test_all_that_happened_to_a_duty_stands_together():
    after = changed(
        summary="接待并回访客户。",
        duties=[
            BODY["duties"][1],
            {**BODY["duties"][0], "text": "每日汇总并上报", "cadence": "weekly"},
        ],
    )
    groups = grouped(differences(BODY, after))
    assert [(group.name, group.heading) for group in groups] == [("summary", "Summary"), ("duties", "Duties")]
    things = {
        thing.id: ([chip.kind for chip in thing.chips], [one.field for one in thing.differences])
        for thing in groups[1].things
    }
    assert things["b"][0][-1] == "changed"
    assert [kind for kinds, _fields in things.values() for kind in kinds].count("moved") == 1
    assert things["b"][1][-2:] == ["Wording", "How often"]


@given(st.text(max_size=30), st.text(max_size=30))
def test_one_text_of_both_gives_back_each_of_them(before, after):
    if not (before and after):
        return
    one = Difference("summary", "changed", "", before, after)
    assert "".join(step.text for step in one.inline if step.kind != "new") == before
    assert "".join(step.text for step in one.inline if step.kind != "gone") == after


@given(st.text())
def test_words_joined_are_the_text(text):
    assert "".join(tokens(text)) == text
