"""Registers the app and the loaders of organisation, roles and calendars."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PacksConfig(AppConfig):
    name = "foundation.packs"
    label = "packs"
    verbose_name = _("Packs")

    def ready(self) -> None:
        """Say who reads the parts of a pack that belong to the foundation."""
        # Imported here: models are not ready when this module is.
        from foundation.packs.loaders.calendars import CalendarLoader
        from foundation.packs.loaders.organisation import OrganisationLoader
        from foundation.packs.loaders.roles import RoleLoader
        from foundation.packs.registry import register

        register("calendars", CalendarLoader())
        register("organisation", OrganisationLoader())
        register("roles", RoleLoader())
