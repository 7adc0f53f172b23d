"""What a Word document says otherwise than the edition it was written from, and how that gets into the draft.

Three texts are compared: the edition (what was written), the document (what came back) and the draft (what
HR wrote meanwhile). Only what the document says otherwise than the edition is a change; it goes in where the
draft still says what the edition said, and is told where it does not. Things are known by their ids, so a
changed, moved or removed duty is that and not a removed and an added one.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from django.utils.translation import gettext as _

from backoffice.exports import word_markup, word_tags
from backoffice.positions.body import CHOICES, FLAGS, PEOPLE, PLAIN, label_of, upgraded
from backoffice.positions.layout import value_of
from backoffice.positions.markup import words
from backoffice.positions.parts import BY_NAME, PARTS, SINGLES, Part
from backoffice.positions.word.reading import Outside, OwnDocument
from backoffice.positions.word.writing import CHOICE_OF, PEOPLE_LABELS

Kind = Literal["changed", "added", "removed", "moved"]
REFERENCES = (*PEOPLE, "answerable", "scope_posts")
TEXTS = ("title", "document_number", "issue_date", *PLAIN, *(one.name for one in SINGLES))


@dataclass(frozen=True)
class Change:
    """One thing the document says otherwise. ``name`` is a part or a single; ``column`` of a changed thing.

    ``before`` and ``after`` as people read them; ``value`` what is stored, a whole row for an added one.
    ``after_id``: the thing before it. ``guessed``: words found outside of all controls, taken
    for a further thing of the list they stand in.
    """

    kind: Kind
    name: str
    label: str
    before: str = ""
    after: str = ""
    row: str = ""
    column: str = ""
    value: Any = None
    after_id: str = ""
    guessed: bool = False
    paragraph: int = 0

    @property
    def key(self) -> str:
        """Return what names the change in a form."""
        return ":".join((self.kind, self.name, self.row or self.after_id, self.column, str(self.paragraph)))


@dataclass(frozen=True)
class Comparison:
    """All changes, and the words that found no place: beside values, in headings, or no values at all."""

    changes: tuple[Change, ...]
    kept: tuple[Outside, ...]


def compare(base: Mapping[str, Any], document: OwnDocument) -> Comparison:
    """Return what ``document`` says otherwise than the edition body ``base``."""
    base, body = upgraded(base), document.body
    changes = [*_singles(base, body)]
    kept: list[Outside] = [*document.unread, *_renamed(base, body)]
    unread = {(one.part, one.after) for one in document.unread}
    for part in PARTS:
        changes += _rows(part, base[part.name], body[part.name], document, unread)
    for outside in document.outside:
        added = _guessed(outside)
        if added is None:
            kept.append(outside)
        else:
            changes.append(added)
    return Comparison(tuple(changes), tuple(kept))


def new_body(document: OwnDocument) -> dict[str, Any]:
    """Return a body for a page of its own: what stands outside, alone in a list, is a further thing of it."""
    body = {**document.body, **{part.name: list(document.body[part.name]) for part in PARTS}}
    for outside in document.outside:
        if change := _guessed(outside):
            _insert(body[change.name], change)
    for part in PARTS:
        for row in body[part.name]:
            row["id"] = row["id"] or str(uuid.uuid4())
    return body


def kept_of(document: OwnDocument) -> tuple[Outside, ...]:
    """Return the words that ``new_body`` has no place for."""
    return (*document.unread, *(one for one in document.outside if _guessed(one) is None))


def apply(draft: Mapping[str, Any], changes: Iterable[Change]) -> tuple[dict[str, Any], list[Change]]:
    """Return the draft's body with ``changes`` in it, and those that fit no more because HR changed the same place."""
    body = upgraded(draft)
    body.update({part.name: [dict(row) for row in body[part.name]] for part in PARTS})
    left = []
    made: dict[str, str] = {}
    for change in changes:
        if change.name not in BY_NAME:
            if change.before == _shown(change.name, body):
                body[change.name] = change.value
            else:
                left.append(change)
            continue
        part, rows = BY_NAME[change.name], body[change.name]
        at = next((at for at, row in enumerate(rows) if _same(row["id"], change.row)), None)
        if change.kind == "added":
            new = replace(change, after_id=made.get(change.after_id, change.after_id))
            made[change.row or change.key] = _insert(rows, new)
        elif at is None:
            left.append(change)
        elif change.kind == "removed":
            if _told(part, rows[at]) == change.before:
                del rows[at]
            else:
                left.append(change)
        elif change.kind == "moved":
            row = rows.pop(at)
            rows.insert(_behind(rows, change.after_id), row)
        elif _column_shown(part, change.column, rows[at]) == change.before:
            rows[at][change.column] = change.value
            rows[at].pop(f"{change.column}_name", None)
        else:
            left.append(change)
    return body, left


