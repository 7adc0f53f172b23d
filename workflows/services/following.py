"""What a case does once somebody has moved it: enters a stage, passes over it, takes steps by itself, wakes its parent.

Everything here happens in the transaction of the service that was asked, one event a move. Nothing here asks who may.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django_fsm import TransitionNotAllowed

from forms.directory import standing_in
from forms.exceptions import FormError
from forms.schema import definition_of as form_of
from forms.services.submissions import enter
from foundation.audit import models as audit
from foundation.audit.services import Actor
from foundation.editions.models import Edition
from foundation.editions.queries import in_force
from foundation.editions.texts import in_language
from foundation.organisation.models import User
from foundation.organisation.resolution import Resolution, resolve
from workflows import rounds, rules, way
from workflows.assignment import assign
from workflows.content import seal_of
from workflows.definitions import definition_of, edition_in_force
from workflows.exceptions import RuleBroken
from workflows.machine import Machine, machine_of
from workflows.models import Case, ChildOrder
from workflows.schema import THIS_SUBMISSION, Approval, Opening, State, Transition
from workflows.services.posting import changes_of, post_of_step
from workflows.services.record import (
    MACHINE,
    Told,
    locked,
    put_round,
    record,
    send_notices,
    snapshot_of,
    tell_asked,
    tell_ordered,
)

MOST_MOVES = 50
"""More moves by itself after one step than any definition needs: it goes round in circles."""


def take(
    case: Case,
    spec: Transition,
    *,
    by: User | None,
    actor: Actor,
    given: Mapping[str, Any],
    chosen: UUID | None = None,
    told: Told | None = None,
) -> audit.Event:
    """Take a step nobody has to be asked about any more, record it and return its event.

    Raises ``RuleBroken`` when the guard does not hold or nobody can be given the case, ``AnswersRefused`` when the
    person to have it was not chosen.
    """
    told = told or Told()
    machine = machine_of(case)
    before = snapshot_of(case)
    case.answers = {**case.answers, **given}
    if not machine.guard_holds(case, spec.id):
        # Before anybody is looked for: the rule's own sentence says what is wrong.
        raise RuleBroken(_refusal_of(spec))
    assigned = assign(case, spec, by, chosen)
    move(case, machine, spec.id, spec.target, refusal=_refusal_of(spec))
    case.walked = way.from_stored(case.walked).taking(spec.id, by.pk if by else None).stored()
    if assigned is not None:
        case.assignee, case.why = assigned.person, assigned.why
    if machine.definition.ledger is not None:
        entries = post_of_step(case, spec, by)
        told = replace(told, changes=(*told.changes, *changes_of(entries, case.stream)))
    arrive(case, machine)
    event = record(case, before, spec.id, actor, told)
    tell_asked(case, before, event.stream_ver, machine)
    send_notices(case, spec.id, spec.notices, event.stream_ver)
    for opening in spec.opens:
        _open(case, machine, spec, opening, by, actor, event.stream_ver)
    return event


def move(case: Case, machine: Machine, name: str, target: str, refusal: str = "") -> None:
    """Make one django-fsm move of the machine. Raises ``RuleBroken`` when source or condition refuse it."""
    to = machine.destination(case, target)
    try:
        machine.moves[name](case, to)
    except TransitionNotAllowed as broken:
        raise RuleBroken(refusal or _("The case does not allow this as it stands now.")) from broken


def _refusal_of(spec: Transition) -> str:
    if spec.guard_message:
        return in_language(spec.guard_message)
    return _("The rule of the step “%(step)s” does not hold.") % {"step": in_language(spec.title)}


def arrive(case: Case, machine: Machine) -> None:
    """Bring the row up to the state it has just come to: the way, the times, the grade, and a round for a stage."""
    left = open_round_elsewhere(case)
    if left is not None:
        put_round(case, rounds.closed(left, "left"))
    walked = way.from_stored(case.walked).entering(case.state)
    if walked.back and walked.back["after"] != case.state:
        walked = way.without_return(walked)
    case.walked = walked.stored()
    if case.merged_into_id is not None and case.state != machine.definition.merged:
        case.merged_into = None
    stamp(case, machine.definition.state(case.state))
    case.grade = machine.grade_of(case)
    approval = machine.approvals.get(case.state)
    if approval is not None:
        put_round(case, _new_round(case, machine, approval))


def open_round_elsewhere(case: Case) -> rounds.Round | None:
    """Return a round that is still open though the case has left its stage, or has come to it anew."""
    last = rounds.from_stored(case.rounds[-1]) if case.rounds else None
    return last if last is not None and last.status == "open" else None


def stamp(case: Case, state: State) -> None:
    """Set what the row says of its state: category and times."""
    now = timezone.now()
    case.category = state.category
    case.changed_at = now
    case.closed_at = now if state.category == "final" else None


def _new_round(case: Case, machine: Machine, approval: Approval) -> rounds.Round:
    content = seal_of(case)
    number, version = len(case.rounds) + 1, case.version + 1
    asked = people_asked(case, approval)
    if not machine.holds(approval.when, case) or (not asked and _own_matter_alone(case, approval)):
        return rounds.Round(case.state, number, version, content, status="passed")
    return rounds.begin(
        approval,
        asked,
        state=case.state,
        number=number,
        began=version,
        content=content,
        agreed_before=_agreed_before(case, content),
    )


def people_asked(case: Case, approval: Approval) -> list[tuple[int, str]]:
    """Return whose decision a stage asks: holders of its roles, ids with the role, never those whose matter it is."""
    context = rules.context_of(case)
    own = rules.own_people(case)
    found: dict[int, str] = {}
    for role in approval.roles:
        for person in principals_in(resolve(role, context)):
            if person not in own:
                found.setdefault(person, role)
    return list(found.items())


def _own_matter_alone(case: Case, approval: Approval) -> bool:
    """Say whether the stage may be passed over because nobody has its roles but those whose matter it is."""
    if approval.own_matter != "pass":
        return False
    context, own = rules.context_of(case), rules.own_people(case)
    return any(own & set(principals_in(resolve(role, context))) for role in approval.roles)


def principals_in(resolution: Resolution) -> list[int]:
    """Return the ids of those who have a role themselves, deputised or not; not of those who act for them."""
    active = {person.pk for person in resolution.people}
    return [one["id"] for one in resolution.explanation["candidates"] if one["id"] in active]


def _agreed_before(case: Case, content: str) -> frozenset[int]:
    """Return who agreed to this same content in the stage the case has come from directly."""
    path = way.from_stored(case.walked).path
    last = rounds.from_stored(case.rounds[-1]) if case.rounds else None
    if last is None or last.status not in ("agreed", "passed") or len(path) < 2 or path[-2] != last.state:
        return frozenset()
    return frozenset(
        seat.person
        for _slot, _place, seat in last.seats()
        if (seat.status == "agreed" and seat.seen == content)
        or (seat.status == "skipped" and last.content == content)
    )


def proceed(case: Case, by: User | None) -> None:
    """Let the case go on by itself as far as it does: over stages that need nobody, along steps the machine takes.

    Raises ``RuleBroken`` when it never comes to rest; nothing is then changed.
    """
    machine = machine_of(case)
    for _number in range(MOST_MOVES):
        if not (_pass_over(case, machine) or _take_by_itself(case, machine, by)):
            break
    else:
        raise RuleBroken(
            _("The workflow goes round in circles by itself and never rests; tell whoever looks after it.")
        )
    if case.category == "final":
        _wake_parent(case, by)


def _pass_over(case: Case, machine: Machine) -> bool:
    """Leave a stage whose round needed nobody: not needed at all, or everybody had just agreed to the same."""
    approval = machine.approvals.get(case.state)
    last = rounds.from_stored(case.rounds[-1]) if case.rounds else None
    if (
        approval is None
        or last is None
        or last.state != case.state
        or last.status not in ("passed", "agreed")
    ):
        return False
    before = snapshot_of(case)
    stage = case.state
    why = "agreed_before"
    if last.status == "passed":
        why = "own_matter" if machine.holds(approval.when, case) else "not_needed"
    move(case, machine, f"{stage}.{last.status}", approval.agreed)
    arrive(case, machine)
    event = record(
        case,
        before,
        "passed",
        Actor.system(MACHINE),
        Told(decision={"verdict": "passed", "stage": stage, "why": why, "round": last.number}),
    )
    tell_asked(case, before, event.stream_ver, machine)
    return True


def _take_by_itself(case: Case, machine: Machine, by: User | None) -> bool:
    for spec in machine.leaving(case.state):
        if (
            spec.by_itself
            and not children_in_the_way(case, machine, spec)
            and not orders_in_the_way(case, machine, spec)
            and machine.guard_holds(case, spec.id)
        ):
            take(case, spec, by=None, actor=Actor.system(MACHINE), given={})
            return True
    return False


def children_in_the_way(case: Case, machine: Machine, spec: Transition) -> list[Case]:
    """Return the open child cases that keep people from leaving the state by this step."""
    blocking = _blocking(case, machine, spec)
    return (
        list(case.children.filter(workflow__in=blocking, closed_at=None).order_by("id")) if blocking else []
    )


def orders_in_the_way(case: Case, machine: Machine, spec: Transition) -> list[ChildOrder]:
    """Return what others were asked to open, and have not yet, that keeps people from leaving the state by this step.

    What is left to whoever took the step keeps nobody: it is theirs to think better of it.
    """
    blocking = _blocking(case, machine, spec)
    return list(_asked_of_others(case).filter(workflow__in=blocking)) if blocking else []


def _blocking(case: Case, machine: Machine, spec: Transition) -> Sequence[str]:
    if spec.despite_children or spec.target == case.state:
        return ()
    return machine.definition.state(case.state).blocked_by


def _asked_of_others(case: Case) -> QuerySet[ChildOrder]:
    return ChildOrder.objects.filter(case=case, child=None, dropped_at=None).exclude(roles=[])


def _wake_parent(child: Case, by: User | None) -> None:
    """Take the step of the parent that waits for a child like this one, if its rule holds."""
    if child.parent_id is not None:
        parent = locked(Case.objects.values_list("uuid", flat=True).get(pk=child.parent_id))
        wake(parent, child, by)


def wake(parent: Case, child: Case, by: User | None) -> None:
    """Take the step of a locked parent that waits for this closed child, if its rule holds."""
    machine = machine_of(parent)
    for spec in machine.leaving(parent.state):
        after = spec.after_child
        if (
            after is None
            or after.workflow != child.workflow
            or (after.states and child.state not in after.states)
        ):
            continue
        if after.join == "all" and (
            parent.children.filter(workflow=child.workflow, closed_at=None).exists()
            or _asked_of_others(parent).filter(workflow=child.workflow).exists()
        ):
            continue
        if (
            children_in_the_way(parent, machine, spec)
            or orders_in_the_way(parent, machine, spec)
            or not machine.guard_holds(parent, spec.id)
        ):
            continue
        take(
            parent,
            spec,
            by=None,
            actor=Actor.system(MACHINE),
            given={},
            told=Told(references={"child": child.number}),
        )
        proceed(parent, by)
        return


def _open(
    case: Case,
    machine: Machine,
    spec: Transition,
    opening: Opening,
    by: User | None,
    actor: Actor,
    version: int,
) -> None:
    if not machine.holds(opening.when, case):
        return
    answers = {**dict(opening.sets), **_taken_over(case, opening.fills)}
    if opening.at_once or (by is None and not opening.to):
        open_child(case, opening.workflow, answers, by=by, actor=actor)
        case.refresh_from_db()  # a child that ends at once has moved it on
        return
    order = ChildOrder.objects.create(
        case=case, workflow=opening.workflow, step=spec.id, answers=answers, roles=list(opening.to)
    )
    tell_ordered(case, order, by, version)


def _taken_over(case: Case, fills: Mapping[str, str]) -> dict[str, Any]:
    row = {"key": str(case.submission.uuid), "label": case.submission.number}
    known = {**case.submission.answers, **case.answers, THIS_SUBMISSION: row}
    return {field: known[source] for field, source in fills.items() if known.get(source) is not None}


def open_child(
    parent: Case, workflow_key: str, answers: Mapping[str, Any], *, by: User | None, actor: Actor
) -> Case:
    """Open a child case from stored answers alone, in the name of whoever took the parent's step.

    Raises ``RuleBroken`` naming the child's workflow when it is not in force or the answers do not suffice.
    """
    edition = edition_in_force(workflow_key)
    form = in_force(Edition.Kind.FORM, definition_of(edition).form) if edition else None
    if edition is None or form is None:
        raise RuleBroken(_("The workflow “%(key)s” is not in force today.") % {"key": workflow_key})
    draft = uuid.uuid4()
    asked = form_of(form)
    try:
        submission, _event = enter(
            edition=form,
            current=asked,
            answers=answers,
            actor=actor,
            key=f"child:{draft}",
            uuid=draft,
            submitted_by=by or parent.submitted_by,
            beside={"case": parent.number},
            standing=standing_in(asked, answers),
        )
    except FormError as refusal:
        raise RuleBroken(
            _("“%(workflow)s” could not be opened: %(why)s")
            % {"workflow": in_language(definition_of(edition).title), "why": refusal}
        ) from refusal
    # Imported here: opening a case and what follows a step call one another.
    from workflows.services.cases import create

    return create(edition, submission, by=by, actor=actor, parent=parent)
