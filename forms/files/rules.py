"""Who may have a file. Nothing here writes."""

from __future__ import annotations

from collections.abc import Callable

from forms.files.holders import holders_of
from forms.files.models import StoredFile
from forms.models import Submission
from forms.rules import may_see, withheld
from forms.schema import Confidentiality, FieldDefinition, definition_of
from foundation.organisation.models import User
from foundation.organisation.resolution import roles_of

Also = Callable[[Submission, User], bool]


def field_of(row: StoredFile) -> FieldDefinition | None:
    """Return the field a submitted file was given for, in the edition of its submission."""
    if row.submission is None:
        return None
    if row.holder:
        return holders_of(row).field_of(row)
    member = definition_of(row.submission.edition).at(row.field)
    return member.field if member is not None else None


def may_have(row: StoredFile, user: User, *, also: Also | None = None) -> bool:
    """Whether a person may have the content of a file.

    Not submitted: only who uploaded it. Submitted: who may read the submission (``forms.rules.may_see``, and those
    ``also`` says yes to), unless the answers of its field are withheld from them (``forms.rules.withheld``). Part of
    another record (``holder``): whoever may see that record.
    """
    if not user.is_active:
        return False
    if row.submission is None:
        return row.uploaded_by_id == user.pk
    if row.holder:
        return holders_of(row).may_have(row, user)
    submission, roles = row.submission, roles_of(user)
    if not may_see(submission, user, roles) and not (also is not None and also(submission, user)):
        return False
    asked = field_of(row)
    return asked is None or asked.id not in withheld(submission, user, roles)


def is_confidential(row: StoredFile) -> bool:
    """Whether every reading of the file is recorded."""
    asked = field_of(row)
    return asked is not None and asked.confidentiality is Confidentiality.CONFIDENTIAL
