"""Questions about editions. One query each; nothing here asks who is asking."""

from __future__ import annotations

import datetime
import json
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from foundation.editions.models import Edition


def editions_of(kind: str, key: str) -> QuerySet[Edition]:
    """Return the editions of one definition or text, newest first."""
    return Edition.objects.filter(kind=kind, key=key).order_by("-number")


def newest(kind: str, key: str) -> Edition | None:
    """Return the edition with the highest number, in force or not."""
    return editions_of(kind, key).first()


def in_force(kind: str, key: str, day: datetime.date | None = None) -> Edition | None:
    """Return the edition in force on ``day`` (today without one).

    Of the editions that have begun and not ended, the one that began last; of those that began on the
    same day, the one with the highest number, which corrects the others.
    """
    return _begun(day).filter(kind=kind, key=key).order_by("-effective_from", "-number").first()


def all_in_force(kind: str, day: datetime.date | None = None) -> list[Edition]:
    """Return the edition in force on ``day`` of each key of ``kind``, sorted by key."""
    chosen: dict[str, Edition] = {}
    for edition in _begun(day).filter(kind=kind).order_by("key", "-effective_from", "-number"):
        chosen.setdefault(edition.key, edition)
    return list(chosen.values())


def body_of(edition: Edition) -> dict[str, Any]:
    """Return the content of the edition as plain values."""
    body: dict[str, Any] = json.loads(bytes(edition.body))
    return body


def _begun(day: datetime.date | None) -> QuerySet[Edition]:
    day = day or timezone.localdate()
    return Edition.objects.filter(effective_from__lte=day).filter(
        Q(effective_until__isnull=True) | Q(effective_until__gte=day)
    )
