"""The other parts of a description for reading: which are there, in which order, in which shape.

The same values go to the reading page, the preview and the PDF. A part without anything in it does not
appear, a table's column without anything in it neither.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from backoffice.positions.body import label_of, named
from backoffice.positions.parts import PARTS, SINGLES, Column, Part

PLACES = ("opening", "work", "standing", "closing")


@dataclass(frozen=True)
class Item:
    """One thing: ``title`` in bold (may be empty), ``text``, and what else is said of it."""

    id: str
    title: str
    text: str
    more: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Shown:
    """A part as it is laid out; ``shape``: text, rich, points, steps, groups or table."""

    name: str
    heading: str
    shape: str
    text: str = ""
    items: tuple[Item, ...] = ()
    groups: tuple[tuple[str, tuple[Item, ...]], ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def shown_parts(body: Mapping[str, Any]) -> dict[str, tuple[Shown, ...]]:
    """Return the parts of an upgraded body that templates do not know by name, by the place they stand at."""
    places: dict[str, list[Shown]] = {place: [] for place in PLACES}
    for single in SINGLES:
        if body[single.name]:
            shape = "rich" if single.rich else "text"
            places[single.place].append(
                Shown(single.name, str(single.heading), shape, text=body[single.name])
            )
    for part in PARTS:
        if part.shape != "own" and body[part.name]:
            places[part.place].append(_shown(part, body[part.name]))
    return {place: tuple(parts) for place, parts in places.items()}


def control_of(body: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return who prepared, reviewed, approved and issued it, as label and text; what is empty is left out."""
    people = (
        (_("Prepared by"), body["prepared_by"]),
        (_("Reviewed by"), body["reviewed_by"]),
        (_("Approved by"), body["approved_by"]),
        (_("Signed by"), body["signatory"]),
    )
    told = [(label, named(person, "name")) for label, person in people if person]
    if body["issuing_company"]:
        told.append((_("Issued by"), body["issuing_company"]))
    if body["issue_date"]:
        told.append((_("Date of issue"), _day(body["issue_date"])))
    return tuple(told)


def value_of(column: Column, row: Mapping[str, Any]) -> str:
    """Return one value of a thing as a reader sees it."""
    value = row.get(column.name)
    match column.kind:
        case "choice":
            return label_of(column.choices, value) if value else ""
        case "flag":
            return _("yes") if value else _("no")
        case "whole":
            return "" if value is None else str(value)
        case "reference":
            return (
                named(row, f"{column.name}_name") if value and f"{column.name}_name" in row else value or ""
            )
    return str(value or "")


def said_of(part: Part, row: Mapping[str, Any], *, without: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return what a thing says besides the columns ``without``, as label and value; what is empty is left out.

    A flag is told where it is set, by its label alone.
    """
    told = []
    for column in part.columns:
        if column.name in without:
            continue
        if column.kind == "flag":
            if row.get(column.name):
                told.append((str(column.label), ""))
        elif value := value_of(column, row):
            told.append((str(column.label), value))
    return tuple(told)


def _shown(part: Part, rows: Sequence[Mapping[str, Any]]) -> Shown:
    heading = str(part.heading)
    if part.shape == "table":
        used = [column for column in part.columns if any(value_of(column, row) for row in rows)]
        return Shown(
            part.name,
            heading,
            "table",
            columns=tuple(str(column.label) for column in used),
            rows=tuple(tuple(value_of(column, row) for column in used) for row in rows),
        )
    if part.shape == "groups":
        column = next(column for column in part.columns if column.name == part.group_by)
        labels = dict.fromkeys(
            [str(label) for _value, label in column.choices.choices] if column.choices else []
        )
        labels.update(dict.fromkeys(value_of(column, row) for row in rows))
        groups = (
            (label, tuple(_item(part, row) for row in rows if value_of(column, row) == label))
            for label in labels
        )
        return Shown(part.name, heading, "groups", groups=tuple(group for group in groups if group[1]))
    return Shown(part.name, heading, part.shape, items=tuple(_item(part, row) for row in rows))


def _item(part: Part, row: Mapping[str, Any]) -> Item:
    names = [column.name for column in part.columns]
    lead = part.lead.name
    title, text = (value_of(part.lead, row), row["text"]) if "text" in names and lead != "text" else ("", "")
    return Item(
        row["id"],
        title,
        text or ("" if title else value_of(part.lead, row)),
        said_of(part, row, without=(lead, "text", part.group_by)),
    )


def _day(iso: str) -> str:
    return date_format(datetime.date.fromisoformat(iso), "DATE_FORMAT")
