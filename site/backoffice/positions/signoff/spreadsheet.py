"""The report as a CSV file that spreadsheets open as it is: UTF-8 with a mark at its beginning, and no formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from backoffice.positions.signoff.models import SignOff
from backoffice.positions.signoff.queries import reason_words

MARK = "\ufeff"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula: what could be one gets an apostrophe in front."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def report(rows: Iterable[SignOff]) -> str:
    """Return the file as text."""
    told = io.StringIO()
    writer = csv.writer(told, lineterminator="\r\n")
    head = [
        _("Department"),
        _("Position"),
        _("Code"),
        pgettext("of a person", "Name"),
        pgettext("one of several", "Holding"),
        _("Edition"),
        _("Effective from"),
        _("Asked because of"),
        _("Asked on"),
        _("Due on"),
        _("State"),
        _("Answered at"),
        _("Late"),
        _("Reason"),
        _("Reminders"),
        "SHA-256",
    ]
    writer.writerow([safe(cell) for cell in head])
    for row in rows:
        cells = [
            row.position.department,
            row.position,
            row.position.code,
            row.person,
            row.get_holding_kind_display(),
            row.edition.number,
            row.edition.effective_from.isoformat(),
            row.get_why_display(),
            timezone.localdate(row.asked_at).isoformat(),
            row.due_on.isoformat(),
            row.word,
            timezone.localtime(row.decided_at).strftime("%Y-%m-%d %H:%M") if row.decided_at else "",
            _("yes") if row.late else "",
            reason_words(row.reason),
            row.reminders,
            row.edition_sha256,
        ]
        writer.writerow([safe(cell) for cell in cells])
    return MARK + told.getvalue()
