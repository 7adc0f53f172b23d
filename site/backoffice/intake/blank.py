"""The questions of a form as places for a pen: lines, boxes to tick, a box for each character.

Works from what the kinds of field say of themselves; a kind that is unknown here gets a line.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from backoffice.exports import documents
from forms.fields.table import TableColumn
from forms.schema import FieldDefinition, Group, PageDefinition
from foundation.editions.texts import in_language

EMPTY_ROWS = 4
MOST_ROWS = 12
"""Of rows that people add, so many are printed (or the fewest that are asked for): the rest go on a further sheet."""
OWN_ITEMS = 3
MOST_CHOICES = 40
"""More choices than this are not printed: one writes the word."""
FEW_CHOICES = 6
"""So many fit into the heading of a column."""
CHARACTERS = {"vin": 17, "plate": 8, "id_card": 18, "phone": 11}


@dataclass(frozen=True)
class Place:
    """Where an answer is written. ``shape`` says which of the rest counts."""

    label: str
    help: str = ""
    required: bool = False
    shape: str = "line"
    choices: Sequence[str] = ()
    count: int = 0
    headings: Sequence[str] = ()
    rows: Sequence[str] = ()
    free: Sequence[int] = ()
    """Numbers of the empty rows of a table, below those that are given."""
    totals: Sequence[str] = ()
    """Below a table, by column: empty, or that it is added up."""
    more: bool = False
    """Whether a table takes more rows than are printed."""
    html: str = ""
    unit: str = ""
    narrow: bool = False
    """Whether another place fits beside it."""

    @property
    def each(self) -> Sequence[int]:
        """One for each box or line."""
        return range(self.count)


@dataclass(frozen=True)
class BlankGroup:
    """What is asked under one heading; a repeating group is a table of empty rows where it fits on the page."""

    id: str
    title: str
    help: str
    places: Sequence[Place] = ()
    headings: Sequence[str] = ()
    rows: Sequence[int] = ()
    inner: Sequence[BlankGroup] = field(default_factory=list)


def blank_groups(page: PageDefinition, language: str) -> list[BlankGroup]:
    """Return the groups of a page for a pen, in the language."""
    return [_group(group, language) for group in page.groups]


def _group(group: Group, language: str) -> BlankGroup:
    title, help_text = in_language(group.title or {}, language), in_language(group.help or {}, language)
    places = list(_places(group, language))
    inner = [_group(each, language) for each in group.groups]
    if group.repeat is None:
        return BlankGroup(group.id, title, help_text, places)
    count = min(max(group.repeat.min, EMPTY_ROWS), group.repeat.max, MOST_ROWS)
    small = len(places) <= 6 and all(place.shape in {"line", "boxes", "money", "date"} for place in places)
    if small and not inner:
        headings = [_heading(place) for place in places]
        return BlankGroup(group.id, title, help_text, headings=headings, rows=range(1, count + 1))
    item = in_language(group.repeat.item or group.title or {}, language)
    blocks = [
        BlankGroup(group.id, f"{item} {number}", "", places, inner=inner)
        for number in range(1, min(count, 2) + 1)
    ]
    return BlankGroup(group.id, title, help_text, inner=blocks)


MOST_BOXES_BESIDE, WIDEST_CHOICES_BESIDE = 11, 24


def _beside(asked: FieldDefinition, place: Place) -> bool:
    """Whether a place takes half of the page: where it does on a desk, and the pen has room."""
    if asked.width == "full":
        return False
    match place.shape:
        case "line" | "money" | "date":
            return True
        case "boxes":
            return place.count <= MOST_BOXES_BESIDE
        case "choices":
            # A box and the space behind it are as wide as some letters.
            signs = sum(
                2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in "".join(place.choices)
            )
            return signs + 6 * len(place.choices) <= WIDEST_CHOICES_BESIDE
    return False


def _numbers(given: int, count: int) -> Sequence[int]:
    return range(given + 1, given + count + 1)


def _column_heading(column: TableColumn, language: str) -> str:
    """Return what a column is called, with what is chosen from, or what it is counted in."""
    settings: Any = column.worked.settings
    label = in_language(column.label, language)
    choices = [in_language(choice.label, language) for choice in getattr(settings, "choices", ())]
    if 0 < len(choices) <= FEW_CHOICES:
        return f"{label} ({' / '.join(choices)})"
    own = getattr(settings, "unit", None) or ""
    unit = in_language(own, language) if isinstance(own, Mapping) else str(own)
    return f"{label} ({unit})" if unit else label


def _heading(place: Place) -> str:
    return f"{place.label} ({place.unit})" if place.unit else place.label


def _places(group: Group, language: str) -> Iterator[Place]:
    for asked in group.fields:
        if not asked.computed:
            place = place_of(asked, language)
            yield replace(place, narrow=_beside(asked, place))


def place_of(asked: FieldDefinition, language: str) -> Place:
    """Return where the answer to a field is written."""
    settings: Any = asked.settings
    base = {
        "label": in_language(asked.label, language),
        "help": in_language(asked.help or {}, language),
        "required": asked.required,
    }
    match asked.kind:
        case "choice" | "choices" if len(settings.choices) <= MOST_CHOICES:
            labels = [in_language(choice.label, language) for choice in settings.choices]
            other = [pgettext("choice", "Other") + ": ________"] if settings.other else []
            return Place(**base, shape="choices", choices=[*labels, *other])
        case "yes_no":
            yes = in_language(settings.yes or {}, language) or _("Yes")
            no = in_language(settings.no or {}, language) or _("No")
            return Place(**base, shape="choices", choices=[yes, no])
        case "rating":
            marks = [str(mark) for mark in range(1, settings.max + 1)]
            return Place(**base, shape="choices", choices=marks)
        case "vin" | "plate" | "id_card" | "phone":
            return Place(**base, shape="boxes", count=CHARACTERS[asked.kind])
        case "long_text" | "rich_note":
            return Place(**base, shape="lines", count=min(getattr(settings, "rows", 5), 12))
        case "money":
            return Place(**base, shape="money")
        case "date":
            return Place(**base, shape="date")
        case "date_range":
            return Place(**base, shape="range")
        case "static":
            return Place(**base, shape="text", html=documents.rich(in_language(settings.content, language)))
        case "likert":
            return Place(
                **base,
                shape="grid",
                headings=[in_language(step, language) for step in settings.scale],
                rows=[in_language(row.label, language) for row in settings.rows],
            )
        case "checklist":
            columns = [column.label for column in settings.given_columns]
            return Place(
                **base,
                shape="table",
                headings=[
                    in_language(label, language) if isinstance(label, Mapping) else str(label)
                    for label in columns
                ],
                rows=[in_language(item.label, language) for item in settings.items],
                free=_numbers(len(settings.items), min(settings.max_custom, OWN_ITEMS))
                if settings.custom
                else (),
            )
        case "table":
            given = [in_language(row.label, language) for row in settings.rows]
            count = 0 if given else max(settings.min, min(settings.max, MOST_ROWS))
            added = [column.key in settings.totals for column in settings.columns]
            return Place(
                **base,
                shape="table",
                headings=[_column_heading(column, language) for column in settings.columns],
                rows=given,
                free=_numbers(0, count),
                totals=["" if each else "/" for each in added] if any(added) else (),
                more=not given and settings.max > count,
            )
        case "signature" | "photo":
            return Place(**base, shape="frame")
        case "file":
            return Place(**base, shape="attached")
        case _:
            return Place(**base, unit=in_language(getattr(settings, "unit", None) or {}, language))
