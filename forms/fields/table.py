"""A table: columns of simple kinds, rows that are given or that people add. Stores a list of rows, each a
mapping of its cells, a given row with its key under ``_row``; rows without any cell are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext_lazy, override
from django.utils.translation import gettext_lazy as _
from pydantic import Field, PrivateAttr, ValidationError, model_validator

from forms.faults import below, repeated, unsound
from forms.fields.base import (
    OPTIONS_OF,
    Cell,
    Column,
    FieldFault,
    FieldKind,
    FieldOptions,
    Segment,
    Stored,
    Surroundings,
    line_difference,
    parts_of,
    text_of_cell,
)
from forms.fields.grid import (
    CELL_KINDS,
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
from forms.fields.sampling import draw
from foundation.editions.texts import LocalizedText, in_language
from foundation.expressions import Kind, RecordList, SchemaEntry
from foundation.expressions.kinds import COUNTED, is_field_name

_KEY = r"^[a-z][a-z0-9_]{0,39}$"
_MOST_CELLS = 600


class TableColumn(FieldOptions):
    """One column."""

    key: str = Field(pattern=_KEY, description="Stored, and used in expressions; never changes.")
    label: LocalizedText
    kind: str = Field(
        default="text",
        description=f"What its cells are: {', '.join(sorted(CELL_KINDS))}.",
        json_schema_extra={"enum": list(CELL_KINDS)},
    )
    options: dict[str, Any] = Field(
        default_factory=dict,
        description="What the kind takes.",
        json_schema_extra={OPTIONS_OF: "kind", "first_kind": "text"},
    )
    required: bool = Field(
        default=False, description="Asked for in every row that is begun, and in every given row."
    )

    _settings: FieldOptions = PrivateAttr()

    @model_validator(mode="after")
    def _of_its_kind(self) -> TableColumn:
        kind = CELL_KINDS.get(self.kind)
        if kind is None:
            sentence = gettext("A cell cannot be of the kind “%(kind)s”.") % {"kind": self.kind}
            raise unsound(sentence, "kind")
        try:
            self._settings = kind.options_model.model_validate(self.options)
        except ValidationError as faults:
            raise below(faults, "options") from None
        if getattr(self._settings, "other", False):
            raise unsound(gettext("A choice in a table takes no words of one's own."), "options", "other")
        if not is_field_name(self.key) or self.key == "row":
            sentence = gettext("“%(key)s” means something else in expressions; write another key.")
            raise unsound(sentence % {"key": self.key}, "key")
        return self

    @property
    def worked(self) -> GridColumn:
        """The column as it is worked with."""
        return GridColumn(self.key, self.label, CELL_KINDS[self.kind], self._settings, self.required)


class TableRow(FieldOptions):
    """One given row."""

    key: str = Field(pattern=_KEY, description="Stored; never changes.")
    label: LocalizedText


class TableOptions(FieldOptions):
    """The columns and the rows."""

    columns: list[TableColumn] = Field(min_length=1, max_length=12)
    rows: list[TableRow] = Field(
        default_factory=list, max_length=60, description="Given rows; empty: people add rows."
    )
    min: int = Field(default=0, ge=0, le=100, description="Fewest rows that people add, once any is there.")
    max: int = Field(default=10, ge=1, le=100, description="Most rows that people add.")
    item: LocalizedText | None = Field(default=None, description="What one row is called: “Part”.")
    totals: list[str] = Field(
        default_factory=list, max_length=12, description="Keys of the number columns added up below."
    )

    _worked: tuple[GridColumn, ...] = PrivateAttr()

    @model_validator(mode="after")
    def _agree(self) -> TableOptions:
        for name, parts in (("columns", self.columns), ("rows", self.rows)):
            keys = [part.key for part in parts]
            if (at := repeated(keys)) is not None:
                sentence = gettext("The key “%(key)s” stands here before.") % {"key": keys[at]}
                raise unsound(sentence, name, at, "key")
        if self.min > self.max:
            raise unsound(gettext("The most is less than the least."), "max")
        if len(self.rows) * len(self.columns) > _MOST_CELLS:
            sentence = gettext("A table has at most %(number)d cells.") % {"number": _MOST_CELLS}
            raise unsound(sentence, "rows")
        self._worked = tuple(column.worked for column in self.columns)
        counted = {column.key for column in self._worked if column.entry in COUNTED}
        for key in self.totals:
            if key not in counted:
                sentence = gettext("“%(key)s” is no column of numbers, so it cannot be added up.")
                raise unsound(sentence % {"key": key}, "totals")
        return self

    @property
    def worked(self) -> tuple[GridColumn, ...]:
        """The columns as they are worked with."""
        return self._worked

    @property
    def given(self) -> dict[str, LocalizedText]:
        """The given rows: label by key."""
        return {row.key: row.label for row in self.rows}

    def place(self, row: Mapping[str, Any], at: int) -> str:
        """Return what a row is called in a sentence: a given one by its label, others by their number."""
        if self.rows:
            return in_language(self.given.get(str(row.get(ROW)), {}))
        item = in_language(self.item or {}) or gettext("Row")
        return gettext("%(item)s %(number)d") % {"item": item, "number": at + 1}

    def sums(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return the totals that can be told, as stored values by column."""
        found: dict[str, Any] = {}
        for column in self.worked:
            values = [column.kind.in_expression(row[column.key]) for row in rows if column.key in row]
            if column.key in self.totals and values:
                found[column.key] = column.kind.from_expression(sum(values[1:], values[0]), column.settings)
        return found


