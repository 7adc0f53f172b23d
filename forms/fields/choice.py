"""One of several given answers, or words of one's own where the form allows it. Stores the key, of one's own
words ``{"other": words}``; prints the label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from django.utils.translation import gettext, override, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from pydantic import Field, field_validator, model_validator

from forms.faults import repeated, unsound
from forms.fields.base import (
    Cell,
    Column,
    FieldFault,
    FieldKind,
    FieldOptions,
    Stored,
    Surroundings,
    clean_text,
    first_text,
    parts_of,
    plain_texts,
    text_of_cell,
)
from forms.fields.sampling import draw, pick
from foundation.editions.texts import LocalizedText, in_language
from foundation.expressions import Kind, SchemaEntry

OTHER = "other"
"""What stands for words of one's own, posted as the part of the same name."""
LONGEST_OTHER = 200
_OWN = ["样例", "客户另有说明", "Something else"]


class Choice(FieldOptions):
    """One answer to choose."""

    key: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$", description="Stored; never shown, never changed.")
    label: LocalizedText
    help: LocalizedText | None = None


class GivenAnswers(FieldOptions):
    """What there is to choose from."""

    choices: list[Choice] = Field(min_length=1, max_length=500)
    other: bool = Field(default=False, description="Also take words of one's own.")
    other_label: LocalizedText | None = Field(default=None, description="Instead of “Other”.")

    @field_validator("choices")
    @classmethod
    def _distinct(cls, choices: list[Choice]) -> list[Choice]:
        keys = [choice.key for choice in choices]
        if (at := repeated(keys)) is not None:
            raise unsound(gettext("The key “%(key)s” stands here before.") % {"key": keys[at]}, at, "key")
        return choices

    @model_validator(mode="after")
    def _other_is_free(self) -> GivenAnswers:
        for at, choice in enumerate(self.choices if self.other else ()):
            if choice.key == OTHER:
                sentence = gettext("With words of one's own, no choice has the key “%(key)s”.")
                raise unsound(sentence % {"key": OTHER}, "choices", at, "key")
        return self

    @property
    def brief(self) -> bool:
        """Whether the choices are few and short enough to stand side by side."""
        return len(self.choices) <= 7 and all(
            choice.help is None and all(len(text) <= 30 for text in choice.label.values())
            for choice in self.choices
        )

    def has(self, key: Any) -> bool:
        """Whether it is the key of a choice."""
        return isinstance(key, str) and any(choice.key == key for choice in self.choices)

    def label_of(self, key: str, language: str) -> str:
        """Return the label of a choice; the key itself where it is unknown."""
        return next((in_language(c.label, language) for c in self.choices if c.key == key), key)

    def key_of(self, label: str) -> str | None:
        """Return the key of the choice with this label, in any language, or with this key."""
        wanted = label.strip()
        if self.has(wanted):
            return wanted
        return next(
            (c.key for c in self.choices if wanted in (text.strip() for text in c.label.values())), None
        )

    def other_in(self, language: str) -> str:
        """Return what words of one's own are called."""
        if self.other_label:
            return in_language(self.other_label, language)
        with override(language):
            return str(pgettext_lazy("answer", "Other"))

    def own_words(self, texts: Mapping[str, Sequence[str]]) -> dict[str, str]:
        """Return words of one's own as they are stored; raises FieldFault where there are none."""
        words = clean_text(first_text(texts.get(OTHER, ())), lines=False)
        if not words:
            raise FieldFault(_("Write what you mean by the other answer."))
        return {OTHER: words}

    def check_own(self, value: Any) -> None:
        """Raise FieldFault unless ``value`` is words of one's own, and the form takes them."""
        words = value.get(OTHER) if isinstance(value, dict) and len(value) == 1 and self.other else None
        if not isinstance(words, str) or not words or words != clean_text(words, lines=False):
            raise FieldFault(_("Choose one of the given answers."))
        if len(words) > LONGEST_OTHER:
            raise FieldFault(_("Shorten your own words to %(most)d characters.") % {"most": LONGEST_OTHER})

    def shown(self, value: Any, language: str) -> str:
        """Return a stored answer as people read it."""
        if isinstance(value, dict):
            with override(language):
                return str(
                    _("%(other)s: %(words)s") % {"other": self.other_in(language), "words": value[OTHER]}
                )
        return self.label_of(str(value), language)


class ChoiceOptions(GivenAnswers):
    """What there is to choose from, and how it is shown."""

    widget: Literal["auto", "radio", "select"] = Field(
        default="auto", description="auto: all in sight up to seven, a drop-down beyond."
    )

    @property
    def as_radio(self) -> bool:
        """Whether all choices stand in sight."""
        return self.widget == "radio" or (self.widget == "auto" and len(self.choices) <= 7)


class ChoiceField(FieldKind[ChoiceOptions]):
    """One of several given answers."""

    key = "choice"
    name = _("Choice")
    missing = _("Choose one of the given answers.")
    template = "choice"
    expression = Kind.TEXT
    options_model = ChoiceOptions

    def is_set(self, options: ChoiceOptions) -> bool:
        return options.as_radio or options.other

    def parse(self, typed: Sequence[str], options: ChoiceOptions) -> Stored | None:
        if not options.other:
            return first_text(typed) or None
        key, parts = first_text(plain_texts(typed)), parts_of(typed)
        if key == OTHER or (not key and first_text(parts.get(OTHER, ())).strip()):
            return options.own_words(parts)
        return key or None

    def check(self, value: Any, options: ChoiceOptions, around: Surroundings) -> None:
        if not options.has(value):
            options.check_own(value)

    def typed(self, value: Any, options: ChoiceOptions) -> list[str]:
        return [OTHER, f"{OTHER}={value[OTHER]}"] if isinstance(value, dict) else [str(value)]

    def display(self, value: Any, options: ChoiceOptions, language: str) -> str:
        return options.shown(value, language)

    def columns(self, options: ChoiceOptions, language: str) -> Sequence[Column]:
        own = [Column(OTHER, options.other_in(language), "text", 20)] if options.other else []
        return [Column("", "", "text"), *own]

    def cells(self, value: Any, options: ChoiceOptions, language: str) -> Mapping[str, Cell]:
        if isinstance(value, dict):
            return {"": options.other_in(language), OTHER: value[OTHER]}
        return {"": options.label_of(str(value), language)}

    def typed_from_cells(self, cells: Mapping[str, Cell], options: ChoiceOptions, language: str) -> list[str]:
        written, own = text_of_cell(cells.get("")).strip(), text_of_cell(cells.get(OTHER)).strip()
        if key := options.key_of(written):
            return [key]
        if options.other and (own or written == options.other_in(language)):
            return [OTHER, f"{OTHER}={own}"]
        return [written] if written else []

    def in_expression(self, value: Any) -> Any:
        return OTHER if isinstance(value, dict) else value

    def names(self, options: ChoiceOptions) -> Mapping[str, SchemaEntry]:
        return {"": Kind.TEXT, OTHER: Kind.TEXT} if options.other else {"": Kind.TEXT}

    def bindings(self, value: Any, options: ChoiceOptions) -> Mapping[str, Any]:
        own = {OTHER: value[OTHER]} if isinstance(value, dict) else {}
        return {"": self.in_expression(value), **own}

    def sample(self, seed: int, options: ChoiceOptions, around: Surroundings) -> Stored:
        if options.other and draw(seed, 0, 4, "own") == 0:
            return {OTHER: pick(seed, _OWN, "words")}
        return pick(seed, options.choices).key


KIND = ChoiceField()
