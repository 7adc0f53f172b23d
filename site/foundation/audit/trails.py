"""Trails: everything that happened to one kind of object, told by the room that knows it.

The auditor's pages ask here, so that they need not know the rooms. A room registers its kind in
``AppConfig.ready``.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


@dataclass(frozen=True)
class TrailChange:
    """One field, before and after, as people read it; None: there was, or is, nothing."""

    label: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class TrailEntry:
    """One thing that happened: when, who, what, from what to what.

    ``proof`` is the hash of the event that commits to it (empty: known from the working papers only, such
    as a draft), ``reason`` what the person said, ``version`` the version of the stream it made.
    """

    at: datetime.datetime
    who: str
    what: str
    changes: Sequence[TrailChange] = ()
    reason: str = ""
    proof: str = ""
    version: int | None = None


@dataclass(frozen=True)
class Subject:
    """One object with a trail. ``key`` is its place in the address, ``streams`` the chains that prove it."""

    key: str
    title: str
    streams: Sequence[str]


@dataclass(frozen=True)
class TrailKind:
    """A kind of object with trails.

    ``find(words)`` returns the objects that match (all for no words, newest first, at most a page of them),
    ``subject(key)`` one of them or None, ``entries(key)`` its trail, oldest first, in the reader's language.
    """

    name: str
    title: str | StrPromise
    find: Callable[[str], Sequence[Subject]]
    subject: Callable[[str], Subject | None]
    entries: Callable[[str], Sequence[TrailEntry]]


_kinds: dict[str, TrailKind] = {}


def register_trail(kind: TrailKind) -> None:
    """Make a kind of object known to the auditor's pages; the same name again replaces it."""
    _kinds[kind.name] = kind


def trail_kinds() -> dict[str, TrailKind]:
    """Return the kinds by name."""
    return dict(_kinds)
