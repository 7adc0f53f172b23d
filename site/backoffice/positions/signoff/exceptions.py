"""What the services of signing off raise. Views catch these and nothing wider; ``str()`` is for the person."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backoffice.positions.signoff.models import SignOff


class SignOffError(Exception):
    """Base of this package's errors."""


class NotFound(SignOffError):
    """No such request, or none this person may know of. Shown as 404 both times."""


class NotPermitted(SignOffError):
    """The person may see the request, but this is not theirs to do (403)."""


class RuleBroken(SignOffError):
    """The request does not allow it now; the message says why and what to do (422)."""


class Overtaken(SignOffError):
    """Somebody was faster, or the request ended meanwhile (409): ``sign_off`` is what stands now."""

    def __init__(self, message: str, sign_off: SignOff) -> None:
        super().__init__(message)
        self.sign_off = sign_off
