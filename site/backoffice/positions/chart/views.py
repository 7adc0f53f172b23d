"""The screens of the organisation chart: the page, the SVG, the PDF. For everybody signed in.

What was or will be on another day is for those who read older descriptions (``rules.may_read_older``), posts that are
only planned for HR and auditors (``rules.may_see_plans``).
"""

from __future__ import annotations

import datetime
from urllib.parse import urlencode

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from backoffice.access.gate import may_open
from backoffice.access.roles import roles_on
from backoffice.exports import libraries
from backoffice.positions import rules
from backoffice.positions.chart import document, outline
from backoffice.positions.chart.drawing import Screen, draw
from backoffice.positions.chart.selection import Selection
from backoffice.positions.chart.structure import Chart, Post, folded

VIEWS = ("chart", "list")
LONGEST_SEARCH = 100
MOST_TOGGLED = 200


@require_safe
def chart(request: HttpRequest) -> HttpResponse:
    """Show the chart of today, or with ``?on=`` of another day.

    ``department``, ``vacant=1`` choose what is shown; ``q`` marks and opens what it finds; ``levels`` folds everything
    below so many levels, ``toggled`` names the posts that are folded otherwise than that.
    """
    selection = _selection(request)
    whole, every = _read(selection)
    search = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    levels = _levels(request)
    toggled = {
        code for code in request.GET.get("toggled", "").split(",")[:MOST_TOGGLED] if code in whole.children
    }
    hits = whole.found(search)
    opened = {above for code in hits for above in whole.path_to(code)}
    closed = {
        code
        for code in whole.children
        if ((levels is not None and whole.levels[code] >= levels - 1) != (code in toggled))
        and code not in opened
    }
    hidden = {code: len(whole.below(code)) for code in closed}
    shown = folded(whole, closed)
    hidden = {code: number for code, number in hidden.items() if code in shown.posts}
    screen = Screen(_addresses(request, selection), _folding(request, toggled), closed, frozenset(hits))
    roles = roles_on(request)
    context = {
        "page_title": _("Organisation chart"),
        "selection": selection,
        "on": selection.day if selection.day != timezone.localdate() else None,
        "is_past": selection.day < timezone.localdate(),
        "may_choose_day": rules.may_read_older(roles),
        "departments": every,
        "department_name": next((unit.name for unit in every if unit.code == selection.department), ""),
        "search": search,
        "hits": [whole.posts[code] for code in hits],
        "levels": levels,
        "deepest": max(whole.levels.values(), default=0) + 1,
        "view": request.GET.get("view") if request.GET.get("view") in VIEWS else "",
        "filtered": bool(selection.department or selection.only_vacant or search),
        "summary": outline.summary(whole.posts.values()),
        "circles": document.circles_told(whole),
        "has_dotted": bool(whole.dotted),
        # Written by ``drawing``, which escapes every text.
        "svg": mark_safe(draw(shown, folded=hidden, screen=screen).svg) if shown.posts else "",  # noqa: S308
        "outline": outline.markup(shown, hidden, screen),
        "query": _query(request, selection),
        "staffing_url": reverse("positions_staffing") if may_open(request, "positions_staffing") else "",
    }
    return render(request, "positions/chart.html", context)


@require_safe
def chart_svg(request: HttpRequest) -> HttpResponse:
    """Send the chart as an SVG file that stands alone, with everything unfolded."""
    selection = _selection(request)
    whole, _every = _read(selection)
    response = HttpResponse(draw(whole).svg, content_type="image/svg+xml; charset=utf-8")
    response.headers["Content-Disposition"] = _attachment(selection, ".svg")
    return response


@require_safe
def chart_pdf(request: HttpRequest) -> HttpResponse | FileResponse:
    """Send the chart as PDF; while the worker makes it, a page that asks again by itself."""
    selection = _selection(request)
    language = get_language() or "zh-hans"
    try:
        path = document.request_pdf(selection, language)
    except LookupError:
        raise Http404 from None
    if path is not None:
        return FileResponse(
            path.open("rb"),
            content_type="application/pdf",
            filename=document.filename(selection, language, ".pdf"),
        )
    impossible = libraries.notice() if libraries.missing() else ""
    context = {"query": _query(request, selection), "impossible": impossible}
    return render(request, "positions/chart_pending.html", context, status=503 if impossible else 202)


def _selection(request: HttpRequest) -> Selection:
    """Return what the address asks for. 404 for a day that is none or not for the reader."""
    roles = roles_on(request)
    asked, today = request.GET.get("on", "").strip(), timezone.localdate()
    try:
        day = datetime.date.fromisoformat(asked) if asked else today
    except ValueError:
        raise Http404 from None
    if (day != today and not rules.may_read_older(roles)) or day.year < 1900:
        raise Http404
    return Selection(
        day,
        request.GET.get("department", "").strip(),
        request.GET.get("vacant") == "1",
        planned=rules.may_see_plans(roles),
    )


def _read(selection: Selection) -> tuple[Chart, list]:
    try:
        return selection.read()
    except LookupError:
        raise Http404 from None


def _levels(request: HttpRequest) -> int | None:
    asked = request.GET.get("levels", "")
    return (
        min(int(asked), 99)
        if asked.isascii() and asked.isdigit() and 0 < len(asked) < 4 and int(asked)
        else None
    )


def _addresses(request: HttpRequest, selection: Selection):
    """Return where a card leads: to the text in force; for HR otherwise to who holds the post; else nowhere."""
    on = f"?on={selection.day.isoformat()}" if selection.day != timezone.localdate() else ""
    staffing = may_open(request, "positions_staffing_post")
    # One address is made by the URL configuration, the others from it: a thousand are wanted.
    text, holders = (reverse(name, args=["0"]) for name in ("positions:detail", "positions_staffing_post"))

    def address(post: Post) -> str:
        if post.described:
            return text.replace("/0/", f"/{post.code}/") + on
        return holders.replace("/0/", f"/{post.code}/") if staffing else ""

    return address


def _folding(request: HttpRequest, toggled: set[str]):
    """Return the address that folds or unfolds one post, everything else as it is."""
    others = request.GET.copy()
    for name in ("toggled", "q"):
        others.pop(name, None)
    start = f"?{others.urlencode()}&" if others else "?"

    def fold(code: str) -> str:
        return f"{start}toggled={','.join(sorted(toggled ^ {code}))}#post-{code}"

    return fold


def _query(request: HttpRequest, selection: Selection) -> str:
    """Return the selection as the end of an address, beginning with ``?`` where there is one."""
    asked = {
        "on": selection.day.isoformat() if selection.day != timezone.localdate() else "",
        "department": selection.department,
        "vacant": "1" if selection.only_vacant else "",
    }
    given = urlencode({name: value for name, value in asked.items() if value})
    return f"?{given}" if given else ""


def _attachment(selection: Selection, ending: str) -> str:
    named = document.filename(selection, get_language() or "zh-hans", ending)
    return content_disposition_header(as_attachment=True, filename=named) or "attachment"
