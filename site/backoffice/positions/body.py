"""What goes into an edition of a position description, and how an edition is laid out for reading.

``edition_body`` reads a page, also a half-filled draft; ``sheet`` turns a body into the plain values that the
reading page and the preview show. An edition is self-contained: department, superiors and grade are in it as
they were on the day, so that it still reads the same when they change.

The body (all texts Unicode NFC after ``canonical``; no text is None)::

    {"code", "title", "title_en", "document_kind", "document_number",
     "department": {"code", "name", "name_en"} | None,
     "reports_to": [{"code", "title", "title_en"}],          # ordered by code
     "grade", "headcount",
     "summary", "purpose",                                   # plain text, line breaks kept
     "duties": [{"id", "text", "cadence", "deadline", "deliverable"}],
     "authorities": [{"id", "text", "limit"}],
     "qualifications": [{"id", "kind", "text", "mandatory"}],
     "working_conditions",                                   # plain text
     "sections": [{"id", "heading", "body"}]}                # body: the marks of ``markup.KEPT`` only
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language

from backoffice.positions.enums import Cadence, DocumentKind, QualificationKind
from backoffice.positions.markup import plain_markup

if TYPE_CHECKING:
    from backoffice.positions.models import PositionPage


def edition_body(page: PositionPage) -> dict[str, Any]:
    """Return the body of an edition made from ``page`` as it stands (also from a draft with holes in it)."""
    post = page.position
    department = post.department if post else None
    return {
        "code": post.code if post else "",
        "title": page.title.strip(),
        "title_en": post.title_en if post else "",
        "document_kind": page.document_kind,
        "document_number": page.document_number_shown,
        "department": (
            {"code": department.code, "name": department.name, "name_en": department.name_en}
            if department
            else None
        ),
        "reports_to": (
            [
                {"code": superior.code, "title": superior.title, "title_en": superior.title_en}
                for superior in sorted(post.superiors.all(), key=lambda one: one.code)
            ]
            if post
            else []
        ),
        "grade": post.grade if post else "",
        "headcount": post.headcount if post else 0,
        "summary": _lines(page.summary),
        "purpose": _lines(page.purpose),
        "duties": _rows(page.duties, text="", cadence=Cadence.ONGOING.value, deadline="", deliverable=""),
        "authorities": _rows(page.authorities, text="", limit=""),
        "qualifications": _rows(
            page.qualifications, kind=QualificationKind.OTHER.value, text="", mandatory=False
        ),
        "working_conditions": _lines(page.working_conditions),
        "sections": [
            {**row, "body": plain_markup(row["body"])} for row in _rows(page.sections, heading="", body="")
        ],
    }


def _rows(stream: Any, **defaults: Any) -> list[dict[str, Any]]:
    """Return the blocks of ``stream`` as rows with their id; a hole gets the default, an empty block is
    left out.
    """
    rows = []
    for raw in stream.get_prep_value() if stream else []:
        value = raw.get("value") or {}
        row = {name: _clean(value.get(name), default) for name, default in defaults.items()}
        if any(isinstance(row[name], str) and row[name] for name in row if name not in ("kind", "cadence")):
            rows.append({"id": raw["id"], **row})
    return rows


def _clean(value: Any, default: Any) -> Any:
    if isinstance(default, bool):
        return bool(value)
    text = _lines("" if value is None else str(value))
    return text or default


def _lines(text: str | None) -> str:
    return "\n".join(line.rstrip() for line in (text or "").replace("\r\n", "\n").split("\n")).strip()


# --- for reading --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NumberedDuty:
    """A duty with the number it is printed under."""

    number: int
    id: str
    text: str
    deadline: str
    deliverable: str


@dataclass(frozen=True)
class DutyGroup:
    """The duties of one cadence."""

    cadence: str
    label: str
    duties: tuple[NumberedDuty, ...]


@dataclass(frozen=True)
class Sheet:
    """An edition's body as plain values in the language in use."""

    code: str
    title: str
    document_kind: str
    document_number: str
    department: str
    reports_to: tuple[tuple[str, str], ...]
    grade: str
    headcount: int
    summary: str
    purpose: str
    duties: tuple[DutyGroup, ...]
    authorities: tuple[Mapping[str, Any], ...]
    qualifications: tuple[tuple[str, tuple[Mapping[str, Any], ...]], ...]
    working_conditions: str
    sections: tuple[Mapping[str, Any], ...]

    @property
    def duty_count(self) -> int:
        """Return how many duties there are."""
        return sum(len(group.duties) for group in self.duties)


def duty_groups(duties: Sequence[Mapping[str, Any]]) -> tuple[DutyGroup, ...]:
    """Return the duties by cadence, in the order of ``Cadence``, numbered through; authors' order within a
    group.

    Numbers are given here and nowhere stored, so a list never has gaps or doubles.
    """
    known = {choice.value: str(choice.label) for choice in Cadence}
    groups: list[DutyGroup] = []
    number = 0
    for cadence, label in known.items():
        members = [
            duty
            for duty in duties
            if (duty["cadence"] if duty["cadence"] in known else Cadence.ONGOING.value) == cadence
        ]
        if not members:
            continue
        numbered = []
        for duty in members:
            number += 1
            numbered.append(
                NumberedDuty(number, duty["id"], duty["text"], duty["deadline"], duty["deliverable"])
            )
        groups.append(DutyGroup(cadence, label, tuple(numbered)))
    return tuple(groups)


def sheet(body: Mapping[str, Any]) -> Sheet:
    """Return ``body`` laid out for reading in the language in use. Only ever given the output of
    ``edition_body``.
    """
    kinds = {choice.value: str(choice.label) for choice in QualificationKind}
    by_kind = {
        kind: tuple(row for row in body["qualifications"] if row["kind"] == kind)
        for kind in [*kinds, *dict.fromkeys(row["kind"] for row in body["qualifications"])]
    }
    department = body["department"]
    return Sheet(
        code=body["code"],
        title=named(body, "title"),
        document_kind=str(dict(DocumentKind.choices).get(body["document_kind"], body["document_kind"])),
        document_number=body["document_number"],
        department=named(department, "name") if department else "",
        reports_to=tuple((superior["code"], named(superior, "title")) for superior in body["reports_to"]),
        grade=body["grade"],
        headcount=body["headcount"],
        summary=body["summary"],
        purpose=body["purpose"],
        duties=duty_groups(body["duties"]),
        authorities=tuple(body["authorities"]),
        qualifications=tuple((kinds.get(kind, kind), rows) for kind, rows in by_kind.items() if rows),
        working_conditions=body["working_conditions"],
        sections=tuple(body["sections"]),
    )


def named(row: Mapping[str, Any], field: str) -> str:
    """Return ``field`` of ``row`` for the language in use; Chinese stands in where English is empty."""
    english = str(row.get(f"{field}_en") or "")
    return english if english and (get_language() or "").startswith("en") else str(row[field])
