"""The national arrangement of a year (放假调休), as the two holiday libraries tell it.

`chinese-calendar` holds what the State Council announced and refuses years it does not know; `holidays` also
reckons years ahead, without the exchanged weekends. Where both know a year they must agree on every date.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import version

from foundation.worktime.engine import DayKind, NationalDay

_EXCHANGED = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
FIRST_YEAR = 2024
_OBSERVED = "（补假）"


@dataclass(frozen=True)
class Arrangement:
    """One year: its days in order, whether it is announced, who says so, where the two differ."""

    year: int
    days: tuple[NationalDay, ...]
    announced: bool
    source: str
    disagreements: tuple[date, ...] = ()


def arrangement(year: int) -> Arrangement:
    """Ask both libraries about a year. Raises ValueError for a year neither has anything about."""
    # Imported here: together they take a quarter of a second, and only refreshing needs them.
    import chinese_calendar
    import holidays

    chinese = holidays.country_holidays("CN", years=year, language="zh_CN")
    english = holidays.country_holidays("CN", years=year, language="en_US")
    if not chinese:
        raise ValueError(f"no holidays are known for {year}")
    worked: set[date] = {day for day in chinese.weekend_workdays if day.year == year}
    # "休息日（由 2026-10-10 调休）": the weekday off → the weekend day worked for it.
    exchanged = {day: _exchanged_for(name) for day, name in chinese.items()}
    stands_for = {other: day for day, other in exchanged.items() if other is not None}
    try:
        chinese_calendar.get_holiday_detail(date(year, 1, 1))
    except NotImplementedError:
        days = tuple(
            _reckoned(day, chinese[day], english[day], provisional=not worked) for day in sorted(chinese)
        )
        source = f"holidays {version('holidays')}"
        made_up = tuple(_made_up(day, stands_for.get(day), "", "") for day in sorted(worked))
        return Arrangement(year, tuple(sorted((*days, *made_up), key=_date)), bool(worked), source)
    found: list[NationalDay] = []
    differing: list[date] = []
    day = date(year, 1, 1)
    while day.year == year:
        off, official = chinese_calendar.get_holiday_detail(day)
        if off == chinese.is_working_day(day):
            differing.append(day)
        if official is not None:
            festival = chinese_calendar.Holiday(official)
            if not off:
                found.append(_made_up(day, stands_for.get(day), festival.chinese, festival.value))
            else:
                in_lieu = exchanged.get(day) is not None
                kind = DayKind.SWAPPED if in_lieu else DayKind.REST
                found.append(NationalDay(day, kind, festival.chinese, festival.value, exchanged.get(day)))
        day += timedelta(days=1)
    source = f"chinese-calendar {version('chinese-calendar')}, holidays {version('holidays')}"
    return Arrangement(year, tuple(found), True, source, tuple(differing))


def _date(day: NationalDay) -> date:
    return day.day


def _exchanged_for(name: str) -> date | None:
    found = _EXCHANGED.search(name)
    return date(int(found[1]), int(found[2]), int(found[3])) if found else None


def _reckoned(day: date, name: str, name_en: str, *, provisional: bool) -> NationalDay:
    other = _exchanged_for(name)
    kind = DayKind.REST if other is None else DayKind.SWAPPED
    shown, shown_en = name.removesuffix(_OBSERVED), name_en.removesuffix(" (observed)")
    return NationalDay(day, kind, shown[:80], shown_en[:80], other, provisional)


def _made_up(day: date, stands_for: date | None, festival: str, festival_en: str) -> NationalDay:
    return NationalDay(day, DayKind.WORK, festival, festival_en, stands_for)
