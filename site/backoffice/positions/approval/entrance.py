"""How people come to their approvals: the count beside Positions, the line on the first page of the staff side."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import ngettext

from backoffice.access.navigation import register_count
from backoffice.access.waiting import Waiting, register_waiting
from backoffice.positions.approval import queries


def register() -> None:
    """Tell the rail and the first page."""
    register_count("positions", queries.count_for)
    register_waiting("approvals", waiting)


def waiting(user: Any) -> Waiting | None:
    """Return the line about descriptions that wait for the person's decision, or None."""
    count = queries.count_for(user)
    if not count:
        return None
    words = ngettext(
        "%(count)d position description waits for your approval",
        "%(count)d position descriptions wait for your approval",
        count,
    )
    return Waiting(reverse("positions:approvals"), "circle-check", words % {"count": count})
