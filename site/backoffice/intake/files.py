"""Files of forms: uploading one to a draft, having one, seeing its small picture. For whoever may read the form.

Writing goes through ``forms.files.services``; who may have what is asked of ``forms.files.rules``.
"""

from __future__ import annotations

import uuid as uuids

from django.core.validators import slug_re
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from backoffice.asking.uploading import kept_one, refused
from backoffice.intake.filling import PREFIX
from backoffice.intake.readers import may_read_too
from forms.exceptions import FormError, NotFound, NotPermitted
from forms.files import queries, rules, services
from forms.files.models import StoredFile
from forms.models import Submission
from forms.queries import edition_of, submission_for
from forms.services.corrections import save_correction
from forms.services.submissions import save_draft
from foundation.audit.services import Actor

# Whatever a file holds, the browser that opens it can run nothing, fetch nothing and reach nothing of ours.
SANDBOX = "sandbox; default-src 'none'; style-src 'none'; img-src 'none'"


@require_POST
def upload(request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
    """Take one file (``file``), or a typed signature (``name``), for the field ``field`` of one's own draft.

    Answers the page's script: the row of the file as the page shows it, or why it was refused (422).
    """
    try:
        _begin(request, uuid)
    except (NotFound, NotPermitted):
        raise Http404 from None
    except FormError as refusal:
        return refused(str(refusal))
    return kept_one(request, uuid, by=request.user, prefix=PREFIX)


@require_GET
def download(request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
    """Hand a file out, as a file: never shown in the page's own place. Of confidential fields it is recorded."""
    row = _row(request, uuid)
    if not row.readable:
        return _not_yet(request, row)
    return _handed_out(request, row, preview=False)


@require_GET
def picture(request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
    """The small picture of a file, drawn by us when it came, to be shown in a page."""
    row = _row(request, uuid)
    if not row.readable or not row.has_preview:
        raise Http404
    return _handed_out(request, row, preview=True)


def _row(request: HttpRequest, uuid: uuids.UUID) -> StoredFile:
    try:
        return queries.file_for(request.user, uuid, also=may_read_too)
    except NotFound:
        raise Http404 from None


def _handed_out(request: HttpRequest, row: StoredFile, *, preview: bool) -> HttpResponse:
    try:
        stream = queries.preview(row) if preview else queries.content(row)
    except OSError:
        raise Http404 from None
    if request.method == "GET" and rules.is_confidential(row):
        kind = "file_viewed" if preview else "file_downloaded"
        part_of = {"holder": row.holder} if row.holder else {"submission": str(row.draft)}
        services.record(row, kind, Actor.of(request.user), part_of)
    response = FileResponse(stream, as_attachment=not preview, filename=row.name, content_type=row.type)
    response["Content-Security-Policy"] = SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    return response


def _not_yet(request: HttpRequest, row: StoredFile) -> HttpResponse:
    """Say that the scanner has not looked at a file yet; it comes by itself."""
    context = {"page_title": row.name, "name": row.name}
    return render(request, "intake/file_waiting.html", context, status=409)


def _begin(request: HttpRequest, uuid: uuids.UUID) -> None:
    """Make the draft, where the page was opened fresh and nothing has been typed yet; that of a correction too."""
    try:
        services.holder_for(draft=uuid, by=request.user)
    except NotFound:
        done = Submission.objects.filter(uuid=uuid).first()
        if done is not None:
            save_correction(
                submission=submission_for(request.user, uuid, also=may_read_too),
                typed={},
                reason="",
                by=request.user,
                seen_revision=done.revision,
            )
            return
        number, key = request.POST.get("edition", ""), request.POST.get("form", "")
        if not slug_re.fullmatch(key) or not (number.isdecimal() and len(number) < 10):
            raise
        edition, _definition = edition_of(key, int(number))
        save_draft(uuid=uuid, edition=edition, typed={}, by=request.user)
