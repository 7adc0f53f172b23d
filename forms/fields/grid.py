"""Answers in rows and columns: what tables and checklists share. A cell is an answer of a simple kind.

A row is a mapping from the keys of its columns to stored values, without the cells that hold none; a row that
stands for something given says so under ``_row``. Cells are posted as parts ``<row>.<column>``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from forms.fields import choice, date, decimal, money, phone, plate, text, time, vin, whole_number, yes_no
from forms.fields.base import Cell, FieldFault, FieldKind, FieldOptions, Surroundings, Words, text_of_cell
from foundation.editions.texts import in_language
from foundation.expressions import Kind

ROW = "_row"
CELL_KINDS: dict[str, FieldKind[Any]] = {
    kind.key: kind
    for kind in (
        text.KIND,
        whole_number.KIND,
        decimal.KIND,
        money.KIND,
        date.KIND,
        time.KIND,
        yes_no.KIND,
        choice.KIND,
        phone.KIND,
        plate.KIND,
        vin.KIND,
    )
}
"""What a cell may be: kinds of one control."""


@dataclass(frozen=True)
class GridColumn:
    """One column as it is worked with."""

    key: str
    label: Mapping[str, str]
    kind: FieldKind[Any]
    settings: FieldOptions
    required: bool = False

    @property
    def entry(self) -> Kind:
        """What its cells are to expressions."""
        return self.kind.expression

    def text(self, value: Any, language: str) -> str:
        """Return a cell as people read it, ``""`` for none."""
        return "" if value is None else self.kind.display(value, self.settings, language)


def texts_by_row(parts: Mapping[str, Sequence[str]]) -> dict[str, dict[str, str]]:
    """Return the texts of the cells, by row and column, rows in the order in which they were posted."""
    rows: dict[str, dict[str, str]] = {}
    for part, texts in parts.items():
        row, dot, column = part.partition(".")
        if dot and texts:
            rows.setdefault(row, {})[column] = texts[0]
    return rows


def read_cells(texts: Mapping[str, str], columns: Sequence[GridColumn], place: str) -> dict[str, Any]:
    """Return the stored values of a row; raises FieldFault that says in which row and column."""
    cells: dict[str, Any] = {}
    for column in columns:
        if column.key not in texts:
            continue
        try:
            value = column.kind.parse([texts[column.key]], column.settings)
        except FieldFault as fault:
            raise fault_at(place, column, fault.sentence) from None
        if value is not None:
            cells[column.key] = value
    return cells


def check_cells(
    row: Mapping[str, Any], columns: Sequence[GridColumn], around: Surroundings, place: str
) -> None:
    """Raise FieldFault unless every cell of the row is sound and every required one is there."""
    for column in columns:
        value = row.get(column.key)
        if value is None:
            if column.key in row:
                raise FieldFault(_("Fill in the table again."))
            if column.required:
                raise fault_at(place, column, column.kind.missing)
            continue
        try:
            column.kind.check(value, column.settings, around)
        except FieldFault as fault:
            raise fault_at(place, column, fault.sentence) from None


def fault_at(place: str, column: GridColumn, sentence: Words) -> FieldFault:
    """Return a fault that says where in the grid it is."""
    return FieldFault(
        _("%(row)s, %(column)s: %(sentence)s")
        % {"row": place, "column": in_language(column.label), "sentence": sentence}
    )


def typed_cells(name: str, row: Mapping[str, Any], columns: Sequence[GridColumn]) -> Iterator[str]:
    """Yield the texts that ``read_cells`` reads back, as parts."""
    for column in columns:
        if (value := row.get(column.key)) is not None:
            yield f"{name}.{column.key}={column.kind.typed(value, column.settings)[0]}"


def row_text(row: Mapping[str, Any], columns: Sequence[GridColumn], language: str) -> str:
    """Return what stands in a row as one line."""
    colon, between = ("：", "，") if language.startswith("zh") else (": ", ", ")
    return between.join(
        f"{in_language(column.label, language)}{colon}{column.text(row[column.key], language)}"
        for column in columns
        if row.get(column.key) is not None
    )


def grid_markup(
    columns: Sequence[GridColumn],
    rows: Sequence[tuple[str, Mapping[str, Any]]],
    language: str,
    *,
    corner: str = "",
    totals: Mapping[str, str] | None = None,
    total_label: str = "",
) -> SafeString:
    """Return a table for reading and print. ``rows`` are (heading, cells); without headings that column is left
    out. ``totals`` are texts by column.
    """
    headed = any(heading for heading, _row in rows)
    head = format_html_join(
        "", '<th scope="col">{}</th>', ((in_language(c.label, language),) for c in columns)
    )
    if headed:
        head = format_html('<th scope="col">{}</th>{}', corner, head)
    body = format_html_join(
        "",
        "<tr>{}{}</tr>",
        ((_heading(heading, headed), _cells(row, columns, language)) for heading, row in rows),
    )
    foot = SafeString("")
    if totals:
        cells = format_html_join(
            "",
            "<td{}>{}</td>",
            ((_number(column, language), totals.get(column.key, "")) for column in columns),
        )
        if headed:
            foot = format_html('<tfoot><tr><th scope="row">{}</th>{}</tr></tfoot>', total_label, cells)
        else:
            foot = format_html("<tfoot><tr>{}</tr></tfoot>", cells)
    return format_html(
        '<table class="grid"><thead><tr>{}</tr></thead><tbody>{}</tbody>{}</table>', head, body, foot
    )


def _heading(heading: str, headed: bool) -> SafeString:
    return format_html('<th scope="row">{}</th>', heading) if headed else SafeString("")


def _cells(row: Mapping[str, Any], columns: Sequence[GridColumn], language: str) -> SafeString:
    return format_html_join(
        "",
        '<td{} data-label="{}">{}</td>',
        (
            (
                _number(column, language),
                in_language(column.label, language),
                column.text(row.get(column.key), language),
            )
            for column in columns
        ),
    )


def _number(column: GridColumn, language: str) -> SafeString:
    sort = column.kind.columns(column.settings, language)[0].sort
    return SafeString(' class="number"' if sort in {"whole", "decimal", "money"} else "")


def record_of(row: Mapping[str, Any], columns: Sequence[GridColumn]) -> dict[str, Any]:
    """Return a row as expressions see it."""
    return {
        column.key: column.kind.in_expression(row[column.key])
        for column in columns
        if row.get(column.key) is not None
    }


_ESCAPED = re.compile(r"\\(.)|([|])", re.DOTALL)


def line_of(row: Mapping[str, Any], columns: Sequence[GridColumn], language: str) -> str:
    """Return a row as one line of a cell in a sheet, its cells parted by ``|``."""
    texts = []
    for column in columns:
        value = row.get(column.key)
        cell = None if value is None else column.kind.cells(value, column.settings, language).get("")
        texts.append(text_of_cell(cell).replace("\\", "\\\\").replace("|", "\\|"))
    return " | ".join(texts)


def texts_of_line(line: str, columns: Sequence[GridColumn], language: str) -> dict[str, str]:
    """Return the texts of the cells of such a line, by column."""
    parts = [""]
    at = 0
    for found in _ESCAPED.finditer(line):
        parts[-1] += line[at : found.start()]
        if found[1] is not None:
            parts[-1] += found[1]
        else:
            parts.append("")
        at = found.end()
    parts[-1] += line[at:]
    texts = {}
    for column, part in zip(columns, parts, strict=False):
        if written := part.strip():
            typed = column.kind.typed_from_cells({"": written}, column.settings, language)
            texts[column.key] = typed[0] if typed else ""
    return texts


def text_from_cell(column: GridColumn, cell: Cell, language: str) -> str:
    """Return what to type into a cell of the grid for a cell of a sheet."""
    if cell is None or text_of_cell(cell) == "":
        return ""
    typed = column.kind.typed_from_cells({"": cell}, column.settings, language)
    return typed[0] if typed else ""
