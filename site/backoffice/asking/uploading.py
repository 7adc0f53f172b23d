"""One file, or one typed signature, sent by the script of a page: kept, and answered with the row that shows it."""

from __future__ import annotations

import uuid as uuids

from django.http import Http404, HttpRequest, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from forms.exceptions import FormError, NotFound, NotPermitted
from forms.fields.base import clean_text
from forms.fields.signature import LONGEST_NAME
from forms.files import services
from forms.files.directory import found_of
from forms.files.models import StoredFile
from forms.models import PublicDraft
from foundation.organisation.models import User


def kept_one(
    request: HttpRequest, draft: uuids.UUID, *, by: User | PublicDraft, prefix: str, is_public: bool = False
) -> JsonResponse:
    """Keep what was posted as ``file``, or signed as ``name``, for the field ``field`` of a draft that is there.

    Answers the row of the file as the page shows it, its inputs named with ``prefix``; 422 and a sentence where it was
    refused. Raises Http404 for the drafts of others.
    """
    path = request.POST.get("field", "")[: services.LONGEST_FIELD + 1]
    name = clean_text(request.POST.get("name", ""), lines=False)[:LONGEST_NAME]
    given = request.FILES.get("file")
    try:
        if getattr(request, "too_large", False):
            return refused(_("This is more than is taken at once. Choose smaller files, or fewer."))
        if given is not None:
            kept = services.store(draft=draft, field=path, upload=given, by=by)
        elif name:
            kept = services.sign(draft=draft, field=path, name=name, by=by)
        else:
            return refused(_("No file has arrived. Choose it again."))
    except (NotFound, NotPermitted):
        raise Http404 from None
    except FormError as refusal:
        return refused(str(refusal))
    template = "_file" if kept.origin == StoredFile.Origin.UPLOADED else "_signature"
    row = render_to_string(
        f"intake/fields/{template}.html",
        {
            "file": found_of(kept),
            "key": str(kept.uuid),
            "name": f"{prefix}{path}",
            "path": path,
            "filling": {"is_public": is_public},
        },
        request,
    )
    return JsonResponse({"key": str(kept.uuid), "row": row})


def refused(sentence: str) -> JsonResponse:
    """Answer why nothing was kept."""
    return JsonResponse({"refused": sentence}, status=422)
