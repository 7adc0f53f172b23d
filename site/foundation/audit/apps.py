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
        # Models and the history library are ready only now.
        from django.db.models.signals import post_migrate, pre_migrate
        from simple_history.signals import post_create_historical_record

        from foundation.audit import checks  # noqa: F401 - registers the check
        from foundation.outbox.signals import worker_starting

        pre_migrate.connect(_lift_rules, sender=self, dispatch_uid="audit-guards")
        post_migrate.connect(_install_guards, sender=self, dispatch_uid="audit-guards")
        worker_starting.connect(_require_guards, dispatch_uid="audit-guards")
        post_create_historical_record.connect(_keep_history_row, dispatch_uid="audit-history-row")


def _keep_history_row(sender: Any, *, instance: Any, history_instance: Any, **kwargs: Any) -> None:
    """Hand the history row just written to ``services``, which commits to it."""
    instance.__dict__["_history_row"] = history_instance


def _lift_rules(sender: Any, *, using: str, plan: Any = (), **kwargs: Any) -> None:
    """Let migrations rebuild the tables that triggers of others read; nothing is lifted where nothing migrates."""
    from foundation.audit import guards

    if plan:
        guards.lift_rules_across_tables(using)


def _install_guards(sender: Any, *, using: str, **kwargs: Any) -> None:
    """Put the triggers back that a migration may have dropped. All tables exist by now, whatever the order
    of apps.
    """
    from foundation.audit import guards

    guards.install(using)


def _require_guards(sender: Any, **kwargs: Any) -> None:
    """Keep a worker from writing to a database that does not protect the record."""
    from foundation.audit import guards

    guards.assert_installed()
