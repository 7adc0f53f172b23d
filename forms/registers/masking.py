"""What stands in lists and files in place of an answer that is not open to somebody."""

from __future__ import annotations

from forms.registers.columns import RegisterColumn, Type

MASK = "••••"
_BEGINNING, _END = 3, 4


def masked(text: str, column: RegisterColumn) -> str:
    """Return that there is an answer, and of words that are merely personal so much that whoever knows them
    recognises them (``138****5678``, ``王**``).

    Source: ``confidentiality`` and ``readers`` of the field.
    """
    if not text:
        return ""
    if column.limited or column.type is not Type.TEXT:
        return MASK
    if len(text) > _BEGINNING + _END + 1:
        return f"{text[:_BEGINNING]}****{text[-_END:]}"
    return f"{text[0]}**"
