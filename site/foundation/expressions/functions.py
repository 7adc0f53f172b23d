"""Every function an expression may call, declared in one place: name, kinds, meaning.

The checker sees each kind as its own type. The runtime sees money as fen, decimals as millionths, dates as
day numbers and moments as microseconds, all whole numbers
(`docs/decisions/0004-expressions-cel-and-money.md`). Rounding, wherever money or a decimal is divided or
multiplied by a fraction, is half up: half a fen goes away from zero.
"""

import calendar
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import re2
from django.conf import settings

from foundation.expressions.faults import Cause
from foundation.expressions.kinds import COUNTED, ORDERED, SCALARS, Kind

FEN = 100
MILLIONTHS = 1_000_000
LARGEST = 2**63 - 1
LONGEST_JOINED = 4_000
WORK_PER_EVALUATION = 20_000
_EXACT = Context(prec=60)


class FunctionFault(Exception):
    """A function cannot take what it was given. Becomes a Fault; never leaves this package."""

    def __init__(self, cause: Cause, text: str = "", name: str = "") -> None:
        super().__init__(cause.value)
        self.cause = cause
        self.text = text
        self.name = name


class NoAnswer(Exception):
    """There is nothing to answer with, as for the largest of no numbers. The evaluation gives None."""

    REPORT = "no answer"

    def __init__(self) -> None:
        super().__init__(self.REPORT)


class _Meter(threading.local):
    """Counts the work of the evaluation that runs in this thread, and keeps its first fault."""

    left = WORK_PER_EVALUATION
    fault: FunctionFault | None = None


_meter = _Meter()


@contextmanager
def metered() -> Iterator[_Meter]:
    """A fresh budget of work for one evaluation."""
    _meter.left, _meter.fault = WORK_PER_EVALUATION, None
    yield _meter


def _charge(*texts: str, weight: int = 1) -> None:
    _meter.left -= 1 + weight * sum(len(text) for text in texts) // 1_000
    if _meter.left < 0:
        raise _noted(FunctionFault(Cause.TOO_MUCH))


def within_budget(implementation: Callable[..., Any], instead: Any) -> Callable[..., Any]:
    """The function, answering at once with anything of the right type when the budget is used up.

    The evaluation is refused then whatever it gives, and an exception for each call still to come would
    take longer than the work it prevents.
    """

    def call(*arguments: Any) -> Any:
        return implementation(*arguments) if _meter.left >= 0 else instead

    return call


def _noted(fault: FunctionFault) -> FunctionFault:
    if _meter.fault is None:
        _meter.fault = fault
    return fault


# --- carrying values across ---------------------------------------------------------------------------------


def to_scaled(value: Decimal, scale: int) -> int:
    """An exact number of fen or millionths. Raises FunctionFault when it is not exact or out of range."""
    if not value.is_finite() or abs(value.adjusted()) > 30:
        if value == 0 and value.is_finite():
            return 0
        raise _noted(FunctionFault(Cause.OUT_OF_RANGE))
    scaled = _EXACT.multiply(value, Decimal(scale))
    if scaled != scaled.to_integral_value():
        raise _noted(FunctionFault(Cause.BAD_LITERAL, str(value)))
    return _within(int(scaled))


def half_up(value: Decimal) -> int:
    """The nearest whole number, half away from zero."""
    return _within(int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP, context=_EXACT)))


def _within(value: int) -> int:
    if abs(value) > LARGEST:
        raise _noted(FunctionFault(Cause.OUT_OF_RANGE))
    return value


def local_zone() -> ZoneInfo:
    """The zone in which dates and moments are written: settings.TIME_ZONE."""
    return ZoneInfo(settings.TIME_ZONE)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment_to_number(value: datetime) -> int:
    """Microseconds since 1970 in UTC; a value without a zone is read in ours."""
    if value.tzinfo is None:
        value = value.replace(tzinfo=local_zone())
    span = value - _EPOCH
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


def moment_from_number(number: int) -> datetime:
    """The moment in our zone."""
    try:
        return (_EPOCH + timedelta(microseconds=number)).astimezone(local_zone())
    except OverflowError as error:
        raise _noted(FunctionFault(Cause.OUT_OF_RANGE)) from error


def date_from_number(number: int) -> date:
    """The date of a day number."""
    try:
        return date.fromordinal(number)
    except (ValueError, OverflowError) as error:
        raise _noted(FunctionFault(Cause.OUT_OF_RANGE)) from error


