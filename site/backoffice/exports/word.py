"""Word documents (.docx) whose values stay findable after somebody edited them in Word.

Everything printed stands in a content control: values in one whose tag names them, our own words (headings,
labels, running lines) in one marked as fixed with a hash of the words. What stands in no control was
written by somebody else. ``tags`` knows the form of a tag; what the values mean is for the caller to know.

A value may be of several lines, one of a list of choices, or rich text with the marks of
``pdf.clean``. Chinese and Latin letters have fonts of their own; headings carry Word's levels, so the
navigation pane shows them; automatic numbers count what people see.
"""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor

from backoffice.exports import word_markup, word_tags

LATIN, CHINESE = "Arial", "微软雅黑"
INK, SOFT, LINE = RGBColor(0x17, 0x21, 0x2B), RGBColor(0x52, 0x60, 0x6D), "B8C2CA"
_PROPERTIES = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
_TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties"
_CONTENT = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
# What XML 1.0 cannot hold at all.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Word keeps up to 64 characters of a tag and of a title.
_LONGEST_NAME = 64


@dataclass(frozen=True)
class Value:
    """One value in a control: its tag, the words shown, its name in Word.

    ``choices``: stored word and label of each possible value, for a list to choose from.
    """

    tag: str
    text: str
    name: str = ""
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Fixed:
    """Words of ours."""

    text: str


Piece = Value | Fixed


