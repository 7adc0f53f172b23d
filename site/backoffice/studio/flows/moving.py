"""Taking running cases along to the newest edition of their workflow, and back: mapped, shown, then done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from foundation.editions.models import Edition
from foundation.editions.queries import newest
from foundation.editions.texts import in_language
from foundation.organisation.models import User
from workflows.definitions import definition_of
from workflows.exceptions import WorkflowError
from workflows.models import CaseMigration
from workflows.rules import check_may_build
from workflows.schema import WorkflowDefinition
from workflows.services.migration import Mapped, PlannedMove, migrate, plan, running, suggested, undo

SHOWN = 200
"""Rows of the plan on the page; what is wrong comes first, and the numbers count all."""
LONGEST_REASON = 2000


@dataclass(frozen=True)
class Choice:
    """One line of the mapping: a state or question of the old edition and what it becomes."""

    id: str
    title: str
    to: str
    count: int


@dataclass(frozen=True)
class Row:
    """What would become of one case, in words."""

    number: str
    subject: str
    state: str
    target: str
    asked: str
    lost: str
    problem: str


@require_http_methods(["GET", "POST"])
def cases(request: HttpRequest, key: str) -> HttpResponse:
    """The running cases of older editions: the mapping and its plan; POST moves them, or moves them back."""
    try:
        check_may_build(request.user)
    except WorkflowError:
        raise Http404 from None
    target = newest(Edition.Kind.WORKFLOW, key)
    if target is None:
        raise Http404
    posted = request.POST
    if request.method == "POST" and posted.get("do") == "undo":
        return _undone(request, key)
    older = _older(target)
    source = next(
        (one for one in older if str(one.number) == (posted.get("from") or request.GET.get("from"))), None
    )
    source = source or (older[0] if older else None)
    mapped = _mapped(source, target, posted) if source else None
    error, status = "", 200
    if request.method == "POST" and mapped is not None and posted.get("do") == "move":
        try:
            done = migrate(
                mapped,
                by=request.user,
                reason=posted.get("reason", "").strip()[:LONGEST_REASON],
                seen=int(posted["seen"]) if posted.get("seen", "").isdecimal() else -1,
            )
        except WorkflowError as refusal:
            error, status = str(refusal), 422
        else:
            count = len(done.versions)
            said = ngettext(
                "%(count)d case was moved to edition %(edition)d.",
                "%(count)d cases were moved to edition %(edition)d.",
                count,
            )
            messages.success(request, said % {"count": count, "edition": target.number})
            return redirect("studio_flow_cases", key=key)
    planned = plan(mapped) if mapped else []
    context: dict[str, Any] = {
        "key": key,
        "title": in_language(definition_of(target).title),
        "target": target,
        "older": [(one, running(one).count()) for one in older],
        "source": source,
        "error": error,
        "reason": posted.get("reason", ""),
        "planned": len(planned),
        "problems": sum(bool(one.problem) for one in planned),
        "migrations": CaseMigration.objects.filter(workflow=key).select_related(
            "source", "target", "made_by", "undone_by"
        )[:20],
    }
    if mapped is not None and source is not None:
        context |= _shown(mapped, definition_of(source), definition_of(target), planned)
    return render(request, "studio/flows/cases.html", context, status=status)


def _older(target: Edition) -> list[Edition]:
    """Return the editions before ``target`` that have running cases, newest first."""
    found = Edition.objects.filter(kind=target.kind, key=target.key, number__lt=target.number)
    return [one for one in found.defer("body").order_by("-number") if running(one).exists()]


def _mapped(source: Edition, target: Edition, posted: QueryDict) -> Mapped:
    """Return the mapping somebody typed, where they did; otherwise what is likely meant."""
    kept = suggested(source, target)
    old = definition_of(source)
    states = {
        state.id: chosen
        for state in old.states
        if (chosen := posted.get(f"state.{state.id}", kept.states.get(state.id, "")))
    }
    answers = {
        name: posted.get(f"answer.{name}", kept.answers.get(name) or "") or None for name in old.questions()
    }
    return Mapped(source, target, states, answers)


def _shown(
    mapped: Mapped, old: WorkflowDefinition, new: WorkflowDefinition, planned: list[PlannedMove]
) -> dict[str, Any]:
    people = {
        person.pk: str(person)
        for person in User.objects.filter(pk__in={one for move in planned for one in move.asked})
    }
    names = {state.id: in_language(state.title) for state in (*old.states, *new.states)}
    questions = {**new.questions(), **old.questions()}
    standing = {state.id: sum(move.state == state.id for move in planned) for state in old.states}
    rows = [
        Row(
            number=move.case.number,
            subject=move.case.subject,
            state=names.get(move.state, move.state),
            target=names.get(move.target, move.target),
            asked="、".join(people[one] for one in move.asked),
            lost="、".join(
                in_language(questions[name].label) if name in questions else name for name in move.lost
            ),
            problem=move.problem,
        )
        for move in sorted(planned, key=lambda move: not move.problem)[:SHOWN]
    ]
    return {
        "rows": rows,
        "more": max(len(planned) - SHOWN, 0),
        "states": [
            Choice(state.id, in_language(state.title), mapped.states.get(state.id, ""), standing[state.id])
            for state in old.states
            if standing[state.id] or state.id not in {one.id for one in new.states}
        ],
        "new_states": [(state.id, in_language(state.title)) for state in new.states],
        "answers": [
            Choice(
                name,
                in_language(question.label),
                mapped.answers.get(name) or "",
                sum(name in move.case.answers for move in planned),
            )
            for name, question in old.questions().items()
            if name not in new.questions()
        ],
        "new_questions": [(name, in_language(question.label)) for name, question in new.questions().items()],
    }


def _undone(request: HttpRequest, key: str) -> HttpResponse:
    wanted = request.POST.get("migration", "")
    found = next((one for one in CaseMigration.objects.filter(workflow=key) if str(one.uuid) == wanted), None)
    if found is None:
        raise Http404
    try:
        undo(found, by=request.user, reason=request.POST.get("reason", "").strip()[:LONGEST_REASON])
    except WorkflowError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The cases stand again where they stood before."))
    return redirect("studio_flow_cases", key=key)
