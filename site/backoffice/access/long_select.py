"""Choosing from hundreds: a list that is written fast and can be searched by typing.

Django writes every option of a select through two templates: with 500 posts and 500 people a form takes a second.
Here the options are put together as text. In the browser ``long-select.js`` turns the list into a field in which
one types part of a name; without script it is the list it always was.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any, ClassVar

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _


class LongSelect(forms.Select):
    """A select of any length; groups of options are not meant."""

    class Media:
        js: ClassVar[list[str]] = ["remit/long-select.js"]
        css: ClassVar[dict[str, list[str]]] = {"all": ["remit/long-select.css"]}

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """Return the markup, with the words that the script needs in the reader's language."""
        words = {
            "data-long-select": "",
            "data-search": _("Type to search"),
            "data-nothing": _("Nothing found"),
            "data-remove": _("Remove"),
        }
        attributes = {**self.build_attrs(self.attrs, attrs), "name": name, **words}
        if self.allow_multiple_selected:
            attributes["multiple"] = True
        return format_html(
            "<select{}>{}</select>", _attributes(attributes), self._options(self.format_value(value))
        )

    def _options(self, chosen: Iterable[str]) -> SafeString:
        wanted = set(chosen)
        # ``format_html_join`` would take four times as long.
        lines = [
            f'<option value="{escape(key)}"{" selected" if key in wanted else ""}>{escape(str(label))}</option>'
            for key, label in ((_key(value), label) for value, label in self.choices)
        ]
        return mark_safe("\n".join(lines))  # noqa: S308 - every part was just escaped


class LongSelectMultiple(LongSelect, forms.SelectMultiple):
    """The same for several at once."""


def _key(value: Any) -> str:
    return "" if value is None else str(value)


def _attributes(attributes: dict[str, Any]) -> SafeString:
    return format_html_join(
        "",
        " {}{}",
        (
            (name, "" if value is True else format_html('="{}"', value))
            for name, value in attributes.items()
            if value is not None and value is not False
        ),
    )
