"""How often and by when, from the words of a duty."""

import pytest

from backoffice.positions.importing.cadence import cadence_of, deadline_of


@pytest.mark.parametrize(
    ("text", "cadence"),
    [
        ("每日检查灭火器", "daily"),
        ("每天下班前关闭电源", "daily"),
        ("参加晨会", "daily"),
        ("每周一12点前上报表格", "weekly"),
        ("每星期盘点一次", "weekly"),
        ("每月10日前提交总结", "monthly"),
        ("按月盘点", "monthly"),
        ("每季度整理报销单", "quarterly"),
        ("每半年体检", "half_yearly"),
        ("制定年度计划", "yearly"),
        ("接到投诉后致电客户", "event"),
        ("每日檢查預約單", "daily"),
        ("Count the stock every month", "monthly"),
        ("Report weekly to the manager", "weekly"),
        ("保持工具清洁", ""),
        ("若干年工作经验", ""),
    ],
)
def test_cadence(text: str, cadence: str) -> None:
    assert cadence_of(text) == cadence


@pytest.mark.parametrize(
    ("text", "deadline"),
    [
        ("每月10日前提交总结", "每月10日前"),
        ("每月15日、30日之前递交跟踪表", "每月15日、30日之前"),
        ("每周一12点前上报", "每周一12点前"),
        ("每月第一个工作日下午5点前上报", "每月第一个工作日下午5点前"),
        ("每月最后一天交考勤表", "每月最后一天"),
        ("每天9:30分前上报台数", "每天9:30分前"),
        ("每季度第一个月内上交资料", "每季度第一个月内"),
        ("在24小时内回复客户", "在24小时内"),
        ("交车后三天内致电", "三天内"),
        ("於24小時內回覆", "於24小時內"),
        ("当日内通知车间", "当日内"),
        ("Answer within 24 hours", "within 24 hours"),
        ("Send it by the 10th of each month", "by the 10th of each month"),
        ("Hand it in before 5 pm", "before 5 pm"),
        ("提前通知客户", ""),
        ("前台接待客户", ""),
        ("售前顾问", ""),
    ],
)
def test_deadline(text: str, deadline: str) -> None:
    assert deadline_of(text) == deadline
