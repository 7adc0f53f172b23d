"""Forms and workflows that a description names: what may be chosen, and what they are called."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import F, OuterRef, Subquery

from foundation.editions.models import Edition
from foundation.editions.texts import in_language

KINDS = (Edition.Kind.FORM, Edition.Kind.WORKFLOW)


def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return what a duty may be related to, for a choice: forms, then workflows. One query."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for edition in _newest():
        kind = str(Edition.Kind(edition.kind).label)
        groups.setdefault(kind, []).append((f"{edition.kind}:{edition.key}", in_language(_title(edition))))
    return list(groups.items())


def titles(wanted: Iterable[str]) -> dict[str, Mapping[str, str]]:
    """Return the titles of those of ``wanted`` (``form:<key>``) that exist, per language. At most one query."""
    names = {name for name in wanted if name}
    if not names:
        return {}
    found = {f"{edition.kind}:{edition.key}": _title(edition) for edition in _newest()}
    return {name: found[name] for name in names if name in found}


def _newest() -> Iterable[Edition]:
    """Return the newest edition of each form and workflow."""
    newest = Edition.objects.filter(kind=OuterRef("kind"), key=OuterRef("key")).order_by("-number")
    return (
        Edition.objects.filter(kind__in=KINDS)
        .annotate(newest=Subquery(newest.values("number")[:1]))
        .filter(number=F("newest"))
        .order_by("kind", "key")
    )


def _title(edition: Edition) -> Mapping[str, str]:
    body: dict[str, Any] = json.loads(bytes(edition.body))
    title = body.get("title")
    return title if isinstance(title, dict) and title else {"zh-hans": str(title or edition.key)}
