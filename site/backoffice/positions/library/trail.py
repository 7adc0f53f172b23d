"""The trail of an item for the auditor's pages, and what the library did to drafts, for the trail of a
description.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q
from django.utils.translation import gettext as _

from backoffice.positions.library.items import KIND, stream_of
from backoffice.positions.library.models import LibraryItem
from backoffice.positions.library.wording import BY_NAME, headline
from backoffice.positions.parts import LINK
from foundation.audit.queries import EventView, events_of
from foundation.audit.trails import Subject, TrailChange, TrailEntry
from foundation.editions.services import stream_of as edition_stream

MOST = 100
UNTOLD = frozenset({"reason", "schema", "key", "part", "@number", "@effective_from"})


def find(words: str) -> list[Subject]:
    """Return the items in which every word occurs, the last changed first."""
    found = LibraryItem.objects.order_by("-updated_at")
    for word in words.split():
        found = found.filter(Q(key__icontains=word) | Q(words__icontains=word) | Q(subject__icontains=word))
    return [_subject(item) for item in found[:MOST]]


def subject(key: str) -> Subject | None:
    """Return the item with this key, or None."""
    item = LibraryItem.objects.filter(key=key).first()
    return _subject(item) if item else None


def entries(key: str) -> list[TrailEntry]:
    """Return everything that happened to the item, oldest first."""
    item = LibraryItem.objects.filter(key=key).first()
    if item is None:
        return []
    titles = {
        "library_item_made": _("Made"),
        "library_item_changed": _("Working copy changed"),
        "library_item_published": _("Version published"),
        "library_item_retired": _("Retired"),
        "library_item_restored": _("Restored"),
    }
    versions = {event.references.get("edition", ""): event for event in events_of(edition_stream(KIND, key))}
    told = []
    for event in events_of(stream_of(key)):
        number = event.references.get("edition", "")
        shown = versions[number].changes if number in versions else event.changes
        title = titles.get(event.kind, event.kind)
        told.append(
            TrailEntry(
                at=event.at,
                who=event.actor,
                what=f"{title} · {number}" if number else title,
                changes=[
                    TrailChange(_label(item, change.path), _text(change.before), _text(change.after))
                    for change in shown
                    if change.path not in UNTOLD
                ],
                reason=next((str(one.after) for one in event.changes if one.path == "reason"), ""),
                proof=event.hash,
                version=event.version,
            )
        )
    return told


def of_description(acts: Iterable[EventView]) -> list[TrailEntry]:
    """Return the entries of a description's trail that tell what was taken from the library into its draft."""
    titles = {
        "position_library_inserted": _("Inserted from the library into the draft"),
        "position_library_taken_over": _("Newer library version taken over into the draft"),
        "position_library_linked": _("Row of the draft linked to the library"),
    }
    return [
        TrailEntry(
            at=event.at,
            who=event.actor,
            what=titles[event.kind],
            changes=[
                TrailChange(_row_label(change.path), _text(change.before), _text(change.after))
                for change in event.changes
            ],
            proof=event.hash,
            version=event.version,
        )
        for event in acts
        if event.kind in titles
    ]


def _subject(item: LibraryItem) -> Subject:
    part = BY_NAME[item.part]
    return Subject(
        key=item.key,
        title=f"{part.one} · {headline(part, item.wording)} ({item.key})",
        streams=(stream_of(item.key), edition_stream(KIND, item.key)),
    )


def _label(item: LibraryItem, path: str) -> str:
    if path.startswith("wording."):
        name = path.removeprefix("wording.")
        return next((str(one.label) for one in BY_NAME[item.part].columns if one.name == name), name)
    known = {
        "subject": _("Subject on the shelf"),
        "note": _("Note"),
        "@note": _("What changed and why"),
        "retired": _("Retired"),
    }
    return known.get(path, path)


def _row_label(path: str) -> str:
    part, _row, column = (*path.split(".", 2), "", "")[:3]
    known = BY_NAME.get(part)
    if known is None:
        return path
    labels = {one.name: str(one.label) for one in known.stored}
    return f"{known.one} · {labels.get(column, column)}" if column != LINK.name else str(known.one)


def _text(value: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)
