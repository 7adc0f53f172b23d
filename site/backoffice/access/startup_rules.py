"""What an installation with real data must not have.

Asked at start (``backoffice.startup``) and by ``manage.py check``.
"""

from __future__ import annotations

from foundation.organisation.models import User

REMEDY = "Switch them off: manage.py switch_off_demo_accounts"


def active_demo_accounts() -> list[str]:
    """Return the account names of the demonstration that could still sign in."""
    accounts = User.objects.filter(is_demo=True, is_active=True).order_by("username")
    return list(accounts.values_list("username", flat=True))
