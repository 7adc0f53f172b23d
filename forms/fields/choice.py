"""One of several given answers. Stores its key; prints its label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field, field_validator

from forms.fields.base import FieldFault, FieldKind, FieldOptions, Stored, Surroundings, first_text
from forms.fields.sampling import pick
from foundation.editions.texts import LocalizedText, in_language
from foundation.expressions import Kind


class Choice(FieldOptions):
    """One answer to choose."""

    key: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$", description="Stored; never shown, never changed.")
    label: LocalizedText
    help: LocalizedText | None = None


class ChoiceOptions(FieldOptions):
    """What there is to choose from."""

    choices: list[Choice] = Field(min_length=1, max_length=500)
    widget: Literal["auto", "radio", "select"] = Field(
        default="auto", description="auto: all in sight up to seven, a drop-down beyond."
    )

    @field_validator("choices")
    @classmethod
    def _distinct(cls, choices: list[Choice]) -> list[Choice]:
        keys = [choice.key for choice in choices]
        if len(set(keys)) != len(keys):
            raise ValueError("two choices have the same key")
        return choices

    @property
    def as_radio(self) -> bool:
        """Whether all choices stand in sight."""
        return self.widget == "radio" or (self.widget == "auto" and len(self.choices) <= 7)

    @property
    def brief(self) -> bool:
        """Whether the choices are few and short enough to stand side by side."""
        return len(self.choices) <= 7 and all(
            choice.help is None and all(len(text) <= 30 for text in choice.label.values())
            for choice in self.choices
        )

    def label_of(self, key: str, language: str) -> str:
        """Return the label of a choice; the key itself where it is unknown."""
        return next((in_language(c.label, language) for c in self.choices if c.key == key), key)


class ChoiceField(FieldKind[ChoiceOptions]):
    """One of several given answers."""

    key = "choice"
    name = _("Choice")
    missing = _("Choose one of the given answers.")
    template = "choice"
    expression = Kind.TEXT
    options_model = ChoiceOptions

    def is_set(self, options: ChoiceOptions) -> bool:
        return options.as_radio

    def parse(self, typed: Sequence[str], options: ChoiceOptions) -> Stored | None:
        return first_text(typed) or None

    def check(self, value: Any, options: ChoiceOptions, around: Surroundings) -> None:
        if not isinstance(value, str) or all(choice.key != value for choice in options.choices):
            raise FieldFault(_("Choose one of the given answers."))

    def typed(self, value: Any, options: ChoiceOptions) -> list[str]:
        return [str(value)]

    def display(self, value: Any, options: ChoiceOptions, language: str) -> str:
        return options.label_of(str(value), language)

    def sample(self, seed: int, options: ChoiceOptions, around: Surroundings) -> Stored:
        return pick(seed, options.choices).key


KIND = ChoiceField()
