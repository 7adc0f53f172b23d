"""``{% load intake %}``: what the templates of the form fields need. Plain values in, markup out."""

from __future__ import annotations

from collections.abc import Mapping

from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from forms.fields.date import DateOptions
from forms.presentation import FieldView
from foundation.editions import texts

register = template.Library()


@register.filter
def in_language(text: Mapping[str, str] | None) -> str:
    """Return a text of a definition in the language in use; empty for none."""
    return texts.in_language(text) if text else ""


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
    return format_html_join(" ", '{}="{}"', pairs)


@register.simple_tag
def day_limits(field: FieldView) -> SafeString:
    """Tell the calendar of the browser which days are taken."""
    options = field.settings
    if not isinstance(options, DateOptions):
        return SafeString("")
    first, last = options.bounds(timezone.localdate())
    return format_html(' min="{}" max="{}"', first.isoformat(), last.isoformat())
