"""``{% load positions_tags %}``: free sections as HTML, and what the chart says of a post and its holders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from backoffice.positions import markup
from backoffice.positions.chart import words
from backoffice.positions.chart.structure import Holder, Post

register = template.Library()


@register.filter
def plain_markup(html: str) -> SafeString:
    """Return a free section as HTML that holds nothing but the kept marks, whoever wrote it."""
    return mark_safe(markup.plain_markup(html))  # noqa: S308 - cut down to the kept marks one call before


@register.filter
def holder_words(holder: Holder) -> str:
    """Return a holder's name with what is special about the holding."""
    return words.holder(holder)


@register.filter
def deputising_words(holder: Holder) -> list[str]:
    """Return who acts for a holder, and for whom the holder acts."""
    return words.deputising(holder)


@register.filter
def vacancy_words(post: Post) -> str:
    """Return how many are missing on a post; empty when nobody is."""
    return words.vacancy(post)


@register.filter
def surplus_words(post: Post) -> str:
    """Return how many are too many on a post; empty when nobody is."""
    return words.surplus(post)


@register.filter
def of_key(values: Any, key: Any) -> Any:
    """Return what stands under ``key``; nothing where there is no such key, or nothing to look in."""
    return values.get(key, ()) if isinstance(values, Mapping) else ()
