"""For auditors. Nothing here writes; what is read comes from the trails the rooms register and from the verifier."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from backoffice.auditing.exporting import TYPES, file_of
from foundation.audit.trails import Subject, TrailKind, trail_kinds
from foundation.audit.verification import verify

LONGEST_SEARCH = 100


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Find an object by its number, name or subject, among the kinds that have trails."""
    kinds = trail_kinds()
    chosen = request.GET.get("kind", "")
    words = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    shown = [kinds[chosen]] if chosen in kinds else list(kinds.values())
    groups = [{"kind": kind, "subjects": kind.find(words)} for kind in shown]
    return render(
        request,
        "auditing/search.html",
        {
            "page_title": _("Audit"),
            "kinds": list(kinds.values()),
            "chosen": chosen if chosen in kinds else "",
            "words": words,
            "groups": [group for group in groups if group["subjects"]],
        },
    )


def _found(kind_name: str, key: str) -> tuple[TrailKind, Subject]:
    kind = trail_kinds().get(kind_name)
    subject = kind.subject(key) if kind else None
    if kind is None or subject is None:
        raise Http404
    return kind, subject


@require_GET
def file(request: HttpRequest, kind: str, key: str) -> HttpResponseBase:
    """The trail of one object as a file (``format``: xlsx or csv); the gate records who took it out."""
    ending = request.GET.get("format", "xlsx")
    found, subject = _found(kind, key)
    if ending not in TYPES:
        raise Http404
    return file_of(found, subject, ending, str(request.user))


@require_GET
def trail(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """Every change of one object on one page: who, when, from, to; and what the verifier says of its chains."""
    found, subject = _found(kind, key)
    reports = [verify(stream=stream) for stream in subject.streams]
    return render(
        request,
        "auditing/trail.html",
        {
            "page_title": subject.title,
            "kind": found,
            "subject": subject,
            "entries": list(found.entries(key))[::-1],
            "checked": sum(report.checked.get("events", 0) for report in reports),
            "faults": [fault for report in reports for fault in report.faults],
        },
    )
