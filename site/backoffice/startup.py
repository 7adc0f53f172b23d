"""What must be true before we serve.

Called by ``wsgi``, ``asgi`` and, by ``access.apps``, the worker; they do not start when it raises.
"""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from backoffice.access import health, startup_rules
from foundation.audit import guards, keys


def check() -> None:
    """Refuse to serve with migrations waiting, with a record the database does not protect, with a master key that
    does not open what was recorded or, in production, with a demonstration account.

    Raises GuardMissing, MasterKeyInvalid or ImproperlyConfigured; each names the remedy.
    """
    migrated = health.migrations()
    if not migrated.ok:
        raise ImproperlyConfigured(f"The database is not up to date. {migrated.detail}")
    guards.assert_installed()
    keys.assert_opens()
    if not getattr(settings, "REMIT_PRODUCTION", False):
        return
    names = startup_rules.active_demo_accounts()
    if names:
        raise ImproperlyConfigured(
            f"Demonstration accounts are active: {', '.join(names)}. Their passwords are public. "
            f"{startup_rules.REMEDY}"
        )
