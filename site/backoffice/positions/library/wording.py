"""What an item says: the columns of its part, without those that each post says for itself."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from typing import Any

from backoffice.positions import references
from backoffice.positions.body import clean_row
from backoffice.positions.layout import value_of
from backoffice.positions.markup import words as plain_words
from backoffice.positions.parts import PARTS, Column, Part
from foundation.editions.texts import in_language

LIBRARY_PARTS: tuple[Part, ...] = tuple(part for part in PARTS if part.library)
BY_NAME = {part.name: part for part in LIBRARY_PARTS}
SHORT = 60


def columns_of(part: Part) -> tuple[Column, ...]:
    """Return the columns that an item says."""
    return tuple(column for column in part.columns if not column.local)


def main_column(part: Part) -> Column:
    """Return the column that holds what an item is about: the first text that must not be empty."""
    return next((one for one in part.columns if one.required and one.kind in ("text", "rich")), part.lead)


def wording_of(part: Part, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a row (of a stream, a body or a form) says of what an item says; texts in Unicode NFC."""
    clean = clean_row(part, row)
    return {
        column.name: unicodedata.normalize("NFC", value) if isinstance(value, str) else value
        for column in columns_of(part)
        for value in (clean[column.name],)
    }


def same(part: Part, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two rows say the same."""
    return wording_of(part, one) == wording_of(part, other)


def fingerprint(part: Part, row: Mapping[str, Any]) -> str:
    """Return a text that is equal for rows that say the same."""
    return json.dumps(wording_of(part, row), ensure_ascii=False, sort_keys=True)


def headline(part: Part, wording: Mapping[str, Any]) -> str:
    """Return the first words of an item, on one line."""
    column = main_column(part)
    lead = str(wording.get(column.name) or "")
    text = " ".join((plain_words(lead) if column.kind == "rich" else lead).split())
    return f"{text[:SHORT]}…" if len(text) > SHORT else text


def told(part: Part, wording: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return label and value of everything an item says, its main text first; what is empty is left out."""
    main = main_column(part).name
    columns = sorted(columns_of(part), key=lambda column: column.name != main)
    return [
        (str(column.label), _value(column, wording))
        for column in columns
        if wording.get(column.name) not in (None, "", False)
    ]


def _value(column: Column, wording: Mapping[str, Any]) -> str:
    """Return a value as a reader sees it; a form or workflow by what it is called today."""
    if column.kind != "reference":
        return value_of(column, wording)
    name = str(wording[column.name])
    title = references.titles([name]).get(name)
    return in_language(title) if title else name


def searched(part: Part, wording: Mapping[str, Any]) -> str:
    """Return the texts of an item in which words are looked for."""
    return "\n".join(
        str(wording[column.name])
        for column in columns_of(part)
        if column.kind in ("text", "rich") and wording.get(column.name)
    )
