"""From a Word file to the text its reader sees: list numbers, table cells, text boxes, notes, running lines.

One paragraph or table row is one line of the text. A row is one line with tabs between its cells when every
cell holds one paragraph; otherwise the paragraphs follow one another, as one reads them. A merged cell is
read once. Deleted text of tracked changes is not text any more; inserted text is.

Headers, footers and notes stand behind the body and are marked, so that a running title never begins a
description. python-docx opens the package and finds its parts; the walk is ours, because its ``text`` leaves
out content controls, insertions and text boxes, and gives merged cells twice.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from docx import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml

from backoffice.positions.importing.containers import Budget, unpack_word
from backoffice.positions.importing.exceptions import ImportRefused
from backoffice.positions.importing.lists import Lists, W

_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
SKIPPED = {f"{W}{name}" for name in ("del", "moveFrom", "pPr", "rPr", "instrText", "delText", "sdtPr")}
SKIPPED |= {f"{_MC}Fallback"}
_DEEPEST = 100
_NOTES = (
    ("note", RELATIONSHIP_TYPE.FOOTNOTES, "footnote"),
    ("note", RELATIONSHIP_TYPE.ENDNOTES, "endnote"),
    ("comment", RELATIONSHIP_TYPE.COMMENTS, "comment"),
)


@dataclass
class WordText:
    """The text of a Word file. ``outline``: the lines in a heading style with their level;
    ``aside``: running lines and notes, with what they are ("header", "note", "comment").
    """

    text: str = ""
    outline: dict[int, int] = field(default_factory=dict)
    aside: list[tuple[int, int, str]] = field(default_factory=list)


@dataclass
class _Line:
    text: str
    level: int | None = None


def read_word(data: bytes, filename: str, budget: Budget) -> WordText:
    """Return the text of a .docx file. Raises ``ImportRefused`` for a hostile or damaged one."""
    unpack_word(data, filename, budget)
    try:
        document = Document(io.BytesIO(data))
        lists = Lists(
            part_root(document, RELATIONSHIP_TYPE.NUMBERING), part_root(document, RELATIONSHIP_TYPE.STYLES)
        )
        body = list(_Walk(lists).blocks(document.element.body))
        aside = [(line, "header") for line in _running_lines(document, lists)]
        for reason, kind, name in _NOTES:
            root = part_root(document, kind)
            for note in root.findall(f"{W}{name}") if root is not None else ():
                aside += [(line, reason) for line in _Walk(lists).blocks(note)]
    except ImportRefused:
        raise
    except Exception as fault:  # whatever a damaged package does to the parser, the person reads one sentence
        raise ImportRefused(
            _("“%(name)s” is damaged and cannot be opened. Open it in Word, save it again and choose that.")
            % {"name": filename}
        ) from fault
    result = WordText()
    pieces: list[str] = []
    at = 0
    for line, reason in [*((line, "") for line in body), *aside]:
        if line.level is not None and not reason:
            result.outline[at] = line.level
        if reason and line.text.strip():
            result.aside.append((at, at + len(line.text), reason))
        pieces.append(line.text)
        at += len(line.text) + 1
    result.text = "\n".join(pieces)
    return result


def part_root(document: Any, kind: str) -> Any:
    """Return the root element of a part of the document, or None."""
    for relation in document.part.rels.values():
        if relation.reltype == kind and not relation.is_external:
            part = relation.target_part
            return part.element if hasattr(part, "element") else parse_xml(part.blob)
    return None


def _running_lines(document: Any, lists: Lists) -> Iterator[_Line]:
    """Yield headers and footers, each once, however many sections repeat it."""
    seen: set[str] = set()
    for section in document.sections:
        for part in (
            section.first_page_header, section.header, section.even_page_header,
            section.first_page_footer, section.footer, section.even_page_footer,
        ):  # fmt: skip
            if part.is_linked_to_previous:
                continue
            for line in _Walk(lists).blocks(part._element):
                if line.text.strip() and line.text not in seen:
                    seen.add(line.text)
                    yield line


class _Walk:
    """Walks through block content; text boxes found inside a paragraph follow it."""

    def __init__(self, lists: Lists) -> None:
        self.lists = lists
        self.boxes: list[Any] = []

    def blocks(self, parent: Any, depth: int = 0) -> Iterator[_Line]:
        if depth > _DEEPEST:
            raise ValueError("nested too deeply")
        for child in parent:
            if child.tag in SKIPPED or not isinstance(child.tag, str):
                continue
            if child.tag == f"{W}p":
                number = self.lists.number(child)
                words = self.words(child)
                yield _Line(f"{number}{words}" if words.strip() else words, self.lists.outline_level(child))
                boxes, self.boxes = self.boxes, []
                for box in boxes:
                    yield from self.blocks(box, depth + 1)
            elif child.tag == f"{W}tbl":
                yield from self.table(child, depth + 1)
            else:  # content controls, custom XML, insertions: what they wrap counts
                yield from self.blocks(child, depth + 1)

    def table(self, table: Any, depth: int) -> Iterator[_Line]:
        for row in self._inside(table, "tr"):
            cells = []
            for cell in self._inside(row, "tc"):
                lines = [line for line in self.blocks(cell, depth + 1) if line.text.strip()]
                if lines or not self._continues(cell):
                    cells.append(lines)
            if all(len(lines) <= 1 for lines in cells):
                texts = [" ".join(lines[0].text.split("\t")) if lines else "" for lines in cells]
                if any(texts):
                    yield _Line("\t".join(texts).rstrip("\t"))
                continue
            for lines in cells:
                yield from lines

    def _inside(self, parent: Any, name: str) -> Iterator[Any]:
        """Yield rows or cells, also those inside content controls and insertions."""
        for child in parent:
            if child.tag == f"{W}{name}":
                yield child
            elif child.tag in {f"{W}{wrap}" for wrap in ("sdt", "sdtContent", "ins", "customXml")}:
                yield from self._inside(child, name)

    def _continues(self, cell: Any) -> bool:
        merge = cell.find(f"{W}tcPr/{W}vMerge")
        return merge is not None and merge.get(f"{W}val") in (None, "continue")

    def words(self, element: Any, depth: int = 0) -> str:
        """Return the text inside a paragraph."""
        if depth > _DEEPEST:
            raise ValueError("nested too deeply")
        words = ""
        for child in element:
            tag = child.tag
            if tag in SKIPPED or not isinstance(tag, str):
                continue
            if tag in {f"{W}t", f"{_MATH}t"}:
                words += (child.text or "").replace("\r", " ").replace("\n", " ")
            elif tag in {f"{W}tab", f"{W}ptab"}:
                words += "\t"
            elif tag in {f"{W}br", f"{W}cr"}:
                words += "\x0b" if child.get(f"{W}type") in (None, "textWrapping") else ""
            elif tag == f"{W}noBreakHyphen":
                words += "-"
            elif tag == f"{W}sym":
                words += chr(int(child.get(f"{W}char"), 16))
            elif tag == f"{W}txbxContent":
                self.boxes.append(child)
            else:
                words += self.words(child, depth + 1)
        return words
