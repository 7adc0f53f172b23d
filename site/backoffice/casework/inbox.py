"""Everything that waits for one person: decisions, steps, cases they are asked to open, and what other rooms tell of
(``access.waiting``).

Decisions can be made for several cases with one reason; each is its own transaction, and each is answered for itself.
"""

from __future__ import annotations

import uuid as uuids
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from backoffice.access.waiting import waiting_for
from backoffice.casework.deciding import key_of, uuid_of, whole
from backoffice.casework.presentation import Row, rows_of
from backoffice.casework.related import orders_told
from backoffice.casework.wanted import workflows_offered
from foundation.editions.texts import in_language
from foundation.organisation.deputising import DeputiesInForce
from foundation.organisation.models import User
from workflows import rounds, rules
from workflows.content import seal_of
from workflows.exceptions import WorkflowError
from workflows.lists import BOUND, OPEN, Asked, CaseList, load
from workflows.machine import machine_of
from workflows.models import Case
from workflows.queries import Sight, decisions_waiting_for, inbox_sight, orders_asked_of
from workflows.services import approvals
from workflows.services.record import open_round
from workflows.services.requests import Request

PER_PAGE = 25
MOST_AT_ONCE = 50
FEW_ORDERS = 5
"""So many cases one is asked to open stand above what waits besides."""
Kind = Literal["all", "decisions", "steps", "openings"]
KINDS: tuple[Kind, ...] = ("all", "decisions", "steps", "openings")


@dataclass(frozen=True)
class Waiting:
    """One case that waits for the person. ``principal``: for whom they would decide. ``seal``: what a decision on
    this page is sealed to; "" where it cannot be made in one go with others.
    """

    row: Row
    decision: bool
    stage: str
    principal: User | None = None
    seal: str = ""


@dataclass(frozen=True)
class Result:
    """What came of one decision of several."""

    case: Case
    done: bool
    words: str


@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """What waits for the person, what has waited longest first; by kind, and by workflow."""
    return _page(request)


