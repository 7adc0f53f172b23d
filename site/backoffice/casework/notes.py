"""Notes on a case: written on its page, and the colleagues one can name in them."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from backoffice.casework.pages import case_context, case_or_404
from foundation.organisation.models import User
from workflows.audience import people_who_see
from workflows.exceptions import AnswersRefused, CaseNotFound
from workflows.services import notes

OFFERED = 8
LONGEST_QUERY = 40


@require_POST
def write(request: HttpRequest, case_uuid: uuids.UUID) -> HttpResponse:
    """Write a note; what is refused stands at its field, with the text as it was typed."""
    text = request.POST.get("text", "")
    key = request.POST.get("key", "")[:80] or uuids.uuid4().hex
    try:
        said = notes.note(case_uuid=case_uuid, text=text, by=request.user, idempotency_key=key)
    except CaseNotFound:
        raise Http404 from None
    except AnswersRefused as refusal:
        case = case_or_404(request, case_uuid)
        context = {**case_context(case, request), "note": text, "note_errors": refusal.errors["text"]}
        messages.error(request, str(refusal))
        return render(request, "casework/case_detail.html", context, status=422)
    told = len({uuid for _written, uuid in said.mentioned} - {str(request.user.uuid)})
    if told:
        sentence = ngettext(
            "The note is written, and %(count)d colleague is told.",
            "The note is written, and %(count)d colleagues are told.",
            told,
        )
        messages.success(request, sentence % {"count": told})
    else:
        messages.success(request, _("The note is written."))
    return redirect(f"{reverse('casework:case', args=[case_uuid])}#comments")


@dataclass(frozen=True)
class Offer:
    """A colleague to name: how they are called, and what is written for them."""

    name: str
    write: str
    account: str


@require_GET
def people(request: HttpRequest, case_uuid: uuids.UUID) -> JsonResponse:
    """Whom a note on the case can name: those who may see it, whose name or account holds what was typed."""
    case = case_or_404(request, case_uuid)
    words = request.GET.get("q", "").strip()[:LONGEST_QUERY].casefold()
    offers = offers_of([one for one in people_who_see(case) if one.pk != request.user.pk])
    fit = [one for one in offers if words in one.name.casefold() or words in one.account.casefold()]
    fit.sort(key=lambda one: not one.name.casefold().startswith(words))
    return JsonResponse({"people": [one.__dict__ for one in fit[:OFFERED]]})


def offers_of(people: Sequence[User]) -> list[Offer]:
    """Return the people as they can be named; with the account behind the name where several are called the same."""
    names = [str(person) for person in people]
    return [
        Offer(name, f"{name}({person.username})" if names.count(name) > 1 else name, person.username)
        for person, name in zip(people, names, strict=True)
    ]
