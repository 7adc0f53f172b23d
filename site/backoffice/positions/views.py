"""What staff read: the list, the text in force, editions, their PDF and their differences.

Every page shows editions only; a draft is never reachable from here. Who may open which address stands in
``backoffice.access.table``, which editions a person reads in ``rules``.
"""

from __future__ import annotations

import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from backoffice.access.gate import may_open
from backoffice.access.roles import roles_on
from backoffice.exports import documents, libraries
from backoffice.positions import comparison_document, queries, rules
from backoffice.positions.body import sheet
from backoffice.positions.comparison import differences, grouped, link_changes
from backoffice.positions.models import PositionPage
from backoffice.positions.signoff import queries as sign_offs
from backoffice.positions.signoff.rules import SEE_ALL
from backoffice.positions.staffing import queries as staffing
from backoffice.positions.word import writing
from backoffice.positions.word.views import CONTENT_TYPE
from foundation.editions.models import Edition
from foundation.editions.queries import body_of, editions_of
from foundation.organisation.models import Department, Position

PER_PAGE = 50


@require_safe
def position_list(request: HttpRequest) -> HttpResponse:
    """List the positions with a text in force; search by title, code, department. Everybody signed in."""
    search = request.GET.get("q", "").strip()[:100]
    department = request.GET.get("department", "")
    withdrawn = request.GET.get("withdrawn") == "1"
    may_choose = rules.may_read_older(roles_on(request))
    chosen = _day_of(request) if may_choose else None
    found = queries.readable(
        chosen or timezone.localdate(),
        user=request.user,
        search=search,
        department=department,
        withdrawn=withdrawn,
    )
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page_title": _("Position descriptions"),
        "page": page,
        "search": search,
        "department": department,
        "departments": Department.objects.all(),
        "withdrawn": withdrawn,
        "filtered": bool(search or department or chosen),
        "may_choose_day": may_choose,
        "on": chosen,
        "may_import": rules.may_import(roles_on(request)),
        "may_bind": rules.may_make_booklets(roles_on(request)),
    }
    return render(request, "positions/list.html", context)


@require_safe
def detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show the edition in force today, or with ``?on=`` on that day. Everybody signed in; another day's edition
    only those who may read older ones.
    """
    context = _common(request, code, _day_of(request))
    if context["current"] is None:
        if not context["may_read_older"]:
            raise Http404
        return render(request, "positions/none_in_force.html", context)
    return _show(request, context, context["current"].number)


@require_safe
def edition(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Show one edition. The one in force: everybody; others: those who may read older ones."""
    return _show(request, _common(request, code), number)


@require_safe
def edition_pdf(request: HttpRequest, code: str, number: int) -> HttpResponse | FileResponse:
    """Send the PDF of an edition; while the worker makes it, a page that asks again by itself."""
    context = _common(request, code)
    chosen = _readable_edition(context, number)
    language = get_language() or "zh-hans"
    path = documents.request_pdf(chosen, language)
    if path is not None:
        return FileResponse(
            path.open("rb"),
            content_type="application/pdf",
            filename=documents.filename(chosen, language),
        )
    context.update(edition=chosen, impossible=libraries.notice() if libraries.missing() else "")
    return render(
        request, "positions/pdf_pending.html", context, status=503 if context["impossible"] else 202
    )