class Book:
    """A document while it is written, from top to bottom."""

    def __init__(self, *, title: str, language: str) -> None:
        self._document = Document()
        self._ids = 0
        self._language = "zh-CN" if language.startswith("zh") else "en-US"
        self._styles()
        self._page()
        self._lists = _Lists(self._document)
        core = self._document.core_properties
        core.title, core.author, core.comments, core.language = _written(title), "", "", self._language

    # --- running lines

    def running(self, head: Sequence[str], foot: Sequence[str], pages: str) -> None:
        """Set header and footer: pieces apart from each other; ``pages`` has ``{page}`` and ``{pages}``."""
        section = self._document.sections[0]
        above = section.header.paragraphs[0]
        self._fill(above, [Fixed("  ·  ".join(filter(None, head)))], size=8.5, soft=True)
        _border(above, "bottom")
        below = section.footer.paragraphs[0]
        _border(below, "top")
        self._fill(below, [Fixed("  ·  ".join(filter(None, foot)) + "\t")], size=8.5, soft=True)
        width = section.page_width - section.left_margin - section.right_margin
        tabs = parse_xml(
            f'<w:tabs {nsdecls("w")}><w:tab w:val="clear" w:pos="4320"/><w:tab w:val="clear" w:pos="8640"/>'
            f'<w:tab w:val="right" w:pos="{width // 635}"/></w:tabs>'
        )
        below._p.get_or_add_pPr().append(tabs)
        for piece in re.split(r"(\{pages?\})", pages):
            if piece in ("{page}", "{pages}"):
                field = OxmlElement("w:fldSimple")
                field.set(qn("w:instr"), "PAGE" if piece == "{page}" else "NUMPAGES")
                field.append(self._run("1", size=8.5, soft=True))
                below._p.append(field)
            elif piece:
                self._fill(below, [Fixed(piece)], size=8.5, soft=True)

    # --- content

    def title(self, value: Value, below: Sequence[Piece] = ()) -> None:
        """Write the title of the document."""
        self._fill(self._document.add_paragraph(style="Title"), [value])
        if below:
            self._fill(self._document.add_paragraph(style="Subtitle"), below)

    def heading(self, text: str | Value, level: int = 1) -> None:
        """Write a heading, ours or a value; the text below stays with it."""
        piece = Fixed(text) if isinstance(text, str) else text
        self._fill(self._document.add_heading(level=level), [piece])

    def paragraph(self, pieces: Sequence[Piece], *, soft: bool = False, indent: bool = False) -> None:
        """Write a paragraph."""
        paragraph = self._document.add_paragraph()
        if indent:
            paragraph.paragraph_format.left_indent = Cm(0.85)
        self._fill(paragraph, pieces, size=9.5 if soft else None, soft=soft)

    def item(self, pieces: Sequence[Piece], more: Sequence[Piece], numbers: str = "") -> None:
        """Write one thing of a list, what else is said of it in smaller letters below.

        Things with the same ``numbers`` are counted together; without it they have dots.
        """
        paragraph = self._document.add_paragraph(style="List Number" if numbers else "List Bullet")
        self._lists.put(paragraph, numbers, dots=not numbers)
        paragraph.paragraph_format.keep_together = True
        paragraph.paragraph_format.keep_with_next = bool(more)
        self._fill(paragraph, pieces)
        if more:
            self.paragraph(more, soft=True, indent=True)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Sequence[Piece]]]) -> None:
        """Write a table with a head that is repeated on each page."""
        told = list(rows)
        table = self._document.add_table(rows=1, cols=len(columns), style="Table Grid")
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        for cell, label in zip(table.rows[0].cells, columns, strict=True):
            self._fill(cell.paragraphs[0], [Fixed(label)], bold=True, size=9.5)
            _shade(cell)
        table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
        for row in told:
            added = table.add_row()
            added._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
            for cell, pieces in zip(added.cells, row, strict=True):
                self._fill(cell.paragraphs[0], pieces, size=9.5)
        self._document.add_paragraph().paragraph_format.space_after = Pt(2)

    def facts(self, pairs: Sequence[tuple[str, Sequence[Piece]]], *, across: int = 2) -> None:
        """Write a box of labels and values, ``across`` pairs in a row."""
        lines = [pairs[start : start + across] for start in range(0, len(pairs), across)]
        table = self._document.add_table(rows=0, cols=2 * across, style="Table Grid")
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
        widths = [Cm(2.6), Cm(16.6 / across - 2.6)] * across
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
        for line in lines:
            cells = table.add_row().cells
            for cell, width in zip(cells, widths, strict=True):
                cell.width = width
            for number, (label, pieces) in enumerate(line):
                name, value = cells[2 * number], cells[2 * number + 1]
                self._fill(name.paragraphs[0], [Fixed(label)], size=9, soft=True)
                _shade(name)
                if len(line) < across and number == len(line) - 1:
                    value = value.merge(cells[-1])
                self._fill(value.paragraphs[0], pieces, size=9.5)
        self._document.add_paragraph().paragraph_format.space_after = Pt(2)

    def rich(self, tag: str, html: str, name: str) -> None:
        """Write rich text: paragraphs, headings and lists in one control."""
        control, content = self._control(tag, name)
        numbered: dict[int, str] = {}
        for number, block in enumerate(word_markup.blocks_of(html)):
            paragraph = self._document.add_paragraph()
            if block.kind in ("h3", "h4"):
                paragraph.style = "Heading 3" if block.kind == "h3" else "Heading 4"
            elif block.kind in ("ul", "ol"):
                if block.first or block.level not in numbered:
                    numbered[block.level] = f"{tag} {number}"
                paragraph.style = "List Number" if block.kind == "ol" else "List Bullet"
                self._lists.put(paragraph, numbered[block.level], block.level, dots=block.kind == "ul")
            elif block.kind == "hr":
                paragraph.style = "Remit Rule"
                _border(paragraph, "bottom")
            for text, bold in block.runs:
                paragraph._p.append(self._run(text, bold=bold or None))
            content.append(paragraph._p)
        if len(content) == 0:
            content.append(OxmlElement("w:p"))
        self._place(control)

    def signatures(self, labels: Sequence[str]) -> None:
        """Write lines to sign on, one a column, kept together on a page."""
        table = self._document.add_table(rows=2, cols=len(labels), style="Table Grid")
        for number, label in enumerate(labels):
            head = table.rows[0].cells[number].paragraphs[0]
            head.paragraph_format.keep_with_next = True
            self._fill(head, [Fixed(label)], size=9, soft=True)
            _shade(table.rows[0].cells[number])
        table.rows[1].height = Cm(1.5)

    def save(self, properties: Mapping[str, str], *, at: datetime.datetime) -> bytes:
        """Return the file. ``properties`` are kept as custom properties of the document."""
        core = self._document.core_properties
        core.created = core.modified = at.astimezone(datetime.UTC).replace(tzinfo=None)
        package = self._document.part.package
        part = Part(PackURI("/docProps/custom.xml"), _CONTENT, _properties(properties), package)
        package.relate_to(part, _RELATION)
        buffer = io.BytesIO()
        self._document.save(buffer)
        return buffer.getvalue()

    # --- inside

    def _fill(
        self,
        paragraph: Any,
        pieces: Sequence[Piece],
        *,
        size: float | None = None,
        soft: bool = False,
        bold: bool | None = None,
    ) -> None:
        for piece in pieces:
            if isinstance(piece, Fixed):
                if not piece.text:
                    continue
                control, content = self._control(word_tags.fixed(_written(piece.text)), "")
                content.append(self._run(piece.text, size=size, soft=soft, bold=bold))
            else:
                control, content = self._control(
                    piece.tag, piece.name, choices=piece.choices, plain=not piece.choices
                )
                content.append(self._run(piece.text, size=size, bold=bold))
            paragraph._p.append(control)

    def _control(
        self,
        tag: str,
        name: str,
        *,
        choices: Sequence[tuple[str, str]] = (),
        plain: bool = False,
    ) -> tuple[Any, Any]:
        """Return a control and the element that holds its content."""
        self._ids += 1
        control, about = OxmlElement("w:sdt"), OxmlElement("w:sdtPr")
        for element, text in (("w:alias", name[:_LONGEST_NAME]), ("w:tag", tag), ("w:id", str(self._ids))):
            if text:
                one = OxmlElement(element)
                one.set(qn("w:val"), text)
                about.append(one)
        if choices:
            chosen = OxmlElement("w:dropDownList")
            for stored, label in choices:
                entry = OxmlElement("w:listItem")
                entry.set(qn("w:displayText"), _written(label))
                entry.set(qn("w:value"), stored or "-")
                chosen.append(entry)
            about.append(chosen)
        elif plain:
            text_only = OxmlElement("w:text")
            text_only.set(qn("w:multiLine"), "1")
            about.append(text_only)
        control.append(about)
        content = OxmlElement("w:sdtContent")
        control.append(content)
        return control, content

    def _place(self, control: Any) -> None:
        """Put a control that holds paragraphs behind what was written so far."""
        body = self._document.element.body
        body.insert(len(body) - 1, control)  # the last element of a body describes its pages

    def _run(
        self, text: str, *, size: float | None = None, soft: bool = False, bold: bool | None = None
    ) -> Any:
        run, about = OxmlElement("w:r"), OxmlElement("w:rPr")
        if bold:
            about.append(OxmlElement("w:b"))
        if soft:
            colour = OxmlElement("w:color")
            colour.set(qn("w:val"), str(SOFT))
            about.append(colour)
        if size:
            for element in ("w:sz", "w:szCs"):
                one = OxmlElement(element)
                one.set(qn("w:val"), str(round(2 * size)))
                about.append(one)
        if len(about):
            run.append(about)
        for piece in re.split(r"([\t\n])", _written(text)):
            if piece == "\t":
                run.append(OxmlElement("w:tab"))
            elif piece == "\n":
                run.append(OxmlElement("w:br"))
            elif piece:
                words = OxmlElement("w:t")
                words.text = piece
                words.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
                run.append(words)
        return run

    def _page(self) -> None:
        section = self._document.sections[0]
        section.orientation = WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2.2)
        section.top_margin, section.bottom_margin = Cm(2.4), Cm(2.2)

    def _styles(self) -> None:
        styles = self._document.styles
        rule = styles.add_style("Remit Rule", 1)
        rule.base_style = styles["Normal"]
        shapes: tuple[tuple[str, float, bool, float, float], ...] = (
            ("Normal", 10.5, False, 0, 4),
            ("Title", 20, True, 0, 4),
            ("Subtitle", 10.5, False, 0, 8),
            ("Heading 1", 13, True, 14, 5),
            ("Heading 2", 11, True, 8, 3),
            ("Heading 3", 10.5, True, 6, 2),
            ("Heading 4", 10.5, True, 4, 2),
            ("List Bullet", 10.5, False, 0, 3),
            ("List Number", 10.5, False, 0, 3),
            ("Header", 8.5, False, 0, 0),
            ("Footer", 8.5, False, 0, 0),
        )
        for name, size, bold, before, after in shapes:
            style = styles[name]
            style.font.size, style.font.bold, style.font.italic = Pt(size), bold, False
            style.font.color.rgb = SOFT if name == "Subtitle" else INK
            style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
            _fonts(style.element)
            for border in style.element.findall(f"{qn('w:pPr')}/{qn('w:pBdr')}"):
                border.getparent().remove(border)
        styles["Normal"].paragraph_format.line_spacing = 1.25
        defaults = styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
        if defaults is not None:
            for language in defaults.findall(qn("w:lang")):
                defaults.remove(language)
            defaults.append(
                parse_xml(
                    f'<w:lang {nsdecls("w")} w:val="{self._language}" w:eastAsia="zh-CN" w:bidi="ar-SA"/>'
                )
            )


