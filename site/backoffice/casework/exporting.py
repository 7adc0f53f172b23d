"""The list of cases as a file: what the list shows, in its order, as far as it is counted; what every case has, and the
answers that are columns of the list. Texts stay texts.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from backoffice.access import records
from backoffice.casework.answers import Answers
from backoffice.casework.columns import shown
from backoffice.casework.listed import Listed, listed_for
from backoffice.casework.presentation import Row, rows_of
from backoffice.casework.wanted import Wanted
from forms.fields import Cell
from forms.registers.sheets import Book, Sheet, SheetColumn, guarded, plain_cell
from foundation.audit.services import Actor
from workflows.lists import load

TAKEN_OUT = "user.cases_exported"
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """What the list of cases shows for this address, with all its pages; who took it out is kept."""
    ending = request.GET.get("format", "xlsx")
    if ending not in TYPES:
        raise Http404
    listed = listed_for(request.user, Wanted.read(request.GET))
    if listed.faults:
        # Without a filter that was meant there would be more in the file than was seen: the list says so.
        return redirect(f"{reverse('casework:cases')}{Wanted.read(request.GET).address()}")
    rows, content = rows_of(load(listed.cases.ids)), io.BytesIO()
    sheet = CaseSheet.of(listed)
    if ending == "csv":
        text = io.TextIOWrapper(content, encoding="utf-8", newline="")
        write_csv(text, sheet, rows)
        text.detach()
    else:
        write_workbook(content, sheet, rows, by=str(request.user))
    records.note(
        request.user,
        TAKEN_OUT,
        actor=Actor.of(request.user),
        references={"format": ending, "count": str(len(rows)), "more": "yes" if listed.cases.more else "no"},
    )
    content.seek(0)
    name = " ".join((_("Cases"), f"{timezone.localdate():%Y-%m-%d}.{ending}"))
    return FileResponse(content, as_attachment=True, filename=name, content_type=TYPES[ending])


@dataclass(frozen=True)
class CaseSheet:
    """The columns of the file, in the language in use: of every case, then the answers that the list shows."""

    answers: Answers
    keys: tuple[str, ...]

    @classmethod
    def of(cls, listed: Listed) -> CaseSheet:
        """Return the columns of a list."""
        known = listed.answers.by_key
        return cls(listed.answers, tuple(key for key in shown(listed.wanted, listed.answers) if key in known))

    def columns(self) -> list[SheetColumn]:
        """Return the headings."""
        return [
            SheetColumn(_("Number"), 20, "text"),
            SheetColumn(_("Subject"), 40, "text"),
            SheetColumn(pgettext("of cases", "Workflow"), 18, "text"),
            SheetColumn(_("State"), 16, "text"),
            SheetColumn(pgettext("of a case", "Grade"), 10, "text"),
            SheetColumn(_("Assigned to"), 14, "text"),
            SheetColumn(_("Department"), 18, "text"),
            SheetColumn(_("Due"), 17, "moment"),
            SheetColumn(_("What is due"), 22, "text"),
            SheetColumn(_("Last change"), 17, "moment"),
            SheetColumn(_("Opened"), 17, "moment"),
            SheetColumn(_("Closed"), 17, "moment"),
            *self.answers.sheet_columns(self.keys),
        ]

    def cells(self, row: Row) -> list[Cell]:
        """Return one case as cells of these columns; points in time are those of the house."""
        case, due = row.case, row.due
        return [
            case.number,
            case.subject,
            row.workflow,
            row.state,
            row.grade.word if row.grade else None,
            str(case.assignee) if case.assignee else None,
            str(case.department) if case.department else None,
            _house(due.at) if due else None,
            due.title if due else None,
            _house(case.changed_at),
            _house(case.opened_at),
            _house(case.closed_at) if case.closed_at else None,
            *(self.answers.value(key, case) for key in self.keys),
        ]


def _house(moment: dt.datetime) -> dt.datetime:
    return timezone.localtime(moment).replace(tzinfo=None)


def write_workbook(target: IO[bytes], listed: CaseSheet, rows: Iterable[Row], *, by: str) -> None:
    """Write the cases on one sheet."""
    book = Book(target, _("Cases"), by)
    sheet = Sheet(book, _("Cases"), listed.columns())
    for row in rows:
        sheet.write(listed.cells(row))
    sheet.end()
    book.close()


def write_csv(target: IO[str], listed: CaseSheet, rows: Iterable[Row]) -> None:
    """Write the cases as CSV, with the mark by which Excel knows it is Unicode."""
    target.write("\ufeff")
    writer = csv.writer(target)
    writer.writerow([guarded(column.heading) for column in listed.columns()])
    writer.writerows([plain_cell(cell) for cell in listed.cells(row)] for row in rows)
