"""Who may read which edition, who sees planned posts, and who may import. Nothing here writes.

Source: position descriptions bind everybody, so whoever is signed in reads what is in force; what was said
before is for those who manage, check or keep the documents.
"""

from __future__ import annotations

from collections.abc import Iterable

from backoffice.positions.signoff.rules import KEEPERS

READERS_OF_OLDER = frozenset({"hr", "auditor", "general_manager", "manager"})
PLANNERS = frozenset({"hr", "auditor"})
IMPORTERS = frozenset({"hr", "administrator"})


def may_read_older(roles: Iterable[str]) -> bool:
    """Whether holders of ``roles`` read editions that are not in force, and compare them."""
    return not READERS_OF_OLDER.isdisjoint(roles)


def may_make_booklets(roles: Iterable[str]) -> bool:
    """Whether holders of ``roles`` have descriptions bound together, as of any day: those who read older editions."""
    return may_read_older(roles)


def may_keep_sign_offs(roles: Iterable[str]) -> bool:
    """Whether holders of ``roles`` keep the list of signatures."""
    return not KEEPERS.isdisjoint(roles)


def may_see_plans(roles: Iterable[str]) -> bool:
    """Whether holders of ``roles`` see posts that nobody ever held and no edition describes: plans of HR."""
    return not PLANNERS.isdisjoint(roles)


def may_import(roles: Iterable[str]) -> bool:
    """Whether holders of ``roles`` import collected descriptions."""
    return not IMPORTERS.isdisjoint(roles)
