"""Reading a workbook that somebody filled in, or that somebody made to do harm.

Before anything is unpacked, the archive says how many parts it has and how large they are; then every part is looked
at for what no filled-in sheet needs: links to other files, macros, documents that define entities. Only then the
cells are read, one row at a time, up to bounds. A formula is refused, not calculated.
"""

from __future__ import annotations

import datetime
import functools
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.styles.numbers import BUILTIN_FORMATS

from forms.exceptions import FormError
from forms.fields import Cell

LARGEST = 10 * 1024 * 1024
MOST_PARTS = 500
MOST_UNPACKED = 40 * 1024 * 1024
MOST_RATIO = 100
MOST_SHEETS = 30
MOST_SCANNED = 20_000
"""Rows of a sheet that are looked at; a sheet that reaches further is refused."""
MOST_COLUMNS = 300
LONGEST_CELL = 32_767
_OLD = b"\xd0\xcf\x11\xe0"
_PIECE = 1 << 20
# ECMA-376 part 1, 18.8.31: [$sign-country], "text", \sign or the sign alone.
_BRACKETED = re.compile(r"\[\$([^\]-]*)(?:-([0-9A-Fa-f]+))?\]")
_QUOTED = re.compile(r'"([^"]*)"')
_BARE = re.compile(r"[¥￥$€£元]")
_JAPAN = "411"


class WorkbookRefused(FormError):
    """A workbook that cannot be taken; ``str()`` is a sentence that says why and what to do."""


@dataclass(frozen=True)
class Faulty:
    """A cell that holds something else than a value: ``sentence`` says what to do."""

    sentence: str
    shown: str


Value: TypeAlias = "Cell | Faulty"


@dataclass(frozen=True)
class SheetRow:
    """One row that is not empty: its number in the sheet and its cells. ``currencies``: by place what the format of a
    number shows beside it, a sign or a word ("US$").
    """

    number: int
    cells: tuple[Value, ...]
    currencies: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ReadSheet:
    """One sheet: its name and its rows."""

    title: str
    rows: tuple[SheetRow, ...]


def read_workbook(data: bytes, *, most_rows: int) -> list[ReadSheet]:
    """Return the sheets of an XLSX file, empty rows left out. ``most_rows``: so many rows a sheet may have.

    Raises WorkbookRefused.
    """
    _check_archive(data)
    try:
        book = openpyxl.load_workbook(
            io.BytesIO(data), read_only=True, data_only=False, keep_links=False, rich_text=False
        )
    except Exception as fault:  # the library raises whatever a broken part makes it stumble over
        raise WorkbookRefused(_unreadable()) from fault
    try:
        if len(book.worksheets) > MOST_SHEETS:
            raise WorkbookRefused(
                _("The workbook has more than %(count)d sheets. Begin with the template.")
                % {"count": MOST_SHEETS}
            )
        sheets = [ReadSheet(sheet.title, tuple(_rows(sheet, most_rows))) for sheet in book.worksheets]
    except WorkbookRefused:
        raise
    except Exception as fault:  # as above: cells are read only now
        raise WorkbookRefused(_unreadable()) from fault
    finally:
        book.close()
    return sheets


def _unreadable() -> str:
    return _("The file cannot be read as an Excel workbook. Save it as .xlsx and try again.")


