"""Files that come with the post of a page itself, where no script has uploaded them: into the draft they belong to.

Writing goes through ``forms.files.services``.
"""

from __future__ import annotations

import uuid as uuids
from collections.abc import Mapping, Sequence

from django.http import HttpRequest

from forms.exceptions import FormError, NotFound
from forms.fields.signature import confirmed_name
from forms.files import services
from forms.files.references import taken_by
from forms.models import PublicDraft
from forms.schema import FormDefinition
from foundation.organisation.models import User

UPLOAD = "~upload"
REMOVE = "remove-file"
"""What the button beside a file posts under ``do``, with the field's path and the file's key behind colons."""


def brings_files(
    request: HttpRequest, definition: FormDefinition, typed: Mapping[str, Sequence[str]]
) -> bool:
    """Whether what was posted holds a file, or a typed signature that is to become one."""
    return bool(request.FILES) or bool(_signed(definition, typed))


def with_files(
    request: HttpRequest,
    uuid: uuids.UUID,
    definition: FormDefinition,
    typed: Mapping[str, Sequence[str]],
    *,
    prefix: str,
    by: User | PublicDraft | None = None,
) -> tuple[dict[str, list[str]], list[str]]:
    """Return what was typed with the keys of the files that came along, and a sentence for each that was refused.
    ``prefix`` stands before the names of the page's controls; ``by``: whose draft it is, without it the signed-in
    person's.

    The draft must be there already. A file for what is no field on the posted page is passed over.
    """
    by = by or request.user
    found = {path: list(texts) for path, texts in typed.items()}
    refused: list[str] = []
    for name in request.FILES:
        path = str(name).removeprefix(prefix).removesuffix(UPLOAD)
        if not str(name).endswith(UPLOAD) or path not in found:
            continue
        for upload in request.FILES.getlist(str(name)):
            try:
                kept = services.store(draft=uuid, field=path, upload=upload, by=by)
            except NotFound:
                continue
            except FormError as refusal:
                refused.append(str(refusal))
            else:
                found[path].append(str(kept.uuid))
    for path, name in _signed(definition, typed).items():
        try:
            found[path] = [str(services.sign(draft=uuid, field=path, name=name, by=by).uuid)]
        except FormError as refusal:
            refused.append(str(refusal))
    return found, refused


def without_file(typed: Mapping[str, Sequence[str]], target: str) -> dict[str, list[str]]:
    """Return what was typed without one file; ``target``: path and key of it, a colon between."""
    path, _colon, key = target.rpartition(":")
    return {name: [text for text in texts if name != path or text != key] for name, texts in typed.items()}


def _signed(definition: FormDefinition, typed: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the names that were typed and confirmed as signatures, by path, where none is there yet."""
    found = {}
    for path, texts in typed.items():
        member = definition.at(path)
        if member is None or member.field is None or taken_by(member.field).purpose != "signature":
            continue
        if (name := confirmed_name(texts)) and not any(text and "=" not in text for text in texts):
            found[path] = name
    return found
