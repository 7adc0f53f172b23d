"""Notifications in the Wagtail admin, for administrators: addresses and the entry of the menu."""

from __future__ import annotations

from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from backoffice.notices import admin_views as views


@hooks.register("register_admin_urls")
def urls() -> list[URLPattern]:
    """Return the addresses of the administrator's screens."""
    return [
        path("notifications/", views.rules, name="notices_rules"),
        path("notifications/robots/", views.robots, name="notices_robots"),
        path("notifications/robots/add/", views.robot_add, name="notices_robot_add"),
        path("notifications/robots/<uuid:uuid>/", views.robot_edit, name="notices_robot_edit"),
        path("notifications/robots/<uuid:uuid>/try/", views.robot_try, name="notices_robot_try"),
        path("notifications/robots/<uuid:uuid>/remove/", views.robot_remove, name="notices_robot_remove"),
        path("notifications/words/", views.words, name="notices_words"),
        path("notifications/words/<str:kind>/<str:language>/", views.words_edit, name="notices_words_edit"),
        path("notifications/deliveries/", views.log, name="notices_log"),
        path("notifications/deliveries/<uuid:uuid>/", views.delivery, name="notices_delivery"),
    ]


@hooks.register("register_admin_menu_item")
def notifications_item() -> MenuItem:
    """Add notifications to the menu; ``backoffice.access`` shows it to whoever may open it."""
    return MenuItem(
        _("Notifications"), reverse("notices_rules"), name="notifications", icon_name="mail", order=180
    )
