"""The screens of booklets: ask for one, download it. The page that shows how far it is is ``access:job``.

Who may: ``rules.may_make_booklets``, as the table of addresses says. A finished booklet is downloaded by whoever had it
made; for anybody else it is not there.
"""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from backoffice.exports import keeping, libraries
from backoffice.positions.booklets import making
from backoffice.positions.booklets.contents import Scope
from backoffice.positions.booklets.forms import BookletForm
from foundation.outbox import jobs
from foundation.outbox.models import Job

MOST_SHOWN = 10
KEPT_NAME = re.compile(r"[0-9a-f]{64}\.pdf")


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Choose department, day and language; begin the work. Below: what the person had made and is still kept."""
    form = BookletForm(request.POST if request.method == "POST" else None, initial=_asked(request))
    if request.method == "POST" and form.is_valid():
        assert form.scope is not None
        return redirect("access:job", _job_for(form.scope, request.user).uuid)
    context = {
        "page_title": _("Booklet of position descriptions"),
        "form": form,
        "impossible": libraries.notice() if libraries.missing() else "",
        "running": jobs.open_jobs_of(request.user, making.KIND).first(),
        "kept": _kept(request.user),
        "kept_days": keeping.KEEP_BOOKLETS.days,
    }
    return render(request, "positions/booklet.html", context, status=422 if form.errors else 200)


@require_safe
def download(request: HttpRequest, uuid: Any) -> HttpResponse | FileResponse:
    """Send a finished booklet to whoever had it made; one that was cleared away leads back to the form."""
    job = get_object_or_404(Job, uuid=uuid, kind=making.KIND, started_by=request.user, state=Job.State.DONE)
    name = str(job.result.get("file", ""))
    file = making.folder() / name
    if not KEPT_NAME.fullmatch(name) or not file.is_file():
        messages.warning(request, _("This booklet is no longer kept. Have it made again; it takes a moment."))
        return redirect(f"{reverse('booklets:new')}?{urlencode(job.payload)}")
    answer = FileResponse(
        file.open("rb"), as_attachment=True, content_type="application/pdf", filename=job.result["filename"]
    )
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _asked(request: HttpRequest) -> dict[str, str]:
    """Return what an address proposes (``?department=&day=&language=``)."""
    return {name: request.GET.get(name, "")[:40] for name in ("department", "day", "language")}


def _job_for(scope: Scope, user: Any) -> Job:
    """Return the person's job that makes this booklet; a second click finds the first one's."""
    for job in jobs.open_jobs_of(user, making.KIND):
        if job.payload == scope.as_payload():
            return job
    return jobs.begin(making.KIND, by=user, payload=scope.as_payload())


def _kept(user: Any) -> list[Job]:
    """Return the person's newest finished booklets whose file is still there."""
    done = Job.objects.filter(kind=making.KIND, started_by=user, state=Job.State.DONE).order_by("-ended_at")
    found: dict[str, Job] = {}
    for job in done[:50]:
        name = str(job.result.get("file", ""))
        if name not in found and KEPT_NAME.fullmatch(name) and (making.folder() / name).is_file():
            found[name] = job
    return list(found.values())[:MOST_SHOWN]
