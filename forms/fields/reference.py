"""Answers that name something outside the form: a person, a department, a position, a row of a register.

Stores ``{"key": …, "label": words it had on the day}``, and under ``read`` what expressions read of the thing, as
it stood on the day; only what the person who answered may read. The control posts the key, the words in its box as the
part ``words``, and the words that belong to the key as the part ``label``: where somebody has changed the words
without choosing, the words count. Words are looked up like a key, as ``=words``; a directory finds them where
exactly one thing has that number, code or name.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, ClassVar, TypeVar

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import Field, model_validator

from forms.faults import unsound
from forms.fields.base import (
    Cell,
    Column,
    FieldFault,
    FieldKind,
    FieldOptions,
    Found,
    Reference,
    Segment,
    Stored,
    Surroundings,
    Words,
    clean_text,
    first_text,
    parts_of,
    plain_texts,
    text_of_cell,
)
from forms.fields.looked_up import Readable, read_as
from forms.fields.sampling import pick
from foundation.expressions import Kind, SchemaEntry

SAID = "="
"""Stands before words that are to be looked up."""
CANDIDATES = "candidates"
"""Under this name of ``Found.values`` a directory says what words may mean that fit several things."""
OWN_PART = "name"
"""The part of a reference that expressions read as its words."""
READ = "read"
"""Under this key a stored reference says what expressions read of the thing."""
_LONGEST_KEY = 200
_LONGEST_LABEL = 400
_LONGEST_WORDS = 120
_IDENTIFIER = r"^[a-z][a-z0-9_]{0,39}$"


class ReferenceOptions(FieldOptions):
    """What is taken over of the thing chosen."""

    fills: dict[str, str] = Field(
        default_factory=dict,
        max_length=30,
        description="Fields of this form (of the same row, in a repeating group) that take over what the chosen"
        " thing says, while they are empty: id of the field here → name there.",
    )
    reads: dict[Annotated[str, Field(pattern=_IDENTIFIER)], Readable] = Field(
        default_factory=dict,
        max_length=12,
        description="What expressions may read of the chosen thing, as `<id of this field>.<name there>`: name there"
        " → what it is. Missing where whoever answers may not read it; a rule then is not tried.",
    )

    @model_validator(mode="after")
    def _free_name(self) -> ReferenceOptions:
        if OWN_PART in self.reads:
            sentence = gettext("“%(name)s” is the words of the thing itself and can always be read.")
            raise unsound(sentence % {"name": OWN_PART}, "reads", OWN_PART)
        return self


OptionsT = TypeVar("OptionsT", bound=ReferenceOptions)


class ReferenceField(FieldKind[OptionsT]):
    """An answer that names something outside the form."""

    template = "reference"
    expression = Kind.TEXT
    computes = False
    offers: ClassVar[Mapping[str, Kind]] = {}
    """What can be read of a thing, where that is always the same."""
    gives: ClassVar[Mapping[str, Words]] = {}
    """What ``fills`` can take over of the thing, by name, where that does not depend on the options."""

    @abstractmethod
    def source(self, options: OptionsT) -> str:
        """Return where the thing is looked up."""

    def parse(self, typed: Sequence[str], options: OptionsT) -> Stored | None:
        parts = parts_of(typed)
        key = first_text(plain_texts(typed)).strip()
        words, label = (
            clean_text(first_text(parts.get(part, ())), lines=False) for part in ("words", "label")
        )
        if "words" in parts and words != label:
            key = f"{SAID}{words}" if words else ""
        if not key:
            return None
        if len(key) > (_LONGEST_WORDS if key.startswith(SAID) else _LONGEST_KEY):
            raise FieldFault(self.missing)
        return {"key": key, "label": label} if label and not key.startswith(SAID) else {"key": key}

    def references(self, value: Any, options: OptionsT) -> Collection[Reference]:
        key = value.get("key") if isinstance(value, dict) else None
        if not isinstance(key, str) or not 0 < len(key) <= _LONGEST_KEY:
            return ()
        return (Reference(self.source(options), key),)

    def check(self, value: Any, options: OptionsT, around: Surroundings) -> None:
        references = self.references(value, options)
        label = value.get("label", "") if references else None
        if (
            not references
            or not set(value) <= {"key", "label", READ}
            or not isinstance(label, str)
            or len(label) > _LONGEST_LABEL
            or any(sign != clean_text(sign, lines=False) for sign in (value["key"], label))
            or value["key"] == SAID
        ):
            raise FieldFault(self.missing)
        found = around.found.get(next(iter(references)))
        if found is None:
            words = value["key"].removeprefix(SAID) if value["key"].startswith(SAID) else label
            if words:
                raise FieldFault(
                    gettext("Nothing called “%(words)s” is found here. Choose from the list.")
                    % {"words": words[:60]}
                )
            raise FieldFault(_("What was chosen is not there any more, or not for you. Choose again."))
        if CANDIDATES in found.values:
            raise FieldFault(
                gettext("Several fit “%(words)s”: %(candidates)s. Write the number or code of one of them.")
                % {"words": value["key"].removeprefix(SAID)[:60], "candidates": found.values[CANDIDATES]}
            )

    def settled(self, value: Any, options: OptionsT, around: Surroundings) -> Stored:
        found = around.found[next(iter(self.references(value, options)))]
        label = clean_text(found.label, lines=False)[:_LONGEST_LABEL].strip()
        read = {
            name: found.values[name]
            for name, kind in options.reads.items()
            if read_as(kind, found.values.get(name)) is not None
        }
        return {"key": found.reference.key, "label": label, **({READ: read} if read else {})}

    def typed(self, value: Any, options: OptionsT) -> list[str]:
        key, label = str(value["key"]), str(value.get("label", ""))
        if key.startswith(SAID):
            return ["", f"words={key.removeprefix(SAID)}"]
        return [key, f"label={label}", f"words={label}"] if label else [key]

    def display(self, value: Any, options: OptionsT, language: str) -> str:
        return str(value.get("label") or value["key"].removeprefix(SAID))

    def columns(self, options: OptionsT, language: str) -> Sequence[Column]:
        return [Column("", "", "text", 24)]

    def typed_from_cells(self, cells: Mapping[str, Cell], options: OptionsT, language: str) -> list[str]:
        text = clean_text(text_of_cell(cells.get("")), lines=False)
        return ["", f"words={text}"] if text else []

    def in_expression(self, value: Any) -> Any:
        return value["key"]

    def names(self, options: OptionsT) -> Mapping[str, SchemaEntry]:
        return {
            "": self.expression,
            OWN_PART: Kind.TEXT,
            **{name: Kind(kind) for name, kind in options.reads.items()},
        }

    def reads(self, options: OptionsT) -> Collection[str]:
        return options.reads

    def bindings(self, value: Any, options: OptionsT) -> Mapping[str, Any]:
        found = {"": value["key"], OWN_PART: value.get("label", "")}
        there = value.get(READ, {})
        for name, kind in options.reads.items():
            if (read := read_as(kind, there.get(name))) is not None:
                found[name] = read
        return found

    def difference(self, before: Any, after: Any, options: OptionsT, language: str) -> list[Segment]:
        # What expressions read of the thing is no answer of anybody's.
        old, new = (
            {name: said for name, said in value.items() if name != READ} if isinstance(value, dict) else value
            for value in (before, after)
        )
        return super().difference(old, new, options, language)

    def sample(self, seed: int, options: OptionsT, around: Surroundings) -> Stored | None:
        there: Sequence[Found] = around.directory.search(self.source(options), "", limit=10)
        return {"key": pick(seed, there).reference.key} if there else None
