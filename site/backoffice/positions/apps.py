"""Registers the app: guards, the writer of editions, the pack loader, the page under which descriptions
hang.
"""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class PositionsConfig(AppConfig):
    name = "backoffice.positions"
    label = "positions"
    verbose_name = _("Position descriptions")

    def ready(self) -> None:
        """Connect what listens, once all models are there."""
        from backoffice.positions import guards, packs, publication, tree  # models must be loaded first

        guards.connect()
        publication.connect()
        packs.register()
        post_migrate.connect(tree.after_migrate, sender=self)
