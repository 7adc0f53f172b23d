"""State × transition × role of an edition, as the definition declares it: who may take which step from where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workflows.schema import WorkflowDefinition


@dataclass(frozen=True)
class Cell:
    """One answer: may holders of ``role`` take ``step`` while a case stands in ``state``? In a stage of an approval
    ``agree`` and ``refuse`` are steps too.
    """

    state: str
    step: str
    role: str
    allowed: bool


def matrix_of(definition: WorkflowDefinition, roles: frozenset[str] | None = None) -> Iterator[Cell]:
    """Yield every cell, for ``roles`` or for all roles the definition names."""
    for state in definition.states:
        for step in definition.transitions:
            for role in sorted(roles if roles is not None else definition.roles()):
                yield Cell(state.id, step.id, role, state.id in step.source and role in step.roles)
        if state.approval is not None:
            for role in sorted(roles if roles is not None else definition.roles()):
                for outcome in ("agree", "refuse"):
                    offered = outcome == "agree" or state.approval.refused is not None
                    yield Cell(state.id, outcome, role, offered and role in state.approval.roles)
