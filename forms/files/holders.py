"""What files are uploaded to and become part of. Forms know their drafts; rooms above tell of what they hold.

A holder of a room above is a working copy with a uuid of its own (somebody's page of a step, say). What is attached
from it belongs to a record of that room, named by its stream (``StoredFile.holder``), beside its submission.
"""

from __future__ import annotations

import uuid as uuids
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from forms.files.models import StoredFile
from forms.schema import FieldDefinition, FormDefinition
from foundation.organisation.models import User


@dataclass(frozen=True)
class Holder:
    """What a file is uploaded to. ``uuid`` is that of the draft, which the submission takes over."""

    uuid: uuids.UUID
    definition: FormDefinition
    person: User | None


class Holders(Protocol):
    """The working copies of one room, and the records that they become part of."""

    def find(self, draft: uuids.UUID, by: User) -> Holder | None:
        """Return a working copy that is this person's to upload to, None where there is none."""

    def stays(self, draft: uuids.UUID) -> bool:
        """Lock the working copy until the end of the transaction; say whether it is still there."""

    def texts(self, drafts: Collection[uuids.UUID]) -> Iterable[tuple[uuids.UUID, Mapping[str, Any]]]:
        """Yield what was typed into those of the working copies that are there: they name their files."""

    def field_of(self, row: StoredFile) -> FieldDefinition | None:
        """Return the question an attached file answers."""

    def may_have(self, row: StoredFile, user: User) -> bool:
        """Say whether the person may have an attached file: whoever may see the record."""


_known: dict[str, Holders] = {}


def register_holders(kind: str, holders: Holders) -> None:
    """Make the holders of a room known; ``kind`` is what the streams of its records begin with."""
    _known[kind] = holders


def all_holders() -> list[Holders]:
    """Return the holders of all rooms above."""
    return list(_known.values())


def holders_of(row: StoredFile) -> Holders:
    """Return who knows the record that a file is part of (``row.holder`` is not empty)."""
    return _known[row.holder.partition(":")[0]]
