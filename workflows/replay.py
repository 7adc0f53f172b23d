"""What a definition would have made of cases that have ended: their steps, walked again on paper.

Nothing is written. Each event of a case is asked of the draft: is there this step from that state, does it lead to the
same state, does its rule hold for the answers of the time, is the person still one who may? And each promise that its
clocks have made: would it have been made, and would the step that settled it have kept it?
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from foundation.audit.queries import EventView, events_of
from foundation.editions.texts import in_language
from foundation.expressions import ExpressionFault
from foundation.organisation.models import User
from workflows import rules
from workflows.definitions import definition_of
from workflows.machine import Machine, compile_definition
from workflows.models import Case, Promise
from workflows.promises import what_of
from workflows.schema import Clock, WorkflowDefinition

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
    events = events_of(case.stream)
    for event in events:
        kind = event.kind.removeprefix("case_")
        row = then.get(event.version)
        if row is None or not event.source_state:
            continue
        case_then = _as_it_was(case, row)
        said = list(_step(machine, event, kind, case_then, people))
        said += list(_stage(machine, event, kind, case_then))
        for what in said:
            yield Difference(case.number, event.version, kind, what)
    yield from _promises(machine.definition, case, events)


def _promises(
    definition: WorkflowDefinition, case: Case, events: Sequence[EventView]
) -> Iterator[Difference]:
    """Yield what would have become otherwise of the promises of clocks. When one was late is no matter of a
    definition: its time is the answer itself.
    """
    clocks = {clock.id: clock for clock in definition.clocks if clock.promise is not None}
    made = list(case.promises.exclude(clock="").select_related("edition").order_by("pk"))
    for promise in made:
        named = {"promise": what_of(promise)}
        clock = clocks.get(promise.clock)
        if clock is None:
            yield _at(
                case, events, promise.made_step, _("“%(promise)s” would not have been promised.") % named
            )
            continue
        event = _taken(events, promise.settled_step, promise.settled_at)
        if event is None or promise.status == Promise.Status.REPLACED or _moved_on(event):
            continue
        kept = promise.status in (Promise.Status.KEPT, Promise.Status.LATE)
        keeps = event.target_state in clock.ends and _keeps(clock, promise.settled_step, event.target_state)
        if kept and not keeps:
            what = _("The step would not have kept the promise “%(promise)s”.") % named
        elif keeps and promise.status == Promise.Status.LAPSED:
            what = _("The step would have kept the promise “%(promise)s”.") % named
        else:
            continue
        yield Difference(case.number, event.version, promise.settled_step, what)
    promised = {promise.clock for promise in made}
    answers = {**case.submission.answers, **case.answers}
    for clock in clocks.values():
        asked = [target.answer for target in clock.targets if target.answer]
        if clock.id not in promised and any(answers.get(name) is not None for name in asked):
            named = {"promise": in_language((clock.promise.what if clock.promise else None) or clock.title)}
            yield Difference(
                case.number, case.version, "", _("“%(promise)s” would have been promised.") % named
            )


def _keeps(clock: Clock, step: str, state: str) -> bool:
    kept = clock.promise.kept if clock.promise is not None else ()
    return step != clock.due.takes and (not kept or state in kept)


def _moved_on(event: EventView) -> bool:
    return event.kind in ("case_migrated", "case_restored")


def _taken(events: Sequence[EventView], step: str, when: dt.datetime | None) -> EventView | None:
    """Return the last event of a step up to a moment."""
    found = [event for event in events if event.kind == f"case_{step}" and (when is None or event.at <= when)]
    return found[-1] if step and found else None


def _at(case: Case, events: Sequence[EventView], step: str, what: str) -> Difference:
    event = _taken(events, step, None)
    return Difference(case.number, event.version if event is not None else case.version, step, what)


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