# --- finding


def _singles(base: Mapping[str, Any], body: Mapping[str, Any]) -> Iterable[Change]:
    for name in (*TEXTS, *CHOICE_OF, *FLAGS, *REFERENCES):
        before, after = _shown(name, base), _shown(name, body)
        if name in REFERENCES:
            if _ids(base[name]) != _ids(body[name]):
                yield Change("changed", name, _label(name), before, after, value=body[name])
        elif name in _RICH:
            if word_markup.canonical(base[name]) != word_markup.canonical(body[name]):
                yield Change("changed", name, _label(name), before, after, value=body[name])
        elif base[name] != body[name]:
            yield Change("changed", name, _label(name), before, after, value=body[name])


def _renamed(base: Mapping[str, Any], body: Mapping[str, Any]) -> Iterable[Outside]:
    """Yield names typed over those of people and posts: of whom they are, nobody but HR can say."""
    for name in REFERENCES:
        known = {str(text) for row in _as_rows(base[name]) for text in row.values()}
        for row in _as_rows(body[name]):
            typed = str(row.get("name") or row.get("title") or "")
            if _ids(base[name]) == _ids(body[name]) and typed and typed not in known:
                yield Outside(typed, 0, name, alone=False)


def _rows(
    part: Part,
    base: Sequence[Mapping[str, Any]],
    now: Sequence[Mapping[str, Any]],
    document: OwnDocument,
    unread: set[tuple[str, str]],
) -> Iterable[Change]:
    heading = str(part.heading)
    old = {_tagged(row["id"]): row for row in base}
    # A thing whose words are gone is gone, whatever is left of what was said of it.
    now = [
        row for row in now if row["id"] not in old or _worded(part, row) or not _worded(part, old[row["id"]])
    ]
    there = [row["id"] for row in now if row["id"] in old]
    before = ""
    for row in now:
        paragraph = document.paragraphs.get(row["id"], 0)
        if row["id"] not in old:
            yield Change(
                "added", part.name, heading, after=_told(part, row), value=dict(row), after_id=before,
                row=row["id"], paragraph=paragraph,
            )  # fmt: skip
            before = row["id"] or before
            continue
        was = old[row["id"]]
        for column in part.columns:
            same = (
                word_markup.canonical(was[column.name]) == word_markup.canonical(row[column.name])
                if column.kind == "rich"
                else was[column.name] == row[column.name]
            )
            if same or (part.name, row["id"]) in unread:
                continue
            yield Change(
                "changed", part.name, heading, _column_shown(part, column.name, was),
                _column_shown(part, column.name, row), was["id"], column.name, row[column.name],
                paragraph=paragraph,
            )  # fmt: skip
        before = was["id"]
    for tagged, row in old.items():
        if tagged not in there:
            yield Change("removed", part.name, heading, before=_told(part, row), row=row["id"])
    yield from _moves(part, [tag for tag in old if tag in there], there, old)


def _worded(part: Part, row: Mapping[str, Any]) -> bool:
    return any(
        row[column.name] for column in part.columns if column.required and column.kind in ("text", "rich")
    )


def _moves(
    part: Part, old: Sequence[str], now: Sequence[str], rows: Mapping[str, Mapping[str, Any]]
) -> Iterable[Change]:
    """Yield the fewest moves that make ``now`` of ``old``: what is in the longest common order stays."""
    if list(old) == list(now):
        return
    place = {tag: at for at, tag in enumerate(old)}
    best: list[list[str]] = []
    for tag in now:
        longest: list[str] = max((run for run in best if place[run[-1]] < place[tag]), key=len, default=[])
        best.append([*longest, tag])
    staying = set(max(best, key=len, default=[]))
    for at, tag in enumerate(now):
        if tag not in staying:
            row = rows[tag]
            yield Change(
                "moved", part.name, str(part.heading), after=_told(part, row), row=row["id"],
                after_id=rows[now[at - 1]]["id"] if at else "",
            )  # fmt: skip


