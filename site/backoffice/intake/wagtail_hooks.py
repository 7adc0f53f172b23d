"""The way from the administration to the screens of forms that live on the staff side."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem


@hooks.register("register_settings_menu_item")
def public_links() -> MenuItem:
    """Lead to the public links; left out for those who may not open them (``backoffice.access``)."""
    return MenuItem(
        _("Public links"), reverse("intake:links"), name="public-links", icon_name="link", order=810
    )


@hooks.register("register_settings_menu_item")
def retention() -> MenuItem:
    """Lead to retention and legal holds."""
    return MenuItem(
        _("Retention"), reverse("intake:retention"), name="retention", icon_name="time", order=820
    )
