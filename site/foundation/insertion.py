"""Many narrow rows written at once, for tables whose rows are as many as the answers of a form.

Django makes an object of every row and a placeholder of every value; with eighty rows that costs more than the
database does. Here the rows are plain values and one statement takes them all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import chain
from typing import Any

from django.db import connection, models

BATCH = 1_000
_AS_THEY_ARE = frozenset(
    {
        "BigIntegerField",
        "BinaryField",
        "CharField",
        "ForeignKey",
        "PositiveIntegerField",
        "PositiveSmallIntegerField",
        "TextField",
    }
)
"""Kinds of column whose Python values both databases take as they are; a key is that of the row it names."""


def insert_rows(model: type[models.Model], names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert ``rows``, each with one value for every attribute in ``names``; a thousand of them are one statement.

    For tables nothing listens to: no signal is sent, no default is filled in, no key is returned. Constraints and
    guards of the database hold as ever.
    """
    if not rows:
        return
    prepared = [
        (place, field.get_db_prep_save)
        for place, name in enumerate(names)
        if (field := _field(model, name)).get_internal_type() not in _AS_THEY_ARE
    ]
    ready = [_ready(row, prepared) for row in rows] if prepared else rows
    into, marks = _statement(model, names), f"({', '.join(['%s'] * len(names))})"
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(into + marks, ready)  # prepared once, and no rows too many for it
            return
        for first in range(0, len(ready), BATCH):  # one message for many rows instead of one for each
            some = ready[first : first + BATCH]
            cursor.execute(into + ", ".join([marks] * len(some)), list(chain.from_iterable(some)))


def _ready(row: Sequence[Any], prepared: Sequence[tuple[int, Callable[..., Any]]]) -> list[Any]:
    values = list(row)
    for place, prepare in prepared:
        values[place] = prepare(values[place], connection)
    return values


@cache
def _field(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    return next(field for field in model._meta.concrete_fields if field.attname == name)


def _statement(model: type[models.Model], names: Sequence[str]) -> str:
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(_field(model, name).column)) for name in names)
    # The names are those of our own models.
    return f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES "  # noqa: S608
