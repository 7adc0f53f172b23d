"""Registers the app."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FormsConfig(AppConfig):
    name = "forms"
    label = "formbuilder"
    verbose_name = _("Forms")

    def ready(self) -> None:
        """Tell the packs who reads and writes forms, and the auditor's pages who tells of submissions; keep the
        lines of registers with their submissions.
        """
        # Models can be imported only once all apps are there.
        from django.db.models.signals import post_save

        from forms import form_trail, notices, trail, uses, verification
        from forms.files import verification as files
        from forms.models import Submission
        from forms.pack import FormLoader
        from forms.registers import keeping  # noqa: F401 - registers its round
        from forms.registers.lines import on_saved
        from forms.services import public, retention  # noqa: F401 - both register a round
        from foundation.audit import guards
        from foundation.audit.trails import TrailKind, register_trail
        from foundation.audit.verification import register_check
        from foundation.packs import registry

        notices.register()
        guards.protect("formbuilder.SubmissionRevision", follows=True)
        guards.protect("formbuilder.SubmissionReading")
        import_module("forms.files.sweeping")  # registers its rounds
        register_check("files", files.faults)
        register_check("revisions of submissions", verification.revision_faults)
        registry.register("forms", FormLoader())
        uses.tell_uses("views", _("View of the register"), uses.register_views)
        uses.tell_uses("lookups", _("Looked up by"), uses.lookups)
        register_trail(TrailKind("submissions", _("Submissions"), trail.find, trail.subject, trail.entries))
        register_trail(
            TrailKind("forms", _("Forms"), form_trail.find, form_trail.subject, form_trail.entries)
        )
        post_save.connect(on_saved, Submission, dispatch_uid="forms.registers.lines")
