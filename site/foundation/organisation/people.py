"""People as the screens offer them."""

from __future__ import annotations

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import get_language

from foundation.organisation.models import User


def active_people() -> QuerySet[User]:
    """Return everybody who can be chosen: accounts that are switched on, by the name the reader sees."""
    name: F | Coalesce = F("full_name")
    if (get_language() or "").startswith("en"):
        name = Coalesce(NullIf(F("full_name_en"), Value("")), F("full_name"))
    return User.objects.filter(is_active=True).order_by(name, "pk")
