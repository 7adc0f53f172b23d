"""Periods people speak of, as first and last day."""

from __future__ import annotations

import datetime
from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Days = tuple[datetime.date, datetime.date]
_DAY = datetime.timedelta(days=1)


def _month(day: datetime.date, months: int) -> Days:
    """Return the month so many months from that of ``day``."""
    return _months(day.year * 12 + day.month - 1 + months, 1)


def _months(first: int, count: int) -> Days:
    """Return ``count`` whole months; months are counted from year 0."""
    begins = datetime.date(first // 12, first % 12 + 1, 1)
    after = first + count
    return begins, datetime.date(after // 12, after % 12 + 1, 1) - _DAY


def _quarter(day: datetime.date, quarters: int) -> Days:
    return _months(day.year * 12 + (day.month - 1) // 3 * 3 + quarters * 3, 3)


def _week(day: datetime.date, weeks: int) -> Days:
    monday = day - day.weekday() * _DAY + weeks * 7 * _DAY
    return monday, monday + 6 * _DAY


PERIODS: dict[str, tuple[str | Promise, Callable[[datetime.date], Days]]] = {
    "today": (_("today"), lambda day: (day, day)),
    "yesterday": (_("yesterday"), lambda day: (day - _DAY, day - _DAY)),
    "this_week": (_("this week"), lambda day: _week(day, 0)),
    "last_week": (_("last week"), lambda day: _week(day, -1)),
    "this_month": (_("this month"), lambda day: _month(day, 0)),
    "last_month": (_("last month"), lambda day: _month(day, -1)),
    "next_month": (_("next month"), lambda day: _month(day, 1)),
    "this_quarter": (_("this quarter"), lambda day: _quarter(day, 0)),
    "last_quarter": (_("last quarter"), lambda day: _quarter(day, -1)),
    "this_year": (_("this year"), lambda day: _months(day.year * 12, 12)),
    "last_year": (_("last year"), lambda day: _months(day.year * 12 - 12, 12)),
    "last_30": (_("the last 30 days"), lambda day: (day - 29 * _DAY, day)),
    "next_30": (_("the next 30 days"), lambda day: (day, day + 29 * _DAY)),
}
"""By key: what it is called, and its first and last day seen from a day. Weeks begin on Monday."""


def days_of(period: str, day: datetime.date) -> Days:
    """Return the first and the last day of a period, seen from ``day``; raises KeyError for an unknown one."""
    return PERIODS[period][1](day)
