"""Answers in the cells of a list, as far as the reader's roles read them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from forms.registers.beside import BesideColumn
from forms.registers.columns import RegisterColumn, Type
from forms.registers.masking import masked
from forms.schema import FormDefinition

LONGEST_CELL = 120
SHORT = 8


@dataclass(frozen=True)
class Cell:
    """What stands in one column of one row."""

    label: str
    text: str
    kind: str
    """``text``, ``words``, ``nowrap``, ``number``, ``masked``, ``person``, ``moment`` or ``state``."""
    value: Any = None


def answer_cell(
    column: RegisterColumn,
    definition: FormDefinition,
    answers: Mapping[str, Any],
    label: str,
    roles: Collection[str],
    language: str,
) -> Cell:
    """Return an answer in the words of its own edition, masked where it is not open to these roles."""
    text = column.text(definition, answers, language)
    if not column.open_to(roles):
        return Cell(label, masked(text, column), "masked" if text else "text")
    short = f"{text[:LONGEST_CELL]}…" if len(text) > LONGEST_CELL else text
    return Cell(label, short, looks_of(column, short))


def looks_of(column: RegisterColumn | BesideColumn, text: str) -> str:
    """Return how a cell is set: numbers to the right, days on one line, sentences with room."""
    if column.type.counted:
        return "number"
    if column.type in (Type.DATE, Type.MOMENT, Type.TIME, Type.YES_NO):
        return "nowrap"
    return "words" if len(text) > SHORT else "text"
