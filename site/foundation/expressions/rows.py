"""Rules built from rows (field, operator, value; all or any of them) as the text of an expression.

What an administrator clicks together becomes the same language as what an expert writes, checked by the same
checker. Values are written as literals here and nowhere else; no value can become code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation.expressions.kinds import Kind, RecordList, Schema


class Operator(StrEnum):
    """What a row says about its field. Stored in definitions."""

    IS = "is"
    IS_NOT = "is_not"
    LESS = "less"
    AT_MOST = "at_most"
    MORE = "more"
    AT_LEAST = "at_least"
    CONTAINS = "contains"
    BEGINS_WITH = "begins_with"
    ENDS_WITH = "ends_with"
    ONE_OF = "one_of"
    INCLUDES = "includes"
    HAS_VALUE = "has_value"
    IS_EMPTY = "is_empty"


OPERATOR_NAMES: dict[Operator, Promise] = {
    Operator.IS: _("is"),
    Operator.IS_NOT: _("is not"),
    Operator.LESS: _("is less than"),
    Operator.AT_MOST: _("is at most"),
    Operator.MORE: _("is more than"),
    Operator.AT_LEAST: _("is at least"),
    Operator.CONTAINS: _("contains"),
    Operator.BEGINS_WITH: _("begins with"),
    Operator.ENDS_WITH: _("ends with"),
    Operator.ONE_OF: _("is one of"),
    Operator.INCLUDES: _("includes"),
    Operator.HAS_VALUE: _("has a value"),
    Operator.IS_EMPTY: _("is empty"),
}

_EQUALITY = (Operator.IS, Operator.IS_NOT)
_ORDER = (Operator.LESS, Operator.AT_MOST, Operator.MORE, Operator.AT_LEAST)
_PRESENCE = (Operator.HAS_VALUE, Operator.IS_EMPTY)
_ORDERED = (*_EQUALITY, *_ORDER, Operator.ONE_OF, *_PRESENCE)
OPERATORS_OF: dict[Kind, tuple[Operator, ...]] = {
    Kind.TEXT: (
        *_EQUALITY,
        Operator.CONTAINS,
        Operator.BEGINS_WITH,
        Operator.ENDS_WITH,
        Operator.ONE_OF,
        *_PRESENCE,
    ),
    Kind.WHOLE: _ORDERED,
    Kind.DECIMAL: _ORDERED,
    Kind.MONEY: _ORDERED,
    Kind.DATE: _ORDERED,
    Kind.MOMENT: _ORDERED,
    Kind.YES_NO: (*_EQUALITY, *_PRESENCE),
    Kind.PERSON: (*_EQUALITY, *_PRESENCE),
    Kind.LIST_OF_TEXT: (Operator.INCLUDES, *_PRESENCE),
    Kind.LIST_OF_PERSON: _PRESENCE,
    Kind.RECORD_LIST: _PRESENCE,
}
_SIGNS = {
    Operator.IS: "==",
    Operator.IS_NOT: "!=",
    Operator.LESS: "<",
    Operator.AT_MOST: "<=",
    Operator.MORE: ">",
    Operator.AT_LEAST: ">=",
}
_CALLS = {
    Operator.CONTAINS: "contains",
    Operator.BEGINS_WITH: "startsWith",
    Operator.ENDS_WITH: "endsWith",
}


class RowFault(Exception):
    """A row that says nothing over this schema. `index` counts rows from 0; shown beside the row."""

    def __init__(self, index: int, message: Promise) -> None:
        super().__init__(index, message)
        self.index = index
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


@dataclass(frozen=True)
class Row:
    """One line of a rule. The value is of the field's kind, or another field's name."""

    field: str
    operator: Operator
    value: Any = None
    value_is_field: bool = False


def compile_rows(rows: Sequence[Row], schema: Schema, *, combine: Literal["all", "any"] = "all") -> str:
    """The rows as the text of a yes/no expression; no rows are always met.

    Raises RowFault for an unknown field, an operator its kind does not have, or a value not of its kind.
    """
    if not rows:
        return "true"
    parts = [_row(index, row, schema) for index, row in enumerate(rows)]
    return (" && " if combine == "all" else " || ").join(parts)


def _row(index: int, row: Row, schema: Schema) -> str:
    entry = schema.get(row.field)
    if entry is None:
        raise RowFault(index, _("This field does not exist."))
    kind = Kind.RECORD_LIST if isinstance(entry, RecordList) else entry
    operator = Operator(row.operator)
    if operator not in OPERATORS_OF[kind]:
        raise RowFault(index, _("This comparison does not suit the field."))
    if operator is Operator.HAS_VALUE:
        return f"has_value({row.field})"
    if operator is Operator.IS_EMPTY:
        return f"is_empty({row.field})"
    of = Kind.TEXT if kind is Kind.LIST_OF_TEXT else kind
    if operator is Operator.ONE_OF:
        if row.value_is_field or not isinstance(row.value, (list, tuple)) or not row.value:
            raise RowFault(index, _("A list of values is expected."))
        return f"{row.field} in [{', '.join(_literal(index, one, of) for one in row.value)}]"
    if row.value_is_field:
        if schema.get(str(row.value)) != of:
            raise RowFault(index, _("The two fields are of different kinds."))
        right = str(row.value)
    else:
        right = _literal(index, row.value, of)
    if operator is Operator.INCLUDES:
        return f"{right} in {row.field}"
    if operator in _CALLS:
        return f"{row.field}.{_CALLS[operator]}({right})"
    return f"{row.field} {_SIGNS[operator]} {right}"


def _literal(index: int, value: Any, kind: Kind) -> str:
    """A value of this kind, written out."""
    try:
        return literal(value, kind)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise RowFault(index, _("The value does not suit the field.")) from error


def literal(value: Any, kind: Kind) -> str:
    """A value as the text of an expression that gives it. Raises ValueError for one of another kind."""
    if kind is Kind.TEXT and isinstance(value, str):
        return quoted(value)
    if kind is Kind.YES_NO and isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bool):
        raise ValueError(kind)
    if kind is Kind.WHOLE and isinstance(value, int) and abs(value) < 2**63:
        return str(value)
    if kind in (Kind.MONEY, Kind.DECIMAL) and isinstance(value, (Decimal, int, str)):
        number = Decimal(value)
        if not number.is_finite() or abs(number.adjusted()) > 25:
            raise ValueError(kind)
        return f'{"yuan" if kind is Kind.MONEY else "decimal"}("{number:f}")'
    if kind is Kind.DATE:
        return f'date("{_day(value).isoformat()}")'
    if kind is Kind.MOMENT and isinstance(value, (datetime, str)):
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
        return f'moment("{at.isoformat()}")'
    raise ValueError(kind)


def _day(value: Any) -> date:
    if isinstance(value, str):
        return date.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise ValueError(value)


_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 _-.,:;/()+*=<>!?%&|@#")


def quoted(text: str) -> str:
    """The text as a literal: between quotation marks, everything that could mean something escaped.

    Raises ValueError for half characters and NUL, which no text value has.
    """
    pieces: list[str] = []
    for sign in text:
        code = ord(sign)
        if code == 0 or 0xD800 <= code <= 0xDFFF:
            raise ValueError("not text")
        if sign in _PLAIN or (code >= 0x80 and sign.isalnum()):
            pieces.append(sign)
        elif code <= 0xFFFF:
            pieces.append(f"\\u{code:04x}")
        else:
            pieces.append(f"\\U{code:08x}")
    return f'"{"".join(pieces)}"'
