"""The kinds of value an expression can read and give, and what a schema is.

Each kind is a type of its own for the checker (money never compares with a whole number), while the runtime
sees only whole numbers, text, yes/no and lists. `values.py` carries values across.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Kind(StrEnum):
    """What a name holds. The value is stable: definitions may store it."""

    TEXT = "text"
    WHOLE = "whole"
    DECIMAL = "decimal"
    MONEY = "money"
    YES_NO = "yes_no"
    DATE = "date"
    MOMENT = "moment"
    PERSON = "person"
    LIST_OF_TEXT = "list_of_text"
    LIST_OF_PERSON = "list_of_person"
    RECORD_LIST = "record_list"


KIND_NAMES: dict[Kind, Promise] = {
    Kind.TEXT: _("text"),
    Kind.WHOLE: _("whole number"),
    Kind.DECIMAL: _("decimal number"),
    Kind.MONEY: _("amount of money"),
    Kind.YES_NO: _("yes or no"),
    Kind.DATE: _("date"),
    Kind.MOMENT: _("point in time"),
    Kind.PERSON: _("person"),
    Kind.LIST_OF_TEXT: _("list of texts"),
    Kind.LIST_OF_PERSON: _("list of persons"),
    Kind.RECORD_LIST: _("list of records"),
}

SCALARS: tuple[Kind, ...] = (
    Kind.TEXT,
    Kind.WHOLE,
    Kind.DECIMAL,
    Kind.MONEY,
    Kind.YES_NO,
    Kind.DATE,
    Kind.MOMENT,
    Kind.PERSON,
)
ORDERED: tuple[Kind, ...] = (Kind.WHOLE, Kind.DECIMAL, Kind.MONEY, Kind.DATE, Kind.MOMENT)
COUNTED: tuple[Kind, ...] = (Kind.WHOLE, Kind.DECIMAL, Kind.MONEY)


@dataclass(frozen=True)
class RecordList:
    """The rows of a repeating group: field name → kind. Rows hold no rows of their own."""

    fields: Mapping[str, Kind]

    def __post_init__(self) -> None:
        """Keeps a copy, so that it stays what it was hashed as."""
        object.__setattr__(self, "fields", MappingProxyType(dict(self.fields)))

    def __hash__(self) -> int:
        return hash(frozenset(self.fields.items()))


SchemaEntry: TypeAlias = Kind | RecordList
Schema: TypeAlias = Mapping[str, SchemaEntry]
FrozenSchema: TypeAlias = tuple[tuple[str, Kind | tuple[tuple[str, Kind], ...]], ...]

_PART = r"[A-Za-z_][A-Za-z0-9_]*"
_NAME = re.compile(rf"{_PART}(?:\.{_PART})*")
_FIELD = re.compile(_PART)
# Words of the CEL grammar, and those it keeps for later (CEL specification, "Syntax").
RESERVED = frozenset(
    [
        *("in", "true", "false", "null", "as", "break", "const", "continue", "else", "for", "function", "if"),
        *("import", "let", "loop", "package", "namespace", "return", "var", "void", "while"),
    ]
)
# Types that CEL declares under these words; a name of ours would hide the type (specification, "Abstract Types").
TYPES = frozenset(
    ["bool", "bytes", "double", "dyn", "int", "list", "map", "null_type", "string", "type", "uint"]
)


def is_name(text: str) -> bool:
    """Whether an expression can use it as a name: ASCII words joined by dots, none of them reserved, the first
    not a type of the language.
    """
    if not _NAME.fullmatch(text) or len(text) > 200:
        return False
    words = text.split(".")
    return words[0] not in TYPES and not RESERVED.intersection(words)


def is_field_name(text: str) -> bool:
    """Whether a field of a repeating group can be read by this name: as `is_name`, without dots."""
    return bool(_FIELD.fullmatch(text)) and len(text) <= 200 and text not in RESERVED


def freeze(schema: Schema) -> FrozenSchema:
    """The schema as a hashable value, names in order.

    Raises ValueError for a name that no expression could spell, and for rows inside rows.
    """
    frozen: list[tuple[str, Kind | tuple[tuple[str, Kind], ...]]] = []
    for name in sorted(schema):
        entry = schema[name]
        if not is_name(name):
            raise ValueError(f"{name!r} cannot be a name in an expression")
        if isinstance(entry, RecordList):
            for field, kind in entry.fields.items():
                if not is_field_name(field):
                    raise ValueError(f"{field!r} cannot be a field name in an expression")
                if kind is Kind.RECORD_LIST:
                    raise ValueError(f"{name}.{field}: rows hold no rows of their own")
            frozen.append((name, tuple(sorted((field, Kind(kind)) for field, kind in entry.fields.items()))))
        else:
            frozen.append((name, () if Kind(entry) is Kind.RECORD_LIST else Kind(entry)))
    return tuple(frozen)
