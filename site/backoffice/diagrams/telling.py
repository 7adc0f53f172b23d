"""A diagram in words: each state with the ways that lead on, for whoever does not see the drawing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from backoffice.diagrams.drawing import category_name, clocks_told, rule_told, way_told
from foundation.editions.texts import in_language
from workflows.network import edges_of, reached_from
from workflows.schema import WorkflowDefinition


@dataclass(frozen=True)
class StateTold:
    """A state in words; ``ways`` and ``clocks`` are sentences."""

    id: str
    title: str
    category: str
    approval: str
    lost: bool
    ways: tuple[str, ...]
    clocks: tuple[str, ...] = ()


def told(definition: WorkflowDefinition, roles: Mapping[str, str] | None = None) -> list[StateTold]:
    """Return the states in the order of the definition, in the language in use."""
    names = roles or {}
    titles = {state.id: in_language(state.title) or state.id for state in definition.states}
    edges = list(edges_of(definition))
    reached = reached_from(definition, [state.id for state in definition.states if state.initial])
    found, timed = [], clocks_told(definition)
    for state in definition.states:
        ways = []
        for edge in edges:
            if edge.source == state.id:
                who = "、".join(names.get(role, role) for role in edge.roles) or _("by itself")
                ways.append(
                    _("%(way)s (%(who)s) → %(target)s")
                    % {
                        "way": way_told(edge, definition),
                        "who": who,
                        "target": titles.get(edge.target, edge.target),
                    }
                )
        found.append(
            StateTold(
                state.id,
                titles[state.id],
                category_name(state.category),
                rule_told(state, names),
                state.id not in reached and state.id != definition.merged,
                tuple(ways),
                tuple(timed.get(state.id, ())),
            )
        )
    return found
