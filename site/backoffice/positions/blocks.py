"""The building blocks of a position description.

Stored rows name these blocks by the keys in the stream fields of ``models`` (``duty``, ``authority`` …),
never by class, and migrations do not contain them (``PartsField``): a block may gain a field without a
migration. A block's identity is the id that Wagtail's stream gives it: made once, kept when the block is
moved or reworded, made anew when the block is duplicated. It goes into the edition as the id of the duty.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.blocks import BooleanBlock, CharBlock, ChoiceBlock, RichTextBlock, StructBlock, TextBlock
from wagtail.fields import StreamField

from backoffice.positions.enums import Cadence, QualificationKind

# What the editor of free sections offers. ``markup.plain_markup`` keeps exactly what these make.
SECTION_FEATURES = ["h3", "h4", "bold", "ol", "ul", "hr"]


class PartsField(StreamField):
    """A stream field that leaves its blocks out of migrations."""

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Return the field without its block tree; migrations only need to know that the column exists."""
        name, path, _args, kwargs = super().deconstruct()
        kwargs.pop("block_lookup", None)
        return name, path, [[]], kwargs


class DutyBlock(StructBlock):
    """One duty: what is done, how often, by when, and what is handed over."""

    text = TextBlock(
        label=_("Duty"),
        rows=2,
        max_length=2000,
        help_text=_("What the holder does, as one sentence that begins with a verb."),
    )
    cadence = ChoiceBlock(
        choices=Cadence.choices,
        default=Cadence.ONGOING,
        label=_("How often"),
        help_text=_("Duties are grouped by this for reading."),
    )
    deadline = CharBlock(
        required=False,
        max_length=120,
        label=_("Deadline"),
        help_text=_("Such as: by the 10th; in 24 hours."),
    )
    deliverable = CharBlock(
        required=False,
        max_length=200,
        label=_("Deliverable"),
        help_text=_("What is handed over, and to whom: a report, a file, an entry."),
    )

    class Meta:
        icon = "tasks"
        label = _("Duty")
        label_format = "{text}"
        form_classname = "struct-block remit-duty"


class AuthorityBlock(StructBlock):
    """Something the holder may decide, propose or spend."""

    text = TextBlock(
        label=_("Authority"),
        rows=2,
        max_length=1000,
        help_text=_("What the holder may decide, approve, propose or inspect."),
    )
    limit = CharBlock(
        required=False,
        max_length=120,
        label=_("Limit"),
        help_text=_("An amount or a condition, if the authority has one."),
    )

    class Meta:
        icon = "key"
        label = _("Authority")
        label_format = "{text}"


class QualificationBlock(StructBlock):
    """Something asked of the holder."""

    kind = ChoiceBlock(choices=QualificationKind.choices, label=_("Kind"), default=QualificationKind.SKILL)
    text = TextBlock(label=_("Qualification"), rows=2, max_length=1000)
    mandatory = BooleanBlock(
        required=False,
        default=True,
        label=_("Mandatory"),
        help_text=_("Not ticked: an advantage, not a condition."),
    )

    class Meta:
        icon = "clipboard-list"
        label = _("Qualification")
        label_format = "{text}"


class SectionBlock(StructBlock):
    """A free part with its own heading: performance rules, work process, scripts, terms …"""

    heading = CharBlock(label=_("Heading"), max_length=120)
    body = RichTextBlock(label=_("Text"), features=SECTION_FEATURES)

    class Meta:
        icon = "title"
        label = _("Section")
        label_format = "{heading}"
