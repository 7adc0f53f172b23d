"""Several of given answers, and words of one's own where the form allows it. Stores the keys in the order of
the form, words of one's own last as ``{"other": words}``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _
from pydantic import Field, model_validator

from forms.faults import unsound
from forms.fields.base import (
    Cell,
    Column,
    FieldFault,
    FieldKind,
    Segment,
    Stored,
    Surroundings,
    first_text,
    parts_of,
    plain_texts,
    text_of_cell,
)
from forms.fields.choice import OTHER, GivenAnswers
from forms.fields.sampling import draw
from foundation.expressions import Kind, SchemaEntry

_BETWEEN = re.compile(r"[;；]")


class ChoicesOptions(GivenAnswers):
    """What there is to choose from, how many of it, and how it is shown."""

    min: int = Field(default=0, ge=0, le=500, description="Fewest answers, once any is given.")
    max: int | None = Field(default=None, ge=1, le=500, description="Most answers; empty: all.")
    widget: Literal["auto", "boxes", "list"] = Field(
        default="auto", description="auto: boxes to tick up to twenty, a list that is searched beyond."
    )

    @model_validator(mode="after")
    def _agree(self) -> ChoicesOptions:
        there = len(self.choices) + self.other
        if self.min > min(self.max or there, there):
            raise unsound(gettext("This is more than the most, or than there are choices."), "min")
        return self

    @property
    def as_boxes(self) -> bool:
        """Whether all choices stand in sight."""
        return self.widget == "boxes" or (self.widget == "auto" and len(self.choices) <= 20)


class ChoicesField(FieldKind[ChoicesOptions]):
    """Several of given answers."""

    key = "choices"
    name = _("Several choices")
    missing = _("Choose at least one of the given answers.")
    template = "choices"
    expression = Kind.LIST_OF_TEXT
    computes = False
    options_model = ChoicesOptions

    def is_set(self, options: ChoicesOptions) -> bool:
        return options.as_boxes or options.other

    def parse(self, typed: Sequence[str], options: ChoicesOptions) -> Stored | None:
        keys, parts = plain_texts(typed), parts_of(typed)
        unknown = [key for key in keys if key and key != OTHER and not options.has(key)]
        found: list[Any] = [choice.key for choice in options.choices if choice.key in keys] + unknown
        if options.other and (OTHER in keys or first_text(parts.get(OTHER, ())).strip()):
            found.append(options.own_words(parts))
        return found or None

    def check(self, value: Any, options: ChoicesOptions, around: Surroundings) -> None:
        if not isinstance(value, list) or not value:
            raise FieldFault(self.missing)
        keys = [key for key in value if not isinstance(key, dict)]
        if len(value) > len(keys):
            if len(value) > len(keys) + 1 or not isinstance(value[-1], dict):
                raise FieldFault(_("Choose among the given answers."))
            options.check_own(value[-1])
        if not all(isinstance(key, str) for key in keys) or keys != [
            choice.key for choice in options.choices if choice.key in keys
        ]:
            raise FieldFault(_("Choose among the given answers."))
        if len(value) < options.min:
            raise FieldFault(
                ngettext_lazy(
                    "Choose at least %(least)d answer.", "Choose at least %(least)d answers.", options.min
                )
                % {"least": options.min}
            )
        if options.max is not None and len(value) > options.max:
            raise FieldFault(
                ngettext_lazy(
                    "Choose at most %(most)d answer; there are %(count)d now.",
                    "Choose at most %(most)d answers; there are %(count)d now.",
                    options.max,
                )
                % {"most": options.max, "count": len(value)}
            )

    def typed(self, value: Any, options: ChoicesOptions) -> list[str]:
        texts: list[str] = []
        for item in value:
            texts += [OTHER, f"{OTHER}={item[OTHER]}"] if isinstance(item, dict) else [str(item)]
        return texts

    def display(self, value: Any, options: ChoicesOptions, language: str) -> str:
        between = "、" if language.startswith("zh") else ", "
        return between.join(options.shown(item, language) for item in value)

    def columns(self, options: ChoicesOptions, language: str) -> Sequence[Column]:
        own = [Column(OTHER, options.other_in(language), "text", 20)] if options.other else []
        return [Column("", "", "text", 30), *own]

    def cells(self, value: Any, options: ChoicesOptions, language: str) -> Mapping[str, Cell]:
        labels, own = [], {}
        for item in value:
            if isinstance(item, dict):
                own = {OTHER: item[OTHER]}
                continue
            label = options.label_of(str(item), language)
            # A label that holds our separator could not be read back.
            labels.append(item if _BETWEEN.search(label) else label)
        between = "；" if language.startswith("zh") else "; "
        return {"": between.join(labels) or None, **own}

    def typed_from_cells(
        self, cells: Mapping[str, Cell], options: ChoicesOptions, language: str
    ) -> list[str]:
        labels = (label.strip() for label in _BETWEEN.split(text_of_cell(cells.get(""))))
        own = text_of_cell(cells.get(OTHER)).strip()
        texts = [options.key_of(label) or label for label in labels if label]
        return [*texts, OTHER, f"{OTHER}={own}"] if own and options.other else texts

    def in_expression(self, value: Any) -> Any:
        return [OTHER if isinstance(item, dict) else item for item in value]

    def names(self, options: ChoicesOptions) -> Mapping[str, SchemaEntry]:
        return {"": self.expression, OTHER: Kind.TEXT} if options.other else {"": self.expression}

    def bindings(self, value: Any, options: ChoicesOptions) -> Mapping[str, Any]:
        own = {OTHER: value[-1][OTHER]} if isinstance(value[-1], dict) else {}
        return {"": self.in_expression(value), **own}

    def difference(self, before: Any, after: Any, options: ChoicesOptions, language: str) -> list[Segment]:
        old, new = before or [], after or []
        segments: list[Segment] = []
        for item in [*old, *(item for item in new if item not in old)]:
            sort: Literal["same", "removed", "added"] = (
                "added" if item not in old else "same" if item in new else "removed"
            )
            between = "" if not segments else "、" if language.startswith("zh") else ", "
            segments.append(Segment(sort, f"{between}{options.shown(item, language)}"))
        return segments

    def sample(self, seed: int, options: ChoicesOptions, around: Surroundings) -> Stored:
        there = len(options.choices)
        least, most = max(1, min(options.min, there)), min(options.max or there, there, max(options.min, 3))
        count = draw(seed, least, max(least, most), "count")
        order = sorted(range(there), key=lambda at: draw(seed, 0, 10**9, f"order{at}"))[:count]
        keys: list[Any] = [options.choices[at].key for at in sorted(order)]
        if options.other and (
            len(keys) < options.min or (draw(seed, 0, 4, "own") == 0 and options.max is None)
        ):
            keys.append({OTHER: "样例"})
        return keys


KIND = ChoicesField()
