"""Editions for tests."""

from __future__ import annotations

import datetime
import itertools
from typing import Any

from foundation.editions.canonical import canonical, digest
from foundation.editions.models import Edition
from foundation.organisation.models import User
from tests.factories.organisation import LONG_AGO, make_user

_serial = itertools.count(1)


def make_edition(
    kind: str = Edition.Kind.FORM,
    key: str = "",
    body: dict[str, Any] | None = None,
    *,
    number: int | None = None,
    effective_from: datetime.date = LONG_AGO,
    effective_until: datetime.date | None = None,
    by: User | None = None,
) -> Edition:
    """Write the next edition of ``key`` (in force since long ago), without the audit event of ``publish``."""
    key = key or f"definition-{next(_serial)}"
    stored = canonical({"key": key} if body is None else body)
    last = Edition.objects.filter(kind=kind, key=key).order_by("-number").first()
    return Edition.objects.create(
        kind=kind,
        key=key,
        number=number or (last.number + 1 if last else 1),
        body=stored,
        sha256=digest(stored),
        effective_from=effective_from,
        effective_until=effective_until,
        published_by=by or make_user(),
    )
