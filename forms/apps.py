"""Registers the app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FormsConfig(AppConfig):
    name = "forms"
    label = "formbuilder"
    verbose_name = _("Forms")

    def ready(self) -> None:
        """Let packs carry forms."""
        # Models can be imported only once all apps are there.
        from forms.pack import FormLoader
        from foundation.packs import registry

        registry.register("forms", FormLoader())
