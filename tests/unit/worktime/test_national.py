"""The national arrangement as the libraries tell it, and the sentences of an explanation."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from foundation.worktime.engine import DayKind, Due, Timetable, WarningCode, YearWarning, due
from foundation.worktime.explanation import REASONS, WARNINGS, explain, length_text, warning_text
from foundation.worktime.national import arrangement


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_both_libraries_agree_on_every_date_of_an_announced_year(year):
    known = arrangement(year)
    assert known.announced
    assert known.disagreements == ()
    assert not any(day.provisional for day in known.days)


def test_the_worked_weekends_of_2026_and_what_they_stand_for():
    worked = {day.day: day.stands_for for day in arrangement(2026).days if day.kind is DayKind.WORK}
    assert worked == {
        date(2026, 1, 4): date(2026, 1, 2),
        date(2026, 2, 14): date(2026, 2, 20),
        date(2026, 2, 28): date(2026, 2, 23),
        date(2026, 5, 9): date(2026, 5, 5),
        date(2026, 9, 20): date(2026, 10, 6),
        date(2026, 10, 10): date(2026, 10, 7),
    }


def test_a_year_not_announced_has_provisional_holidays_and_no_worked_weekend():
    known = arrangement(2028)
    assert not known.announced
    assert all(day.provisional for day in known.days)
    assert {day.kind for day in known.days} == {DayKind.REST}
    assert date(2028, 10, 1) in {day.day for day in known.days}


def test_a_year_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="2300"):
        arrangement(2300)


def a_due() -> Due:
    day = ((540, 720), (810, 1080))
    table = Timetable(
        "office",
        (day, day, day, day, day, (), ()),
        ZoneInfo("Asia/Shanghai"),
        days={each.day: each for each in arrangement(2026).days},
        announced=frozenset({2026}),
    )
    return due(table, datetime(2026, 9, 18, 17, 30, tzinfo=ZoneInfo("Asia/Shanghai")), timedelta(hours=9))


def test_an_explanation_in_english():
    with translation.override("en"):
        assert [row.text for row in explain(a_due())] == [
            "Counted 17:30–18:00 on 2026-09-18: 30 min (working hours)",
            "Not counted: 2026-09-19 (not a working day)",
            "Counted 09:00–12:00 on 2026-09-20: 3 h (make-up working day: National Day)",
            "Counted 13:30–18:00 on 2026-09-20: 4 h 30 min (make-up working day: National Day)",
            "Counted 09:00–10:00 on 2026-09-21: 1 h (working hours)",
        ]


def test_skipped_days_of_one_holiday_stand_on_one_line_and_hours_can_be_shown():
    day = ((540, 1440),)
    table = Timetable(
        "office",
        (day,) * 7,
        ZoneInfo("Asia/Shanghai"),
        days={each.day: each for each in arrangement(2026).days},
        announced=frozenset({2026}),
    )
    start = datetime(2026, 9, 30, 23, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    with translation.override("en"):
        texts = [row.text for row in explain(due(table, start, timedelta(hours=2)), skipped_hours=True)]
    assert texts == [
        "Counted 23:00–24:00 on 2026-09-30: 1 h (working hours)",
        "Not counted: 2026-10-01 to 2026-10-05 (public holiday: National Day)",
        "Not counted: 2026-10-06 to 2026-10-07 (day off in exchange: National Day)",
        "Not counted: 00:00–09:00 on 2026-10-08 (outside working hours)",
        "Counted 09:00–10:00 on 2026-10-08: 1 h (working hours)",
    ]
    assert sum(
        (row.length for row in explain(due(table, start, timedelta(hours=2)))), timedelta()
    ) == timedelta(hours=2)


def test_calendar_time_is_explained_on_one_line():
    table = Timetable("always", (((0, 1440),),) * 7, ZoneInfo("Asia/Shanghai"))
    start = datetime(2026, 9, 30, 23, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    with translation.override("en"):
        rows = explain(due(table, start, timedelta(hours=2), mode="calendar"))
    assert [row.text for row in rows] == ["Counted from 2026-09-30 23:00 to 2026-10-01 01:00 (calendar time)"]


def test_every_warning_has_a_sentence():
    with translation.override("en"):
        assert warning_text(YearWarning(WarningCode.NOT_ANNOUNCED, 2027)) == (
            "The holiday arrangement for 2027 is not announced yet; the date is provisional."
        )
    assert set(WARNINGS) == set(WarningCode)


def test_every_reason_has_words():
    from foundation.worktime.engine import Reason

    assert set(REASONS) == set(Reason)


def test_lengths_are_told_to_the_second_where_there_are_seconds():
    with translation.override("en"):
        assert length_text(timedelta(hours=2, minutes=30)) == "2 h 30 min"
        assert length_text(timedelta(seconds=5)) == "5 s"
        assert length_text(timedelta()) == "0 s"
