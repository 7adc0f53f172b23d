"""Where files lie: in the storage ``files`` of the settings, under names nobody can guess, at no address.

A file is on the disk before its row is committed, and taken away only after the row is gone: killed at any moment,
a file without a row may remain, which the sweep takes, but never a row without its file.
"""

from __future__ import annotations

import os
import uuid as uuids
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage, storages

PREVIEW = ".preview"
INCOMING = "incoming"


class PrivateStorage(FileSystemStorage):
    """A folder that only this installation reads; what is saved is on the disk when ``save`` returns."""

    def _save(self, name: str, content: File[bytes]) -> str:
        kept: str = super()._save(name, content)  # type: ignore[misc]  # the seam Django documents for storages
        path = Path(self.path(kept))
        for each in (path, path.parent):
            handle = os.open(each, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        return kept


def files() -> Storage:
    """Return the storage."""
    return storages["files"]


def path_of(uuid: uuids.UUID) -> str:
    """Return the name under which the content of a file lies."""
    return f"{uuid.hex[:2]}/{uuid.hex}"


def keep(uuid: uuids.UUID, folder: Path) -> None:
    """Keep ``content`` and, where there is one, ``preview`` of a folder; raises OSError, leaving nothing."""
    try:
        for source, name in (
            (folder / "content", path_of(uuid)),
            (folder / "preview", f"{path_of(uuid)}{PREVIEW}"),
        ):
            if source.exists():
                with source.open("rb") as stream:
                    files().save(name, File(stream))
    except OSError:
        remove(uuid)
        raise


def remove(uuid: uuids.UUID) -> None:
    """Take a file away, if it is there."""
    for name in (path_of(uuid), f"{path_of(uuid)}{PREVIEW}"):
        files().delete(name)


def stored() -> Iterator[str]:
    """Yield the names of everything that lies there; before the first file there is not even the folder."""
    try:
        folders, loose = files().listdir("")
    except FileNotFoundError:
        return
    yield from loose
    for folder in sorted(folders):
        if folder != INCOMING:
            yield from (f"{folder}/{name}" for name in sorted(files().listdir(folder)[1]))


def incoming() -> Path:
    """Return the folder in which files are looked into before they are kept; made when it is missing."""
    folder = Path(settings.FILES_INCOMING_DIR)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
