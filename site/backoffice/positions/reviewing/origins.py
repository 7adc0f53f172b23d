"""From the parts of a draft back to the passages they were read from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from backoffice.positions.importing import DOUBTFUL, Collection, ImportRefused, paragraphs_of, text_of
from backoffice.positions.parts import BY_NAME
from backoffice.positions.reviewing.models import ImportedPart

SINGLE = "single:"


@dataclass(frozen=True)
class Origin:
    """Where a part was read from. ``block`` is its id, or ``single:<name>`` for a text that stands once."""

    part: str
    block: str
    source: tuple[int, int]
    confidence: int


def keep_origins(page: Any, imported: Any, collection: Collection, origins: Sequence[Origin]) -> None:
    """Store where the parts of ``page`` came from; what was known of the same blocks before is replaced."""
    places = paragraphs_of(collection.text, [origin.source for origin in origins])
    ImportedPart.objects.filter(page=page, block__in=[origin.block for origin in origins]).delete()
    ImportedPart.objects.bulk_create(
        ImportedPart(
            page=page,
            part=origin.part,
            block=origin.block,
            source=imported,
            start=origin.source[0],
            end=origin.source[1],
            first_paragraph=first,
            last_paragraph=last,
            confidence=max(0, min(100, origin.confidence)),
        )
        for origin, (first, last) in zip(origins, places, strict=True)
    )


@dataclass(frozen=True)
class Passage:
    """A part with its passage, for reading. ``now`` is what the draft says today; "" when it was removed."""

    heading: str
    now: str
    passage: str
    file: str
    sha256: str
    first: int
    last: int
    confidence: int

    @property
    def doubtful(self) -> bool:
        """Return whether the reading was not sure."""
        return self.confidence < DOUBTFUL


def passages_of(page: Any) -> list[Passage]:
    """Return where the parts of ``page`` came from, in the order of the source. Reads each file once."""
    rows = list(ImportedPart.objects.filter(page=page).select_related("source").order_by("source", "start"))
    texts: dict[int, str] = {}
    for row in rows:
        if row.source_id not in texts:
            try:
                texts[row.source_id] = text_of(bytes(row.source.data), row.source.filename)
            except ImportRefused:  # kept under rules that have become stricter since
                texts[row.source_id] = ""
    said = dict(_said(page))
    return [
        Passage(
            heading=heading_of(row.part),
            now=said.get(row.block, ""),
            passage=texts[row.source_id][row.start : row.end].strip(),
            file=row.source.filename,
            sha256=row.source.sha256,
            first=row.first_paragraph,
            last=row.last_paragraph,
            confidence=row.confidence,
        )
        for row in rows
    ]


def heading_of(part: str) -> str:
    """Return what a part is called, also one that is a text which stands once."""
    found = BY_NAME.get(part)
    singles = {
        "title": pgettext("of a position", "Title"),
        "unit_kind": _("Describes"),
        "summary": _("Summary"),
        "reports_to": _("Reports to"),
        "department": _("Department"),
        "purpose": _("Purpose of the document"),
        "scope": _("Scope"),
        "motto": _("Motto"),
        "working_conditions": _("Working conditions"),
    }
    return str(found.heading) if found else singles.get(part, _("Text"))


def _said(page: Any) -> Iterable[tuple[str, str]]:
    for part in BY_NAME.values():
        stream = getattr(page, part.name)
        for raw in stream.get_prep_value() if stream else []:
            value = raw.get("value") or {}
            yield str(raw.get("id")), str(value.get("text") or value.get(part.lead.name) or "")
    for name in ("summary", "purpose", "scope", "motto", "working_conditions"):
        yield f"{SINGLE}{name}", str(getattr(page, name) or "")
