"""What operators and ``/readyz`` ask about effects. One query each."""

from __future__ import annotations

import datetime

from django.utils import timezone

from foundation.outbox.models import Heartbeat
from foundation.outbox.services import waiting


def worker_seen_at() -> datetime.datetime | None:
    """Return when a worker last said that it is alive; nothing when none ever ran."""
    return Heartbeat.objects.order_by("-seen_at").values_list("seen_at", flat=True).first()


def overdue(by: datetime.timedelta) -> int:
    """Return how many effects should have happened longer ago than ``by``."""
    return waiting().filter(due_at__lt=timezone.now() - by).count()
