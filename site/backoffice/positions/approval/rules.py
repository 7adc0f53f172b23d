"""Who may follow approvals that are not their own. Nothing here writes. Who may decide: ``approvers``.

Source: HR keeps the descriptions and has to know where they wait; the auditor checks the record.
"""

from __future__ import annotations

from collections.abc import Iterable

FOLLOWERS = frozenset({"hr", "auditor"})


def may_follow_all(roles: Iterable[str]) -> bool:
    """Whether holders of ``roles`` see every approval, and at whom it waits."""
    return not FOLLOWERS.isdisjoint(roles)
