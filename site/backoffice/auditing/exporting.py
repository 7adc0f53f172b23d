"""A trail as a file, of whatever kind it is: one row for each change, oldest first; texts stay texts.

The gate records who took it out (``access.records``). Nothing is kept: CSV is sent as it is written, a workbook from a
file that is gone with the answer.
"""

from __future__ import annotations

import csv
import datetime as dt
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO

from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import get_language, override, pgettext
from django.utils.translation import gettext as _

from forms.fields import Cell
from forms.registers.sheets import Book, Sheet, SheetColumn, guarded, plain_cell
from foundation.audit.trails import Subject, TrailEntry, TrailKind

TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


def columns() -> list[SheetColumn]:
    """Return the headings, in the language in use."""
    return [
        SheetColumn(_("When"), 20, "moment"),
        SheetColumn(_("Who"), 18, "text"),
        SheetColumn(_("What"), 40, "text"),
        SheetColumn(_("Reason"), 30, "text"),
        SheetColumn(pgettext("in a trail", "What changed"), 36, "text"),
        SheetColumn(_("Before"), 36, "text"),
        SheetColumn(_("After"), 36, "text"),
        SheetColumn(_("Version"), 10, "whole"),
        SheetColumn(_("Proof"), 68, "text"),
    ]


def rows_of(entries: Iterable[TrailEntry]) -> Iterator[list[Cell]]:
    """Yield a row for each change, and one for what happened without any; points in time are those of the house."""
    for entry in entries:
        at: dt.datetime = timezone.localtime(entry.at).replace(tzinfo=None)
        head: list[Cell] = [at, entry.who, entry.what, entry.reason or None]
        tail: list[Cell] = [entry.version, entry.proof or _("working copy")]
        for change in entry.changes:
            yield [*head, str(change.label), change.before, change.after, *tail]
        if not entry.changes:
            yield [*head, None, None, None, *tail]


def file_of(kind: TrailKind, subject: Subject, ending: str, by: str) -> HttpResponseBase:
    """Return the trail of an object as a file that is sent while it is read."""
    name = f"{kind.title} {subject.key} {timezone.localdate():%Y-%m-%d}.{ending}"
    entries = kind.entries(subject.key)
    if ending == "csv":
        answer: HttpResponseBase = StreamingHttpResponse(
            _lines(entries, get_language() or ""), content_type=TYPES[ending]
        )
        answer.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
        return answer
    content: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it, once it is sent
    book = Book(content, subject.title, by)
    sheet = Sheet(book, _("Trail"), columns())
    for row in rows_of(entries):
        sheet.write(row)
    sheet.end()
    book.close()
    content.seek(0)
    return FileResponse(content, as_attachment=True, filename=name, content_type=TYPES[ending])


class _Said:
    """Takes what a writer writes and gives it back."""

    def write(self, text: str) -> str:
        return text


def _lines(entries: Iterable[TrailEntry], language: str) -> Iterator[str]:
    """Yield the lines of a CSV; they are asked for when the page's language is forgotten already."""
    writer = csv.writer(_Said())
    with override(language):
        head = [guarded(column.heading) for column in columns()]
    yield "\ufeff" + writer.writerow(head)
    for entry in entries:
        with override(language):
            rows = [[plain_cell(cell) for cell in row] for row in rows_of([entry])]
        yield "".join(writer.writerow(row) for row in rows)
