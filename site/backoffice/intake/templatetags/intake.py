"""``{% load intake %}``: what the templates of the form fields need. Plain values in, markup out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from django import template
from django.conf import settings
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from backoffice.intake import grids
from forms.fields import FieldFault, Found
from forms.fields.base import first_text, plain_digits, plain_texts
from forms.fields.cascade import CascadeOptions
from forms.fields.choice import GivenAnswers
from forms.fields.date import DateOptions, read_day
from forms.fields.files import FilesOptions, is_key
from forms.fields.markup import clean_markup, sound_markup, text_of
from forms.fields.time import read_time
from forms.files.refusals import kind_names, size_text
from forms.presentation import FieldView
from foundation.editions import texts

register = template.Library()


@register.filter
def in_language(text: Mapping[str, str] | None) -> str:
    """Return a text of a definition in the language in use; empty for none."""
    return texts.in_language(text) if text else ""


register.filter("sound_markup", sound_markup)
register.filter("table_rows", grids.table_rows)
register.filter("checklist_rows", grids.checklist_rows)
register.filter("own_items", grids.own_items)
register.filter("headings", grids.headings)
register.filter("steps_of", grids.steps_of)


@register.filter
def item_of(parts: Mapping[str, Sequence[str]], name: str) -> str:
    """Return the first text of one part."""
    return first_text(parts.get(name, ()))


@register.filter
def tree_data(options: CascadeOptions) -> str:
    """Return a tree of choices for the script that follows the steps."""
    return json.dumps(options.as_data, ensure_ascii=False, separators=(",", ":"))


@register.simple_tag
def part(field: FieldView, name: str) -> str:
    """Return what was typed into one part of a control of several."""
    return first_text(field.parts.get(name, ()))


@register.filter
def chosen_key(field: FieldView) -> str:
    """Return the key of what was chosen."""
    return first_text(plain_texts(field.texts))


@register.simple_tag(takes_context=True)
def choose_address(context: Context, field: FieldView) -> str:
    """Return where the page's script asks what fits; empty where nobody is signed in, or no form is filled in."""
    filling, request = context.get("filling"), context.get("request")
    if (
        filling is None
        or request is None
        or not getattr(request, "user", None)
        or not request.user.is_authenticated
    ):
        return ""
    return str(filling.chooses_at)


@register.simple_tag
def other_label(field: FieldView) -> str:
    """Return what words of one's own are called."""
    options = field.settings
    return options.other_in(field.language) if isinstance(options, GivenAnswers) else ""


@register.simple_tag
def file_rows(field: FieldView) -> list[tuple[str, Found | None]]:
    """Return the files of a field being filled in: key, and what it leads to (None where it is gone)."""
    keys = dict.fromkeys(text for text in field.texts if is_key(text))
    shown = list(keys)[-1:] if field.kind == "signature" else list(keys)
    return [(key, field.found.get(key)) for key in shown]


@register.filter
def accepted(options: FilesOptions) -> str:
    """Return what the file chooser of a browser offers first; the server looks for itself."""
    return ",".join(_ACCEPTED[kind] for kind in options.taken().kinds)


@register.filter
def taken_text(options: FilesOptions) -> str:
    """Say which files a field takes."""
    taken = options.taken()
    return _("Taken: %(kinds)s. At most %(most)s, up to %(size)s each.") % {
        "kinds": kind_names(taken.kinds),
        "most": taken.most,
        "size": size_text(min(taken.largest, settings.FILES_LARGEST)),
    }


register.filter("file_size", size_text)


@register.filter
def is_picture(content_type: str) -> bool:
    """Tell whether a stored file is one that has a small picture."""
    return content_type.startswith("image/")


_ACCEPTED = {
    "image": "image/*",
    "pdf": ".pdf,application/pdf",
    "docx": ".docx",
    "xlsx": ".xlsx",
    "txt": ".txt,text/plain",
    "csv": ".csv,text/csv",
    "zip": ".zip",
}


@register.simple_tag
def note_text(field: FieldView) -> str:
    """Return a note as the plain text that is typed without script."""
    plain = [text for text in field.texts if not text.startswith("html=")]
    return plain[0] if plain else text_of(clean_markup(part(field, "html")))


@register.simple_tag
def day_control(field: FieldView, name: str, label: str, *, first: bool = False) -> SafeString:
    """Return the control for one day of several parts; a text nobody can read stays a text."""
    return _part_control(field, name, label, read_day, "date", day_limits(field), first=first)


@register.simple_tag
def time_control(field: FieldView, name: str, label: str, *, first: bool = False) -> SafeString:
    """Return the control for a time of day of several parts."""
    return _part_control(field, name, label, read_time, "time", SafeString(""), first=first)


def _part_control(
    field: FieldView,
    name: str,
    label: str,
    reading: Callable[[str], str],
    sort: str,
    limits: SafeString,
    *,
    first: bool,
) -> SafeString:
    typed = plain_digits(part(field, name))
    try:
        value, shown_as = (reading(typed) if typed else ""), sort
    except FieldFault:
        value, shown_as, limits = typed, "text", SafeString("")
    return format_html(
        '<label class="pair__part"><span class="pair__label">{}</span>'
        '<input type="{}" id="{}" name="{}~{}" value="{}"{} {}></label>',
        label,
        shown_as,
        field.dom_id if first else f"{field.dom_id}-{name}",
        field.name,
        name,
        value,
        limits,
        control_attributes(field),
    )


@register.simple_tag
def box_attributes(field: FieldView) -> SafeString:
    """Tie one box of several to help and errors; no box by itself is required."""
    return control_attributes(replace(field, required=False))


@register.simple_tag
def control_attributes(field: FieldView) -> SafeString:
    """Tie a control to its help and errors, for browsers and screen readers."""
    pairs = []
    if field.errors:
        pairs.append(("aria-invalid", "true"))
    if field.described_by:
        pairs.append(("aria-describedby", field.described_by))
    if field.required:
        pairs.append(("aria-required", "true"))
    if isinstance(field, grids.CellView):
        pairs.append(("aria-label", field.spoken))
    return format_html_join(" ", '{}="{}"', pairs)


@register.simple_tag
def day_limits(field: FieldView) -> SafeString:
    """Tell the calendar of the browser which days are taken."""
    options = field.settings
    if not isinstance(options, DateOptions):
        return SafeString("")
    first, last = options.bounds(timezone.localdate())
    return format_html(' min="{}" max="{}"', first.isoformat(), last.isoformat())
