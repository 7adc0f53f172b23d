"""How long notifications and deliveries are kept, and their going."""

from __future__ import annotations

import datetime

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from foundation.notifying.models import Announcement, Delivery
from foundation.outbox.rounds import every

BATCH = 2_000


@every("notifications kept", datetime.timedelta(hours=6))
def remove_old() -> int:
    """Remove what was said longer ago than ``NOTIFICATIONS_KEEP_DAYS``, with all that went out for it; return how many.

    What still waits to go out stays until it went or was given up.
    """
    before = timezone.now() - datetime.timedelta(days=settings.NOTIFICATIONS_KEEP_DAYS)
    under_way = Delivery.objects.filter(reason="").filter(
        Q(message__isnull=True) | Q(message__delivered_at__isnull=True, message__given_up_at__isnull=True)
    )
    removed = 0
    while True:
        old = list(
            Announcement.objects.filter(created_at__lt=before)
            .exclude(pk__in=under_way.values("announcement"))
            .values_list("pk", flat=True)[:BATCH]
        )
        if not old:
            return removed
        removed += Announcement.objects.filter(pk__in=old).delete()[0]
