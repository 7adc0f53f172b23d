"""Reading collected position descriptions: one text in, proposals out. Nothing is written or published here.

Other rooms use ``read_text`` and the names below, nothing else. The way of a text through the modules:

    bytes ─ decoding ─► text ─ plain ─► same text, one way of writing each sign (same length)
          ─ atoms ─► headings, labels, items, prose, each with its place (numbering, headings, labels know
          the signs) ─ assembling ─► units (cadence reads the time words) and everything that found no place

Every character of the source stands in exactly one part of the result; ``proposals.unplaced`` says which do
not.
"""

from backoffice.positions.importing.assembling import assemble
from backoffice.positions.importing.atoms import read_atoms
from backoffice.positions.importing.decoding import decode
from backoffice.positions.importing.exceptions import ImportRefused
from backoffice.positions.importing.proposals import (
    Collection,
    DutyProposal,
    FieldProposal,
    ItemProposal,
    Passage,
    Section,
    Unit,
    unplaced,
)

__all__ = [
    "Collection",
    "DutyProposal",
    "FieldProposal",
    "ImportRefused",
    "ItemProposal",
    "Passage",
    "Section",
    "Unit",
    "read_text",
    "unplaced",
]


def read_text(data: bytes, filename: str) -> Collection:
    """Return what a text file of position descriptions proposes.

    ``filename`` is only named in refusals. Raises ``ImportRefused`` for an empty, too large, binary or
    undecodable file. The result is the same for the same bytes.
    """
    text, encoding, sha256 = decode(data, filename)
    return assemble(text, read_atoms(text), encoding=encoding, sha256=sha256)
