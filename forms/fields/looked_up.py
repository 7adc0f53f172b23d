"""What expressions may read of something looked up: ``contract.amount``.

A definition says of what kind a value is, so that it can be checked without the thing. What stands there as
another kind is as if it were not there.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, TypeAlias

from django.utils import timezone

from foundation.expressions import Kind

Readable: TypeAlias = Literal["text", "whole", "decimal", "money", "date", "moment", "yes_no"]
LONGEST_TEXT = 1000
_LARGEST = Decimal(10) ** 15


def read_as(kind: str, stored: Any) -> Any:
    """Return a stored value of any kind of field as expressions see it; None where it is none of ``kind``."""
    return _READERS[Kind(kind)](stored)


def _text(stored: Any) -> str | None:
    if isinstance(stored, Mapping):  # a person, a row of a register; a choice in words of one's own
        stored = stored.get("key", "other" if "other" in stored else None)
    return stored if isinstance(stored, str) and 0 < len(stored) <= LONGEST_TEXT else None


def _whole(stored: Any) -> int | None:
    return (
        stored
        if isinstance(stored, int) and not isinstance(stored, bool) and abs(stored) < _LARGEST
        else None
    )


def _number(stored: Any) -> Decimal | None:
    if not isinstance(stored, str):
        return None
    try:
        number = Decimal(stored)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < _LARGEST else None


def _date(stored: Any) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(stored)
    except (TypeError, ValueError):
        return None


def _moment(stored: Any) -> datetime.datetime | None:
    try:
        return timezone.make_aware(datetime.datetime.fromisoformat(stored))
    except (TypeError, ValueError):
        return None


def _yes_no(stored: Any) -> bool | None:
    return stored if isinstance(stored, bool) else None


_READERS: dict[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: _text,
    Kind.WHOLE: _whole,
    Kind.DECIMAL: _number,
    Kind.MONEY: _number,
    Kind.DATE: _date,
    Kind.MOMENT: _moment,
    Kind.YES_NO: _yes_no,
}
