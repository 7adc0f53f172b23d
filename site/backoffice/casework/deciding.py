"""The pages of decisions: agree, refuse, send back, hand over, add a signer, copy, remind, take back, ask anew.

Every one goes through ``workflows.services.approvals``. What was typed stays whatever the answer is: 422 says what is
wrong, 403 whose it is, 409 what has changed meanwhile; to strangers there is no such case.
"""

from __future__ import annotations

import uuid as uuids
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from backoffice.access.long_select import LongSelect, LongSelectMultiple
from backoffice.casework.asking import Received, agreeing, asking_of, is_script, receive, saved
from backoffice.casework.pages import case_context, case_or_404, receipt_words, to_case
from backoffice.casework.presentation import answered_of, timeline_of
from backoffice.casework.questions import QuestionsOf, answers_in
from backoffice.casework.sealed import Content
from backoffice.casework.verbs import VERBS, Standing, Verb
from foundation.editions.texts import in_language
from foundation.organisation.models import User
from foundation.organisation.people import active_people
from workflows.content import seal_of
from workflows.exceptions import CaseNotFound, NotPermitted, Overtaken, RuleBroken, WorkflowError
from workflows.services import approvals
from workflows.services.drafts import draft_of
from workflows.services.record import Receipt
from workflows.services.requests import Request

MOST_CHOSEN = 100


@dataclass(frozen=True)
class Typed:
    """What somebody has put into the page of a verb."""

    reason: str = ""
    person: str = ""
    people: Sequence[str] = ()
    instead_of: str = ""
    to: str = ""
    straight: bool = False
    side: str = "before"
    answers: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, posted: QueryDict) -> Typed:
        """Return what was posted."""
        return cls(
            reason=posted.get("reason", ""),
            person=posted.get("do-person", ""),
            people=posted.getlist("do-people")[:MOST_CHOSEN],
            instead_of=posted.get("do-instead-of", ""),
            to=posted.get("do-to", "")[:40],
            straight=posted.get("do-straight") == "yes",
            side=posted.get("do-side", ""),
            answers=answers_in(posted),
        )


@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, case_uuid: uuids.UUID, verb: str) -> HttpResponse:
    """One thing to do with the approval a case is in: GET asks, POST does."""
    known = VERBS.get(verb)
    if known is None:
        raise Http404
    if request.method == "GET":
        case = case_or_404(request, case_uuid)
        standing = Standing(case, request.user)
        if not (standing.open and known.offered(standing)):
            messages.info(request, _("This is not open to you as the case stands now."))
            return redirect("casework:case", case_uuid=case.uuid)
        draft = draft_of(case, agreeing(case), request.user) if "questions" in known.asks else None
        begun = Typed(reason=draft.reason, answers=draft.answers) if draft is not None else Typed()
        return _page(request, standing, known, replace(begun, instead_of=request.GET.get("of", "")))
    typed = Typed.of(request.POST)
    if "questions" in known.asks:
        received = receive(request, case_uuid, "")
        if received.only_save or received.refused:
            return _kept(request, case_uuid, known, replace(typed, answers=received.typed), received)
        typed = replace(typed, answers=received.typed)
    try:
        # Before the case is looked up: it may be the person's no longer, and the same request may come twice.
        receipt = _done(known, _asked(request, case_uuid, typed), typed)
    except CaseNotFound:
        raise Http404 from None
    except NotPermitted as refusal:
        return _refused(request, case_uuid, known, typed, refusal, 403)
    except Overtaken as refusal:
        return _refused(request, case_uuid, known, typed, refusal, 409, since=refusal.seen_version)
    except RuleBroken as refusal:
        return _refused(request, case_uuid, known, typed, refusal, 422)
    messages.success(request, receipt_words(str(known.title), receipt))
    return to_case(request, receipt.case)


def _kept(
    request: HttpRequest, case_uuid: uuids.UUID, verb: Verb, typed: Typed, received: Received
) -> HttpResponse:
    """Answer a page that was saved and not sent: to its script, or with the page again and what was refused."""
    case = case_or_404(request, case_uuid)
    standing = Standing(case, request.user)
    if is_script(request):
        assert received.draft is not None
        errors: Mapping[str, Sequence[str]] | None = {} if request.POST.get("complain") else None
        now = replace(typed, answers=received.draft.answers)
        context = {
            "questions": _questions(standing, now, errors),
            "filling": asking_of(request, case, agreeing(case)),
            "case": case,
        }
        return saved(request, received.draft, render_to_string("casework/_step_part.html", context, request))
    if not received.refused:
        return redirect("casework:decide", case_uuid=case.uuid, verb=verb.slug)
    return _page(request, standing, verb, typed, "\n".join(received.refused), None, status=422)


def _asked(request: HttpRequest, case_uuid: uuids.UUID, typed: Typed) -> Request:
    return Request(
        case_uuid=case_uuid,
        by=request.user,
        seen_version=whole(request.POST.get("seen_version")),
        idempotency_key=key_of(request),
        reason=typed.reason,
        seen=request.POST.get("do-seen", "")[:64],
    )


def _done(verb: Verb, asked: Request, typed: Typed) -> Receipt:
    """Do it. A person or side that is none is refused by the service, in words."""
    nobody = uuids.UUID(int=0)
    match verb.slug:
        case "agree":
            return approvals.agree(asked, answers=typed.answers)
        case "refuse":
            return approvals.refuse(asked)
        case "send-back":
            return approvals.send_back(asked, to=typed.to, straight=typed.straight)
        case "hand-over":
            return approvals.hand_over(
                asked, to=uuid_of(typed.person) or nobody, instead_of=uuid_of(typed.instead_of)
            )
        case "add-signer":
            side: Any = "after" if typed.side == "after" else "before"
            return approvals.add_signer(asked, person=uuid_of(typed.person) or nobody, side=side)
        case "copy":
            chosen = [found for one in typed.people if (found := uuid_of(one)) is not None]
            return approvals.copy_to(asked, people=chosen)
        case "remind":
            return approvals.remind(asked)
        case "withdraw":
            return approvals.withdraw(asked)
        case _:
            return approvals.ask_again(asked)


