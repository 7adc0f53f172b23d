"""Carries values into the runtime and results out of it. What each kind accepts and gives is said here.

| kind | accepts | gives |
| --- | --- | --- |
| TEXT | str | str |
| WHOLE | int | int |
| DECIMAL | Decimal, int, text of a number; at most 6 decimals | Decimal |
| MONEY | Decimal or int in yuan, text of a number; at most 2 decimals | Decimal with 2 decimals |
| YES_NO | bool | bool |
| DATE | date, text `2026-11-22` | date |
| MOMENT | datetime, ISO text; without a zone: ours | datetime in our zone |
| PERSON | int or str (its stable id) | str |
| LIST_OF_TEXT, LIST_OF_PERSON | list or tuple of those | list of str |
| RecordList | list of mappings | (never a result) |

None is a missing value; an empty text is a missing number, date or person too. A missing text is "", a
missing list is empty. No kind accepts a float.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from foundation.expressions.faults import Cause, ExpressionFault, Fault
from foundation.expressions.functions import (
    FEN,
    MILLIONTHS,
    FunctionFault,
    date_from_number,
    moment_from_number,
    moment_to_number,
    to_scaled,
)
from foundation.expressions.kinds import Kind, RecordList, Schema

LONGEST_VALUE = 20_000
MOST_ITEMS = 2_000
LARGEST_WHOLE = 2**63 - 1


def bind(values: Mapping[str, Any], schema: Schema, names: Sequence[str]) -> dict[str, Any]:
    """What the runtime is given for these names; a name without a value is missing, not an error.

    Raises ExpressionFault naming the value that does not fit its kind or is too large.
    """
    bound: dict[str, Any] = {}
    for name in names:
        entry = schema[name]
        value = values.get(name)
        if isinstance(entry, RecordList):
            bound[name] = _rows(value, entry, name)
        else:
            bound[name] = _inward(value, entry, name)
    return bound


def _refuse(name: str, kind: Kind) -> ExpressionFault:
    return ExpressionFault(
        [Fault(Cause.BAD_VALUE, parameters={"name": name, "kinds": (f"kind:{kind.value}",)})]
    )


def _rows(value: Any, entry: RecordList, name: str) -> list[dict[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, (list, tuple)) or len(value) > MOST_ITEMS:
        raise _refuse(name, Kind.RECORD_LIST)
    rows: list[dict[str, Any]] = []
    for row in value:
        if not isinstance(row, Mapping):
            raise _refuse(name, Kind.RECORD_LIST)
        rows.append(
            {field: _inward(row.get(field), kind, f"{name}.{field}") for field, kind in entry.fields.items()}
        )
    return rows


def _inward(value: Any, kind: Kind, name: str) -> Any:
    if kind in (Kind.LIST_OF_TEXT, Kind.LIST_OF_PERSON, Kind.RECORD_LIST):
        if value is None:
            return []
        if not isinstance(value, (list, tuple)) or len(value) > MOST_ITEMS:
            raise _refuse(name, kind)
        if kind is Kind.RECORD_LIST:
            return [{} for _row in value]
        one = Kind.TEXT if kind is Kind.LIST_OF_TEXT else Kind.PERSON
        return [_inward(item, one, name) for item in value]
    if kind is Kind.TEXT:
        if value is None:
            return ""
        if not isinstance(value, str):
            raise _refuse(name, kind)
        return _sound(value, kind, name)
    if value is None or value == "":
        return None
    try:
        return _SCALARS[kind](value, name)
    except (ValueError, OverflowError, InvalidOperation, FunctionFault) as error:
        raise _refuse(name, kind) from error


def _sound(text: str, kind: Kind, name: str) -> str:
    """The text, if it is short enough and is text at all (half characters are none)."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise _refuse(name, kind) from error
    if len(text) > LONGEST_VALUE:
        raise _refuse(name, kind)
    return str(text)


def _whole(value: Any, _name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > LARGEST_WHOLE:
        raise ValueError
    return int(value)


def _exact(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (Decimal, int, str)):
        raise ValueError
    if isinstance(value, str) and len(value) > 40:
        raise ValueError
    return Decimal(value)


def _money(value: Any, _name: str) -> int:
    return to_scaled(_exact(value), FEN)


def _decimal(value: Any, _name: str) -> int:
    return to_scaled(_exact(value), MILLIONTHS)


def _yes_no(value: Any, _name: str) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _date(value: Any, _name: str) -> int:
    if isinstance(value, str):
        if len(value) != 10:
            raise ValueError
        value = date.fromisoformat(value)
    if isinstance(value, datetime) or not isinstance(value, date):
        raise ValueError
    return value.toordinal()


def _moment(value: Any, _name: str) -> int:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        raise ValueError
    return moment_to_number(value)


def _person(value: Any, name: str) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError
    return _sound(str(value), Kind.PERSON, name)


_SCALARS = {
    Kind.WHOLE: _whole,
    Kind.MONEY: _money,
    Kind.DECIMAL: _decimal,
    Kind.YES_NO: _yes_no,
    Kind.DATE: _date,
    Kind.MOMENT: _moment,
    Kind.PERSON: _person,
}


def outward(value: Any, kind: Kind) -> Any:
    """The runtime's plain result as a value of its kind; None stays None.

    Raises FunctionFault for a date or moment that no calendar has.
    """
    if value is None:
        return None
    if kind is Kind.MONEY:
        return Decimal(value).scaleb(-2)
    if kind is Kind.DECIMAL:
        number = Decimal(value).scaleb(-6).normalize()
        return number if number.as_tuple().exponent != 0 or not number else number.quantize(Decimal(1))
    if kind is Kind.DATE:
        return date_from_number(value)
    if kind is Kind.MOMENT:
        return moment_from_number(value)
    return value
