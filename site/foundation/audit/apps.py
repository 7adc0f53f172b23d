"""Registers the app: the link from a row to its history row, the guards after each migrate, the check."""

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "foundation.audit"
    label = "audit"
    verbose_name = _("Audit")

    def ready(self) -> None:
        """Connect the receivers."""
        from simple_history.signals import post_create_historical_record

        post_create_historical_record.connect(_keep_history_row, dispatch_uid="audit-history-row")


def _keep_history_row(sender: Any, *, instance: Any, history_instance: Any, **kwargs: Any) -> None:
    """Hand the history row just written to ``services``, which commits to it."""
    instance.__dict__["_history_row"] = history_instance
