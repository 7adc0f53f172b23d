"""What waits for a person outside the inbox of cases: rooms tell it, the first page of the staff side shows it.

A room registers in ``AppConfig.ready``; the callable runs when the page is shown, once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Waiting:
    """One line: what waits, where it is answered, and whether its day has passed."""

    url: str
    icon: str
    text: str
    late: bool = False


_sources: dict[str, Callable[[Any], Waiting | None]] = {}


def register_waiting(name: str, source: Callable[[Any], Waiting | None]) -> None:
    """Show what ``source(user)`` returns, if anything; the same name again replaces it."""
    _sources[name] = source


def waiting_for(user: Any) -> list[Waiting]:
    """Return what waits for the person, in the order in which rooms registered."""
    return [found for source in _sources.values() if (found := source(user)) is not None]
