"""Weeks are those of ISO 8601, quarters begin in January, April, July and October; every day lies in exactly one."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as some

from workflows.reports.periods import Period, begin_of, following, key_of, periods_to, preceding, read

PERIODS: tuple[Period, ...] = ("week", "month", "quarter")
days = some.dates(dt.date(1990, 1, 1), dt.date(2100, 1, 1))


@pytest.mark.parametrize(
    ("day", "period", "first", "key"),
    [
        ("2026-11-22", "week", "2026-11-16", "2026-W47"),  # a Sunday
        ("2026-11-23", "week", "2026-11-23", "2026-W48"),  # a Monday
        ("2027-01-01", "week", "2026-12-28", "2026-W53"),  # its Thursday lies in the old year
        ("2024-12-31", "week", "2024-12-30", "2025-W01"),
        ("2026-02-28", "month", "2026-02-01", "2026-02"),
        ("2026-03-31", "quarter", "2026-01-01", "2026-Q1"),
        ("2026-12-31", "quarter", "2026-10-01", "2026-Q4"),
    ],
)
def test_a_day_lies_in_its_period(day: str, period: Period, first: str, key: str) -> None:
    found = begin_of(dt.date.fromisoformat(day), period)
    assert found == dt.date.fromisoformat(first)
    assert key_of(found, period) == key
    assert read(key, period) == found


@given(days, some.sampled_from(PERIODS))
def test_periods_follow_one_another_without_gap(day: dt.date, period: Period) -> None:
    first = begin_of(day, period)
    assert first <= day < following(first, period)
    assert preceding(following(first, period), period) == first
    assert read(key_of(first, period), period) == first
    told = periods_to(first, 24, period)
    assert told[-1] == first
    assert [following(one, period) for one in told[:-1]] == told[1:]


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2026-W54", "week"),
        ("2025-W53", "week"),
        ("2026-W00", "week"),
        ("2026-11", "week"),
        ("2026-13", "month"),
        ("2026-00", "month"),
        ("2026-Q5", "quarter"),
        ("0000-Q1", "quarter"),
        ("２０２６-Q1", "quarter"),
        ("", "quarter"),
    ],
)
def test_what_is_no_period_is_none(text: str, period: Period) -> None:
    assert read(text, period) is None
