"""The page of a job: how far it is, cancel, where its result is. For whoever began it; for others it is not there.

The page asks for itself again every second (``remit/job.js``) and draws what the answer holds; without script
the browser loads it anew every few seconds.
"""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from foundation.outbox import jobs
from foundation.outbox.models import Job
from foundation.outbox.queries import worker_seen_at

WORKER_SILENT_AFTER = datetime.timedelta(minutes=1)


@require_safe
def job(request: HttpRequest, uuid: Any) -> HttpResponse:
    """Show how far it is."""
    found = get_object_or_404(Job, uuid=uuid, started_by=request.user)
    return render(request, "access/job.html", shown(found))


@require_POST
def cancel(request: HttpRequest, uuid: Any) -> HttpResponse:
    """Ask to cancel it, and show what became of that."""
    found = get_object_or_404(Job, uuid=uuid, started_by=request.user)
    if not jobs.cancel(found, by=request.user):
        messages.info(request, _("It had ended already; nothing was cancelled."))
    return redirect("access:job", found.uuid)


def shown(found: Job) -> dict[str, Any]:
    """Return the names of ``access/job.html`` and ``components/job.html``. At most one query."""
    kind = jobs.kind_of(found)
    title = str(kind.title) if kind and kind.title else _("Work in progress")
    return {
        "page_title": title,
        "job": found,
        "category": {
            Job.State.WAITING: "waiting",
            Job.State.RUNNING: "open",
            Job.State.DONE: "done",
            Job.State.FAILED: "refused",
            Job.State.CANCELLED: "ended",
        }[Job.State(found.state)],
        "word": found.get_state_display(),
        "result": found.result if found.state == Job.State.DONE else {},
        "back": _address(kind.back) if kind and kind.back else "",
        "no_worker": found.state == Job.State.WAITING and _nobody_works(),
    }


def _nobody_works() -> bool:
    seen = worker_seen_at()
    return seen is None or timezone.now() - seen > WORKER_SILENT_AFTER


def _address(route: str) -> str:
    try:
        return reverse(route)
    except NoReverseMatch:
        return ""
