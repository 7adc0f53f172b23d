"""Registers the app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ExportsConfig(AppConfig):
    name = "backoffice.exports"
    label = "exports"
    verbose_name = _("Documents")

    def ready(self) -> None:
        """Register the start-up checks, and the handler that makes PDFs (both reach for models)."""
        from backoffice.exports import checks, documents  # noqa: F401
