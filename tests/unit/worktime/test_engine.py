"""Counting over a timetable: the arrangement of 2026 by hand, and what must hold for any timetable."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from foundation.worktime.engine import (
    DayKind,
    NationalDay,
    NoWorkingTime,
    Override,
    Reason,
    Timetable,
    WarningCode,
    YearWarning,
    check_intervals,
    due,
    working_time_between,
)
from foundation.worktime.national import arrangement

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE_DAY = ((540, 720), (810, 1080))  # 09:00-12:00, 13:30-18:00: seven and a half hours
OFFICE = (*(OFFICE_DAY for _weekday in range(5)), (), ())
NATIONAL = {day.day: day for year in (2025, 2026, 2027) for day in arrangement(year).days}


def timetable(weekly=OFFICE, **more):
    return Timetable(
        key="office",
        weekly=weekly,
        zone=more.pop("zone", SHANGHAI),
        days=more.pop("days", NATIONAL),
        announced=frozenset({2025, 2026}),
        version="v1",
        **more,
    )


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


# Reckoned by hand from the published arrangement: worked are Sun 4 Jan, Sat 14 and Sat 28 Feb, Sat 9 May,
# Sun 20 Sep, Sat 10 Oct; off are 1-3 Jan, 15-23 Feb, 4-6 Apr, 1-5 May, 19-21 Jun, 25-27 Sep, 1-7 Oct.
CASES = [
    ("2026-03-02 09:00", 3, "2026-03-02 12:00"),  # up to the lunch break
    ("2026-03-02 09:00", 4, "2026-03-02 14:30"),  # across it
    ("2026-03-02 12:30", 1, "2026-03-02 14:30"),  # from within it
    ("2026-03-02 18:00", 1, "2026-03-03 10:00"),  # after closing
    ("2026-03-02 05:00", 1, "2026-03-02 10:00"),  # before opening
    ("2026-03-02 20:00", 7.5, "2026-03-03 18:00"),  # exactly a day
    ("2026-03-06 17:00", 2, "2026-03-09 10:00"),  # across a weekend
    ("2026-03-07 10:00", 1, "2026-03-09 10:00"),  # from a Saturday
    ("2025-12-31 17:00", 2, "2026-01-04 10:00"),  # across the year to a worked Sunday
    ("2026-01-04 09:00", 15, "2026-01-05 18:00"),  # the worked Sunday itself
    ("2026-02-13 17:30", 8, "2026-02-14 18:00"),  # into a worked Saturday
    ("2026-02-14 17:00", 2, "2026-02-24 10:00"),  # across the Spring Festival
    ("2026-02-18 11:00", 0.5, "2026-02-24 09:30"),  # from within it
    ("2026-02-27 18:00", 7.5, "2026-02-28 18:00"),  # the worked Saturday after it
    ("2026-04-03 17:00", 2, "2026-04-07 10:00"),  # Tomb-sweeping
    ("2026-04-30 16:00", 4, "2026-05-06 11:00"),  # Labour Day
    ("2026-05-08 18:00", 8, "2026-05-11 09:30"),  # worked Saturday, free Sunday
    ("2026-06-18 17:30", 1, "2026-06-22 09:30"),  # Dragon Boat
    ("2026-06-22 09:00", 37.5, "2026-06-26 18:00"),  # a whole week
    ("2026-09-18 17:30", 24, "2026-09-23 10:00"),  # 24 h from the Friday before the worked Sunday 20 Sep
    ("2026-09-24 17:00", 2, "2026-09-28 10:00"),  # Mid-autumn
    ("2026-09-30 17:00", 2, "2026-10-08 10:00"),  # National Day
    ("2026-09-30 09:00", 40, "2026-10-13 11:30"),  # with the worked Saturday 10 Oct
    ("2026-10-09 17:00", 2, "2026-10-10 10:00"),
    ("2026-10-10 17:00", 2, "2026-10-12 10:00"),
    ("2026-12-31 17:30", 1, "2027-01-04 09:30"),  # into a year not announced
    ("2026-03-08 10:00", 0, "2026-03-09 09:00"),  # nothing, from a Sunday
    ("2026-03-02 12:00", 0, "2026-03-02 12:00"),  # nothing, at the end of an interval
    ("2026-03-02 12:01", 0, "2026-03-02 13:30"),  # nothing, in the lunch break
]


@pytest.mark.parametrize(("start", "hours", "expected"), CASES)
def test_due_by_the_published_calendar_of_2026(start, hours, expected):
    answer = due(timetable(), at(start), timedelta(hours=hours))
    assert answer.at == at(expected)
    assert answer.at.tzinfo is SHANGHAI
    assert answer.calendar_version == "v1"
    assert working_time_between(timetable(), at(start), answer.at) == timedelta(hours=hours)


def test_2026_has_248_working_days():
    table = timetable()
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
    assert sum(1 for day in days if table.hours_on(day).intervals) == 248


def test_segments_tell_each_stretch_and_why():
    answer = due(timetable(), at("2026-09-24 17:00"), timedelta(hours=2))
    told = [
        (f"{s.start:%m-%d %H:%M}", f"{s.end:%m-%d %H:%M}", s.counted, s.reason, s.name)
        for s in answer.segments
    ]
    assert told == [
        ("09-24 17:00", "09-24 18:00", True, Reason.OPEN, ""),
        ("09-24 18:00", "09-25 00:00", False, Reason.HOURS, ""),
        ("09-25 00:00", "09-26 00:00", False, Reason.HOLIDAY, "中秋"),
        ("09-26 00:00", "09-27 00:00", False, Reason.HOLIDAY, "中秋"),
        ("09-27 00:00", "09-28 00:00", False, Reason.HOLIDAY, "中秋"),
        ("09-28 00:00", "09-28 09:00", False, Reason.HOURS, ""),
        ("09-28 09:00", "09-28 10:00", True, Reason.OPEN, ""),
    ]


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("2026-03-02", Reason.OPEN),
        ("2026-03-07", Reason.WEEKLY),
        ("2026-09-20", Reason.MAKE_UP),
        ("2026-10-07", Reason.SWAPPED),
        ("2026-10-01", Reason.HOLIDAY),
        ("2026-03-03", Reason.CLOSED),
        ("2026-10-02", Reason.OPENED),
    ],
)
def test_a_date_says_why_it_is_as_it_is(day, reason):
    overrides = {date(2026, 3, 3): Override((), "盘点"), date(2026, 10, 2): Override(((600, 960),), "值班")}
    assert timetable(overrides=overrides).hours_on(date.fromisoformat(day)).reason is reason


def test_a_make_up_day_has_the_hours_of_the_weekday_it_stands_for():
    # Friday ends at 15:00. Sunday 4 January stands for Friday 2 January, Sunday 20 September for a Tuesday.
    weekly = (*(OFFICE_DAY for _weekday in range(4)), ((540, 900),), ((600, 720),), ())
    table = timetable(weekly)
    assert table.hours_on(date(2026, 1, 4)).intervals == ((540, 900),)
    assert table.hours_on(date(2026, 9, 20)).intervals == OFFICE_DAY


def test_a_make_up_day_of_unknown_origin_is_a_monday_and_one_for_a_free_weekday_keeps_its_own_hours():
    sunday, saturday, tuesday = date(2026, 3, 8), date(2026, 3, 14), date(2026, 3, 10)
    days = {
        sunday: NationalDay(sunday, DayKind.WORK),
        saturday: NationalDay(saturday, DayKind.WORK, stands_for=tuesday),
    }
    weekly = (((540, 720),), (), OFFICE_DAY, OFFICE_DAY, OFFICE_DAY, ((600, 660),), ())
    table = timetable(weekly, days=days)
    assert table.hours_on(sunday).intervals == ((540, 720),)
    assert table.hours_on(saturday).intervals == ((600, 660),)


def test_overrides_come_before_the_nation_and_the_week():
    overrides = {
        date(2026, 10, 1): Override(((600, 720),), "国庆值班"),
        date(2026, 10, 8): Override((), "盘点"),
    }
    answer = due(timetable(overrides=overrides), at("2026-09-30 17:00"), timedelta(hours=4))
    assert answer.at == at("2026-10-09 10:00")


def test_a_store_that_ignores_the_nation_is_open_on_its_weekdays():
    table = timetable(follows_national=False)
    answer = due(table, at("2026-09-30 17:00"), timedelta(hours=2))
    assert answer.at == at("2026-10-01 10:00")
    assert due(table, at("2027-12-31 17:00"), timedelta(hours=2)).warnings == ()


def test_an_hours_until_midnight_and_round_the_clock():
    late = timetable(tuple(((1200, 1440),) for _weekday in range(7)), days={})
    assert due(late, at("2026-03-02 23:30"), timedelta(hours=1)).at == at("2026-03-03 20:30")
    always = timetable(tuple(((0, 1440),) for _weekday in range(7)), days={})
    assert due(always, at("2026-03-02 23:30"), timedelta(hours=49)).at == at("2026-03-05 00:30")


def test_calendar_time_counts_nights_and_holidays():
    answer = due(timetable(), at("2026-09-30 17:00"), timedelta(days=3), mode="calendar")
    assert answer.at == at("2026-10-03 17:00")
    assert [(s.counted, s.reason, s.end - s.start) for s in answer.segments] == [
        (True, Reason.ELAPSED, timedelta(days=3))
    ]


@pytest.mark.parametrize(
    ("start", "hours", "warnings"),
    [
        ("2026-12-31 09:00", 1, ()),
        ("2026-12-31 17:30", 1, (YearWarning(WarningCode.NOT_ANNOUNCED, 2027),)),
        ("2028-01-03 09:00", 1, (YearWarning(WarningCode.NO_DAYS, 2028),)),
    ],
)
def test_a_year_not_announced_is_said(start, hours, warnings):
    assert due(timetable(), at(start), timedelta(hours=hours)).warnings == warnings


def test_what_cannot_be_counted_is_refused():
    with pytest.raises(ValueError, match="zone"):
        due(timetable(), datetime(2026, 3, 2, 9, 0), timedelta(hours=1))  # noqa: DTZ001 - the refused case
    with pytest.raises(ValueError, match="negative"):
        due(timetable(), at("2026-03-02 09:00"), timedelta(hours=-1))
    with pytest.raises(NoWorkingTime):
        due(timetable(((),) * 7, days={}), at("2026-03-02 09:00"), timedelta(hours=1))
    with pytest.raises(NoWorkingTime):
        due(timetable(), at("2026-03-02 09:00"), timedelta.max, mode="calendar")


@pytest.mark.parametrize(
    "wrong", [((10, 10),), ((20, 10),), ((0, 1441),), ((0, 20), (10, 30)), ((30, 40), (0, 10))]
)
def test_intervals_out_of_order_are_refused(wrong):
    with pytest.raises(ValueError, match="intervals"):
        check_intervals(wrong)


def test_summer_time_counts_real_hours():
    berlin = ZoneInfo("Europe/Berlin")
    night = timetable(tuple(((0, 360),) for _weekday in range(7)), days={}, zone=berlin)
    # On 29 March 2026 the hour from 02:00 is left out, on 25 October it comes twice.
    for day, hours in (("2026-03-28", 6), ("2026-03-29", 5), ("2026-10-25", 7)):
        start = datetime.fromisoformat(day).replace(tzinfo=berlin)
        assert working_time_between(night, start, start + timedelta(hours=12)) == timedelta(hours=hours)


# --- what must hold for any timetable ------------------------------------------------------------


@st.composite
def hours(draw):
    marks = sorted(draw(st.sets(st.integers(0, 96), max_size=6)))
    return tuple((first * 15, last * 15) for first, last in zip(marks[::2], marks[1::2], strict=False))


@st.composite
def timetables(draw):
    weekly = tuple(draw(st.lists(hours(), min_size=7, max_size=7)))
    assume(any(weekly))
    dates = st.dates(date(2026, 1, 1), date(2026, 12, 31))
    overrides = draw(st.dictionaries(dates, hours().map(Override), max_size=6))
    zone = ZoneInfo(draw(st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York"])))
    national = draw(st.sampled_from([NATIONAL, {}]))
    return timetable(weekly, overrides=overrides, zone=zone, days=national)


STARTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
TARGETS = st.timedeltas(timedelta(), timedelta(hours=60))


@settings(deadline=2_000)
@given(timetables(), STARTS, TARGETS, TARGETS)
def test_due_in_two_steps_is_due_in_one(table, start, first, second):
    halfway = due(table, start, first)
    assert due(table, halfway.at, second).at == due(table, start, first + second).at


@settings(deadline=2_000)
@given(timetables(), STARTS, TARGETS, TARGETS)
def test_a_larger_target_is_never_due_earlier(table, start, one, other):
    small, large = sorted((one, other))
    assert due(table, start, small).at <= due(table, start, large).at


@settings(deadline=2_000)
@given(timetables(), STARTS, TARGETS)
def test_counted_segments_add_up_and_leave_no_gap(table, start, target):
    answer = due(table, start, target)
    counted = [s.end.astimezone(UTC) - s.start.astimezone(UTC) for s in answer.segments if s.counted]
    assert sum(counted, timedelta()) == target
    # In one zone: Python holds no moment of the hour that comes twice equal to one of another zone (PEP 495).
    stated = [start, *(edge for s in answer.segments for edge in (s.start, s.end)), answer.at]
    edges = [edge.astimezone(UTC) for edge in stated]
    assert all(left == right for left, right in zip(edges[::2], edges[1::2], strict=True))
    assert working_time_between(table, start, answer.at) == target


@settings(deadline=2_000)
@given(timetables(), STARTS, TARGETS)
def test_due_never_lands_in_a_rest(table, start, target):
    moment = due(table, start, target).at
    for day in (moment.date(), moment.date() - timedelta(days=1)):
        for first, last in table.hours_on(day).intervals:
            opens = datetime.combine(day, time(), table.zone) + timedelta(minutes=first)
            closes = datetime.combine(day, time(), table.zone) + timedelta(minutes=last)
            if opens.astimezone(UTC) <= moment.astimezone(UTC) <= closes.astimezone(UTC):
                return
    pytest.fail(f"{moment} is in no interval")


@settings(deadline=2_000)
@given(timetables(), STARTS, STARTS, STARTS)
def test_working_time_adds_up_over_any_third_moment(table, one, two, three):
    direct = working_time_between(table, one, three)
    assert direct == working_time_between(table, one, two) + working_time_between(table, two, three)
    assert working_time_between(table, three, one) == -direct
