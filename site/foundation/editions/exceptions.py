"""Why something is not published. Views catch ``EditionError`` and show its message, which is translated."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _


class EditionError(Exception):
    """Base of the refusals of this room; ``str()`` is a sentence for the person who publishes."""


class NothingChanged(EditionError):
    """The newest edition says the same. ``edition`` is that edition."""

    def __init__(self, edition: Any) -> None:
        self.edition = edition
        super().__init__(
            _("Nothing was published: edition %(number)s says exactly the same.") % {"number": edition.number}
        )


class DatesReversed(EditionError):
    """The last day lies before the first."""

    def __init__(self) -> None:
        super().__init__(_("The last day in force lies before the effective date."))


class BodyRefused(EditionError):
    """The content has no canonical form: a fraction, a date, a key that is not text."""

    def __init__(self, what: str) -> None:
        super().__init__(_("This cannot be published: %(what)s") % {"what": what})


class UnknownKind(EditionError):
    """No such kind of edition."""

    def __init__(self, kind: str) -> None:
        super().__init__(_("There are no editions of the kind %(kind)s.") % {"kind": kind})
