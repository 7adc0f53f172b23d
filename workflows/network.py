"""A definition as states and the ways between them: what diagrams draw, and what checks walk along."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from workflows.schema import Clock, WorkflowDefinition

Kind = Literal["step", "machine", "agreed", "refused", "sent_back", "withdrawn"]


@dataclass(frozen=True)
class Edge:
    """One way from a state to a state. ``name``: the step's id, or the kind for what comes of an approval."""

    source: str
    target: str
    kind: Kind
    name: str
    roles: tuple[str, ...] = ()


def edges_of(definition: WorkflowDefinition) -> Iterator[Edge]:
    """Yield every way the definition declares. Sending back to stages passed is not one: it depends on the way."""
    for step in definition.transitions:
        for source in step.source:
            yield Edge(source, step.target, "step" if step.roles else "machine", step.id, step.roles)
    for state in definition.states:
        approval = state.approval
        if approval is None:
            continue
        yield Edge(state.id, approval.agreed, "agreed", "agreed", approval.roles)
        if approval.refused is not None:
            yield Edge(state.id, approval.refused, "refused", "refused", approval.roles)
        for back in approval.returns_to:
            yield Edge(state.id, back, "sent_back", "sent_back", approval.roles)
        if approval.withdraws_to is not None:
            yield Edge(state.id, approval.withdraws_to, "withdrawn", "withdrawn", ("submitter",))


def reached_from(definition: WorkflowDefinition, start: Collection[str]) -> set[str]:
    """Return the states that ways lead to from ``start``, those in it included; a merged case has come far enough."""
    edges = list(edges_of(definition))
    reached, waiting = set(start), list(start)
    while waiting:
        here = waiting.pop()
        for edge in edges:
            if edge.source == here and edge.target not in reached:
                reached.add(edge.target)
                waiting.append(edge.target)
    return reached


def running_states(
    definition: WorkflowDefinition, begins: Collection[str], ends: Collection[str]
) -> set[str]:
    """Return the states a case can come to from ``begins`` without having passed one of ``ends``."""
    edges = list(edges_of(definition))
    reached, waiting = set(begins), list(begins)
    while waiting:
        here = waiting.pop()
        for edge in edges:
            if edge.source == here and edge.target not in reached and edge.target not in ends:
                reached.add(edge.target)
                waiting.append(edge.target)
    return reached


def timed_states(definition: WorkflowDefinition, clock: Clock) -> tuple[set[str], set[str]]:
    """Return the states in which a case's clock may be running, and those in which it would stand still."""
    ends = {*clock.ends, *(state.id for state in definition.states if state.category == "final")}
    starts = {*clock.begins, *(step.target for step in definition.transitions if step.id in clock.restarts)}
    alive = running_states(definition, starts - ends, ends)
    still = alive & set(clock.pauses)
    return alive - still, still
