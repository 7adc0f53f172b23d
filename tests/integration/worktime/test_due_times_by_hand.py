"""Fifty due times reckoned by hand from the published arrangement of holidays of 2026 and the hours of after-sales.

Monday to Friday 8:30–12:00 and 13:00–18:00 (8.5 h), Saturday 9:00–12:00 and 13:00–17:00 (7 h). Worked in exchange:
Sunday 4 January, Saturdays 14 and 28 February, Saturday 9 May, Sunday 20 September, Saturday 10 October, each with the
hours of a weekday. Holidays: 1–3 January, 15–23 February, 4–6 April, 1–5 May, 19–21 June, 25–27 September, 1–7 October.
"""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils.translation import override

from foundation.worktime.explanation import explain
from foundation.worktime.loading import timetable
from tests.factories.clocks import at, pack_calendars
from workflows import clocks

pytestmark = pytest.mark.django_db

CASES = [
    # hours of working time within a day, over lunch, over night, before opening
    ("2026-03-02 08:30", 1, "working_hours", "2026-03-02 09:30"),
    ("2026-03-02 11:30", 1, "working_hours", "2026-03-02 13:30"),
    ("2026-03-02 12:15", 1, "working_hours", "2026-03-02 14:00"),
    ("2026-03-02 17:30", 1, "working_hours", "2026-03-03 09:00"),
    ("2026-03-02 18:00", 1, "working_hours", "2026-03-03 09:30"),
    ("2026-03-02 07:00", 510, "working_minutes", "2026-03-02 18:00"),
    # over ordinary week-ends
    ("2026-03-06 17:00", 2, "working_hours", "2026-03-07 10:00"),
    ("2026-03-07 16:00", 2, "working_hours", "2026-03-09 09:30"),
    ("2026-03-08 10:00", 3, "working_hours", "2026-03-09 11:30"),
    ("2026-03-02 08:30", 24, "working_hours", "2026-03-04 16:30"),
    ("2026-03-06 17:30", 24, "working_hours", "2026-03-10 17:30"),
    # 24 hours from Friday 17:30 before a make-up Sunday: 0.5 + 7 + 8.5 + 8
    ("2026-09-18 17:30", 24, "working_hours", "2026-09-21 17:30"),
    ("2026-09-19 16:00", 24, "working_hours", "2026-09-22 15:30"),
    # over holidays and the days worked in exchange
    ("2026-09-24 17:30", 4, "working_hours", "2026-09-28 12:00"),
    ("2026-09-30 17:00", 2, "working_hours", "2026-10-08 09:30"),
    ("2026-10-09 17:00", 10, "working_hours", "2026-10-12 09:00"),
    ("2026-01-03 10:00", 2, "working_hours", "2026-01-04 10:30"),
    ("2026-01-04 17:00", 2, "working_hours", "2026-01-05 09:30"),
    ("2026-02-13 17:00", 12, "working_hours", "2026-02-24 11:00"),
    ("2026-02-27 17:30", 9, "working_hours", "2026-02-28 18:00"),
    ("2026-02-28 17:30", 1, "working_hours", "2026-03-02 09:00"),
    ("2026-04-03 17:00", 3, "working_hours", "2026-04-07 10:30"),
    ("2026-04-30 16:00", 5, "working_hours", "2026-05-06 11:30"),
    ("2026-05-08 17:00", 2, "working_hours", "2026-05-09 09:30"),
    ("2026-06-18 17:00", 2, "working_hours", "2026-06-22 09:30"),
    # working days, until closing time; the first day does not count, 0 is the day itself
    ("2026-03-02 10:00", 0, "working_days", "2026-03-02 18:00"),
    ("2026-03-02 19:00", 0, "working_days", "2026-03-03 18:00"),
    ("2026-03-07 10:00", 0, "working_days", "2026-03-07 17:00"),
    ("2026-03-08 10:00", 0, "working_days", "2026-03-09 18:00"),
    ("2026-01-04 09:00", 0, "working_days", "2026-01-04 18:00"),
    ("2026-03-02 10:00", 1, "working_days", "2026-03-03 18:00"),
    ("2026-03-06 10:00", 1, "working_days", "2026-03-07 17:00"),
    ("2026-03-06 10:00", 2, "working_days", "2026-03-09 18:00"),
    ("2026-03-07 16:00", 3, "working_days", "2026-03-11 18:00"),
    ("2026-03-08 10:00", 1, "working_days", "2026-03-09 18:00"),
    ("2026-03-03 18:30", 2, "working_days", "2026-03-05 18:00"),
    ("2026-09-18 10:00", 2, "working_days", "2026-09-20 18:00"),
    ("2026-09-24 10:00", 1, "working_days", "2026-09-28 18:00"),
    ("2026-09-30 10:00", 3, "working_days", "2026-10-10 18:00"),
    ("2026-04-30 17:00", 5, "working_days", "2026-05-11 18:00"),
    ("2026-02-13 10:00", 3, "working_days", "2026-02-25 18:00"),
    # time as it passes
    ("2026-03-06 17:30", 24, "hours", "2026-03-07 17:30"),
    ("2026-09-30 10:00", 3, "days", "2026-10-03 10:00"),
    ("2026-03-02 10:00", 90, "minutes", "2026-03-02 11:30"),
    ("2026-02-27 17:30", 72, "hours", "2026-03-02 17:30"),
    # to the minute
    ("2026-03-02 11:59", 1, "working_minutes", "2026-03-02 12:00"),
    ("2026-03-02 11:59", 2, "working_minutes", "2026-03-02 13:01"),
    ("2026-03-02 17:59", 2, "working_minutes", "2026-03-03 08:31"),
    ("2026-03-07 16:59", 1, "working_minutes", "2026-03-07 17:00"),
    ("2026-09-20 17:30", 1, "working_hours", "2026-09-21 09:00"),
    ("2026-10-10 17:45", 30, "working_minutes", "2026-10-12 08:45"),
]


def test_every_due_time_is_the_one_reckoned_by_hand() -> None:
    pack_calendars()
    table = timetable("aftersales")
    found = [
        (
            start,
            amount,
            unit,
            f"{clocks.after(table, at(start), amount, unit).at.astimezone(table.zone):%Y-%m-%d %H:%M}",
        )
        for start, amount, unit, _expected in CASES
    ]
    assert len(CASES) >= 50
    assert found == CASES


def test_the_make_up_sunday_is_explained() -> None:
    pack_calendars()
    due = clocks.after(timetable("aftersales"), at("2026-09-18 17:30"), 24, "working_hours")
    with override("en"):
        told = [(row.counted, f"{row.start:%m-%d %H:%M}", str(row.reason)) for row in explain(due)]
    assert told == [
        (True, "09-18 17:30", "open"),
        (True, "09-19 09:00", "open"),
        (True, "09-19 13:00", "open"),
        (True, "09-20 08:30", "make_up"),
        (True, "09-20 13:00", "make_up"),
        (True, "09-21 08:30", "open"),
        (True, "09-21 13:00", "open"),
    ]
    counted = sum((row.length for row in explain(due)), dt.timedelta())
    assert counted == dt.timedelta(hours=24)