@require_safe
def edition_word(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Send an edition as a Word document that can be edited and imported again."""
    chosen = _readable_edition(_common(request, code), number)
    language = get_language() or "zh-hans"
    response = HttpResponse(writing.document_of(chosen, language), content_type=CONTENT_TYPE)
    response["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename=writing.filename(chosen, language)
    )
    return response


@require_safe
def compare_chosen(request: HttpRequest, code: str) -> HttpResponse:
    """Lead from the choice of two editions to their comparison; the older one always comes first."""
    try:
        before, after = sorted((int(request.GET["before"]), int(request.GET["after"])))
    except (KeyError, ValueError):
        raise Http404 from None
    if before < 1:
        raise Http404
    return redirect("positions:compare", code, before, after)


@require_safe
def compare(request: HttpRequest, code: str, before: int, after: int) -> HttpResponse:
    """Show what one edition says otherwise than another. Those who may read older ones."""
    context = _compared(request, code, before, after)
    bodies = body_of(context["before"]), body_of(context["after"])
    found = differences(*bodies)
    inline = request.GET.get("view") == "inline"
    context.update(groups=grouped(found), count=len(found), inline=inline, links=link_changes(*bodies))
    return render(request, "positions/compare.html", context)


@require_safe
def compare_pdf(request: HttpRequest, code: str, before: int, after: int) -> HttpResponse | FileResponse:
    """Send the comparison as PDF; while the worker makes it, a page that asks again by itself."""
    context = _compared(request, code, before, after)
    language = get_language() or "zh-hans"
    path = comparison_document.request_pdf(context["before"], context["after"], language)
    if path is not None:
        return FileResponse(
            path.open("rb"),
            content_type="application/pdf",
            filename=comparison_document.filename(context["before"], context["after"], language),
        )
    context.update(edition=context["after"], impossible=libraries.notice() if libraries.missing() else "")
    return render(
        request, "positions/pdf_pending.html", context, status=503 if context["impossible"] else 202
    )


def _compared(request: HttpRequest, code: str, before: int, after: int) -> dict[str, Any]:
    """Return what a comparison needs. 404 for those who may not read older editions."""
    context = _common(request, code)
    if not context["may_read_older"]:
        raise Http404  # as for an older edition: not told whether it exists
    editions = editions_of(queries.KIND, code).select_related("published_by")
    old, new = (get_object_or_404(editions, number=number) for number in (before, after))
    return {
        **context,
        "before": old,
        "after": new,
        "page_title": _("%(title)s: editions compared") % {"title": context["position"]},
    }


def _day_of(request: HttpRequest) -> datetime.date | None:
    """Return the day asked for with ``?on=``; None without one. 404 for what is no day."""
    asked = request.GET.get("on", "").strip()
    if not asked:
        return None
    try:
        return datetime.date.fromisoformat(asked)
    except ValueError:
        raise Http404 from None


def _common(request: HttpRequest, code: str, on: datetime.date | None = None) -> dict[str, Any]:
    """Return what every page of one description needs, as of today or of ``on``. 404 for a position without
    editions, and for another day where that is not for the reader.
    """
    today = timezone.localdate()
    day = on or today
    may_read_older = rules.may_read_older(roles_on(request))
    if day != today and not may_read_older:
        raise Http404
    position = get_object_or_404(Position.objects.select_related("department"), code=code)
    page = PositionPage.objects.filter(position=position).select_related("live_revision").first()
    withdrawn = page is not None and queries.withdrawn_on(page, day)
    states, current = queries.editions_with_state(code, day, withdrawn=withdrawn)
    if not states:
        raise Http404
    route = "positions_staffing_post"
    staffing_url = reverse(route, args=[code]) if may_open(request, route) else ""
    return {
        "position": position,
        "description_page": page,
        "withdrawn": withdrawn,
        "states": states,
        "current": current,
        "may_read_older": may_read_older,
        "on": on if day != today else None,
        "waiting": [one for one in reversed(states) if one.state == "future"] if may_read_older else [],
        "may_edit": page is not None and may_open(request, "wagtailadmin_pages:edit"),
        "staffed": staffing.staffed(position, day, for_hr=staffing_url != ""),
        "staffing_url": staffing_url,
        "page_title": str(position),
    }


def _readable_edition(context: dict[str, Any], number: int) -> Edition:
    current = context["current"]
    if not context["may_read_older"] and (current is None or current.number != number):
        # Whoever may not read it is not told whether it exists.
        raise Http404
    return get_object_or_404(
        editions_of(queries.KIND, context["position"].code).select_related("published_by"), number=number
    )


def _show(request: HttpRequest, context: dict[str, Any], number: int) -> HttpResponse:
    chosen = _readable_edition(context, number)
    shown = sheet(body_of(chosen))
    state = next(one for one in context["states"] if one.edition == chosen)
    context.update(edition=chosen, state=state, sheet=shown, page_title=shown.title)
    context["to_sign"] = sign_offs.open_for(request.user).filter(position=context["position"]).first()
    if SEE_ALL & roles_on(request) and chosen == context["current"] and not context["withdrawn"]:
        context["signatures"] = sign_offs.holders_of(context["position"], chosen)
    return render(request, "positions/detail.html", context)
