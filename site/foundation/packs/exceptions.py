"""What is wrong with a pack, and where. The command prints these; nothing has been applied then."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from django.utils.translation import gettext as _


class PackError(Exception):
    """Base of the refusals of this room; ``str()`` is a sentence for whoever applies the pack."""


class PackMissing(PackError):
    """There is no pack of this name and no folder at this path."""

    def __init__(self, name: str) -> None:
        super().__init__(_("There is no pack and no folder called %(name)s.") % {"name": name})


class PackFault(PackError):
    """Something in a file is wrong. Loaders raise it; ``at``: the keys and indexes that lead there; ``path``: of which
    file of the pack, where several are looked at together.
    """

    def __init__(self, message: str, at: Sequence[str | int] = (), path: PurePosixPath | None = None) -> None:
        self.message = message
        self.at = tuple(at)
        self.path = path
        super().__init__(message)


class PackFileFault(PackError):
    """A fault with the file and the line it is in (counted from 1)."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        self.path = path
        self.line = line
        self.message = message
        super().__init__(f"{path}:{line}: {message}")
