"""A number with decimals: litres, hours, a rate. Accepts 1,200.5 and full-width digits; stores the text with
exactly as many decimals as the field has, never a float.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext, ngettext_lazy
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

_WRITTEN = re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d+)?(?:\.(\d*))?", re.ASCII)
_STORED = re.compile(r"-?(?:0|[1-9]\d{0,11})\.(\d{1,6})", re.ASCII)
_NUMBER = r"^-?(0|[1-9]\d{0,11})(\.\d{1,6})?$"


class DecimalOptions(FieldOptions):
    """Which numbers are taken, and their unit."""

    scale: int = Field(default=2, ge=1, le=6, description="Decimals kept.")
    min: str = Field(default="0", pattern=_NUMBER, description="Smallest number.")
    max: str = Field(default="999999999999", pattern=_NUMBER, description="Greatest number.")
    unit: LocalizedText | None = Field(default=None, description="Shown inside the field: 小时, 升.")
    grouped: bool = Field(default=True, description="Print 12,300.5.")

    @model_validator(mode="after")
    def _agree(self) -> DecimalOptions:
        if Decimal(self.min) > Decimal(self.max):
            raise unsound(gettext("The most is less than the least."), "max")
        step = Decimal(1).scaleb(-self.scale)
        for name in ("min", "max"):
            if Decimal(getattr(self, name)) % step:
                raise unsound(gettext("This has more decimals than the field keeps."), name)
        return self

    def stored(self, number: Decimal) -> str:
        """Return the number with exactly as many decimals as the field has, half up; zero has no sign."""
        return f"{number.quantize(Decimal(1).scaleb(-self.scale), ROUND_HALF_UP) + 0:f}"


class DecimalField(FieldKind[DecimalOptions]):
    """A number with decimals."""

    key = "decimal"
    name = _("Number with decimals")
    missing = _("Write the number.")
    template = "decimal"
    expression = Kind.DECIMAL
    options_model = DecimalOptions

    def parse(self, typed: Sequence[str], options: DecimalOptions) -> Stored | None:
        written = plain_digits(first_text(typed))
        if not written:
            return None
        match = _WRITTEN.fullmatch(written) if len(written) <= 40 else None
        if match is None or not (match[2] or match[3]):
            raise FieldFault(_("Write a number in digits, for example 2.5."))
        whole, part = (match[2] or "0").replace(",", "").lstrip("0"), (match[3] or "").rstrip("0")
        if len(whole) > 12:
            raise FieldFault(_("Write a number in digits, for example 2.5."))
        if len(part) > options.scale:
            raise FieldFault(
                ngettext_lazy(
                    "Write at most %(scale)d decimal.", "Write at most %(scale)d decimals.", options.scale
                )
                % {"scale": options.scale}
            )
        return options.stored(Decimal(f"{match[1]}{whole or '0'}.{part or '0'}"))

    def check(self, value: Any, options: DecimalOptions, around: Surroundings) -> None:
        match = _STORED.fullmatch(value) if isinstance(value, str) else None
        if match is None or len(match[1]) != options.scale:
            raise FieldFault(_("Write a number in digits, for example 2.5."))
        number = Decimal(value)
        if not number and value.startswith("-"):
            raise FieldFault(_("Write a number in digits, for example 2.5."))
        if number < Decimal(options.min):
            raise FieldFault(_("Write a number of at least %(least)s.") % {"least": options.min})
        if number > Decimal(options.max):
            raise FieldFault(_("Write a number of at most %(most)s.") % {"most": options.max})

    def cells(self, value: Any, options: DecimalOptions, language: str) -> Mapping[str, Cell]:
        return {"": Decimal(value)}

    def display(self, value: Any, options: DecimalOptions, language: str) -> str:
        number = f"{Decimal(value):,}" if options.grouped else str(value)
        return f"{number} {in_language(options.unit, language)}" if options.unit else number

    def in_expression(self, value: Any) -> Any:
        return Decimal(value)

    def from_expression(self, result: Any, options: DecimalOptions) -> Stored | None:
        return None if result is None else options.stored(result)

    def sample(self, seed: int, options: DecimalOptions, around: Surroundings) -> Stored:
        step = Decimal(1).scaleb(-options.scale)
        low, high = int(Decimal(options.min) / step), int(Decimal(options.max) / step)
        return options.stored(draw(seed, low, min(high, low + 100_000)) * step)


KIND = DecimalField()
