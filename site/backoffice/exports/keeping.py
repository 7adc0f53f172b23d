"""Clears documents away that nobody asked for in a long time. They are made again when asked for.

A document is named by everything that shows in it, so a new edition, template or translation leaves the old file
behind; nobody asks for that any more, and its time runs out here.
"""

from __future__ import annotations

import datetime
import os
import time
from pathlib import Path

from django.conf import settings

from foundation.outbox.rounds import every

KEEP = datetime.timedelta(days=90)
KEEP_BOOKLETS = datetime.timedelta(days=30)
"""As long as the jobs that made them are remembered; booklets are large."""
KEEP_PARTS = datetime.timedelta(days=1)
TOUCH_AFTER = 86_400


def used(file: Path) -> bool:
    """Return whether ``file`` is there; it then stays another while. Cheap: its date is written once a day."""
    try:
        if time.time() - file.stat().st_mtime > TOUCH_AFTER:
            now = time.time()
            os.utime(file, (now, now))
    except FileNotFoundError:
        return False
    return True


@every("rendered-documents", datetime.timedelta(days=1))
def sweep() -> int:
    """Remove what was not asked for in time, and what a killed worker left half-written; return how many files."""
    removed = 0
    for file in Path(settings.RENDERED_DIR).rglob("*"):
        if file.suffix not in (".pdf", ".part"):
            continue
        keep = (
            KEEP_PARTS
            if file.suffix == ".part"
            else KEEP_BOOKLETS
            if file.parent.name == "booklets"
            else KEEP
        )
        try:
            if time.time() - file.stat().st_mtime > keep.total_seconds():
                file.unlink()
                removed += 1
        except FileNotFoundError:
            continue  # another worker was faster
    return removed
