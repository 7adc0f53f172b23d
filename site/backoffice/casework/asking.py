"""The page of a step, or of a decision, while it is open: it saves itself, takes files, and answers its chooser.

What is typed is a draft of the person's (``workflows.services.drafts``). ``place``: the name of a step, or
``<stage>.agreed``.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from backoffice.access.gate import permissions_policy
from backoffice.access.templatetags.remit import clock
from backoffice.asking.choosing import choices
from backoffice.asking.receiving import REMOVE, brings_files, with_files, without_file
from backoffice.asking.uploading import kept_one
from backoffice.casework.questions import answers_in
from forms.schema import FormDefinition
from workflows.exceptions import CaseNotFound, NotPermitted
from workflows.models import Case, StepDraft
from workflows.queries import case_for
from workflows.services import drafts
from workflows.services.enclosures import AGREED


@dataclass(frozen=True)
class Asking:
    """What the templates of fields need to know of the page they stand on (their name for it is ``filling``)."""

    case: Case
    place: str
    form: FormDefinition | None
    draft: StepDraft | None
    is_public: bool = False

    @property
    def uploads_to(self) -> str:
        """Where files go, one by one."""
        return self._at("casework:step-files")

    @property
    def chooses_at(self) -> str:
        """Where the page asks what fits what is typed."""
        return self._at("casework:step-choose")

    @property
    def saved_text(self) -> str:
        """When it was saved last; empty for never."""
        return clock(timezone.localtime(self.draft.saved_at)) if self.draft is not None else ""

    def _at(self, name: str) -> str:
        return reverse(name, kwargs={"case_uuid": self.case.uuid, "place": self.place})


@dataclass(frozen=True)
class Received:
    """What a posted page holds: the texts of its questions, files among them by key, and what was refused.

    ``draft``: where they are kept. ``only_save``: nothing but saving was asked for (the script, or a button).
    """

    typed: Mapping[str, Sequence[str]]
    refused: Sequence[str] = ()
    draft: StepDraft | None = None
    only_save: bool = False


def asking_of(request: HttpRequest, case: Case, place: str) -> Asking:
    """Return the page of a place as the person left it."""
    form = drafts.questions_at(case, place)
    return Asking(case, place, form, drafts.draft_of(case, place, request.user) if form is not None else None)


def receive(request: HttpRequest, case_uuid: uuid.UUID, place: str) -> Received:
    """Return what was posted. Files that came along, and what is only to be saved, are kept in the person's draft.

    ``place``: empty for agreeing in the stage the case is in. Whose step it is not, their post is returned as it is:
    the service refuses it and says why.
    """
    typed = answers_in(request.POST)
    try:
        case = case_for(request.user, case_uuid)
    except CaseNotFound:
        return Received(typed)
    place = place or agreeing(case)
    form = drafts.questions_at(case, place)
    if form is None:
        return Received(typed)
    kept = drafts.draft_of(case, place, request.user)
    action, _colon, target = request.POST.get("do", "").partition(":")
    only_save = is_script(request) or action in ("update", REMOVE)
    here: dict[str, list[str]] = {name: list(typed.get(name, ())) for name in request.POST.getlist("asked")}
    refused: list[str] = []
    if getattr(request, "too_large", False):
        refused.append(_("This is more than is taken at once. Choose smaller files, or fewer."))
    if action == REMOVE:
        here = without_file(here, target)
    files = brings_files(request, form, here)
    if not (only_save or files):
        return Received(typed, refused, kept)
    reason = request.POST.get("reason")
    try:
        kept = drafts.save(case=case, place=place, by=request.user, typed=here, reason=reason)
        if files:
            here, more = with_files(request, kept.uuid, form, here, prefix="")
            refused += more
            kept = drafts.save(case=case, place=place, by=request.user, typed=here)
    except CaseNotFound:
        raise Http404 from None
    except NotPermitted:
        if only_save:
            raise Http404 from None  # what the script sends never takes the step
        return Received(typed)
    return Received({**typed, **here}, refused, kept, only_save)


def agreeing(case: Case) -> str:
    """Return the place of agreeing in the stage the case is in."""
    return f"{case.state}{AGREED}"


def is_script(request: HttpRequest) -> bool:
    """Whether the page's script has sent this."""
    return request.headers.get("X-Requested-With") == "XMLHttpRequest"


def saved(request: HttpRequest, kept: StepDraft, part: str) -> JsonResponse:
    """Answer the page's script: the questions as they now stand, and when they were saved."""
    return JsonResponse(
        {"part": part, "saved": clock(timezone.localtime(kept.saved_at)), "address": request.path, "row": ""}
    )


def with_camera(asking: Asking, response: HttpResponse) -> HttpResponse:
    """Let a page with codes to read use the camera."""
    if asking.form is not None and any(field.kind == "code" for field in asking.form.fields()):
        response["Permissions-Policy"] = permissions_policy("camera")
    return response


@require_POST
def files(request: HttpRequest, case_uuid: uuid.UUID, place: str) -> HttpResponse:
    """Take one file, or a typed signature, to one's own page of a step. Whose step it is not, finds nothing here."""
    try:
        case = case_for(request.user, case_uuid)
        kept = drafts.save(case=case, place=place, by=request.user, typed={})
    except (CaseNotFound, NotPermitted):
        raise Http404 from None
    return kept_one(request, kept.uuid, by=request.user, prefix="")


@require_GET
def choose(request: HttpRequest, case_uuid: uuid.UUID, place: str) -> JsonResponse:
    """Answer with what fits the words ``q`` for a question of a step: what the person may see."""
    try:
        form = drafts.check_may_keep(case_for(request.user, case_uuid), place, request.user)
    except (CaseNotFound, NotPermitted):
        raise Http404 from None
    return choices(request, form)
