"""Writes the index of uses: which row of which description was taken from which version of which item.

The index follows what it tells of, in the same transaction: the draft when a revision becomes the newest one of
its page, an edition when it is published, a version of an item when rows named it before it was there. So it
never lies, and ``rebuild`` makes the same rows again from the drafts and the editions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from wagtail.models import Revision

from backoffice.positions.body import rows_of
from backoffice.positions.library import links, queries
from backoffice.positions.library.links import Link
from backoffice.positions.library.models import LibraryUse
from backoffice.positions.library.wording import LIBRARY_PARTS, same
from backoffice.positions.parts import LINK, Part
from foundation.editions.models import Edition
from foundation.editions.queries import body_of

Found = tuple[Part, Mapping[str, Any], Link]


def connect() -> None:
    """Follow drafts and editions. Called once all models are there."""
    from backoffice.positions.models import PositionPage

    post_save.connect(_page_saved, sender=PositionPage, dispatch_uid="positions.library.page")
    post_save.connect(_edition_written, sender=Edition, dispatch_uid="positions.library.edition")
    post_delete.connect(_revision_gone, sender=Revision, dispatch_uid="positions.library.revision")


def _page_saved(
    instance: Any, raw: bool = False, update_fields: frozenset[str] | None = None, **kwargs: Any
) -> None:
    """Read the draft again where it may be another one: every way of saving a draft ends with this save."""
    if not raw and (update_fields is None or "latest_revision" in update_fields or _parts(update_fields)):
        index_draft(instance.pk)


def _parts(names: Iterable[str]) -> bool:
    return any(part.name in names for part in LIBRARY_PARTS)


def _revision_gone(instance: Revision, origin: Any = None, **kwargs: Any) -> None:
    from backoffice.positions.models import PositionPage

    if getattr(origin, "model", type(origin)) is not Revision:
        return  # the page itself goes, and its uses with it
    if instance.object_id.isdigit() and PositionPage.objects.filter(pk=instance.object_id).exists():
        index_draft(int(instance.object_id))


def _edition_written(instance: Edition, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw and instance.kind == Edition.Kind.POSITION:
        index_edition(instance)


@transaction.atomic
def index_draft(page_id: int) -> None:
    """Write anew what the draft of a page uses. At most four queries."""
    LibraryUse.objects.filter(page=page_id, edition=None).delete()
    _write(_uses_of(page_id, None, _in_blocks(draft_parts(page_id))))


@transaction.atomic
def index_edition(edition: Edition) -> None:
    """Write anew what an edition uses; nothing where its description has no page."""
    from backoffice.positions.models import PositionPage

    page_id = PositionPage.objects.filter(position__code=edition.key).values_list("pk", flat=True).first()
    if page_id is None:
        return
    LibraryUse.objects.filter(edition=edition).delete()
    _write(_uses_of(page_id, edition.pk, _in_body(body_of(edition))))


def settle(key: str, number: int) -> None:
    """Compare the rows that named a version before it was there. One query where there are none."""
    waiting = LibraryUse.objects.filter(key=key, number=number, reworded=None)
    places = set(waiting.values_list("page_id", "edition_id"))
    for page_id, edition_id in places:
        if edition_id is None:
            index_draft(page_id)
        else:
            index_edition(Edition.objects.get(pk=edition_id))


def rebuild() -> Iterator[tuple[int, int]]:
    """Write the whole index anew, a description at a time; yield (descriptions done, of how many)."""
    from backoffice.positions.models import PositionPage

    pages = list(PositionPage.objects.order_by("pk").values_list("pk", "position__code"))
    for place, (page_id, code) in enumerate(pages, 1):
        with transaction.atomic():
            LibraryUse.objects.filter(page=page_id).delete()
            index_draft(page_id)
            for edition in Edition.objects.filter(kind=Edition.Kind.POSITION, key=code or ""):
                index_edition(edition)
        yield place, len(pages)


def differences() -> list[str]:
    """Return what the index says otherwise than the drafts and editions: nothing, unless it was tampered with."""
    from backoffice.positions.models import PositionPage

    stored = {_facts(use) for use in LibraryUse.objects.all()}
    told: set[tuple[Any, ...]] = set()
    for page_id, code in PositionPage.objects.values_list("pk", "position__code"):
        found = [_uses_of(page_id, None, _in_blocks(draft_parts(page_id)))]
        for edition in Edition.objects.filter(kind=Edition.Kind.POSITION, key=code or ""):
            found.append(_uses_of(page_id, edition.pk, _in_body(body_of(edition))))
        told |= {_facts(use) for uses in found for use in uses}
    return [f"missing: {facts}" for facts in sorted(told - stored, key=str)] + [
        f"not so: {facts}" for facts in sorted(stored - told, key=str)
    ]


def _facts(use: LibraryUse) -> tuple[Any, ...]:
    return (use.page_id, use.edition_id, use.part, use.row, use.key, use.number, use.reworded)


def draft_parts(page_id: int) -> dict[str, Any]:
    """Return the serialised parts of the newest draft of a page: of its newest revision, or of its row. At most
    two queries.
    """
    from backoffice.positions.models import PositionPage

    page = PositionPage.objects.select_related("latest_revision").filter(pk=page_id).first()
    if page is None:
        return {}
    return page.latest_revision.content if page.latest_revision else page.serializable_data()


def blocks_of(content: Mapping[str, Any], part: Part) -> list[dict[str, Any]]:
    """Return the blocks of one part of a serialised page; a stream is serialised as text."""
    stream = content.get(part.name) or []
    blocks = json.loads(stream) if isinstance(stream, str) else stream
    return [block for block in blocks or [] if isinstance(block, dict) and block.get("type") == part.block]


def _in_blocks(content: Mapping[str, Any]) -> Iterator[Found]:
    for part in LIBRARY_PARTS:
        for row in rows_of(part, blocks_of(content, part)):
            if link := links.parse(row.get(LINK.name)):
                yield part, row, link


def _in_body(body: Mapping[str, Any]) -> Iterator[Found]:
    for part in LIBRARY_PARTS:
        for row in body.get(part.name) or ():
            if link := links.parse(row.get(LINK.name)):
                yield part, row, link


def _uses_of(page_id: int, edition_id: int | None, found: Iterable[Found]) -> list[LibraryUse]:
    found = list(found)
    wordings = queries.wordings({link for _part, _row, link in found})
    return [
        LibraryUse(
            page_id=page_id,
            edition_id=edition_id,
            part=part.name,
            row=row["id"],
            key=link.key,
            number=link.version,
            reworded=_reworded(part, row, wordings.get(link)),
        )
        for part, row, link in found
    ]


def _reworded(part: Part, row: Mapping[str, Any], version: Any) -> bool | None:
    """Return whether a row says something else than its version; True also for an item of another part."""
    if version is None:
        return None
    return version.part != part.name or not same(part, row, version.wording)


def _write(uses: list[LibraryUse]) -> None:
    LibraryUse.objects.bulk_create(uses)
