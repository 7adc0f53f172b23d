"""The desk of a ledger: what is open and how old, its file, and the months that are closed."""

from __future__ import annotations

import datetime
import io
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from backoffice.access import records
from backoffice.access.gate import may_open
from backoffice.casework.ledger.exporting import TAKEN_OUT, XLSX, write_open_items
from backoffice.casework.ledger.presentation import (
    by_class,
    day_read,
    kind_title,
    month_word,
    written,
)
from foundation.audit.services import Actor
from foundation.editions.texts import in_language
from workflows.ageing import CLASSES
from workflows.definitions import definition_of
from workflows.exceptions import CaseNotFound, NotPermitted, RuleBroken
from workflows.ledgers import (
    LedgerView,
    OpenItem,
    class_words,
    ledger_for,
    ledgers_of,
    of_class,
    open_items,
    payers_of,
    reads_payer,
    sum_of,
    without_payer,
)
from workflows.models import LedgerEntry, LedgerMonth
from workflows.services import months

PER_PAGE = 50


def view_for(request: HttpRequest, workflow: str) -> LedgerView:
    """Return a ledger to those whose it is; for others it is not there."""
    try:
        return ledger_for(request.user, workflow)
    except CaseNotFound:
        raise Http404 from None


@require_GET
def ledger_list(request: HttpRequest) -> HttpResponse:
    """The ledgers the person has, with what is open in each; to those who have none the page is not there."""
    found = ledgers_of(request.user)
    if not found:
        raise Http404
    today, rows = timezone.localdate(), []
    for view in found:
        items = open_items(view.key, today) if view.sees else []
        total = sum_of(items)
        rows.append(
            {
                "view": view,
                "title": in_language(view.ledger.title),
                "workflow": in_language(view.definition.title),
                "count": len(items),
                "balance": written(total.balance, view.ledger.currency),
                "old": written(total.classes[-1], view.ledger.currency) if total.classes[-1] else "",
            }
        )
    return render(request, "casework/ledger/list.html", {"page_title": _("Ledgers"), "rows": rows})


class Wanted:
    """The filters of the desk, as the address says them."""

    def __init__(self, request: HttpRequest, view: LedgerView) -> None:
        self.today = timezone.localdate()
        self.on = day_read(request.GET.get("on", ""), latest=self.today)
        self.reads_payer = reads_payer(view, request.user)
        self.payer = request.GET.get("payer", "")[:200] if self.reads_payer else ""
        age = request.GET.get("age", "")
        self.age = int(age) if age.isascii() and age.isdigit() and int(age) < CLASSES else None
        items = open_items(view.key, self.on, self.payer)
        self.total = sum_of(items)
        if not self.reads_payer:
            items = without_payer(items)
        self.items: list[OpenItem] = of_class(items, self.age, self.on) if self.age is not None else items


@require_GET
def desk(request: HttpRequest, workflow: str) -> HttpResponse:
    """What is open in one ledger as of a day, by age; by payer and age on request."""
    view = _seen(request, workflow)
    wanted, currency = Wanted(request, view), view.ledger.currency
    page = Paginator(wanted.items, PER_PAGE).get_page(request.GET.get("page"))
    shown = sum_of(wanted.items)
    return render(
        request,
        "casework/ledger/desk.html",
        {
            **_frame(request, view, "open"),
            "page": page,
            "rows": [_row(item, currency, wanted.on) for item in page.object_list],
            "wanted": wanted,
            "payers": payers_of(view.key) if wanted.reads_payer else [],
            "classes": class_words(),
            "sums": list(
                zip(
                    range(CLASSES),
                    class_words(),
                    (written(one, currency) for one in wanted.total.classes),
                    strict=True,
                )
            ),
            "total": written(wanted.total.balance, currency),
            "credit": written(wanted.total.credit, currency) if wanted.total.credit else "",
            "shown": list(zip(class_words(), by_class(shown, currency), strict=True)),
            "shown_balance": written(shown.balance, currency),
            "has_entries": LedgerEntry.objects.filter(workflow=view.key).exists(),
        },
    )


