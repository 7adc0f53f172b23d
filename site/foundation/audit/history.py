"""The per-field history kept beside the chain, as every model of ours uses it."""

from __future__ import annotations

from typing import Any

from django.db import models
from simple_history.models import HistoricalRecords


class History(HistoricalRecords):  # type: ignore[misc]
    """``HistoricalRecords`` that keeps the author by value: no change to a user can erase who did
    something.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("history_user_id_field", models.BigIntegerField(null=True, editable=False))
        super().__init__(*args, **kwargs)
