"""Registers the app and what the worker does for it."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotifyingConfig(AppConfig):
    name = "foundation.notifying"
    label = "notifying"
    verbose_name = _("Notifications")

    def ready(self) -> None:
        """Import the handlers and rounds of this room; they need the models."""
        from foundation.notifying.house_words import NotificationLoader
        from foundation.packs.registry import register

        register("notifications", NotificationLoader())
        for module in ("passing_on", "keeping"):
            import_module(f"foundation.notifying.{module}")
