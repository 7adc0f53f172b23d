"""Registers the app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FormsConfig(AppConfig):
    name = "forms"
    label = "formbuilder"
    verbose_name = _("Forms")

    def ready(self) -> None:
        """Tell the packs who reads and writes forms, and the auditor's pages who tells of submissions."""
        # Models can be imported only once all apps are there.
        from forms import trail
        from forms.pack import FormLoader
        from foundation.audit import guards
        from foundation.audit.trails import TrailKind, register_trail
        from foundation.packs import registry

        guards.protect("formbuilder.SubmissionRevision", follows=True)
        guards.protect("formbuilder.SubmissionReading")
        registry.register("forms", FormLoader())
        register_trail(TrailKind("submissions", _("Submissions"), trail.find, trail.subject, trail.entries))
