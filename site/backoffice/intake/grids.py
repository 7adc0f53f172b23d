"""How tables, checklists and choices in steps are drawn: their cells as fields of their own, so that a cell
looks and behaves like the field of its kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from forms.fields import FieldFault
from forms.fields.cascade import CascadeOptions
from forms.fields.checklist import RECEIVED, ChecklistOptions
from forms.fields.choice import ChoiceOptions
from forms.fields.grid import GridColumn, texts_by_row
from forms.fields.table import TableOptions
from forms.presentation import FieldView
from foundation.editions.texts import in_language


@dataclass(frozen=True)
class CellView(FieldView):
    """One cell of a grid. It has no label of its own to be seen: ``spoken`` is what screen readers say."""

    spoken: str = ""
    heading: str = ""
    """The column's heading, shown beside the cell where there is no room for a table."""
    asked: bool = False
    """Whether a row that is begun must say it."""


@dataclass(frozen=True)
class RowOfCells:
    """One row. ``heading`` is empty for rows that people add; ``blank``: nothing is in it."""

    name: str
    heading: str
    help: str
    cells: tuple[CellView, ...]
    blank: bool = False


def table_rows(field: FieldView) -> list[RowOfCells]:
    """Return the rows of a table, and blank ones to write into."""
    options = field.settings
    assert isinstance(options, TableOptions)
    posted = texts_by_row(field.parts)
    if options.rows:
        return [
            _row(field, options.worked, key, posted.get(key, {}), in_language(label))
            for key, label in options.given.items()
        ]
    item = in_language(options.item or {}) or _("Row")
    return list(_added(field, options.worked, posted, item, least=max(options.min, 1), most=options.max))


def checklist_rows(field: FieldView) -> list[RowOfCells]:
    """Return the given items of a checklist."""
    options = field.settings
    assert isinstance(options, ChecklistOptions)
    posted = texts_by_row(field.parts)
    return [
        _row(
            field,
            options.given_columns,
            key,
            posted.get(key, {}),
            in_language(item.label),
            in_language(item.help or {}),
        )
        for key, item in options.given.items()
    ]


def own_items(field: FieldView) -> list[RowOfCells]:
    """Return the items people have added to a checklist, and a blank one."""
    options = field.settings
    assert isinstance(options, ChecklistOptions)
    if not options.custom:
        return []
    posted = {
        name: texts for name, texts in texts_by_row(field.parts).items() if name.isascii() and name.isdigit()
    }
    return list(
        _added(field, options.custom_columns, posted, _("Own item"), least=0, most=options.max_custom)
    )


def headings(columns: Sequence[GridColumn]) -> list[tuple[str, bool]]:
    """Return what stands above the columns, and whether it must be answered."""
    return [(in_language(column.label), column.required) for column in columns]


def _added(
    field: FieldView,
    columns: Sequence[GridColumn],
    posted: Mapping[str, Mapping[str, str]],
    item: str,
    *,
    least: int,
    most: int,
) -> Iterator[RowOfCells]:
    filled = [
        texts for texts in posted.values() if any(texts.get(column.key, "").strip() for column in columns)
    ]
    count = min(max(len(filled) + 1, least), max(most, len(filled)))
    for at in range(count):
        texts = filled[at] if at < len(filled) else {}
        spoken = _("%(item)s %(number)d") % {"item": item, "number": at + 1}
        yield _row(field, columns, str(at + 1), texts, spoken, headed=False)


def _row(
    field: FieldView,
    columns: Sequence[GridColumn],
    name: str,
    texts: Mapping[str, str],
    spoken: str,
    help_text: str = "",
    *,
    headed: bool = True,
) -> RowOfCells:
    cells = tuple(
        _cell(field, column, name, texts.get(column.key, ""), spoken, first=headed) for column in columns
    )
    return RowOfCells(name, spoken if headed else "", help_text, cells, blank=not any(texts.values()))


def _cell(
    field: FieldView, column: GridColumn, row: str, typed: str, spoken: str, *, first: bool
) -> CellView:
    settings: Any = column.settings
    template = column.kind.template
    if isinstance(settings, ChoiceOptions):
        settings = settings.model_copy(update={"widget": "select"})
    elif template == "yes_no":
        template = "_cell_tick" if column.key == RECEIVED else "_cell_yes_no"
    heading = in_language(column.label)
    return CellView(
        id=f"{row}.{column.key}",
        name=f"{field.name}~{row}.{column.key}",
        label=heading,
        help="",
        kind=template,
        settings=settings,
        required=column.required and (first or bool(typed)),
        read_only=False,
        computed=False,
        grouped=False,
        width="full",
        typed=typed,
        stored=_stored(column, typed),
        shown="",
        errors=(),
        language=field.language,
        path=field.path,
        texts=(typed,) if typed else (),
        spoken=f"{spoken}: {heading}",
        heading=heading,
        asked=column.required,
    )


def _stored(column: GridColumn, typed: str) -> Any:
    try:
        return column.kind.parse([typed], column.settings) if typed else None
    except FieldFault:
        return None


@dataclass(frozen=True)
class StepView:
    """One step of a choice in steps: its name, the choices as (key, label), and what is chosen."""

    part: str
    label: str
    choices: tuple[tuple[str, str], ...]
    chosen: str


def steps_of(field: FieldView) -> list[StepView]:
    """Return the steps, each with what can be chosen after the one before."""
    options = field.settings
    assert isinstance(options, CascadeOptions)
    steps, above, open_ = [], "", True
    for level in range(options.levels):
        part = f"s{level + 1}"
        below = options.below(above) if open_ else []
        chosen = next((text for text in field.parts.get(part, ()) if text in below), "")
        choices = tuple((key, options.label_of(key, field.language)) for key in below)
        steps.append(StepView(part, options.step(level), choices, chosen))
        above, open_ = chosen, bool(chosen)
    return steps
