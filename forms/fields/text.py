"""One line of text. Stores the line composed and trimmed; prints it as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext, ngettext_lazy
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
from forms.fields.pattern import check_match, check_pattern
from forms.fields.sampling import pick
from foundation.editions.texts import LocalizedText
from foundation.expressions import Kind

_SAMPLES = ["样例", "王小明", "客户来电说明情况", "第二次到店", "Example", "测试内容 A1"]


class TextOptions(FieldOptions):
    """What a line of text may be."""

    min_length: int = Field(default=0, ge=0, le=1000, description="Fewest characters.")
    max_length: int = Field(default=200, ge=1, le=1000, description="Most characters.")
    pattern: str = Field(default="", max_length=500, description="RE2 pattern the whole line must match.")
    pattern_message: LocalizedText | None = Field(
        default=None, description="What to write, said when the pattern is not met."
    )
    example: str = Field(default="", max_length=200, description="A sound answer; required with a pattern.")

    @model_validator(mode="after")
    def _agree(self) -> TextOptions:
        if self.min_length > self.max_length:
            raise unsound(gettext("The most is less than the least."), "max_length")
        check_pattern(self.pattern, self.pattern_message, self.example)
        return self


class TextField(PlainTextKind[TextOptions]):
    """A line of text."""

    key = "text"
    name = _("Line of text")
    missing = _("Fill this in.")
    template = "text"
    expression = Kind.TEXT
    options_model = TextOptions

    def parse(self, typed: Sequence[str], options: TextOptions) -> Stored | None:
        return clean_text(first_text(typed), lines=False) or None

    def check(self, value: Any, options: TextOptions, around: Surroundings) -> None:
        if not isinstance(value, str) or not value or value != clean_text(value, lines=False):
            raise FieldFault(_("Write this on one line of plain text."))
        check_length(value, options.min_length, options.max_length)
        check_match(value, options.pattern, options.pattern_message)

    def sample(self, seed: int, options: TextOptions, around: Surroundings) -> Stored:
        if options.example:
            return options.example
        return fitted(pick(seed, _SAMPLES), options.min_length, options.max_length)


def check_length(value: str, least: int, most: int) -> None:
    """Raise FieldFault unless the text has from ``least`` to ``most`` characters."""
    if len(value) > most:
        raise FieldFault(
            ngettext_lazy(
                "Shorten this to %(most)d character; it has %(length)d now.",
                "Shorten this to %(most)d characters; it has %(length)d now.",
                most,
            )
            % {"most": most, "length": len(value)}
        )
    if len(value) < least:
        raise FieldFault(
            ngettext_lazy(
                "Write at least %(least)d character; there are %(length)d now.",
                "Write at least %(least)d characters; there are %(length)d now.",
                least,
            )
            % {"least": least, "length": len(value)}
        )


def fitted(text: str, least: int, most: int) -> str:
    """Return ``text`` repeated and cut to a length between the two."""
    while len(text) < max(least, 1):
        text += text
    return text[:most].strip() or "样"


KIND = TextField()
