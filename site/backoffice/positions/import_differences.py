"""A file that was imported before: which unit became which draft, what changed since, how it gets in.

A unit is known again by what it says (the same characters, white space aside) or else by its title. What
changed is told between the two sources, so that what HR wrote in the draft meanwhile counts for nothing here
and is never overwritten: a change goes in where the draft still says what the old source said.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Q

from backoffice.positions.importing import Collection, ImportRefused, Unit, between, read_file
from backoffice.positions.models import ImportedText, PositionPage

ALIKE = 0.5
What = Literal["duties", "qualifications", "rows", "sections"]
PARTS: tuple[What, ...] = ("duties", "qualifications", "rows", "sections")


@dataclass(frozen=True)
class PartChange:
    """One part that the file has, lost or says in other words. ``after_index`` counts in the new unit."""

    what: What
    kind: Literal["added", "removed", "changed"]
    before: str
    after: str
    after_index: int = -1


@dataclass(frozen=True)
class Known:
    """A unit that was taken before: its draft, and what the file changed since."""

    page: PositionPage
    changes: tuple[PartChange, ...]

    @property
    def same(self) -> bool:
        """Return whether the file says what it said."""
        return not self.changes


@dataclass(frozen=True)
class Again:
    """What is known of a file. ``known`` by the place of the unit; ``gone``: drafts whose unit it lost."""

    known: dict[int, Known]
    gone: tuple[PositionPage, ...]


def compared(imported: ImportedText, units: Sequence[Unit]) -> Again:
    """Return which of ``units`` were taken from this file, or one of the same name, before."""
    pages = list(
        PositionPage.objects.filter(Q(source__sha256=imported.sha256) | Q(source__filename=imported.filename))
        .select_related("source", "position")
        .order_by("-pk")
    )
    sources: dict[int, Collection | None] = {}
    old = {page.pk: _unit_of(page, sources) for page in pages}
    known: dict[int, Known] = {}
    used: set[int] = set()

    def take(index: int, page: PositionPage) -> None:
        before = old[page.pk]
        assert before is not None
        known[index] = Known(page, tuple(changes_between(before, units[index])))
        used.add(page.pk)

    readable = [page for page in pages if old[page.pk] is not None]
    for index, unit in enumerate(units):
        for page in readable:
            if page.pk not in used and index not in known and said(unit) == said(old[page.pk]):
                take(index, page)
    for index, unit in enumerate(units):
        for page in readable:
            titles = {page.title, old[page.pk].title}
            if page.pk not in used and index not in known and unit.title and unit.title in titles:
                take(index, page)
    taken = {known_.page.title for known_ in known.values()} | {unit.title for unit in units}
    gone = tuple(page for page in readable if page.pk not in used and page.title not in taken)
    return Again(known, gone)


def _unit_of(page: PositionPage, sources: dict[int, Collection | None]) -> Unit | None:
    source = page.source
    if source.pk not in sources:
        try:
            sources[source.pk] = read_file(bytes(source.data), source.filename)
        except ImportRefused:  # kept under rules that have become stricter since
            sources[source.pk] = None
    collection = sources[source.pk]
    return between(collection, (page.source_start, page.source_end)) if collection else None


def said(unit: Unit) -> str:
    """Return a hash over everything ``unit`` says; numbers, order of headings and white space do not count."""
    words = [unit.title, *(f"{field.name}={field.text}" for field in unit.fields)]
    words += [text for what in PARTS for text in texts_in(unit, what)]
    return hashlib.sha256("\x1f".join("".join(one.split()) for one in words).encode()).hexdigest()


def texts_in(unit: Unit, what: What) -> list[str]:
    """Return the texts of the parts of one kind."""
    return [part.text for part in getattr(unit, what)]


def changes_between(before: Unit, after: Unit) -> Iterable[PartChange]:
    """Yield what ``after`` says otherwise than ``before``."""
    for what in PARTS:
        old, new = texts_in(before, what), texts_in(after, what)
        matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
        for tag, i1, i2, j1, j2 in matcher.get_opcodes():
            if tag == "equal":
                continue
            free = list(range(j1, j2))
            for index in range(i1, i2):
                best = max(free, key=lambda place: _alike(old[index], new[place]), default=None)
                if best is not None and _alike(old[index], new[best]) >= ALIKE:
                    free.remove(best)
                    yield PartChange(what, "changed", old[index], new[best], best)
                else:
                    yield PartChange(what, "removed", old[index], "")
            for place in free:
                yield PartChange(what, "added", "", new[place], place)


def _alike(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()


def merged(
    raw: Sequence[dict[str, Any]],
    changes: Sequence[PartChange],
    proposed: Sequence[dict[str, Any]],
    texts: Sequence[str],
) -> tuple[list[dict[str, Any]], list[PartChange]]:
    """Return the blocks of a draft with the changes in it, and the changes that found no place.

    ``raw``: the draft's blocks; ``proposed``: the blocks of the new unit, ``texts`` their texts. A block
    keeps its id; one that HR reworded or removed stays as HR left it.
    """
    blocks, left = [dict(block) for block in raw], []
    for change in changes:
        at = next((i for i, block in enumerate(blocks) if block["value"].get("text") == change.before), None)
        if change.kind == "added":
            earlier = [
                i
                for i, block in enumerate(blocks)
                if block["value"].get("text") in texts[: change.after_index]
            ]
            blocks.insert(earlier[-1] + 1 if earlier else len(blocks), dict(proposed[change.after_index]))
        elif at is None:
            left.append(change)
        elif change.kind == "removed":
            del blocks[at]
        else:
            new = proposed[change.after_index]["value"]
            blocks[at]["value"] = {
                **blocks[at]["value"],
                **{name: new[name] for name in new if new[name] != ""},
            }
    return blocks, left
