"""A Word document of ours, read again: what its controls say now, and what stands outside of them.

The tags of the controls decide (``exports.word_tags``); styles and headings may have changed. Everything in
the document ends up in one of three places: in the body, in ``outside`` (words somebody added,
with the part they stand in), or it is our own and unchanged.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from docx import Document
from docx.opc.constants import RELATIONSHIP_TYPE

from backoffice.exports import word_markup, word_tags
from backoffice.exports.word import properties_of
from backoffice.positions.body import CHOICES, FLAGS, PEOPLE, PLAIN, upgraded
from backoffice.positions.importing import Budget, ImportRefused
from backoffice.positions.importing.containers import kind_of, unpack_word
from backoffice.positions.importing.word import SKIPPED, W, part_root
from backoffice.positions.markup import plain_markup
from backoffice.positions.parts import LINK, PARTS, SECTIONS, SINGLES, Column, Part
from backoffice.positions.word.writing import CHOICE_OF, KIND, SCHEMA

BY_BLOCK = {part.block: part for part in PARTS}
_RICH = {single.name for single in SINGLES if single.rich}
_DEEPEST = 100
_YES = "yes"


@dataclass(frozen=True)
class Outside:
    """Words that stand in no control. ``part`` and ``after``: in which list, behind which thing; "" for
    nowhere in particular. ``alone``: a paragraph of its own, not beside a value. ``paragraph`` counts
    from 1. ``under``: column and value that the heading above it gives.
    """

    text: str
    paragraph: int
    part: str = ""
    after: str = ""
    alone: bool = True
    under: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class OwnDocument:
    """What a document says. ``body`` is like an edition's; ``properties`` are those it was written with.

    ``unread``: values that are none, such as words for an amount, with their place.
    """

    body: dict[str, Any]
    properties: Mapping[str, str]
    outside: tuple[Outside, ...]
    unread: tuple[Outside, ...]
    paragraphs: Mapping[str, int] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Return the code of the position."""
        return self.properties.get("remit-key", "")

    @property
    def edition(self) -> int:
        """Return the number of the edition it was written from; 0 when it does not say."""
        number = self.properties.get("remit-edition", "")
        return int(number) if number.isdecimal() and len(number) < 10 else 0


def read_own(data: bytes, filename: str, budget: Budget | None = None) -> OwnDocument | None:
    """Return what a Word document of ours says; None for every other file.

    Raises ``ImportRefused`` for a document of ours that is damaged, hostile, or of a later form.
    """
    if not data.startswith(b"PK") or not filename.lower().endswith(".docx"):
        return None
    if kind_of(data, filename) != "word":
        return None
    parts = unpack_word(data, filename, budget or Budget())
    if b"remit:" not in parts.get("word/document.xml", b""):
        return None
    try:
        document = Document(io.BytesIO(data))
        properties = properties_of(document)
        reader = _Reader(
            part_root(document, RELATIONSHIP_TYPE.NUMBERING), part_root(document, RELATIONSHIP_TYPE.STYLES)
        )
        reader.read(document.element.body)
        for section in document.sections:
            for lines in (section.header, section.footer):
                reader.part = reader.row = ""
                reader.read(lines._element)
    except ImportRefused:
        raise
    except Exception as fault:  # whatever a damaged package does to the parser, the person reads one sentence
        raise ImportRefused(
            _("“%(name)s” is damaged and cannot be opened. Open it in Word, save it again and choose that.")
            % {"name": filename}
        ) from fault
    if properties and properties.get("remit-document", KIND) != KIND:
        return None
    if not reader.singles and not reader.rows:
        return None
    if properties.get("remit-schema", SCHEMA) != SCHEMA:
        raise ImportRefused(
            _("“%(name)s” was written by a later version of this program; import it there.")
            % {"name": filename}
        )
    return reader.document(properties)


@dataclass
class _Row:
    """A thing of a list as it is met in the document."""

    id: str
    place: int
    group: int
    paragraph: int
    values: dict[str, Any] = field(default_factory=dict)
    under: tuple[str, str] = ("", "")


