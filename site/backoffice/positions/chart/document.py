"""The chart as PDF, A3 landscape: made once by the worker for what it shows, from then on a file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from backoffice.access.templatetags.remit import date_text
from backoffice.exports import documents, libraries, pdf
from backoffice.positions.chart.drawing import draw
from backoffice.positions.chart.outline import summary
from backoffice.positions.chart.selection import Selection
from backoffice.positions.chart.sheets import Sheet, scale_of, sheets
from backoffice.positions.chart.structure import Chart, Unit
from foundation.outbox.services import handles, send

MESSAGE_KIND = "render_chart"
TEMPLATES = ("positions/chart_print.html", "positions/chart_print.css")
MILLIMETRE = 96 / 25.4


def request_pdf(selection: Selection, language: str) -> Path | None:
    """Return the file of the chart; None when it is not there yet: then the worker is asked for it.

    Raises ``LookupError`` for a department that is not there.
    """
    path = file_of(*page_of(selection, language), language)
    if path.is_file():
        return path
    if not libraries.missing():
        asked = timezone.now().strftime("%Y%m%d%H") + str(timezone.now().minute // 5)
        payload = {**selection.as_payload(), "language": language}
        send(kind=MESSAGE_KIND, key=f"pdf:{path.stem}:{asked}", payload=payload)
    return None


def page_of(selection: Selection, language: str) -> tuple[str, str]:
    """Return HTML and stylesheet of the document."""
    with translation.override(language):
        chart, every = selection.read()
        pages = [_printed(sheet) for sheet in sheets(chart)]
        values = {
            "language": {"zh-hans": "zh-Hans"}.get(language, language),
            "title": title_of(selection, every),
            "day": date_text(selection.day),
            "pages": pages,
            "contents": _contents(pages),
            "summary": summary(chart.posts.values()),
            "circles": circles_told(chart),
        }
        html, css = (render_to_string(name, values) for name in TEMPLATES)
    return html, css


def title_of(selection: Selection, every: list[Unit]) -> str:
    """Return what the chart is called: whose it is, and whether it shows vacancies only."""
    title = next((unit.name for unit in every if unit.code == selection.department), "")
    words = [_("Organisation chart"), title, _("vacancies only") if selection.only_vacant else ""]
    return " · ".join(word for word in words if word)


def circles_told(chart: Chart) -> list[str]:
    """Return each circle of posts as ``A → B → A``, reading "reports to"."""
    return [
        " → ".join(chart.posts[code].title for code in (*circle, circle[0]) if code in chart.posts)
        for circle in chart.circles
    ]


def filename(selection: Selection, language: str, ending: str) -> str:
    """Return the name a person's browser saves the chart under."""
    with translation.override(language):
        named = " ".join((_("Organisation chart"), selection.department, selection.day.isoformat()))
    return re.sub(r'[\\/:*?"<>|\s]+', " ", named).strip() + ending


def file_of(html: str, css: str, language: str) -> Path:
    """Return where the document is kept, whether it is there or not: named by everything that shows in it."""
    name = f"{hashlib.sha256((html + css).encode()).hexdigest()}-{language}.pdf"
    return Path(settings.RENDERED_DIR) / "chart" / name


@handles(MESSAGE_KIND)
def deliver(payload: Mapping[str, Any]) -> None:
    """Make the PDF a page asked for (outbox)."""
    html, css = page_of(Selection.from_payload(payload), payload["language"])
    path = file_of(html, css, payload["language"])
    if not path.is_file():
        documents.write_whole(path, pdf.render(html, css=css))


def _printed(sheet: Sheet) -> dict[str, Any]:
    drawn = draw(sheet.chart, folded=sheet.hidden)
    scale = scale_of(drawn.width, drawn.height) / MILLIMETRE
    title = sheet.unit.name if sheet.unit else _("Overview") if sheet.hidden else ""
    if sheet.parts > 1:
        title = _("%(title)s (%(part)s of %(parts)s)") % {
            "title": title,
            "part": sheet.part,
            "parts": sheet.parts,
        }
    return {
        "title": title,
        "unit": sheet.unit,
        "parts": sheet.parts,
        "first": sheet.part == 1,
        # Written by ``drawing``, which escapes every text.
        "svg": mark_safe(drawn.sized(f"{drawn.width * scale:.2f}mm", f"{drawn.height * scale:.2f}mm")),  # noqa: S308
    }


def _contents(pages: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return the departments with the pages they stand on; none for a chart of one page."""
    found = []
    for number, page in enumerate(pages, 1):
        if page["unit"] is not None and page["first"]:
            last = number + page["parts"] - 1
            found.append((page["unit"].name, str(number) if last == number else f"{number}–{last}"))
    return found
