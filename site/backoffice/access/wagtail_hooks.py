"""What the admin shows follows the table: no entry of the menu leads to a closed address."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component

from backoffice.access import home_panels
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


@hooks.register("register_admin_menu_item")
def staff_side() -> MenuItem:
    """Lead back to the staff side."""
    return MenuItem(_("Staff side"), reverse("access:home"), name="staff-side", icon_name="home", order=10)


@hooks.register("construct_homepage_panels")
def accounts_on_the_first_page(request: HttpRequest, panels: list[Component]) -> None:
    """Offer those who keep accounts the way there."""
    if (panel := home_panels.people_panel(request)) is not None:
        panels.append(panel)
