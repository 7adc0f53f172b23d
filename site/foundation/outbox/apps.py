"""Registers the app and the handler of mails."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    name = "foundation.outbox"
    label = "outbox"
    verbose_name = _("Effects")

    def ready(self) -> None:
        """Import the handlers of this room."""
        from foundation.outbox import mail  # noqa: F401 - registers its handler; needs the models
