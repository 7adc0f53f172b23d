"""The screens of the builder of reports. For the roles form_builder and administrator; the services ask again."""

from __future__ import annotations

import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backoffice.definitions.report_words import differences_of
from backoffice.studio import views
from backoffice.studio.flows.building import workflows_listed
from backoffice.studio.reports import building
from backoffice.studio.reports.building import REPORT_BENCH
from backoffice.studio.reports.desk import ReportDesk, readers_of
from forms.exceptions import FormError, NotPermitted
from forms.services import working as service
from foundation.editions.exceptions import EditionError
from foundation.editions.models import Edition
from foundation.editions.queries import body_of, in_force
from foundation.organisation.models import Role
from foundation.organisation.resolution import RoleContext, resolve
from foundation.packs.reading import written
from workflows.exceptions import WorkflowError
from workflows.reports.working import REPORTS

LONGEST_NOTE = 2000


@require_GET
def reports(request: HttpRequest) -> HttpResponse:
    """All reports, those in force and those being worked on; ``q`` searches titles, keys and workflows."""
    search = request.GET.get("q", "").strip()
    rows = building.reports_listed()
    found = [row for row in rows if all(word in row.searched for word in search.lower().split())]
    return render(request, "studio/reports/reports.html", {"rows": found, "search": search})


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Begin a report: over a workflow, over ledgers, or as a copy of another."""
    typed = {
        name: request.POST.get(name, request.GET.get(name, "")).strip()
        for name in ("title", "title_en", "key", "about", "workflow", "copy_of")
    }
    error = ""
    if request.method == "POST":
        try:
            working = building.begin_from(typed, by=request.user)
            return redirect("studio_report_edit", key=working.key)
        except NotPermitted:
            raise Http404 from None
        except (FormError, ValueError) as refusal:
            error = str(refusal)
    context = {
        "typed": typed,
        "error": error,
        "workflows": [row for row in workflows_listed() if row.edition],
        "others": building.reports_listed(),
    }
    return render(request, "studio/reports/new.html", context, status=422 if error else 200)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, key: str) -> HttpResponse:
    """The editor of a report."""
    return views.edit_at(REPORT_BENCH, request, key)


@require_POST
def check_expression(request: HttpRequest, key: str) -> HttpResponse:
    """Say what is wrong with an expression; reports have none, so nothing ever is."""
    return views.check_expression_at(REPORT_BENCH, request, key)


@require_http_methods(["GET", "POST"])
def history(request: HttpRequest, key: str) -> HttpResponse:
    """The savings of a report's working copy."""
    return views.history_at(REPORT_BENCH, request, key)


@require_http_methods(["GET", "POST"])
def discard(request: HttpRequest, key: str) -> HttpResponse:
    """Discard the changes of a report."""
    return views.discard_at(REPORT_BENCH, request, key)


@require_GET
def export(request: HttpRequest, key: str) -> HttpResponse:
    """The working copy as a file of a pack."""
    working = REPORT_BENCH.shown(request, key)
    response = HttpResponse(written(working.body), content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{key}.yaml"'
    return response


@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, key: str) -> HttpResponse:
    """Show what changes and who will read it; POST publishes what was shown."""
    error, status = "", 200
    note = request.POST.get("note", "").strip()[:LONGEST_NOTE]
    day = request.POST.get("effective_from", "")
    working = REPORT_BENCH.shown(request, key)
    if request.method == "POST":
        try:
            edition = _published(request, key, note, day)
        except (FormError, EditionError, WorkflowError, ValueError) as refusal:
            error, status = str(refusal), 422
        else:
            told = {"number": edition.number, "day": edition.effective_from.isoformat()}
            messages.success(request, _("Published as edition %(number)s, in force from %(day)s.") % told)
            return redirect("studio_report_edit", key=key)
        working = REPORT_BENCH.shown(request, key)
    desk = ReportDesk(working, request.user)
    current = in_force(Edition.Kind.REPORT, key)
    before = body_of(current) if current is not None else None
    context = {
        "desk": desk,
        "working": working,
        "current": current,
        "differences": differences_of(before, working.body),
        "readers": _readers(readers_of(before or {}), readers_of(working.body)),
        "note": note,
        "day": day or timezone.localdate().isoformat(),
        "error": error,
        "may": not desk.errors and (desk.last_edition is None or service.is_changed(working)),
    }
    return render(request, "studio/reports/publish.html", context, status=status)


def _published(request: HttpRequest, key: str, note: str, day: str) -> Edition:
    seen = service.Opened.read(request.POST.get("seen", ""))
    if not note:
        raise ValueError(_("Say in a note what changes and why: it is kept with the edition."))
    try:
        begins = datetime.date.fromisoformat(day)
    except ValueError:
        raise ValueError(_("Give the effective date as a day.")) from None
    if begins < timezone.localdate():
        raise ValueError(_("An edition takes effect today or later."))
    return service.publish_working(
        key=key, seen=seen, by=request.user, note=note, effective_from=begins, of=REPORTS
    )


def _readers(before: list[str], after: list[str]) -> list[dict[str, object]]:
    """Return each role that reads it or did, with how many people hold it, and whether it comes in or drops out."""
    names = {role.key: str(role) for role in Role.objects.filter(key__in=[*before, *after])}
    return [
        {
            "name": names.get(role, role),
            "people": len(resolve(role, RoleContext()).people),
            "change": "gone" if role not in after else "new" if role not in before else "",
        }
        for role in dict.fromkeys([*after, *before])
    ]
