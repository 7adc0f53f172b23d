"""A file that was imported before: which unit became which draft, and what the file says otherwise since.

A unit is known again by what it says (the same characters, white space aside), by its title, or by saying mostly the
same under another title. What changed is told between the two sources, in the parts they become (``import_parts``),
so that what HR wrote in the draft meanwhile counts for nothing here; ``import_merging`` puts it in.
"""

from __future__ import annotations

import difflib
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Q

from backoffice.positions.enums import UnitKind
from backoffice.positions.import_parts import filled
from backoffice.positions.importing import Collection, ImportRefused, Unit, between, read_file
from backoffice.positions.markup import words
from backoffice.positions.models import ImportedText, PositionPage
from backoffice.positions.parts import BY_NAME, Column
from backoffice.positions.reviewing.origins import heading_of

ALIKE = 0.5
# What a description says once, and what is said of its post: the organisation keeps that, no draft does.
STANDING = ("unit_kind", "summary", "purpose", "scope", "motto", "working_conditions")
OF_THE_POST = ("reports_to", "department")
Kind = Literal["added", "removed", "changed", "moved"]


@dataclass(frozen=True)
class PartChange:
    """One thing that the file has, lost, says in other words or in another place.

    ``what`` is a part, a text that stands once, "title", "reports_to" or "department". ``before`` and ``after`` are
    for reading.
    """

    what: str
    kind: Kind
    before: str
    after: str

    @property
    def heading(self) -> str:
        """Return what the place of the change is called."""
        return heading_of(self.what)

    @property
    def of_the_post(self) -> bool:
        """Return whether it is kept with the post: then it is told, and changed by HR there."""
        return self.what in OF_THE_POST


@dataclass(frozen=True)
class Known:
    """A unit that was taken before: its draft, what the source said then, and what the file changed since."""

    page: PositionPage
    before: Unit
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
    old = {page.pk: unit for page in pages if (unit := _unit_of(page, sources)) is not None}
    readable = [page for page in pages if page.pk in old]
    known: dict[int, Known] = {}
    used: set[int] = set()

    def take(index: int, page: PositionPage) -> None:
        before = old[page.pk]
        known[index] = Known(page, before, tuple(changes_between(before, units[index])))
        used.add(page.pk)

    digests = {page.pk: said(old[page.pk]) for page in readable}
    for index, unit in enumerate(units):
        digest = said(unit)
        for page in readable:
            if page.pk not in used and index not in known and digest == digests[page.pk]:
                take(index, page)
    for index, unit in enumerate(units):
        for page in readable:
            titles = {page.title, page.draft_title, old[page.pk].title}
            if page.pk not in used and index not in known and unit.title and unit.title in titles:
                take(index, page)
    for index, unit in enumerate(units):
        if index in known:
            continue
        shares = [(_share(old[page.pk], unit), page) for page in readable if page.pk not in used]
        share, page = max(shares, key=lambda one: one[0], default=(0.0, None))
        if page is not None and share >= ALIKE:
            take(index, page)
    taken = {known_.page.draft_title for known_ in known.values()} | {unit.title for unit in units}
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
    all_words = [unit.title, *(f"{field.name}={field.text}" for field in unit.fields), *_texts(unit)]
    return hashlib.sha256("\x1f".join("".join(one.split()) for one in all_words).encode()).hexdigest()


def _texts(unit: Unit) -> list[str]:
    return [
        part.text for parts in (unit.duties, unit.qualifications, unit.rows, unit.sections) for part in parts
    ]


def _share(one: Unit, other: Unit) -> float:
    """Return how much of two units is the same, word by word; nothing where only one thing is."""
    before, after = Counter(_texts(one)), Counter(_texts(other))
    same = (before & after).total()
    return same / max(before.total(), after.total()) if same > 1 else 0.0


def changes_between(before: Unit, after: Unit) -> Iterator[PartChange]:
    """Yield what ``after`` says otherwise than ``before``: title, texts that stand once, parts, what is of the post."""
    if after.title and before.title != after.title:
        yield PartChange("title", "changed", before.title, after.title)
    old, new = filled(before).fields, filled(after).fields
    for name in STANDING:
        if (was := str(old.get(name) or "")) != (now := str(new.get(name) or "")):
            yield _of_text(name, was, now)
    for name in BY_NAME:
        yield from changes_of(name, values_of(old, name), values_of(new, name))
    for name in OF_THE_POST:
        if (was := getattr(before, name)) != (now := getattr(after, name)):
            yield _of_text(name, was, now)


