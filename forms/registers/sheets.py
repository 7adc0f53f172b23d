"""Registers as files: XLSX with a sheet for the submissions, one for each repeating group and one that says what the
file is; CSV with the submissions alone.

No cell is ever a formula. In XLSX every text is written as a text, and marked so that it stays one when somebody
edits the cell; in CSV, where there are no types, a text that a spreadsheet would calculate gets an apostrophe
before it. Numbers, days and moments are written as what they are.
"""

from __future__ import annotations

import csv
import datetime
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from xlsxwriter.worksheet import Worksheet

from forms.fields import Cell
from forms.logic import ROW
from forms.models import Submission
from forms.registers.beside import BesideCell, BesideColumn, with_beside
from forms.registers.columns import RegisterColumn, RegisterShape, RowColumns, Type
from forms.registers.masking import masked
from forms.schema import FormDefinition, definition_of
from foundation.organisation.models import User

DANGEROUS = re.compile(r"\s*[=+\-@\t\r\n＝＋－＠]")
LONGEST_CELL = 32_767
"""Characters that a cell of a workbook holds."""
MOST_ROWS = 1_000_000
"""Rows of one sheet; what is more goes on in a further sheet."""
EXACT_DIGITS = 15
"""Digits that a number in a workbook keeps; longer ones are written as text."""
WIDEST = 60
TELL_EVERY = 500


@dataclass(frozen=True)
class Order:
    """What goes into a file. ``columns`` in order; ``filters`` are the sentences of the filters."""

    shape: RegisterShape
    columns: tuple[RegisterColumn, ...]
    roles: frozenset[str]
    language: str
    by: str
    filters: tuple[str, ...]
    with_rows: bool = True
    beside: tuple[BesideColumn, ...] = ()
    reader: User | None = None
    """For whose eyes it is: what stands beside is theirs to see."""

    def rows(self, found: Iterable[Submission]) -> Iterator[tuple[Submission, Mapping[str, BesideCell]]]:
        """Yield submissions with what stands beside each."""
        if not self.beside or self.reader is None:
            return ((one, {}) for one in found)
        return with_beside(self.shape.form_key, found, self.reader, self.language)

    def cells(
        self, columns: Iterable[RegisterColumn], definition: FormDefinition, answers: Mapping[str, Any]
    ) -> list[Cell]:
        """Return what stands in these columns of a submission, or of a row of it."""
        return [cell_of(column, definition, answers, self.roles, self.language) for column in columns]


@dataclass(frozen=True)
class SheetColumn:
    """A column of a sheet: its heading, its width in characters, the name of the format of its cells."""

    heading: str
    width: int
    format: str


Tell = Callable[[int], None]


def guarded(text: str) -> str:
    """Return a text as CSV may hold it: one that a spreadsheet would calculate begins with an apostrophe."""
    return f"'{text}" if DANGEROUS.match(text) else text


# --- values ------------------------------------------------------------------------------------------------------


def system_headings() -> list[SheetColumn]:
    """Return the columns with which every row of submissions begins (in the language in use)."""
    return [
        SheetColumn(_("Number"), 20, "text"),
        SheetColumn(_("Submitted on"), 17, "moment"),
        SheetColumn(_("Submitted by"), 16, "text"),
        SheetColumn(_("State"), 12, "text"),
        SheetColumn(_("Edition"), 9, "whole"),
    ]


def system_cells(submission: Submission, shape: RegisterShape) -> list[Cell]:
    """Return what stands in those columns."""
    return [
        submission.number,
        timezone.localtime(submission.submitted_at).replace(tzinfo=None, microsecond=0),
        str(submission.submitted_by or _("public link")),
        submission.get_state_display(),
        shape.numbers.get(submission.edition.sha256, submission.edition.number),
    ]


