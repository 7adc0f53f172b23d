"""A submission once it is there: its page, its history, what is said about it, the page after handing in.

Each person finds only what ``forms.rules.may_see`` and the cases they see let them find; the rest is not there.
Writing goes through ``forms.services.corrections``.
"""

from __future__ import annotations

import uuid as uuids
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backoffice.intake.outcomes import outcomes_of
from backoffice.intake.printing import layouts_of
from backoffice.intake.readers import may_read_too
from forms import rules
from forms.exceptions import CorrectedMeanwhile, FormError, NotFound
from forms.models import CorrectionDraft, Submission
from forms.presentation import answered_groups
from forms.queries import submission_for
from forms.revisions import revisions_of
from forms.schema import definition_of
from forms.services import corrections
from foundation.audit.services import KeyReused
from foundation.editions.texts import in_language
from foundation.organisation.models import User
from foundation.organisation.resolution import roles_of
from workflows import rules as case_rules
from workflows.exceptions import AnswersRefused
from workflows.models import Case
from workflows.services import notes

READERS_SHOWN = 20


@dataclass(frozen=True)
class Standing:
    """What one person may do with a submission."""

    submission: Submission
    roles: frozenset[str]
    withheld: frozenset[str]
    may_correct: bool
    may_withdraw: bool


def visible(user: User, uuid: uuids.UUID) -> Submission:
    """Return a submission the person may see, by themselves or through its case; raises Http404."""
    try:
        return submission_for(user, uuid, also=may_read_too)
    except NotFound:
        raise Http404 from None


def standing_of(user: User, submission: Submission) -> Standing:
    """Return what the person may do with a submission they see."""
    roles = roles_of(user)
    return Standing(
        submission,
        roles,
        rules.withheld(submission, user, roles),
        rules.may_correct(submission, user, roles),
        rules.may_withdraw(submission, user, roles),
    )


