"""A vehicle identification number (VIN, 车辆识别代号): 17 characters, never I, O or Q.

The check digit in the ninth place (ISO 3779 leaves it to the maker, GB 16735 asks for it) can be asked for:
cars built for China and North America have it, many imported European ones do not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from pydantic import Field

from forms.fields.base import (
    Column,
    FieldFault,
    FieldOptions,
    PlainTextKind,
    Stored,
    Surroundings,
    first_text,
    plain_digits,
)
from forms.fields.sampling import draw, pick
from foundation.expressions import Kind

_STORED = re.compile(r"[A-HJ-NPR-Z0-9]{17}", re.ASCII)
_DECORATION = re.compile(r"[\s\-‐‑–—.*]+")
_VALUES = {
    **{str(digit): digit for digit in range(10)},
    **dict(zip("ABCDEFGH", range(1, 9), strict=True)),
    **dict(zip("JKLMN", range(1, 6), strict=True)),
    "P": 7,
    "R": 9,
    **dict(zip("STUVWXYZ", range(2, 10), strict=True)),
}
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_CHECK_PLACE = 8


class VinOptions(FieldOptions):
    """How strictly the number is looked at."""

    check_digit: bool = Field(
        default=True,
        description="Ask for the check digit in the ninth place; off where imported cars without one are taken.",
    )


class VinField(PlainTextKind[VinOptions]):
    """A VIN."""

    key = "vin"
    name = _("VIN")
    missing = _("Write the VIN.")
    template = "vin"
    expression = Kind.TEXT
    options_model = VinOptions

    def parse(self, typed: Sequence[str], options: VinOptions) -> Stored | None:
        written = _DECORATION.sub("", plain_digits(first_text(typed))).upper()
        if not written:
            return None
        self._check(written, options)
        return written

    def check(self, value: Any, options: VinOptions, around: Surroundings) -> None:
        self._check(value, options)

    def _check(self, value: Any, options: VinOptions) -> None:
        if not isinstance(value, str):
            raise FieldFault(_("Write the 17 characters of the VIN."))
        if len(value) != 17:
            raise FieldFault(
                ngettext_lazy(
                    "A VIN has 17 characters; this has %(length)d.",
                    "A VIN has 17 characters; this has %(length)d.",
                    len(value),
                )
                % {"length": len(value)}
            )
        if re.search(r"[IOQ]", value):
            raise FieldFault(_("A VIN has no letters I, O and Q. Write the figures 1 and 0 instead."))
        if not _STORED.fullmatch(value):
            raise FieldFault(_("Write the VIN in capital letters and figures only."))
        if options.check_digit and value[_CHECK_PLACE] != check_digit_of(value):
            raise FieldFault(
                _(
                    "The check digit does not fit, so a character is wrong. Compare the VIN with the vehicle "
                    "licence, character by character."
                )
            )

    def columns(self, options: VinOptions, language: str) -> Sequence[Column]:
        return [Column("", "", "text", 20)]

    def sample(self, seed: int, options: VinOptions, around: Surroundings) -> Stored:
        maker = pick(seed, ["LSV", "LFV", "LVS", "LGB", "LBV"], "maker")
        body = "".join(pick(seed, "ABCDEFGHJKLMNPRSTUVWXYZ0123456789", f"body{at}") for at in range(5))
        vin = f"{maker}{body}0{pick(seed, 'JKLMNPRST', 'year')}2{draw(seed, 0, 999_999, 'serial'):06}"
        return f"{vin[:_CHECK_PLACE]}{check_digit_of(vin)}{vin[_CHECK_PLACE + 1 :]}"


def check_digit_of(vin: str) -> str:
    """Return what must stand in the ninth place of a VIN of 17 sound characters."""
    rest = sum(_VALUES[sign] * weight for sign, weight in zip(vin, _WEIGHTS, strict=True)) % 11
    return "X" if rest == 10 else str(rest)


KIND = VinField()
