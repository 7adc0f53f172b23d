"""Reports: the list of those a person has, one with its tables and chart, the cases behind a figure, and its files."""

from __future__ import annotations

import datetime
import io
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from backoffice.access.gate import may_open
from backoffice.exports import documents, libraries, pdf
from backoffice.reports.exporting import XLSX, file_name, make_pdf, write_workbook
from backoffice.reports.presentation import (
    AgeingReport,
    MonthlyReport,
    Words,
    case_row,
    day_word,
    period_word,
)
from forms.exceptions import NotFound, NotPermitted
from forms.services.working import look_at
from foundation.editions.models import Edition
from foundation.editions.texts import in_language
from workflows.exceptions import CaseNotFound
from workflows.reports import monthly as reckoning
from workflows.reports.definitions import check_report, report_for, reports_for
from workflows.reports.periods import Period, begin_of, following, key_of, periods_to, preceding, read
from workflows.reports.schema import ReportDefinition
from workflows.reports.working import REPORTS

PER_PAGE = 50
EARLIEST = datetime.date(2000, 1, 1)
QUARTERS_OFFERED = 20


def period_read(text: str, period: Period) -> datetime.date:
    """Return the first day of the period of a filter; the one that runs where it is none, or still to come."""
    this = begin_of(timezone.localdate(), period)
    found = read(text, period)
    return max(min(found, this), begin_of(EARLIEST, period)) if found is not None else this


def day_read(text: str) -> datetime.date:
    """Return the day of a filter; today where it is none, or still to come."""
    today = timezone.localdate()
    try:
        return max(min(datetime.date.fromisoformat(text), today), EARLIEST)
    except ValueError:
        return today


def _report(request: HttpRequest, key: str) -> tuple[Edition, ReportDefinition]:
    """Return the report; to those who have it not it is not there."""
    try:
        return report_for(request.user, key)
    except CaseNotFound:
        raise Http404 from None


def _asked(
    request: HttpRequest, report: ReportDefinition, cases: str = "reports:cases"
) -> MonthlyReport | AgeingReport:
    if report.monthly is not None:
        period = report.monthly.period
        return MonthlyReport(report, request.user, period_read(request.GET.get(period, ""), period), cases)
    return AgeingReport(report, request.user, day_read(request.GET.get("on", "")), cases)


@require_GET
def report_list(request: HttpRequest) -> HttpResponse:
    """The reports the person has."""
    rows = [
        {
            "key": report.key,
            "title": in_language(report.title),
            "description": in_language(report.description) if report.description else "",
            "edition": edition,
        }
        for edition, report in reports_for(request.user)
    ]
    return render(request, "reports/list.html", {"page_title": pgettext("place", "Reports"), "rows": rows})


@require_GET
def report(request: HttpRequest, key: str) -> HttpResponse:
    """One report as of a week, month, quarter or day."""
    edition, definition = _report(request, key)
    return _page(request, _asked(request, definition), edition)


def _page(request: HttpRequest, asked: MonthlyReport | AgeingReport, edition: Edition | None) -> HttpResponse:
    context: dict[str, Any] = {"told": asked.told(), "edition": edition, "today": timezone.localdate()}
    if isinstance(asked, MonthlyReport):
        context["chosen"] = _chosen(asked)
    else:
        context["on"] = asked.on
    context["audited"] = may_open(request, "auditing:trail")
    return render(request, "reports/report.html", {"page_title": context["told"].title, **context})


def _chosen(asked: MonthlyReport) -> dict[str, Any]:
    """Return what the choice of the period shows: the one asked for, its neighbours, and those there are to choose."""
    period, first, this = asked.period, asked.first, begin_of(timezone.localdate(), asked.monthly.period)
    before, after = preceding(first, period), following(first, period)
    offered = {first, *periods_to(this, QUARTERS_OFFERED, period)} if period == "quarter" else set()
    return {
        "period": period,
        "key": key_of(first, period),
        "latest": key_of(this, period),
        "before": urlencode(asked.query(before)),
        "before_word": period_word(before, period),
        "after": urlencode(asked.query(after)) if after <= this else "",
        "after_word": period_word(after, period),
        "options": [(key_of(one, period), period_word(one, period)) for one in sorted(offered, reverse=True)],
    }


@require_GET
def workbook(request: HttpRequest, key: str) -> HttpResponse:
    """The report as a workbook; ``access.records`` tells of every file taken out."""
    _edition, definition = _report(request, key)
    told, content = _asked(request, definition).told(), io.BytesIO()
    write_workbook(content, told)
    content.seek(0)
    name = file_name(told, ".xlsx", timezone.localdate())
    return FileResponse(content, as_attachment=True, filename=name, content_type=XLSX)


