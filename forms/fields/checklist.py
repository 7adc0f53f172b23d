"""A list of papers or things to be handed over: for each whether it is there, as original or copy, how many,
who holds it, until when it is valid, when a missing one comes. Stores a list of rows (see ``forms.fields.grid``),
a given item with its key under ``_row``, one that people added with its ``name``; items of which nothing is
known are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from django.conf import settings
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, override, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from pydantic import Field, PrivateAttr, model_validator

from forms.faults import repeated, unsound
from forms.fields import choice, date, text, whole_number, yes_no
from forms.fields.base import (
    Cell,
    Column,
    FieldFault,
    FieldKind,
    FieldOptions,
    Segment,
    Stored,
    Surroundings,
    Words,
    line_difference,
    parts_of,
    text_of_cell,
)
from forms.fields.choice import Choice, ChoiceOptions
from forms.fields.date import DateOptions
from forms.fields.grid import (
    ROW,
    GridColumn,
    check_cells,
    grid_markup,
    line_of,
    read_cells,
    record_of,
    row_text,
    text_from_cell,
    texts_by_row,
    texts_of_line,
    typed_cells,
)
from forms.fields.sampling import draw, pick
from forms.fields.text import TextOptions
from forms.fields.whole_number import WholeNumberOptions
from forms.fields.yes_no import YesNoOptions
from foundation.editions.texts import LocalizedText, in_language
from foundation.expressions import Kind, RecordList, SchemaEntry

RECEIVED = "received"
NAME = "name"
_OWN = "_own"
"""The column of sheets in which items people added stand."""
Detail = Literal["form", "count", "holder", "received_on", "valid_until", "due_on", "note"]


class ChecklistItem(FieldOptions):
    """One thing that may be there."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", description="Stored; never changes.")
    label: LocalizedText
    help: LocalizedText | None = None
    required: bool = Field(default=True, description="The list is not complete without it.")


class ChecklistOptions(FieldOptions):
    """The items, and what is asked of each."""

    items: list[ChecklistItem] = Field(min_length=1, max_length=60)
    details: list[Detail] = Field(
        default=["form", "count"],
        max_length=7,
        description="Beside whether it is there: form (original or copy), count, holder (who holds it),"
        " received_on, valid_until, due_on (when a missing one comes), note.",
    )
    holders: list[Choice] = Field(
        default_factory=list, max_length=50, description="Who may hold an item; empty: anybody, in words."
    )
    custom: bool = Field(default=False, description="People may add items of their own.")
    max_custom: int = Field(default=10, ge=1, le=50, description="Most items of people's own.")

    _columns: tuple[GridColumn, ...] = PrivateAttr()

    @model_validator(mode="after")
    def _agree(self) -> ChecklistOptions:
        for name, keys in (
            ("items", [item.key for item in self.items]),
            ("details", list(self.details)),
            ("holders", [holder.key for holder in self.holders]),
        ):
            if (at := repeated(keys)) is not None:
                raise unsound(gettext("The key “%(key)s” stands here before.") % {"key": keys[at]}, name, at)
        columns = [column for key, column in _COLUMNS.items() if key == RECEIVED or key in self.details]
        if self.holders:
            chosen = ChoiceOptions(choices=self.holders, widget="select")
            columns = [
                replace(c, kind=choice.KIND, settings=chosen) if c.key == "holder" else c for c in columns
            ]
        self._columns = tuple(columns)
        return self

    @property
    def given_columns(self) -> tuple[GridColumn, ...]:
        """What is asked of a given item."""
        return self._columns

    @property
    def custom_columns(self) -> tuple[GridColumn, ...]:
        """What is asked of an item that people add."""
        return (_COLUMNS[NAME], *self._columns)

    @property
    def given(self) -> dict[str, ChecklistItem]:
        """The given items by key."""
        return {item.key: item for item in self.items}


class _Messages(Mapping[str, str]):
    """A message of ours as definitions hold texts, translated when it is read."""

    def __init__(self, message: Words) -> None:
        self._message = message

    def __getitem__(self, code: str) -> str:
        if code not in self:
            raise KeyError(code)
        with override(code):
            return str(self._message)

    def __contains__(self, code: object) -> bool:
        return code in list(self)

    def __iter__(self) -> Iterator[str]:
        return (code for code, _name in settings.LANGUAGES)

    def __len__(self) -> int:
        return len(settings.LANGUAGES)