def headings_of(columns: Sequence[RegisterColumn], language: str) -> list[SheetColumn]:
    """Return the headings of answers; two of the same words are told apart by the key of the column."""
    words = [column.heading(language) for column in columns]
    return [
        SheetColumn(
            heading if words.count(heading) == 1 else f"{heading} [{column.key}]",
            min(max(column.width, _width(heading)), WIDEST),
            column.type.value,
        )
        for column, heading in zip(columns, words, strict=True)
    ]


def beside_headings(order: Order) -> list[SheetColumn]:
    """Return the headings of what stands beside the answers."""
    return [
        SheetColumn(
            heading := column.heading(order.language),
            min(max(column.width, _width(heading)), WIDEST),
            column.type.value,
        )
        for column in order.beside
    ]


def _beside(order: Order, told: Mapping[str, BesideCell]) -> list[Cell]:
    return [told[column.key].value if column.key in told else None for column in order.beside]


def _width(text: str) -> int:
    return sum(2 if ord(sign) > 0x2E80 else 1 for sign in text) + 4


def cell_of(
    column: RegisterColumn,
    definition: FormDefinition,
    answers: Mapping[str, Any],
    roles: Collection[str],
    language: str,
) -> Cell:
    """Return what stands in a cell: a typed value, or a mask where the answer is not open to these roles."""
    if not column.open_to(roles):
        return masked(column.text(definition, answers, language), column) or None
    fuller = column.definition.of_kind.fuller_in_sheets
    if column.type is Type.YES_NO or (column.type.in_words and not fuller):
        return column.text(definition, answers, language) or None
    return column.cell(definition, answers, language)


def _rows_of(group: RowColumns, answers: Any) -> Iterator[tuple[int, int, Any]]:
    """Yield the rows of a repeating group: the place of the row around it (0: none), its own, its answers."""
    if not group.outer:
        for place, row in enumerate(_list(answers.get(group.id)), 1):
            yield 0, place, row
        return
    for outer, around in enumerate(_list(answers.get(group.outer)), 1):
        for place, row in enumerate(_list(around.get(group.id)), 1):
            yield outer, place, row


def _list(rows: Any) -> list[Any]:
    return [row for row in rows if isinstance(row, dict) and ROW in row] if isinstance(rows, list) else []


# --- CSV ---------------------------------------------------------------------------------------------------------


def write_csv(target: IO[str], order: Order, found: Iterable[Submission], tell: Tell | None = None) -> int:
    """Write the submissions as CSV, with the mark by which Excel knows it is Unicode; return how many."""
    with override(order.language):
        target.write("\ufeff")
        writer = csv.writer(target)
        columns = [*system_headings(), *headings_of(order.columns, order.language), *beside_headings(order)]
        writer.writerow([guarded(column.heading) for column in columns])
        count = 0
        for count, (submission, told) in enumerate(order.rows(found), 1):
            definition = definition_of(submission.edition)
            cells = system_cells(submission, order.shape)
            cells += order.cells(order.columns, definition, submission.answers)
            cells += _beside(order, told)
            writer.writerow([plain_cell(cell) for cell in cells])
            _tell(tell, count)
        return count


