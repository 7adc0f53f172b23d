"""``manage.py check --database default``: does the database still protect the record?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core import checks

from foundation.audit import guards


@checks.register(checks.Tags.database)
def guards_are_installed(databases: Sequence[str] | None = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Warn of each missing guard.

    A warning, not an error: ``migrate``, the remedy, runs this check first. Server and worker refuse to start
    (``guards.assert_installed``).
    """
    return [
        checks.Warning(
            f"The database {using!r} does not protect the record: {name} is missing or altered.",
            hint="Run: manage.py migrate",
            id="audit.W001",
        )
        for using in databases or []
        for name in guards.missing(using)
    ]
