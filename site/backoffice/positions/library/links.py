"""The reference of a row to the library, ``<key>@<version>``, and what has become of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

KEY = r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?"
_LINK = re.compile(rf"({KEY})@([1-9][0-9]{{0,8}})")


@dataclass(frozen=True)
class Link:
    """One version of one item."""

    key: str
    version: int

    def __str__(self) -> str:
        return f"{self.key}@{self.version}"


def parse(text: str | None) -> Link | None:
    """Return the link that ``text`` is, or None: a row of one's own, or something that is no link."""
    found = _LINK.fullmatch(text or "")
    return Link(found[1], int(found[2])) if found else None


@dataclass(frozen=True)
class RowState:
    """What has become of a row that was taken from the library.

    ``newest``: the newest version of the item, 0 where there is no such item here. ``reworded``: the row says
    something else than its version; None where that version is not here to be compared.
    """

    link: Link
    newest: int
    reworded: bool | None
    retired: bool = False

    @property
    def known(self) -> bool:
        """Whether the item is in this library."""
        return self.newest > 0

    @property
    def outdated(self) -> bool:
        """Whether the library has a newer version."""
        return self.link.version < self.newest

    @property
    def sentences(self) -> list[str]:
        """Return what to tell about the row, in the language in use."""
        number = {"number": self.link.version}
        if not self.known:
            return [_("Taken from an item that is not in this library.")]
        if self.reworded is None:
            told = [_("Taken from library version %(number)s, which is not here.") % number]
        elif self.reworded:
            told = [_("Differs from library version %(number)s.") % number]
        else:
            told = [_("As in library version %(number)s.") % number]
        if self.outdated:
            told.append(_("The library has version %(number)s.") % {"number": self.newest})
        if self.retired:
            told.append(_("The item is retired."))
        return told
