"""Registers the app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntakeConfig(AppConfig):
    name = "backoffice.intake"
    label = "intake"
    verbose_name = _("Requests")

    def ready(self) -> None:
        """Register the jobs of registers, and what goes when something of one is erased (both reach for models)."""
        from backoffice.intake.registers import exporting, importing  # noqa: F401 - register their jobs
        from forms.services.retention import follow

        follow("files of registers", exporting.forget)
