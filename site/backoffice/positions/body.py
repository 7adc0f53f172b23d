"""What goes into an edition of a position description, and how an edition is laid out for reading.

``edition_body`` reads a page, also a half-filled draft; ``page_fields`` is the way back; ``sheet`` turns a
body into the plain values that the reading page and the preview show. An edition is self-contained:
department, superiors, subordinates, names of people and forms are in it as they were on the day, so that it
still reads the same when they change.

The body (all texts Unicode NFC after ``canonical``)::

    {"schema": 2,
     "code", "title", "title_en", "document_kind", "document_number", "controlled", "edition_label",
     "unit_kind", "department": {"code", "name", "name_en"} | None, "grade", "headcount",
     "reports_to": [{"code", "title", "title_en"}], "no_superior": bool,         # ordered by code
     "subordinates": [{"code", "title", "title_en"}], "no_subordinates": bool,   # derived, ordered by code
     "scope_posts": [{"code", …}], "answerable": {"code", …} | None,
     "prepared_by", "reviewed_by", "approved_by", "signatory": {"id", "name", "name_en"} | None,
     "issuing_company", "issue_date": "2026-01-31" | "",
     "summary", "purpose", "motto", "working_conditions", "scope", "confidentiality",   # plain text
     "preamble", "qualities", "legal_clause", "training_outline",                # the marks of ``markup.KEPT``
     "confidential": bool, "catch_all": bool, "duties_by",
     <part>: [{"id", <column>: …, "library": "<key>@<version>"}]}                # ``parts.PARTS``

``library`` stands in a row only where it was taken from the library (``positions.library``).

Bodies without ``schema`` are of before its second form: they lack what came later. ``upgraded`` reads both.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from backoffice.positions import references
from backoffice.positions.enums import (
    AuthorityKind,
    Cadence,
    ControlledStatus,
    DocumentKind,
    DutyGrouping,
    QualificationKind,
    UnitKind,
)
from backoffice.positions.markup import plain_markup
from backoffice.positions.parts import LINK, PARTS, SINGLES, Column, Part

if TYPE_CHECKING:
    from backoffice.positions.models import PositionPage

SCHEMA = 2
PLAIN = ("summary", "purpose", "motto", "working_conditions", "issuing_company", "edition_label")
FLAGS = ("no_superior", "no_subordinates", "confidential", "catch_all")
PEOPLE = ("prepared_by", "reviewed_by", "approved_by", "signatory")
CHOICES = {
    "unit_kind": UnitKind.POST.value,
    "controlled": ControlledStatus.CONTROLLED.value,
    "duties_by": DutyGrouping.CADENCE.value,
}


def edition_body(page: PositionPage) -> dict[str, Any]:
    """Return the body of an edition made from ``page`` as it stands (also from a draft with holes in it)."""
    post = page.position
    department = post.department if post else None
    rows = {part.name: rows_of(part, _raw(getattr(page, part.name))) for part in PARTS}
    _name_references(rows)
    return {
        "schema": SCHEMA,
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
        "reports_to": _posts(post.superiors.all()) if post else [],
        "subordinates": _posts(post.subordinates.all()) if post else [],
        "grade": post.grade if post else "",
        "headcount": post.headcount if post else 0,
        "scope_posts": _posts(page.scope_posts.all()),
        "answerable": _post(page.answerable) if page.answerable else None,
        "issue_date": page.issue_date.isoformat() if page.issue_date else "",
        **{name: getattr(page, name) or default for name, default in CHOICES.items()},
        **{name: bool(getattr(page, name)) for name in FLAGS},
        **{name: plain_lines(getattr(page, name)) for name in PLAIN},
        **{
            single.name: (plain_markup if single.rich else plain_lines)(getattr(page, single.name) or "")
            for single in SINGLES
        },
        **{name: person_value(getattr(page, name)) for name in PEOPLE},
        **rows,
    }


def page_fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a page that says what ``body`` says; people and posts are looked up.

    What the organisation says of the post (department, superiors, grade) is not of the page. A person or post
    that is no longer there is left out. At most two queries.
    """
    from foundation.organisation.models import Position, User  # models exist once apps are loaded

    body = upgraded(body)
    wanted = {row["code"] for row in [*body["scope_posts"], body["answerable"]] if row}
    posts = {post.code: post for post in Position.objects.filter(code__in=wanted)} if wanted else {}
    ids = {body[name]["id"] for name in PEOPLE if body[name]}
    people = {str(user.uuid): user for user in User.objects.filter(uuid__in=ids)} if ids else {}
    made = body["code"] and body["document_number"] == _made_number(body)
    return {
        "title": body["title"],
        "document_kind": body["document_kind"],
        "document_number": "" if made else body["document_number"],
        "scope_posts": [posts[row["code"]] for row in body["scope_posts"] if row["code"] in posts],
        "answerable": posts.get(body["answerable"]["code"]) if body["answerable"] else None,
        "issue_date": datetime.date.fromisoformat(body["issue_date"]) if body["issue_date"] else None,
        **{name: body[name] for name in (*CHOICES, *FLAGS, *PLAIN)},
        **{single.name: body[single.name] for single in SINGLES},
        **{name: people.get(body[name]["id"]) if body[name] else None for name in PEOPLE},
        **{part.name: stream_rows(part, body[part.name]) for part in PARTS},
    }


