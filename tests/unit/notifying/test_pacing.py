"""When a mail goes out: paces and quiet time."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.notifying.enums import Pace, Quiet
from foundation.notifying.pacing import Wanted, after_quiet, due

SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = {"quiet": Quiet.HOURS, "quiet_from": datetime.time(20), "quiet_until": datetime.time(8)}


def at(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("now", "wanted", "expected"),
    [
        ("23 10:20", Wanted(), "23 10:20"),
        ("23 10:20", Wanted(Pace.HOURLY), "23 11:00"),
        ("23 10:00", Wanted(Pace.HOURLY), "23 11:00"),
        ("23 23:59", Wanted(Pace.HOURLY), "24 00:00"),
        ("23 07:00", Wanted(Pace.DAILY), "23 08:30"),
        ("23 08:30", Wanted(Pace.DAILY), "24 08:30"),
        ("23 09:00", Wanted(Pace.DAILY, daily_at=datetime.time(18)), "23 18:00"),
        ("23 19:59", Wanted(**NIGHT), "23 19:59"),
        ("23 20:00", Wanted(**NIGHT), "24 08:00"),
        ("23 03:00", Wanted(**NIGHT), "23 08:00"),
        ("23 08:00", Wanted(**NIGHT), "23 08:00"),
        ("23 19:30", Wanted(Pace.HOURLY, **NIGHT), "24 08:00"),
        ("23 07:00", Wanted(Pace.DAILY, daily_at=datetime.time(7, 30), **NIGHT), "23 08:00"),
    ],
)
def test_a_mail_goes_out_at_its_pace_and_never_in_quiet_time(now: str, wanted: Wanted, expected: str) -> None:
    assert due(at(now), wanted, SHANGHAI) == at(expected)


def test_quiet_time_within_the_day_ends_the_same_day() -> None:
    noon = Wanted(quiet=Quiet.HOURS, quiet_from=datetime.time(12), quiet_until=datetime.time(13, 30))
    assert after_quiet(at("23 12:10"), noon, SHANGHAI) == at("23 13:30")
    assert after_quiet(at("23 13:30"), noon, SHANGHAI) == at("23 13:30")


def test_quiet_time_of_a_calendar_ends_when_the_house_opens() -> None:
    opening = at("23 08:30")
    wanted = Wanted(quiet=Quiet.CALENDAR, opening=lambda moment: max(moment, opening))
    assert due(at("22 14:00"), wanted, SHANGHAI) == opening
    assert due(at("23 09:00"), wanted, SHANGHAI) == at("23 09:00")


@given(
    st.integers(0, 10**9).map(lambda seconds: datetime.datetime.fromtimestamp(10**9 + seconds, SHANGHAI)),
    st.sampled_from([Pace.AT_ONCE, Pace.HOURLY, Pace.DAILY]),
    st.times(),
    st.times(),
    st.times(),
)
def test_whatever_is_wanted_a_mail_is_never_early_and_at_most_two_days_late(
    now: datetime.datetime,
    pace: Pace,
    first: datetime.time,
    last: datetime.time,
    daily: datetime.time,
) -> None:
    wanted = Wanted(pace, Quiet.HOURS, first, last, daily)
    found = due(now, wanted, SHANGHAI)
    assert now <= found <= now + datetime.timedelta(days=2)
    assert after_quiet(found, wanted, SHANGHAI) == found