def _page(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    wanted = request.GET.get("kind", "all")
    kind: Kind = next((one for one in KINDS if one == wanted), "all")
    waiting, closest = inbox_sight(request.user), Asked(OPEN, order="changed")
    everything = CaseList(waiting, closest, reader=request.user)
    decisions = decisions_waiting_for(request.user)
    decided_here = set(decisions.order_by().values_list("pk", flat=True)[: BOUND + 1])
    total, decided = len(everything.ids), min(len(decided_here), BOUND)
    orders = orders_asked_of(request.user)
    openings = orders.count()
    keys = sorted(_workflows_of(everything, waiting))
    keys += sorted(set(orders.order_by().values_list("case__workflow", flat=True)) - set(keys))
    workflow = request.GET.get("workflow", "")
    workflow = workflow if workflow in keys else ""
    only = [Q(workflow=workflow)] if workflow else []
    if workflow:
        orders = orders.filter(case__workflow=workflow)
    if kind in ("decisions", "steps"):
        of_kind = Q(pk__in=decisions.order_by().values("pk"))
        only.append(of_kind if kind == "decisions" else ~of_kind)
    found = replace(closest, filters=tuple(only)) if only else closest
    listed = CaseList(waiting, found, reader=request.user) if only else everything
    number = request.GET.get("page")
    if kind == "openings":
        page: Page[Any] = Paginator(orders, PER_PAGE).get_page(number)
        rows, shown = [], list(page.object_list)
    else:
        page = Paginator(listed.ids, PER_PAGE).get_page(number)
        rows = waiting_rows(load(page.object_list), request.user, decided_here)
        shown = list(orders[:FEW_ORDERS]) if kind == "all" and page.number == 1 else []
    context = {
        "page_title": _("Inbox"),
        "page": page,
        "more": kind != "openings" and listed.more,
        "rows": rows,
        "kind": kind,
        "workflow": workflow,
        "workflows": workflows_offered(keys),
        "kinds": [
            ("all", _("Everything"), total + openings),
            ("decisions", _("Decisions"), decided),
            ("steps", _("Steps"), total - decided),
            *([("openings", _("To be opened"), openings)] if openings or kind == "openings" else []),
        ],
        "total": total + openings,
        "asked": orders_told(shown, request.user),
        "more_asked": kind == "all" and len(shown) == FEW_ORDERS < openings,
        "bulk": any(row.seal for row in rows),
        "elsewhere": waiting_for(request.user),
        "idempotency_key": uuids.uuid4().hex,
        **more,
    }
    return render(request, "casework/inbox.html", context, status=status)


def _workflows_of(everything: CaseList, waiting: Sight) -> set[str]:
    """Return the workflows of what waits; where that is more than is counted, those of which something may."""
    if everything.more:
        return set(waiting.workflows)
    found = Case.objects.filter(pk__in=everything.ids).order_by().values_list("workflow", flat=True)
    return set(found.distinct())


def waiting_rows(cases: Sequence[Case], user: User, decisions: set[int]) -> list[Waiting]:
    """Return the cases as rows of the inbox. The number of queries does not grow with them."""
    principals = _principals(user, {case.workflow for case in cases})
    found = []
    for case, row in zip(cases, rows_of(cases), strict=True):
        decision = case.pk in decisions
        state = machine_of(case).definition.state(case.state)
        principal = None
        current = open_round(case)
        if decision and current is not None:
            principal = _principal(current, user, principals.get(case.workflow, {}))
        found.append(
            Waiting(
                row,
                decision,
                in_language(state.title),
                principal,
                seal_of(case) if decision and state.approval and not state.approval.asks else "",
            )
        )
    return found


def _principals(user: User, workflows: set[str]) -> Mapping[str, Mapping[int, User]]:
    today = timezone.localdate()
    return {
        workflow: {one.pk: one for one in DeputiesInForce(today, workflow).principals_of(user)}
        for workflow in workflows
    }


def _principal(current: rounds.Round, user: User, principals: Mapping[int, User]) -> User | None:
    waiting = {seat.person for _slot, _place, seat in current.waiting()}
    if user.pk in waiting:
        return None
    return next((principals[pk] for pk in sorted(waiting) if pk in principals), None)


@require_POST
def decide_several(request: HttpRequest) -> HttpResponse:
    """Agree to, or refuse, the cases that were ticked, with one reason; tell what came of each."""
    verdict, reason = request.POST.get("do", ""), request.POST.get("reason", "")
    chosen = [one for one in request.POST.getlist("case") if uuid_of(one) is not None][:MOST_AT_ONCE]
    if verdict not in ("agree", "refuse"):
        return redirect("casework:inbox")
    if not chosen:
        return _page(request, status=422, refusal=_("Tick the cases you decide about."), reason=reason)
    if verdict == "refuse" and not reason.strip():
        return _page(
            request,
            status=422,
            refusal=_("Say why you refuse."),
            reason=reason,
            chosen=set(chosen),
            reason_error=_("Give a reason."),
        )
    results = [_decide_one(request, one, verdict, reason) for one in chosen]
    told = [one for one in results if one is not None]
    done = sum(one.done for one in told)
    summary = _("Decided: %(done)d of %(count)d.") % {"done": done, "count": len(told)}
    return render(
        request,
        "casework/decided.html",
        {
            "page_title": _("What came of your decisions"),
            "results": told,
            "summary": summary,
            "whole": done == len(told),
            "reason": reason,
        },
        status=200 if done else 422,
    )


def _decide_one(request: HttpRequest, chosen: str, verdict: str, reason: str) -> Result | None:
    """Decide one case in its own transaction; None for one that is not there for the person."""
    case_uuid = uuids.UUID(chosen)
    case = (
        Case.objects.select_related("edition", "submission", "submitted_by", "department")
        .filter(uuid=case_uuid)
        .first()
    )
    if case is None or not rules.may_see(case, request.user):
        return None
    asked = Request(
        case_uuid=case_uuid,
        by=request.user,
        seen_version=whole(request.POST.get(f"version-{chosen}")),
        idempotency_key=f"{key_of(request)[:40]}:{case_uuid.hex}",
        reason=reason,
        seen=request.POST.get(f"seen-{chosen}", "")[:64],
    )
    try:
        receipt = approvals.agree(asked) if verdict == "agree" else approvals.refuse(asked)
    except WorkflowError as refusal:
        return Result(case, False, str(refusal))
    return Result(
        case,
        True,
        _("version %(version)d, %(fingerprint)s")
        % {"version": receipt.version, "fingerprint": receipt.fingerprint},
    )
