"""The source ``file`` of the directory: the files a person's answers may name."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Collection, Mapping, Sequence

from django.db.models import Q

from forms.fields.base import Found, Reference
from forms.files.models import StoredFile
from forms.files.references import SOURCE
from foundation.organisation.models import User


def found_of(row: StoredFile) -> Found:
    """Return a file as answers take it over."""
    return Found(
        Reference(SOURCE, str(row.uuid)),
        row.name,
        values={
            "name": row.name,
            "size": row.size,
            "type": row.type,
            "sha256": row.sha256,
            "kind": row.kind,
            "scan": row.scan,
            "origin": row.origin,
            "signer": row.signer,
            "width": row.width,
            "height": row.height,
            "pages": row.pages,
        },
    )


def load_files(
    references: Collection[Reference], *, person: User | None, record: uuids.UUID | None = None
) -> Mapping[Reference, Found]:
    """Return those files among ``references`` that the person may name; one query, none without a reference.

    They may name what they uploaded and have not submitted, and what belongs to ``record``, the draft or submission
    they work on. What is submitted is checked again by ``services.attach``, against the draft itself.
    """
    keys = {uuid for each in references if each.source == SOURCE and (uuid := uuid_of(each.key)) is not None}
    if not keys:
        return {}
    theirs = Q(draft=record) if record is not None else Q(pk__in=())
    if person is not None:
        theirs |= Q(uploaded_by=person, submission=None)
    rows = StoredFile.objects.filter(theirs, uuid__in=keys, removed_at=None)
    return {found.reference: found for found in map(found_of, rows)}


def search_files(words: str, *, record: uuids.UUID | None, limit: int = 20) -> Sequence[Found]:
    """Return the files of a draft that has not been submitted, whose names hold every word, newest last."""
    if record is None:
        return ()
    found = StoredFile.objects.filter(draft=record, submission=None, removed_at=None)
    for word in words.split():
        found = found.filter(name__icontains=word)
    return [found_of(row) for row in found[:limit]]


class FileDirectory:
    """A directory in which files stand and nothing else: those of one person and one record."""

    def __init__(self, person: User | None, record: uuids.UUID | None = None) -> None:
        self.person = person
        self.record = record

    def load(self, references: Collection[Reference]) -> Mapping[Reference, Found]:
        """Return the files among the references."""
        return load_files(references, person=self.person, record=self.record)

    def search(self, source: str, words: str, *, limit: int = 20) -> Sequence[Found]:
        """Return the files of the record."""
        return search_files(words, record=self.record, limit=limit) if source == SOURCE else ()


def uuid_of(text: object) -> uuids.UUID | None:
    """Return a uuid written in the one form in which we write them, None for anything else."""
    try:
        found = uuids.UUID(str(text))
    except ValueError:
        return None
    return found if str(found) == text else None
