"""Items of the library for tests, made and published the way HR does it."""

from __future__ import annotations

import itertools
from typing import Any

from backoffice.positions.library import items
from backoffice.positions.library.models import LibraryItem
from backoffice.positions.library.wording import BY_NAME, columns_of, main_column
from foundation.organisation.models import User
from tests.factories.organisation import make_user

_serial = itertools.count(1)


def wording(part: str = "duties", text: str = "", **more: Any) -> dict[str, Any]:
    """Return a wording whose required values are there."""
    table = BY_NAME[part]
    said = {column.name: column.default for column in columns_of(table) if column.required}
    return {**said, main_column(table).name: text or f"接待来店客户 {next(_serial)}", **more}


def make_item(
    text: str = "", *, part: str = "duties", by: User | None = None, key: str = "", **more: Any
) -> LibraryItem:
    """Make an item whose version 1 is published."""
    shelf = {name: more.pop(name) for name in ("subject", "note") if name in more}
    return items.create(
        part=part, wording=wording(part, text, **more), by=by or make_user(), key=key, publish="", **shelf
    )


def publish_version(item: LibraryItem, text: str, *, by: User | None = None, **more: Any) -> LibraryItem:
    """Publish a next version that says ``text``; return the item as stored."""
    by = by or make_user()
    item = LibraryItem.objects.get(pk=item.pk)
    said = {**item.wording, main_column(BY_NAME[item.part]).name: text, **more}
    item = items.change(item, by=by, version=item.version, wording=said, subject=item.subject, note=item.note)
    return items.publish(item, by=by, note="措辞更清楚")
