"""What approval refuses. ``str()`` is a sentence for the person: what is wrong, and who may do it instead.

All are ``PermissionDenied``, so Wagtail's own screens refuse too where ours do not speak first.
"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied


class ApprovalRefused(PermissionDenied):
    """Something about approving is not allowed or not possible now."""


class OwnText(ApprovalRefused):
    """Who wrote or submitted the text would approve it."""


class NotAnApprover(ApprovalRefused):
    """The step is for others to decide."""


class TextChanged(ApprovalRefused):
    """The draft is no longer the text that was submitted."""


class AlreadyDecided(ApprovalRefused):
    """Somebody else decided first."""


class CommentMissing(ApprovalRefused):
    """A text is returned without saying why."""


class NotReady(ApprovalRefused):
    """The draft cannot be submitted as it stands."""


class NotApproved(ApprovalRefused):
    """A text would come into force that nobody else approved."""
