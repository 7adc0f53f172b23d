"""What fits the words typed into a field that names something outside its form."""

from __future__ import annotations

from django.http import Http404, HttpRequest, JsonResponse

from forms.directory import directory_for
from forms.fields.reference import ReferenceField
from forms.schema import FormDefinition

SHOWN = 20
LONGEST_WORDS = 120


def choices(request: HttpRequest, definition: FormDefinition) -> JsonResponse:
    """Answer with what fits the words ``q`` for the field ``field``, best first: what the person may see.

    Raises Http404 for what is no such field.
    """
    asked = definition.by_id.get(request.GET.get("field", ""))
    if asked is None or not isinstance(asked.of_kind, ReferenceField):
        raise Http404
    words = request.GET.get("q", "").replace("\x00", "")[:LONGEST_WORDS]
    rows = directory_for(request.user).search(asked.of_kind.source(asked.settings), words, limit=SHOWN)
    response = JsonResponse(
        {"found": [{"key": row.reference.key, "label": row.label, "detail": row.detail} for row in rows]}
    )
    response["Cache-Control"] = "no-store"
    return response
