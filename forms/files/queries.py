"""Reading files. For one person, who finds what they may have and nothing else."""

from __future__ import annotations

import uuid as uuids
from typing import IO

from forms.exceptions import NotFound
from forms.files import rules, storage
from forms.files.models import StoredFile
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


def picture(uuid: uuids.UUID) -> tuple[str, bytes] | None:
    """Return content type and bytes of a picture for a printed document (a signature, a photo), None where it is no
    picture, is gone, or may not be handed out. For what has checked already who prints.
    """
    row = StoredFile.objects.filter(uuid=uuid, kind="image").first()
    if row is None or not row.readable:
        return None
    try:
        with content(row) as stream:
            return row.type, stream.read()
    except OSError:
        return None
