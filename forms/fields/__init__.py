"""The kinds of field there are. A new kind: a module beside these, and its line in the list."""

from __future__ import annotations

from typing import Any

from forms.fields import (
    cascade,
    checklist,
    choice,
    choices,
    date,
    date_range,
    decimal,
    email,
    id_card,
    likert,
    long_text,
    moment,
    money,
    phone,
    plate,
    rating,
    rich_note,
    static,
    table,
    text,
    time,
    vin,
    whole_number,
    yes_no,
)
from forms.fields.base import (
    NO_MARKUP,
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
    gathered,
    parts_of,
)

KINDS: dict[str, FieldKind[Any]] = {
    kind.key: kind
    for kind in (
        text.KIND,
        long_text.KIND,
        rich_note.KIND,
        whole_number.KIND,
        decimal.KIND,
        money.KIND,
        date.KIND,
        time.KIND,
        moment.KIND,
        date_range.KIND,
        yes_no.KIND,
        choice.KIND,
        choices.KIND,
        cascade.KIND,
        rating.KIND,
        likert.KIND,
        table.KIND,
        checklist.KIND,
        phone.KIND,
        email.KIND,
        plate.KIND,
        vin.KIND,
        id_card.KIND,
        static.KIND,
    )
}

__all__ = [
    "KINDS",
    "NO_MARKUP",
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
    "gathered",
    "parts_of",
]
