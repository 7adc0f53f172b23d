"""Publishing a workflow: what changes, what that touches, trials, replay; by two people where the house wants it."""

from __future__ import annotations

import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from backoffice.definitions.workflow_differences import differences_of
from backoffice.studio.flows.building import FLOW_BENCH
from backoffice.studio.flows.desk import FlowDesk
from backoffice.studio.flows.impact import impact_of
from forms.exceptions import FormError
from forms.services import working as service
from foundation.editions.exceptions import EditionError
from foundation.editions.models import Edition
from foundation.editions.queries import body_of, in_force
from workflows.exceptions import WorkflowError
from workflows.replay import replay
from workflows.services.working import WORKFLOWS, needs_second_person

LONGEST_NOTE = 2000
MOST_REPLAYED = 200


@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, key: str) -> HttpResponse:
    """Show the differences, what they touch and what they would have made of past cases (``replay``); POST publishes
    what was shown, asks a second person to, or declines.
    """
    error, status = "", 200
    note = request.POST.get("note", "").strip()[:LONGEST_NOTE]
    day = request.POST.get("effective_from", "")
    working = FLOW_BENCH.shown(request, key)
    if request.method == "POST":
        try:
            messages.success(request, _done(request, key, request.POST.get("do", "publish"), note, day))
        except (FormError, EditionError, WorkflowError, ValueError) as refusal:
            error, status = str(refusal), 422
        else:
            return redirect("studio_flow_edit", key=key)
        working = FLOW_BENCH.shown(request, key)
    desk = FlowDesk(working, request.user)
    current = in_force(Edition.Kind.WORKFLOW, key)
    before = body_of(current) if current is not None else None
    wanted = request.GET.get("replay", "")
    number = (
        min(int(wanted), MOST_REPLAYED) if wanted.isascii() and wanted.isdigit() and len(wanted) < 5 else 0
    )
    asked = service.request_for(working)
    sound = not desk.errors and desk.definition is not None
    return render(
        request,
        "studio/flows/publish.html",
        {
            "desk": desk,
            "working": working,
            "current": current,
            "differences": differences_of(before, working.body),
            "impact": impact_of(key, before, working.body),
            "note": note,
            "day": day or timezone.localdate().isoformat(),
            "error": error,
            "may": sound and (desk.last_edition is None or service.is_changed(working)),
            "second_person": needs_second_person(),
            "asked": asked,
            "own_request": asked is not None and asked.by_id == request.user.pk,
            "replayed": number,
            "replay": replay(desk.definition, number) if number and sound and desk.definition else [],
        },
        status=status,
    )


def _done(request: HttpRequest, key: str, what: str, note: str, day: str) -> str:
    """Do what the pressed button says and return what to tell."""
    if what == "decline":
        service.decline_publication(key=key, by=request.user, reason=note, of=WORKFLOWS)
        return _("The request has been declined. Nothing is published; the working copy stays as it is.")
    seen = service.Opened.read(request.POST.get("seen", ""))
    if what == "agree":
        edition = service.publish_working(key=key, seen=seen, by=request.user, note="", of=WORKFLOWS)
        return _published(edition)
    if not note:
        raise ValueError(_("Say in a note what changes and why: it is kept with the edition."))
    begins = _day(day)
    if needs_second_person():
        service.request_publication(
            key=key, seen=seen, by=request.user, note=note, effective_from=begins, of=WORKFLOWS
        )
        return _("Asked for. A second person now looks at it and publishes.")
    return _published(
        service.publish_working(
            key=key, seen=seen, by=request.user, note=note, effective_from=begins, of=WORKFLOWS
        )
    )


def _day(text: str) -> datetime.date:
    try:
        begins = datetime.date.fromisoformat(text)
    except ValueError:
        raise ValueError(_("Give the effective date as a day.")) from None
    if begins < timezone.localdate():
        raise ValueError(_("An edition takes effect today or later."))
    return begins


def _published(edition: Edition) -> str:
    return _("Published as edition %(number)s, in force from %(day)s.") % {
        "number": edition.number,
        "day": edition.effective_from.isoformat(),
    }
