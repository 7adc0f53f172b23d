"""How people come to what waits for their signature: a count in the rail, a line above the inbox."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.access.navigation import register_count
from backoffice.access.waiting import Waiting, register_waiting
from backoffice.positions.signoff import queries


def connect() -> None:
    """Register both."""
    register_count("positions", lambda user: queries.open_for(user).count())
    register_waiting("sign-offs", waiting)


def waiting(user: Any) -> Waiting | None:
    """Return the line for the person, or None where nothing is to be signed. One query."""
    due = list(queries.open_for(user).values_list("due_on", flat=True))
    if not due:
        return None
    text = ngettext(
        "%(count)s position description waits for your signature.",
        "%(count)s position descriptions wait for your signature.",
        len(due),
    ) % {"count": len(due)}
    late = sum(day < timezone.localdate() for day in due)
    if late:
        text = _("%(waiting)s Overdue: %(late)s.") % {"waiting": text, "late": late}
    return Waiting(reverse("positions:sign-offs"), "pencil", text, late=bool(late))
