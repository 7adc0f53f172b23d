"""What Wagtail's admin shows of the form builder: addresses and an entry of the menu."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import URLPattern, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from backoffice.access.gate import may_open
from backoffice.studio.urls import urlpatterns


@hooks.register("register_admin_urls")
def urls() -> list[URLPattern]:
    """Return the addresses."""
    return urlpatterns


class FormsMenuItem(MenuItem):
    """Leads to the list of forms."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Show it to those who may open it."""
        return may_open(request, "studio_forms")


@hooks.register("register_admin_menu_item")
def forms_item() -> MenuItem:
    """Add the forms to the menu."""
    return FormsMenuItem(
        _("Forms"), reverse("studio_forms"), name="studio-forms", icon_name="form", order=130
    )


class FlowsMenuItem(MenuItem):
    """Leads to the list of workflows."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Show it to those who may open it."""
        return may_open(request, "studio_flows")


@hooks.register("register_admin_menu_item")
def flows_item() -> MenuItem:
    """Add the workflows of cases to the menu."""
    return FlowsMenuItem(
        pgettext_lazy("of cases", "Workflows"),
        reverse("studio_flows"),
        name="studio-flows",
        icon_name="tasks",
        order=131,
    )


class ReportsMenuItem(MenuItem):
    """Leads to the list of reports being built."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Show it to those who may open it."""
        return may_open(request, "studio_reports")


@hooks.register("register_admin_menu_item")
def reports_item() -> MenuItem:
    """Add the reports over cases to the menu."""
    return ReportsMenuItem(
        pgettext_lazy("over cases", "Reports over cases"),
        reverse("studio_reports"),
        name="studio-reports",
        icon_name="table",
        order=132,
    )
