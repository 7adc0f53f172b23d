"""Can this machine make PDFs? Asks the system for the libraries of WeasyPrint without importing it."""

from __future__ import annotations

import ctypes
from functools import cache

from django.utils.translation import gettext as _

NEEDED = {
    "libgobject-2.0.so.0": "libglib2.0-0",
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz.so.0": "libharfbuzz0b",
    "libfontconfig.so.1": "libfontconfig1",
}
WANTED = {"libharfbuzz-subset.so.0": "libharfbuzz-subset0"}
INSTALL = "apt-get install --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


@cache
def _opens(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def missing() -> list[str]:
    """Return the Debian packages without which no PDF can be made."""
    return [package for library, package in NEEDED.items() if not _opens(library)]


def missing_for_speed() -> list[str]:
    """Return the Debian packages without which fonts are cut in Python: up to ten seconds a page."""
    return [package for library, package in WANTED.items() if not _opens(library)]


def notice() -> str:
    """Return the sentence a page shows in place of its PDF button, empty when PDFs can be made."""
    if not missing():
        return ""
    return _(
        "PDF documents cannot be made on this server yet: system libraries are missing. "
        "An administrator can add them with: %(command)s"
    ) % {"command": INSTALL}
