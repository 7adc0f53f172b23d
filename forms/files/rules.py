"""Who may have a file. Nothing here writes."""

from __future__ import annotations

from collections.abc import Callable

from forms.files.models import StoredFile
from forms.models import CorrectionDraft, Submission
from forms.rules import may_see
from forms.schema import Confidentiality, FieldDefinition, definition_of
from foundation.organisation.models import User
from foundation.organisation.resolution import roles_of

Also = Callable[[Submission, User], bool]


def field_of(row: StoredFile) -> FieldDefinition | None:
    """Return the field a submitted file was given for, in the edition of its submission."""
    if row.submission is None:
        return None
    member = definition_of(row.submission.edition).at(row.field)
    return member.field if member is not None else None


def may_have(row: StoredFile, user: User, *, also: Also | None = None) -> bool:
    """Whether a person may have the content of a file.

    Not submitted: only who uploaded it. Submitted: who may read the submission (its submitter, and those ``also``
    says yes to), where the field names readers only holders of those roles and the submitter; and who corrects the
    submission right now. Source: the definition's ``readers``.
    """
    if not user.is_active:
        return False
    if row.submission is None:
        if row.uploaded_by_id == user.pk:
            return True
        return CorrectionDraft.objects.filter(submission__uuid=row.draft, person=user).exists()
    submission = row.submission
    if may_see(submission, user):
        return True
    if also is None or not also(submission, user):
        return False
    asked = field_of(row)
    return asked is None or not asked.readers or not set(asked.readers).isdisjoint(roles_of(user))


def is_confidential(row: StoredFile) -> bool:
    """Whether every reading of the file is recorded."""
    asked = field_of(row)
    return asked is not None and asked.confidentiality is Confidentiality.CONFIDENTIAL
