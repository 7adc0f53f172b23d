"""The front matter of a booklet: cover, organisation chart, contents with the pages."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe

from backoffice.exports import documents
from backoffice.positions.booklets.contents import Entry, Scope
from backoffice.positions.chart.drawing import Drawing, draw
from backoffice.positions.chart.structure import charted, of_department, posts_on, units, with_parts

TEMPLATE = "exports/booklet.html"
STYLESHEETS = ("exports/document.css", "exports/booklet.css")
# Heights in millimetres, as the style sheet has them.
CONTENTS_PAGE, CONTENTS_HEAD, ROW, UNIT_ROW = 246, 19, 7.7, 10.7
MILLIMETRE = 96 / 25.4
# What a chart may measure on A4 upright, A4 across and A3 across, in millimetres; heading taken off.
SHEETS = {"upright": (168, 232), "across": (255, 150), "large": (378, 235)}
SMALLEST = 0.75
"""A chart shrunk further than this has letters below 6.5 points: then the next larger sheet is taken."""


@dataclass(frozen=True)
class Sheet:
    """A chart on its page; ``kind`` is the page of the style sheet, ``name`` the department, empty for all."""

    name: str
    svg: SafeString
    kind: str


@dataclass(frozen=True)
class FrontMatter:
    """Everything the front matter shows but the page numbers. ``made_at`` is a moment in local time."""

    scope: Scope
    name: str
    entries: Sequence[Entry]
    made_by: str
    made_at: datetime.datetime
    charts: Sequence[tuple[str, Drawing]]

    @property
    def expected_pages(self) -> int:
        """Cover, contents as high as their lines are as a rule, a page for each chart."""
        departments = len({entry.unit.code for entry in self.entries})
        height = CONTENTS_HEAD + ROW * len(self.entries) + UNIT_ROW * departments
        return 1 + ceil(height / CONTENTS_PAGE) + len(self.charts)

    def __call__(self, first_pages: Sequence[int], pages: int) -> tuple[str, str]:
        """Return HTML and stylesheet, for ``exports.booklet``."""
        with translation.override(self.scope.language):
            values = self._values(first_pages, pages)
            css = "\n".join(documents.stylesheet(name) for name in STYLESHEETS)
            return render_to_string(TEMPLATE, values), css

    def _values(self, first_pages: Sequence[int], pages: int) -> dict[str, Any]:
        rows = list(zip(self.entries, first_pages, strict=True))
        return {
            "language": {"zh-hans": "zh-Hans"}.get(self.scope.language, self.scope.language),
            "scope": self.scope,
            "name": self.name,
            "count": len(self.entries),
            "pages": pages,
            "made_by": self.made_by,
            "made_at": self.made_at,
            "groups": [
                (unit, list(inside)) for unit, inside in groupby(rows, key=lambda row: row[0].unit.name)
            ],
            "charts": [_sheet(name, drawn) for name, drawn in self.charts],
        }


def charts_of(scope: Scope) -> list[tuple[str, Drawing]]:
    """Return the organisation chart of the day with what it shows; nothing where there is nothing to draw.

    One drawing of all where that can be read on A3, else one of each department.
    """
    every = list(units().values())
    with translation.override(scope.language):
        chart = charted(posts_on(scope.day))
        if scope.department:
            chart = of_department(chart, with_parts(scope.department, every))
        if not chart.posts:
            return []
        whole = draw(chart)
        if _fitted(whole)[1] >= SMALLEST:
            return [("", whole)]
        named = {unit.code: unit.name for unit in units().values()}
        parts = [(name, of_department(chart, {code})) for code, name in named.items()]
        return [(name, draw(part)) for name, part in parts if part.posts]


def look(language: str) -> str:
    """Return a hash over what decides how the front matter looks."""
    return documents.look(language, TEMPLATE, *STYLESHEETS)


def _fitted(drawn: Drawing) -> tuple[str, float]:
    """Return the smallest page the chart can be read on, and how much it is shrunk there."""
    found = [
        (kind, min(1.0, width * MILLIMETRE / drawn.width, height * MILLIMETRE / drawn.height))
        for kind, (width, height) in SHEETS.items()
    ]
    return next((fit for fit in found if fit[1] >= SMALLEST), found[-1])


def _sheet(name: str, drawn: Drawing) -> Sheet:
    kind, scale = _fitted(drawn)
    # Sizes are those of the page, the view box keeps what is drawn.
    sizes = f'width="{drawn.width:g}" height="{drawn.height:g}"'
    fitted = f'width="{drawn.width * scale:.2f}" height="{drawn.height * scale:.2f}"'
    return Sheet(name, mark_safe(drawn.svg.replace(sizes, fitted, 1)), kind)  # noqa: S308 - drawn by us, escaped
