"""What the admin shows follows the table: no entry of the menu leads to a closed address; pages in force are not deleted."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.models import Page

from backoffice.access.gate import may_open_path


def _leave_open(request: HttpRequest, items: list[MenuItem]) -> None:
    items[:] = [
        item
        for item in items
        if not (path := urlsplit(str(getattr(item, "url", "") or "")).path).startswith("/")
        or may_open_path(request, path)
    ]


for _menu in (
    "construct_main_menu",
    "construct_settings_menu",
    "construct_reports_menu",
    "construct_help_menu",
):
    hooks.register(_menu, _leave_open, order=1000)


@hooks.register("before_delete_page")
def keep_what_was_in_force(request: HttpRequest, page: Page) -> HttpResponse | None:
    """Refuse to delete a page that was ever published, or that has such a page below it: deleting takes its revisions.

    A draft that never was in force may go.
    """
    if page.get_descendants(inclusive=True).filter(first_published_at__isnull=False).exists():
        messages.error(
            request,
            _("This page was in force. It stays in the record: unpublish it instead of deleting it."),
        )
        return redirect("wagtailadmin_pages:edit", page.pk)
    return None