_FORMS = ChoiceOptions.model_construct(
    choices=[
        Choice.model_construct(
            key="original", label=_Messages(pgettext_lazy("of a paper", "Original")), help=None
        ),
        Choice.model_construct(key="copy", label=_Messages(pgettext_lazy("of a paper", "Copy")), help=None),
    ],
    widget="select",
    other=False,
    other_label=None,
)
_COLUMNS: dict[str, GridColumn] = {
    column.key: column
    for column in (
        GridColumn(NAME, _Messages(_("Item")), text.KIND, TextOptions(max_length=100), required=True),
        GridColumn(RECEIVED, _Messages(pgettext_lazy("of a paper", "Received")), yes_no.KIND, YesNoOptions()),
        GridColumn("form", _Messages(_("Original or copy")), choice.KIND, _FORMS),
        GridColumn(
            "count",
            _Messages(pgettext_lazy("of a paper", "Number")),
            whole_number.KIND,
            WholeNumberOptions(min=1, max=999),
        ),
        GridColumn("holder", _Messages(_("Held by")), text.KIND, TextOptions(max_length=100)),
        GridColumn("received_on", _Messages(_("Received on")), date.KIND, DateOptions()),
        GridColumn("valid_until", _Messages(_("Valid until")), date.KIND, DateOptions()),
        GridColumn("due_on", _Messages(_("Missing: comes on")), date.KIND, DateOptions()),
        GridColumn("note", _Messages(_("Note")), text.KIND, TextOptions(max_length=200)),
    )
}