def _number_in(text: str, name: str) -> Decimal:
    """A number as people write it in our texts: digits, one point, a sign. No exponents, no spaces."""
    _charge(text)
    stripped = text.removeprefix("-")
    whole, _point, decimals = stripped.partition(".")
    plain = (
        stripped.isascii() and whole.isdigit() and (not _point or decimals.isdigit()) and len(stripped) <= 30
    )
    if not plain:
        raise _noted(FunctionFault(Cause.BAD_LITERAL, text, name))
    return Decimal(text)


# --- the functions ------------------------------------------------------------------------------------------


def yuan(amount: str) -> int:
    """`yuan("12.30")`: an amount of money, at most two decimals."""
    return _scaled_literal(amount, FEN, "yuan")


def decimal(number: str) -> int:
    """`decimal("2.5")`: a number with at most six decimals."""
    return _scaled_literal(number, MILLIONTHS, "decimal")


def _scaled_literal(text: str, scale: int, name: str) -> int:
    scaled = _EXACT.multiply(_number_in(text, name), Decimal(scale))
    if scaled != scaled.to_integral_value():
        raise _noted(FunctionFault(Cause.BAD_LITERAL, text, name))
    return _within(int(scaled))


def yuan_of_whole(amount: int) -> int:
    """`yuan(500)`: whole yuan."""
    _charge()
    return _within(amount * FEN)


def decimal_of_whole(number: int) -> int:
    """`decimal(3)`."""
    _charge()
    return _within(number * MILLIONTHS)


def percent(amount: int, rate: str) -> int:
    """`percent(amount, "2.5")`: so many hundredths of the amount, half up to the fen."""
    share = _EXACT.multiply(Decimal(amount), _number_in(rate, "percent"))
    return half_up(share.scaleb(-2, context=_EXACT))


def times(amount: int, factor: int) -> int:
    """`times(amount, decimal("1.25"))`: half up to the fen (to the millionth, for decimals)."""
    _charge()
    return half_up(_EXACT.multiply(Decimal(amount), Decimal(factor)).scaleb(-6, context=_EXACT))


def divided(amount: int, parts: int) -> int:
    """`divided(amount, 3)`: half up to the fen (to the millionth, for decimals)."""
    _charge()
    if parts == 0:
        raise _noted(FunctionFault(Cause.DIVIDED_BY_ZERO))
    return half_up(_EXACT.divide(Decimal(amount), Decimal(parts)))


def total(values: list[Any]) -> int:
    """`sum(lines.map(line, line.price))`: 0 for an empty list; no answer when one of them is missing."""
    return _within(sum(_all_given(values)))


def largest(values: list[Any]) -> int:
    """`largest(list)`: no answer for an empty list."""
    return max(_all_given(values, at_least_one=True))


def smallest(values: list[Any]) -> int:
    """`smallest(list)`: no answer for an empty list."""
    return min(_all_given(values, at_least_one=True))


def _all_given(values: list[Any], *, at_least_one: bool = False) -> list[int]:
    _meter.left -= len(values) // 10
    _charge()
    plain: list[Any] = [
        value if value is None or isinstance(value, int) else value.plain_value() for value in values
    ]
    if None in plain or (at_least_one and not plain):
        raise NoAnswer
    return plain


def day(text: str) -> int:
    """`date("2026-11-22")`."""
    _charge(text)
    try:
        if len(text) != 10:
            raise ValueError
        return date.fromisoformat(text).toordinal()
    except ValueError as error:
        raise _noted(FunctionFault(Cause.BAD_LITERAL, text, "date")) from error


def moment(text: str) -> int:
    """`moment("2026-11-22T09:00")`: in our zone unless it names another."""
    _charge(text)
    try:
        if len(text) < 16 or len(text) > 40:
            raise ValueError
        return moment_to_number(datetime.fromisoformat(text))
    except (ValueError, OverflowError) as error:
        raise _noted(FunctionFault(Cause.BAD_LITERAL, text, "moment")) from error


def moment_of_day(number: int, time: str) -> int:
    """`moment(day, "09:00")`: that time of the day, in our zone; the time as a field for times holds it."""
    _charge(time)
    try:
        if len(time) != 5:
            raise ValueError
        return moment_to_number(datetime.combine(date_from_number(number), clock.fromisoformat(time)))
    except ValueError as error:
        raise _noted(FunctionFault(Cause.BAD_LITERAL, time, "moment")) from error


def days_between(first: int, second: int) -> int:
    """`days_between(a, b)`: 1 from a day to the next, negative backwards."""
    _charge()
    return second - first


def add_months(start: int, months: int) -> int:
    """`add_months(day, 3)`: the same day of a later month, or its last day where the month is shorter."""
    _charge()
    begin = date_from_number(start)
    count = begin.year * 12 + begin.month - 1 + months
    year, month = count // 12, count % 12 + 1
    if not 1 <= year <= 9999:
        raise _noted(FunctionFault(Cause.OUT_OF_RANGE))
    return date(year, month, min(begin.day, calendar.monthrange(year, month)[1])).toordinal()


