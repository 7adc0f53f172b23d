"""The building blocks of a position description: one for each row of ``parts.PARTS``.

Stored rows name these blocks by the keys in the stream fields of ``models`` (``duty``, ``authority`` …),
never by class, and migrations do not contain them (``PartsField``): a block may gain a field without a
migration. A block's identity is the id that Wagtail's stream gives it: made once, kept when the block is
moved or reworded, made anew when the block is duplicated. It goes into the edition as the id of the duty.
"""

from __future__ import annotations

from typing import Any

from wagtail.blocks import (
    Block,
    BooleanBlock,
    CharBlock,
    ChoiceBlock,
    DecimalBlock,
    IntegerBlock,
    RichTextBlock,
    StructBlock,
    TextBlock,
)
from wagtail.fields import StreamField

from backoffice.positions import references
from backoffice.positions.library.blocks import LinkBlock
from backoffice.positions.parts import BY_NAME, Column

# What the editor of free sections offers. ``markup.plain_markup`` keeps exactly what these make.
SECTION_FEATURES = ["h3", "h4", "bold", "ol", "ul", "hr"]
ONE_LINE = 200


class PartsField(StreamField):
    """A stream field that leaves its blocks out of migrations."""

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Return the field without its block tree; migrations only need to know that the column exists."""
        name, path, _args, kwargs = super().deconstruct()
        kwargs.pop("block_lookup", None)
        return name, path, [[]], kwargs


def parts_field(name: str) -> PartsField:
    """Return the stream field of the part ``name``: any number of its things, in the author's order."""
    part = BY_NAME[name]
    block = StructBlock(
        [(column.name, _child(column)) for column in part.stored],
        icon=part.icon,
        label=part.one,
        label_format="{" + part.lead.name + "}",
        form_classname=f"struct-block remit-part remit-{part.block}",
    )
    return PartsField(
        [(part.block, block)], blank=True, collapsed=True, verbose_name=part.heading, help_text=part.help
    )


def _child(column: Column) -> Block:
    """Return the block of one value."""
    said: dict[str, Any] = {"label": column.label, "help_text": column.help, "required": column.required}
    match column.kind:
        case "choice":
            assert column.choices is not None
            return ChoiceBlock(choices=column.choices.choices, default=column.default or None, **said)
        case "reference":
            # Not searched by what it is called: Wagtail would ask for all the choices for every duty it indexes.
            return ChoiceBlock(choices=references.choices, search_index=False, **said)
        case "flag":
            return BooleanBlock(**{**said, "required": False}, default=bool(column.default))
        case "whole":
            return IntegerBlock(min_value=0, max_value=column.most, **said)
        case "money":
            return DecimalBlock(min_value=0, max_digits=12, decimal_places=2, **said)
        case "rich":
            return RichTextBlock(features=SECTION_FEATURES, **said)
        case "link":
            return LinkBlock(max_length=column.length, label=column.label)
    if column.length > ONE_LINE:
        return TextBlock(rows=2, max_length=column.length, **said)
    return CharBlock(max_length=column.length, **said)
