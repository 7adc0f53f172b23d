"""Compiles an edition of a workflow into django-fsm transitions.

One callable per step, kept per process by the hash of the edition: an edition never changes, so the cache never lies.
The library checks source, guard and target; everything it leaves out (permission before the call, lock, version,
event, history, save) is done by ``workflows.services.cases``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from django_fsm import transition as fsm_transition

from forms.schema import definition_of as form_of
from foundation import expressions
from foundation.editions.models import Edition
from workflows import rules
from workflows.definitions import definition_of
from workflows.models import Case
from workflows.schema import Transition, WorkflowDefinition
from workflows.vocabulary import kinds_of, values_of

Step = Callable[[Case], None]


@dataclass(frozen=True)
class Machine:
    """A compiled edition: the definition and one django-fsm transition a step."""

    definition: WorkflowDefinition
    steps: Mapping[str, Step]
    specs: Mapping[str, Transition]

    def leaving(self, state: str) -> tuple[Transition, ...]:
        """Return the steps that leave ``state``, the primary one first."""
        return tuple(
            sorted(
                (spec for spec in self.definition.transitions if state in spec.source), key=lambda s: s.weight
            )
        )

    def guard_holds(self, case: Case, step: str) -> bool:
        """Say whether the step's guard holds for the case as it stands (with its unsaved answers)."""
        spec = self.specs[step]
        if not spec.guard:
            return True
        kinds = kinds_of(self.definition, form_of(case.submission.edition))
        values = values_of(self.definition, case)
        return bool(expressions.evaluate(spec.guard, kinds, values, expressions.Kind.YES_NO))


def _compile_step(machine_guard: Callable[[Case, str], bool], spec: Transition) -> Step:
    def guard(case: Any) -> bool:
        return machine_guard(case, spec.id)

    def permission(case: Any, user: Any) -> bool:
        return rules.may_take(case, spec, user)

    def take(case: Case) -> None:
        """Nothing but the change of state happens here: effects belong to the service."""

    take.__name__ = spec.id
    take.__qualname__ = f"Machine.{spec.id}"
    step: Step = fsm_transition(
        field=Case._meta.get_field("state"),
        source=list(spec.source),
        target=spec.target,
        conditions=[guard],
        permission=permission,
        custom={"spec": spec},
    )(take)
    return step


def compile_definition(definition: WorkflowDefinition) -> Machine:
    """Return the machine of ``definition``, which may be a draft (it is then not cached)."""
    steps: dict[str, Step] = {}
    machine = Machine(
        definition=definition,
        steps=MappingProxyType(steps),
        specs=MappingProxyType({spec.id: spec for spec in definition.transitions}),
    )
    for spec in definition.transitions:
        steps[spec.id] = _compile_step(machine.guard_holds, spec)
    return machine


@lru_cache(maxsize=512)
def _compiled(sha256: str, edition_id: int) -> Machine:
    return compile_definition(definition_of(Edition.objects.get(pk=edition_id)))


def machine_of(edition: Edition | Case) -> Machine:
    """Return the compiled machine of an edition, or of the edition a case is pinned to."""
    if isinstance(edition, Case):
        edition = edition.edition
    return _compiled(edition.sha256, edition.pk)