class _Lists:
    """The automatic numbers: one count for each name."""

    def __init__(self, document: Any) -> None:
        self._root = document.part.numbering_part.element
        self._counts: dict[str, int] = {}
        known = [int(one.get(qn("w:numId"))) for one in self._root.findall(qn("w:num"))]
        self._next = max(known, default=0) + 1
        kinds = [int(one.get(qn("w:abstractNumId"))) for one in self._root.findall(qn("w:abstractNum"))]
        self._numbered, self._dotted = max(kinds, default=0) + 1, max(kinds, default=0) + 2
        first = self._root.find(qn("w:num"))
        for number, shape in ((self._numbered, "decimal"), (self._dotted, "bullet")):
            levels = "".join(self._level(level, shape) for level in range(9))
            kind = parse_xml(
                f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{number}">'
                f'<w:multiLevelType w:val="hybridMultilevel"/>{levels}</w:abstractNum>'
            )
            if first is None:
                self._root.append(kind)
            else:
                first.addprevious(kind)

    def _level(self, level: int, shape: str) -> str:
        sign = "•" if shape == "bullet" else f"%{level + 1}."
        left = 482 + 420 * level
        return (
            f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{shape}"/>'
            f'<w:lvlText w:val="{sign}"/><w:lvlJc w:val="left"/>'
            f'<w:pPr><w:ind w:left="{left}" w:hanging="482"/></w:pPr></w:lvl>'
        )

    def put(self, paragraph: Any, name: str, level: int = 0, *, dots: bool) -> None:
        """Make ``paragraph`` the next of the list ``name``, with a number or with a dot."""
        if name not in self._counts:
            kind = self._dotted if dots else self._numbered
            again = f'<w:lvlOverride w:ilvl="{level}"><w:startOverride w:val="1"/></w:lvlOverride>'
            again = "" if dots else again
            self._root.append(
                parse_xml(
                    f'<w:num {nsdecls("w")} w:numId="{self._next}"><w:abstractNumId w:val="{kind}"/>{again}</w:num>'
                )
            )
            self._counts[name] = self._next
            self._next += 1
        about = paragraph._p.get_or_add_pPr().get_or_add_numPr()
        about.get_or_add_ilvl().val = level
        about.get_or_add_numId().val = self._counts[name]


