"""Two bodies of a position description, compared in the words of a reader.

``foundation.editions.difference`` finds what changed by the identity of duties; here the places get their
names, coded values their labels, and changed texts are cut into pieces so that a screen can mark the
characters that differ.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from backoffice.positions.body import named
from backoffice.positions.enums import Cadence, DocumentKind, QualificationKind
from backoffice.positions.markup import words
from foundation.editions.difference import difference, split_path

PARTS = {
    "title": gettext_lazy("Title"),
    "document_kind": gettext_lazy("Kind of document"),
    "document_number": gettext_lazy("Document number"),
    "department": gettext_lazy("Department"),
    "reports_to": gettext_lazy("Reports to"),
    "grade": gettext_lazy("Grade"),
    "headcount": gettext_lazy("Headcount"),
    "summary": gettext_lazy("Summary"),
    "purpose": gettext_lazy("Purpose of the document"),
    "duties": pgettext_lazy("one of several", "Duty"),
    "authorities": pgettext_lazy("one of several", "Authority"),
    "qualifications": pgettext_lazy("one of several", "Qualification"),
    "working_conditions": gettext_lazy("Working conditions"),
    "sections": pgettext_lazy("one of several", "Section"),
}
FIELDS = {
    "text": gettext_lazy("Wording"),
    "cadence": gettext_lazy("How often"),
    "deadline": gettext_lazy("Deadline"),
    "deliverable": gettext_lazy("Deliverable"),
    "limit": gettext_lazy("Limit"),
    "kind": gettext_lazy("Kind"),
    "mandatory": gettext_lazy("Mandatory"),
    "heading": gettext_lazy("Heading"),
    "body": gettext_lazy("Text"),
}
SHORT = 40


@dataclass(frozen=True)
class Piece:
    """A stretch of a text; ``changed`` if the other side has something else there."""

    text: str
    changed: bool = False


@dataclass(frozen=True)
class Difference:
    """One difference as it is shown. ``kind``: added, removed, changed or moved."""

    path: str
    kind: str
    label: str
    before: str
    after: str

    @property
    def word(self) -> str:
        """Return what happened, in a word."""
        return {
            "added": pgettext("difference", "added"),
            "removed": pgettext("difference", "removed"),
            "changed": pgettext("difference", "changed"),
            "moved": pgettext("difference", "moved"),
        }[self.kind]

    @property
    def tone(self) -> str:
        """Return the tone of the chip that says it."""
        return {"added": "done", "removed": "refused", "changed": "waiting", "moved": "open"}[self.kind]

    @property
    def sides(self) -> tuple[list[Piece], list[Piece]]:
        """Return both texts in pieces, so that what differs can be marked."""
        if self.kind != "changed":
            return [Piece(self.before)], [Piece(self.after)]
        return marked(self.before, self.after)


def differences(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[Difference]:
    """Return what leads from one body to the other (None: from nothing), in the language in use."""
    old, new = (_readable(before) if before else None), _readable(after)
    shown = []
    for change in difference(old, new):
        if change.before in (None, "", 0, []) and change.after in (None, "", 0, []):
            continue
        if isinstance(change.after, list) and not change.before:  # the first edition: each thing by itself
            shown += [
                Difference(f"{change.path}.{thing['id']}", "added", _label([change.path]), "", _told(thing))
                for thing in change.after
            ]
            continue
        path = split_path(change.path)
        if change.kind == "moved":
            thing = next(row for row in new[path[0]] if row["id"] == path[1])
            place = _("place %(number)s")
            sides = (place % {"number": change.before + 1}, place % {"number": change.after + 1})
            shown.append(Difference(change.path, "moved", _label(path, thing), *sides))
            continue
        rows = new[path[0]] if len(path) > 2 else ()
        thing = next((row for row in rows if row["id"] == path[1]), None)
        before_told, after_told = _told(change.before), _told(change.after)
        kind = change.kind
        if kind == "changed" and not (before_told and after_told):
            kind = "removed" if before_told else "added"
        shown.append(Difference(change.path, kind, _label(path, thing), before_told, after_told))
    return shown


def in_short(found: list[Difference]) -> str:
    """Return one line about the differences, for a list."""
    if not found:
        return _("No differences")
    return ngettext("%(number)s difference", "%(number)s differences", len(found)) % {"number": len(found)}


def marked(before: str, after: str) -> tuple[list[Piece], list[Piece]]:
    """Return both texts in pieces; Chinese is compared by character, other scripts by word."""
    old, new = _tokens(before), _tokens(after)
    left: list[Piece] = []
    right: list[Piece] = []
    for operation, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        changed = operation != "equal"
        if i2 > i1:
            left.append(Piece("".join(old[i1:i2]), changed))
        if j2 > j1:
            right.append(Piece("".join(new[j1:j2]), changed))
    return left, right


def _tokens(text: str) -> list[str]:
    return re.findall(r"[A-Za-z0-9_]+|\s+|.", text, re.DOTALL)


def _readable(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body with names for codes; rows keep their id."""
    department = body["department"]
    return {
        **{name: body[name] for name in PARTS if name in body},
        "title": named(body, "title"),
        "document_kind": _choice(DocumentKind, body["document_kind"]),
        "department": named(department, "name") if department else "",
        "reports_to": "、".join(named(superior, "title") for superior in body["reports_to"]),
        "headcount": str(body["headcount"] or ""),
        "duties": [{**row, "cadence": _choice(Cadence, row["cadence"])} for row in body["duties"]],
        "qualifications": [
            {
                **row,
                "kind": _choice(QualificationKind, row["kind"]),
                "mandatory": _("yes") if row["mandatory"] else _("no"),
            }
            for row in body["qualifications"]
        ],
        "sections": [{**row, "body": words(row["body"])} for row in body["sections"]],
    }


def _choice(choices: Any, value: str) -> str:
    return str(dict(choices.choices).get(value, value))


def _label(path: list[str], thing: Mapping[str, Any] | None = None) -> str:
    part = str(PARTS.get(path[0], path[0]))
    if thing is not None:
        words_of_it = str(thing.get("heading") or thing.get("text") or "")
        part = f"{part} · {words_of_it[:SHORT]}{'…' if len(words_of_it) > SHORT else ''}"
    return f"{part} · {FIELDS.get(path[2], path[2])}" if len(path) > 2 else part


def _told(value: Any) -> str:
    """Return a value as text; of a whole thing, its main text and then what else it says."""
    if isinstance(value, Mapping):
        lead = [str(value[name]) for name in ("heading", "text", "body") if value.get(name)]
        rest = [
            f"{FIELDS[name]}: {text}"
            for name, text in value.items()
            if name in FIELDS and name not in ("heading", "text", "body") and text
        ]
        return "\n".join([*lead, *rest])
    return "" if value is None else str(value)
