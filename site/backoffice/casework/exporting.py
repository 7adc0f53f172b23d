"""The list of cases as a file: what the list shows, in its order, as far as it is counted. Texts stay texts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import IO

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from backoffice.access import records
from backoffice.casework.presentation import Row, rows_of
from backoffice.casework.wanted import Wanted
from forms.fields import Cell
from forms.registers.sheets import Book, Sheet, SheetColumn, guarded
from foundation.audit.services import Actor
from workflows.lists import CaseList, load
from workflows.queries import sight_of

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
    wanted = Wanted.read(request.GET)
    listed = CaseList(sight_of(request.user), wanted.asked(request.user), reader=request.user)
    rows, content = rows_of(load(listed.ids)), io.BytesIO()
    if ending == "csv":
        text = io.TextIOWrapper(content, encoding="utf-8", newline="")
        write_csv(text, rows)
        text.detach()
    else:
        write_workbook(content, rows, by=str(request.user))
    records.note(
        request.user,
        TAKEN_OUT,
        actor=Actor.of(request.user),
        references={"format": ending, "count": str(len(rows)), "more": "yes" if listed.more else "no"},
    )
    content.seek(0)
    name = " ".join((_("Cases"), f"{timezone.localdate():%Y-%m-%d}.{ending}"))
    return FileResponse(content, as_attachment=True, filename=name, content_type=TYPES[ending])


def columns() -> list[SheetColumn]:
    """Return the columns of the file, in the language in use."""
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
    ]


def cells_of(row: Row) -> list[Cell]:
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
        timezone.localtime(due.at) if due else None,
        due.title if due else None,
        timezone.localtime(case.changed_at),
        timezone.localtime(case.opened_at),
        timezone.localtime(case.closed_at) if case.closed_at else None,
    ]


def write_workbook(target: IO[bytes], rows: Iterable[Row], *, by: str) -> None:
    """Write the cases on one sheet."""
    book = Book(target, _("Cases"), by)
    sheet = Sheet(book, _("Cases"), columns())
    for row in rows:
        sheet.write(cells_of(row))
    sheet.end()
    book.close()


def write_csv(target: IO[str], rows: Iterable[Row]) -> None:
    """Write the cases as CSV, with the mark by which Excel knows it is Unicode."""
    target.write("\ufeff")
    writer = csv.writer(target)
    writer.writerow([guarded(column.heading) for column in columns()])
    writer.writerows(_texts(cells_of(row)) for row in rows)


def _texts(cells: Sequence[Cell]) -> list[str]:
    return [
        f"{cell:%Y-%m-%d %H:%M}" if hasattr(cell, "tzinfo") else guarded(str(cell)) if cell else ""
        for cell in cells
    ]
