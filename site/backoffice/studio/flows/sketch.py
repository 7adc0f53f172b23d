"""A workflow that is being worked on, as far as it can be drawn: what is missing or wrong is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from workflows.schema import Approval, Category, Clock, State, Transition, WorkflowDefinition

_CATEGORIES = get_args(Category)


def sketch(body: Mapping[str, Any]) -> WorkflowDefinition:
    """Return the states and ways of a body; not checked, and good for drawing alone."""
    return WorkflowDefinition.model_construct(
        key=str(body.get("key", "")),
        title=_text(body.get("title"), str(body.get("key", ""))),
        form="",
        subject=(),
        states=tuple(_state(one) for one in _things(body.get("states"))),
        transitions=tuple(
            _step(one) for one in _things(body.get("transitions")) if isinstance(one.get("target"), str)
        ),
        merged=body.get("merged") if isinstance(body.get("merged"), str) else None,
        identities=(),
        grades=(),
        clocks=tuple(_clock(one) for one in _things(body.get("clocks"))),
        trials=(),
    )


def _things(listed: Any) -> list[Mapping[str, Any]]:
    return [one for one in listed or () if isinstance(one, dict) and isinstance(one.get("id"), str)]


def _text(said: Any, otherwise: str) -> dict[str, str]:
    texts = (
        {code: text for code, text in said.items() if isinstance(text, str)} if isinstance(said, dict) else {}
    )
    return texts or {"zh-hans": otherwise}


def _names(said: Any) -> tuple[str, ...]:
    return tuple(one for one in said if isinstance(one, str)) if isinstance(said, list | tuple) else ()


def _state(said: Mapping[str, Any]) -> State:
    approval = said.get("approval")
    category = said.get("category")
    return State.model_construct(
        id=said["id"],
        title=_text(said.get("title"), said["id"]),
        category=category if category in _CATEGORIES else "open",
        initial=bool(said.get("initial")),
        approval=_approval(approval) if isinstance(approval, dict) else None,
    )


def _approval(said: Mapping[str, Any]) -> Approval:
    def state(name: str) -> str | None:
        found = said.get(name)
        return found if isinstance(found, str) and found else None

    percent = said.get("percent", 100)
    return Approval.model_construct(
        roles=_names(said.get("roles")),
        rule=said["rule"] if said.get("rule") in ("any", "all", "ratio") else "any",
        percent=percent if isinstance(percent, int) else 100,
        order="sequential" if said.get("order") == "sequential" else "parallel",
        when=said["when"] if isinstance(said.get("when"), str) else "",
        agreed=state("agreed") or "",
        refused=state("refused"),
        withdraws_to=state("withdraws_to"),
        returns_to=_names(said.get("returns_to")),
    )


def _step(said: Mapping[str, Any]) -> Transition:
    return Transition.model_construct(
        id=said["id"],
        title=_text(said.get("title"), said["id"]),
        source=_names(said.get("source")),
        target=said["target"],
        roles=_names(said.get("roles")),
    )


def _clock(said: Mapping[str, Any]) -> Clock:
    states = {name: _names(said.get(name)) for name in ("begins", "ends", "pauses", "restarts")}
    return Clock.model_construct(id=said["id"], title=_text(said.get("title"), said["id"]), **states)
