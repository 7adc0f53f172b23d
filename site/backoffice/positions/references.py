"""Forms and workflows that a description names: what may be chosen, and what they are called."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import F, OuterRef, Subquery

from foundation.editions.models import Edition
from foundation.editions.texts import in_language

KINDS = (Edition.Kind.FORM, Edition.Kind.WORKFLOW)


# The title of each newest edition by the hash of its body, which never changes: drafts ask for every duty they hold.
_titles: dict[str, Mapping[str, str]] = {}


def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return what a duty may be related to, for a choice: forms, then workflows. One query, two after a change."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for kind, key, title in _newest():
        groups.setdefault(str(Edition.Kind(kind).label), []).append((f"{kind}:{key}", in_language(title)))
    return list(groups.items())


def titles(wanted: Iterable[str]) -> dict[str, Mapping[str, str]]:
    """Return the titles of those of ``wanted`` (``form:<key>``) that exist, per language. At most two queries."""
    names = {name for name in wanted if name}
    if not names:
        return {}
    return {f"{kind}:{key}": title for kind, key, title in _newest() if f"{kind}:{key}" in names}


def _newest() -> list[tuple[str, str, Mapping[str, str]]]:
    """Return kind, key and title of the newest edition of each form and workflow."""
    newest = Edition.objects.filter(kind=OuterRef("kind"), key=OuterRef("key")).order_by("-number")
    found = list(
        Edition.objects.filter(kind__in=KINDS)
        .annotate(newest=Subquery(newest.values("number")[:1]))
        .filter(number=F("newest"))
        .order_by("kind", "key")
        .values_list("kind", "key", "sha256")
    )
    unknown = {sha256 for _kind, _key, sha256 in found} - set(_titles)
    if unknown:
        for sha256, key, body in Edition.objects.filter(sha256__in=unknown).values_list(
            "sha256", "key", "body"
        ):
            _titles[sha256] = _title(json.loads(bytes(body)), key)
    return [(kind, key, _titles[sha256]) for kind, key, sha256 in found]


def _title(body: Mapping[str, Any], key: str) -> Mapping[str, str]:
    title = body.get("title")
    return title if isinstance(title, dict) and title else {"zh-hans": str(title or key)}