def values_of(fields: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return what the things of a part say, of the fields of a page as ``filled`` makes them."""
    return [block["value"] for block in fields.get(name, ())]


def _of_text(name: str, was: str, now: str) -> PartChange:
    kind: Kind = "changed" if was and now else "added" if now else "removed"
    if name == "unit_kind":
        was, now = (str(UnitKind(value).label) for value in (was, now))
    return PartChange(name, kind, was, now)


@dataclass(frozen=True)
class Pair:
    """A thing of a part before and after, by their places; -1 where there is none. ``moved``: said elsewhere."""

    before: int
    after: int
    moved: bool = False


def pairs_of(name: str, old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> list[Pair]:
    """Return which thing of ``old`` is which of ``new``: those before in their order, then those that are new."""
    keys = [[tuple(sorted(value.items())) for value in values] for values in (old, new)]
    found: dict[int, Pair] = {}
    free: list[int] = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        if tag == "equal":
            found |= {i1 + step: Pair(i1 + step, j1 + step) for step in range(i2 - i1)}
        else:
            free += range(j1, j2)
    lost = [place for place in range(len(old)) if place not in found]
    for place in lost:
        if (same := next((j for j in free if keys[1][j] == keys[0][place]), None)) is not None:
            found[place] = Pair(place, same, moved=True)
            free.remove(same)
    for place in lost:
        if place in found:
            continue
        text = text_of(name, old[place])
        alike = [(_alike(text, text_of(name, new[j])), -j) for j in free]
        share, best = max(alike, default=(0.0, 0))
        found[place] = Pair(place, -best) if share >= ALIKE else Pair(place, -1)
        if found[place].after >= 0:
            free.remove(-best)
    return [*(found[place] for place in range(len(old))), *(Pair(-1, place) for place in free)]


def changes_of(
    name: str, old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]
) -> Iterable[PartChange]:
    """Yield what the things of one part say otherwise."""
    for pair in pairs_of(name, old, new):
        if (change := change_of(name, old, new, pair)) is not None:
            yield change


def change_of(
    name: str, old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], pair: Pair
) -> PartChange | None:
    """Return how a pair differs; None for one that says the same in the same place."""
    if pair.before < 0:
        return PartChange(name, "added", "", _told(name, new[pair.after]))
    was = old[pair.before]
    if pair.after < 0:
        return PartChange(name, "removed", _told(name, was), "")
    now = new[pair.after]
    if was == now:
        return PartChange(name, "moved", _told(name, was), _told(name, now)) if pair.moved else None
    if text_of(name, was) != text_of(name, now):
        return PartChange(name, "changed", _told(name, was), _told(name, now))
    columns = [column for column in BY_NAME[name].columns if was.get(column.name) != now.get(column.name)]
    return PartChange(name, "changed", _told(name, was, columns), _told(name, now, columns))


def text_of(name: str, value: Mapping[str, Any]) -> str:
    """Return the words by which a thing is known: those somebody wrote, without what they were sorted under."""
    if name == "sections":
        return words(str(value.get("body") or ""))
    return str(value.get("text") or value.get(BY_NAME[name].lead.name) or "")


def _told(name: str, value: Mapping[str, Any], columns: Sequence[Column] = ()) -> str:
    """Return a thing for reading; ``columns`` are told behind its words."""
    told = text_of(name, value)
    if name == "sections" and value.get("heading"):
        told = f"{value['heading']}: {told}"
    more = [f"{column.label}: {_shown(column, value.get(column.name)) or '—'}" for column in columns]
    return f"{told} ({'; '.join(more)})" if more else told


def _shown(column: Column, value: Any) -> str:
    if column.choices is not None and value in column.choices.values:
        return str(column.choices(value).label)
    return str(value or "")


def _alike(one: str, other: str) -> float:
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    if matcher.real_quick_ratio() < ALIKE or matcher.quick_ratio() < ALIKE:
        return 0.0
    return matcher.ratio()
