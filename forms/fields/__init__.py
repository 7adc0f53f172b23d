"""The kinds of field there are. A new kind: a module beside these, and its line in the list."""

from __future__ import annotations

from typing import Any

from forms.fields import choice, date, long_text, money, phone, text, whole_number, yes_no
from forms.fields.base import (
    Cell,
    Column,
    Directory,
    FieldFault,
    FieldKind,
    FieldOptions,
    Found,
    NoDirectory,
    Reference,
    Segment,
    Stored,
    Surroundings,
    parts_of,
)

KINDS: dict[str, FieldKind[Any]] = {
    kind.key: kind
    for kind in (
        text.KIND,
        long_text.KIND,
        choice.KIND,
        phone.KIND,
        date.KIND,
        money.KIND,
        yes_no.KIND,
        whole_number.KIND,
    )
}

__all__ = [
    "KINDS",
    "Cell",
    "Column",
    "Directory",
    "FieldFault",
    "FieldKind",
    "FieldOptions",
    "Found",
    "NoDirectory",
    "Reference",
    "Segment",
    "Stored",
    "Surroundings",
    "parts_of",
]
