"""Correcting a submission: the filling page once more, with the answers as they stand and a reason.

What one types is saved as one types, like any draft. When somebody else corrected the submission meanwhile, the
page shows what they changed and keeps what was typed. Writing goes through ``forms.services.corrections``.
"""

from __future__ import annotations

import uuid as uuids
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from backoffice.asking.receiving import REMOVE, brings_files, with_files, without_file
from backoffice.intake.filling import PREFIX, ROW_ACTIONS, Filling, typed_in, with_rows_changed
from backoffice.intake.reading import visible
from backoffice.intake.views import filling_context, part, with_camera
from forms import rules
from forms.exceptions import (
    AnswersInvalid,
    CorrectedMeanwhile,
    NotFound,
    NothingChanged,
    NotPermitted,
    ReasonMissing,
)
from forms.logic import typed_of
from forms.models import CorrectionDraft, Submission
from forms.paths import without
from forms.presentation import dom_id
from forms.revisions import Difference, differences
from forms.schema import definition_of
from forms.services import corrections
from foundation.audit.services import KeyReused
from foundation.editions.texts import in_language
from foundation.organisation.models import User
from foundation.organisation.resolution import roles_of


@dataclass(frozen=True)
class _Correcting:
    """One person's correction of one submission."""

    submission: Submission
    withheld: frozenset[str]
    draft: CorrectionDraft | None
    by: User

    @property
    def seen(self) -> int:
        return self.draft.seen_revision if self.draft else self.submission.revision

    @property
    def reason(self) -> str:
        return self.draft.reason if self.draft else ""

    def since(self) -> list[Difference]:
        """What somebody else changed since the person began."""
        if self.seen == self.submission.revision:
            return []
        known = self.submission.revisions.filter(number=self.seen).first()
        if known is None:
            return []
        definition = definition_of(self.submission.edition)
        before, after = known.answers, self.submission.answers
        return list(differences(definition, before, after, get_language() or "", withheld=self.withheld))

    def filling(self, page: str = "", complain: tuple[str, ...] = ()) -> Filling:
        return Filling.correcting(self.submission, self.draft, self.withheld, page, complain, self.by)


def _of(request: HttpRequest, uuid: uuids.UUID) -> _Correcting:
    found = visible(request.user, uuid)
    roles = roles_of(request.user)
    if not rules.may_correct(found, request.user, roles):
        raise Http404
    draft = CorrectionDraft.objects.filter(submission=found, person=request.user).first()
    return _Correcting(found, rules.withheld(found, request.user, roles), draft, request.user)


@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
    """GET goes on with a correction; POST saves what was typed and then does what the pressed button says."""
    mine = _of(request, uuid)
    if request.method == "GET":
        page = request.GET.get("page", "")
        corrections.record_reading(submission=mine.submission, by=request.user)
        return _show(request, mine, mine.filling(page, (page,) if request.GET.get("check") else ()))
    try:
        return _save_and_go(request, mine)
    except (NotFound, NotPermitted):
        raise Http404 from None


def _save_and_go(request: HttpRequest, mine: _Correcting) -> HttpResponse:
    definition = definition_of(mine.submission.edition)
    posted_page = request.POST.get("page", "")
    order = [page.id for page in definition.pages]
    action, _colon, target = request.POST.get("do", "save").partition(":")
    typed: Mapping[str, Sequence[str]] = _own(mine, typed_in(definition, request.POST))
    fresh_row = ""
    if action in ROW_ACTIONS:
        before = mine.draft.answers if mine.draft else mine.filling().typed
        typed, fresh_row = with_rows_changed(definition, {**before, **typed}, action, target)
    if action == REMOVE:
        typed = without_file(dict(typed), target)
    posted_seen = request.POST.get("seen", "")
    kept = {
        "submission": mine.submission,
        "reason": request.POST.get("reason", mine.reason),
        "by": request.user,
        "seen_revision": int(posted_seen) if posted_seen.isascii() and posted_seen.isdigit() else mine.seen,
        "page": order.index(posted_page) if posted_page in order else 0,
    }
    refused = []
    if getattr(request, "too_large", False):
        refused.append(_("This is more than is taken at once. Choose smaller files, or fewer."))
    if brings_files(request, definition, typed):
        # A file needs a draft to belong to.
        corrections.save_correction(typed={}, **kept)
        typed, more = with_files(request, mine.submission.uuid, definition, typed, prefix=PREFIX)
        refused += more
    draft = corrections.save_correction(typed=typed, **kept)
    mine = replace(mine, draft=draft)
    complain = tuple(name for name in request.POST.get("complain", "").split() if name in order)
    filling = mine.filling(posted_page, complain)
    if request.headers.get("X-Requested-With") == "XMLHttpRequest":
        return part(request, filling, draft.saved_at, fresh_row)
    if refused:
        for sentence in refused:
            messages.error(request, sentence)
        return _show(request, mine, filling, status=422)
    match action:
        case _ if action in ROW_ACTIONS:
            return _at(filling, filling.page.id, fresh_row or target.rpartition("/")[0])
        case "submit":
            return _hand_in(request, mine, filling)
        case "next":
            if filling.state.errors_of(filling.page.id):
                return _show(request, mine, mine.filling(filling.page.id, (filling.page.id,)), status=422)
            return _at(filling, filling.following or filling.page.id)
        case "go" if target in filling.state.pages:
            return _at(filling, target)
        case "update":
            return _at(filling, filling.page.id)
        case _ if action == REMOVE:
            return _at(filling, filling.page.id, target.rpartition(":")[0])
        case _:
            messages.success(request, _("Your correction has been saved; nobody else sees it yet."))
            return _at(filling, filling.page.id)


