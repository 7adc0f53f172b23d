"""A telephone number in mainland China: mobile, fixed line with area code, or a 400/800 service number.

Accepts blanks, hyphens, brackets, full-width digits and the country code. Stores ``13800138000``,
``0755-26001234`` or ``400-123-4567``; prints mobiles in groups.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from forms.fields.base import (
    FieldFault,
    FieldKind,
    FieldOptions,
    Stored,
    Surroundings,
    first_text,
    plain_digits,
)
from forms.fields.sampling import draw, pick
from foundation.expressions import Kind

_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
# Area codes: 010, 02x with three digits, 03x–09x with four; the line number never begins with 0 or 1.
_LANDLINE = re.compile(r"(010|02\d|0[3-9]\d{2})([2-9]\d{6,7})", re.ASCII)
_SERVICE = re.compile(r"([48]00)(\d{3})(\d{4})", re.ASCII)
_STORED = re.compile(r"1[3-9]\d{9}|(?:010|02\d|0[3-9]\d{2})-[2-9]\d{6,7}|[48]00-\d{3}-\d{4}", re.ASCII)
_DECORATION = re.compile(r"[\s\-‐‑‒–—.()]+")


class PhoneOptions(FieldOptions):
    """Which numbers are taken."""

    mobile_only: bool = Field(
        default=False, description="Only mobile numbers, for instance to send a text message."
    )


class PhoneField(FieldKind[PhoneOptions]):
    """A telephone number."""

    key = "phone"
    name = _("Telephone number")
    missing = _("Write a telephone number.")
    template = "phone"
    expression = Kind.TEXT
    options_model = PhoneOptions

    def parse(self, typed: Sequence[str], options: PhoneOptions) -> Stored | None:
        written = plain_digits(first_text(typed))
        if not written:
            return None
        digits = _DECORATION.sub("", written)
        if digits.startswith(("+86", "0086")) or (digits.startswith("86") and len(digits) == 13):
            digits = digits[digits.index("86") + 2 :]
            if not digits.startswith(("0", "1", "4", "8")):
                digits = f"0{digits}"
        if _MOBILE.fullmatch(digits):
            return digits
        if not options.mobile_only:
            if line := _LANDLINE.fullmatch(digits):
                return "-".join(line.groups())
            if service := _SERVICE.fullmatch(digits):
                return "-".join(service.groups())
        raise FieldFault(_sentence(options))

    def check(self, value: Any, options: PhoneOptions, around: Surroundings) -> None:
        allowed = _MOBILE if options.mobile_only else _STORED
        if not isinstance(value, str) or not allowed.fullmatch(value):
            raise FieldFault(_sentence(options))

    def display(self, value: Any, options: PhoneOptions, language: str) -> str:
        text = str(value)
        return f"{text[:3]} {text[3:7]} {text[7:]}" if _MOBILE.fullmatch(text) else text

    def sample(self, seed: int, options: PhoneOptions, around: Surroundings) -> Stored:
        if options.mobile_only or draw(seed, 0, 3):
            return f"1{draw(seed, 3, 9, 'network')}{draw(seed, 0, 999_999_999, 'number'):09}"
        area = pick(seed, ["010", "020", "0755", "0571"], "area")
        return f"{area}-{draw(seed, 20_000_000, 89_999_999, 'line')}"


def _sentence(options: PhoneOptions) -> Any:
    if options.mobile_only:
        return _("Write a mobile number of 11 digits, for example 138 0013 8000.")
    return _(
        "Write a mobile number of 11 digits, for example 138 0013 8000, "
        "or a fixed line with its area code, for example 0755-26001234."
    )


KIND = PhoneField()
