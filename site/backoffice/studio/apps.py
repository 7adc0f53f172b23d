"""Registers the app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StudioConfig(AppConfig):
    name = "backoffice.studio"
    label = "studio"
    verbose_name = _("Form builder")

    def ready(self) -> None:
        """Say whether publishing a workflow needs a second person."""
        # Models can be imported only once all apps are there.
        from backoffice.studio.models import WorkflowPublishing
        from workflows.services.working import tell_second_person

        tell_second_person(lambda: bool(WorkflowPublishing.load().second_person))
