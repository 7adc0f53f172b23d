"""Draws for samples: the same seed always gives the same answer, on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def draw(seed: int, low: int, high: int, what: str = "") -> int:
    """Return a whole number from ``low`` to ``high``, both included; ``what`` tells draws of one seed
    apart.
    """
    digest = hashlib.sha256(f"{seed}:{what}".encode()).digest()
    return low + int.from_bytes(digest[:8], "big") % (high - low + 1)


def pick(seed: int, among: Sequence[T], what: str = "") -> T:
    """Return one of ``among``."""
    return among[draw(seed, 0, len(among) - 1, what)]
