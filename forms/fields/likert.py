"""Several statements answered on one scale. Stores the point (from 1) by the key of the statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import Field, model_validator

from forms.faults import repeated, unsound
from forms.fields.base import (
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
    plain_digits,
    text_of_cell,
)
from forms.fields.sampling import draw
from foundation.editions.texts import LocalizedText, in_language
from foundation.expressions import Kind, SchemaEntry
from foundation.expressions.kinds import is_field_name

_OWN_NAMES = frozenset({"mean", "total", "answered", "lowest"})
_HUNDREDTH = Decimal("0.01")


class Statement(FieldOptions):
    """One statement, or one thing that is judged."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", description="Stored, and used in expressions.")
    label: LocalizedText


class LikertOptions(FieldOptions):
    """The statements and the scale."""

    rows: list[Statement] = Field(min_length=1, max_length=40)
    scale: list[LocalizedText] = Field(
        min_length=2, max_length=11, description="What the points mean, the least first."
    )
    every_row: bool = Field(default=True, description="All statements are answered, or none.")

    @model_validator(mode="after")
    def _agree(self) -> LikertOptions:
        keys = [row.key for row in self.rows]
        if (again := repeated(keys)) is not None:
            sentence = gettext("The key “%(key)s” stands here before.") % {"key": keys[again]}
            raise unsound(sentence, "rows", again, "key")
        for at, key in enumerate(keys):
            if key in _OWN_NAMES or key.startswith("count_") or not is_field_name(key):
                sentence = gettext("“%(key)s” means something else in expressions; write another key.")
                raise unsound(sentence % {"key": key}, "rows", at, "key")
        return self

    @property
    def points(self) -> list[tuple[int, LocalizedText]]:
        """The points of the scale with what they mean."""
        return list(enumerate(self.scale, 1))


class LikertField(FieldKind[LikertOptions]):
    """Statements on a scale."""

    key = "likert"
    name = _("Statements on a scale")
    missing = _("Choose a point for each line.")
    template = "likert"
    expression = Kind.DECIMAL
    computes = False
    options_model = LikertOptions

    def is_set(self, options: LikertOptions) -> bool:
        return True

    def parse(self, typed: Sequence[str], options: LikertOptions) -> Stored | None:
        parts = parts_of(typed)
        found: dict[str, Any] = {}
        for row in options.rows:
            written = plain_digits(parts[row.key][0]) if parts.get(row.key) else ""
            if not written:
                continue
            if not (written.isascii() and written.isdigit() and len(written) <= 2):
                raise FieldFault(self._how(row, options))
            found[row.key] = int(written)
        return found or None

    def check(self, value: Any, options: LikertOptions, around: Surroundings) -> None:
        known = {row.key for row in options.rows}
        if not isinstance(value, dict) or not value or not set(value) <= known:
            raise FieldFault(self.missing)
        for row in options.rows:
            point = value.get(row.key)
            if point is None and row.key not in value:
                if options.every_row:
                    raise FieldFault(self._how(row, options))
            elif (
                not isinstance(point, int) or isinstance(point, bool) or not 1 <= point <= len(options.scale)
            ):
                raise FieldFault(self._how(row, options))

    def _how(self, row: Statement, options: LikertOptions) -> Any:
        return gettext("%(row)s: choose a point from 1 to %(most)d.") % {
            "row": in_language(row.label),
            "most": len(options.scale),
        }

    def typed(self, value: Any, options: LikertOptions) -> list[str]:
        return [f"{row.key}={value[row.key]}" for row in options.rows if row.key in value]

    def display(self, value: Any, options: LikertOptions, language: str) -> str:
        return "\n".join(self._lines(value, options, language))

    def _lines(self, value: Mapping[str, int], options: LikertOptions, language: str) -> list[str]:
        colon = "：" if language.startswith("zh") else ": "
        return [
            f"{in_language(row.label, language)}{colon}{self._point(value[row.key], options, language)}"
            for row in options.rows
            if row.key in value
        ]

    def _point(self, point: int, options: LikertOptions, language: str) -> str:
        return f"{point} {in_language(options.scale[point - 1], language)}"

    def markup(self, value: Any, options: LikertOptions, language: str) -> SafeString:
        rows = format_html_join(
            "",
            '<tr><th scope="row">{}</th><td>{}</td></tr>',
            (
                (
                    in_language(row.label, language),
                    self._point(value[row.key], options, language) if row.key in value else "–",
                )
                for row in options.rows
            ),
        )
        return format_html('<table class="grid"><tbody>{}</tbody></table>', rows)

    def columns(self, options: LikertOptions, language: str) -> Sequence[Column]:
        return [Column(row.key, in_language(row.label, language), "whole", 10) for row in options.rows]

    def cells(self, value: Any, options: LikertOptions, language: str) -> Mapping[str, Cell]:
        return {row.key: value[row.key] for row in options.rows if row.key in value}

    def typed_from_cells(self, cells: Mapping[str, Cell], options: LikertOptions, language: str) -> list[str]:
        texts = []
        for row in options.rows:
            written = text_of_cell(cells.get(row.key)).strip()
            by_name = [
                point
                for point, label in options.points
                if written in (text.strip() for text in label.values())
            ]
            if written:
                texts.append(f"{row.key}={by_name[0] if by_name else written}")
        return texts

    def in_expression(self, value: Any) -> Any:
        return _mean(value)

    def names(self, options: LikertOptions) -> Mapping[str, SchemaEntry]:
        return {
            "mean": Kind.DECIMAL,
            "total": Kind.WHOLE,
            "answered": Kind.WHOLE,
            "lowest": Kind.WHOLE,
            **{f"count_{point}": Kind.WHOLE for point, _label in options.points},
            **{row.key: Kind.WHOLE for row in options.rows},
        }

    def bindings(self, value: Any, options: LikertOptions) -> Mapping[str, Any]:
        points = list(value.values())
        return {
            "mean": _mean(value),
            "total": sum(points),
            "answered": len(points),
            "lowest": min(points),
            **{f"count_{point}": points.count(point) for point, _label in options.points},
            **value,
        }

    def difference(self, before: Any, after: Any, options: LikertOptions, language: str) -> list[Segment]:
        return line_difference(
            self._lines(before or {}, options, language),
            self._lines(after or {}, options, language),
            changed=before != after,
        )

    def sample(self, seed: int, options: LikertOptions, around: Surroundings) -> Stored:
        return {row.key: draw(seed, 1, len(options.scale), row.key) for row in options.rows}


def _mean(value: Mapping[str, int]) -> Decimal:
    """Return the mean of the points, half up to the hundredth."""
    return (Decimal(sum(value.values())) / len(value)).quantize(_HUNDREDTH, ROUND_HALF_UP)


KIND = LikertField()
