"""The per-field history kept beside the chain, as every model of ours uses it."""

from __future__ import annotations

from functools import cache
from inspect import getattr_static
from typing import Any

from django.db import models
from django.utils import timezone
from simple_history.models import HistoricalRecords
from simple_history.signals import post_create_historical_record, pre_create_historical_record

from foundation.prepared import insert_row


class History(HistoricalRecords):  # type: ignore[misc]
    """``HistoricalRecords`` that keeps the author by value: no change to a user can erase who did
    something.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("history_user_id_field", models.BigIntegerField(null=True, editable=False))
        super().__init__(*args, **kwargs)

    def create_historical_record(self, instance: Any, history_type: str, using: str | None = None) -> None:
        """Write the history row of ``instance`` as the library does, with one statement that is composed once.

        The library's own way is kept where relations to many belong to the history.
        """
        model: type[models.Model] = type(instance)
        rows = _rows_of(model, self.manager_name)
        if getattr(rows, "_history_m2m_fields", ()) or hasattr(rows, "history_relation"):
            super().create_historical_record(instance, history_type, using)
            return
        told = {
            "history_date": getattr(instance, "_history_date", timezone.now()),
            "history_user": self.get_history_user(instance),
            "history_change_reason": self.get_change_reason_for_object(instance, history_type, using),
        }
        values = {field.attname: getattr(instance, field.attname) for field in self.fields_included(instance)}
        row = rows(history_type=history_type, **told, **values)
        pre_create_historical_record.send(rows, instance=instance, history_instance=row, using=using, **told)
        insert_row(row)
        post_create_historical_record.send(rows, instance=instance, history_instance=row, using=using, **told)


@cache
def _rows_of(model: type[models.Model], manager: str) -> type[models.Model]:
    # Asked of the class itself: the descriptor makes a new class of managers each time it is asked.
    kept: type[models.Model] = getattr_static(model, manager).model
    return kept