@require_GET
def document(request: HttpRequest, key: str) -> HttpResponse:
    """The report as a PDF; likewise."""
    edition, definition = _report(request, key)
    told = _asked(request, definition).told()
    address = f"{reverse('reports:report', args=[key])}?{told.query}"
    try:
        documents.check_libraries()
        content = make_pdf(told, edition, request.user, address)
    except pdf.RenderFailed:
        messages.error(request, _("The document could not be made just now. Try again in a moment."))
        if notice := libraries.notice():
            messages.info(request, notice)
        return redirect(address)
    response = HttpResponse(content, content_type="application/pdf")
    name = file_name(told, ".pdf", timezone.localdate())
    disposition = content_disposition_header(as_attachment=False, filename=name)
    response.headers["Content-Disposition"] = disposition or "inline"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@require_GET
def report_cases(request: HttpRequest, key: str) -> HttpResponse:
    """The cases behind one figure of a report: those the figure counted, found by the same conditions."""
    _edition, definition = _report(request, key)
    return _cases(request, _asked(request, definition), reverse("reports:report", args=[key]))


def _cases(request: HttpRequest, asked: MonthlyReport | AgeingReport, address: str) -> HttpResponse:
    definition = asked.report
    if isinstance(asked, MonthlyReport):
        title, found = _behind_month(request, asked)
        page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
        rows = [case_row(case) for case in page.object_list]
        query = urlencode(asked.query(asked.first))
        period = period_word(asked.first, asked.period)
    else:
        title, items = _behind_age(request, asked)
        page = Paginator(items, PER_PAGE).get_page(request.GET.get("page"))
        rows = [
            {
                **case_row(item.case),
                "subject": item.subject,
                "ledger": in_language(view.ledger.title),
                "cells": asked.item_cells(item),
            }
            for view, item in page.object_list
        ]
        query = f"on={asked.on.isoformat()}"
        period = day_word(asked.on)
    return render(
        request,
        "reports/cases.html",
        {
            "page_title": title,
            "back": {
                "address": f"{address}?{query}",
                "title": in_language(definition.title),
            },
            "period": period,
            "page": page,
            "rows": rows,
            "ageing": definition.ageing is not None,
        },
    )


def _draft(request: HttpRequest, key: str) -> ReportDefinition | None:
    """Return a report as it is being worked on; None while it has faults. To others it is not there."""
    try:
        body = look_at(key=key, by=request.user, of=REPORTS).body
    except (NotFound, NotPermitted):
        raise Http404 from None
    return None if check_report(body) else ReportDefinition.model_validate(body)


@require_GET
def draft(request: HttpRequest, key: str) -> HttpResponse:
    """A report as it is being worked on, over the cases and ledgers its builder may see."""
    definition = _draft(request, key)
    asked = _asked(request, definition, "reports:draft-cases") if definition is not None else None
    if asked is None or (isinstance(asked, AgeingReport) and not asked.views):
        context = {"page_title": _("Preview"), "key": key, "faulty": asked is None}
        return render(request, "reports/no_draft.html", context)
    return _page(request, asked, None)


@require_GET
def draft_cases(request: HttpRequest, key: str) -> HttpResponse:
    """The cases behind one figure of a report that is being worked on."""
    definition = _draft(request, key)
    if definition is None:
        return redirect("reports:draft", key=key)
    asked = _asked(request, definition, "reports:draft-cases")
    return _cases(request, asked, reverse("reports:draft", args=[key]))


def _behind_month(request: HttpRequest, asked: MonthlyReport) -> tuple[str, Any]:
    monthly = asked.monthly
    if (name := request.GET.get("group")) is not None:
        group = next((one for one in monthly.groups if one.id == name), None)
        if group is None:
            raise Http404
        value = request.GET.get("value", "")[:200]
        title = _("%(breakdown)s: %(part)s") % {
            "breakdown": in_language(group.title),
            "part": Words(monthly.workflow).names(group, [value])[value],
        }
        return title, reckoning.cases_of_part(monthly, group, asked.reader, asked.first, value)
    figure = monthly.figure(request.GET.get("figure", ""))
    if figure is None:
        raise Http404
    found = reckoning.cases_of(monthly, figure, asked.reader, asked.first, asked.first)
    return in_language(figure.title), reckoning.told_of(figure, found)


def _behind_age(request: HttpRequest, asked: AgeingReport) -> tuple[str, list[Any]]:
    age = request.GET.get("age", "")
    place = int(age) if age in ("0", "1", "2", "3") else None
    payer, ledger = request.GET.get("payer"), request.GET.get("ledger")
    credit = request.GET.get("credit") == "1"
    return asked.title_of(payer, ledger, place, credit=credit), asked.aged.behind(
        payer, ledger, place, credit=credit
    )
