"""Two bodies of a position description, compared in the words of a reader.

``foundation.editions.difference`` finds what changed by the identity of duties; here the places get their
names, coded values their labels, and changed texts are cut into pieces so that a screen can mark the
characters that differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from backoffice.positions.body import label_of, named, upgraded
from backoffice.positions.enums import ControlledStatus, DocumentKind, DutyGrouping, UnitKind
from backoffice.positions.layout import value_of
from backoffice.positions.library.links import parse
from backoffice.positions.markup import words
from backoffice.positions.parts import BY_NAME, LINK, PARTS, SINGLES
from backoffice.positions.segments import steps, tokens
from foundation.editions.difference import difference, split_path

HEADINGS = {
    "title": gettext_lazy("Title"),
    "document_kind": gettext_lazy("Kind of document"),
    "document_number": gettext_lazy("Document number"),
    "controlled": gettext_lazy("Controlled status"),
    "edition_label": gettext_lazy("Issue number or year"),
    "unit_kind": gettext_lazy("Describes"),
    "department": gettext_lazy("Department"),
    "reports_to": gettext_lazy("Reports to"),
    "subordinates": gettext_lazy("Subordinates"),
    "grade": gettext_lazy("Grade"),
    "headcount": gettext_lazy("Headcount"),
    "answerable": gettext_lazy("Answerable for carrying it out"),
    "scope_posts": gettext_lazy("Applies to"),
    "summary": gettext_lazy("Summary"),
    "motto": gettext_lazy("Motto"),
    "purpose": gettext_lazy("Purpose of the document"),
    "catch_all": gettext_lazy("Further work as given by the superior"),
    "duties_by": gettext_lazy("Duties are grouped by"),
    "working_conditions": gettext_lazy("Working conditions"),
    "confidential": gettext_lazy("Bound to confidentiality"),
    "prepared_by": gettext_lazy("Prepared by"),
    "reviewed_by": gettext_lazy("Reviewed by"),
    "approved_by": gettext_lazy("Approved by"),
    "signatory": gettext_lazy("Signed by"),
    "issuing_company": gettext_lazy("Issued by"),
    "issue_date": gettext_lazy("Date of issue"),
    **{single.name: single.heading for single in SINGLES},
    **{part.name: part.one for part in PARTS},
}
WORDING = gettext_lazy("Wording")
SHORT = 40


@dataclass(frozen=True)
class Piece:
    """A stretch of a text; ``changed`` if the other side has something else there."""

    text: str
    changed: bool = False


@dataclass(frozen=True)
class Step:
    """A stretch of two texts read as one. ``kind``: same, gone or new."""

    kind: str
    text: str


@dataclass(frozen=True)
class Thing:
    """A duty (or another thing) with everything that differs about it; ``title`` is empty for single texts."""

    id: str
    title: str
    differences: tuple[Difference, ...]

    @property
    def chips(self) -> list[Difference]:
        """Return one difference of each kind, for its word and tone."""
        return list({one.kind: one for one in self.differences}.values())


@dataclass(frozen=True)
class Group:
    """A part of the description in which something differs."""

    name: str
    heading: str
    things: tuple[Thing, ...]


@dataclass(frozen=True)
class Difference:
    """One difference as it is shown. ``kind``: added, removed, changed or moved."""

    path: str
    kind: str
    label: str
    before: str
    after: str
    title: str = ""

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
    def field(self) -> str:
        """Return which value of a thing differs, without naming the thing again; empty for a whole one."""
        path = split_path(self.path)
        return _field(path[0], path[2]) if len(path) > 2 else ""

    @property
    def inline(self) -> list[Step]:
        """Return both texts as one: what is gone and what came stand where they differ."""
        if self.kind == "moved":
            return [Step("same", f"{self.before} → {self.after}")]
        found = []
        for same, before, after in steps(tokens(self.before), tokens(self.after)):
            if same:
                found.append(Step("same", after))
                continue
            found += [Step(kind, text) for kind, text in (("gone", before), ("new", after)) if text]
        return found

    @property
    def sides(self) -> tuple[list[Piece], list[Piece]]:
        """Return both texts in pieces, so that what differs can be marked."""
        if self.kind != "changed":
            return [Piece(self.before)], [Piece(self.after)]
        return marked(self.before, self.after)


def differences(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[Difference]:
    """Return what leads from one body to the other (None: from nothing), in the language in use."""
    old, new = (_readable(before) if before else None), _readable(after)
    # Of a first edition, what nobody touched is not told.
    blank = _readable({"code": "", "title": ""}) if not before else {}
    shown = []
    for change in difference(old, new):
        if change.before in (None, "", 0, []) and change.after in (None, "", 0, []):
            continue
        if not before and change.after == blank.get(change.path):
            continue
        if isinstance(change.after, list) and not change.before:  # the first edition: each thing by itself
            shown += [
                Difference(
                    f"{change.path}.{thing['id']}",
                    "added",
                    _label([change.path]),
                    "",
                    _told(thing, change.path),
                    _named(change.path, thing),
                )
                for thing in change.after
            ]
            continue
        path = split_path(change.path)
        if change.kind == "moved":
            thing = next(row for row in new[path[0]] if row["id"] == path[1])
            place = _("place %(number)s")
            sides = (place % {"number": change.before + 1}, place % {"number": change.after + 1})
            shown.append(
                Difference(change.path, "moved", _label(path, thing), *sides, _named(path[0], thing))
            )
            continue
        rows = new[path[0]] if len(path) > 2 else ()
        thing = next((row for row in rows if row["id"] == path[1]), None)
        before_told, after_told = _told(change.before, path[0]), _told(change.after, path[0])
        kind = change.kind
        if kind == "changed" and not (before_told and after_told):
            kind = "removed" if before_told else "added"
        whole = change.after or change.before if isinstance(change.after or change.before, Mapping) else thing
        title = _named(path[0], whole) if whole else ""
        shown.append(Difference(change.path, kind, _label(path, thing), before_told, after_told, title))
    return shown


@dataclass(frozen=True)
class LinkChange:
    """A thing whose reference to the library differs, whatever its words do. ``part`` names what it is."""

    part: str
    title: str
    before: str
    after: str


def link_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[LinkChange]:
    """Return the things that are in both bodies and name another item or version of the library.

    Not among ``differences``: where a text was taken from changes nothing of what it says.
    """
    old, new = upgraded(before), upgraded(after)
    found = []
    for part in PARTS:
        earlier = {row["id"]: row.get(LINK.name, "") for row in old[part.name]}
        found += [
            LinkChange(
                str(part.one),
                _named(part.name, row),
                _linked(earlier[row["id"]]),
                _linked(row.get(LINK.name, "")),
            )
            for row in new[part.name]
            if row["id"] in earlier and earlier[row["id"]] != row.get(LINK.name, "")
        ]
    return found


def _linked(text: str) -> str:
    link = parse(text)
    if link is None:
        return _("not from the library")
    return _("%(key)s, version %(number)s") % {"key": link.key, "number": link.version}


def in_short(found: list[Difference]) -> str:
    """Return one line about the differences, for a list."""
    if not found:
        return _("No differences")
    return ngettext("%(number)s difference", "%(number)s differences", len(found)) % {"number": len(found)}


def marked(before: str, after: str) -> tuple[list[Piece], list[Piece]]:
    """Return both texts in pieces; compared by words, also Chinese (``segments``)."""
    left: list[Piece] = []
    right: list[Piece] = []
    for same, gone, new in steps(tokens(before), tokens(after)):
        if gone:
            left.append(Piece(gone, not same))
        if new:
            right.append(Piece(new, not same))
    return left, right


def grouped(found: Sequence[Difference]) -> list[Group]:
    """Return differences by part and by thing: all that happened to one duty stands together."""
    groups: dict[str, dict[str, list[Difference]]] = {}
    for one in found:
        path = split_path(one.path)
        groups.setdefault(path[0], {}).setdefault(path[1] if len(path) > 1 else "", []).append(one)
    order = {name: place for place, name in enumerate(HEADINGS)}
    return [
        Group(
            name,
            str(BY_NAME[name].heading if name in BY_NAME else HEADINGS.get(name, name)),
            tuple(Thing(key, rows[0].title if key else "", tuple(rows)) for key, rows in things.items()),
        )
        for name, things in sorted(groups.items(), key=lambda item: order.get(item[0], len(order)))
    ]


def _readable(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body with names for codes and words for yes and no; rows keep their id."""
    body = upgraded(body)
    department = body["department"]
    told: dict[str, Any] = {name: body[name] for name in HEADINGS}
    told.update(
        title=named(body, "title"),
        document_kind=label_of(DocumentKind, body["document_kind"]),
        controlled=label_of(ControlledStatus, body["controlled"]),
        unit_kind=label_of(UnitKind, body["unit_kind"]),
        duties_by=label_of(DutyGrouping, body["duties_by"]),
        department=named(department, "name") if department else "",
        reports_to=_posts(body["reports_to"]) or (_("nobody") if body["no_superior"] else ""),
        subordinates=_posts(body["subordinates"]) or (_("none") if body["no_subordinates"] else ""),
        scope_posts=_posts(body["scope_posts"]),
        answerable=_posts([body["answerable"]] if body["answerable"] else []),
        headcount=str(body["headcount"] or ""),
    )
    for name in ("prepared_by", "reviewed_by", "approved_by", "signatory"):
        told[name] = named(body[name], "name") if body[name] else ""
    for name in ("catch_all", "confidential"):
        told[name] = _("yes") if body[name] else _("no")
    for single in SINGLES:
        if single.rich:
            told[single.name] = words(body[single.name])
    for part in PARTS:
        told[part.name] = [
            {
                "id": row["id"],
                **{
                    column.name: words(row[column.name]) if column.kind == "rich" else value_of(column, row)
                    for column in part.columns
                },
            }
            for row in body[part.name]
        ]
    return told


