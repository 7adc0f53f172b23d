"""Files that do not exist, for previews and samples of forms that nobody will submit."""

from __future__ import annotations

import hashlib
import uuid as uuids
from collections.abc import Collection, Mapping, Sequence

from forms.fields.base import Found, Reference
from forms.files.references import SOURCE

_SPACE = uuids.UUID("6f1c2a54-5f0e-4a51-9d5e-3a4f3f0d2b11")
_SAMPLES = (
    ("photo.jpg", "image", "image/jpeg", 182_114),
    ("invoice.pdf", "pdf", "application/pdf", 64_870),
    ("inspection.jpg", "image", "image/jpeg", 240_339),
    (
        "list.xlsx",
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        12_044,
    ),
    (
        "letter.docx",
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        20_480,
    ),
    ("note.txt", "txt", "text/plain; charset=utf-8", 310),
    ("figures.csv", "csv", "text/csv; charset=utf-8", 880),
    ("papers.zip", "zip", "application/zip", 90_112),
)


def sample_files() -> Sequence[Found]:
    """Return one file or two of each kind, always the same; there is nothing behind them."""
    return [
        Found(
            Reference(SOURCE, str(uuids.uuid5(_SPACE, name))),
            name,
            values={
                "name": name,
                "size": size,
                "type": content_type,
                "sha256": hashlib.sha256(name.encode()).hexdigest(),
                "kind": kind,
                "scan": "unscanned",
                "origin": "uploaded",
                "signer": "",
                "width": 1600 if kind == "image" else None,
                "height": 1200 if kind == "image" else None,
                "pages": 1 if kind == "pdf" else None,
            },
        )
        for name, kind, content_type, size in _SAMPLES
    ]


class SampleFiles:
    """A directory in which these files stand and nothing else."""

    def load(self, references: Collection[Reference]) -> Mapping[Reference, Found]:
        """Return those that are asked for."""
        there = {found.reference: found for found in sample_files()}
        return {each: there[each] for each in references if each in there}

    def search(self, source: str, words: str, *, limit: int = 20) -> Sequence[Found]:
        """Return those whose name holds the words."""
        return [found for found in sample_files() if words in found.label][:limit] if source == SOURCE else ()
