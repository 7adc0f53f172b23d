"""What the system proposes to be signed for."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.positions.signoff.materiality import changed_parts, key_of, same_words

BODY: dict[str, Any] = {
    "schema": 2,
    "code": "adviser",
    "title": "服务顾问",
    "title_en": "",
    "document_number": "PD-ADVISER",
    "department": {"code": "service", "name": "售后部", "name_en": ""},
    "reports_to": [{"code": "manager", "title": "经理", "title_en": ""}],
    "summary": "接待来店客户。",
    "grade": "P2",
    "headcount": 3,
    "duties": [
        {
            "id": "d1",
            "text": "每月10日前上报台账",
            "cadence": "monthly",
            "deadline": "10日前",
            "deliverable": "台账",
            "recipient": "财务部",
            "weight": 10,
        },
        {"id": "d2", "text": "接待客户", "cadence": "daily", "deadline": "", "deliverable": ""},
    ],
    "authorities": [{"id": "a1", "text": "优惠", "kind": "discount", "limit": "单次", "amount": "200.00"}],
    "qualifications": [{"id": "q1", "kind": "skill", "text": "熟悉接待流程", "mandatory": True}],
    "relations": [{"id": "r1", "kind": "external", "party": "保险公司", "about": "理赔"}],
    "process_steps": [{"id": "s1", "text": "预约"}, {"id": "s2", "text": "接车"}],
    "sections": [{"id": "x1", "heading": "其他", "body": "<p>遵守制度。</p>"}],
}


def changed(**changes: Any) -> dict[str, Any]:
    """The body with values set at paths such as ``duties__0__cadence``; ``None`` at a row removes it."""
    body = copy.deepcopy(BODY)
    for path, value in changes.items():
        *way, last = [int(step) if step.isdecimal() else step for step in path.split("__")]
        place: Any = body
        for step in way:
            place = place[step]
        if isinstance(place, list) and value is None:
            del place[last]
        elif isinstance(place, list) and last == len(place):
            place.append(value)
        else:
            place[last] = value
    return body


@pytest.mark.parametrize(
    ("changes", "key", "material", "why"),
    [
        ({"duties__0__cadence": "weekly"}, "duties.d1", True, "obligation"),
        ({"duties__0__deadline": "5日前"}, "duties.d1", True, "obligation"),
        ({"duties__0__deliverable": "汇总表"}, "duties.d1", True, "obligation"),
        ({"duties__0__weight": 60}, "duties.d1", True, "obligation"),
        ({"duties__0__text": "每月5日前上报台账"}, "duties.d1", True, "wording"),
        ({"duties__0__text": "每月10日前上报台账。"}, "duties.d1", False, "spelling"),
        ({"duties__0__text": "每月 10 日前，上报台账"}, "duties.d1", False, "spelling"),
        ({"duties__0__recipient": "总经办"}, "duties.d1", False, "contact"),
        ({"duties__0__category": "报表"}, "duties.d1", False, "contact"),
        ({"duties__1__library": "reception@2"}, "duties.d2", False, "control"),
        ({"duties__1__deadline": "当日"}, "duties.d2", True, "added"),
        ({"duties__0__deadline": ""}, "duties.d1", True, "removed"),
        ({"duties__1": None}, "duties.d2", True, "removed"),
        ({"duties__2": {"id": "d3", "text": "盘点", "cadence": "yearly"}}, "duties.d3", True, "added"),
        ({"authorities__0__amount": "300.00"}, "authorities", True, "obligation"),
        ({"authorities__0__limit": "每日"}, "authorities", True, "obligation"),
        ({"authorities": []}, "authorities", True, "removed"),
        ({"qualifications__0__mandatory": False}, "qualifications", True, "obligation"),
        ({"relations__0__party": "保险公司理赔部"}, "relations", False, "contact"),
        ({"department": {"code": "x", "name": "客服部", "name_en": ""}}, "department", False, "contact"),
        ({"department__name": "售后服务部"}, "department", False, "contact"),
        ({"reports_to__0__title": "服务经理"}, "reports_to", False, "contact"),
        ({"reports_to__0__code": "director"}, "reports_to", True, "obligation"),
        ({"grade": "P3"}, "grade", True, "wording"),
        ({"headcount": 4}, "headcount", False, "contact"),
        ({"document_number": "HR-7"}, "document_number", False, "control"),
        ({"summary": "接待来店客户"}, "summary", False, "spelling"),
        ({"summary": "接待所有客户。"}, "summary", True, "wording"),
        ({"sections__0__body": "<p>遵守全部制度。</p>"}, "sections", True, "wording"),
    ],
)
def test_the_proposal(changes, key, material, why):
    (part,) = changed_parts(BODY, changed(**changes))
    assert (part.key, part.material, part.why) == (key, material, why)
    assert part.reason


def test_a_duty_that_was_only_moved_is_not_signed_for_and_steps_in_another_order_are():
    moved = copy.deepcopy(BODY)
    moved["duties"].reverse()
    moved["process_steps"].reverse()
    found = {part.key.partition(".")[0]: (part.material, part.why) for part in changed_parts(BODY, moved)}
    assert found == {"duties": (False, "moved"), "process_steps": (True, "obligation")}


def test_the_strongest_reason_of_a_part_is_told():
    (part,) = changed_parts(BODY, changed(duties__0__recipient="总经办", duties__0__cadence="weekly"))
    assert (part.material, part.why) == (True, "obligation")


def test_of_a_first_edition_everything_is_material():
    parts = changed_parts(None, BODY)
    assert {part.why for part in parts} == {"first"}
    assert all(part.material for part in parts)
    assert [part.key for part in parts][:2] == ["duties.d1", "duties.d2"]


def test_duties_that_all_came_or_all_went_are_told_one_by_one():
    empty = {**BODY, "duties": []}
    assert [(part.key, part.why) for part in changed_parts(empty, BODY)] == [
        ("duties.d1", "added"),
        ("duties.d2", "added"),
    ]
    assert [(part.key, part.why) for part in changed_parts(BODY, empty)] == [
        ("duties.d1", "removed"),
        ("duties.d2", "removed"),
    ]


def test_nothing_changed_and_an_older_form_of_the_same_text_propose_nothing():
    older = {name: value for name, value in BODY.items() if name != "schema"}
    assert changed_parts(BODY, copy.deepcopy(BODY)) == changed_parts(older, BODY) == []


def test_the_key_of_a_change_is_that_of_its_duty_or_part():
    assert [
        key_of(path) for path in ("duties.d1.text", "duties.d1", "duties", "authorities.a1", "grade")
    ] == [
        "duties.d1",
        "duties.d1",
        "duties",
        "authorities",
        "grade",
    ]


PUNCTUATION = st.text(" 　，。、；：？！“”（）()《》…·,.;:?!", min_size=1, max_size=4)


@given(
    words=st.lists(
        st.one_of(st.sampled_from(["接待", "客户", "daily"]), st.integers(0, 9).map(str)), min_size=1
    ),
    marks=PUNCTUATION,
)
def test_marks_between_words_never_count_and_never_between_digits(words, marks):
    plain, spaced = "".join(words), marks.join(words)
    numbers_meet = any(left.isdigit() and right.isdigit() for left, right in itertools.pairwise(words))
    assert same_words(plain, spaced) is not numbers_meet


@given(number=st.integers(10, 9999), other=st.integers(10, 9999))
def test_another_number_is_never_taken_for_spelling(number, other):
    assert same_words(f"优惠{number}元", f"优惠{other}元。") is (number == other)
    assert not same_words(f"优惠{number / 10:.1f}元", f"优惠{number}元")


@pytest.mark.parametrize(
    ("before", "after"),
    [("提成3%", "提成3‰"), ("10-12点", "1012点"), ("3 5件", "35件"), ("±2", "2"), ("-2℃", "2℃")],
)
def test_signs_with_a_meaning_count(before, after):
    assert not same_words(before, after)
