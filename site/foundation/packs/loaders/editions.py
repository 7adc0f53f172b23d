"""Definitions that are published as editions: one file each, published when its content changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from typing import Any

from django.utils.translation import gettext as _

from foundation.editions.canonical import canonical
from foundation.editions.models import Edition
from foundation.editions.queries import body_of, newest
from foundation.editions.services import publish
from foundation.organisation.models import User
from foundation.packs.exceptions import PackFault
from foundation.packs.registry import PlannedChange, compare, place_of

Validate = Callable[[dict[str, Any]], dict[str, Any] | None]


class EditionLoader:
    """Reads and writes the definitions of one kind of edition.

    ``validate`` gets the content of a file and raises ``PackFault``, pydantic's ``ValidationError`` or
    ``ValueError`` for what may not be published. It may return the content as it is to be stored
    (defaults filled in); with None it is stored as it stands. The key of a definition is its ``key``,
    which is also the file's name.
    """

    def __init__(self, kind: str, *, validate: Validate | None = None) -> None:
        self.kind = kind
        self.validate = validate

    def plan(self, path: PurePosixPath, data: dict[str, Any], *, by: User) -> list[PlannedChange]:
        """Return the one change that publishing this file would be."""
        key, body = self._read(path, data)
        last = newest(self.kind, key)
        return [compare(self.kind, key, body_of(last) if last else None, body)]

    def apply(self, path: PurePosixPath, data: dict[str, Any], *, by: User) -> list[PlannedChange]:
        """Publish the file as the next edition where it says something new."""
        planned = self.plan(path, data, by=by)
        if planned[0].action != "unchanged":
            key, body = self._read(path, data)
            publish(kind=self.kind, key=key, body=body, by=by, channel="pack")
        return planned

    def export(self) -> Iterable[tuple[str, dict[str, Any]]]:
        """Yield the newest edition of each key."""
        seen: set[str] = set()
        for edition in Edition.objects.filter(kind=self.kind).order_by("key", "-number"):
            if edition.key not in seen:
                seen.add(edition.key)
                yield f"{place_of(self.kind)}/{edition.key}.yaml", body_of(edition)

    def _read(self, path: PurePosixPath, data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        key = data.get("key")
        if key != path.stem:
            raise PackFault(
                _("The key is %(key)s, the file is called %(file)s: both must be the same.")
                % {"key": key, "file": path.stem},
                at=("key",),
            )
        try:
            stored = (self.validate(data) if self.validate else None) or data
            canonical(stored)
        except (TypeError, ValueError) as fault:
            if hasattr(fault, "errors"):  # pydantic's, which names the place of each fault
                raise
            raise PackFault(str(fault)) from fault
        return path.stem, stored
