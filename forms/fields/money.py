"""An amount of money. Accepts ¥12,300.5, 12300元 and full-width digits; stores the text ``"12300.50"``,
never a float. The currency is the field's, not the answer's, so amounts of one field always add up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Any, Literal

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
    Words,
    first_text,
    plain_digits,
)
from forms.fields.currencies import SIGNS, WORDS, is_in_other_currency
from forms.fields.sampling import draw
from foundation.expressions import Kind

_STORED = re.compile(r"-?(?:0|[1-9]\d{0,11})\.\d{2}", re.ASCII)
_WRITTEN = re.compile(r"(-?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{1,2}))?", re.ASCII)
_SIGNS = re.compile(
    rf"^(-?)\s*(?:{SIGNS}|[A-Z]{{3}})?\s*(-?.*?)\s*(?:{WORDS}|[A-Z]{{3}})?$",
    re.IGNORECASE | re.DOTALL,
)
_SYMBOLS = {"CNY": "¥", "USD": "US$", "EUR": "€", "HKD": "HK$", "GBP": "£", "JPY": "JP¥"}
_UNITS: dict[str, Words] = {
    "CNY": _("yuan"),
    "USD": _("US dollars"),
    "EUR": _("euros"),
    "HKD": _("Hong Kong dollars"),
    "GBP": _("pounds"),
    "JPY": _("yen"),
}
_AMOUNT = r"^-?(0|[1-9]\d{0,11})\.\d{2}$"


class MoneyOptions(FieldOptions):
    """Which amounts are taken."""

    currency: Literal["CNY", "USD", "EUR", "HKD", "GBP", "JPY"] = Field(
        default="CNY", description="What the amount is in."
    )
    min: str = Field(default="0.00", pattern=_AMOUNT, description="Smallest amount.")
    max: str = Field(default="999999999.99", pattern=_AMOUNT, description="Greatest amount.")

    @model_validator(mode="after")
    def _agree(self) -> MoneyOptions:
        if Decimal(self.min) > Decimal(self.max):
            raise unsound(gettext("The most is less than the least."), "max")
        return self

    @property
    def unit(self) -> Words:
        """What the currency is called."""
        return _UNITS[self.currency]

    def written(self, amount: Decimal) -> str:
        """Return an amount as people write it."""
        return f"{'-' if amount < 0 else ''}{_SYMBOLS[self.currency]}{abs(amount):,}"


class MoneyField(FieldKind[MoneyOptions]):
    """An amount of money."""

    key = "money"
    name = _("Amount of money")
    missing = _("Write the amount.")
    template = "money"
    expression = Kind.MONEY
    options_model = MoneyOptions

    def parse(self, typed: Sequence[str], options: MoneyOptions) -> Stored | None:
        written = plain_digits(first_text(typed))
        if not written:
            return None
        if is_in_other_currency(written, options.currency):
            raise FieldFault(_unreadable(options))
        stripped = _SIGNS.sub(r"\1\2", written)
        match = _WRITTEN.fullmatch(stripped)
        if match is None or len(match[2].replace(",", "").lstrip("0")) > 12:
            raise FieldFault(_unreadable(options))
        return stored_amount(Decimal(f"{match[1]}{match[2].replace(',', '')}.{match[3] or '0'}"))

    def check(self, value: Any, options: MoneyOptions, around: Surroundings) -> None:
        if not isinstance(value, str) or not _STORED.fullmatch(value) or value == "-0.00":
            raise FieldFault(_unreadable(options))
        if options.currency == "JPY" and not value.endswith(".00"):
            raise FieldFault(_("Write full yen, without decimals."))
        if Decimal(value) < Decimal(options.min):
            raise FieldFault(
                _("Write an amount of at least %(amount)s.")
                % {"amount": options.written(Decimal(options.min))}
            )
        if Decimal(value) > Decimal(options.max):
            raise FieldFault(
                _("Write an amount of at most %(amount)s.")
                % {"amount": options.written(Decimal(options.max))}
            )

    def cells(self, value: Any, options: MoneyOptions, language: str) -> Mapping[str, Cell]:
        return {"": Decimal(value)}

    def display(self, value: Any, options: MoneyOptions, language: str) -> str:
        return options.written(Decimal(value))

    def in_expression(self, value: Any) -> Any:
        return Decimal(value)

    def from_expression(self, result: Any, options: MoneyOptions) -> Stored | None:
        return None if result is None else stored_amount(result)

    def sample(self, seed: int, options: MoneyOptions, around: Surroundings) -> Stored:
        low, high = int(Decimal(options.min) * 100), int(Decimal(options.max) * 100)
        amount = Decimal(draw(seed, low, min(high, low + 5_000_000))) / 100
        whole = amount.to_integral_value(ROUND_CEILING)
        return stored_amount(whole if options.currency == "JPY" and whole * 100 <= high else amount)


def _unreadable(options: MoneyOptions) -> Words:
    if options.currency == "CNY":
        return _("Write the amount in yuan with at most two decimals, for example 1,280.50.")
    return _("Write the amount in %(currency)s as a number, for example 1,280.00.") % {
        "currency": options.unit
    }


def stored_amount(amount: Decimal) -> str:
    """Return the amount with exactly two decimals; zero has no sign."""
    return f"{amount.quantize(Decimal('0.01')) + 0:f}"


KIND = MoneyField()
