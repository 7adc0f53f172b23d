"""How the library takes part in the rest: what listens, the pack, the trail. Wagtail's admin has ``admin``."""

from __future__ import annotations

from importlib import import_module

from django.utils.translation import gettext_lazy as _

from foundation.audit.trails import TrailKind, register_trail


def connect() -> None:
    """Connect what listens. Called from ``AppConfig.ready``: the modules import models."""
    from backoffice.positions.library import packs, trail, uses

    import_module("backoffice.positions.library.work")  # registers the job it carries out
    uses.connect()
    packs.register()
    register_trail(TrailKind("library", _("Library items"), trail.find, trail.subject, trail.entries))
