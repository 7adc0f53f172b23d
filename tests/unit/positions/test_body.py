"""An edition's body laid out for reading."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from backoffice.positions.body import duty_groups, sheet
from backoffice.positions.enums import Cadence

BODY: dict[str, Any] = {
    "code": "adviser",
    "title": "售后服务顾问",
    "title_en": "Service Adviser",
    "document_kind": "description",
    "document_number": "PD-ADVISER",
    "department": {"code": "service", "name": "售后服务部", "name_en": "Service"},
    "reports_to": [{"code": "manager", "title": "服务经理", "title_en": ""}],
    "grade": "P2",
    "headcount": 4,
    "summary": "接待客户。",
    "purpose": "",
    "duties": [
        {"id": "b", "text": "每日汇总", "cadence": "daily", "deadline": "18:00 前", "deliverable": "日报"},
        {"id": "a", "text": "接待客户", "cadence": "ongoing", "deadline": "", "deliverable": ""},
    ],
    "authorities": [],
    "qualifications": [{"id": "q", "kind": "skill", "text": "会沟通", "mandatory": False}],
    "working_conditions": "",
    "sections": [],
}

duties = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.uuids().map(str),
            "text": st.text(min_size=1, max_size=10),
            "cadence": st.sampled_from([*Cadence.values, "unheard of"]),
            "deadline": st.just(""),
            "deliverable": st.just(""),
        }
    ),
    max_size=20,
)


@given(duties)
def test_every_duty_stands_once_under_a_number_without_gaps(rows):
    groups = duty_groups(rows)
    numbers = [duty.number for group in groups for duty in group.duties]
    assert numbers == list(range(1, len(rows) + 1))
    assert sorted(duty.id for group in groups for duty in group.duties) == sorted(row["id"] for row in rows)


@given(duties)
def test_groups_follow_the_order_of_cadences_and_keep_the_authors_order(rows):
    groups = duty_groups(rows)
    order = [Cadence.values.index(group.cadence) for group in groups]
    assert order == sorted(set(order))
    place = {row["id"]: number for number, row in enumerate(rows)}
    for group in groups:
        places = [place[duty.id] for duty in group.duties]
        assert places == sorted(places)


def test_sheet_speaks_the_language_in_use(settings):
    from django.utils import translation

    with translation.override("zh-hans"):
        chinese = sheet(BODY)
    with translation.override("en"):
        english = sheet(BODY)
    assert (chinese.title, chinese.department, chinese.reports_to) == (
        "售后服务顾问",
        "售后服务部",
        (("manager", "服务经理"),),
    )
    assert (english.title, english.department, english.reports_to) == (
        "Service Adviser",
        "Service",
        (("manager", "服务经理"),),
    )
    assert [(group.cadence, [duty.number for duty in group.duties]) for group in chinese.duties] == [
        ("ongoing", [1]),
        ("daily", [2]),
    ]
