"""Reading collected position descriptions: one file in, proposals out. Nothing is written or published here.

Other rooms use ``read_file`` and the names below, nothing else. The way of a file through the modules:

    bytes ─ archives (members of a zip) ─ containers (what is it, is it harmless) ─ decoding | word ─► text
    text ─ plain ─► same text, one way of writing each sign (same length)
          ─ atoms ─► headings, labels, items, prose, each with its place (numbering, headings, labels know
          the signs) ─ assembling ─► units (cadence reads the time words) and everything that found no place

Every character of the source stands in exactly one part of the result; ``proposals.unplaced`` says which do
not.
"""

import hashlib

from django.utils.translation import gettext as _

from backoffice.positions.importing.archives import is_archive, members
from backoffice.positions.importing.arranging import arrange, between, places_of
from backoffice.positions.importing.assembling import assemble
from backoffice.positions.importing.atoms import read_atoms
from backoffice.positions.importing.cadence import deadline_of
from backoffice.positions.importing.containers import LARGEST, LARGEST_ARCHIVE, Budget, kind_of
from backoffice.positions.importing.decoding import decode
from backoffice.positions.importing.exceptions import ImportRefused
from backoffice.positions.importing.placing import TEXTS
from backoffice.positions.importing.proposals import (
    DOUBTFUL,
    Collection,
    DutyProposal,
    FieldProposal,
    ItemProposal,
    Passage,
    RowProposal,
    Section,
    Unit,
    paragraphs_of,
    unplaced,
)
from backoffice.positions.importing.word import WordText, read_word

__all__ = [
    "DOUBTFUL",
    "LARGEST",
    "LARGEST_ARCHIVE",
    "TEXTS",
    "Budget",
    "Collection",
    "DutyProposal",
    "FieldProposal",
    "ImportRefused",
    "ItemProposal",
    "Passage",
    "RowProposal",
    "Section",
    "Unit",
    "arrange",
    "between",
    "deadline_of",
    "is_archive",
    "members",
    "paragraphs_of",
    "places_of",
    "read_file",
    "text_of",
    "unplaced",
]


def read_file(data: bytes, filename: str, budget: Budget | None = None) -> Collection:
    """Return what a text file or a Word file of position descriptions proposes.

    The suffix of ``filename`` must agree with the content; otherwise it is only named in refusals. ``budget``
    is shared by the files of one upload. Raises ``ImportRefused`` for an empty, too large, foreign, locked,
    damaged or hostile file. The result is the same for the same bytes.
    """
    source, encoding = _source(data, filename, budget)
    atoms = read_atoms(source.text, outline=source.outline, aside=source.aside)
    return assemble(source.text, atoms, encoding=encoding, sha256=hashlib.sha256(data).hexdigest())


def text_of(data: bytes, filename: str) -> str:
    """Return the text that places of a file point into; much faster than ``read_file``. Raises ``ImportRefused``."""
    return _source(data, filename, None)[0].text


def _source(data: bytes, filename: str, budget: Budget | None) -> tuple[WordText, str]:
    """Return the text of a file and its encoding. Raises ``ImportRefused``."""
    if len(data) > LARGEST:
        raise ImportRefused(
            _("“%(name)s” is larger than %(limit)s MB. Split it and import the parts.")
            % {"name": filename, "limit": LARGEST // 1024 // 1024}
        )
    kind = kind_of(data, filename)
    if kind == "zip":
        raise ImportRefused(_("“%(name)s” is a zip; unpack it first.") % {"name": filename})
    if kind == "word":
        source, encoding = read_word(data, filename, budget or Budget()), "docx"
    else:
        text, encoding = decode(data, filename)
        source = WordText(text)
    if not source.text.strip():
        raise ImportRefused(_("“%(name)s” is empty.") % {"name": filename})
    return source, encoding
