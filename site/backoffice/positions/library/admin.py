"""What Wagtail's admin shows of the library: addresses, menu, buttons, the script of the editor."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.widgets import Button
from wagtail.log_actions import LogActionRegistry
from wagtail.models import Page

from backoffice.access.gate import may_open
from backoffice.positions.library.drafts import LIBRARY_ACTION, may_change
from backoffice.positions.library.urls import urlpatterns
from backoffice.positions.library.wording import LIBRARY_PARTS
from backoffice.positions.models import PositionPage


def register() -> None:
    """Register what Wagtail's admin shows of the library. Called from ``wagtail_hooks``."""
    hooks.register("register_admin_urls", urls)
    hooks.register("register_admin_menu_item", menu_item)
    hooks.register("register_log_actions", log_actions)
    hooks.register("register_page_header_buttons", header_buttons)
    hooks.register("insert_editor_js", editor_script)


def urls() -> list[URLPattern]:
    """Return the addresses."""
    return urlpatterns


class LibraryMenuItem(MenuItem):
    """Leads to the library."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Show it to those who may open it."""
        return may_open(request, "positions_library")


def menu_item() -> MenuItem:
    """Add the library to the menu."""
    return LibraryMenuItem(
        gettext_lazy("Library"),
        reverse("positions_library"),
        name="positions-library",
        icon_name="folder-open-inverse",
        order=115,
    )


def log_actions(actions: LogActionRegistry) -> None:
    """Name our action in Wagtail's history."""
    actions.register_action(
        LIBRARY_ACTION, gettext_lazy("Library"), gettext_lazy("Draft changed from the library")
    )


def header_buttons(page: Page, user: Any, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    """Offer the library beside the title of a description whose draft can be changed now."""
    if isinstance(page, PositionPage) and may_change(page, user):
        yield Button(
            _("Add from the library"),
            url=reverse("positions_page_library", args=[page.pk]),
            icon_name="folder-open-inverse",
            priority=40,
        )


def editor_script() -> SafeString:
    """Return the script of the editor. What it needs to know stands in its attributes."""
    parts = " ".join(f"{part.name}:{part.block}" for part in LIBRARY_PARTS)
    return format_html(
        '<script src="{}" defer data-remit-library data-parts="{}" data-choices="{}" data-states="{}" '
        'data-save="{}" data-words="{}"></script>',
        static("positions/library.js"),
        parts,
        reverse("positions_library_choices"),
        reverse("positions_library_states"),
        reverse("positions_library_save_row"),
        _words(),
    )


def _words() -> str:
    """Return the words the script shows, as JSON."""
    return json.dumps(
        {
            "insert": _("Insert from the library"),
            "search": _("Search the library"),
            "subject": _("Subject on the shelf"),
            "all": _("All subjects"),
            "chosen": _("Insert the chosen ones"),
            "close": _("Close"),
            "nothing": _("The library has nothing that fits. Try other words."),
            "empty": _("The library has no items of this kind yet."),
            "more": _("There are more. Search for words to see fewer."),
            "version": _("version %(number)s"),
            "failed": _("The library does not answer. Check the connection and try again."),
            "save": _("Save to the library"),
            "saving": _("Others can then use this wording."),
            "note": _("Note"),
            "unlink": _("Detach from the library"),
            "see": _("See the difference"),
            "take": _("Take over version %(number)s"),
            "same": _("Only the version number changes."),
            "library": _("Library"),
            "newer": _("newer version"),
            "reworded": _("reworded"),
            "open": _("Open the item"),
            "keys": _("Arrow keys move, space chooses, Enter inserts."),
        },
        ensure_ascii=False,
    )
