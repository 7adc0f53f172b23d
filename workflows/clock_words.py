"""What people read of a clock: how much time there is, and what it does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def time_of(said: Mapping[str, Any]) -> str:
    """Return how much time a clock gives, also while it is not soundly said; of several targets the first one."""
    targets = said.get("targets")
    listed = targets if isinstance(targets, list) else []
    first = listed[0] if listed else None
    if not isinstance(first, dict):
        return ""
    more = "…" if len(listed) > 1 else ""
    if first.get("answer"):
        return _("promised time") + more
    return length(first.get("amount"), str(first.get("unit", "working_hours"))) + more


def length(amount: Any, unit: str) -> str:
    """Return a length of time in words; "" for one that is no number."""
    if isinstance(amount, bool) or not isinstance(amount, int):
        return ""
    words = {"count": amount}
    match unit:
        case "working_minutes":
            return ngettext("%(count)d working minute", "%(count)d working minutes", amount) % words
        case "working_hours":
            return ngettext("%(count)d working hour", "%(count)d working hours", amount) % words
        case "working_days" if amount == 0:
            return _("the same working day")
        case "working_days":
            return ngettext("%(count)d working day", "%(count)d working days", amount) % words
        case "minutes":
            return ngettext("%(count)d minute", "%(count)d minutes", amount) % words
        case "hours":
            return ngettext("%(count)d hour", "%(count)d hours", amount) % words
    return ngettext("%(count)d day", "%(count)d days", amount) % words
