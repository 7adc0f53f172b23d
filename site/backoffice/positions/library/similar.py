"""Proposes items: rows that say (nearly) the same in several descriptions and are not from the library.

Two rows are alike when their texts, without punctuation and spaces, are equal or share most of their pairs of
characters. Pairs of characters serve Chinese, which has no spaces, as well as English. The work is bounded: at
most ``MOST_ROWS`` rows are read; only texts that share one of their rarest pairs are compared, each with at most
``MOST_NEIGHBOURS`` others.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.db.models.fields.json import KeyTextTransform

from backoffice.positions.body import plain_lines, rows_of
from backoffice.positions.library import uses
from backoffice.positions.library.wording import main_column, wording_of
from backoffice.positions.parts import LINK, Part

MOST_ROWS = 30_000
MOST_NEIGHBOURS = 60
RARE_PAIRS = 6
SHORTEST = 4  # characters; shorter texts are alike by chance
ALIKE = 0.82


@dataclass(frozen=True)
class Row:
    """A row of a draft that is not from the library. ``block`` is it as stored."""

    page: int
    title: str
    code: str
    id: str
    text: str
    part: Part
    block: Mapping[str, Any]

    @property
    def wording(self) -> Mapping[str, Any]:
        """Return what an item made of the row would say. Read only for rows that are shown: it takes time."""
        [row] = rows_of(self.part, [dict(self.block)])
        return wording_of(self.part, row)


@dataclass(frozen=True)
class Wording:
    """One exact wording of a candidate, and the rows that have it."""

    text: str
    rows: tuple[Row, ...]

    @property
    def wording(self) -> Mapping[str, Any]:
        """Return what an item made of it would say."""
        return self.rows[0].wording


@dataclass(frozen=True)
class Candidate:
    """Wording that occurs (nearly) alike in several descriptions; the most frequent one stands first."""

    wordings: tuple[Wording, ...]

    @property
    def pages(self) -> int:
        """Return in how many descriptions it occurs."""
        return len({row.page for one in self.wordings for row in one.rows})

    @property
    def id(self) -> str:
        """Return what names the candidate on a screen: its first row, which every wording's group has only once."""
        return self.wordings[0].rows[0].id


def candidates(part: Part, *, search: str = "", least: int = 2) -> list[Candidate]:
    """Return the candidates of a part, those in most descriptions first. Two queries."""
    rows = [row for row in unlinked_rows(part) if all(word in row.text for word in search.split())]
    return grouped(rows, least=least)


def unlinked_rows(part: Part) -> list[Row]:
    """Return the rows of all drafts that are not from the library, archived descriptions left out."""
    from backoffice.positions.models import PositionPage

    column = main_column(part).name
    found: list[Row] = []
    for page, title, code, content in (
        PositionPage.objects.filter(archived_at=None)
        .order_by("pk")
        # Of a draft only the one part is read: the database takes it out of the text faster than we would.
        .values_list("pk", "title", "position__code", KeyTextTransform(part.name, "latest_revision__content"))
        .iterator(chunk_size=500)
    ):
        stored = content if content is not None else _without_revision(page, part)
        for block in uses.blocks_of({part.name: stored}, part):
            value = block.get("value") or {}
            text = plain_lines(str(value.get(column) or ""))
            if text and not value.get(LINK.name):
                found.append(Row(page, title, code or "", str(block.get("id") or ""), text, part, block))
        if len(found) >= MOST_ROWS:
            break
    return found[:MOST_ROWS]


def _without_revision(page: int, part: Part) -> Any:
    """Return a part of a page that never had a draft. At most two queries."""
    return uses.draft_parts(page).get(part.name)


def grouped(rows: Iterable[Row], *, least: int = 2) -> list[Candidate]:
    """Return the groups of rows that are alike and occur in at least ``least`` descriptions."""
    texts: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        key = normalised(row.text)
        if len(key) >= SHORTEST:
            texts[key].append(row)
    found = []
    for group in _alike(list(texts)):
        candidate = _candidate([row for key in group for row in texts[key]])
        if candidate.pages >= least:
            found.append(candidate)
    return sorted(found, key=lambda one: (-one.pages, one.wordings[0].text))


def normalised(text: str) -> str:
    """Return the text without punctuation, spaces and differences of width and case."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())


def alike(one: str, other: str) -> bool:
    """Whether two normalised texts are nearly the same."""
    if one == other:
        return True
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE


def _alike(texts: Sequence[str]) -> list[list[str]]:
    """Return the texts in groups: each text with those that are alike, directly or through another."""
    pairs = [frozenset(text[place : place + 2] for place in range(len(text) - 1)) for text in texts]
    frequency = Counter(pair for one in pairs for pair in one)
    shelves: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(pairs):
        shared = [pair for pair in one if frequency[pair] > 1]
        for pair in sorted(shared, key=lambda pair: (frequency[pair], pair))[:RARE_PAIRS]:
            shelves[pair].append(place)
    parent = list(range(len(texts)))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    compared: set[tuple[int, int]] = set()
    lengths = [len(text) for text in texts]
    for shelf in shelves.values():
        for index, one in enumerate(shelf):
            # Texts of such different lengths share too little, whatever they say: the cheapest test comes first.
            shortest, longest = lengths[one] * ALIKE / (2 - ALIKE), lengths[one] * (2 - ALIKE) / ALIKE
            for other in shelf[index + 1 : index + 1 + MOST_NEIGHBOURS]:
                if not shortest <= lengths[other] <= longest or (one, other) in compared:
                    continue
                compared.add((one, other))
                if (
                    _share(pairs[one], pairs[other])
                    and root(one) != root(other)
                    and alike(texts[one], texts[other])
                ):
                    parent[root(other)] = root(one)
    groups: dict[int, list[str]] = defaultdict(list)
    for place, text in enumerate(texts):
        groups[root(place)].append(text)
    return list(groups.values())


def _share(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two texts share half of their pairs: cheaper than looking closely, and never stricter."""
    return 2 * len(one & other) >= min(len(one), len(other))


def _candidate(rows: list[Row]) -> Candidate:
    same: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        same[" ".join(row.text.split())].append(row)
    wordings = [Wording(text, tuple(found)) for text, found in same.items()]
    return Candidate(tuple(sorted(wordings, key=lambda one: (-len(one.rows), one.text))))
