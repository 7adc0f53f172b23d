"""What screens ask. Each function says how many queries it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from foundation.notifying.kinds import Topic, topic_of
from foundation.notifying.matters import visible
from foundation.notifying.models import Notification
from foundation.notifying.saying import Said, house_words, say
from foundation.organisation.models import User

MOST_COUNTED = 100
"""The bell says 99+ beyond; counting further would read rows for nothing."""


def unread_count(user: User) -> int:
    """Return how many notifications the person has not read, at most ``MOST_COUNTED``. One query."""
    return Notification.objects.filter(person=user, read_at__isnull=True)[:MOST_COUNTED].count()


def notifications_of(user: User, *, unread: bool = False) -> QuerySet[Notification]:
    """Return what the person was told, newest first."""
    rows = Notification.objects.filter(person=user).select_related("announcement")
    return rows.filter(read_at__isnull=True) if unread else rows


@dataclass(frozen=True)
class Shown:
    """A notification as its reader sees it. ``said`` is None where they may not see the matter any more."""

    row: Notification
    topic: Topic
    said: Said | None


def shown_to(user: User, rows: Sequence[Notification], language: str) -> list[Shown]:
    """Return ``rows`` in words; one question for each kind of matter among them."""
    words = house_words() if rows else {}
    seen = visible(user, {(row.announcement.matter_kind, row.announcement.matter_id) for row in rows})
    return [
        Shown(
            row,
            topic_of(row.announcement.kind),
            say(row.announcement, language, words, str(user))
            if (row.announcement.matter_kind, row.announcement.matter_id) in seen
            else None,
        )
        for row in rows
    ]