@require_GET
def submission(request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
    """What was handed in, in the words of the edition it was handed in under, and what has come of it."""
    return _page(request, visible(request.user, uuid))


def _page(request: HttpRequest, found: Submission, *, comment: str = "", status: int = 200) -> HttpResponse:
    corrections.record_reading(submission=found, by=request.user)
    standing = standing_of(request.user, found)
    definition, language = definition_of(found.edition), get_language() or ""
    draft = CorrectionDraft.objects.filter(submission=found, person=request.user).first()
    confidential = rules.is_confidential(found)
    return render(
        request,
        "intake/submission.html",
        {
            "submission": found,
            "page_title": in_language(definition.title),
            "outcome": outcomes_of([found], language)[0],
            "pages": [
                (in_language(page.title), groups)
                for page in definition.pages
                if (
                    groups := answered_groups(
                        definition, page, found.answers, language, withheld=standing.withheld
                    )
                )
            ],
            "standing": standing,
            "draft": draft,
            "last": revisions_of(found, language, withheld=standing.withheld)[-1],
            "comments": found.comments.select_related("by").exclude(text=""),
            "comment": comment,
            "comment_key": uuids.uuid4().hex,
            "confidential": confidential,
            "readers": _readers(found.readings.select_related("by")) if confidential else [],
            "layouts": layouts_of(definition),
            "confirmation": in_language(definition.confirmation or {}),
        },
        status=status,
    )


def _readers(readings: Iterable[Any]) -> list[Any]:
    """Return the last reading of each person, newest first."""
    latest: dict[int, Any] = {}
    for reading in readings:
        latest.setdefault(reading.by_id, reading)
    return list(latest.values())[:READERS_SHOWN]


@require_GET
def received(request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
    """The page after handing in: number, receipt, what comes next. For whoever handed it in."""
    found = visible(request.user, uuid)
    if not rules.is_author(found, request.user):
        raise Http404
    definition = definition_of(found.edition)
    outcome = outcomes_of([found], get_language() or "")[0]
    standing = standing_of(request.user, found)
    return render(
        request,
        "intake/received.html",
        {
            "submission": found,
            "page_title": _("Submitted"),
            "form_title": in_language(definition.title),
            "confirmation": in_language(definition.confirmation or {}),
            "outcome": outcome,
            "standing": standing,
            "correction": definition.correction,
        },
    )


@require_GET
def history(request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
    """Every revision of a submission: who, when, why, and what it changed, in the words of its edition."""
    found = visible(request.user, uuid)
    corrections.record_reading(submission=found, by=request.user)
    language = get_language() or ""
    withheld = rules.withheld(found, request.user)
    return render(
        request,
        "intake/history.html",
        {
            "submission": found,
            "page_title": _("History"),
            "form_title": in_language(definition_of(found.edition).title),
            "revisions": list(reversed(revisions_of(found, language, withheld=withheld))),
            "withdrawal": _withdrawal(found),
        },
    )


def _withdrawal(found: Submission) -> Any:
    """Return the history row that says who took it back, when and why."""
    if found.state != Submission.State.WITHDRAWN:
        return None
    row = found.history.filter(state=Submission.State.WITHDRAWN).order_by("version").first()
    return row and {
        "at": row.history_date,
        "by": User.objects.filter(pk=row.history_user_id).first(),
        "reason": row.history_change_reason,
    }


@require_POST
def comment(request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
    """Say something about a submission, to those who see it."""
    found = visible(request.user, uuid)
    text = request.POST.get("text", "")
    key = request.POST.get("key", "")[:80] or uuids.uuid4().hex
    case = Case.objects.select_related("edition").filter(submission=found).first()
    try:
        if case is not None and case_rules.may_see(case, request.user):
            notes.note(case_uuid=case.uuid, text=text, by=request.user, idempotency_key=key)
        else:
            corrections.comment(submission=found, text=text, by=request.user, idempotency_key=key)
    except FormError as refusal:
        messages.error(request, str(refusal))
        return _page(request, found, comment=text, status=422)
    except AnswersRefused as refusal:
        for sentence in refusal.errors["text"]:
            messages.error(request, sentence)
        return _page(request, found, comment=text, status=422)
    except KeyReused:
        messages.warning(
            request, _("This comment was sent before, with other words. Look before you send again.")
        )
        return _page(request, found, comment=text, status=409)
    messages.success(request, _("Your comment has been added."))
    return redirect("intake:submission", uuid=found.uuid)


@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
    """Take a submission back, with a reason: GET asks, POST does."""
    found = visible(request.user, uuid)
    if not rules.may_withdraw(found, request.user, roles_of(request.user)):
        raise Http404
    reason, error, status = request.POST.get("reason", ""), "", 200
    if request.method == "POST":
        seen = request.POST.get("seen", "")
        try:
            corrections.withdraw(
                submission=found,
                reason=reason,
                by=request.user,
                seen_revision=int(seen) if seen.isascii() and seen.isdigit() else found.revision,
                idempotency_key=request.POST.get("key", "")[:80] or uuids.uuid4().hex,
            )
        except CorrectedMeanwhile as refusal:
            messages.warning(request, str(refusal))
            return redirect("intake:history", uuid=found.uuid)
        except FormError as refusal:
            error, status = str(refusal), 422
        except KeyReused:
            error, status = _("This was sent before, with another reason."), 409
        else:
            done = _("%(number)s has been withdrawn.") % {"number": found.number}
            messages.success(request, done)
            return redirect("intake:submission", uuid=found.uuid)
    return render(
        request,
        "intake/withdraw.html",
        {
            "submission": found,
            "page_title": _("Withdraw %(number)s") % {"number": found.number},
            "form_title": in_language(definition_of(found.edition).title),
            "barred": corrections.withdrawal_barred(found),
            "reason": reason,
            "error": error,
            "key": request.POST.get("key", "")[:80] or uuids.uuid4().hex,
        },
        status=status,
    )
