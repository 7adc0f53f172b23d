"""What a definition would have made of cases that have ended: their steps, walked again on paper.

Nothing is written. Each event of a case is asked of the draft: is there this step from that state, does it lead to the
same state, does its rule hold for the answers of the time, is the person still one who may?
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from foundation.audit.queries import EventView, events_of
from foundation.editions.texts import in_language
from foundation.expressions import ExpressionFault
from foundation.organisation.models import User
from workflows import rules
from workflows.definitions import definition_of
from workflows.machine import Machine, compile_definition
from workflows.models import Case
from workflows.schema import WorkflowDefinition

DECISIONS = ("agreed", "refused", "withdrawn")


@dataclass(frozen=True)
class Difference:
    """One thing that would have been otherwise: in which case, at which of its versions, at which step, and what."""

    case: str
    version: int
    step: str
    what: str


def replay(definition: WorkflowDefinition, last: int) -> list[Difference]:
    """Return what the draft would have done otherwise with the ``last`` closed cases of its workflow, newest first."""
    machine = compile_definition(definition)
    ended = (
        Case.objects.filter(workflow=definition.key, closed_at__isnull=False)
        .select_related("edition", "submission__edition", "submitted_by", "department", "assignee")
        .order_by("-closed_at", "-id")[:last]
    )
    return [found for case in ended for found in differences_of(machine, case)]


def differences_of(machine: Machine, case: Case) -> Iterator[Difference]:
    """Yield what the machine would have done otherwise with a case."""
    then = {row.version: row for row in case.history.all()}
    people = {person.pk: person for person in User.objects.filter(pk__in=_actors(case))}
    for event in events_of(case.stream):
        kind = event.kind.removeprefix("case_")
        row = then.get(event.version)
        if row is None or not event.source_state:
            continue
        case_then = _as_it_was(case, row)
        said = list(_step(machine, event, kind, case_then, people))
        said += list(_stage(machine, event, kind, case_then))
        for what in said:
            yield Difference(case.number, event.version, kind, what)


def _actors(case: Case) -> set[int]:
    return {event.actor_id for event in events_of(case.stream) if event.actor_id is not None}


def _as_it_was(case: Case, row: Case) -> Case:
    """Return the case with the answers, the grade and the way of that version; nothing of it is stored."""
    return Case(
        edition=case.edition,
        submission=case.submission,
        workflow=case.workflow,
        state=row.state,
        answers=row.answers,
        grade=row.grade,
        rounds=row.rounds,
        walked=row.walked,
        department=case.department,
        submitted_by=case.submitted_by,
        assignee=case.assignee,
        opened_at=case.opened_at,
    )


def _step(
    machine: Machine, event: EventView, kind: str, case: Case, people: dict[int, User]
) -> Iterator[str]:
    """Yield what would have been otherwise with a step somebody, or the machine, took."""
    old = {step.id for step in definition_of(case.edition).transitions}
    spec = machine.specs.get(kind)
    if spec is None:
        if kind in old:
            yield _("There is no such step any more.")
        return
    if event.source_state not in spec.source:
        yield _("The step could not be taken from “%(state)s”.") % {"state": event.source_state}
    if event.target_state != spec.target and not _came_back(event, machine):
        yield _("The step would lead to “%(state)s”, not to “%(before)s”.") % {
            "state": in_language(machine.definition.state(spec.target).title),
            "before": event.target_state,
        }
    try:
        if not machine.guard_holds(case, spec.id):
            yield _("The rule of the step would not have held.")
    except ExpressionFault as fault:
        yield _("The rule of the step could not be worked out: %(why)s") % {"why": fault}
    actor = people.get(event.actor_id or 0)
    if actor is not None and spec.roles and not rules.may_take(case, spec, actor):
        yield _("%(person)s may not take the step.") % {"person": actor}


def _came_back(event: EventView, machine: Machine) -> bool:
    return event.target_state in machine.approvals


def _stage(machine: Machine, event: EventView, kind: str, case: Case) -> Iterator[str]:
    """Yield what would have been otherwise with a decision: another stage, another way on, not needed, or needed."""
    if kind not in (*DECISIONS, "passed") or event.target_state == event.source_state:
        return
    approval = machine.approvals.get(event.source_state)
    if approval is None:
        yield _("“%(state)s” asks nobody any more.") % {"state": event.source_state}
        return
    leads = {
        "agreed": approval.agreed,
        "passed": approval.agreed,
        "refused": approval.refused,
        "withdrawn": approval.withdraws_to,
    }[kind]
    if leads != event.target_state and not _came_back(event, machine):
        yield _("The decision would lead to “%(state)s”, not to “%(before)s”.") % {
            "state": leads or "–",
            "before": event.target_state,
        }
    needed = machine.holds(approval.when, case)
    if kind == "passed" and needed and _why(event) == "not_needed":
        yield _("The stage would have been needed.")
    if kind == "agreed" and not needed:
        yield _("The stage would have been passed over.")


def _why(event: EventView) -> str:
    decision = next((change.after for change in event.changes if change.path == "decision"), None)
    return str(decision.get("why", "")) if isinstance(decision, dict) else ""
