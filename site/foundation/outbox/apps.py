"""Registers the app and the handlers of mails and jobs."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    name = "foundation.outbox"
    label = "outbox"
    verbose_name = _("Effects")

    def ready(self) -> None:
        """Import the handlers of this room."""
        from foundation.outbox import jobs, mail  # noqa: F401 - they register handlers; need the models
