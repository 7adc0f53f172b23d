"""Retention: what is due, what was done, what is held. For auditors and administrators.

Writing goes through ``forms.services.retention``; the worker carries out what is due.
"""

from __future__ import annotations

import uuid as uuids
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from forms.exceptions import FormError, NotFound
from forms.models import LegalHold, Submission
from forms.schema import definition_of
from forms.services import retention
from foundation.editions.models import Edition
from foundation.editions.queries import all_in_force
from foundation.editions.texts import in_language

PER_PAGE = 50


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """What is due, held and done."""
    return _page(request)


def _page(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    done = Submission.objects.exclude(erased="").order_by("-erased_at", "-id")
    lifted = LegalHold.objects.filter(lifted_at__isnull=False)
    forms_in_force = [
        (edition.key, in_language(definition_of(edition).title))
        for edition in all_in_force(Edition.Kind.FORM)
    ]
    context = {
        "page_title": _("Retention"),
        "plan": retention.plan(),
        "holds": retention.holds_in_force(),
        "lifted": lifted.select_related("submission", "placed_by", "lifted_by")[:PER_PAGE],
        "done": Paginator(done, PER_PAGE).get_page(request.GET.get("page")),
        "forms": sorted(forms_in_force, key=lambda pair: pair[1]),
        **more,
    }
    return render(request, "intake/retention.html", context, status=status)


@require_POST
def place(request: HttpRequest) -> HttpResponse:
    """Set a hold on one submission, by its number, or on a form."""
    number, form_key = request.POST.get("number", "").strip(), request.POST.get("form", "")
    reason = request.POST.get("reason", "")
    given = {"number": number, "chosen": form_key, "reason": reason}
    if bool(number) == bool(form_key):
        error = _("Name either one submission by its number, or one form.")
        return _page(request, status=422, error=error, **given)
    submission = Submission.objects.filter(number=number).first() if number else None
    if number and submission is None:
        error = _("There is no submission with the number %(number)s.") % {"number": number}
        return _page(request, status=422, error=error, **given)
    try:
        retention.place_hold(by=request.user, reason=reason, submission=submission, form_key=form_key)
    except FormError as refusal:
        return _page(request, status=422, error=str(refusal), **given)
    messages.success(request, _("The hold has been set: retention leaves it as it is."))
    return redirect("intake:retention")


@require_POST
def lift(request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
    """Lift a hold, with a reason."""
    try:
        hold = retention.hold_of(uuid)
    except NotFound:
        raise Http404 from None
    try:
        retention.lift_hold(hold=hold, by=request.user, reason=request.POST.get("reason", ""))
    except FormError as refusal:
        return _page(request, status=422, error=str(refusal))
    messages.success(request, _("The hold has been lifted: retention goes on."))
    return redirect("intake:retention")
