"""A whole number. Accepts 1,200, a sign and full-width digits; stores an integer; prints it in groups of
three.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import Field, model_validator

from forms.faults import unsound
from forms.fields.base import (
    Cell,
    FieldFault,
    FieldKind,
    FieldOptions,
    Stored,
    Surroundings,
    first_text,
    plain_digits,
)
from forms.fields.sampling import draw
from foundation.editions.texts import LocalizedText, in_language
from foundation.expressions import Kind

_WRITTEN = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)", re.ASCII)
# Beyond this, JSON readers of other languages lose digits.
_LIMIT = 2**53 - 1


class WholeNumberOptions(FieldOptions):
    """Which numbers are taken, and their unit."""

    min: int = Field(default=0, ge=-_LIMIT, le=_LIMIT, description="Smallest number.")
    max: int = Field(default=_LIMIT, ge=-_LIMIT, le=_LIMIT, description="Greatest number.")
    unit: LocalizedText | None = Field(default=None, description="Shown inside the field: 公里, 件.")
    grouped: bool = Field(default=True, description="Print 12,300; off for years and codes.")

    @model_validator(mode="after")
    def _agree(self) -> WholeNumberOptions:
        if self.min > self.max:
            raise unsound(gettext("The most is less than the least."), "max")
        return self


class WholeNumberField(FieldKind[WholeNumberOptions]):
    """A whole number."""

    key = "whole_number"
    name = _("Whole number")
    missing = _("Write the number.")
    template = "whole_number"
    expression = Kind.WHOLE
    options_model = WholeNumberOptions

    def parse(self, typed: Sequence[str], options: WholeNumberOptions) -> Stored | None:
        written = plain_digits(first_text(typed))
        if not written:
            return None
        if not _WRITTEN.fullmatch(written) or len(written) > 24:
            raise FieldFault(_("Write a whole number in digits, for example 1200."))
        return int(written.replace(",", ""))

    def check(self, value: Any, options: WholeNumberOptions, around: Surroundings) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            raise FieldFault(_("Write a whole number in digits, for example 1200."))
        if value < options.min:
            raise FieldFault(_("Write a number of at least %(least)s.") % {"least": options.min})
        if value > options.max:
            raise FieldFault(_("Write a number of at most %(most)s.") % {"most": options.max})

    def cells(self, value: Any, options: WholeNumberOptions, language: str) -> Mapping[str, Cell]:
        return {"": int(value)}

    def display(self, value: Any, options: WholeNumberOptions, language: str) -> str:
        number = f"{value:,}" if options.grouped else str(value)
        return f"{number} {in_language(options.unit, language)}" if options.unit else number

    def sample(self, seed: int, options: WholeNumberOptions, around: Surroundings) -> Stored:
        return draw(seed, options.min, min(options.max, options.min + 100_000))


KIND = WholeNumberField()