class _Reader:
    def __init__(self, numbering: Any, styles: Any) -> None:
        self.numbering = numbering
        # Word in Chinese renames the ids of styles when it saves; their names stay.
        self.styles = {
            str(one.get(f"{W}styleId")): str(name.get(f"{W}val")).lower()
            for one in (styles.findall(f"{W}style") if styles is not None else ())
            if (name := one.find(f"{W}name")) is not None
        }
        self.singles: dict[str, list[tuple[str, Any]]] = {}
        self.rows: dict[str, dict[str, _Row]] = {}
        self.outside: list[Outside] = []
        self.unread: list[Outside] = []
        self.part, self.row = "", ""
        self.group = 0
        self.paragraph = 0
        self.under = ("", "", "")  # part, column, value of the heading above

    # --- the walk

    def read(self, parent: Any, depth: int = 0) -> None:
        """Read block content."""
        if depth > _DEEPEST:
            raise ValueError("nested too deeply")
        for child in parent:
            if child.tag in SKIPPED or not isinstance(child.tag, str):
                continue
            if child.tag == f"{W}p":
                self._read_paragraph(child)
            elif child.tag == f"{W}sdt" and (tag := _tag_of(child)) is not None:
                self.paragraph += sum(1 for _p in child.iter(f"{W}p"))
                self._take(tag, child)
            elif len(child):
                self.read(child, depth + 1)

    def _read_paragraph(self, paragraph: Any) -> None:
        self.paragraph += 1
        if self._style_of(paragraph) in {"heading 1", "heading 2", "title"}:
            self.group += 1
            self.row = ""
            self.under = ("", "", "")
        controls = 0
        loose = ""
        for kind, tag, element in _pieces(paragraph):
            if kind == "control":
                controls += 1
                self._take(tag, element)
            else:
                loose += element
        if loose.strip():
            self.outside.append(
                Outside(
                    loose.strip(),
                    self.paragraph,
                    self.part,
                    self.row,
                    alone=not controls,
                    under=self.under[1:] if self.under[0] == self.part else ("", ""),
                )
            )

    def _take(self, tag: str, control: Any) -> None:
        words = _text_of(control)
        if word_tags.is_fixed(tag):
            if tag != word_tags.fixed(words) and words.strip():
                self.outside.append(Outside(words.strip(), self.paragraph, "", "", alone=False))
            return
        found = word_tags.read(tag)
        if found is None:
            if words.strip():
                self.outside.append(Outside(words.strip(), self.paragraph, self.part, self.row))
            return
        if not found.column:
            rich = found.name in _RICH
            value = self._html(control) if rich else self._chosen(control, words)
            self.singles.setdefault(found.name, []).append((found.id, value))
            self.part, self.row = "", ""
            return
        part = BY_BLOCK.get(found.name)
        column = next((one for one in part.columns if one.name == found.column), None) if part else None
        if part is None or column is None:
            self.outside.append(Outside(words.strip(), self.paragraph, "", "", alone=False))
            return
        if found.id.startswith("="):
            self.part, self.row, self.under = part.name, "", (part.name, column.name, found.id[1:])
            if words.strip() and words not in _labels(column):
                self.outside.append(Outside(words.strip(), self.paragraph, "", "", alone=False))
            return
        value = self._html(control) if column.kind == "rich" else self._chosen(control, words)
        self._put(part, column, found, value)

    def _put(self, part: Part, column: Column, tag: word_tags.Tag, value: Any) -> None:
        rows = self.rows.setdefault(part.name, {})
        key = tag.id
        if key in rows and column.name in rows[key].values:
            # Copied in Word: the same tags a second time make a further thing. Its other columns follow it.
            key = next(
                f"{tag.id}+{n}"
                for n in range(1, 10_000)
                if f"{tag.id}+{n}" not in rows or column.name not in rows[f"{tag.id}+{n}"].values
            )
        elif self.part == part.name and self.row.startswith(f"{tag.id}+"):
            key = self.row
        row = rows.setdefault(key, _Row(tag.id, tag.place, self.group, self.paragraph))
        if self.under[0] == part.name:
            row.under = self.under[1:]
        row.values[column.name] = value
        self.part, self.row = part.name, key

    # --- values

    def _chosen(self, control: Any, words: str) -> str:
        """Return the stored word of a label chosen from a list, or the words themselves."""
        for entry in control.iterfind(f"{W}sdtPr/{W}dropDownList/{W}listItem"):
            if entry.get(f"{W}displayText") == words:
                stored = str(entry.get(f"{W}value"))
                return "" if stored == "-" else stored
        return words

    def _html(self, control: Any) -> str:
        blocks: list[word_markup.Block] = []
        lists: dict[int, str] = {}
        for paragraph in control.iter(f"{W}p"):
            kind, level, list_id = self._list_of(paragraph)
            style = self._style_of(paragraph)
            if not kind:
                kind = {"heading 3": "h3", "heading 4": "h4", "remit rule": "hr"}.get(style, "p")
                lists = {}
            block = word_markup.Block(kind, level)
            if list_id:
                block.first = lists.get(level) != list_id
                lists = {depth: one for depth, one in lists.items() if depth < level} | {level: list_id}
            for text, bold in _runs(paragraph):
                block.add(text, bold=bold)
            if kind == "hr" or block.text.strip():
                blocks.append(block)
        return plain_markup(word_markup.html_of(blocks))

    def _style_of(self, paragraph: Any) -> str:
        found = paragraph.find(f"{W}pPr/{W}pStyle")
        return self.styles.get(str(found.get(f"{W}val")), "") if found is not None else ""

    def _list_of(self, paragraph: Any) -> tuple[str, int, str]:
        """Return ul or ol, the level and the list; nothing for a paragraph that is in none."""
        about = paragraph.find(f"{W}pPr/{W}numPr")
        style = self._style_of(paragraph)
        if about is None:
            plain = (
                "ol" if style.startswith("list number") else "ul" if style.startswith("list bullet") else ""
            )
            return (plain, 0, style) if plain else ("", 0, "")
        number = about.find(f"{W}numId")
        level = about.find(f"{W}ilvl")
        list_id = str(number.get(f"{W}val")) if number is not None else ""
        depth = int(level.get(f"{W}val")) if level is not None else 0
        if list_id in ("", "0"):
            return "", 0, ""
        return ("ul" if self._dotted(list_id, depth) else "ol"), depth, list_id

    def _dotted(self, list_id: str, level: int) -> bool:
        if self.numbering is None:
            return True
        found = self.numbering.find(f"{W}num[@{W}numId='{list_id}']/{W}abstractNumId")
        shape = (
            self.numbering.find(
                f"{W}abstractNum[@{W}abstractNumId='{found.get(f'{W}val')}']/{W}lvl[@{W}ilvl='{level}']/{W}numFmt"
            )
            if found is not None
            else None
        )
        return shape is None or shape.get(f"{W}val") == "bullet"

    # --- the result

    def document(self, properties: Mapping[str, str]) -> OwnDocument:
        """Return what was read."""
        department = properties.get("remit-department", "")
        body: dict[str, Any] = {
            "title": "",
            "code": properties.get("remit-key", ""),
            "department": {"code": department, "name": "", "name_en": ""} if department else None,
        }
        for name in ("title", "document_number", "issue_date", *PLAIN, *(one.name for one in SINGLES)):
            body[name] = _lines(self._said(name)) if name not in _RICH else self._said(name)
        for name, choices in CHOICE_OF.items():
            said = self._said(name)
            default = CHOICES.get(name) or upgraded({"code": "", "title": ""})[name]
            if said and said not in choices.values:
                self._unreadable(said, name)
            body[name] = said if said in choices.values else default
        for name in FLAGS:
            body[name] = self._said(name) == _YES
        for name in PEOPLE:
            about, said = self._first(name)
            body[name] = {"id": word_tags.long_id(about), "name": said, "name_en": ""} if said else None
        body["scope_posts"] = [_post(code, title) for code, title in self.singles.get("scope_posts", ())]
        about, said = self._first("answerable")
        body["answerable"] = _post(about, said) if said else None
        if body["issue_date"] and not re.fullmatch(r"\d{4}-\d\d-\d\d", body["issue_date"]):
            self._unreadable(body["issue_date"], "issue_date")
            body["issue_date"] = ""
        paragraphs = {}
        links = _links_in(properties)
        for part in PARTS:
            body[part.name] = []
            for row in self._ordered(part):
                values = {"id": row.id, **self._row(part, row)}
                if row.id and (link := links.get(word_tags.short_id(row.id))):
                    values[LINK.name] = link
                if any(values[one.name] for one in part.columns if one.kind not in ("choice", "flag")):
                    body[part.name].append(values)
                    paragraphs[row.id] = row.paragraph
        return OwnDocument(
            upgraded(body), dict(properties), tuple(self.outside), tuple(self.unread), paragraphs
        )

    def _ordered(self, part: Part) -> list[_Row]:
        """Return the things in the order of the list: groups print in another one, moving in Word makes a new one."""
        met = []
        for key, row in self.rows.get(part.name, {}).items():
            if key != row.id:
                row.id = ""  # a copy
            met.append(row)
        known = [row for row in met if row.id]
        moved = any(
            (one.group == other.group or part is SECTIONS) and one.place > other.place
            for one, other in pairwise(known)
        )
        if moved:
            return met
        place = -1
        ranked = []
        for row in met:
            place = row.place if row.id else place
            ranked.append((place, bool(not row.id), row))
        return [row for _place, _copy, row in sorted(ranked, key=lambda one: one[:2])]

    def _row(self, part: Part, row: _Row) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for column in part.columns:
            said = row.values.get(column.name)
            if said is None and row.under[0] == column.name:
                said = row.under[1]
            values[column.name] = column.empty
            if said is None:
                continue
            match column.kind:
                case "rich":
                    values[column.name] = said
                case "flag":
                    values[column.name] = said == _YES
                case "choice":
                    if said in column.choices.values or not said:
                        values[column.name] = said or column.empty
                    else:
                        self._unreadable(said, column.name, part.name, row)
                case "whole" | "money":
                    digits = re.sub(r"[¥￥,，\s%]", "", said)
                    pattern = r"\d{1,9}" if column.kind == "whole" else r"\d{1,12}(?:\.\d{1,2})?"
                    if re.fullmatch(pattern, digits):
                        values[column.name] = int(digits) if column.kind == "whole" else _money(digits)
                    elif digits:
                        self._unreadable(said, column.name, part.name, row)
                case "reference":
                    if re.fullmatch(r"(?:form|workflow):[\w.-]+", said):
                        values[column.name] = said
                    elif said:
                        self._unreadable(said, column.name, part.name, row)
                case _:
                    values[column.name] = _lines(said)
        return values

    def _first(self, name: str) -> tuple[str, str]:
        said = self.singles.get(name, [])
        return (said[0][0], _lines(str(said[0][1]))) if said else ("", "")

    def _said(self, name: str) -> str:
        """Return a value that stands once; where it was copied, all of it."""
        return "\n".join(dict.fromkeys(str(value) for _about, value in self.singles.get(name, [])))

    def _unreadable(self, text: str, name: str, part: str = "", row: _Row | None = None) -> None:
        self.unread.append(
            Outside(text, row.paragraph if row else 0, part or name, row.id if row else "", alone=False)
        )


