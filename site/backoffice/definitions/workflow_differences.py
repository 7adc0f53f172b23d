"""How differences of workflows are said: states, steps and roles by what they are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backoffice.definitions import workflow_words as words
from backoffice.definitions.differences import DifferenceView, Said, differences
from backoffice.definitions.words import called, shown
from foundation.organisation.models import Role
from workflows.outline import CLOCK, GRADE, IDENTITY, STATE, STEP, TRIAL
from workflows.schema import WorkflowDefinition

_STATES = frozenset(
    {
        *("source", "target", "agreed", "refused", "returns_to", "withdraws_to", "merged", "path"),
        *("begins", "ends", "pauses"),
    }
)
_STEPS = frozenset({"not_by", "step", "restarts", "takes"})
_ROLES = frozenset({"roles", "sees", "reassigns", "relates"})
_CHOSEN = frozenset(
    {
        "category",
        "rule",
        "order",
        "repeated",
        "withdraw",
        "verbs",
        "mode",
        "otherwise",
        "join",
        "tone",
        "own_matter",
        "by_skill",
        "unit",
        "towards",
    }
)


def differences_of(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[DifferenceView]:
    """Return what leads from one definition of a workflow to another, in words."""
    titles: dict[str, str] = {}
    for body in (before or {}, after):
        for slot in ("states", "transitions"):
            titles |= {str(one.get("id")): called(one) or str(one.get("id")) for one in body.get(slot, [])}
    roles = {role.key: str(role) for role in Role.objects.all()}

    def said(path: tuple[str, ...], value: Any) -> str:
        key = next((part for part in reversed(path) if not part.isdigit()), "")
        known = roles if key in _ROLES else titles if key in _STATES or key in _STEPS else None
        if key in _CHOSEN:
            listed = value if isinstance(value, list) else [value]
            return ", ".join(words.value(key, str(one)) for one in listed)
        if known is not None and isinstance(value, list) and all(isinstance(one, str) for one in value):
            return "、".join(known.get(one, one) for one in value)
        if known is not None and isinstance(value, str):
            return known.get(value, value)
        return shown(value)

    how = Said(
        model=WorkflowDefinition,
        called=words.label,
        shown=said,
        told_when_added=frozenset({STATE, STEP, IDENTITY, GRADE, CLOCK, TRIAL, "field"}),
    )
    return differences(dict(before) if before is not None else None, dict(after), how)
