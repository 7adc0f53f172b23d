"""Who may still see what was spoken of. A notice outlives the right to read: its text is shown only while that stands.

A room registers one function for each kind of matter; a kind without one is spoken of to whoever was told.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from foundation.organisation.models import User

Seen = Callable[["User", Collection[str]], Collection[str]]

_matters: dict[str, Seen] = {}


def register_matter(kind: str, seen_by: Seen) -> None:
    """Let ``seen_by(user, ids)`` say which matters of this kind the person may see, in a fixed number of queries."""
    _matters[kind] = seen_by


def visible(user: User, matters: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those of ``matters`` (kind, id) that the person may see: one question for each kind."""
    found = set()
    for kind in {kind for kind, _id in matters}:
        ids = {matter for other, matter in matters if other == kind}
        seen = _matters[kind](user, ids) if kind in _matters else ids
        found |= {(kind, one) for one in ids.intersection(seen)}
    return found
