"""The open items of a ledger as a workbook: amounts as numbers, texts as texts, never a formula."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from django.utils.translation import gettext as _

from foundation.editions.texts import in_language
from workflows.definitions import definition_of
from workflows.ledgers import LedgerView, OpenItem, class_words, sum_of

TAKEN_OUT = "user.ledger_exported"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXACT_DIGITS = 15
"""Digits that a number in a workbook keeps; longer amounts are written as text."""


def write_open_items(
    target: IO[bytes], view: LedgerView, items: Sequence[OpenItem], on: datetime.date
) -> None:
    """Write the items and, below them, what they come to."""
    book = xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    text = book.add_format({"num_format": "@"})
    amount = book.add_format({"num_format": "#,##0.00"})
    day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
    head = book.add_format({"bold": True, "text_wrap": True, "bottom": 1})
    sheet = book.add_worksheet(_("Open amounts"))
    sheet.freeze_panes(1, 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    headings = [
        (_("Case"), 18),
        (_("Subject"), 36),
        (_("Payer"), 22),
        (_("State"), 14),
        (_("Open since"), 12),
        (_("Days"), 8),
        *((name, 14) for name in class_words()),
        (_("Paid beyond what was owed"), 14),
        (_("Open balance"), 16),
        (_("Currency"), 9),
    ]
    for column, (heading, width) in enumerate(headings):
        sheet.write_string(0, column, heading, head)
        sheet.set_column(column, column, width)

    def put(row: int, column: int, value: Any) -> None:
        if isinstance(value, Decimal) and len(value.as_tuple().digits) <= EXACT_DIGITS:
            sheet.write_number(row, column, float(value), amount)
        elif isinstance(value, datetime.date):
            sheet.write_datetime(row, column, datetime.datetime.combine(value, datetime.time()), day)
        elif isinstance(value, int):
            sheet.write_number(row, column, value)
        elif value is not None:
            sheet.write_string(row, column, str(value), text)

    for row, item in enumerate(items, 1):
        state = in_language(definition_of(item.case.edition).state(item.case.state).title)
        cells = [
            item.case.number,
            item.subject,
            item.payer,
            state,
            item.since,
            (on - item.since).days if item.since else None,
            *item.age.classes,
            item.age.credit,
            item.balance,
            view.ledger.currency,
        ]
        for column, value in enumerate(cells):
            put(row, column, value)
    total, last = sum_of(items), len(items) + 1
    said = _("Total as of %(day)s") % {"day": on}
    for column, value in enumerate(
        [said, "", "", "", None, None, *total.classes, total.credit, total.balance, view.ledger.currency]
    ):
        put(last, column, value)
    book.close()
