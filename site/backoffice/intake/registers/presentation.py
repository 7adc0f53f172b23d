"""A register as its page shows it: plain values for the template."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.intake.registers.wanted import PER_PAGE, SORTED, Asked, Wanted
from backoffice.listing.cells import LONGEST_CELL, Cell, answer_cell, looks_of
from backoffice.listing.filtering import Chip, Offered, chips_of
from forms.models import Submission
from forms.registers.beside import BesideCell, BesideColumn, cells_beside
from forms.registers.columns import RegisterColumn, RegisterShape
from forms.registers.filters import (
    AT,
    BY,
    NUMBER,
    STATE,
    SYSTEM,
    SystemColumn,
)
from forms.registers.lines import from_number
from forms.registers.selection import BOUND, Selection
from forms.schema import definition_of
from foundation.organisation.models import User


@dataclass(frozen=True)
class Heading:
    """One column of the table. ``sort_url`` is empty where the list cannot be sorted by it."""

    key: str
    text: str
    number: bool
    asked: bool
    masked: bool
    sort_url: str
    sorted: str
    """``ascending``, ``descending`` or empty."""


@dataclass(frozen=True)
class Row:
    """One submission."""

    submission: Submission
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Leaf:
    """Where one is in the list, and the ways on. ``more``: there are more than are counted."""

    first: int
    last: int
    count: int
    more: bool
    number: int
    pages: int
    previous_url: str
    next_url: str


def headings(asked: Asked, roles: Collection[str], language: str) -> list[Heading]:
    """Return the headings of the columns after the number."""
    return [
        Heading(
            key=column.key,
            text=column.heading(language),
            number=not isinstance(column, SystemColumn) and column.type.counted,
            asked=isinstance(column, SystemColumn) or column.asked,
            masked=isinstance(column, RegisterColumn) and not column.open_to(roles),
            sort_url=asked.wanted.sorted_by(column.key).address if _sortable(column, roles) else "",
            sorted=_direction(asked.wanted, column.key),
        )
        for column in asked.columns
    ]


def number_heading(asked: Asked) -> Heading:
    """Return the heading of the column of numbers, with which every row begins."""
    return Heading(
        key=NUMBER,
        text=SYSTEM[NUMBER].heading(""),
        number=False,
        asked=True,
        masked=False,
        sort_url=asked.wanted.sorted_by(NUMBER).address,
        sorted=_direction(asked.wanted, NUMBER),
    )


def rows_of(
    found: Sequence[Submission],
    asked: Asked,
    shape: RegisterShape,
    roles: Collection[str],
    language: str,
    reader: User,
) -> list[Row]:
    """Return the rows of a page. No query, but for what stands beside the answers where that is shown."""
    told = cells_beside(shape.form_key, found, reader, language) if asked.beside else {}
    labels = {column.key: column.heading(language) for column in asked.columns}
    return [
        Row(
            submission,
            tuple(
                _system_cell(column, submission, labels[column.key])
                if isinstance(column, SystemColumn)
                else _beside_cell(column, told.get(submission.pk, {}), labels[column.key])
                if isinstance(column, BesideColumn)
                else answer_cell(
                    column,
                    definition_of(submission.edition),
                    submission.answers,
                    labels[column.key],
                    roles,
                    language,
                )
                for column in asked.columns
            ),
        )
        for submission in found
    ]


def _beside_cell(column: BesideColumn, told: Mapping[str, BesideCell], label: str) -> Cell:
    cell = told.get(column.key)
    if cell is None:
        return Cell(label, "", "text")
    if cell.hidden:
        return Cell(label, cell.text, "masked")
    short = f"{cell.text[:LONGEST_CELL]}…" if len(cell.text) > LONGEST_CELL else cell.text
    return Cell(label, short, looks_of(column, short))


def _system_cell(column: SystemColumn, submission: Submission, label: str) -> Cell:
    if column.key == BY:
        return Cell(label, "", "person", submission.submitted_by)
    if column.key == AT:
        return Cell(label, "", "moment", submission.submitted_at)
    if column.key == STATE:
        return Cell(label, submission.get_state_display(), "state", submission.state)
    return Cell(label, submission.number, "text")


def chips(asked: Asked, shape: RegisterShape, language: str, editing: int | None) -> list[Chip]:
    """Return the filters in use. At most one query, for the names of people."""
    wanted = asked.wanted
    return chips_of(
        wanted.filters,
        [_column(one.column, shape) for one in wanted.filters],
        language,
        edit_url=lambda place: wanted.extended(("edit", str(place))),
        remove_url=lambda place: wanted.without_filter(place).address,
        editing=editing,
    )


def sentences(asked: Asked, shape: RegisterShape, language: str) -> list[str]:
    """Return what the filters, and the words searched for, say."""
    said = [chip.sentence for chip in chips(asked, shape, language, None)]
    if asked.wanted.words:
        said.append(_("Search: %(words)s") % {"words": asked.wanted.words})
    return said


def leaf_of(asked: Asked) -> Leaf:
    """Return where one is in the list. One to three queries, of the selection."""
    selection, wanted = asked.selection, asked.wanted
    counted = min(selection.count, BOUND)
    pages = max(1, -(-counted // PER_PAGE))
    number = min(wanted.page, pages)
    first = (number - 1) * PER_PAGE
    return Leaf(
        first=first + 1 if counted else 0,
        last=min(first + PER_PAGE, counted),
        count=counted,
        more=selection.bounded,
        number=number,
        pages=pages,
        previous_url=wanted.page_address(number - 1) if number > 1 else "",
        next_url=wanted.page_address(number + 1) if number < pages else "",
    )


@dataclass(frozen=True)
class Sum:
    """What a column adds up to, over so many answers."""

    label: str
    text: str
    answers: str


def sums(
    selection: Selection, shape: RegisterShape, asked: Asked, roles: Collection[str], language: str
) -> list[Sum]:
    """Return the sums of the numbers shown, and of those the form adds up. One query; none without numbers."""
    keys = [column.key for column in asked.answered if column.type.counted]
    columns = [shape.by_key[key] for key in dict.fromkeys([*shape.totals, *keys])]
    columns = [column for column in columns if column.open_to(roles)]
    found = selection.totals(columns)
    return [
        Sum(
            column.heading(language),
            counted_text(column, total.number, language),
            ngettext("of %(count)d answer", "of %(count)d answers", total.count) % {"count": total.count},
        )
        for column in columns
        if (total := found.get(column.key)) is not None
    ]


def summable(shape: RegisterShape, asked: Asked, roles: Collection[str]) -> bool:
    """Whether there is anything to add up."""
    keys = {*shape.totals, *(column.key for column in asked.answered)}
    return any(shape.by_key[key].type.counted and shape.by_key[key].open_to(roles) for key in keys)


def counted_text(column: RegisterColumn, number: int, language: str) -> str:
    """Return a sum as the field writes its answers."""
    value, asked = from_number(column.type, number), column.definition
    if column.part:
        return f"{value:,}"
    stored = asked.of_kind.from_expression(value, asked.settings)
    return "" if stored is None else asked.of_kind.display(stored, asked.settings, language)


# --- what can be chosen ------------------------------------------------------------------------------------------


def offered_filters(
    asked: Asked, shape: RegisterShape, roles: Collection[str], language: str
) -> list[Offered]:
    """Return the columns the person may filter by: those of every register, then the answers."""
    columns = [*SYSTEM.values(), *(column for column in shape.columns if column.open_to(roles))]
    return [
        Offered(
            column.key,
            column.heading(language),
            not isinstance(column, RegisterColumn) or column.asked,
            asked.wanted.extended(("edit", column.key)),
        )
        for column in columns
    ]


def offered_columns(
    asked: Asked, shape: RegisterShape, roles: Collection[str], language: str
) -> list[Offered]:
    """Return every column that can be shown, those that are shown first, in their order."""
    chosen = [column.key for column in asked.columns]
    every = (*shape.columns, *asked.offered_beside, *SYSTEM.values())
    others = [column for column in every if column.key != NUMBER]
    ordered = [*asked.columns, *(column for column in others if column.key not in chosen)]
    return [
        Offered(
            column.key,
            column.heading(language),
            isinstance(column, SystemColumn) or column.asked,
            chosen=column.key in chosen,
            masked=isinstance(column, RegisterColumn) and not column.open_to(roles),
        )
        for column in ordered
    ]


def filename(title: str, day: datetime.date, ending: str) -> str:
    """Return the name a file of a register is saved under."""
    safe = (
        "".join(sign if sign.isalnum() or sign in " -_()（）" else "_" for sign in title).strip()
        or "register"
    )
    return f"{safe[:60]} {day.isoformat()}.{ending}"


def _column(key: str, shape: RegisterShape) -> RegisterColumn | SystemColumn:
    return shape.by_key.get(key) or SYSTEM[key]


def _sortable(column: RegisterColumn | SystemColumn | BesideColumn, roles: Collection[str]) -> bool:
    if isinstance(column, BesideColumn):
        return False
    return column.open_to(roles) if isinstance(column, RegisterColumn) else column.key in SORTED


def _direction(wanted: Wanted, key: str) -> str:
    if wanted.sort.column != key:
        return ""
    return "descending" if wanted.sort.descending else "ascending"
