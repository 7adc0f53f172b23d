"""The page on which cases are linked, merged and split. For those whom the workflow names (``access.relates``)."""

from __future__ import annotations

import uuid as uuids
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods

from backoffice.casework.deciding import key_of, uuid_of, whole
from backoffice.casework.orders import OrderRefused, begin
from backoffice.casework.pages import case_or_404, receipt_words, to_case
from backoffice.casework.presentation import rows_of
from backoffice.casework.related import related_of
from workflows.definitions import definition_of
from workflows.exceptions import CaseNotFound, NotPermitted, Overtaken, RuleBroken, WorkflowError
from workflows.lists import Asked, CaseList, load
from workflows.models import Case
from workflows.queries import sight_of
from workflows.services import relations
from workflows.services.record import Receipt
from workflows.services.requests import Request

SHOWN = 12
LONGEST_SEARCH = 100


@require_http_methods(["GET", "POST"])
def relate(request: HttpRequest, case_uuid: uuids.UUID) -> HttpResponse:
    """Search for another case and say what it is to this one; split one off; take a link away."""
    if request.method == "GET":
        case = case_or_404(request, case_uuid)
        if not relations.may_relate(case, request.user):
            messages.info(request, _("You may see this case, but not link, merge or split it."))
            return redirect("casework:case", case_uuid=case.uuid)
        return _page(request, case)
    try:
        return _done(request, case_uuid)
    except CaseNotFound:
        case = case_or_404(request, case_uuid)  # the other one, perhaps
        return _page(request, case, _("There is no such case."), status=422)
    except NotPermitted as refusal:
        messages.error(request, str(refusal))
        return _page(request, case_or_404(request, case_uuid), str(refusal), status=403)
    except (Overtaken, RuleBroken) as refusal:
        status = 409 if isinstance(refusal, Overtaken) else 422
        return _page(request, case_or_404(request, case_uuid), str(refusal), refusal, status=status)


def _done(request: HttpRequest, case_uuid: uuids.UUID) -> HttpResponse:
    asked = Request(
        case_uuid=case_uuid,
        by=request.user,
        seen_version=whole(request.POST.get("seen_version")),
        idempotency_key=key_of(request),
        reason=request.POST.get("reason", ""),
    )
    do = request.POST.get("do", "")
    if do == "split":
        receipt, order = relations.split(asked)
        try:
            draft = begin(order, request.user)
        except OrderRefused as refusal:
            messages.warning(request, str(refusal))
            return to_case(request, receipt.case)
        messages.info(request, _("Change what is different in the case you split off, then submit it."))
        return redirect("intake:draft", uuid=draft)
    other = uuid_of(request.POST.get("other"))
    if other is None:
        raise RuleBroken(_("Choose the other case."))
    receipt = _related(do, asked, other)
    messages.success(request, receipt_words(_title(do), receipt))
    if do == "merge":
        return redirect("casework:case", case_uuid=other)
    return to_case(request, receipt.case)


def _related(do: str, asked: Request, other: uuids.UUID) -> Receipt:
    match do:
        case "link":
            return relations.link(asked, other=other)
        case "repeat":
            return relations.link(asked, other=other, kind="repeat")
        case "merge":
            return relations.merge(asked, into=other)
        case "unlink":
            return relations.unlink(asked, other=other)
        case _:
            raise Http404


def _title(do: str) -> str:
    return {
        "link": pgettext("of cases", "Link"),
        "repeat": _("Link as a repetition"),
        "merge": _("Merge"),
        "unlink": _("Remove the link"),
    }[do]


def _page(
    request: HttpRequest,
    case: Case,
    refusal: str = "",
    error: WorkflowError | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    words = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH]
    related = related_of(case, request.user)
    if words:
        found = CaseList(sight_of(request.user), Asked(words=words), reader=request.user, bound=SHOWN + 1)
        rows = rows_of(load([pk for pk in found.ids if pk != case.pk][:SHOWN]))
    else:
        rows = rows_of([one.case for one in related.same][:SHOWN])
    context: dict[str, Any] = {
        "page_title": _("Link, merge, split"),
        "case": case,
        "words": words,
        "rows": rows,
        "related": related,
        "removable": _removable(case),
        "mergeable": definition_of(case.edition).merged is not None and case.category != "final",
        "reason": request.POST.get("reason", ""),
        "chosen": request.POST.get("other", ""),
        "refusal": refusal,
        "errors": getattr(error, "errors", {}),
        "idempotency_key": uuids.uuid4().hex,
    }
    return render(request, "casework/relations.html", context, status=status)


def _removable(case: Case) -> set[str]:
    return {one["case"] for one in case.links if one["kind"] in relations.REMOVABLE}