class TableField(FieldKind[TableOptions]):
    """A table."""

    key = "table"
    name = _("Table")
    missing = _("Fill in at least one row.")
    template = "table"
    expression = Kind.RECORD_LIST
    computes = False
    options_model = TableOptions

    def is_set(self, options: TableOptions) -> bool:
        return True

    def parse(self, typed: Sequence[str], options: TableOptions) -> Stored | None:
        posted = texts_by_row(parts_of(typed))
        rows: list[Any] = []
        if options.rows:
            for key, label in options.given.items():
                if cells := read_cells(posted.get(key, {}), options.worked, in_language(label)):
                    rows.append({ROW: key, **cells})
        else:
            for texts in posted.values():
                if cells := read_cells(texts, options.worked, options.place({}, len(rows))):
                    rows.append(cells)
        return rows or None

    def check(self, value: Any, options: TableOptions, around: Surroundings) -> None:
        known = {column.key for column in options.worked}
        if not isinstance(value, list) or not value:
            raise FieldFault(self.missing)
        if not all(isinstance(row, dict) and set(row) - {ROW} and set(row) - {ROW} <= known for row in value):
            raise FieldFault(_("Fill in the table again."))
        if options.rows:
            self._check_given(value, options, around)
            return
        if any(ROW in row for row in value):
            raise FieldFault(_("Fill in the table again."))
        if len(value) < options.min:
            raise FieldFault(
                ngettext_lazy(
                    "Fill in at least %(rows)d row.", "Fill in at least %(rows)d rows.", options.min
                )
                % {"rows": options.min}
            )
        if len(value) > options.max:
            raise FieldFault(
                ngettext_lazy("Fill in at most %(rows)d row.", "Fill in at most %(rows)d rows.", options.max)
                % {"rows": options.max}
            )
        for at, row in enumerate(value):
            check_cells(row, options.worked, around, options.place(row, at))

    def _check_given(self, value: list[Any], options: TableOptions, around: Surroundings) -> None:
        names = [row.get(ROW) for row in value]
        if not all(isinstance(name, str) for name in names) or names != [
            key for key in options.given if key in names
        ]:
            raise FieldFault(_("Fill in the table again."))
        by_name = {row[ROW]: row for row in value}
        for key, label in options.given.items():
            check_cells(by_name.get(key, {}), options.worked, around, in_language(label))

    def typed(self, value: Any, options: TableOptions) -> list[str]:
        return [
            text
            for at, row in enumerate(value)
            for text in typed_cells(row.get(ROW) or str(at + 1), row, options.worked)
        ]

    def display(self, value: Any, options: TableOptions, language: str) -> str:
        return "\n".join(self._lines(value, options, language))

    def _lines(self, value: Any, options: TableOptions, language: str) -> Iterator[str]:
        colon = "：" if language.startswith("zh") else ": "
        for row in value:
            line = row_text(row, options.worked, language)
            given = options.given.get(row.get(ROW, ""))
            yield f"{in_language(given, language)}{colon}{line}" if given else line

    def markup(self, value: Any, options: TableOptions, language: str) -> SafeString:
        with override(language):
            total = gettext("Total")
        rows = [(in_language(options.given.get(row.get(ROW, ""), {}), language), row) for row in value]
        sums = options.sums(value)
        return grid_markup(
            options.worked,
            rows,
            language,
            totals={c.key: c.text(sums[c.key], language) for c in options.worked if c.key in sums},
            total_label=total,
        )

    def tally(self, value: Any, options: TableOptions, language: str) -> str:
        sums = options.sums(value)
        with override(language):
            return " · ".join(
                gettext("Total %(column)s: %(sum)s")
                % {"column": in_language(c.label, language), "sum": c.text(sums[c.key], language)}
                for c in options.worked
                if c.key in sums
            )

    def columns(self, options: TableOptions, language: str) -> Sequence[Column]:
        if not options.rows:
            return [Column("", "", "text", 50)]
        return [
            Column(
                f"{row.key}.{column.key}",
                f"{in_language(row.label, language)} · {in_language(column.label, language)}",
                column.kind.columns(column.settings, language)[0].sort,
            )
            for row in options.rows
            for column in options.worked
        ]

    def cells(self, value: Any, options: TableOptions, language: str) -> Mapping[str, Cell]:
        if not options.rows:
            return {"": "\n".join(line_of(row, options.worked, language) for row in value)}
        return {
            f"{row[ROW]}.{column.key}": column.kind.cells(row[column.key], column.settings, language)[""]
            for row in value
            for column in options.worked
            if column.key in row
        }

    def typed_from_cells(self, cells: Mapping[str, Cell], options: TableOptions, language: str) -> list[str]:
        if options.rows:
            return [
                f"{row.key}.{column.key}={text}"
                for row in options.rows
                for column in options.worked
                if (text := text_from_cell(column, cells.get(f"{row.key}.{column.key}"), language))
            ]
        lines = text_of_cell(cells.get("")).replace("\r\n", "\n").split("\n")
        return [
            f"{at + 1}.{key}={text}"
            for at, line in enumerate(lines)
            for key, text in texts_of_line(line, options.worked, language).items()
        ]

    def in_expression(self, value: Any) -> Any:
        return value

    def names(self, options: TableOptions) -> Mapping[str, SchemaEntry]:
        fields = {column.key: column.entry for column in options.worked}
        if options.rows:
            fields["row"] = Kind.TEXT
        totals = {f"total_{c.key}": c.entry for c in options.worked if c.key in options.totals}
        return {"": RecordList(fields), "rows": Kind.WHOLE, **totals}

    def bindings(self, value: Any, options: TableOptions) -> Mapping[str, Any]:
        records = [record_of(row, options.worked) for row in value]
        for record, row in zip(records, value, strict=True):
            if ROW in row:
                record["row"] = row[ROW]
        sums = options.sums(value)
        totals = {
            f"total_{c.key}": c.kind.in_expression(sums[c.key]) for c in options.worked if c.key in sums
        }
        return {"": records, "rows": len(value), **totals}

    def difference(self, before: Any, after: Any, options: TableOptions, language: str) -> list[Segment]:
        return line_difference(
            list(self._lines(before or [], options, language)),
            list(self._lines(after or [], options, language)),
            changed=before != after,
        )

    def sample(self, seed: int, options: TableOptions, around: Surroundings) -> Stored | None:
        names: list[str] = [row.key for row in options.rows]
        if not names:
            most = min(options.max, max(options.min, 3))
            names = [str(at) for at in range(draw(seed, max(options.min, 1), most, "rows"))]
        rows = []
        for name in names:
            cells = {
                column.key: value
                for at, column in enumerate(options.worked)
                if column.required or at == 0 or draw(seed, 0, 3, f"{name}.{column.key}")
                if (
                    value := column.kind.sample(draw(seed, 0, 10**9, f"{name}/{at}"), column.settings, around)
                )
                is not None
            }
            rows.append({ROW: name, **cells} if options.rows else cells)
        return rows


KIND = TableField()
