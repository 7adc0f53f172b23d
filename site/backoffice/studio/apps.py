"""Registers the app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class StudioConfig(AppConfig):
    name = "backoffice.studio"
    label = "studio"
    verbose_name = _("Form builder")

    def ready(self) -> None:
        """Say whether publishing a workflow needs a second person; tell the auditor's pages of reports."""
        # Models can be imported only once all apps are there.
        from backoffice.studio.models import WorkflowPublishing
        from backoffice.studio.reports import trail
        from foundation.audit.trails import TrailKind, register_trail
        from workflows.services.working import tell_second_person

        tell_second_person(lambda: bool(WorkflowPublishing.load().second_person))
        register_trail(
            TrailKind(
                "reports",
                pgettext_lazy("over cases", "Reports over cases"),
                trail.find,
                trail.subject,
                trail.entries,
            )
        )