def _fonts(style: Any) -> None:
    """Name the fonts of a style for Latin and for Chinese letters; themes would overrule them."""
    about = style.get_or_add_rPr()
    for old in about.findall(qn("w:rFonts")):
        about.remove(old)
    about.insert(
        0,
        parse_xml(
            f'<w:rFonts {nsdecls("w")} w:ascii="{LATIN}" w:hAnsi="{LATIN}" w:cs="{LATIN}" w:eastAsia="{CHINESE}"/>'
        ),
    )


def _border(paragraph: Any, side: str) -> None:
    paragraph._p.get_or_add_pPr().append(
        parse_xml(
            f'<w:pBdr {nsdecls("w")}><w:{side} w:val="single" w:sz="4" w:space="4" w:color="{LINE}"/></w:pBdr>'
        )
    )


def _shade(cell: Any) -> None:
    cell._tc.get_or_add_tcPr().append(
        parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:color="auto" w:fill="EEF1F3"/>')
    )


def _written(text: str) -> str:
    """Return ``text`` without what a document cannot hold."""
    return _UNWRITABLE.sub("", text)


def _properties(values: Mapping[str, str]) -> bytes:
    root = parse_xml(f'<Properties xmlns="{_PROPERTIES}" xmlns:vt="{_TYPES}"/>')
    for number, (name, text) in enumerate(values.items(), 2):
        one = parse_xml(
            f'<property xmlns="{_PROPERTIES}" xmlns:vt="{_TYPES}" pid="{number}" '
            'fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"><vt:lpwstr/></property>'
        )
        one.set("name", name)
        one[0].text = _written(text)
        root.append(one)
    from lxml import etree

    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return written


def properties_of(document: Any) -> dict[str, str]:
    """Return the custom properties of an opened document; empty when it has none or they are damaged."""
    for relation in document.part.package.rels.values():
        if relation.reltype == _RELATION and not relation.is_external:
            root = parse_xml(relation.target_part.blob)
            return {one.get("name", ""): "".join(one.itertext()) for one in root}
    return {}
