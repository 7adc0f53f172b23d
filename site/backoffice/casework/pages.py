"""The page of one case: found for its reader, and all that it shows."""

from __future__ import annotations

import uuid as uuids
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from backoffice.access.gate import may_open
from backoffice.casework.approval import stages_of
from backoffice.casework.ledger.presentation import part_of
from backoffice.casework.presentation import (
    answered_of,
    channel_of,
    copied_of,
    diagram_of,
    given_of,
    grade_of,
    path_of,
    promised_in,
    timeline_of,
)
from backoffice.casework.promised import promises_of
from backoffice.casework.related import related_of
from backoffice.casework.sealed import Content
from backoffice.casework.timing import clocks_of
from backoffice.casework.verbs import Standing, offered
from backoffice.casework.why import why_of
from foundation.editions.texts import in_language
from workflows import rules
from workflows.definitions import definition_of
from workflows.exceptions import CaseNotFound
from workflows.models import Case
from workflows.queries import case_for, transitions_open_to
from workflows.services import relations
from workflows.services.record import Receipt


def case_or_404(request: HttpRequest, case_uuid: uuids.UUID) -> Case:
    """Return the case, or answer 404 where there is none for the person."""
    try:
        return case_for(request.user, case_uuid)
    except CaseNotFound:
        raise Http404 from None


def case_context(case: Case, request: HttpRequest) -> dict[str, Any]:
    """Return what ``casework/case_detail.html`` names."""
    definition = definition_of(case.edition)
    state = definition.state(case.state)
    events, timeline = timeline_of(case, request.user)
    standing = Standing(case, request.user)
    verbs = offered(standing)
    promised = promises_of(case, request.user)
    if promised.owed or promised.settled:
        timeline = sorted([*timeline, *promised_in(case)], key=lambda one: one.at, reverse=True)
    return {
        "page_title": f"{case.number} {case.subject}",
        "case": case,
        "workflow": in_language(definition.title),
        "state": state,
        "state_title": in_language(state.title),
        "grade": grade_of(case),
        "steps": [
            {"id": step.id, "title": in_language(step.title)}
            for step in transitions_open_to(case, request.user)
        ],
        "standing": standing,
        "verbs": verbs,
        "main_verbs": [verb for verb in verbs if verb.tone],
        "more_verbs": [verb for verb in verbs if not verb.tone],
        "stages": stages_of(case, events, Content(case, request.user)),
        "answered": answered_of(case, request.user),
        "given": given_of(case, request.user),
        "path": path_of(case, events),
        "diagram": diagram_of(case, events),
        "comments": case.submission.comments.select_related("by").exclude(text=""),
        "comment_key": uuids.uuid4().hex,
        "why": why_of(case),
        "related": related_of(case, request.user),
        "ledger": part_of(case, request.user),
        "audited": may_open(request, "auditing:trail"),
        "may_relate": relations.may_relate(case, request.user),
        "clocks": clocks_of(case),
        "promises": promised,
        "copied": copied_of(case),
        "channel": channel_of(case),
        "timeline": timeline,
        "fingerprint": events[-1].hash[:16],
    }


def receipt_words(title: str, receipt: Receipt) -> str:
    """Return the sentence that says something was done, with what to quote when one asks about it."""
    return _("“%(step)s” is done. Receipt: %(number)s, version %(version)d, %(fingerprint)s.") % {
        "step": title,
        "number": receipt.case.number,
        "version": receipt.version,
        "fingerprint": receipt.fingerprint,
    }


def to_case(request: HttpRequest, case: Case) -> HttpResponse:
    """Lead to the page of the case, or to the inbox where the person sees it no longer."""
    if rules.may_see(case, request.user):
        return redirect("casework:case", case_uuid=case.uuid)
    return redirect("casework:inbox")
