"""Who reads and writes which kind of pack content.

The kind names the place in a pack: ``forms`` is the folder ``forms/`` (or the file ``forms.yaml``); a
kind given in the singular (``form``) means the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from foundation.editions.difference import Change, difference

if TYPE_CHECKING:
    from foundation.organisation.models import User

Action = Literal["created", "changed", "unchanged"]

# What is applied first: what others refer to. Kinds not named here follow, by name.
ORDER = ("organisation", "roles", "calendars", "forms", "workflows", "reports", "library", "positions")


@dataclass(frozen=True)
class PlannedChange:
    """What applying would do to one item, ``details`` field by field."""

    kind: str
    key: str
    action: Action
    details: tuple[Change, ...] = ()


def compare(kind: str, key: str, before: dict[str, Any] | None, after: dict[str, Any]) -> PlannedChange:
    """Return what it takes to make an item that is ``before`` (None: there is none) into ``after``."""
    if before is None:
        return PlannedChange(kind, key, "created")
    details = tuple(difference(before, after))
    return PlannedChange(kind, key, "changed" if details else "unchanged", details)


class Loader(Protocol):
    """Reads and writes one kind. ``path`` is the file's place in the pack; ``data`` its content, plain
    values.

    Both ``plan`` and ``apply`` raise ``PackFault`` (or pydantic's ``ValidationError``, or an
    ``EditionError`` or ``OrganisationError``) for content they refuse.
    """

    def plan(self, path: PurePosixPath, data: dict[str, Any], *, by: User) -> list[PlannedChange]:
        """Return what ``apply`` would do, item by item, unchanged ones too. Writes nothing."""

    def apply(self, path: PurePosixPath, data: dict[str, Any], *, by: User) -> list[PlannedChange]:
        """Bring the database to what the file says, inside the caller's transaction; return what was done.

        Called only when ``plan`` names a change.
        """

    def export(self) -> Iterable[tuple[str, dict[str, Any]]]:
        """Yield the path inside a pack and the content of each file that tells the present state."""


@runtime_checkable
class Finishing(Protocol):
    """A loader that looks at its files together once all of them are applied: what they say of one another."""

    def finish(self, applied: Mapping[PurePosixPath, dict[str, Any]], *, by: User) -> Iterable[str]:
        """Look at the files that said something new, inside the caller's transaction, and return what whoever applies
        the pack should know. Raises ``PackFault`` with the path of the file it is in; nothing is then applied.
        """


_loaders: dict[str, Loader] = {}


def place_of(kind: str) -> str:
    """Return the folder (or file without ending) that holds this kind in a pack."""
    return kind if kind.endswith("s") or kind in ORDER else f"{kind}s"


def register(kind: str, loader: Loader) -> None:
    """Let ``loader`` read and write ``kind``. Called from ``AppConfig.ready``; may be repeated."""
    _loaders[place_of(kind)] = loader


def loaders() -> dict[str, Loader]:
    """Return the loaders by place, in the order in which they are applied."""
    known = [place for place in ORDER if place in _loaders]
    return {place: _loaders[place] for place in (*known, *sorted(_loaders.keys() - set(known)))}
