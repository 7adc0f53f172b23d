"""What can be chosen for a field that names something outside its form: for the chooser of the page, as one types."""

from __future__ import annotations

from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from backoffice.asking.choosing import choices
from forms.exceptions import NotFound, NotPermitted
from forms.queries import edition_of
from forms.rules import check_open


@require_GET
def choose(request: HttpRequest, form_key: str, edition: int) -> JsonResponse:
    """Answer with what fits the words ``q`` for the field ``field`` of an edition, best first.

    For those who may fill the form in; they find what they may see. Anything else is not there.
    """
    if edition > 2**31:
        raise Http404
    try:
        found, definition = edition_of(form_key, edition)
        check_open(found, request.user)
    except (NotFound, NotPermitted):
        raise Http404 from None
    return choices(request, definition)