def _own(mine: _Correcting, typed: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Return what was typed without fields that the page did not show."""
    return {path: texts for path, texts in typed.items() if path.rpartition("/")[2] not in mine.withheld}


def _hand_in(request: HttpRequest, mine: _Correcting, filling: Filling) -> HttpResponse:
    if filling.state.errors:
        return _show(request, mine, _complaining(mine, filling), status=422)
    assert mine.draft is not None
    saved = mine.draft
    try:
        done = corrections.correct(
            submission=mine.submission,
            answers=filling.answers,
            reason=saved.reason,
            by=request.user,
            seen_revision=saved.seen_revision,
            # The same draft sent twice is one correction; what is typed after it is another draft.
            idempotency_key=f"draft:{saved.pk}",
        )
    except AnswersInvalid:
        return _show(request, mine, _complaining(mine, filling), status=422)
    except CorrectedMeanwhile as refusal:
        if filling.state.answers == refusal.submission.answers:
            # The same correction from another window, or the button pressed twice: there is nothing left to do.
            corrections.begin_again(submission=refusal.submission, by=request.user, typed=None)
            return redirect("intake:submission", uuid=mine.submission.uuid)
        fresh = replace(mine, submission=refusal.submission)
        return _show(request, fresh, fresh.filling(filling.page.id), status=409)
    except (ReasonMissing, NothingChanged) as refusal:
        return _show(request, mine, filling, status=422, error=str(refusal))
    except KeyReused:
        messages.warning(request, _("This correction has been sent from another window."))
        return redirect("intake:history", uuid=mine.submission.uuid)
    messages.success(
        request,
        _("%(number)s has been corrected; this is revision %(revision)d.")
        % {"number": done.number, "revision": done.revision},
    )
    return redirect("intake:submission", uuid=done.uuid)


def _complaining(mine: _Correcting, filling: Filling) -> Filling:
    here = filling.page.id
    page = here if filling.state.errors_of(here) else filling.first_wrong_page or here
    return mine.filling(page, tuple(each.id for each in filling.definition.pages))


@require_POST
def discard(request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
    """Throw one's draft of a correction away."""
    mine = _of(request, uuid)
    corrections.begin_again(submission=mine.submission, by=request.user, typed=None)
    messages.success(request, _("Your draft of the correction has been thrown away."))
    return redirect("intake:submission", uuid=mine.submission.uuid)


@require_POST
def take_over(request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
    """Go on with one's own words over what somebody else corrected meanwhile: where both changed the same
    answer one's own stays, everything else is as it now stands.
    """
    mine = _of(request, uuid)
    if mine.draft is not None:
        definition = definition_of(mine.submission.edition)
        known = mine.submission.revisions.filter(number=mine.seen).first()
        hidden = mine.withheld
        seen = typed_of(
            definition, without(definition, known.answers if known else {}, lambda field: field.id in hidden)
        )
        now = typed_of(
            definition, without(definition, mine.submission.answers, lambda field: field.id in hidden)
        )
        own = {path: texts for path, texts in mine.draft.answers.items() if texts != seen.get(path)}
        gone = {path: [] for path in seen if path not in mine.draft.answers}
        corrections.begin_again(submission=mine.submission, by=request.user, typed={**now, **gone, **own})
    return redirect("intake:correct", uuid=mine.submission.uuid)


def _at(filling: Filling, page: str, path: str = "") -> HttpResponse:
    place = f"#{dom_id(f'{PREFIX}{path}')}" if path else ""
    several = len(filling.definition.pages) > 1
    return redirect(f"{filling.posts_to}?page={page}{place}" if several else f"{filling.posts_to}{place}")


def _show(
    request: HttpRequest, mine: _Correcting, filling: Filling, *, status: int = 200, error: str = ""
) -> HttpResponse:
    context: dict[str, Any] = {
        **filling_context(filling),
        "page_title": _("Correct %(number)s") % {"number": mine.submission.number},
        "form_title": in_language(filling.definition.title),
        "description": "",
        "submission": mine.submission,
        "reason": mine.reason,
        "seen": mine.seen,
        "since": mine.since(),
        "overtaken": mine.seen != mine.submission.revision,
        "draft": mine.draft,
        "error": error,
    }
    return with_camera(filling, render(request, "intake/correct.html", context, status=status))
