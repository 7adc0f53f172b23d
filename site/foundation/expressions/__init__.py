"""The one expression language, CEL, behind a small door. No other evaluation of text that users write exists.

Others import from here, and from `rows` for rules built from rows. Kinds, missing values, money and rounding:
`docs/decisions/0004-expressions-cel-and-money.md`. The functions an expression may call stand in
`functions.FUNCTIONS`.

Missing values. A missing text is "" and a missing list is empty. Anything else that is missing makes what is
computed from it open, except that `has_value(x)`, `is_empty(x)` and `or_else(x, y)` always answer, `==` with
a missing value is no and `!=` is yes, and `&&` and `||` answer when their other side decides. An open result
is None; a caller treats an open condition as "not met".
"""

from collections.abc import Mapping
from typing import Any

from foundation.expressions.compiler import compiled, run
from foundation.expressions.faults import Cause, ExpressionFault, Fault
from foundation.expressions.functions import FUNCTIONS
from foundation.expressions.kinds import (
    KIND_NAMES,
    Kind,
    RecordList,
    Schema,
    SchemaEntry,
    is_field_name,
    is_name,
)

__all__ = [
    "FUNCTIONS",
    "KIND_NAMES",
    "Cause",
    "ExpressionFault",
    "Fault",
    "Kind",
    "RecordList",
    "Schema",
    "SchemaEntry",
    "check",
    "evaluate",
    "is_field_name",
    "is_name",
    "reads",
]


def check(text: str, schema: Schema, result: Kind) -> list[Fault]:
    """What is wrong with the text as an expression over this schema giving this kind; [] when nothing is.

    Raises ValueError for a schema with names no expression could spell (`is_name`).
    """
    try:
        compiled(text, schema, result)
    except ExpressionFault as fault:
        return list(fault.faults)
    return []


def evaluate(text: str, schema: Schema, values: Mapping[str, Any], result: Kind) -> Any:
    """The value of the expression, or None when missing values leave it open.

    Values are given and returned as `values.py` says; names without a value count as missing, further values
    are ignored. Raises ExpressionFault for a text that does not pass `check`, a value that does not fit its
    kind, division by zero, overflow, or too much work.
    """
    return run(text, schema, values, result)


def reads(text: str, schema: Schema, result: Kind = Kind.YES_NO) -> frozenset[str]:
    """The names of the schema that the expression uses, and `list.field` for fields of rows.

    Raises ExpressionFault for a text that does not pass `check`.
    """
    return compiled(text, schema, result).fields
