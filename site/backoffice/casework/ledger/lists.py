"""Lists that payers send: upload, what each line is, posting. Long ones are posted by the worker."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backoffice.casework.ledger.presentation import kind_title, written
from backoffice.casework.ledger.views import view_for
from foundation.editions.texts import in_language
from foundation.outbox import jobs
from workflows.exceptions import CaseNotFound, RuleBroken, WorkflowError
from workflows.ledgers import LedgerView
from workflows.models import PayerStatement, StatementLine
from workflows.models.ledger import ZERO
from workflows.schema import PayerList
from workflows.services import reconciliation
from workflows.statements import LARGEST_FILE, MOST_LINES

KIND = "ledger_list_post"
POSTED_AT_ONCE = 50
PER_PAGE = 100
EARLIER = 20
Outcome = StatementLine.Outcome
TONES = {
    Outcome.MATCHED: "done",
    Outcome.LESS: "waiting",
    Outcome.MORE: "waiting",
    Outcome.PAID: "ended",
    Outcome.UNKNOWN: "open",
    Outcome.SEVERAL: "open",
    Outcome.WRONG: "refused",
}


def _importing(request: HttpRequest, workflow: str) -> tuple[LedgerView, PayerList]:
    view = view_for(request, workflow)
    if not view.imports or view.ledger.payer_list is None:
        raise Http404
    return view, view.ledger.payer_list


@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, workflow: str) -> HttpResponse:
    """The place to upload a list, how it is read, and the earlier ones."""
    view, told = _importing(request, workflow)
    refusal = ""
    if request.method == "POST":
        upload = request.FILES.get("file")
        try:
            if upload is None:
                raise RuleBroken(_("Choose the file to upload."))
            if upload.size is None or upload.size > LARGEST_FILE:
                raise RuleBroken(
                    _("The file is larger than %(size)d MB. Split it into several.")
                    % {"size": LARGEST_FILE // 1024**2}
                )
            statement = reconciliation.take_in(
                workflow=workflow, filename=str(upload.name), data=upload.read(), by=request.user
            )
            return redirect("casework:ledger-statement", workflow, statement.uuid)
        except RuleBroken as fault:
            refusal = str(fault)
    earlier = PayerStatement.objects.filter(workflow=workflow).select_related("uploaded_by", "posted_by")
    return render(
        request,
        "casework/ledger/lists.html",
        {
            "page_title": in_language(view.ledger.title),
            "view": view,
            "place": "lists",
            "refusal": refusal,
            "most_lines": MOST_LINES,
            "columns": [
                *((in_language(key.title), key.headings) for key in told.keys),
                (_("Amount"), told.amount_headings),
                *([(_("Currency"), told.currency_headings)] if told.currency_headings else []),
                *([(_("Day"), told.day_headings)] if told.day_headings else []),
                *([(_("Reference"), told.reference_headings)] if told.reference_headings else []),
            ],
            "earlier": earlier.annotate(Count("lines"))[:EARLIER],
        },
        status=422 if refusal else 200,
    )


def _statement(
    request: HttpRequest, workflow: str, uuid: uuids.UUID
) -> tuple[LedgerView, PayerList, PayerStatement]:
    view, told = _importing(request, workflow)
    try:
        return view, told, reconciliation.statement_for(uuid, workflow, request.user)
    except CaseNotFound:
        raise Http404 from None


@require_GET
def detail(request: HttpRequest, workflow: str, uuid: uuids.UUID) -> HttpResponse:
    """What a list says, line by line, by what the lines are; posting it."""
    view, told, statement = _statement(request, workflow, uuid)
    currency, only = view.ledger.currency, request.GET.get("only", "")
    counted = {
        outcome: (count, amount or ZERO)
        for outcome, count, amount in statement.lines.order_by()
        .values_list("outcome")
        .annotate(Count("pk"), Sum("amount"))
    }
    posted = [Outcome.MATCHED.value]
    posted += [Outcome.LESS.value] if told.less == "post" else []
    posted += [Outcome.MORE.value] if told.more == "post" else []
    lines = statement.lines.select_related("case")
    if only in counted:
        lines = lines.filter(outcome=only)
    page = Paginator(lines, PER_PAGE).get_page(request.GET.get("page"))
    made = statement.entries.aggregate(count=Count("pk"), amount=Sum("amount"))
    to_post = sum(counted.get(outcome, (0, ZERO))[0] for outcome in posted) - made["count"]
    amount = sum((counted.get(outcome, (0, ZERO))[1] for outcome in posted), ZERO) - (made["amount"] or ZERO)
    return render(
        request,
        "casework/ledger/statement.html",
        {
            "page_title": statement.filename,
            "view": view,
            "statement": statement,
            "outcomes": [
                {
                    "key": outcome.value,
                    "label": outcome.label,
                    "count": counted[outcome.value][0],
                    "amount": written(counted[outcome.value][1], currency),
                    "tone": TONES[outcome],
                    "posted": outcome.value in posted,
                }
                for outcome in Outcome
                if outcome.value in counted
            ],
            "only": only if only in counted else "",
            "page": page,
            "rows": [
                {
                    "line": line,
                    "tone": TONES[Outcome(line.outcome)],
                    "marks": " · ".join(line.told.values()),
                    "amount": written(line.amount, currency) if line.amount is not None else "",
                    "open": written(line.open_before, currency) if line.open_before is not None else "",
                    "apart": written(line.amount - line.open_before, currency)
                    if line.amount is not None and line.outcome in (Outcome.LESS, Outcome.MORE)
                    else "",
                }
                for line in page.object_list
            ],
            "wrong": counted.get(Outcome.WRONG.value, (0, ZERO))[0],
            "to_post": to_post,
            "to_post_amount": written(amount, currency),
            "made": made["count"],
            "made_amount": written(made["amount"] or ZERO, currency),
            "by_worker": statement.lines.count() > POSTED_AT_ONCE,
            "kind": kind_title(view.ledger, told.posts),
        },
    )


@require_POST
def post(request: HttpRequest, workflow: str, uuid: uuids.UUID) -> HttpResponse:
    """Post what is to be posted of a list: at once while it is short, else by the worker."""
    _view, _told, statement = _statement(request, workflow, uuid)
    count = statement.lines.count()
    if statement.state == PayerStatement.State.CHECKED and count > POSTED_AT_ONCE:
        with transaction.atomic():
            payload = {"workflow": workflow, "statement": str(statement.uuid)}
            job = jobs.begin(KIND, by=request.user, payload=payload, total=count)
        return redirect("access:job", job.uuid)
    try:
        made = reconciliation.post(statement=statement, by=request.user)
    except WorkflowError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _said(made))
    return redirect("casework:ledger-statement", workflow, uuid)


def _said(made: int) -> str:
    return ngettext("%(count)d entry was posted.", "%(count)d entries were posted.", made) % {"count": made}


@require_POST
def discard(request: HttpRequest, workflow: str, uuid: uuids.UUID) -> HttpResponse:
    """Put a list aside that was not posted."""
    _view, _told, statement = _statement(request, workflow, uuid)
    try:
        reconciliation.discard(statement=statement, by=request.user)
    except RuleBroken as refusal:
        messages.error(request, str(refusal))
        return redirect("casework:ledger-statement", workflow, uuid)
    messages.success(request, _("The list has been thrown away. Nothing was posted."))
    return redirect("casework:ledger-lists", workflow)


@jobs.carries_out(KIND, title=gettext_lazy("Posting a payer's list"), back="casework:ledgers")
def carry_out(running: jobs.Running, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Post a long list (worker), part by part; begun again it goes on with what is not posted yet."""
    person = running.job.started_by

    def tell(done: int, total: int) -> None:
        running.advance(done, total, _("%(done)s of %(total)s") % {"done": done, "total": total})

    try:
        if not person.is_active:
            raise CaseNotFound(_("There is no such list."))
        statement = reconciliation.statement_for(
            uuids.UUID(payload["statement"]), payload["workflow"], person
        )
        reconciliation.post(statement=statement, by=person, tell=tell)
        # Of the whole list, also where an earlier attempt has posted some of it.
        said = [_said(statement.entries.count())]
        if aside := statement.lines.filter(outcome=Outcome.WRONG).count():
            said.append(
                ngettext(
                    "%(count)d line could not be posted any more; it says why.",
                    "%(count)d lines could not be posted any more; they say why.",
                    aside,
                )
                % {"count": aside}
            )
        return {
            "url": reverse("casework:ledger-statement", args=[statement.workflow, statement.uuid]),
            "label": _("See the list"),
            "text": " ".join(said),
        }
    except WorkflowError as refusal:
        raise jobs.JobFailed(str(refusal)) from refusal
