"""Editions worth printing."""

from __future__ import annotations

import datetime
from typing import Any

from backoffice.positions.body import PEOPLE, PLAIN
from backoffice.positions.parts import PARTS, SINGLES, Column
from foundation.editions.models import Edition
from tests.factories.editions import make_edition
from tests.factories.organisation import make_user

CADENCES = ("daily", "weekly", "monthly", "ongoing", "event")


def position_body(*, duties: int = 20, **changes: Any) -> dict[str, Any]:
    """Return the body of a position description with so many duties, each with a text of its own."""
    return {
        "code": "SVC-021",
        "title": "售后服务顾问",
        "title_en": "After-sales service adviser",
        "document_kind": "description",
        "document_number": "HR-SVC-021",
        "department": {"code": "SVC", "name": "售后服务部", "name_en": "After-sales service"},
        "reports_to": [{"code": "SVC-001", "title": "服务经理", "title_en": "Service manager"}],
        "grade": "P3",
        "headcount": 6,
        "summary": "从预约、接车到交车回访，本岗位是客户在售后环节的唯一联系人。",
        "purpose": "让每位客户按约定的时间和价格取回修好的车。",
        "duties": [
            {
                "id": f"duty-{number}",
                "cadence": CADENCES[number % len(CADENCES)],
                "text": f"第{number}项：接待到店客户，核对车辆信息与里程，当面确认维修项目和交车时间；"
                f"遇到重大异常须在十分钟内报告服务经理，并留存书面记录备查（编号{number:03}）。",
                "deliverable": "客户签字的确认单" if number % 2 else "",
                "deadline": "当日18:00前" if number % 3 else "",
            }
            for number in range(1, duties + 1)
        ],
        "authorities": [{"id": "a1", "text": "可以给予客户工时优惠。", "limit": "单车不超过200元"}],
        "qualifications": [
            {"id": "q1", "kind": "education", "text": "大专及以上学历。", "mandatory": False},
            {"id": "q2", "kind": "certificate", "text": "持有C1驾驶证。", "mandatory": True},
        ],
        "working_conditions": "往返于展厅与车间，周末轮班。",
        "sections": [{"id": "s1", "heading": "考核", "body": "<p>按月<b>考核</b>。</p>"}],
        **changes,
    }


def full_body(*, rows: int = 2, **changes: Any) -> tuple[dict[str, Any], list[str]]:
    """Return a body in which every part, column and single says something, and all the texts in it.

    Made from the table of parts, so that a part added there is in here. Each text occurs once; short ones, because
    a cell of a table is read back only where it stands on one line.
    """
    texts: list[str] = []

    def said(what: str) -> str:
        texts.append(f"{what}{len(texts):03}")
        return texts[-1]

    def value(column: Column, number: int) -> Any:
        match column.kind:
            case "choice":
                assert column.choices is not None
                chosen = column.choices.values[number % len(column.choices.values)]
                texts.append(str(column.choices(chosen).label))
                return chosen
            case "flag":
                return True
            case "whole":
                texts.append(str(11 + number))
                return 11 + number
            case "money":
                texts.append(f"{1200 + number}.50")
                return texts[-1]
            case "rich":
                return f"<p>{said('富')}<b>{said('粗')}</b></p>"
            case "reference":
                return "form:complaint"
        return said("文")

    def row(part: Any, number: int) -> dict[str, Any]:
        values = {column.name: value(column, number) for column in part.columns}
        names = {f"{column.name}_name": said("表") for column in part.columns if column.kind == "reference"}
        return {"id": f"{part.name}-{number}", **values, **names}

    person = {name: {"id": name, "name": said("人"), "name_en": ""} for name in PEOPLE}
    body = {
        **position_body(duties=0),
        "schema": 2,
        **{part.name: [row(part, number) for number in range(rows)] for part in PARTS},
        **{
            single.name: f"<p>{said('单')}</p>" if single.rich else f"{said('单')}\n{said('单')}"
            for single in SINGLES
        },
        **person,
        **{name: said("句") for name in PLAIN},
        "subordinates": [{"code": "X", "title": said("下"), "title_en": ""}],
        "scope_posts": [{"code": "Y", "title": said("岗"), "title_en": ""}],
        "answerable": {"code": "Z", "title": said("责"), "title_en": ""},
        "issue_date": "2026-11-20",
        "unit_kind": "post",
        "controlled": "controlled",
        "duties_by": "cadence",
        "confidential": True,
        "catch_all": True,
        "no_superior": False,
        "no_subordinates": False,
        **changes,
    }
    return body, texts


def make_position_edition(body: dict[str, Any] | None = None, **fields: Any) -> Edition:
    """Write an edition of a position description."""
    return make_edition(
        Edition.Kind.POSITION,
        fields.pop("key", "SVC-021"),
        position_body() if body is None else body,
        effective_from=fields.pop("effective_from", datetime.date(2026, 12, 1)),
        by=fields.pop("by", None) or make_user(full_name="林月"),
        **fields,
    )
