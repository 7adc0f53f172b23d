"""What a text proposes: units (positions, departments) and the passages that found no place.

All values are immutable and JSON-able with ``dataclasses.asdict``. A ``source`` is a pair of character
offsets in ``Collection.text``. The parts of a unit (heading, fields, duties, qualifications, rows, sections)
never overlap. ``confidence`` (0 to 100) tells how sure the reading of one part is; below ``DOUBTFUL`` somebody
should look.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Range = tuple[int, int]
Kind = Literal["position", "department"]
DOUBTFUL = 70


@dataclass(frozen=True)
class DutyProposal:
    """One duty. ``marker`` is its printed number or bullet, ``group`` the heading it stands under.

    ``cadence``: "", "daily", "weekly", "monthly", "quarterly", "half_yearly", "yearly" or "event";
    ``deadline``: the words that set one, as printed.
    """

    text: str
    cadence: str
    deadline: str
    source: Range
    marker: str = ""
    group: str = ""
    confidence: int = 100


@dataclass(frozen=True)
class ItemProposal:
    """One qualification."""

    text: str
    source: Range
    marker: str = ""
    confidence: int = 100


@dataclass(frozen=True)
class RowProposal:
    """One thing of another part: ``part`` is "authorities", "relations", "purpose" …, as ``placing`` names them.

    ``group`` is the heading it stands under.
    """

    part: str
    text: str
    source: Range
    marker: str = ""
    group: str = ""
    confidence: int = 100


@dataclass(frozen=True)
class FieldProposal:
    """A labelled value: ``name`` is our key ("title", "reports_to" …), ``label`` what was printed."""

    name: str
    label: str
    text: str
    source: Range
    confidence: int = 100


@dataclass(frozen=True)
class Section:
    """A heading with the text under it that is neither a duty nor a qualification; either may be empty."""

    heading: str
    text: str
    source: Range
    name: str = ""
    confidence: int = 100


@dataclass(frozen=True)
class Unit:
    """One proposed position or department description.

    ``title`` is cleaned ("" when the source lost it); ``headings`` are the printed lines it was taken from.
    A unit may be read from several stretches of the text; ``source`` runs from the first to the last.
    """

    kind: Kind
    title: str
    department: str
    reports_to: str
    summary: str
    duties: tuple[DutyProposal, ...]
    qualifications: tuple[ItemProposal, ...]
    sections: tuple[Section, ...]
    source: Range
    confidence: int
    fields: tuple[FieldProposal, ...] = ()
    headings: tuple[Section, ...] = ()
    rows: tuple[RowProposal, ...] = ()


@dataclass(frozen=True)
class Passage:
    """Text that belongs to no unit. ``reason``: "site", "chapter", "heading", "signature", "table" (its
    lines), "header" (running lines), "note", "comment" or "text"."""

    text: str
    source: Range
    reason: str


@dataclass(frozen=True)
class Collection:
    """Everything one file holds."""

    units: tuple[Unit, ...]
    kept: tuple[Passage, ...]
    text: str
    sha256: str
    encoding: str
    warnings: tuple[str, ...] = ()


def parts_of(collection: Collection) -> Iterator[tuple[Range, str]]:
    """Yield the place of each part and everything it holds, in no order."""
    for passage in collection.kept:
        yield passage.source, passage.text
    for unit in collection.units:
        for section in (*unit.headings, *unit.sections):
            yield section.source, section.heading + section.text
        for field in unit.fields:
            yield field.source, field.label + field.text
        for duty in unit.duties:
            yield duty.source, duty.marker + duty.text
        for qualification in unit.qualifications:
            yield qualification.source, qualification.marker + qualification.text
        for row in unit.rows:
            yield row.source, row.marker + row.text


def unplaced(collection: Collection) -> str:
    """Return the characters of the source (white space aside) that stand in no part, or that a part lost.

    Empty for every collection the importer makes: the promise "no character is lost".
    """
    covered = bytearray(len(collection.text))
    lost = []
    for (start, end), held in parts_of(collection):
        covered[start:end] = b"\x01" * (end - start)
        source = "".join(collection.text[start:end].split())
        if "".join(held.split()) != source:
            lost.append(source)
    missed = [
        sign for sign, seen in zip(collection.text, covered, strict=True) if not seen and not sign.isspace()
    ]
    return "".join([*missed, *lost])


def paragraphs_of(text: str, places: list[Range]) -> list[Range]:
    """Return the first and the last paragraph of each place, counted from 1.

    A paragraph is a line of a text file, a paragraph or table row of a Word file.
    """
    breaks = [at for at, sign in enumerate(text) if sign == "\n"]
    return [
        (1 + bisect_right(breaks, start), 1 + bisect_right(breaks, max(start, end - 1)))
        for start, end in places
    ]
