"""Which columns the register of a form has, over all its editions.

A column belongs to a field (by its id, which never changes), a part of its answer and a type. A field that was
renamed keeps its column, under the newest words; one that is asked no longer keeps its column, marked so; one
that became another type of question gets a second column beside the first.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeAlias

from django.conf import settings as house
from django.utils import timezone

from forms.exceptions import NotFound
from forms.fields import Cell, Column
from forms.fields.base import text_of_cell
from forms.fields.choice import OTHER
from forms.fields.lookup import LookupOptions
from forms.schema import Confidentiality, FieldDefinition, FormDefinition, Group, definition_of
from foundation.editions.models import Edition
from foundation.editions.texts import FIRST_LANGUAGE, in_language

REFERENCE_KINDS = frozenset({"person", "department", "position", "lookup"})
"""Kinds whose stored answer is ``{"key": …, "label": …}``."""

CHOICE_KINDS = frozenset({"choice", "choices"})
"""Kinds whose stored answer is the key of a choice, or a list of them."""


class Type(StrEnum):
    """What stands in a column: what it can be filtered by, and how it is sorted."""

    TEXT = "text"
    CHOICE = "choice"
    REFERENCE = "reference"
    WHOLE = "whole"
    DECIMAL = "decimal"
    MONEY = "money"
    DATE = "date"
    MOMENT = "moment"
    TIME = "time"
    YES_NO = "yes_no"

    @property
    def in_words(self) -> bool:
        """Whether its lines are texts; the others are whole numbers."""
        return self in (Type.TEXT, Type.CHOICE, Type.REFERENCE)

    @property
    def counted(self) -> bool:
        """Whether it can be added up."""
        return self in (Type.WHOLE, Type.DECIMAL, Type.MONEY)


Shown: TypeAlias = tuple[str, tuple[str, ...]]
"""The form of a register, and the fields shown of a row; none: its summary."""


def shown_by(asked: FieldDefinition) -> frozenset[Shown]:
    """Return what a field shows of rows it names."""
    options = asked.settings
    if not isinstance(options, LookupOptions):
        return frozenset()
    return frozenset({(options.form, tuple(options.shows))})


@dataclass(frozen=True)
class RegisterColumn:
    """One column. ``key`` is stable over editions and stands in addresses and saved views."""

    key: str
    number: int
    field: str
    part: str
    type: Type
    definition: FieldDefinition
    """The newest words and options of the field as this type."""
    asked: bool
    """Whether the newest edition still asks it."""
    confidentiality: Confidentiality
    """The strictest of all editions."""
    readers: tuple[frozenset[str], ...]
    """One entry for each edition that limits who reads it: the roles it names."""
    width: int
    group: str = ""
    """Id of the repeating group whose rows it stands in; empty: one value a submission."""
    shown: frozenset[Shown] = frozenset()
    """Where it names rows of registers: what stands for them there, over all editions."""
    closed_since: bool = False
    """Whether everybody read it in an older edition, and nobody reads it in lists now."""
    always: bool = False
    """Whether every edition asks it, so that each submission has an answer or a mark that there is none."""

    def heading(self, language: str) -> str:
        """Return the words above the column."""
        label = in_language(self.definition.label, language)
        part = next(
            (column.heading for column in _columns(self.definition, language) if column.key == self.part), ""
        )
        return f"{label} {part}".strip()

    def open_to(self, roles: Collection[str]) -> bool:
        """Whether somebody with these roles reads it in lists, filters and files.

        Source: ``confidentiality`` and ``readers`` of the field. What is personal or confidential is masked in
        lists and exports but to the roles its field names; no edition's limit is lifted by another edition.
        """
        if self.confidentiality is not Confidentiality.INTERNAL and not self.readers:
            return False
        held = set(roles)
        return all(not held.isdisjoint(named) for named in self.readers)

    @property
    def limited(self) -> bool:
        """Whether nothing at all may be seen by those it is not open to."""
        return bool(self.readers) or self.confidentiality is Confidentiality.CONFIDENTIAL

    @property
    def recorded(self) -> bool:
        """Whether reading it is an event."""
        return self.confidentiality is Confidentiality.CONFIDENTIAL

    @property
    def choices(self) -> Sequence[tuple[str, Mapping[str, str]]]:
        """What there is to choose from: keys and labels; empty where nothing is given."""
        if self.type is not Type.CHOICE:
            return ()
        settings: Any = self.definition.settings
        given = [(choice.key, choice.label) for choice in settings.choices]
        own = {code: settings.other_in(code) for code, _name in house.LANGUAGES}
        return [*given, (OTHER, own)] if settings.other else given

    @property
    def several(self) -> bool:
        """Whether more than one choice can be an answer."""
        return self.type is Type.CHOICE and self.definition.kind != "choice"

    def cell(self, definition: FormDefinition, answers: Mapping[str, Any], language: str) -> Cell:
        """Return the typed value of a submission (or a row) for sheets, None where there is none."""
        asked = self._own(definition)
        value = answers.get(self.field) if asked else None
        if asked is None or value is None:
            return None
        return asked.of_kind.cells(value, asked.settings, language).get(self.part)

    def text(self, definition: FormDefinition, answers: Mapping[str, Any], language: str) -> str:
        """Return what a list shows of a submission (or a row), in the words of its own edition."""
        asked = self._own(definition)
        value = answers.get(self.field) if asked else None
        if asked is None or value is None:
            return ""
        if len(_columns(asked, language)) == 1:
            return asked.of_kind.display(value, asked.settings, language)
        cell = asked.of_kind.cells(value, asked.settings, language).get(self.part)
        return "" if cell is None else written(cell)

    def _own(self, definition: FormDefinition) -> FieldDefinition | None:
        """Return the field under its own edition, None where that asked something of another type."""
        place = definition.place_of.get(self.field)
        if place is None or (place[1].id if place[1].repeat is not None else "") != self.group:
            return None
        asked = place[2]
        matches = (
            type_of(asked, column) is self.type
            for column in _columns(asked, FIRST_LANGUAGE)
            if column.key == self.part
        )
        return asked if any(matches) else None


@dataclass(frozen=True)
class RowColumns:
    """The columns of a repeating group, for a sheet of its own."""

    id: str
    group: Group
    outer: str
    """Id of the repeating group around it, if any."""
    columns: tuple[RegisterColumn, ...]

    def title(self, language: str) -> str:
        """Return the heading of the group."""
        return in_language(self.group.title or {}, language) or self.id


@dataclass(frozen=True)
class RegisterShape:
    """A register: its form as it stands, its columns, and those of its rows."""

    form_key: str
    newest: FormDefinition
    edition: Edition
    numbers: Mapping[str, int]
    """Numbers of the editions, by their hash."""
    columns: tuple[RegisterColumn, ...]
    groups: tuple[RowColumns, ...]
    by_key: Mapping[str, RegisterColumn] = field(default_factory=dict)
    summaries: frozenset[str] = frozenset()
    """The fields of the summaries of all editions."""

    @property
    def every(self) -> list[RegisterColumn]:
        """The columns, those of rows included."""
        return [*self.columns, *(column for group in self.groups for column in group.columns)]

    def title(self, language: str) -> str:
        """Return the name of the register: that of its form."""
        return in_language(self.newest.title, language)

    @property
    def first(self) -> list[str]:
        """Keys of the columns shown when nobody chose: those the form names, else its summary, else the first."""
        registered = self.newest.registered
        named = list(registered.columns if registered else ()) or list(self.newest.summary)
        asked = [column for column in self.columns if column.asked]
        found = [column.key for name in named for column in asked if column.field == name]
        return found or [column.key for column in asked[:6]]

    @property
    def totals(self) -> list[str]:
        """Keys of the columns that the form adds up."""
        registered = self.newest.registered
        named = registered.totals if registered else ()
        return [
            column.key
            for name in named
            for column in self.columns
            if column.field == name and column.type.counted
        ]


def column_key(name: str, part: str, kind: Type) -> str:
    """Return the stable key of a column: ``price@money``, ``period.start@date``."""
    return f"{name}{'.' if part else ''}{part}@{kind}"


def number_of(form_key: str, key: str) -> int:
    """Return the number under which the lines of a column are kept: made from what never changes, so that
    nothing has to be looked up, or locked, when a line is written.
    """
    digest = hashlib.sha256(f"{form_key}\0{key}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)


def unanswered(form_key: str, key: str) -> int:
    """Return the number under which it is kept that a column is not answered, as a line of its own: what is not
    there stands in no index.
    """
    return number_of(form_key, f"{key}?")


def type_of(asked: FieldDefinition, column: Column) -> Type:
    """Return what stands in one column of a field."""
    if column.sort != "text":
        return Type(column.sort)
    if asked.kind in REFERENCE_KINDS and not column.key:
        return Type.REFERENCE
    if asked.kind in CHOICE_KINDS and not column.key:
        return Type.CHOICE
    return Type.TEXT


def typed_columns(asked: FieldDefinition) -> list[tuple[Column, Type]]:
    """Return the columns of a field with what stands in each; none for a text that is only shown."""
    if not asked.of_kind.asks and not asked.computed:
        return []
    return [(column, type_of(asked, column)) for column in _columns(asked, FIRST_LANGUAGE)]


def written(cell: Cell) -> str:
    """Return a cell as people read it."""
    return text_of_cell(cell)


_KEPT = 64
_shapes: dict[tuple[str, ...], RegisterShape] = {}


def plain_shape_of(form_key: str) -> RegisterShape:
    """Return the register of a form, without the limits of the registers its answers name (``forms.registers.labels``);
    raises NotFound where no edition of the form has begun.

    One query for the hashes of the editions, and one more for those not read before in this process.
    """
    begun = list(
        Edition.objects.filter(kind=Edition.Kind.FORM, key=form_key, effective_from__lte=timezone.localdate())
        .order_by("effective_from", "number")
        .defer("body")
    )
    if not begun:
        raise NotFound
    known = tuple(edition.sha256 for edition in begun)
    key = (form_key, *known, *(str(edition.number) for edition in begun))
    shape = _shapes.get(key)
    if shape is None:
        bodies = {
            edition.sha256: edition
            for edition in Edition.objects.filter(pk__in=[edition.pk for edition in begun])
        }
        shape = _shape(form_key, [bodies[sha] for sha in known])
        if len(_shapes) >= _KEPT:
            _shapes.pop(next(iter(_shapes)))
        _shapes[key] = shape
    return shape


def _shape(form_key: str, editions: Sequence[Edition]) -> RegisterShape:
    """Put the columns of all editions together: in the order of the newest, what was asked before behind it."""
    definitions = [definition_of(edition) for edition in editions]
    newest = definitions[-1]
    columns = gathered(form_key, definitions)
    groups: dict[str, tuple[Group, str]] = {}
    for definition in reversed(definitions):
        rows = {scope.group.id: scope for scope in definition.scopes.values() if scope.group is not None}
        for name, scope in rows.items():
            outer = scope.outer.group.id if scope.outer and scope.outer.group else ""
            if scope.group is not None:
                groups.setdefault(name, (scope.group, outer))
    outside = tuple(column for (within, _key), column in columns.items() if not within)
    return RegisterShape(
        form_key=form_key,
        newest=newest,
        edition=editions[-1],
        numbers={edition.sha256: edition.number for edition in editions},
        columns=outside,
        groups=tuple(
            RowColumns(
                name,
                group,
                outer,
                tuple(column for (within, _key), column in columns.items() if within == name),
            )
            for name, (group, outer) in groups.items()
        ),
        by_key={column.key: column for column in outside},
        summaries=frozenset(name for definition in definitions for name in definition.summary),
    )


def gathered(
    form_key: str, definitions: Sequence[FormDefinition]
) -> Mapping[tuple[str, str], RegisterColumn]:
    """Return the columns of all editions of a form, the oldest first, by the repeating group they stand in and their
    key.
    """
    newest = definitions[-1]
    columns: dict[tuple[str, str], RegisterColumn] = {}
    asking: Counter[tuple[str, str]] = Counter()
    for definition in reversed(definitions):
        for _page, group, asked in definition.placed():
            within = group.id if group.repeat is not None else ""
            for column, kind in typed_columns(asked):
                key = column_key(asked.id, column.key, kind)
                known = columns.get((within, key))
                asking[within, key] += 1
                columns[within, key] = _merged(
                    known, form_key, within, key, column, kind, asked, newest=definition is newest
                )
    return {
        (within, key): column if within else replace(column, always=asking["", key] == len(definitions))
        for (within, key), column in columns.items()
    }


_STRICTEST = [Confidentiality.INTERNAL, Confidentiality.PERSONAL, Confidentiality.CONFIDENTIAL]


def _merged(
    known: RegisterColumn | None,
    form_key: str,
    within: str,
    key: str,
    column: Column,
    kind: Type,
    asked: FieldDefinition,
    *,
    newest: bool,
) -> RegisterColumn:
    """Return the column as a newer edition made it, or a new one, with the limits of this edition added."""
    limit = (frozenset(asked.readers),) if asked.readers else ()
    if known is None:
        return RegisterColumn(
            key=key,
            number=number_of(form_key, f"{within}/{key}" if within else key),
            field=asked.id,
            part=column.key,
            type=kind,
            definition=asked,
            asked=newest,
            confidentiality=asked.confidentiality,
            readers=limit,
            width=column.width,
            group=within,
            shown=shown_by(asked),
        )
    strictest = max(known.confidentiality, asked.confidentiality, key=_STRICTEST.index)
    readers = known.readers if not limit or limit[0] in known.readers else (*known.readers, *limit)
    return RegisterColumn(
        **{
            **{name: getattr(known, name) for name in known.__dataclass_fields__},
            "confidentiality": strictest,
            "readers": readers,
            "shown": known.shown | shown_by(asked),
            "closed_since": not readers
            and strictest is not Confidentiality.INTERNAL
            and (known.closed_since or asked.confidentiality is Confidentiality.INTERNAL),
        }
    )


def _columns(asked: FieldDefinition, language: str) -> Sequence[Column]:
    return asked.of_kind.columns(asked.settings, language)
