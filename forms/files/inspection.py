"""The other end of ``opening``: starts the process that looks into a file, and reads its answer."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from forms.files.refusals import refusal

logger = logging.getLogger("remit.files")

SCRIPT = Path(__file__).with_name("opening.py")
MEMORY = 1024 * 1024 * 1024
"""Address space of one look, libraries included; what is really used is a fifth of it at most."""
SECONDS = 20
"""Of processor time."""
WAIT = 60
AT_ONCE = 2
INSIDE = ("image", "pdf", "docx", "xlsx", "txt", "csv")
"""Kinds an archive may hold."""

_turn = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class Contents:
    """What a file is by its content."""

    kind: str
    suffix: str
    type: str
    width: int | None = None
    height: int | None = None
    pages: int | None = None


def look_into(
    source: Path, out: Path, name: str, *, allowed: Sequence[str], purpose: str = "file", edge: int = 0
) -> Contents:
    """Return what the file ``source`` is; what is to be kept of it lies in the folder ``out`` afterwards.

    Raises FileRefused, also when looking takes too long or too much memory.
    """
    return _asked(
        name,
        {
            "source": str(source),
            "out": str(out),
            "name": name,
            "allowed": list(allowed),
            "inside": list(INSIDE),
            "purpose": purpose,
            "edge": edge,
            "pixels": settings.FILES_MOST_PIXELS,
        },
    )


def draw_name(words: str, out: Path) -> Contents:
    """Draw a typed name as a signature into the folder ``out``."""
    return _asked(words, {"write": words, "out": str(out), "font": str(settings.FILES_SIGNATURE_FONT)})


def _asked(name: str, job: dict[str, Any]) -> Contents:
    limits = {"memory": MEMORY, "seconds": SECONDS, "size": 2 * settings.FILES_LARGEST + 1024 * 1024}
    with _turn:
        try:
            done = subprocess.run(  # noqa: S603 - our own script under our own interpreter
                [sys.executable, "-I", str(SCRIPT)],
                input=json.dumps({**job, **limits}).encode(),
                capture_output=True,
                timeout=WAIT,
                env={"LC_ALL": "C.UTF-8"},
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise refusal(name, {"refused": "bomb"}) from None
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        # It was ended from outside (memory, time, a crash of a library): the file is to blame, and it is refused.
        logger.warning("A file could not be looked into: %s", done.stderr.decode("utf-8", "replace")[-2000:])
        raise refusal(name, {"refused": "bomb"}) from None
    if "refused" in answer:
        raise refusal(name, answer)
    return Contents(**answer)
