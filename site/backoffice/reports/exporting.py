"""A report as a workbook and as a PDF. Numbers are numbers, texts are texts, never a formula (decision 0023)."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from typing import IO

import xlsxwriter
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from backoffice.access.templatetags.remit import moment_text
from backoffice.exports import documents, pdf
from backoffice.reports.presentation import Cell, Told
from foundation.editions.models import Edition
from foundation.organisation.models import User

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXACT_DIGITS = 15
"""Digits that a number in a workbook keeps; longer ones are written as text."""
SHEET_NAME = 31
TEMPLATE, STYLESHEET = "exports/report.html", "exports/report.css"


def write_workbook(target: IO[bytes], told: Told) -> None:
    """Write each table of a report on a sheet of its own."""
    book = xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    head = book.add_format({"bold": True, "text_wrap": True, "bottom": 1, "num_format": "@"})
    text, bold = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "num_format": "@"})
    formats = {
        False: book.add_format({"num_format": "#,##0.##"}),
        True: book.add_format({"num_format": "#,##0.00"}),
    }
    used: set[str] = set()
    for table in told.tables:
        sheet = book.add_worksheet(_sheet_name(table.title, used))
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.freeze_panes(3, 1)
        sheet.repeat_rows(2)
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, max(len(table.heads), 1), 13)
        sheet.write_string(0, 0, told.title, bold)
        sheet.write_string(1, 0, f"{told.period} · {told.note}", text)
        for column, title in enumerate((table.first, *table.heads)):
            sheet.write_string(2, column, title, head)
        for row, line in enumerate(table.lines, 3):
            sheet.write_string(row, 0, line.title, text)
            for column, cell in enumerate(line.cells, 1):
                _write(sheet, row, column, cell, formats)
    book.close()


def _write(sheet: xlsxwriter.worksheet.Worksheet, row: int, column: int, cell: Cell, formats: dict) -> None:
    value = cell.value
    if value is None:
        return
    if isinstance(value, Decimal):
        if len(value.as_tuple().digits) > EXACT_DIGITS:
            sheet.write_string(row, column, cell.text)
            return
        money = value.as_tuple().exponent == -2
        sheet.write_number(row, column, float(value), formats[money])
        return
    sheet.write_number(row, column, value)


def _sheet_name(title: str, used: set[str]) -> str:
    """Return a name a workbook takes, never one twice."""
    plain = re.sub(r"[\[\]:*?/\\']", " ", title).strip()[:SHEET_NAME] or "1"
    name, number = plain, 2
    while name.casefold() in used:
        tail = f" {number}"
        name, number = plain[: SHEET_NAME - len(tail)] + tail, number + 1
    used.add(name.casefold())
    return name


def make_pdf(told: Told, edition: Edition, reader: User, address: str) -> bytes:
    """Return the report as a PDF. Raises ``pdf.RenderFailed``."""
    language = get_language() or ""
    html = render_to_string(
        TEMPLATE,
        {
            "told": told,
            "edition": edition,
            "language": {"zh-hans": "zh-Hans"}.get(language, language),
            "address": settings.BASE_URL + address,
            "printed": _("Printed by %(person)s, %(moment)s")
            % {"person": reader, "moment": moment_text(timezone.now())},
        },
    )
    css = render_to_string(STYLESHEET, {"document": "exports/document.css"})
    return pdf.render(html, css=css)


def file_name(told: Told, ending: str, day: datetime.date) -> str:
    """Return what a file of the report is saved as."""
    return documents.saved_as(f"{told.title} {day:%Y-%m-%d}").removesuffix(".pdf") + ending
