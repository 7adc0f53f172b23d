"""Yes or no, asked as two buttons so that an answer is a decision. Stores true or false."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from pydantic import Field

from forms.fields.base import (
    Cell,
    FieldFault,
    FieldKind,
    FieldOptions,
    Stored,
    Surroundings,
    first_text,
    text_of_cell,
)
from forms.fields.sampling import draw
from foundation.editions.texts import LocalizedText, in_language
from foundation.expressions import Kind

_TAKEN = {
    True: {"yes", "y", "true", "1", "是", "有", "✓", "√"},
    False: {"no", "n", "false", "0", "否", "无", "×"},
}
"""What people write into sheets."""


class YesNoOptions(FieldOptions):
    """The words on the two buttons, where yes and no are not enough."""

    yes: LocalizedText | None = Field(default=None, description="Instead of “yes”.")
    no: LocalizedText | None = Field(default=None, description="Instead of “no”.")


class YesNoField(FieldKind[YesNoOptions]):
    """Yes or no."""

    key = "yes_no"
    name = _("Yes or no")
    missing = _("Choose yes or no.")
    template = "yes_no"
    expression = Kind.YES_NO
    options_model = YesNoOptions

    def is_set(self, options: YesNoOptions) -> bool:
        return True

    def parse(self, typed: Sequence[str], options: YesNoOptions) -> Stored | None:
        written = first_text(typed)
        if written in {"yes", "no"}:
            return written == "yes"
        if written.strip():
            raise FieldFault(_("Choose yes or no."))
        return None

    def check(self, value: Any, options: YesNoOptions, around: Surroundings) -> None:
        if not isinstance(value, bool):
            raise FieldFault(_("Choose yes or no."))

    def typed(self, value: Any, options: YesNoOptions) -> list[str]:
        return ["yes" if value else "no"]

    def cells(self, value: Any, options: YesNoOptions, language: str) -> Mapping[str, Cell]:
        return {"": bool(value)}

    def display(self, value: Any, options: YesNoOptions, language: str) -> str:
        own = options.yes if value else options.no
        if own is not None:
            return in_language(own, language)
        with override(language):
            return str(_("Yes") if value else _("No"))

    def typed_from_cells(self, cells: Mapping[str, Cell], options: YesNoOptions, language: str) -> list[str]:
        written = text_of_cell(cells.get("")).strip()
        for answer in (True, False):
            own = (options.yes if answer else options.no) or {}
            if written.casefold() in {*_TAKEN[answer], *(text.strip().casefold() for text in own.values())}:
                return self.typed(answer, options)
        return [written] if written else []

    def sample(self, seed: int, options: YesNoOptions, around: Surroundings) -> Stored:
        return bool(draw(seed, 0, 1))


KIND = YesNoField()
