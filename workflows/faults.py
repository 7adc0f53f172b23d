"""One fault of a definition: where it stands, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Problem:
    """One fault: ``path`` says where (``transitions.close.guard``), ``message`` what is wrong and what to do."""

    path: str
    message: str
    severity: Literal["error", "warning"] = "error"
