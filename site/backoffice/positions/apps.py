"""Registers the app: guards, the writer of editions, the pack loader, the trail, the page under which
descriptions hang.
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
        # These import models, which exist only now.
        from backoffice.positions import (
            addresses,
            document,
            guards,
            notices,
            packs,
            publication,
            trail,
            tree,
        )
        from backoffice.positions.approval import assignment, door
        from backoffice.positions.approval import entrance as entrance_of_approvals
        from backoffice.positions.approval import packs as approval_packs
        from backoffice.positions.booklets import making  # noqa: F401 - registers its job
        from backoffice.positions.library import hooks as library
        from backoffice.positions.reviewing import taking, uploads  # noqa: F401 - register their jobs
        from backoffice.positions.signoff import entrance, keeping, receipt
        from backoffice.positions.signoff import trail as sign_off_trail
        from foundation.audit.trails import TrailKind, register_trail
        from foundation.organisation import codes

        codes.reserve(addresses.words)
        notices.register()
        guards.connect()
        library.connect()
        document.register()
        publication.connect()
        keeping.connect()
        entrance.connect()
        receipt.connect()
        sign_off_trail.connect()
        packs.register()
        approval_packs.register()
        door.connect()
        assignment.connect()
        entrance_of_approvals.register()
        register_trail(
            TrailKind("positions", _("Position descriptions"), trail.find, trail.subject, trail.entries)
        )
        post_migrate.connect(tree.after_migrate, sender=self)
