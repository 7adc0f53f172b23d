"""Whether files are still what they were when they came: asked by ``manage.py verify`` and ``files check``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from django.utils.translation import gettext as _

from forms.files import storage
from forms.files.models import StoredFile
from forms.files.references import named_in
from forms.schema import definition_of
from foundation.audit.models import Event
from foundation.audit.verification import Fault

BATCH = 200


def faults(using: str = "default") -> Iterator[Fault]:
    """Yield what is wrong: contents that are missing or altered, and rows that differ from what was submitted."""
    rows = StoredFile.objects.using(using).select_related("submission__edition").order_by("pk")
    for row in rows.iterator(BATCH):
        said = _submitted_hash(row)
        if said and said != row.sha256:
            yield Fault(
                "formbuilder_storedfile", str(row.uuid), _("differs from what the submission says of it")
            )
        if row.removed_at is None and (wrong := content_fault(row)):
            yield Fault("formbuilder_storedfile", str(row.uuid), wrong)


def content_fault(row: StoredFile) -> str:
    """Return what is wrong with the content of a file, empty for nothing."""
    digest = hashlib.sha256()
    try:
        with storage.files().open(storage.path_of(row.uuid)) as stream:
            for chunk in stream.chunks():
                digest.update(chunk)
    except OSError:
        return _("its content is not there")
    return "" if digest.hexdigest() == row.sha256 else _("its content has been altered")


def _submitted_hash(row: StoredFile) -> str:
    """Return the SHA-256 the answers of its submission give a file; empty where they do not name it."""
    if row.submission is None:
        return ""
    if row.holder:
        return _attached_hash(row)
    answers = row.submission.answers
    named = dict(named_in(definition_of(row.submission.edition), answers)).get(str(row.uuid))
    items = _items(answers, named[0]) if named else []
    return next((str(item.get("sha256", "")) for item in items if item.get("key") == str(row.uuid)), "")


def _attached_hash(row: StoredFile) -> str:
    """Return the SHA-256 that the events of the record it is part of give a file."""
    for body in Event.objects.using(row._state.db).filter(stream=row.holder).values_list("body", flat=True):
        if said := json.loads(bytes(body))["references"].get(f"file:{row.uuid}"):
            return str(said)
    return ""


def _items(answers: object, path: str) -> list[dict[str, object]]:
    """Return the files of the field at a path of stored answers."""
    here = answers
    for part in path.split("/"):
        if isinstance(here, dict):
            here = here.get(part)
        elif isinstance(here, list):
            here = next((row for row in here if isinstance(row, dict) and row.get("_row") == part), None)
    return [item for item in here if isinstance(item, dict)] if isinstance(here, list) else []
