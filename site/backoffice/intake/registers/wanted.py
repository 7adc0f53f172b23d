"""What an address asks of a register: filters, words, order, columns, page. Read from it, and written into it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from backoffice.listing.filtering import filters_with
from backoffice.listing.viewing import ALL
from forms.registers.beside import BesideColumn, columns_beside
from forms.registers.columns import RegisterColumn, RegisterShape
from forms.registers.filters import (
    AT,
    BY,
    MOST_FILTERS,
    NUMBER,
    STATE,
    SYSTEM,
    Condition,
    Filter,
    FilterFault,
    SystemColumn,
    condition_of,
    read_filter,
)
from forms.registers.selection import BOUND, Selection, Sort
from foundation.organisation.models import User

PER_PAGE = 25
LONGEST_WORDS = 100
MOST_COLUMNS = 60
SORTED = (AT, NUMBER)
"""Columns of the submission itself that lists are sorted by."""


@dataclass(frozen=True)
class Wanted:
    """What is to be shown. ``view`` is the uuid of a saved view, ``all``, or empty where none was named."""

    filters: tuple[Filter, ...] = ()
    words: str = ""
    sort: Sort = field(default_factory=Sort)
    columns: tuple[str, ...] = ()
    """Keys in order; empty: those the form names."""
    view: str = ""
    page: int = 1
    sums: bool = False

    @classmethod
    def read(cls, query: QueryDict, *, view: str = "") -> Wanted:
        """Return what a query string asks for; what cannot be read is passed over."""
        filters = [read for text in query.getlist("f")[:MOST_FILTERS] if (read := read_filter(text))]
        sort = query.get("sort", "").replace("\x00", "")
        page = query.get("page", "")
        return cls(
            filters=tuple(dict.fromkeys(filters)),
            words=query.get("q", "").replace("\x00", "").strip()[:LONGEST_WORDS],
            sort=Sort(sort.removeprefix("-"), sort.startswith("-")) if sort.strip("-") else Sort(),
            columns=tuple(dict.fromkeys(query.getlist("c")[:MOST_COLUMNS])),
            view=view or query.get("view", ""),
            page=int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1,
            sums="sums" in query,
        )

    @property
    def said(self) -> list[tuple[str, str]]:
        """What it asks for as names and values, without view and page."""
        pairs = [("f", str(one)) for one in self.filters]
        if self.words:
            pairs.append(("q", self.words))
        if self.sort != Sort():
            pairs.append(("sort", str(self.sort)))
        return pairs + [("c", key) for key in self.columns]

    @property
    def query(self) -> str:
        """What it asks for as a query string, without view and page: as a saved view keeps it."""
        return urlencode(self.said)

    @property
    def named(self) -> list[tuple[str, str]]:
        """The same with the view it began from."""
        return [("view", self.view or ALL), ("own", "1"), *self.said]

    @property
    def address(self) -> str:
        """The query string of a link that shows it."""
        return f"?{urlencode(self.named)}"

    def page_address(self, number: int) -> str:
        """The query string of a link to another page of it."""
        return f"?{urlencode([*self.named, ('page', str(number))])}"

    def extended(self, *more: tuple[str, str]) -> str:
        """The query string of a link that shows it and asks for something more."""
        return f"?{urlencode([*self.named, *more])}"

    def with_filter(self, new: Filter, instead_of: int | None = None) -> Wanted:
        """Return the same with one filter more, or with one in place of another."""
        return replace(self, filters=filters_with(self.filters, new, instead_of), page=1)

    def without_filter(self, place: int) -> Wanted:
        """Return the same without one filter."""
        return replace(self, filters=tuple(one for at, one in enumerate(self.filters) if at != place), page=1)

    def sorted_by(self, key: str) -> Wanted:
        """Return the same sorted by a column; by one it is sorted by already, the other way round."""
        descending = not self.sort.descending if self.sort.column == key else key == AT
        return replace(self, sort=Sort(key, descending), page=1)


@dataclass(frozen=True)
class Asked:
    """What was wanted, as far as the person may have it. ``faults`` say what was left out, and why."""

    wanted: Wanted
    conditions: tuple[Condition, ...]
    columns: tuple[RegisterColumn | SystemColumn | BesideColumn, ...]
    selection: Selection
    faults: tuple[str, ...]
    offered_beside: tuple[BesideColumn, ...] = ()
    """What stands beside the answers of this form, shown or not."""

    @property
    def beside(self) -> list[BesideColumn]:
        """The columns shown that stand beside the answers."""
        return [column for column in self.columns if isinstance(column, BesideColumn)]

    @property
    def answered(self) -> list[RegisterColumn]:
        """The columns shown that hold answers."""
        return [column for column in self.columns if isinstance(column, RegisterColumn)]


def asked_of(wanted: Wanted, shape: RegisterShape, *, by: User, roles: Collection[str]) -> Asked:
    """Return what is shown to somebody of what they want: filters and orders by columns that are masked for them
    have no effect whatever, so that nothing can be found out by trying.
    """
    conditions, kept, faults = [], [], []
    for one in wanted.filters:
        try:
            conditions.append(condition_of(one, shape, by=by, roles=roles))
            kept.append(one)
        except FilterFault as fault:
            faults.append(str(fault))
    sort = wanted.sort
    column = shape.by_key.get(sort.column)
    if sort.column not in SORTED and (column is None or not column.open_to(roles)):
        sort = Sort()
    beside = {column.key: column for column in columns_beside(shape.form_key)}
    wanted = replace(
        wanted,
        filters=tuple(kept),
        sort=sort,
        columns=tuple(key for key in wanted.columns if key in shape.by_key or key in SYSTEM or key in beside),
        page=max(1, min(wanted.page, BOUND // PER_PAGE)),
    )
    return Asked(
        wanted=wanted,
        conditions=tuple(conditions),
        columns=tuple(_columns(wanted.columns or default_columns(shape, list(beside)), shape, beside)),
        selection=Selection(shape, conditions, words=wanted.words, roles=roles, sort=sort),
        faults=tuple(dict.fromkeys(faults)),
        offered_beside=tuple(beside.values()),
    )


def default_columns(shape: RegisterShape, beside: Sequence[str] = ()) -> list[str]:
    """Return the keys of the columns shown where nobody chose: the form's, who, when, how it stands, and the first of
    what stands beside.
    """
    return [*shape.first, BY, AT, STATE, *beside[:1]]


def _columns(keys: Sequence[str], shape: RegisterShape, beside: Mapping[str, BesideColumn]) -> list[Any]:
    return [shape.by_key.get(key) or beside.get(key) or SYSTEM[key] for key in keys if key != NUMBER]
