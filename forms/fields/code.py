"""A code on a label: a barcode or a QR code, read by the camera where the browser can, or typed. Stores the line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import Field, model_validator

from forms.faults import unsound
from forms.fields.base import (
    Column,
    FieldFault,
    FieldOptions,
    PlainTextKind,
    Stored,
    Surroundings,
    clean_text,
    first_text,
    plain_digits,
)
from forms.fields.pattern import check_match, check_pattern
from forms.fields.sampling import draw
from forms.fields.text import check_length
from foundation.editions.texts import LocalizedText
from foundation.expressions import Kind

_FORMATS: dict[str, list[str]] = {
    "any": [],
    "qr": ["qr_code", "data_matrix"],
    "barcode": ["code_128", "code_39", "codabar", "itf"],
    "ean": ["ean_13", "ean_8", "upc_a"],
}
"""What the camera looks for, in the browser's names (Shape Detection API)."""


class CodeOptions(FieldOptions):
    """Which codes are taken."""

    symbols: Literal["any", "qr", "barcode", "ean"] = Field(
        default="any",
        description="What the camera looks for; ean: 8 or 13 figures with a check digit, asked for when typed too.",
    )
    max_length: int = Field(default=200, ge=1, le=1000, description="Most characters.")
    pattern: str = Field(default="", max_length=500, description="RE2 pattern the whole code must match.")
    pattern_message: LocalizedText | None = Field(
        default=None, description="What to write, said when the pattern is not met."
    )
    example: str = Field(default="", max_length=200, description="A sound code; required with a pattern.")

    @model_validator(mode="after")
    def _agree(self) -> CodeOptions:
        check_pattern(self.pattern, self.pattern_message, self.example)
        if self.pattern and self.symbols == "ean" and not _is_ean(self.example):
            raise unsound(gettext("The example is no EAN."), "example")
        return self

    @property
    def formats(self) -> str:
        """What the camera looks for, as the page's script takes it."""
        return " ".join(_FORMATS[self.symbols])


class CodeField(PlainTextKind[CodeOptions]):
    """A code on a label."""

    key = "code"
    name = _("Barcode or QR code")
    missing = _("Scan the code or type it.")
    template = "code"
    expression = Kind.TEXT
    options_model = CodeOptions

    def parse(self, typed: Sequence[str], options: CodeOptions) -> Stored | None:
        written = clean_text(first_text(typed), lines=False)
        if options.symbols == "ean":
            written = plain_digits(written).replace(" ", "").replace("-", "")
        return written or None

    def check(self, value: Any, options: CodeOptions, around: Surroundings) -> None:
        if not isinstance(value, str) or not value or value != clean_text(value, lines=False):
            raise FieldFault(self.missing)
        check_length(value, 1, options.max_length)
        if options.symbols == "ean" and not _is_ean(value):
            raise FieldFault(
                _(
                    "Write the 8 or 13 figures below the bars; the last one does not fit the others, or one is missing."
                )
            )
        check_match(value, options.pattern, options.pattern_message)

    def columns(self, options: CodeOptions, language: str) -> Sequence[Column]:
        return [Column("", "", "text", 20)]

    def sample(self, seed: int, options: CodeOptions, around: Surroundings) -> Stored:
        if options.example:
            return options.example
        figures = f"690{draw(seed, 0, 999_999_999):09}"
        return f"{figures}{_ean_digit(figures)}"[: options.max_length]


def _ean_digit(figures: str) -> str:
    """Return the check digit that the figures before it ask for (GS1): weights 3 and 1, from the right."""
    total = sum(int(figure) * (3, 1)[at % 2] for at, figure in enumerate(reversed(figures)))
    return str(-total % 10)


def _is_ean(code: str) -> bool:
    return code.isascii() and code.isdigit() and len(code) in (8, 13) and code[-1] == _ean_digit(code[:-1])


KIND = CodeField()