def plain_cell(cell: Cell) -> str:
    """Return a cell as CSV holds it, where there are no types."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return guarded(cell)
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(sep=" ", timespec="minutes")
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


# --- XLSX --------------------------------------------------------------------------------------------------------

FORMATS: dict[str, dict[str, Any]] = {
    "heading": {"bold": True, "bg_color": "#E0F0F1", "bottom": 1, "text_wrap": True, "valign": "top"},
    "text": {"num_format": "@", "valign": "top"},
    "risky": {"num_format": "@", "valign": "top", "quote_prefix": True},
    "whole": {"num_format": "#,##0", "valign": "top"},
    "decimal": {"num_format": "#,##0.######", "valign": "top"},
    "money": {"num_format": "#,##0.00", "valign": "top"},
    "date": {"num_format": "yyyy-mm-dd", "valign": "top", "align": "left"},
    "moment": {"num_format": "yyyy-mm-dd hh:mm", "valign": "top", "align": "left"},
    "time": {"num_format": "hh:mm", "valign": "top", "align": "left"},
}
_EARLIEST = datetime.date(1900, 3, 1)  # before it, spreadsheets count a day that never was


class Sheet:
    """One table of a workbook, written row after row; what one sheet does not hold goes on in the next."""

    def __init__(self, book: Book, title: str, columns: Sequence[SheetColumn]) -> None:
        self._book, self._title, self.columns = book, title, columns
        self._sheets: list[tuple[Worksheet, int]] = []
        self._begin()

    def write(self, cells: Sequence[Cell]) -> None:
        """Write one row."""
        sheet, row = self._sheets[-1]
        if row > MOST_ROWS:
            self._begin()
            sheet, row = self._sheets[-1]
        for place, (cell, column) in enumerate(zip(cells, self.columns, strict=True)):
            self._book.put(sheet, row, place, cell, column.format)
        self._sheets[-1] = (sheet, row + 1)

    def end(self) -> None:
        """Give each sheet its filter, once its length is known."""
        for sheet, row in self._sheets:
            sheet.autofilter(0, 0, max(row - 1, 0), len(self.columns) - 1)

    def _begin(self) -> None:
        sheet = self._book.sheet(self._title)
        for place, column in enumerate(self.columns):
            sheet.set_column(place, place, column.width)
            self._book.put(sheet, 0, place, column.heading, "heading")
        sheet.freeze_panes(1, 1)
        self._sheets.append((sheet, 1))


class Book:
    """A workbook on its way to a file: rows leave memory as soon as the next one begins."""

    def __init__(self, target: Any, title: str, by: str) -> None:
        # Texts are written by ``write_string``; these say the same for any other way of writing.
        safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self._book = xlsxwriter.Workbook(target, {"constant_memory": True, **safe})
        self._book.set_properties({"title": title, "author": by})
        self._formats = {name: self._book.add_format(said) for name, said in FORMATS.items()}
        self._titles: set[str] = set()

    def sheet(self, title: str) -> Worksheet:
        """Return a new sheet whose name is as near to ``title`` as names of sheets can be."""
        plain = re.sub(r"[\[\]:*?/\\]", " ", title).strip().strip("'")[:31].strip() or _("Sheet")
        name, number = plain, 2
        while name.casefold() in self._titles:
            ending = f" ({number})"
            name, number = f"{plain[: 31 - len(ending)]}{ending}", number + 1
        self._titles.add(name.casefold())
        return self._book.add_worksheet(name)

    def put(self, sheet: Worksheet, row: int, place: int, cell: Cell, form: str) -> None:
        """Write one cell as what it is."""
        if cell is None:
            return
        if isinstance(cell, bool):
            sheet.write_boolean(row, place, cell)
        elif isinstance(cell, int | Decimal) and len(Decimal(cell).as_tuple().digits) <= EXACT_DIGITS:
            sheet.write_number(row, place, cell, self._formats.get(form, self._formats["decimal"]))
        elif isinstance(cell, datetime.date) and _day(cell) >= _EARLIEST:
            kind = "moment" if isinstance(cell, datetime.datetime) else "date"
            moment = cell.replace(tzinfo=None) if isinstance(cell, datetime.datetime) else cell
            sheet.write_datetime(row, place, moment, self._formats[kind])
        elif isinstance(cell, datetime.time):
            sheet.write_datetime(row, place, cell.replace(tzinfo=None), self._formats["time"])
        else:
            text = _plain_text(cell)[:LONGEST_CELL]
            risky = form != "heading" and DANGEROUS.match(text)
            sheet.write_string(
                row, place, text, self._formats["risky" if risky else form if form == "heading" else "text"]
            )

    def close(self) -> None:
        """Finish the file."""
        self._book.close()


def _day(cell: datetime.date) -> datetime.date:
    return cell.date() if isinstance(cell, datetime.datetime) else cell


def _plain_text(cell: Any) -> str:
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    return cell if isinstance(cell, str) else str(cell)


def write_xlsx(target: Any, order: Order, found: Iterable[Submission], tell: Tell | None = None) -> int:
    """Write the submissions, their rows and what the file is as a workbook (to a path or a binary file); return how
    many submissions there are.
    """
    with override(order.language):
        title = order.shape.title(order.language)
        book = Book(target, title, order.by)
        headings = [*system_headings(), *headings_of(order.columns, order.language), *beside_headings(order)]
        main = Sheet(book, title, headings)
        groups = [(group, _group_sheet(book, group, order)) for group in _groups(order)]
        count, editions = 0, set[int]()
        for count, (submission, told) in enumerate(order.rows(found), 1):
            definition = definition_of(submission.edition)
            cells = system_cells(submission, order.shape)
            editions.add(submission.edition.number)
            main.write(
                [
                    *cells,
                    *order.cells(order.columns, definition, submission.answers),
                    *_beside(order, told),
                ]
            )
            for group, sheet in groups:
                for outer, place, row in _rows_of(group, submission.answers):
                    where: list[Cell] = [submission.number, *([outer] if group.outer else []), place]
                    sheet.write(
                        [
                            *where,
                            *order.cells(group.columns, definition, row),
                        ]
                    )
            _tell(tell, count)
        main.end()
        for _group, sheet in groups:
            sheet.end()
        _about(book, order, count, editions)
        book.close()
        return count


def _groups(order: Order) -> tuple[RowColumns, ...]:
    return order.shape.groups if order.with_rows else ()


def _group_sheet(book: Book, group: RowColumns, order: Order) -> Sheet:
    outer = [SheetColumn(_("Row around it"), 13, "whole")] if group.outer else []
    return Sheet(
        book,
        group.title(order.language),
        [
            SheetColumn(_("Number"), 20, "text"),
            *outer,
            SheetColumn(_("Row"), 7, "whole"),
            *headings_of(group.columns, order.language),
        ],
    )


def _about(book: Book, order: Order, count: int, editions: set[int]) -> None:
    """Write the sheet that says what the file is: who took it out, when, by which filters; what each column is."""
    sheet = book.sheet(_("About this file"))
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 3, 40)
    numbers = ", ".join(str(number) for number in sorted(editions))
    lines: list[tuple[str, Cell]] = [
        (_("Register"), order.shape.title(order.language)),
        (_("Taken out by"), order.by),
        (_("Taken out at"), timezone.localtime().replace(tzinfo=None, microsecond=0)),
        (_("Submissions"), count),
        (_("Editions of the form"), numbers),
        (_("Filters"), "\n".join(order.filters) or _("none: every submission")),
    ]
    for row, (name, value) in enumerate(lines):
        book.put(sheet, row, 0, name, "heading")
        book.put(sheet, row, 1, value, "whole" if isinstance(value, int) else "text")
    for place, heading in enumerate([_("Column"), _("Key"), _("Asked"), _("Shown")]):
        book.put(sheet, len(lines) + 1, place, heading, "heading")
    groups = [column for group in _groups(order) for column in group.columns]
    for row, column in enumerate([*order.columns, *groups], len(lines) + 2):
        book.put(sheet, row, 0, column.heading(order.language), "text")
        book.put(sheet, row, 1, f"{column.group}/{column.key}" if column.group else column.key, "text")
        book.put(sheet, row, 2, _("yes") if column.asked else _("no longer asked"), "text")
        book.put(sheet, row, 3, _("in full") if column.open_to(order.roles) else _("masked"), "text")
    for row, beside in enumerate(order.beside, len(lines) + 2 + len(order.columns) + len(groups)):
        book.put(sheet, row, 0, beside.heading(order.language), "text")
        book.put(sheet, row, 1, beside.key, "text")
        book.put(sheet, row, 2, _("yes") if beside.asked else _("no longer asked"), "text")
        book.put(sheet, row, 3, _("of cases the reader may see"), "text")


def _tell(tell: Tell | None, count: int) -> None:
    if tell is not None and count % TELL_EVERY == 0:
        tell(count)
