"""Publishing a form: what changes, what that touches, the note; and taking open drafts along."""

from __future__ import annotations

import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from backoffice.definitions.differences import differences
from backoffice.studio.desk import Desk
from backoffice.studio.impact import impact_of
from backoffice.studio.views import shown_form
from forms.exceptions import FormError, NotFound
from forms.schema import definition_of
from forms.services import migration
from forms.services import working as service
from foundation.editions.exceptions import EditionError
from foundation.editions.models import Edition
from foundation.editions.queries import body_of, in_force
from foundation.editions.texts import in_language

LONGEST_NOTE = 2000


@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, key: str) -> HttpResponse:
    """Show the differences and what they touch; POST publishes what was shown."""
    working = shown_form(request, key)
    error, status = "", 200
    note = request.POST.get("note", "").strip()[:LONGEST_NOTE]
    day = request.POST.get("effective_from", "")
    if request.method == "POST":
        try:
            edition = _published(request, key, note, day)
        except (FormError, EditionError, ValueError) as refusal:
            error, status = str(refusal), 422
        else:
            messages.success(
                request,
                _("Published as edition %(number)s, in force from %(day)s.")
                % {"number": edition.number, "day": edition.effective_from.isoformat()},
            )
            if request.POST.get("drafts") == "migrate" and edition.effective_from <= timezone.localdate():
                return redirect("studio_drafts", key=key)
            return redirect("studio_edit", key=key)
        working = shown_form(request, key)
    desk = Desk(working, request.user)
    current = in_force(Edition.Kind.FORM, key)
    before = body_of(current) if current is not None else None
    return render(
        request,
        "studio/publish.html",
        {
            "desk": desk,
            "working": working,
            "current": current,
            "first": desk.last_edition is None,
            "differences": differences(before, working.body),
            "impact": impact_of(key, before, working.body),
            "note": note,
            "day": day or timezone.localdate().isoformat(),
            "error": error,
            "may": not desk.errors and (desk.last_edition is None or service.is_changed(working)),
        },
        status=status,
    )


def _published(request: HttpRequest, key: str, note: str, day: str) -> Edition:
    if not note:
        raise ValueError(_("Say in a note what changes and why: it is kept with the edition."))
    try:
        begins = datetime.date.fromisoformat(day)
    except ValueError:
        raise ValueError(_("Give the effective date as a day.")) from None
    if begins < timezone.localdate():
        raise ValueError(_("An edition takes effect today or later."))
    seen = service.Opened.read(request.POST.get("seen", ""))
    return service.publish_working(key=key, seen=seen, by=request.user, note=note, effective_from=begins)


@require_http_methods(["GET", "POST"])
def drafts(request: HttpRequest, key: str) -> HttpResponse:
    """What becomes of drafts begun under older editions: they finish there, or are taken along."""
    working = shown_form(request, key)
    edition = in_force(Edition.Kind.FORM, key)
    if edition is None:
        raise Http404
    renamed = {
        name.removeprefix("to."): said.strip()
        for name, said in request.POST.items()
        if name.startswith("to.")
    }
    error, status = "", 200
    try:
        if request.POST.get("do") == "migrate":
            count = migration.migrate(key=key, renamed=renamed, by=request.user)
            messages.success(
                request,
                ngettext(
                    "%(count)d draft has been taken along; its author is told.",
                    "%(count)d drafts have been taken along; their authors are told.",
                    count,
                )
                % {"count": count},
            )
            return redirect("studio_edit", key=key)
        planned = migration.plan(key=key, renamed=renamed, language=get_language())
    except NotFound:
        raise Http404 from None
    except migration.MappingRefused as refusal:
        error, status = str(refusal), 422
        planned = migration.plan(key=key, renamed={}, language=get_language())
    definition = definition_of(edition)
    return render(
        request,
        "studio/drafts.html",
        {
            "working": working,
            "title": in_language(definition.title),
            "edition": edition,
            "plan": planned,
            "targets": [(name, in_language(field.label)) for name, field in definition.by_id.items()],
            "error": error,
        },
        status=status,
    )
