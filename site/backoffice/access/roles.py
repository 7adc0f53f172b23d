"""The roles of whoever makes a request, asked once per request."""

from __future__ import annotations

from django.http import HttpRequest

from backoffice.access.table import ADMINISTRATOR
from foundation.organisation import resolution


def roles_on(request: HttpRequest) -> frozenset[str]:
    """Return the keys of the roles the person holds today; none for an anonymous one.

    A superuser is an administrator, and nothing more: somebody has to bind the first roles.
    """
    held: frozenset[str] | None = getattr(request, "_roles", None)
    if held is None:
        user = request.user
        if not user.is_authenticated:
            held = frozenset()
        else:
            held = resolution.roles_of(user)
            if user.is_superuser:
                held |= {ADMINISTRATOR}
        request._roles = held  # type: ignore[attr-defined]
    return held