def _refused(
    request: HttpRequest,
    case_uuid: uuids.UUID,
    verb: Verb,
    typed: Typed,
    refusal: WorkflowError,
    status: int,
    since: int | None = None,
) -> HttpResponse:
    """Answer what was refused: nothing was changed, and what was typed is still there.

    Where it is still the person's to do, its page comes again; otherwise the case as it stands now, with the typed
    texts to copy. ``since``: the version the person had seen; what happened after it is shown, and what the case says
    otherwise than they read.
    """
    case = case_or_404(request, case_uuid)
    standing = Standing(case, request.user)
    more: dict[str, Any] = {}
    if since is not None:
        more["happened"] = timeline_of(case, request.user)[1][: max(case.version - since, 0)]
        seen = request.POST.get("do-seen", "")
        more["since"] = Content(case, request.user).since(seen) if seen else None
    errors: Mapping[str, Sequence[str]] = getattr(refusal, "errors", {})
    if standing.open and verb.offered(standing):
        return _page(request, standing, verb, typed, str(refusal), errors, status=status, **more)
    messages.error(request, str(refusal))
    context = {**case_context(case, request), "typed": _written(standing, typed), **more}
    return render(request, "casework/case_detail.html", context, status=status)


def _written(standing: Standing, typed: Typed) -> list[tuple[str, str]]:
    """Return what was typed, as (label, text), for a page that no longer asks."""
    lines = []
    if standing.approval is not None and typed.answers:
        lines = _questions(standing, typed, None).written
    return [*lines, (_("Reason"), typed.reason)] if typed.reason else lines


def _questions(standing: Standing, typed: Typed, errors: Mapping[str, Sequence[str]] | None) -> QuestionsOf:
    assert standing.approval is not None
    state = standing.machine.definition.state(standing.case.state)
    draft = draft_of(standing.case, agreeing(standing.case), standing.user)
    return QuestionsOf(
        state.id,
        state.title,
        standing.approval.asks,
        standing.case,
        typed.answers,
        errors,
        standing.user,
        draft.uuid if draft is not None else None,
    )


def _page(
    request: HttpRequest,
    standing: Standing,
    verb: Verb,
    typed: Typed,
    refusal: str = "",
    errors: Mapping[str, Sequence[str]] | None = None,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    case = standing.case
    state = standing.machine.definition.state(case.state)
    assert standing.approval is not None
    instruction = standing.approval.instruction
    questions = None
    if "questions" in verb.asks:
        questions = _questions(standing, typed, (errors or {}) if refusal else None)
    return render(
        request,
        "casework/decide.html",
        {
            "page_title": verb.title,
            "case": case,
            "state": state,
            "state_title": in_language(state.title),
            "verb": verb,
            "typed": typed,
            "refusal": refusal,
            "errors": errors or {},
            "questions": questions,
            "filling": asking_of(request, case, agreeing(case)),
            "instruction": in_language(instruction) if instruction and verb.slug == "agree" else "",
            "principal": standing.principal if standing.mine else None,
            "standing": standing,
            "choosers": _choosers(standing, verb, typed, errors or {}),
            "answered": answered_of(case, request.user),
            "seen": seal_of(case),
            "idempotency_key": uuids.uuid4().hex,
            **more,
        },
        status=status,
    )


def _choosers(
    standing: Standing, verb: Verb, typed: Typed, errors: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Return the lists of people the page chooses from, searched by typing."""
    found = {}
    wrong = {"aria-invalid": "true", "aria-describedby": "person-errors"} if "person" in errors else {}
    if "person" in verb.asks:
        people = active_people().exclude(pk__in=standing.barred())
        choices = [("", _("Choose a person")), *((str(one.uuid), person_words(one)) for one in people)]
        found["person"] = LongSelect(choices=choices).render(
            "do-person", typed.person, {"id": "person", **wrong}
        )
    if "people" in verb.asks:
        wrong = {"aria-invalid": "true", "aria-describedby": "people-errors"} if "people" in errors else {}
        people = active_people().exclude(pk=standing.user.pk)
        choices = [(str(one.uuid), person_words(one)) for one in people]
        found["people"] = LongSelectMultiple(choices=choices).render(
            "do-people", typed.people, {"id": "people", **wrong}
        )
    if "instead_of" in verb.asks and standing.reassigns:
        mine = standing.mine and standing.allows("hand_over")
        choices = [("", _("what is asked of me"))] if mine else []
        choices += [(str(one.uuid), str(one)) for one in standing.people_waiting]
        found["instead_of"] = LongSelect(choices=choices).render(
            "do-instead-of", typed.instead_of, {"id": "instead_of"}
        )
    return found


def person_words(person: User) -> str:
    """Return how a person stands in a list one searches: by name and by account."""
    return f"{person} ({person.username})" if str(person) != person.username else str(person)


def key_of(request: HttpRequest) -> str:
    """Return the key of the page that was sent, so that sending it twice does it once."""
    return request.POST.get("idempotency_key", "").replace("\x00", "")[:80] or uuids.uuid4().hex


def whole(text: str | None) -> int:
    """Return a whole number that was posted, 0 for anything else."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else 0


def uuid_of(text: str | None) -> uuids.UUID | None:
    """Return a uuid that was posted, None for anything else."""
    try:
        return uuids.UUID(text or "")
    except ValueError:
        return None