def _labels(column: Column) -> set[str]:
    """Return what a heading of ours may say for the values of ``column``, in every language."""
    labels: set[str] = set()
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            labels |= {str(label) for _value, label in column.choices.choices}
    return labels | set(column.choices.values)


def _links_in(properties: Mapping[str, str]) -> dict[str, str]:
    try:
        found = json.loads(properties.get("remit-library", "{}"))
    except ValueError:
        return {}
    return {str(key): str(link) for key, link in found.items()} if isinstance(found, dict) else {}


def _post(code: str, title: str) -> dict[str, str]:
    return {"code": code, "title": title, "title_en": ""}


def _money(digits: str) -> str:
    return f"{Decimal(digits):.2f}"


def _lines(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


def _tag_of(control: Any) -> str | None:
    """Return the tag of a control of ours; None for others."""
    found = control.find(f"{W}sdtPr/{W}tag")
    tag = str(found.get(f"{W}val") or "") if found is not None else ""
    return tag if tag.startswith("remit:") else None


def _pieces(element: Any, depth: int = 0) -> Iterator[tuple[str, str, Any]]:
    """Yield the controls of a paragraph and the words beside them, in order."""
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    for child in element:
        if child.tag in SKIPPED or not isinstance(child.tag, str):
            continue
        if child.tag == f"{W}sdt" and (tag := _tag_of(child)) is not None:
            yield "control", tag, child
        elif child.tag == f"{W}fldSimple":
            continue  # page numbers count themselves
        elif child.tag == f"{W}r":
            if words := _words(child):
                yield "words", "", words
        else:
            yield from _pieces(child, depth + 1)


def _text_of(control: Any) -> str:
    """Return the words in a control; nothing while Word shows its prompt there."""
    if control.find(f"{W}sdtPr/{W}showingPlcHdr") is not None:
        return ""
    content = control.find(f"{W}sdtContent")
    if content is None:
        return ""
    paragraphs = list(content.iter(f"{W}p"))
    return "\n".join(_words(one) for one in paragraphs) if paragraphs else _words(content)


def _words(element: Any, depth: int = 0) -> str:
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    words = ""
    for child in element:
        if child.tag in SKIPPED or not isinstance(child.tag, str):
            continue
        if child.tag == f"{W}t":
            words += child.text or ""
        elif child.tag == f"{W}tab":
            words += "\t"
        elif child.tag in {f"{W}br", f"{W}cr"}:
            words += "\n" if child.get(f"{W}type") in (None, "textWrapping") else ""
        elif child.tag == f"{W}noBreakHyphen":
            words += "-"
        else:
            words += _words(child, depth + 1)
    return words


def _runs(element: Any, depth: int = 0) -> Iterator[tuple[str, bool]]:
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    for child in element:
        if child.tag in SKIPPED or not isinstance(child.tag, str):
            continue
        if child.tag == f"{W}r":
            mark = child.find(f"{W}rPr/{W}b")
            bold = mark is not None and mark.get(f"{W}val") not in ("0", "false", "off")
            yield _words(child), bold
        else:
            yield from _runs(child, depth + 1)