def _guessed(outside: Outside) -> Change | None:
    """Return the further thing that a paragraph standing alone in a list proposes."""
    part = BY_NAME.get(outside.part)
    if part is None or not outside.alone or part.shape == "table" or part.name == "sections":
        return None
    if len(outside.text) > part.lead.length or "\n" in outside.text:
        return None
    row = {column.name: column.empty for column in part.columns}
    lead = next((column for column in part.columns if column.name == "text"), part.lead)
    if outside.under[0]:
        row[outside.under[0]] = outside.under[1]
    return Change(
        "added", part.name, str(part.heading), after=outside.text, guessed=True, paragraph=outside.paragraph,
        value={"id": "", **row, lead.name: outside.text}, after_id=outside.after,
    )  # fmt: skip


# --- putting in


def _insert(rows: list[dict[str, Any]], change: Change) -> str:
    """Put an added thing behind the one it stands behind; return its new id."""
    new = {**change.value, "id": str(uuid.uuid4())}
    neighbour = rows[_behind(rows, change.after_id) - 1] if rows and change.after_id else None
    if change.guessed and neighbour is not None:
        for name in ("cadence", "category", "kind", "group"):  # it stands under the same heading
            if name in new and name in neighbour and new[name] in ("", None, _empty(change.name, name)):
                new[name] = neighbour[name]
    rows.insert(_behind(rows, change.after_id) if change.after_id else len(rows), new)
    return str(new["id"])


def _empty(part: str, name: str) -> Any:
    return next((column.empty for column in BY_NAME[part].columns if column.name == name), "")


def _behind(rows: Sequence[Mapping[str, Any]], row_id: str) -> int:
    if not row_id:
        return 0
    found = next((at for at, row in enumerate(rows) if _same(row["id"], row_id)), None)
    return len(rows) if found is None else found + 1


def _tagged(row_id: str) -> str:
    return word_tags.long_id(word_tags.short_id(row_id))


def _same(one: str, other: str) -> bool:
    return one == other or _tagged(one) == other.partition("+")[0]


# --- showing

_RICH = {single.name for single in SINGLES if single.rich}


def _label(name: str) -> str:
    labels = {
        "title": _("Position name"),
        "document_number": _("Document number"),
        "issue_date": _("Date of issue"),
        "summary": _("Summary"),
        "purpose": _("Purpose of the document"),
        "motto": _("Motto"),
        "working_conditions": _("Working conditions"),
        "issuing_company": _("Issued by"),
        "edition_label": _("Issue number or year"),
        "document_kind": _("Kind of document"),
        "unit_kind": _("Describes"),
        "controlled": _("Controlled status"),
        "duties_by": _("Duties are grouped by"),
        "no_superior": _("reports to nobody"),
        "no_subordinates": _("has no subordinates"),
        "confidential": _("bound to confidentiality"),
        "catch_all": _("further work as given by the superior"),
        "answerable": _("Answerable for carrying it out"),
        "scope_posts": _("Applies to"),
        **{single.name: str(single.heading) for single in SINGLES},
        **{field: str(label) for field, label in PEOPLE_LABELS},
    }
    return labels[name]


def _shown(name: str, body: Mapping[str, Any]) -> str:
    value = body[name]
    if name in CHOICE_OF:
        return label_of(CHOICE_OF[name], value or CHOICES.get(name, ""))
    if name in FLAGS:
        return _("yes") if value else _("no")
    if name in REFERENCES:
        return "、".join(_names(value))
    return words(value) if name in _RICH else str(value)


def _as_rows(value: Any) -> list[Mapping[str, Any]]:
    return value if isinstance(value, list) else [value] if value else []


def _ids(value: Any) -> list[str]:
    return [_tagged(row["id"]) if "id" in row else row["code"] for row in _as_rows(value)]


def _names(value: Any) -> list[str]:
    return [str(row.get("name") or row.get("title") or "") for row in _as_rows(value)]


def _column_shown(part: Part, column: str, row: Mapping[str, Any]) -> str:
    found = next(one for one in part.columns if one.name == column)
    return words(row[column]) if found.kind == "rich" else value_of(found, row)


def _told(part: Part, row: Mapping[str, Any]) -> str:
    """Return all words of a thing, to show it and to know whether it is still the same."""
    said = [
        _column_shown(part, column.name, row)
        for column in part.columns
        if column.kind not in ("choice", "flag", "reference")
    ]
    return " · ".join(one for one in said if one)