def year_of(number: int) -> int:
    """`year(day)`."""
    _charge()
    return date_from_number(number).year


def month_of(number: int) -> int:
    """`month(day)`: 1 to 12."""
    _charge()
    return date_from_number(number).month


def day_of(number: int) -> int:
    """`day(day)`: of the month, 1 to 31."""
    _charge()
    return date_from_number(number).day


def weekday_of(number: int) -> int:
    """`weekday(day)`: 1 Monday to 7 Sunday."""
    _charge()
    return date_from_number(number).isoweekday()


def date_of(number: int) -> int:
    """`date_of(moment)`: the day in our zone."""
    _charge()
    return moment_from_number(number).date().toordinal()


def minutes_between(first: int, second: int) -> int:
    """`minutes_between(a, b)`: full minutes, negative backwards."""
    _charge()
    minutes = abs(second - first) // 60_000_000
    return minutes if second >= first else -minutes


def hours_between(first: int, second: int) -> int:
    """`hours_between(a, b)`: full hours, negative backwards."""
    _charge()
    hours = abs(second - first) // 3_600_000_000
    return hours if second >= first else -hours


def join(texts: list[Any], between: str) -> str:
    """`join([a, b], "、")`: at most 4,000 characters."""
    _charge(between)
    plain = [text if isinstance(text, str) else text.plain_value() for text in texts]
    length = sum(len(text) for text in plain) + len(between) * max(0, len(plain) - 1)
    _meter.left -= length // 1_000 + len(plain) // 10
    if length > LONGEST_JOINED:
        raise _noted(FunctionFault(Cause.TOO_MUCH))
    return between.join(plain)


def money_text(amount: int) -> str:
    """`money_text(amount)`: "1,234.50"."""
    _charge()
    return f"{Decimal(amount).scaleb(-2):,.2f}"


def decimal_text(number: int) -> str:
    """`decimal_text(number)`: without needless zeros."""
    _charge()
    return f"{Decimal(number).scaleb(-6).normalize():f}"


def number_text(number: int) -> str:
    """`number_text(number)`."""
    _charge()
    return str(number)


def date_text(number: int) -> str:
    """`date_text(day)`: "2026-11-22"."""
    _charge()
    return date_from_number(number).isoformat()


def trim(text: str) -> str:
    """`trim(text)`: without spaces at both ends."""
    _charge(text)
    return text.strip()


def size_of_text(text: str) -> int:
    """`size(text)`: characters."""
    _charge(text)
    return len(text)


def size_of_list(values: list[Any]) -> int:
    """`size(list)`."""
    _meter.left -= len(values) // 10
    _charge()
    return len(values)


def contains(text: str, part: str) -> bool:
    """`text.contains("x")`."""
    _charge(text, part)
    return part in text


def starts_with(text: str, part: str) -> bool:
    """`text.startsWith("x")`."""
    _charge(text, part)
    return text.startswith(part)


def ends_with(text: str, part: str) -> bool:
    """`text.endsWith("x")`."""
    _charge(text, part)
    return text.endswith(part)


@cache
def _pattern_options() -> Any:
    options = re2.Options()
    options.max_mem = 1 << 20  # a pattern that needs more is refused, as one that is wrong
    options.log_errors = False
    return options


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> Any:
    """The pattern in RE2's language, whose matching time grows with the text only."""
    try:
        return re2.compile(pattern, _pattern_options())
    except re2.error as error:
        raise _noted(FunctionFault(Cause.BAD_PATTERN, pattern, "matches")) from error


def matches(text: str, pattern: str) -> bool:
    """`text.matches("^[A-Z]{2}[0-9]+$")`: found anywhere unless anchored; RE2's language."""
    _charge(text, pattern, weight=20)
    return compile_pattern(pattern).search(text) is not None


def is_given(value: Any) -> bool:
    """`has_value(x)`: an answer was given; an empty text or list is none."""
    _charge()
    return bool(value) if isinstance(value, (str, list)) else value is not None


def is_empty(value: Any) -> bool:
    """`is_empty(x)`: the contrary of `has_value(x)`."""
    return not is_given(value)


def or_else(value: Any, otherwise: Any) -> Any:
    """`or_else(x, y)`: x where it has a value, else y."""
    chosen = value if is_given(value) else otherwise
    if chosen is None:
        raise NoAnswer
    return chosen


# --- their declarations -------------------------------------------------------------------------------------

ANY_LIST = "list of anything"


