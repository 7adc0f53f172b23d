"""Reading files. For one person, who finds what they may have and nothing else."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Collection
from typing import IO

from forms.exceptions import NotFound
from forms.files import rules, storage
from forms.files.models import StoredFile
from forms.models import Submission
from foundation.organisation.models import User


def file_for(user: User, uuid: uuids.UUID, *, also: rules.Also | None = None) -> StoredFile:
    """Return a file to a person who may have it (``rules.may_have``); raises NotFound for everybody else, and
    where the content has been taken away.
    """
    row = StoredFile.objects.select_related("submission__edition").filter(uuid=uuid).first()
    if row is None or row.removed_at is not None or not rules.may_have(row, user, also=also):
        raise NotFound
    return row


def content(row: StoredFile) -> IO[bytes]:
    """Open the content of a file; raises OSError where it is not there."""
    return storage.files().open(storage.path_of(row.uuid))


def preview(row: StoredFile) -> IO[bytes]:
    """Open the small picture of a file; raises OSError where there is none."""
    return storage.files().open(f"{storage.path_of(row.uuid)}{storage.PREVIEW}")


def pictures_of(
    submission: Submission, uuids_named: Collection[uuids.UUID]
) -> list[tuple[StoredFile, bytes]]:
    """Return the small pictures of those files of a submission that are named, for a printed document; what is no
    picture, is gone, or may not be handed out is left out. For what has checked already who reads. One query.
    """
    found = []
    for row in StoredFile.objects.filter(submission=submission, uuid__in=uuids_named, kind="image"):
        if row.readable:
            try:
                with preview(row) as stream:
                    found.append((row, stream.read()))
            except OSError:
                continue
    return found
