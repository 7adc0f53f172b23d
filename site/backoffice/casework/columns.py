"""Columns of the list of cases: what every case has, and answers (``answers``); those shown, and those offered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy

from backoffice.casework.answers import Answers
from backoffice.casework.presentation import Row
from backoffice.casework.wanted import Wanted
from backoffice.listing.cells import Cell
from backoffice.listing.filtering import Offered
from workflows.lists import ORDERS

FIRST = ("subject", "state", "assignee", "due", "changed", "opened")
"""Shown after the number where nobody chose."""
NAMES: dict[str, str | Promise] = {
    "subject": gettext_lazy("Subject"),
    "workflow": pgettext_lazy("of cases", "Workflow"),
    "state": gettext_lazy("State"),
    "grade": pgettext_lazy("of a case", "Grade"),
    "assignee": gettext_lazy("Assigned to"),
    "department": gettext_lazy("Department"),
    "submitter": gettext_lazy("Submitted by"),
    "due": gettext_lazy("Due"),
    "changed": gettext_lazy("Last change"),
    "opened": gettext_lazy("Opened"),
    "closed": gettext_lazy("Closed"),
}
NUMBER = gettext_lazy("Number")


@dataclass(frozen=True)
class Heading:
    """A heading of the list. ``url`` sorts by it, empty where one cannot; ``sorted``: ``ascending``, ``descending``
    or nothing.
    """

    key: str
    text: str
    url: str = ""
    sorted: str = ""
    number: bool = False
    asked: bool = True
    masked: bool = False


@dataclass(frozen=True)
class Told:
    """A row with its cells in the order of the columns. Of what every case has the template knows how it looks."""

    row: Row
    cells: tuple[tuple[str, str, Cell | None], ...]
    """Key, words above the column, and the cell where it holds an answer."""


def shown(wanted: Wanted, answers: Answers) -> list[str]:
    """Return the keys of the columns after the number: those chosen that there are, else the usual ones."""
    known = {*NAMES, *answers.by_key}
    return [key for key in wanted.columns if key in known] or list(FIRST)


def headings(wanted: Wanted, keys: Sequence[str], answers: Answers) -> list[Heading]:
    """Return the number and the columns as headings; choosing one again turns the order round where it can be."""
    return [_heading("number", str(NUMBER), wanted), *(_of(key, wanted, answers) for key in keys)]


def _of(key: str, wanted: Wanted, answers: Answers) -> Heading:
    if key in NAMES:
        return _heading(key, str(NAMES[key]), wanted)
    column = answers.by_key[key]
    return Heading(
        key,
        column.heading(get_language() or ""),
        number=column.type.counted,
        asked=column.asked,
        masked=not column.open_to(answers.roles),
    )


def _heading(key: str, text: str, wanted: Wanted) -> Heading:
    if key not in ORDERS:
        return Heading(key, text)
    now = wanted.order.removeprefix("-") == key
    descending = wanted.order.startswith("-")
    turned = key if now and descending else f"-{key}"
    return Heading(
        key,
        text,
        wanted.address(sort=turned if turned in ORDERS else key),
        ("descending" if descending else "ascending") if now else "",
    )


def told(rows: Sequence[Row], headed: Sequence[Heading], answers: Answers) -> list[Told]:
    """Return the rows with their cells. No query."""
    return [
        Told(
            row,
            tuple(
                (
                    one.key if one.key in NAMES else "",
                    one.text,
                    None if one.key in NAMES else answers.cell(one.key, row.case, one.text),
                )
                for one in headed[1:]
            ),
        )
        for row in rows
    ]


def offered(keys: Sequence[str], answers: Answers) -> list[Offered]:
    """Return every column that can be shown, those that are shown first, in their order."""
    every = [*NAMES, *answers.by_key]
    ordered = [*keys, *(key for key in every if key not in keys)]
    return [_offered(key, answers, chosen=key in keys) for key in ordered]


def _offered(key: str, answers: Answers, *, chosen: bool) -> Offered:
    if key in NAMES:
        return Offered(key, str(NAMES[key]), asked=True, chosen=chosen)
    column = answers.by_key[key]
    return Offered(
        key,
        column.heading(get_language() or ""),
        column.asked,
        chosen=chosen,
        masked=not column.open_to(answers.roles),
    )


def offered_filters(wanted: Wanted, answers: Answers) -> list[Offered]:
    """Return the answers the list can be filtered by."""
    return [
        Offered(key, column.heading(get_language() or ""), column.asked, wanted.extended(("edit", key)))
        for key, column in answers.filterable.items()
    ]
