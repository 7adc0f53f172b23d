"""Weeks, months and quarters: where one begins, which come before and after, how it is written in addresses. Pure.

Weeks are those of ISO 8601: Monday first, and of the year in which their Thursday lies.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Literal

from django.db.models.functions import TruncMonth, TruncQuarter, TruncWeek

Period = Literal["week", "month", "quarter"]
TRUNCATED: Mapping[Period, type[TruncWeek] | type[TruncMonth] | type[TruncQuarter]] = {
    "week": TruncWeek,
    "month": TruncMonth,
    "quarter": TruncQuarter,
}
_MONTHS: Mapping[Period, int] = {"month": 1, "quarter": 3}
_WRITTEN: Mapping[Period, str] = {
    "week": r"(\d{4})-W(\d{2})",
    "month": r"(\d{4})-(\d{2})",
    "quarter": r"(\d{4})-Q([1-4])",
}


def begin_of(day: dt.date, period: Period) -> dt.date:
    """Return the first day of the period in which a day lies."""
    if period == "week":
        return day - dt.timedelta(days=day.weekday())
    length = _MONTHS[period]
    return day.replace(month=(day.month - 1) // length * length + 1, day=1)


def following(first: dt.date, period: Period) -> dt.date:
    """Return the first day of the period after."""
    return begin_of(first + dt.timedelta(days={"week": 7, "month": 32, "quarter": 93}[period]), period)


def preceding(first: dt.date, period: Period) -> dt.date:
    """Return the first day of the period before."""
    return begin_of(first - dt.timedelta(days=1), period)


def periods_to(last: dt.date, number: int, period: Period) -> list[dt.date]:
    """Return the first days of ``number`` periods, the last one that of ``last``."""
    found = [last]
    while len(found) < number:
        found.append(preceding(found[-1], period))
    return found[::-1]


def key_of(first: dt.date, period: Period) -> str:
    """Return how a period is written in addresses and heads of tables: 2026-W07, 2026-02, 2026-Q1."""
    if period == "week":
        year, week, _day = first.isocalendar()
        return f"{year}-W{week:02}"
    return f"{first:%Y-%m}" if period == "month" else f"{first.year}-Q{(first.month + 2) // 3}"


def read(text: str, period: Period) -> dt.date | None:
    """Return the first day of a period as ``key_of`` writes it; None for what is none."""
    found = re.fullmatch(_WRITTEN[period], text, re.ASCII)
    if found is None:
        return None
    year, number = int(found[1]), int(found[2])
    try:
        if period == "week":
            return dt.date.fromisocalendar(year, number, 1)
        return dt.date(year, (number - 1) * _MONTHS[period] + 1, 1)
    except ValueError:
        return None