class ChecklistField(FieldKind[ChecklistOptions]):
    """A list of papers or things."""

    key = "checklist"
    name = _("Checklist of papers")
    missing = _("Tick what has been received.")
    template = "checklist"
    expression = Kind.RECORD_LIST
    computes = False
    options_model = ChecklistOptions

    def is_set(self, options: ChecklistOptions) -> bool:
        return True

    def parse(self, typed: Sequence[str], options: ChecklistOptions) -> Stored | None:
        posted = texts_by_row(parts_of(typed))
        rows: list[Any] = []
        for key, item in options.given.items():
            cells = read_cells(posted.get(key, {}), options.given_columns, in_language(item.label))
            if cells := _told(cells):
                rows.append({ROW: key, **cells})
        for name, texts in posted.items():
            # A given item is called by a word, one that people add by a number.
            if options.custom and name.isascii() and name.isdigit():
                cells = read_cells(
                    texts, options.custom_columns, texts.get(NAME, "").strip() or gettext("Own item")
                )
                if cells := _told(cells):
                    rows.append(cells)
        return rows or None

    def check(self, value: Any, options: ChecklistOptions, around: Surroundings) -> None:
        if not isinstance(value, list) or not value:
            raise FieldFault(self.missing)
        known = {ROW, *(column.key for column in options.custom_columns)}
        if not all(
            isinstance(row, dict) and set(row) <= known and _told(row) == row and set(row) - {ROW}
            for row in value
        ):
            raise FieldFault(_("Fill in the list again."))
        names = [row[ROW] for row in value if ROW in row]
        own = [row for row in value if ROW not in row]
        if (
            not all(isinstance(name, str) for name in names)
            or names != [key for key in options.given if key in names]
            or any(ROW in row for row in value[len(names) :])
            or (own and not options.custom)
        ):
            raise FieldFault(_("Fill in the list again."))
        if len(own) > options.max_custom:
            raise FieldFault(_("Add at most %(most)d items of your own.") % {"most": options.max_custom})
        for row in value[: len(names)]:
            if NAME in row:
                raise FieldFault(_("Fill in the list again."))
            check_cells(row, options.given_columns, around, in_language(options.given[row[ROW]].label))
        for row in own:
            name = row.get(NAME)
            check_cells(
                row, options.custom_columns, around, name if isinstance(name, str) else gettext("Own item")
            )

    def typed(self, value: Any, options: ChecklistOptions) -> list[str]:
        texts: list[str] = []
        number = 0
        for row in value:
            if ROW in row:
                texts += typed_cells(row[ROW], row, options.given_columns)
            else:
                number += 1
                texts += typed_cells(str(number), row, options.custom_columns)
        return texts

    def display(self, value: Any, options: ChecklistOptions, language: str) -> str:
        return "\n".join(self._lines(value, options, language))

    def _lines(self, value: Any, options: ChecklistOptions, language: str) -> list[str]:
        colon = "：" if language.startswith("zh") else ": "
        return [
            f"{self._name(row, options, language)}{colon}{row_text(row, options.given_columns, language)}"
            for row in value
        ]

    def _name(self, row: Mapping[str, Any], options: ChecklistOptions, language: str) -> str:
        given = options.given.get(row.get(ROW, ""))
        return in_language(given.label, language) if given else str(row.get(NAME, ""))

    def markup(self, value: Any, options: ChecklistOptions, language: str) -> SafeString:
        by_name = {row[ROW]: row for row in value if ROW in row}
        rows = [
            (in_language(item.label, language), by_name.get(key, {RECEIVED: False}))
            for key, item in options.given.items()
        ]
        rows += [(self._name(row, options, language), row) for row in value if ROW not in row]
        return grid_markup(
            options.given_columns, rows, language, corner=in_language(_COLUMNS[NAME].label, language)
        )

    def tally(self, value: Any, options: ChecklistOptions, language: str) -> str:
        names = self.bindings(value, options)
        with override(language):
            if names["complete"]:
                return gettext("Complete.")
            missing = ngettext(
                "%(count)d required item is missing.",
                "%(count)d required items are missing.",
                names["missing"],
            )
            return missing % {"count": names["missing"]}

    def columns(self, options: ChecklistOptions, language: str) -> Sequence[Column]:
        found = [
            Column(
                f"{item.key}.{column.key}",
                f"{in_language(item.label, language)} · {in_language(column.label, language)}",
                column.kind.columns(column.settings, language)[0].sort,
            )
            for item in options.items
            for column in options.given_columns
        ]
        if options.custom:
            with override(language):
                found.append(Column(_OWN, gettext("own items"), "text", 40))
        return found

    def cells(self, value: Any, options: ChecklistOptions, language: str) -> Mapping[str, Cell]:
        found: dict[str, Cell] = {
            f"{row[ROW]}.{column.key}": column.kind.cells(row[column.key], column.settings, language)[""]
            for row in value
            if ROW in row
            for column in options.given_columns
            if column.key in row
        }
        own = [line_of(row, options.custom_columns, language) for row in value if ROW not in row]
        return {**found, _OWN: "\n".join(own)} if own else found

    def typed_from_cells(
        self, cells: Mapping[str, Cell], options: ChecklistOptions, language: str
    ) -> list[str]:
        texts = [
            f"{item.key}.{column.key}={text}"
            for item in options.items
            for column in options.given_columns
            if (text := text_from_cell(column, cells.get(f"{item.key}.{column.key}"), language))
        ]
        lines = text_of_cell(cells.get(_OWN)).replace("\r\n", "\n").split("\n") if options.custom else []
        return texts + [
            f"{at + 1}.{key}={text}"
            for at, line in enumerate(lines)
            for key, text in texts_of_line(line, options.custom_columns, language).items()
        ]

    def names(self, options: ChecklistOptions) -> Mapping[str, SchemaEntry]:
        fields = {column.key: column.entry for column in options.given_columns}
        return {
            "": RecordList({"item": Kind.TEXT, **fields}),
            "complete": Kind.YES_NO,
            "received": Kind.WHOLE,
            "missing": Kind.WHOLE,
            "pieces": Kind.WHOLE,
        }

    def bindings(self, value: Any, options: ChecklistOptions) -> Mapping[str, Any]:
        there = {row.get(ROW) for row in value if row.get(RECEIVED)}
        missing = [item.key for item in options.items if item.required and item.key not in there]
        received = [row for row in value if row.get(RECEIVED)]
        records = [
            {"item": row.get(ROW) or row.get(NAME), **record_of(row, options.given_columns)} for row in value
        ]
        return {
            "": records,
            "complete": not missing,
            "received": len(received),
            "missing": len(missing),
            "pieces": sum(row.get("count", 1) for row in received),
        }

    def difference(self, before: Any, after: Any, options: ChecklistOptions, language: str) -> list[Segment]:
        return line_difference(
            self._lines(before or [], options, language),
            self._lines(after or [], options, language),
            changed=before != after,
        )

    def sample(self, seed: int, options: ChecklistOptions, around: Surroundings) -> Stored:
        rows: list[Any] = []
        for at, item in enumerate(options.items):
            if draw(seed, 0, 3, item.key) or not at:
                rows.append({ROW: item.key, RECEIVED: True, **self._sample(seed, item.key, options, around)})
        if options.custom and draw(seed, 0, 1, "own"):
            name = pick(seed, ["行车记录仪", "备用钥匙", "Parking card"], "name")
            rows.append({NAME: name, RECEIVED: True, **self._sample(seed, "own", options, around)})
        return rows

    def _sample(
        self, seed: int, what: str, options: ChecklistOptions, around: Surroundings
    ) -> dict[str, Any]:
        return {
            column.key: column.kind.sample(
                draw(seed, 0, 10**9, f"{what}.{column.key}"), column.settings, around
            )
            if column.key != "count"
            else draw(seed, 1, 3, f"{what}.count")
            for column in options.given_columns
            if column.key not in {RECEIVED, "due_on"}
        }


def _told(cells: Mapping[str, Any]) -> dict[str, Any]:
    """Return the cells that tell anything: an empty box says the same as none."""
    return {key: value for key, value in cells.items() if not (key == RECEIVED and value is False)}


KIND = ChecklistField()
