"""The page of a case, and the page of one step. For staff; who sees what is asked of ``workflows``."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from backoffice.casework.asking import Received, asking_of, is_script, receive, saved, with_camera
from backoffice.casework.deciding import key_of, uuid_of, whole
from backoffice.casework.orders import after_step
from backoffice.casework.pages import case_context, case_or_404, receipt_words, to_case
from backoffice.casework.presentation import Happening, answered_of, timeline_of
from backoffice.casework.questions import Questions
from foundation.editions.texts import in_language
from workflows.definitions import definition_of
from workflows.exceptions import CaseNotFound, NotPermitted, Overtaken, RuleBroken, WorkflowError
from workflows.models import Case
from workflows.queries import transitions_open_to
from workflows.schema import Transition
from workflows.services import cases


@require_GET
def case_detail(request: HttpRequest, case_uuid: uuid.UUID) -> HttpResponse:
    """One case: where it stands, who has it, what may be done next, what was asked, what happened."""
    case = case_or_404(request, case_uuid)
    return render(request, "casework/case_detail.html", case_context(case, request))


def _step_link(step: Transition) -> dict[str, Any]:
    return {"id": step.id, "title": in_language(step.title)}


@require_http_methods(["GET", "POST"])
def case_step(request: HttpRequest, case_uuid: uuid.UUID, step: str) -> HttpResponse:
    """One step of a case: its questions, and taking it. Refusals show what was typed and what is to be done."""
    if request.method == "GET":
        case = case_or_404(request, case_uuid)
        spec = next((known for known in transitions_open_to(case, request.user) if known.id == step), None)
        if spec is None:
            messages.info(request, _("This step is not open to you as the case stands now."))
            return redirect("casework:case", case_uuid=case.uuid)
        draft = asking_of(request, case, step).draft
        return _step_page(request, case, spec, Questions.resumed(spec, case, request.user, draft))
    received = receive(request, case_uuid, step)
    if received.only_save or received.refused:
        return _kept(request, case_uuid, step, received)
    try:
        # Before the case is looked up: who gives it away may see it no longer, and the same request may come twice.
        receipt = cases.act(
            case_uuid=case_uuid,
            step=step,
            by=request.user,
            seen_version=whole(request.POST.get("seen_version")),
            idempotency_key=key_of(request),
            answers=received.typed,
            reason=request.POST.get("reason", ""),
            assignee=uuid_of(request.POST.get("assignee")),
        )
    except CaseNotFound:
        raise Http404 from None
    except NotPermitted as refusal:
        return _not_done(request, case_uuid, step, refusal, 403)
    except Overtaken as refusal:
        return _not_done(request, case_uuid, step, refusal, 409, since=refusal.seen_version)
    except RuleBroken as refusal:
        return _not_done(request, case_uuid, step, refusal, 422)
    taken = definition_of(receipt.case.edition).transitions
    title = next((in_language(one.title) for one in taken if one.id == step), step)
    messages.success(request, receipt_words(title, receipt))
    return (None if receipt.repeated else after_step(request, receipt.case, step)) or to_case(
        request, receipt.case
    )


def _kept(request: HttpRequest, case_uuid: uuid.UUID, step: str, received: Received) -> HttpResponse:
    """Answer a page that was saved and not sent: to its script, or with the page again and what was refused."""
    case = case_or_404(request, case_uuid)
    known = next(one for one in definition_of(case.edition).transitions if one.id == step)
    spec = known if known in transitions_open_to(case, request.user) else None
    complain = bool(request.POST.get("complain"))
    if is_script(request):
        assert received.draft is not None
        context = {
            "questions": Questions.resumed(known, case, request.user, received.draft, complain=complain),
            "filling": asking_of(request, case, step),
            "case": case,
            "moved_on": spec is None,
        }
        return saved(request, received.draft, render_to_string("casework/_step_part.html", context, request))
    if not received.refused or spec is None:
        for sentence in received.refused:
            messages.error(request, sentence)
        return redirect("casework:step", case_uuid=case.uuid, step=step)
    questions = Questions.again(spec, case, request.POST, None, request.user, received.draft)
    return _step_page(request, case, spec, questions, "\n".join(received.refused), status=422)


def _not_done(
    request: HttpRequest,
    case_uuid: uuid.UUID,
    step: str,
    refusal: WorkflowError,
    status: int,
    since: int | None = None,
) -> HttpResponse:
    """Answer a step that was refused: nothing was changed, and what was typed is still there.

    Where the step is still the person's, its page comes again; otherwise the case as it stands now, with the typed
    texts to copy. ``since``: the version the person had seen; what happened after it is shown.
    """
    case = case_or_404(request, case_uuid)
    steps = definition_of(case.edition).transitions
    spec = next((known for known in steps if known.id == step), None)
    typed = (
        Questions.again(
            spec,
            case,
            request.POST,
            getattr(refusal, "errors", {}),
            request.user,
            asking_of(request, case, step).draft,
        )
        if spec
        else None
    )
    happened = timeline_of(case, request.user)[1][: max(case.version - since, 0)] if since is not None else []
    if spec is not None and spec in transitions_open_to(case, request.user):
        assert typed is not None
        return _step_page(request, case, spec, typed, str(refusal), happened, status=status)
    messages.error(request, str(refusal))
    context = {**case_context(case, request), "typed": typed.written if typed else []}
    return render(request, "casework/case_detail.html", context, status=status)


def _step_page(
    request: HttpRequest,
    case: Case,
    spec: Transition,
    questions: Questions,
    refusal: str = "",
    happened: Sequence[Happening] = (),
    status: int = 200,
) -> HttpResponse:
    definition = definition_of(case.edition)
    state = definition.state(case.state)
    asking = asking_of(request, case, spec.id)
    response = render(
        request,
        "casework/case_step.html",
        {
            "filling": asking,
            "page_title": in_language(spec.title),
            "case": case,
            "state": state,
            "state_title": in_language(state.title),
            "step": _step_link(spec),
            "confirm": in_language(spec.confirm) if spec.confirm else "",
            "reason_required": spec.reason_required,
            "candidates": cases.candidates_for(case, spec) if spec.assignment.mode == "choose" else None,
            "questions": questions,
            "answered": answered_of(case, request.user),
            "refusal": refusal,
            "happened": happened,
            "idempotency_key": uuid.uuid4().hex,
        },
        status=status,
    )
    return with_camera(asking, response)
