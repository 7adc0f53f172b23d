"""Filters of a list as its page shows them: each in use as a sentence, and the panel in which one is set.

What a filter means, and whether somebody may filter by a column, is said by ``forms.registers.filters``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _

from forms.models import Submission
from forms.registers.columns import RegisterColumn, Type
from forms.registers.filters import (
    LONGEST_VALUE,
    OP_NAMES,
    STATE,
    Filter,
    Op,
    SystemColumn,
    ops_of,
    sentence_of,
)
from forms.registers.periods import PERIODS
from foundation.editions.texts import in_language
from foundation.organisation.models import User
from foundation.organisation.people import active_people


@dataclass(frozen=True)
class Chip:
    """A filter in use: its sentence, where it is changed and where it is taken away."""

    sentence: str
    edit_url: str
    remove_url: str
    editing: bool


def chips_of(
    filters: Sequence[Filter],
    columns: Sequence[RegisterColumn | SystemColumn],
    language: str,
    *,
    edit_url: Callable[[int], str],
    remove_url: Callable[[int], str],
    editing: int | None,
) -> list[Chip]:
    """Return the filters in use, each with its column. At most one query, for the names of people."""
    names = _Names(filters)
    return [
        Chip(
            sentence=sentence_of(one, column, language, names.of),
            edit_url=edit_url(place),
            remove_url=remove_url(place),
            editing=place == editing,
        )
        for place, (one, column) in enumerate(zip(filters, columns, strict=True))
    ]


class _Names:
    """Names of the people that filters name, asked for when the first is needed."""

    def __init__(self, filters: Sequence[Filter]) -> None:
        self._keys = {
            value for one in filters if one.op is Op.ANY for value in one.values if len(value) == 36
        }
        self._names: dict[str, str] | None = None

    def of(self, keys: Sequence[str]) -> list[str]:
        if self._names is None:
            people = User.objects.filter(uuid__in=[key for key in self._keys if _is_uuid(key)])
            self._names = {str(person.uuid): str(person) for person in people} if self._keys else {}
        return [self._names.get(key, key) for key in keys]


def _is_uuid(text: str) -> bool:
    return len(text) == 36 and all(sign in "0123456789abcdef-" for sign in text)


@dataclass(frozen=True)
class OfferedOp:
    """One way to compare, with what is typed for it so far."""

    key: str
    name: str
    control: str
    """Which control it needs: ``words``, ``range``, ``days``, ``periods``, ``choices``, ``people``, ``yes_no``
    or none."""
    chosen: bool
    values: tuple[str, ...]
    options: tuple[tuple[str, str, bool], ...] = ()


@dataclass(frozen=True)
class Editor:
    """The panel in which one filter is set."""

    column: str
    heading: str
    place: str
    """Which of the filters in use it changes; empty: it adds one."""
    ops: tuple[OfferedOp, ...]
    fault: str
    unit: str


def editor_of(
    column: RegisterColumn | SystemColumn,
    language: str,
    *,
    current: Filter | None,
    place: str,
    fault: str = "",
) -> Editor:
    """Return the panel for a column, filled with ``current``. One query where people are chosen from."""
    ops = ops_of(column)
    chosen = current.op if current and current.op in ops else ops[0]
    return Editor(
        column=column.key,
        heading=column.heading(language),
        place=place,
        ops=tuple(_op(op, column, language, chosen, current) for op in ops),
        fault=fault,
        unit="¥" if column.type is Type.MONEY else "",
    )


def _op(
    op: Op, column: RegisterColumn | SystemColumn, language: str, chosen: Op, current: Filter | None
) -> OfferedOp:
    values = current.values if current and current.op is op else ()
    control = {Op.CONTAINS: "words", Op.IS: "words", Op.PERIOD: "periods", Op.ANY: "choices"}.get(op, "")
    options: Sequence[tuple[str, str]] = ()
    if op is Op.IS and column.type is Type.YES_NO:
        control, options = "yes_no", [("yes", _("Yes")), ("no", _("No"))]
    elif op is Op.BETWEEN:
        control = "days" if column.type in (Type.DATE, Type.MOMENT) else "range"
    elif op is Op.PERIOD:
        options = [(key, str(name)) for key, (name, _days) in PERIODS.items()]
    elif op is Op.ANY and column.key == STATE:
        options = [(str(key), str(name)) for key, name in Submission.State.choices]
    elif op is Op.ANY and column.type is Type.CHOICE and isinstance(column, RegisterColumn):
        options = [(key, in_language(label, language)) for key, label in column.choices]
    elif op is Op.ANY:
        control = "people"
        options = [(str(person.uuid), str(person)) for person in active_people()]
    return OfferedOp(
        key=str(op),
        name=str(OP_NAMES[op]),
        control=control,
        chosen=op is chosen,
        values=values,
        options=tuple((key, name, key in values) for key, name in options),
    )


@dataclass(frozen=True)
class Offered:
    """A column one may filter by, or show."""

    key: str
    text: str
    asked: bool
    url: str = ""
    chosen: bool = False
    masked: bool = False


def posted_filter(query: QueryDict, column: str) -> Filter | None:
    """Return the filter that the panel's controls say; None where no way to compare was chosen."""
    op = query.get("op", "")
    if op not in set(Op):
        return None
    if op == Op.BETWEEN:
        values = (query.get("first", "").strip(), query.get("last", "").strip())
    else:
        values = tuple(value for value in query.getlist(f"v_{op}") if value.strip())
    return Filter(column, Op(op), tuple(value.replace("\x00", "")[:LONGEST_VALUE] for value in values))


def place_in(text: str) -> int | None:
    """Return the place of a filter in use that an address names; None where it names none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None


def filters_with(filters: Sequence[Filter], new: Filter, instead_of: int | None) -> tuple[Filter, ...]:
    """Return filters with one more, or with one in place of another; none of them twice."""
    found = list(filters)
    if instead_of is not None and 0 <= instead_of < len(found):
        found[instead_of] = new
    else:
        found.append(new)
    return tuple(dict.fromkeys(found))
