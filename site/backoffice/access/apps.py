"""Registers the app: the record listens to sign-ins, the groups get their rights after each migrate."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccessConfig(AppConfig):
    name = "backoffice.access"
    label = "access"
    verbose_name = _("Access")

    def ready(self) -> None:
        """Connect what listens."""
        # These import models, which exist only now.
        from backoffice.access import checks, groups, records, trail
        from foundation.outbox.signals import worker_starting

        assert checks
        records.connect()
        trail.connect()
        worker_starting.connect(_check, dispatch_uid="access.startup")
        post_migrate.connect(groups.on_migrated, dispatch_uid="access.groups")


def _check(sender: Any, **kwargs: Any) -> None:
    """Keep the worker from working where the server would not serve."""
    from backoffice import startup

    startup.check()