def _row(item: OpenItem, currency: str, on: datetime.date) -> dict[str, Any]:
    definition = definition_of(item.case.edition)
    state = definition.state(item.case.state)
    return {
        "case": item.case,
        "payer": item.payer,
        "subject": item.subject,
        "state": in_language(state.title),
        "category": state.category,
        "balance": written(item.balance, currency),
        "classes": list(zip(class_words(), by_class(item.age, currency), strict=True)),
        "since": item.since,
        "days": (on - item.since).days if item.since else None,
    }


def _seen(request: HttpRequest, workflow: str) -> LedgerView:
    view = view_for(request, workflow)
    if not view.sees:
        raise Http404
    return view


def _frame(request: HttpRequest, view: LedgerView, place: str) -> dict[str, Any]:
    return {
        "audited": may_open(request, "auditing:search"),
        "page_title": in_language(view.ledger.title),
        "view": view,
        "place": place,
        "currency": view.ledger.currency,
    }


@require_GET
def export(request: HttpRequest, workflow: str) -> HttpResponse:
    """What the desk shows, with all its pages, as a workbook."""
    view = _seen(request, workflow)
    wanted, content = Wanted(request, view), io.BytesIO()
    write_open_items(content, view, wanted.items, wanted.on)
    records.note(
        request.user,
        TAKEN_OUT,
        actor=Actor.of(request.user),
        references={"ledger": view.key, "as_of": wanted.on.isoformat(), "count": str(len(wanted.items))},
    )
    content.seek(0)
    name = f"{in_language(view.ledger.title)} {wanted.on:%Y-%m-%d}.xlsx"
    return FileResponse(content, as_attachment=True, filename=name, content_type=XLSX)


@require_http_methods(["GET", "POST"])
def month_list(request: HttpRequest, workflow: str) -> HttpResponse:
    """The closed months with their totals, and the one that is next; closing it."""
    view = view_for(request, workflow)
    if not (view.sees or view.closes):
        raise Http404
    refusal, status = "", 200
    if request.method == "POST":
        try:
            closed = months.close_month(
                workflow=workflow,
                month=day_read(f"{request.POST.get('month', '')}-01", latest=timezone.localdate()),
                by=request.user,
            )
        except NotPermitted as fault:
            refusal, status = str(fault), 403
        except RuleBroken as fault:
            refusal, status = str(fault), 422
        else:
            messages.success(request, _("%(month)s is closed.") % {"month": month_word(closed.month)})
            return redirect("casework:ledger-months", workflow)
    due = months.next_to_close(workflow)
    ends = months.last_day(due) if due is not None else None
    return render(
        request,
        "casework/ledger/months.html",
        {
            **_frame(request, view, "months"),
            "refusal": refusal,
            "due": due,
            "due_word": month_word(due) if due is not None else "",
            "ends": ends,
            "over": ends is not None and ends < timezone.localdate(),
            "coming": _figures(view, months.totals_of_month(workflow, due)) if due is not None else None,
            "closed": [
                {
                    "month": one,
                    "word": month_word(one.month),
                    "opening": written(one.opening, one.currency),
                    "closing": written(one.closing, one.currency),
                    "kinds": [
                        (
                            kind_title(view.ledger, kind),
                            said["entries"],
                            _amount(said["amount"], one.currency),
                        )
                        for kind, said in one.totals.items()
                    ],
                }
                for one in LedgerMonth.objects.filter(workflow=workflow).select_related("closed_by")
            ],
        },
        status=status,
    )


def _amount(text: str, currency: str) -> str:
    return written(Decimal(text), currency)


def _figures(view: LedgerView, totals: months.MonthTotals) -> dict[str, Any]:
    currency = view.ledger.currency
    return {
        "opening": written(totals.opening, currency),
        "closing": written(totals.closing, currency),
        "entries": totals.entries,
        "kinds": [
            (in_language(kind.title), totals.kinds[kind.id][0], written(totals.kinds[kind.id][1], currency))
            for kind in view.ledger.kinds
            if kind.id in totals.kinds
        ],
    }
