"""A mark from one to a greatest, the more the better. Stores the whole number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _
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
from forms.fields.sampling import draw
from foundation.editions.texts import LocalizedText
from foundation.expressions import Kind


class RatingOptions(FieldOptions):
    """How far the marks go, and what their ends mean."""

    max: int = Field(default=5, ge=2, le=10, description="Greatest mark.")
    low: LocalizedText | None = Field(default=None, description="What 1 means: 很不满意.")
    high: LocalizedText | None = Field(default=None, description="What the greatest mark means: 很满意.")

    @property
    def marks(self) -> range:
        """The marks there are."""
        return range(1, self.max + 1)


class RatingField(FieldKind[RatingOptions]):
    """A mark."""

    key = "rating"
    name = _("Rating")
    missing = _("Choose a mark.")
    template = "rating"
    expression = Kind.WHOLE
    options_model = RatingOptions

    def is_set(self, options: RatingOptions) -> bool:
        return True

    def parse(self, typed: Sequence[str], options: RatingOptions) -> Stored | None:
        # A sheet may hold what we print: 4 / 5.
        written = plain_digits(first_text(typed)).removesuffix(f"/ {options.max}").strip()
        if not written:
            return None
        if not (written.isascii() and written.isdigit() and len(written) <= 2):
            raise FieldFault(self._how(options))
        return int(written)

    def check(self, value: Any, options: RatingOptions, around: Surroundings) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= options.max:
            raise FieldFault(self._how(options))

    def columns(self, options: RatingOptions, language: str) -> Sequence[Column]:
        return [Column("", "", "whole", 8)]

    def cells(self, value: Any, options: RatingOptions, language: str) -> Mapping[str, Cell]:
        return {"": int(value)}

    def display(self, value: Any, options: RatingOptions, language: str) -> str:
        return f"{value} / {options.max}"

    def sample(self, seed: int, options: RatingOptions, around: Surroundings) -> Stored:
        return draw(seed, 1, options.max)

    def _how(self, options: RatingOptions) -> Any:
        return _("Choose a mark from 1 to %(most)d.") % {"most": options.max}


KIND = RatingField()
