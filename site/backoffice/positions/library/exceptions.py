"""Why something is not done in the library. Views catch ``LibraryError`` and show its sentence."""

from __future__ import annotations

from django.utils.translation import gettext as _


class LibraryError(Exception):
    """Base of the refusals of this room; ``str()`` is a sentence for the person."""


class WordingInvalid(LibraryError):
    """Something that must be said is missing, or a value is none of those allowed. ``faults``: column → sentence."""

    def __init__(self, faults: dict[str, str]) -> None:
        self.faults = faults
        super().__init__(" ".join(faults.values()))


class KeyTaken(LibraryError):
    """Another item has this key."""

    def __init__(self, key: str) -> None:
        super().__init__(_("The key %(key)s is taken by another item.") % {"key": key})


class Overtaken(LibraryError):
    """Somebody was faster."""

    def __init__(self) -> None:
        super().__init__(
            _("Somebody changed this item meanwhile. Look at what it says now, then save your change again.")
        )


class RuleBroken(LibraryError):
    """The item or the draft is not in the state for it."""


class DraftClosed(LibraryError):
    """A draft cannot be changed now. ``kind``: archived, locked or forbidden."""

    def __init__(self, kind: str, sentence: str) -> None:
        self.kind = kind
        super().__init__(sentence)
