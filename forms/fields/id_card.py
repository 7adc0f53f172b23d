"""The number of a resident identity card (公民身份号码), after GB 11643: 18 characters, the date of birth and
a check character within. Residence permits of people from Hong Kong, Macao, Taiwan and abroad have the same form.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from pydantic import Field

from forms.fields.base import (
    Cell,
    Column,
    FieldFault,
    FieldKind,
    FieldOptions,
    Stored,
    Surroundings,
    first_text,
    plain_digits,
)
from forms.fields.sampling import draw, pick
from foundation.expressions import Kind, SchemaEntry

_STORED = re.compile(r"[1-9]\d{16}[0-9X]", re.ASCII)
_DECORATION = re.compile(r"[\s\-‐‑–—.]+")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
# The first two figures: province (GB/T 2260); 81–83 Hong Kong, Macao, Taiwan; 9x people from abroad.
_PLACES = frozenset(
    f"{code:02}"
    for code in (
        *range(11, 16),
        *range(21, 24),
        *range(31, 38),
        *range(41, 47),
        *range(50, 55),
        *range(61, 66),
    )
) | {"71", "81", "82", "83"}
_EARLIEST = datetime.date(1900, 1, 1)


class IdCardOptions(FieldOptions):
    """How the number is shown."""

    masked: bool = Field(
        default=False,
        description="Show only the first three and the last four characters: 440***********1234.",
    )


class IdCardField(FieldKind[IdCardOptions]):
    """An identity-card number."""

    key = "id_card"
    name = _("Identity-card number")
    missing = _("Write the identity-card number.")
    template = "id_card"
    expression = Kind.TEXT
    options_model = IdCardOptions

    def parse(self, typed: Sequence[str], options: IdCardOptions) -> Stored | None:
        return _DECORATION.sub("", plain_digits(first_text(typed))).upper() or None

    def check(self, value: Any, options: IdCardOptions, around: Surroundings) -> None:
        if not isinstance(value, str):
            raise FieldFault(_("Write the 18 characters of the identity-card number."))
        if len(value) != 18:
            raise FieldFault(
                ngettext_lazy(
                    "An identity-card number has 18 characters; this has %(length)d.",
                    "An identity-card number has 18 characters; this has %(length)d.",
                    len(value),
                )
                % {"length": len(value)}
            )
        if not _STORED.fullmatch(value):
            raise FieldFault(_("Write 17 figures and then a figure or X."))
        if value[:2] not in _PLACES and not value.startswith("9"):
            raise FieldFault(_("No place has a number that begins like this. Check the first six figures."))
        born = birth_of(value)
        if born is None or not _EARLIEST <= born <= around.day:
            raise FieldFault(_("The 7th to 14th figures are no date of birth. Check the number."))
        if value[17] != check_character_of(value):
            raise FieldFault(
                _("The last character does not fit, so a figure is wrong. Compare the number with the card.")
            )

    def columns(self, options: IdCardOptions, language: str) -> Sequence[Column]:
        return [Column("", "", "text", 22)]

    def cells(self, value: Any, options: IdCardOptions, language: str) -> Mapping[str, Cell]:
        return {"": self.display(value, options, language)}

    def display(self, value: Any, options: IdCardOptions, language: str) -> str:
        text = str(value)
        return f"{text[:3]}{'*' * 11}{text[-4:]}" if options.masked else text

    def names(self, options: IdCardOptions) -> Mapping[str, SchemaEntry]:
        return {"": Kind.TEXT, "birth": Kind.DATE}

    def bindings(self, value: Any, options: IdCardOptions) -> Mapping[str, Any]:
        return {"": value, "birth": birth_of(value)}

    def sample(self, seed: int, options: IdCardOptions, around: Surroundings) -> Stored:
        place = pick(seed, ["110101", "310104", "440305", "330106", "510107"], "place")
        born = around.day - datetime.timedelta(draw(seed, 20 * 365, 60 * 365, "born"))
        body = f"{place}{born:%Y%m%d}{draw(seed, 1, 999, 'serial'):03}"
        return f"{body}{check_character_of(body)}"


def birth_of(number: str) -> datetime.date | None:
    """Return the date of birth within a number of 18 characters, None where there is none."""
    try:
        return datetime.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def check_character_of(number: str) -> str:
    """Return the last character that the first 17 figures ask for."""
    return _CHECKS[sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False)) % 11]


KIND = IdCardField()
