"""Editions worth printing."""

from __future__ import annotations

import datetime
from typing import Any

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
