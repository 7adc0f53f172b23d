"""Word files for the importer's tests: made with python-docx, bent with zipfile."""

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

from docx import Document
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn


def make_word(*blocks: str | Sequence[Sequence[str]], build: Callable[[Any], None] | None = None) -> bytes:
    """Return a .docx: a string is a paragraph ("# " makes it a heading), a list of rows a table."""
    document = Document()
    for block in blocks:
        if isinstance(block, str):
            level = len(block) - len(block.lstrip("#"))
            document.add_paragraph(block[level:].strip(), style=f"Heading {level}" if level else None)
            continue
        table = document.add_table(rows=0, cols=len(block[0]))
        for row in block:
            for cell, text in zip(table.add_row().cells, row, strict=True):
                cell.text = text
    if build:
        build(document)
    return saved(document)


def saved(document: Any) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def make_list(document: Any, levels: Sequence[tuple[str, str]], *, start_again: bool = False) -> int:
    """Add a list definition (format and text of each level); return its number id."""
    numbering = document.part.numbering_part.element
    number = 500 + len(numbering.findall(qn("w:num")))
    shapes = "".join(
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{shape}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for at, (shape, text) in enumerate(levels)
    )
    numbering.insert(
        0, parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{number}">{shapes}</w:abstractNum>')
    )
    numbering.append(
        parse_xml(f'<w:num {nsdecls("w")} w:numId="{number}"><w:abstractNumId w:val="{number}"/></w:num>')
    )
    if start_again:
        numbering.append(
            parse_xml(
                f'<w:num {nsdecls("w")} w:numId="{number + 1000}"><w:abstractNumId w:val="{number}"/>'
                '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>'
            )
        )
    return number


def add_numbered(document: Any, text: str, number: int, level: int = 0) -> Any:
    """Add a paragraph of the list ``number``."""
    paragraph = document.add_paragraph(text)
    properties = paragraph._p.get_or_add_pPr()
    place = OxmlElement("w:numPr")
    for name, value in (("w:ilvl", level), ("w:numId", number)):
        child = OxmlElement(name)
        child.set(qn("w:val"), str(value))
        place.append(child)
    properties.append(place)
    return paragraph


def repacked(data: bytes, wanted: dict[str, bytes | None]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in wanted:
                new.writestr(name, old.read(name))
        for name, content in wanted.items():
            if content is not None:
                new.writestr(name, content)
    return buffer.getvalue()


def make_zip(members: dict[str, bytes], *, packed: bool = True) -> bytes:
    """Return a zip of ``members``."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()
