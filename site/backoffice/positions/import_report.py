"""What ``positions import --format json`` prints for one file; described in ``docs/positions-json.md``."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from backoffice.positions.importing import Budget, Collection, paragraphs_of
from backoffice.positions.importing.word import read_word
from backoffice.positions.parts import PARTS
from backoffice.positions.word.changes import Comparison, new_body
from backoffice.positions.word.reading import OwnDocument

GROUPS = ("headings", "fields", "duties", "qualifications", "rows", "sections")


def report_of(file: str, collection: Collection) -> dict[str, Any]:
    """Return the proposals of collected descriptions. The source itself is the reader's own file; ranges point
    into its text.
    """
    proposed = asdict(collection)
    del proposed["text"]
    for unit in proposed["units"]:
        unit["paragraphs"] = paragraphs_of(collection.text, [unit["source"]])[0]
        for group in GROUPS:
            _place(collection.text, unit[group])
    _place(collection.text, proposed["kept"])
    return {"file": file, "written_here": False, **proposed}


def _place(text: str, parts: Sequence[dict[str, Any]]) -> None:
    """Tell of each part which paragraphs it was read from."""
    places = paragraphs_of(text, [part["source"] for part in parts])
    for part, place in zip(parts, places, strict=True):
        part["paragraphs"] = place


def report_of_own(file: str, data: bytes, document: OwnDocument, comparison: Comparison) -> dict[str, Any]:
    """Return what a Word document of ours says, as a unit of the same form, and what it says otherwise than its
    edition (``changes``).
    """
    text = read_word(data, file, Budget()).text
    body = new_body(document)
    cursor = 0

    def placed(words: str) -> dict[str, Any]:
        nonlocal cursor
        flat = words.replace("\n", "\x0b")
        at = text.find(flat, cursor)
        at = at if at >= 0 else text.find(flat)
        if at < 0 or not words:
            return {"source": None, "paragraphs": None}
        cursor = at + len(flat)
        span = (at, cursor)
        return {"source": span, "paragraphs": paragraphs_of(text, [span])[0]}

    listed = {
        part.name: [
            {**row, **placed(str(row.get("text") or row[part.lead.name])), "confidence": 100}
            for row in body[part.name]
        ]
        for part in PARTS
    }
    duties = [{**row, "group": row["category"], "marker": ""} for row in listed.pop("duties")]
    unit = {
        "kind": "department" if body["unit_kind"] == "department" else "position",
        "title": body["title"],
        "department": (body["department"] or {}).get("code", ""),
        "reports_to": "",
        "summary": body["summary"],
        "duties": duties,
        "qualifications": listed.pop("qualifications"),
        "sections": listed.pop("sections"),
        "rows": [{"part": name, **row} for name, rows in listed.items() for row in rows],
        "fields": [],
        "headings": [],
        "source": (0, len(text)),
        "paragraphs": (1, text.count("\n") + 1),
        "confidence": 100,
    }
    return {
        "file": file,
        "written_here": True,
        "key": document.key,
        "edition": document.edition,
        "units": [unit],
        "changes": [
            {
                "kind": change.kind,
                "part": change.name,
                "column": change.column,
                "id": change.row,
                "before": change.before,
                "after": change.after,
                "guessed": change.guessed,
            }
            for change in comparison.changes
        ],
        "kept": [
            {"text": one.text, "reason": one.part or "text", **placed(one.text)} for one in comparison.kept
        ],
        "sha256": hashlib.sha256(data).hexdigest(),
        "encoding": "docx",
        "warnings": [],
    }
