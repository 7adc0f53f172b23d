"""The way a case has walked: states passed, steps taken, by whom, and whether it comes straight back. Pure.

Kept as JSON in ``Case.walked`` so that rules can ask for it without reading the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

LONGEST_PATH = 400


@dataclass(frozen=True)
class Way:
    """What was walked.

    ``path``: the states entered, oldest first. ``times``: how often each step was taken. ``last``: by step, the id
    of who took it last. ``back``: sent back to state ``after``, the case leaves it straight for ``to``. ``copied``:
    the ids of those copied in. ``earlier``: by identity, how many earlier cases there were when it was opened.
    ``reminded``: when those asked were last reminded (``at``, ISO) and in which ``round``.
    """

    path: tuple[str, ...] = ()
    times: Mapping[str, int] = field(default_factory=dict)
    last: Mapping[str, int] = field(default_factory=dict)
    back: Mapping[str, str] | None = None
    copied: tuple[int, ...] = ()
    earlier: Mapping[str, int] = field(default_factory=dict)
    reminded: Mapping[str, Any] | None = None

    def entering(self, state: str) -> Way:
        """Return the way one state on."""
        return replace(self, path=(*self.path, state)[-LONGEST_PATH:])

    def taking(self, step: str, by: int | None) -> Way:
        """Return the way after the step was taken by the person with this id, or by the machine."""
        last = {**self.last, step: by} if by is not None else self.last
        return replace(self, times={**self.times, step: self.times.get(step, 0) + 1}, last=last)

    def stored(self) -> dict[str, Any]:
        """Return the way as JSON."""
        return {name: _plain(getattr(self, name)) for name in _NAMES}


_NAMES = tuple(one.name for one in fields(Way))


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


def from_stored(data: Mapping[str, Any]) -> Way:
    """Return the way that JSON tells of; an empty one for a case from before there were any."""
    return Way(**{**data, "path": tuple(data.get("path", ())), "copied": tuple(data.get("copied", ()))})


def without_return(walked: Way) -> Way:
    """Return the way of a case that need not come straight back any more."""
    return replace(walked, back=None)