@dataclass(frozen=True)
class Signature:
    """One way to call a function. `parameters` and `result` are kinds, or a list of a kind."""

    parameters: tuple[str, ...]
    result: str
    implementation: Callable[..., Any]
    member: bool = False


def list_of(kind: Kind) -> str:
    """The name of "a list of this kind" in a signature."""
    return f"list:{kind.value}"


K = Kind


def _declarations() -> dict[str, tuple[Signature, ...]]:
    def one(
        result: Kind, implementation: Callable[..., Any], *parameters: str, member: bool = False
    ) -> Signature:
        return Signature(parameters, result, implementation, member)

    each_given = [*(kind for kind in SCALARS), ANY_LIST]
    return {
        "yuan": (one(K.MONEY, yuan, K.TEXT), one(K.MONEY, yuan_of_whole, K.WHOLE)),
        "decimal": (one(K.DECIMAL, decimal, K.TEXT), one(K.DECIMAL, decimal_of_whole, K.WHOLE)),
        "percent": (one(K.MONEY, percent, K.MONEY, K.TEXT),),
        "times": (one(K.MONEY, times, K.MONEY, K.DECIMAL), one(K.DECIMAL, times, K.DECIMAL, K.DECIMAL)),
        "divided": (one(K.MONEY, divided, K.MONEY, K.WHOLE), one(K.DECIMAL, divided, K.DECIMAL, K.WHOLE)),
        "sum": tuple(one(kind, total, list_of(kind)) for kind in COUNTED),
        "largest": tuple(one(kind, largest, list_of(kind)) for kind in ORDERED),
        "smallest": tuple(one(kind, smallest, list_of(kind)) for kind in ORDERED),
        "date": (one(K.DATE, day, K.TEXT),),
        "moment": (one(K.MOMENT, moment, K.TEXT), one(K.MOMENT, moment_of_day, K.DATE, K.TEXT)),
        "days_between": (one(K.WHOLE, days_between, K.DATE, K.DATE),),
        "add_months": (one(K.DATE, add_months, K.DATE, K.WHOLE),),
        "year": (one(K.WHOLE, year_of, K.DATE),),
        "month": (one(K.WHOLE, month_of, K.DATE),),
        "day": (one(K.WHOLE, day_of, K.DATE),),
        "weekday": (one(K.WHOLE, weekday_of, K.DATE),),
        "date_of": (one(K.DATE, date_of, K.MOMENT),),
        "minutes_between": (one(K.WHOLE, minutes_between, K.MOMENT, K.MOMENT),),
        "hours_between": (one(K.WHOLE, hours_between, K.MOMENT, K.MOMENT),),
        "join": (one(K.TEXT, join, list_of(K.TEXT), K.TEXT),),
        "money_text": (one(K.TEXT, money_text, K.MONEY),),
        "decimal_text": (one(K.TEXT, decimal_text, K.DECIMAL),),
        "number_text": (one(K.TEXT, number_text, K.WHOLE),),
        "date_text": (one(K.TEXT, date_text, K.DATE),),
        "trim": (one(K.TEXT, trim, K.TEXT),),
        "size": (
            one(K.WHOLE, size_of_text, K.TEXT),
            one(K.WHOLE, size_of_list, ANY_LIST),
            one(K.WHOLE, size_of_text, K.TEXT, member=True),
            one(K.WHOLE, size_of_list, ANY_LIST, member=True),
        ),
        "contains": (one(K.YES_NO, contains, K.TEXT, K.TEXT, member=True),),
        "startsWith": (one(K.YES_NO, starts_with, K.TEXT, K.TEXT, member=True),),
        "endsWith": (one(K.YES_NO, ends_with, K.TEXT, K.TEXT, member=True),),
        "matches": (
            one(K.YES_NO, matches, K.TEXT, K.TEXT, member=True),
            one(K.YES_NO, matches, K.TEXT, K.TEXT),
        ),
        "has_value": tuple(one(K.YES_NO, is_given, kind) for kind in each_given),
        "is_empty": tuple(one(K.YES_NO, is_empty, kind) for kind in each_given),
        "or_else": tuple(one(kind, or_else, kind, kind) for kind in SCALARS),
    }


FUNCTIONS: dict[str, tuple[Signature, ...]] = _declarations()
# The functions that also take a missing value; every other one then has no answer.
TAKES_MISSING = frozenset({"has_value", "is_empty", "or_else"})
# Written-out arguments of these are tried when the expression is checked: which argument, with what.
LITERAL_CHECKS: dict[str, tuple[int, Callable[[str], object]]] = {
    "yuan": (0, yuan),
    "decimal": (0, decimal),
    "percent": (1, lambda text: percent(0, text)),
    "date": (0, day),
    "moment": (0, moment),
    "matches": (1, compile_pattern),
}
