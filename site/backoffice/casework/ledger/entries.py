"""Posting an entry by hand, and taking one back, from the page of a case."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from backoffice.casework.deciding import key_of, whole
from backoffice.casework.ledger.presentation import part_of
from backoffice.casework.pages import case_or_404, to_case
from foundation.editions.texts import in_language
from workflows.exceptions import CaseNotFound, NotPermitted, Overtaken, RuleBroken, WorkflowError
from workflows.models import Case
from workflows.services import ledger


def _day(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None


@require_http_methods(["GET", "POST"])
def post_entry(request: HttpRequest, case_uuid: uuid.UUID) -> HttpResponse:
    """One entry that no step posts. Refusals show what was typed and what is to be done."""
    typed = {
        name: request.POST.get(name, "") for name in ("kind", "amount", "posted_on", "reference", "note")
    }
    case = case_or_404(request, case_uuid)
    if not ledger.kinds_by_hand(case, request.user):
        raise Http404
    if request.method == "GET":
        return _entry_page(request, case, {**typed, "posted_on": timezone.localdate().isoformat()})
    try:
        receipt = ledger.post_by_hand(
            case_uuid=case_uuid,
            kind=typed["kind"],
            amount=typed["amount"],
            posted_on=_day(typed["posted_on"]),
            reference=typed["reference"],
            note=typed["note"],
            by=request.user,
            seen_version=whole(request.POST.get("seen_version")),
            idempotency_key=key_of(request),
        )
    except CaseNotFound:
        raise Http404 from None
    except (NotPermitted, Overtaken, RuleBroken) as refusal:
        return _entry_page(request, case_or_404(request, case_uuid), typed, refusal)
    messages.success(request, _("The entry is posted."))
    return to_case(request, receipt.case)


def _entry_page(
    request: HttpRequest, case: Case, typed: dict[str, str], refusal: WorkflowError | None = None
) -> HttpResponse:
    kinds = ledger.kinds_by_hand(case, request.user)
    return render(
        request,
        "casework/ledger/entry.html",
        {
            **_common(case, refusal),
            "page_title": _("Post an entry"),
            "ledger": part_of(case, request.user),
            "kinds": [(kind.id, in_language(kind.title)) for kind in kinds],
            "typed": typed,
            "today": timezone.localdate().isoformat(),
        },
        status=_status(refusal),
    )


@require_http_methods(["GET", "POST"])
def reverse_entry(request: HttpRequest, case_uuid: uuid.UUID, number: int) -> HttpResponse:
    """Taking one entry back, with the reason."""
    typed = {name: request.POST.get(name, "") for name in ("reason", "posted_on")}
    case = case_or_404(request, case_uuid)
    if not ledger.may_reverse(case, request.user):
        raise Http404
    if request.method == "GET":
        return _reverse_page(request, case, number, {**typed, "posted_on": timezone.localdate().isoformat()})
    try:
        receipt = ledger.reverse(
            case_uuid=case_uuid,
            number=number,
            reason=typed["reason"],
            posted_on=_day(typed["posted_on"]),
            by=request.user,
            seen_version=whole(request.POST.get("seen_version")),
            idempotency_key=key_of(request),
        )
    except CaseNotFound:
        raise Http404 from None
    except (NotPermitted, Overtaken, RuleBroken) as refusal:
        return _reverse_page(request, case_or_404(request, case_uuid), number, typed, refusal)
    messages.success(request, _("The entry is taken back by another one."))
    return to_case(request, receipt.case)


def _reverse_page(
    request: HttpRequest,
    case: Case,
    number: int,
    typed: dict[str, str],
    refusal: WorkflowError | None = None,
) -> HttpResponse:
    part = part_of(case, request.user)
    row = next((one for one in part["rows"] if one.entry.number == number), None) if part else None
    if row is None:
        raise Http404
    if refusal is None and not row.may_reverse:
        messages.info(request, _("This entry cannot be taken back."))
        return redirect("casework:case", case_uuid=case.uuid)
    return render(
        request,
        "casework/ledger/reverse.html",
        {
            **_common(case, refusal),
            "page_title": _("Take entry %(number)s back") % {"number": number},
            "row": row,
            "typed": typed,
            "today": timezone.localdate().isoformat(),
        },
        status=_status(refusal),
    )


def _common(case: Case, refusal: WorkflowError | None) -> dict[str, Any]:
    return {
        "case": case,
        "refusal": str(refusal) if refusal else "",
        "errors": getattr(refusal, "errors", {}),
        "idempotency_key": uuid.uuid4().hex,
    }


def _status(refusal: WorkflowError | None) -> int:
    if refusal is None:
        return 200
    if isinstance(refusal, NotPermitted):
        return 403
    return 409 if isinstance(refusal, Overtaken) else 422
