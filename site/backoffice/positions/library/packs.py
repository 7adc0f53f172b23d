"""``library/<key>.yaml`` of a pack: one item, published as its next version when it says something new.

A row of ``positions/<code>.yaml`` names the item it is taken from under ``library``: its key, or key and version
(``greet-customer@2``). Numbers differ from house to house, words do not: a key alone means the version that says
what the row says, and where none does the newest one (``resolved``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Annotated, Any

from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field

from backoffice.positions.library import items, links, queries
from backoffice.positions.library.exceptions import LibraryError, WordingInvalid
from backoffice.positions.library.links import Link
from backoffice.positions.library.models import LibraryItem
from backoffice.positions.library.wording import BY_NAME, columns_of, same, wording_of
from backoffice.positions.parts import LINK, Part
from foundation.editions.models import Edition
from foundation.editions.queries import body_of
from foundation.organisation.models import User
from foundation.packs import registry
from foundation.packs.exceptions import PackFault
from foundation.packs.registry import PlannedChange, compare

KIND = "library item"


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    key: Annotated[str, Field(pattern=f"^{links.KEY}$")]
    part: str
    subject: Annotated[str, Field(max_length=80)] = ""
    note: str = ""
    retired: bool = False
    wording: dict[str, Any]


class LibraryLoader:
    """Reads and writes items."""

    def plan(self, path: PurePosixPath, data: dict[str, Any], *, by: User) -> list[PlannedChange]:
        """Return the one change that this file would be."""
        wanted = self._read(path, data)
        item = LibraryItem.objects.filter(key=wanted["key"]).first()
        return [compare(KIND, wanted["key"], _said(item) if item else None, wanted)]

    def apply(self, path: PurePosixPath, data: dict[str, Any], *, by: User) -> list[PlannedChange]:
        """Make the item where it is missing, and publish the file's wording as ``by``."""
        planned = self.plan(path, data, by=by)
        if planned[0].action == "unchanged":
            return planned
        wanted = self._read(path, data)
        item = LibraryItem.objects.filter(key=wanted["key"]).first()
        shelf = {"subject": wanted["subject"], "note": wanted["note"]}
        if item is None:
            item = items.create(
                part=wanted["part"], wording=wanted["wording"], by=by, key=wanted["key"], publish="", **shelf
            )
        else:
            if item.is_retired:
                item = items.restore(item, by=by)
            item = items.change(item, by=by, version=item.version, wording=wanted["wording"], **shelf)
            if item.changed:
                item = items.publish(item, by=by)
        if wanted["retired"]:
            items.retire(item, by=by)
        return planned

    def export(self) -> Iterable[tuple[str, dict[str, Any]]]:
        """Yield the newest version of each published item."""
        for item in LibraryItem.objects.filter(number__gt=0).order_by("key"):
            yield f"library/{item.key}.yaml", _short(_said(item))

    def _read(self, path: PurePosixPath, data: dict[str, Any]) -> dict[str, Any]:
        file = _File.model_validate(data)
        if file.key != path.stem:
            raise PackFault(
                _("The key is %(key)s, the file is called %(file)s: both must be the same.")
                % {"key": file.key, "file": path.stem},
                at=("key",),
            )
        part = BY_NAME.get(file.part)
        if part is None:
            raise PackFault(
                _("There are no library items for the part %(part)s.") % {"part": file.part}, at=("part",)
            )
        other = LibraryItem.objects.filter(key=file.key).exclude(part=file.part).first()
        if other is not None:
            raise PackFault(
                _("The item %(key)s is one of the part %(part)s.") % {"key": file.key, "part": other.part},
                at=("part",),
            )
        names = {column.name for column in columns_of(part)}
        if unknown := sorted(file.wording.keys() - names):
            raise PackFault(
                _("%(name)s is nothing that an item of this part says.") % {"name": unknown[0]},
                at=("wording", unknown[0]),
            )
        defaults = {column.name: column.default for column in columns_of(part) if column.required}
        try:
            said = items.checked(part, {**defaults, **file.wording})
        except WordingInvalid as invalid:
            first = next(iter(invalid.faults))
            raise PackFault(str(invalid), at=("wording", first)) from invalid
        except LibraryError as refused:
            raise PackFault(str(refused), at=()) from refused
        return {**file.model_dump(), "wording": said}


def register() -> None:
    """Let packs hold items of the library."""
    registry.register("library", LibraryLoader())


def _said(item: LibraryItem) -> dict[str, Any]:
    """Return the item in the form of a file: what was published, not the working copy."""
    return {
        "key": item.key,
        "part": item.part,
        "subject": item.subject,
        "note": item.note,
        "retired": item.is_retired,
        "wording": items.newest_wording(item) or {},
    }


def _short(said: dict[str, Any]) -> dict[str, Any]:
    """Return ``said`` without what a reader of the file supplies anyway."""
    part = BY_NAME[said["part"]]
    empty = wording_of(part, {column.name: column.default for column in columns_of(part) if column.required})
    wording = {name: value for name, value in said["wording"].items() if value != empty[name]}
    return {name: value for name, value in said.items() if value} | {"wording": wording}


# --- the references in descriptions -------------------------------------------------------------------------


def resolved(wanted: Mapping[str, list[dict[str, Any]]], last: Mapping[str, Any] | None) -> None:
    """Write key and version into the rows of ``wanted`` (part → rows) that name an item. Two queries.

    Of the versions that say what the row says: the one the row names, the one it has in ``last`` (the newest
    edition's body), the newest. Where none does: the one it names or has, if it is there, the newest otherwise.
    Raises PackFault for an item that is not in the library.
    """
    named = [
        (BY_NAME[name], row, place)
        for name in BY_NAME
        for place, row in enumerate(wanted[name])
        if row[LINK.name]
    ]
    keys = {row[LINK.name].partition("@")[0] for _part, row, _place in named}
    if not keys:
        return
    parts = dict(LibraryItem.objects.filter(key__in=keys, number__gt=0).values_list("key", "part"))
    versions: dict[str, dict[int, Mapping[str, Any]]] = defaultdict(dict)
    for edition in Edition.objects.filter(kind=queries.KIND, key__in=keys):
        versions[edition.key][edition.number] = body_of(edition)["wording"]
    for part, row, place in named:
        key = row[LINK.name].partition("@")[0]
        if parts.get(key) != part.name:
            raise PackFault(
                _("There is no item %(key)s of the part %(part)s in the library.")
                % {"key": key, "part": part.name},
                at=(part.name, place, LINK.name),
            )
        row[LINK.name] = str(Link(key, _version(part, row, versions[key], last)))


def _version(
    part: Part,
    row: Mapping[str, Any],
    versions: Mapping[int, Mapping[str, Any]],
    last: Mapping[str, Any] | None,
) -> int:
    kept = next((one for one in (last or {}).get(part.name) or () if one["id"] == row["id"]), {})
    key = row[LINK.name].partition("@")[0]
    asked = [
        link.version
        for text in (row[LINK.name], kept.get(LINK.name))
        if (link := links.parse(text)) and link.key == key and link.version in versions
    ]
    fitting = [number for number, wording in versions.items() if same(part, row, wording)]
    chosen = [number for number in asked if number in fitting] or sorted(fitting, reverse=True)[:1] or asked
    return chosen[0] if chosen else max(versions)
