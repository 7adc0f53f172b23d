"""What an event says of the row it tells about: the row's fields, and who and when of its history row.

Both are read from the database after saving, never from memory: what is committed to is what is stored.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import models

from foundation.audit.canonical import canonical
from foundation.prepared import Prepared, Slot


def plain(value: Any) -> Any:
    """Return a stored value as canonical JSON can hold it, each kind told apart from every other."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return {"float": repr(value)}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(datetime.UTC)
        return {"moment": value.isoformat(timespec="microseconds")}
    if isinstance(value, datetime.date | datetime.time):
        return {type(value).__name__: value.isoformat()}
    if isinstance(value, datetime.timedelta):
        return {"microseconds": value // datetime.timedelta(microseconds=1)}
    if isinstance(value, uuid.UUID):
        return {"uuid": value.hex}
    if isinstance(value, bytes | memoryview):
        return {"bytes": bytes(value).hex()}
    if isinstance(value, Mapping):
        return {"map": {str(key): plain(item) for key, item in value.items()}}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} cannot be committed to")


@cache
def columns(model: type[models.Model]) -> tuple[str, ...]:
    """Return the names of the model's columns, its key included: all of them are committed to."""
    return tuple(sorted(field.attname for field in model._meta.concrete_fields))


@cache
def history_model(model: type[models.Model]) -> type[models.Model] | None:
    """Return the model of the history rows kept for ``model``, or nothing when it keeps none."""
    attribute = getattr(model._meta, "simple_history_manager_attribute", None)
    if attribute is None:
        return None
    history: type[models.Model] = getattr(model, attribute).model
    absent = set(columns(model)) - set(columns(history))
    if absent:
        raise ImproperlyConfigured(
            f"The history of {model._meta.label} leaves out {', '.join(sorted(absent))}; "
            "an audited model keeps all fields."
        )
    return history


@cache
def history_columns(model: type[models.Model], history: type[models.Model]) -> tuple[str, ...]:
    """Return the columns that a history row adds to those of its row: who, when, why, what."""
    return tuple(sorted(set(columns(history)) - set(columns(model))))


def row_bytes(names: Sequence[str], values: Sequence[Any]) -> bytes:
    """Return the canonical bytes of one row, given as names and values side by side."""
    return canonical({name: plain(value) for name, value in zip(names, values, strict=True)}, exact=True)


def committed(model: type[models.Model], names: Sequence[str], values: Sequence[Any]) -> bytes:
    """Return what an event commits to of a row of an audited model: all columns but the later ones at rest."""
    later: Mapping[str, Any] = getattr(model, "later_columns", {})
    kept = [
        (name, value)
        for name, value in zip(names, values, strict=True)
        if name not in later or plain(value) != plain(later[name])
    ]
    return row_bytes([name for name, _value in kept], [value for _name, value in kept])


def stored_row(model: type[models.Model], pk: Any) -> bytes:
    """Return the canonical bytes of the row as the database holds it now. One query."""
    values = _whole_row(model).first(pk=pk)
    if values is None:
        raise LookupError(f"{model._meta.label} has no row {pk}.")
    return committed(model, columns(model), values)


@cache
def _whole_row(model: type[models.Model]) -> Prepared[tuple[Any, ...]]:
    return Prepared(
        lambda: model._base_manager.filter(pk=Slot("pk", model._meta.pk)).values_list(*columns(model))
    )
