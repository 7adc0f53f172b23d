"""Compiles an edition of a workflow into django-fsm transitions.

One callable per step and per outcome of an approval, kept per process by the hash of the edition: an edition never
changes, so the cache never lies. The library checks source, condition and target; everything it leaves out
(permission before the call, lock, version, event, history, save) is done by ``workflows.services``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from django_fsm import RETURN_VALUE
from django_fsm import transition as fsm_transition

from forms.schema import definition_of as form_of
from foundation import expressions
from foundation.editions.models import Edition
from workflows import rounds, rules, way
from workflows.definitions import definition_of
from workflows.models import Case
from workflows.schema import Approval, State, Transition, WorkflowDefinition
from workflows.vocabulary import kinds_of, values_of

Move = Callable[[Case, str], str]
"""Takes the case to the state named, one of those the move may lead to; returns it."""

MERGED, MIGRATED = "merged", "migrated"


@dataclass(frozen=True)
class Machine:
    """A compiled edition: the definition, its steps by id, and one django-fsm transition a move.

    Moves are called as the step (``assign``), as the outcome of a stage (``finance.agreed``), ``merged`` or
    ``migrated``.
    """

    definition: WorkflowDefinition
    moves: Mapping[str, Move]
    specs: Mapping[str, Transition]
    approvals: Mapping[str, Approval]

    def leaving(self, state: str) -> tuple[Transition, ...]:
        """Return the steps that leave ``state``, the primary one first."""
        return tuple(
            sorted(
                (spec for spec in self.definition.transitions if state in spec.source), key=lambda s: s.weight
            )
        )

    def holds(self, expression: str, case: Case) -> bool:
        """Say whether a yes/no expression holds for the case as it stands (with its unsaved answers); "" does."""
        if not expression:
            return True
        kinds = kinds_of(self.definition, form_of(case.submission.edition))
        values = values_of(self.definition, case)
        return bool(expressions.evaluate(expression, kinds, values, expressions.Kind.YES_NO))

    def guard_holds(self, case: Case, step: str) -> bool:
        """Say whether the step's guard holds for the case."""
        return self.holds(self.specs[step].guard, case)

    def grade_of(self, case: Case) -> str:
        """Return the id of the first grade whose condition holds, "" when none does."""
        return next((one.id for one in self.definition.grades if self.holds(one.when, case)), "")

    def destination(self, case: Case, target: str) -> str:
        """Return where a move to ``target`` ends: a case that was sent back comes straight back where it was to."""
        back = way.from_stored(case.walked).back
        if back and back["after"] == case.state and target in self.approvals and back["to"] in self.approvals:
            return back["to"]
        return target


def compile_definition(definition: WorkflowDefinition) -> Machine:
    """Return the machine of ``definition``, which may be a draft (it is then not cached)."""
    moves: dict[str, Move] = {}
    machine = Machine(
        definition=definition,
        moves=MappingProxyType(moves),
        specs=MappingProxyType({spec.id: spec for spec in definition.transitions}),
        approvals=MappingProxyType({one.id: one.approval for one in definition.states if one.approval}),
    )
    for spec in definition.transitions:
        moves[spec.id] = _step(machine, spec)
    for state in definition.states:
        if state.approval is not None:
            moves |= _outcomes(machine, state, state.approval)
    standing = [state.id for state in definition.states if state.category != "final"]
    if definition.merged is not None:
        moves[MERGED] = _move(
            MERGED, [one for one in standing if one != definition.merged], [definition.merged]
        )
    moves[MIGRATED] = _move(MIGRATED, ["*"], [state.id for state in definition.states])
    return machine


def _move(
    name: str,
    source: list[str],
    targets: list[str],
    condition: Callable[[Any], bool] | None = None,
    permission: Callable[[Any, Any], bool] | None = None,
    spec: Transition | None = None,
) -> Move:
    def take(case: Case, to: str) -> str:
        """Nothing but the change of state happens here: effects belong to the services."""
        return to

    take.__name__ = name.replace(".", "_")
    take.__qualname__ = f"Machine.{name}"
    move: Move = fsm_transition(
        field=Case._meta.get_field("state"),
        source=source if source != ["*"] else "*",
        target=RETURN_VALUE(*dict.fromkeys(targets)),
        conditions=[condition] if condition else [],
        permission=permission,
        custom={"spec": spec},
    )(take)
    return move


def _targets(machine: Machine, target: str) -> list[str]:
    """Return where a move to ``target`` may end: where it is a stage, also at the one that sent the case back."""
    return [target, *machine.approvals] if target in machine.approvals else [target]


def _step(machine: Machine, spec: Transition) -> Move:
    def guard(case: Any) -> bool:
        return machine.guard_holds(case, spec.id)

    def permission(case: Any, user: Any) -> bool:
        return rules.may_take(case, spec, user)

    return _move(spec.id, list(spec.source), _targets(machine, spec.target), guard, permission, spec)


def _outcomes(machine: Machine, state: State, approval: Approval) -> dict[str, Move]:
    """Return the moves that the outcomes of a stage make, each only when the round says so."""

    def after(status: str) -> Callable[[Any], bool]:
        def told(case: Any) -> bool:
            last = rounds.from_stored(case.rounds[-1]) if case.rounds else None
            return last is not None and last.state == state.id and last.status == status

        return told

    leads = {
        "agreed": _targets(machine, approval.agreed),
        "passed": _targets(machine, approval.agreed),
        "sent_back": [*approval.returns_to, *(one for one in machine.approvals if one != state.id)],
        "refused": [approval.refused] if approval.refused else [],
        "withdrawn": [approval.withdraws_to] if approval.withdraws_to else [],
    }
    return {
        f"{state.id}.{status}": _move(f"{state.id}.{status}", [state.id], targets, after(status))
        for status, targets in leads.items()
        if targets
    }


@lru_cache(maxsize=512)
def _compiled(sha256: str, edition_id: int) -> Machine:
    return compile_definition(definition_of(Edition.objects.get(pk=edition_id)))


def machine_of(edition: Edition | Case) -> Machine:
    """Return the compiled machine of an edition, or of the edition a case is pinned to."""
    if isinstance(edition, Case):
        edition = edition.edition
    return _compiled(edition.sha256, edition.pk)
