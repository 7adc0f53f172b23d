"""A note with paragraphs, lists, bold and italics. Stores cleaned HTML; to expressions it is plain text, to
sheets text with its marks (``written``).

The editor posts its HTML as the part ``html``. Without script plain text is posted beside the HTML the page
came with; that stays where the text is still the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from forms.fields.base import (
    Cell,
    Column,
    FieldFault,
    FieldKind,
    FieldOptions,
    Segment,
    Stored,
    Surroundings,
    clean_text,
    first_text,
    text_difference,
    text_of_cell,
)
from forms.fields.markup import clean_markup, markup_of, sound_markup, text_of
from forms.fields.sampling import pick
from forms.fields.text import check_length
from forms.fields.written import markup_of_written, written
from foundation.expressions import Kind

_LONGEST = 20_000
_SAMPLES = [
    "<p>客户到店反映<strong>空调异响</strong>。</p><ul><li>已试车</li><li>待订件</li></ul>",
    "<p>已与客户通话,约定周五答复。</p>",
    "<p>First paragraph.</p><p>Second, with <em>stress</em>.</p>",
]


class RichNoteOptions(FieldOptions):
    """How long the note may be."""

    max_length: int = Field(default=4000, ge=200, le=10_000, description="Most characters, markup aside.")
    rows: int = Field(default=6, ge=2, le=30, description="Height of the box in lines.")


class RichNoteField(FieldKind[RichNoteOptions]):
    """A note with some form."""

    key = "rich_note"
    name = _("Formatted note")
    missing = _("Fill this in.")
    template = "rich_note"
    expression = Kind.TEXT
    computes = False
    options_model = RichNoteOptions
    fuller_in_sheets = True

    def parse(self, typed: Sequence[str], options: RichNoteOptions) -> Stored | None:
        # The plain text may hold any sign, so the part is told by its name alone, and stands last.
        marked = [text.removeprefix("html=") for text in typed if text.startswith("html=")]
        plain = [text for text in typed if not text.startswith("html=")]
        cleaned = clean_markup(first_text(marked)) if marked else ""
        if plain:
            written = clean_text(plain[0], lines=True)
            if not marked or written != text_of(cleaned):
                cleaned = clean_markup(markup_of(written))
        return cleaned if text_of(cleaned) else None

    def check(self, value: Any, options: RichNoteOptions, around: Surroundings) -> None:
        if not isinstance(value, str) or len(value) > 2 * _LONGEST or value != clean_markup(value):
            raise FieldFault(_("Write this as plain text."))
        plain = text_of(value)
        if not plain:
            raise FieldFault(self.missing)
        check_length(plain, 0, options.max_length)
        if len(value) > _LONGEST:
            raise FieldFault(_("Use less formatting or shorten this."))

    def typed(self, value: Any, options: RichNoteOptions) -> list[str]:
        return [f"html={value}"]

    def display(self, value: Any, options: RichNoteOptions, language: str) -> str:
        return text_of(str(value))

    def markup(self, value: Any, options: RichNoteOptions, language: str) -> SafeString:
        return sound_markup(str(value))

    def columns(self, options: RichNoteOptions, language: str) -> Sequence[Column]:
        return [Column("", "", "text", 40)]

    def typed_from_cells(
        self, cells: Mapping[str, Cell], options: RichNoteOptions, language: str
    ) -> list[str]:
        text = text_of_cell(cells.get(""))
        return [f"html={markup_of_written(clean_text(text, lines=True))}"] if text else []

    def cells(self, value: Any, options: RichNoteOptions, language: str) -> Mapping[str, Cell]:
        return {"": written(str(value))}

    def in_expression(self, value: Any) -> Any:
        return text_of(str(value))

    def difference(self, before: Any, after: Any, options: RichNoteOptions, language: str) -> list[Segment]:
        old, new = (self.display(value, options, language) if value else "" for value in (before, after))
        if old == new and before != after:
            return [Segment("removed", old), Segment("added", new)]
        return text_difference(old, new)

    def sample(self, seed: int, options: RichNoteOptions, around: Surroundings) -> Stored:
        return pick(seed, _SAMPLES)


KIND = RichNoteField()
