"""Words that are shown among the questions and ask nothing: an instruction, a warning, a legal notice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import Field, field_validator

from forms.fields.base import Cell, Column, FieldFault, FieldKind, FieldOptions, Stored, Surroundings
from forms.fields.markup import clean_markup
from foundation.editions.texts import LocalizedText
from foundation.expressions import Kind, SchemaEntry


class StaticOptions(FieldOptions):
    """What is shown."""

    content: LocalizedText = Field(
        description="Plain words or HTML: paragraphs, lists, bold, italics, underline, headings h3 and h4, links;"
        " everything else is taken out."
    )
    tone: Literal["plain", "note", "warning"] = Field(default="plain", description="How much it stands out.")

    @field_validator("content")
    @classmethod
    def _cleaned(cls, content: dict[str, str]) -> dict[str, str]:
        cleaned = {code: clean_markup(text) for code, text in content.items()}
        if any(len(text) > 20_000 for text in cleaned.values()):
            raise ValueError(gettext("The words are longer than 20,000 characters."))
        if any(text.strip() and not cleaned[code] for code, text in content.items()):
            raise ValueError(
                gettext("Nothing of these words may be shown: write plain words or the HTML named here.")
            )
        return cleaned


class StaticField(FieldKind[StaticOptions]):
    """Words among the questions."""

    key = "static"
    name = _("Words among the questions")
    missing = _("There is nothing to answer here.")
    template = "static"
    expression = Kind.TEXT
    options_model = StaticOptions
    asks = False
    computes = False

    def parse(self, typed: Sequence[str], options: StaticOptions) -> Stored | None:
        return None

    def check(self, value: Any, options: StaticOptions, around: Surroundings) -> None:
        raise FieldFault(self.missing)

    def typed(self, value: Any, options: StaticOptions) -> list[str]:
        return []

    def display(self, value: Any, options: StaticOptions, language: str) -> str:
        return ""

    def columns(self, options: StaticOptions, language: str) -> Sequence[Column]:
        return []

    def cells(self, value: Any, options: StaticOptions, language: str) -> Mapping[str, Cell]:
        return {}

    def names(self, options: StaticOptions) -> Mapping[str, SchemaEntry]:
        return {}

    def bindings(self, value: Any, options: StaticOptions) -> Mapping[str, Any]:
        return {}

    def sample(self, seed: int, options: StaticOptions, around: Surroundings) -> Stored | None:
        return None


KIND = StaticField()
