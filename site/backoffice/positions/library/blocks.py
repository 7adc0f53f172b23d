"""The block of a row's reference to the library: a hidden value, with an element around it that the script of the
editor (``positions/library.js``) brings to life.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString
from wagtail.blocks import FieldBlock


class LinkWidget(forms.HiddenInput):
    """The hidden input inside ``<remit-library-row>``. Without script it is a hidden input and nothing else."""

    show_add_comment_button = False

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Return the input inside its element."""
        return format_html(
            "<remit-library-row>{}</remit-library-row>", super().render(name, value, attrs, renderer)
        )


class LinkBlock(FieldBlock):
    """``<key>@<version>`` of the item a row was taken from; empty for a row of one's own."""

    def __init__(self, max_length: int = 80, **kwargs: Any) -> None:
        self.field = forms.CharField(required=False, max_length=max_length, widget=LinkWidget())
        super().__init__(form_classname="remit-library-link", default="", **kwargs)

    def get_prep_value(self, value: Any) -> str:
        """Return what the stream stores."""
        return str(value or "")
