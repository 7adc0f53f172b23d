"""Several lines of text. Stores them with ``\\n`` between; prints them as paragraphs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import Field, model_validator

from forms.faults import unsound
from forms.fields.base import (
    FieldFault,
    FieldOptions,
    PlainTextKind,
    Stored,
    Surroundings,
    clean_text,
    first_text,
)
from forms.fields.sampling import pick
from forms.fields.text import check_length, fitted
from foundation.expressions import Kind

_SAMPLES = [
    "客户反映取车时前保险杠有一处划痕。\n接待人员已拍照并致歉。",
    "空调异响,已是第二次来店。",
    "Called twice, nobody answered.\nWaiting for a call back.",
]


class LongTextOptions(FieldOptions):
    """What several lines of text may be."""

    min_length: int = Field(default=0, ge=0, le=20_000, description="Fewest characters.")
    max_length: int = Field(default=4000, ge=1, le=20_000, description="Most characters.")
    rows: int = Field(default=5, ge=2, le=30, description="Height of the box in lines.")

    @model_validator(mode="after")
    def _agree(self) -> LongTextOptions:
        if self.min_length > self.max_length:
            raise unsound(gettext("The most is less than the least."), "max_length")
        return self


class LongTextField(PlainTextKind[LongTextOptions]):
    """Several lines of text."""

    key = "long_text"
    name = _("Several lines of text")
    missing = _("Fill this in.")
    template = "long_text"
    expression = Kind.TEXT
    options_model = LongTextOptions

    def parse(self, typed: Sequence[str], options: LongTextOptions) -> Stored | None:
        return clean_text(first_text(typed), lines=True) or None

    def check(self, value: Any, options: LongTextOptions, around: Surroundings) -> None:
        if not isinstance(value, str) or not value or value != clean_text(value, lines=True):
            raise FieldFault(_("Write this as plain text."))
        check_length(value, options.min_length, options.max_length)

    def sample(self, seed: int, options: LongTextOptions, around: Surroundings) -> Stored:
        return fitted(pick(seed, _SAMPLES), options.min_length, options.max_length)


KIND = LongTextField()