def _posts(posts: Sequence[Mapping[str, Any]]) -> str:
    return "、".join(named(post, "title") for post in posts)


def _label(path: list[str], thing: Mapping[str, Any] | None = None) -> str:
    part = str(HEADINGS.get(path[0], path[0]))
    if thing is not None:
        part = f"{part} · {_named(path[0], thing)}"
    return f"{part} · {_field(path[0], path[2])}" if len(path) > 2 else part


def _named(part: str, thing: Mapping[str, Any]) -> str:
    """Return the first words of a thing."""
    lead = str(thing.get(_lead(part)) or "")
    return f"{lead[:SHORT]}{'…' if len(lead) > SHORT else ''}"


def _lead(part: str) -> str:
    return BY_NAME[part].lead.name if part in BY_NAME else "text"


def _field(part: str, name: str) -> str:
    """Return what a value of a thing is called; its own words are its wording."""
    if name == "text":
        return str(WORDING)
    columns = BY_NAME[part].columns if part in BY_NAME else ()
    return next((str(column.label) for column in columns if column.name == name), name)


def _told(value: Any, part: str = "") -> str:
    """Return a value as text; of a whole thing, its main text and then what else it says."""
    if not isinstance(value, Mapping):
        return "" if value is None else str(value)
    if part not in BY_NAME:
        return "\n".join(str(text) for name, text in value.items() if name != "id" and text)
    lead = [str(value[name]) for name in dict.fromkeys((_lead(part), "text", "body")) if value.get(name)]
    no = _("no")
    rest = [
        f"{column.label}: {value[column.name]}"
        for column in BY_NAME[part].columns
        if column.name not in (_lead(part), "text", "body")
        and value.get(column.name)
        and not (column.kind == "flag" and not column.default and value[column.name] == no)
    ]
    return "\n".join([*lead, *rest])
