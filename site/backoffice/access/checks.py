"""``manage.py check``: does the table of addresses fit the addresses; is the installation fit for real
data?
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from backoffice.access import routes, startup_rules


@register(Tags.urls)
def every_address_is_classified(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """A route without a line is closed to everybody: somebody forgot it. A line without a route misleads
    its reader.
    """
    return [
        *(
            Error(
                f"No line in backoffice.access.table for: {route}",
                hint="Say who may open it.",
                id="access.E001",
            )
            for route in routes.unclassified()
        ),
        *(
            checks.Warning(
                f"backoffice.access.table speaks of an address that is not there: {name}", id="access.W001"
            )
            for name in routes.stale()
        ),
    ]


@register(Tags.database, deploy=True)
def no_demonstration_account(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """The passwords of the demonstration are in the README."""
    if not databases:
        return []
    try:
        names = startup_rules.active_demo_accounts()
    except DatabaseError:
        return []
    if not names:
        return []
    return [
        Error(
            f"Demonstration accounts are active: {', '.join(names)}.",
            hint=startup_rules.REMEDY,
            id="access.E002",
        )
    ]