def upgraded(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``body`` in the form of today: what an older one lacks is empty in it."""
    empty = {
        **dict.fromkeys(
            (*PLAIN, *(single.name for single in SINGLES), "grade", "issue_date", "title_en"), ""
        ),
        **dict.fromkeys(FLAGS, False),
        **dict.fromkeys((*PEOPLE, "answerable", "department"), None),
        **CHOICES,
        "document_kind": DocumentKind.DESCRIPTION.value,
        "document_number": "",
        "headcount": 0,
        "reports_to": [],
        "subordinates": [],
        "scope_posts": [],
    }
    rows = {
        part.name: [
            {**{column.name: column.empty for column in part.columns}, **row}
            for row in body.get(part.name) or ()
        ]
        for part in PARTS
    }
    return {**empty, **body, **rows, "schema": SCHEMA}


def stream_rows(part: Part, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of a body as the stream field of ``part`` takes them; a row without an id gets a new one."""
    return [
        {
            "type": part.block,
            "id": row.get("id") or str(uuid.uuid4()),
            "value": {column.name: _stored(column, row.get(column.name)) for column in part.stored},
        }
        for row in rows
    ]


def _made_number(body: Mapping[str, Any]) -> str:
    from backoffice.positions.numbering import made_number

    return made_number(body["code"], (body["department"] or {}).get("code", ""))


def _stored(column: Column, value: Any) -> Any:
    if column.kind in ("money", "whole"):
        return None if value in (None, "") else value
    return column.empty if value is None else value


def _posts(posts: Iterable[Any]) -> list[dict[str, str]]:
    return [_post(post) for post in sorted(posts, key=lambda one: str(one.code))]


def _post(post: Any) -> dict[str, str]:
    return {"code": post.code, "title": post.title, "title_en": post.title_en}


def person_value(user: Any) -> dict[str, str] | None:
    """Return somebody as a body names them: by value, so that it reads the same when they are gone."""
    if user is None:
        return None
    return {"id": str(user.uuid), "name": user.full_name or user.username, "name_en": user.full_name_en}


def _raw(stream: Any) -> list[dict[str, Any]]:
    return list(stream.get_prep_value()) if stream else []


def rows_of(part: Part, blocks: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return blocks as a stream stores them as rows with their id; a hole gets the default, an empty block is
    left out.
    """
    rows = []
    for raw in blocks:
        value = raw.get("value") or {}
        row = clean_row(part, value)
        if any(row[column.name] for column in part.columns if column.kind not in ("choice", "flag")):
            link = plain_lines(str(value.get(LINK.name) or "")) if part.library else ""
            rows.append({"id": raw["id"], **row, **({LINK.name: link} if link else {})})
    return rows


def clean_row(part: Part, value: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a reader is told of one thing, in the form in which an edition holds it."""
    return {column.name: _clean(column, value.get(column.name)) for column in part.columns}


def _clean(column: Column, value: Any) -> Any:
    match column.kind:
        case "flag":
            return bool(column.default if value is None else value)
        case "whole":
            return None if value in (None, "") else int(value)
        case "money":
            return _money(value)
        case "rich":
            return plain_markup(str(value or ""))
    return plain_lines("" if value is None else str(value)) or column.empty


def _money(value: Any) -> str:
    """Return an amount as text with two decimals; amounts are never floating-point numbers."""
    try:
        return "" if value in (None, "") else f"{Decimal(str(value)):.2f}"
    except InvalidOperation:
        return ""


def _name_references(rows: Mapping[str, list[dict[str, Any]]]) -> None:
    """Write beside each reference to a form or workflow what it is called."""
    named_rows = [
        (column.name, row)
        for part in PARTS
        for column in part.columns
        if column.kind == "reference"
        for row in rows[part.name]
    ]
    found = references.titles(row[name] for name, row in named_rows)
    for name, row in named_rows:
        title = found.get(row[name], {})
        row[f"{name}_name"] = str(title.get("zh-hans") or row[name].partition(":")[2])
        row[f"{name}_name_en"] = str(title.get("en") or "")


def plain_lines(text: str | None) -> str:
    """Return plain text as editions hold it: one kind of line end, no space at the end of lines."""
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
    recipient: str = ""
    cadence: str = ""
    category: str = ""
    weight: int | None = None
    related: str = ""
    supplementary: bool = False


@dataclass(frozen=True)
class DutyGroup:
    """The duties of one cadence, or of one subject."""

    cadence: str
    label: str
    duties: tuple[NumberedDuty, ...]


@dataclass(frozen=True)
class Sheet:
    """An edition's body as plain values in the language in use. ``more``: the other parts, by place."""

    code: str
    title: str
    document_kind: str
    document_number: str
    controlled: str
    edition_label: str
    unit_kind: str
    department: str
    reports_to: tuple[tuple[str, str], ...]
    no_superior: bool
    subordinates: tuple[tuple[str, str], ...]
    no_subordinates: bool
    grade: str
    headcount: int
    summary: str
    purpose: str
    motto: str
    scope_posts: tuple[tuple[str, str], ...]
    answerable: tuple[str, str] | None
    duties: tuple[DutyGroup, ...]
    catch_all: bool
    authorities: tuple[Mapping[str, Any], ...]
    qualifications: tuple[tuple[str, tuple[Mapping[str, Any], ...]], ...]
    working_conditions: str
    sections: tuple[Mapping[str, Any], ...]
    confidential: bool
    control: tuple[tuple[str, str], ...]
    more: Mapping[str, tuple[Any, ...]]

    @property
    def duty_count(self) -> int:
        """Return how many duties there are."""
        return sum(len(group.duties) for group in self.duties)


def duty_groups(
    duties: Sequence[Mapping[str, Any]], by: str = DutyGrouping.CADENCE.value
) -> tuple[DutyGroup, ...]:
    """Return the duties in groups, numbered through; authors' order within a group.

    By cadence in the order of ``Cadence``; by subject in the order in which subjects first occur, duties
    without one last. Numbers are given here and nowhere stored, so a list never has gaps or doubles.
    """
    known = {choice.value: str(choice.label) for choice in Cadence}
    if by == DutyGrouping.CATEGORY.value:
        subjects = dict.fromkeys(duty.get("category", "") for duty in duties)
        labels = {subject: subject for subject in subjects if subject}
        if "" in subjects:
            labels[""] = _("Other duties") if labels else ""
        key_of = {duty["id"]: duty.get("category", "") for duty in duties}
    else:
        labels = known
        key_of = {
            duty["id"]: duty["cadence"] if duty["cadence"] in known else Cadence.ONGOING.value
            for duty in duties
        }
    groups: list[DutyGroup] = []
    number = 0
    for key, label in labels.items():
        numbered = []
        for duty in duties:
            if key_of[duty["id"]] != key:
                continue
            number += 1
            numbered.append(
                NumberedDuty(
                    number=number,
                    id=duty["id"],
                    text=duty["text"],
                    deadline=duty["deadline"],
                    deliverable=duty["deliverable"],
                    recipient=duty.get("recipient", ""),
                    cadence=known.get(duty["cadence"], duty["cadence"]),
                    category=duty.get("category", ""),
                    weight=duty.get("weight"),
                    related=named(duty, "related_name") if duty.get("related") else "",
                    supplementary=bool(duty.get("supplementary")),
                )
            )
        if numbered:
            groups.append(DutyGroup(key, label, tuple(numbered)))
    return tuple(groups)


def sheet(body: Mapping[str, Any]) -> Sheet:
    """Return ``body`` laid out for reading in the language in use. Only ever given the output of
    ``edition_body``, of today or of earlier.
    """
    from backoffice.positions.layout import control_of, shown_parts  # they name what stands here

    body = upgraded(body)
    kinds = {choice.value: str(choice.label) for choice in QualificationKind}
    by_kind = {
        kind: tuple(row for row in body["qualifications"] if row["kind"] == kind)
        for kind in [*kinds, *dict.fromkeys(row["kind"] for row in body["qualifications"])]
    }
    department = body["department"]
    return Sheet(
        code=body["code"],
        title=named(body, "title"),
        document_kind=label_of(DocumentKind, body["document_kind"]),
        document_number=body["document_number"],
        controlled=label_of(ControlledStatus, body["controlled"]),
        edition_label=body["edition_label"],
        unit_kind=label_of(UnitKind, body["unit_kind"]),
        department=named(department, "name") if department else "",
        reports_to=_linked(body["reports_to"]),
        no_superior=body["no_superior"],
        subordinates=_linked(body["subordinates"]),
        no_subordinates=body["no_subordinates"],
        grade=body["grade"],
        headcount=body["headcount"],
        summary=body["summary"],
        purpose=body["purpose"],
        motto=body["motto"],
        scope_posts=_linked(body["scope_posts"]),
        answerable=_linked([body["answerable"]])[0] if body["answerable"] else None,
        duties=duty_groups(body["duties"], body["duties_by"]),
        catch_all=body["catch_all"],
        authorities=tuple(
            {**row, "kind_label": label_of(AuthorityKind, row["kind"]) if row["kind"] else ""}
            for row in body["authorities"]
        ),
        qualifications=tuple((kinds.get(kind, kind), rows) for kind, rows in by_kind.items() if rows),
        working_conditions=body["working_conditions"],
        sections=tuple(body["sections"]),
        confidential=body["confidential"],
        control=control_of(body),
        more=shown_parts(body),
    )


def _linked(posts: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    return tuple((post["code"], named(post, "title")) for post in posts)


def label_of(choices: Any, value: str) -> str:
    """Return the label of a stored word; a word of another time stands for itself."""
    return str(dict(choices.choices).get(value, value))


def named(row: Mapping[str, Any], field: str) -> str:
    """Return ``field`` of ``row`` for the language in use; Chinese stands in where English is empty."""
    english = str(row.get(f"{field}_en") or "")
    return english if english and (get_language() or "").startswith("en") else str(row[field])
