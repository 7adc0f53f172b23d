"""The screens of the builder of workflows. For the roles form_builder and administrator; the services ask again."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backoffice.studio import catalogue, views
from backoffice.studio.flows import building
from backoffice.studio.flows.building import FLOW_BENCH
from backoffice.studio.flows.desk import FlowDesk
from forms.exceptions import FormError, NotPermitted
from foundation.editions.texts import in_language
from foundation.packs.reading import written
from workflows.services.working import needs_second_person, tried


@require_GET
def flows(request: HttpRequest) -> HttpResponse:
    """All workflows, those in force and those being worked on; ``q`` searches titles, keys and forms."""
    search = request.GET.get("q", "").strip()
    rows = building.workflows_listed()
    found = [row for row in rows if all(word in row.searched for word in search.lower().split())]
    context = {"rows": found, "total": len(rows), "search": search, "second_person": needs_second_person()}
    return render(request, "studio/flows/flows.html", context)


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Begin a workflow: for a form, or as a copy of another."""
    typed = {
        name: request.POST.get(name, request.GET.get(name, "")).strip()
        for name in ("title", "title_en", "key", "form", "copy_of")
    }
    error = ""
    if request.method == "POST":
        try:
            working = building.begin_from(typed, by=request.user)
            return redirect("studio_flow_edit", key=working.key)
        except NotPermitted:
            raise Http404 from None
        except (FormError, ValueError) as refusal:
            error = str(refusal)
    context = {
        "typed": typed,
        "error": error,
        "forms": [row for row in catalogue.forms_listed() if row.edition],
        "others": building.workflows_listed(),
    }
    return render(request, "studio/flows/new.html", context, status=422 if error else 200)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, key: str) -> HttpResponse:
    """The editor of a workflow."""
    return views.edit_at(FLOW_BENCH, request, key)


@require_POST
def check_expression(request: HttpRequest, key: str) -> HttpResponse:
    """Say what is wrong with an expression of a workflow that is being typed."""
    return views.check_expression_at(FLOW_BENCH, request, key)


@require_http_methods(["GET", "POST"])
def history(request: HttpRequest, key: str) -> HttpResponse:
    """The savings of a workflow's working copy."""
    return views.history_at(FLOW_BENCH, request, key)


@require_http_methods(["GET", "POST"])
def discard(request: HttpRequest, key: str) -> HttpResponse:
    """Discard the changes of a workflow."""
    return views.discard_at(FLOW_BENCH, request, key)


@require_GET
def export(request: HttpRequest, key: str) -> HttpResponse:
    """The working copy as a file of a pack."""
    working = FLOW_BENCH.shown(request, key)
    response = HttpResponse(written(working.body), content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{key}.yaml"'
    return response


@require_GET
def diagram(request: HttpRequest, key: str) -> HttpResponse:
    """The diagram of the working copy as a file."""
    desk = FlowDesk(FLOW_BENCH.shown(request, key), request.user)
    response = HttpResponse(desk.diagram, content_type="image/svg+xml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{key}.svg"'
    return response


@require_http_methods(["GET", "POST"])
def trials(request: HttpRequest, key: str) -> HttpResponse:
    """The table of trials; POST acts them out on the working copy and shows what came of each. Nothing stays."""
    desk = FlowDesk(FLOW_BENCH.shown(request, key), request.user)
    results = None
    if request.method == "POST" and desk.definition is not None and not desk.errors:
        results = {trial.id: result for trial, result in tried(desk.definition)}
    told = {state.id: state.title for state in desk.diagram_told}
    rows = [
        {
            "trial": trial,
            "title": in_language(trial.title),
            "at": f"trial:{trial.id}",
            "result": results.get(trial.id) if results is not None else None,
            "path": [
                told.get(state, state)
                for state in (results[trial.id].path if results is not None else trial.path)
            ],
            "approvers": [
                (told.get(state, state), people)
                for state, people in (
                    results[trial.id].approvers if results is not None else trial.approvers
                ).items()
            ],
        }
        for trial in (desk.definition.trials if desk.definition is not None else ())
    ]
    return render(
        request,
        "studio/flows/trials.html",
        {"desk": desk, "working": desk.working, "rows": rows, "ran": results is not None},
    )
