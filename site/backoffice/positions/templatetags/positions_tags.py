"""``{% load positions_tags %}``: free sections as HTML."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString, mark_safe

from backoffice.positions import markup

register = template.Library()


@register.filter
def plain_markup(html: str) -> SafeString:
    """Return a free section as HTML that holds nothing but the kept marks, whoever wrote it."""
    return mark_safe(markup.plain_markup(html))  # noqa: S308 - cut down to the kept marks one call before
