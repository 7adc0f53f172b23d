"""Registers the app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CaseworkConfig(AppConfig):
    name = "backoffice.casework"
    label = "casework"
    verbose_name = _("Cases")

    def ready(self) -> None:
        """Tell the rail how many cases wait for a person."""
        # Imported here: models are not ready when this module is.
        from backoffice.access.navigation import register_count
        from backoffice.casework import firing  # noqa: F401 - registers who reckons time limits anew
        from backoffice.casework.ledger import lists  # noqa: F401 - registers who posts long lists
        from workflows.lists import inbox_count

        register_count("inbox", inbox_count)