def _check_archive(data: bytes) -> None:
    if len(data) > LARGEST:
        raise WorkbookRefused(
            _("The file is larger than %(size)d MB. Split it into several.") % {"size": LARGEST // 1024**2}
        )
    if data.startswith(_OLD):
        raise WorkbookRefused(
            _("The file is protected by a password, or of an old kind (.xls). Save it as .xlsx without one.")
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            _check_size(parts, len(data))
            _check_parts(archive, parts)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as fault:
        raise WorkbookRefused(_unreadable()) from fault


def _check_size(parts: list[zipfile.ZipInfo], packed: int) -> None:
    names = {part.filename for part in parts}
    unpacked = sum(part.file_size for part in parts)
    if (
        len(parts) > MOST_PARTS
        or len(names) != len(parts)
        or unpacked > MOST_UNPACKED
        or unpacked > MOST_RATIO * max(packed, 1)
    ):
        raise WorkbookRefused(
            _(
                "The workbook unpacks to far more than a filled-in sheet holds. Copy the cells into the template."
            )
        )
    if "xl/workbook.xml" not in names:
        raise WorkbookRefused(_unreadable())


def _check_parts(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> None:
    for part in parts:
        name = part.filename.lower()
        if "externallink" in name:
            raise WorkbookRefused(
                _("The workbook is linked to other files. Copy the cells into the template as values.")
            )
        if "vbaproject" in name or "macrosheet" in name:
            raise WorkbookRefused(_("The workbook holds macros. Save it as .xlsx without them."))
        if not name.endswith((".xml", ".rels")):
            continue
        sheet = name.startswith("xl/worksheets/") and name.endswith(".xml")
        for piece in _pieces(archive, part):
            if b"<!DOCTYPE" in piece or b"<!ENTITY" in piece:
                raise WorkbookRefused(_unreadable())
            if sheet and (b"<mergeCell " in piece or b":mergeCell " in piece):
                raise WorkbookRefused(
                    _("The workbook has merged cells. Unmerge them, so that every row has its own.")
                )


def _pieces(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a part piece by piece; each begins with the end of the one before, so that no word is cut in two."""
    end = b""
    with archive.open(part) as stream:
        while piece := stream.read(_PIECE):
            # UTF-16 hides words from a search of bytes; no spreadsheet writes it.
            if b"\x00" in piece:
                raise WorkbookRefused(_unreadable())
            yield end + piece
            end = piece[-16:]


def _rows(sheet: Any, most_rows: int) -> Iterator[SheetRow]:
    sheet.reset_dimensions()  # what the file says of itself need not be true
    found = 0
    for number, row in enumerate(sheet.iter_rows(), 1):
        cells = tuple(_value(cell) for cell in row[:MOST_COLUMNS])
        if any(cell.value is not None for cell in row[MOST_COLUMNS:]):
            raise WorkbookRefused(
                _("The sheet “%(sheet)s” has more than %(count)d columns. Begin with the template.")
                % {"sheet": sheet.title, "count": MOST_COLUMNS}
            )
        if all(cell is None for cell in cells):
            continue
        found += 1
        # One more: the headings.
        if found > most_rows + 1 or number > MOST_SCANNED:
            raise WorkbookRefused(
                _("The sheet “%(sheet)s” has more than %(count)d rows. Split the file into several.")
                % {"sheet": sheet.title, "count": most_rows}
            )
        yield SheetRow(number, cells, _currencies(row, cells))


def _currencies(row: Sequence[Any], cells: Sequence[Value]) -> dict[int, str]:
    numbers = [
        at for at, cell in enumerate(cells) if isinstance(cell, int | Decimal) and not isinstance(cell, bool)
    ]
    return {at: shown for at in numbers if (shown := _beside(str(row[at].number_format)))}


@functools.lru_cache(maxsize=256)
def _beside(number_format: str) -> str:
    """Return what a number format shows beside the number: ``[$US$-409]``, ``"元"``, ``€``; nothing for a format of
    the program itself, whose sign is that of the country the program is set to.
    """
    if number_format in BUILTIN_FORMATS.values():
        return ""
    positive = number_format.split(";", maxsplit=1)[0]
    texts = [
        "JP¥" if text in ("¥", "￥") and country.upper().endswith(_JAPAN) else text
        for text, country in _BRACKETED.findall(positive)
    ]
    bare = _BRACKETED.sub("", positive)
    return " ".join([*texts, *_QUOTED.findall(bare), *_BARE.findall(_QUOTED.sub("", bare))]).strip()


def _value(cell: Any) -> Value:
    """Return what stands in a cell as the kinds of field take it."""
    value = cell.value
    if value is None:
        return None
    if cell.data_type == "f":
        return Faulty(_("This is a formula. Paste its value instead."), str(value)[:100])
    if cell.data_type == "e":
        return Faulty(_("This is an error of the spreadsheet. Write the value."), str(value)[:100])
    if isinstance(value, bool | int | datetime.time):
        return value
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return value.date() if midnight and "h" not in str(cell.number_format).lower() else value
    if isinstance(value, datetime.date | Decimal):
        return value
    text = str(value)[:LONGEST_CELL]
    return text if text.strip() else None


def _number(value: float) -> Value:
    """Return a number as it was typed: whole ones without a point, others with the fewest digits that mean them."""
    if value != value or value in (float("inf"), float("-inf")):
        return Faulty(_("This is an error of the spreadsheet. Write the value."), str(value))
    return int(value) if value.is_integer() and abs(value) < 1e15 else Decimal(repr(value))
