"""A workflow being worked on, as a tree of named things: states, steps with questions, identities, grades, trials.

Tells ``forms.outline`` of it, so that working copies of workflows are merged as those of forms are.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from forms.outline import FIELD, Grammar, Thing, speak, with_names
from workflows.vocabulary import earlier_name, times_name

WORKFLOW, STATE, STEP = "workflow", "state", "step"
IDENTITY, GRADE, CLOCK, TRIAL = "identity", "grade", "clock", "trial"
WHOLE = Thing(WORKFLOW)
SLOTS: Mapping[str, Mapping[str, str]] = {
    WORKFLOW: {
        "states": STATE,
        "transitions": STEP,
        "identities": IDENTITY,
        "grades": GRADE,
        "clocks": CLOCK,
        "trials": TRIAL,
    },
    STATE: {"approval.asks": FIELD},
    STEP: {"asks": FIELD},
    IDENTITY: {},
    GRADE: {},
    CLOCK: {},
    TRIAL: {},
}
_LISTS = dict(SLOTS[WORKFLOW])
_STATES = frozenset(
    {
        *("source", "target", "agreed", "refused", "returns_to", "withdraws_to", "merged", "path"),
        *("begins", "ends", "pauses", "kept"),
    }
)
_STEPS = frozenset({"not_by", "step", "restarts", "takes"})
_QUESTIONS = frozenset({"field", "skill", "answer", "payer", "dated", "reference", "to_answer", "by_answer"})
_EXPRESSIONS = frozenset({"guard", "when", "visible_if", "required_if", "read_only_if", "computed"})


def renamed_in(value: Any, names: Mapping[str, str], only: Thing | None = None) -> Any:
    """Return a body in which a thing goes by its new id wherever it is spoken of; without ``only`` what is said of one
    thing, under the new ids of itself and its questions.
    """
    if only is None:
        return _questions_renamed(value, names)
    (old, new), *_rest = names.items()
    match only.sort:
        case "state":
            found = _walked(value, _STATES, names, keyed="approvers")
        case "step":
            found = _walked(value, _STEPS, names, {times_name(old): times_name(new)})
        case "field":
            return _questions_renamed(value, names)
        case "identity":
            found = _walked(value, frozenset(), names, {earlier_name(old): earlier_name(new)})
        case "grade":
            found = _walked(value, frozenset({"grade"}), names)
        case _:
            found = copy.deepcopy(value)
    slot = next(name for name, sort in _LISTS.items() if sort == only.sort)
    found[slot] = [
        {**one, "id": names.get(str(one["id"]), one["id"])} if one.get("id") == old else one
        for one in found.get(slot, [])
    ]
    return found


def _is_expression(key: str, here: Mapping[str, Any]) -> bool:
    """Say whether a property is an expression; of a posting of the ledger the amount is one."""
    return key in _EXPRESSIONS or (key == "amount" and "step" in here and "kind" in here)


def _walked(
    value: Any,
    keys: frozenset[str],
    names: Mapping[str, str],
    spoken: Mapping[str, str] | None = None,
    keyed: str = "",
) -> Any:
    """Return the value with names in place of old ones: in ``keys``, in the keys of ``keyed``, in expressions."""

    def walk(here: Any) -> Any:
        if isinstance(here, list):
            return [walk(one) for one in here]
        if not isinstance(here, dict):
            return here
        found = {}
        for key, said in here.items():
            if key == "after_child" or key == "opens":
                found[key] = copy.deepcopy(said)  # states of another workflow
            elif key in keys and isinstance(said, str):
                found[key] = names.get(said, said)
            elif key in keys and isinstance(said, list):
                found[key] = [names.get(one, one) if isinstance(one, str) else walk(one) for one in said]
            elif key == keyed and isinstance(said, dict):
                found[key] = {names.get(one, one): walk(inner) for one, inner in said.items()}
            elif _is_expression(key, here) and isinstance(said, str) and spoken:
                found[key] = with_names(said, spoken)
            else:
                found[key] = walk(said)
        return found

    return walk(value)


def _questions_renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Return the value with questions under their new ids, and everything that speaks of them."""

    def walk(here: Any, *, asked: bool = False) -> Any:
        if isinstance(here, list):
            return [walk(one, asked=asked) for one in here]
        if not isinstance(here, dict):
            return here
        found: dict[str, Any] = {}
        for key, said in here.items():
            if key == "id" and asked and isinstance(said, str):
                found[key] = names.get(said, said)
            elif _is_expression(key, here) and isinstance(said, str):
                found[key] = with_names(said, names)
            elif key in _QUESTIONS and isinstance(said, str):
                found[key] = names.get(said, said)
            elif key == "fills" and isinstance(said, dict):
                found[key] = {one: names.get(str(source), source) for one, source in said.items()}
            elif key == "options":
                found[key] = copy.deepcopy(said)
            else:
                found[key] = walk(said, asked=key == "asks")
        return found

    return walk(value)


def thing_at(body: Mapping[str, Any], path: str) -> tuple[Thing, str]:
    """Return the thing a problem's path leads to (``transitions.close.asks.why.label``), and the rest of the path.

    Things go by their ids, or, where a definition is not well formed, by their places.
    """
    parts = path.split(".")
    sort = _LISTS.get(parts[0])
    thing = _named(body.get(parts[0]), sort, parts[1]) if sort and len(parts) > 1 else None
    if thing is None:
        return WHOLE, path
    said, rest = _said(body[parts[0]], thing.id), parts[2:]
    for slot in SLOTS[thing.sort]:
        way = slot.split(".")
        if rest[: len(way)] == way and len(rest) > len(way):
            here: Any = said
            for part in way:
                here = here.get(part) if isinstance(here, dict) else None
            question = _named(here, FIELD, rest[len(way)])
            if question is not None:
                return question, ".".join(rest[len(way) + 1 :])
    return thing, ".".join(rest)


def _named(listed: Any, sort: str | None, name: str) -> Thing | None:
    if sort is None or not isinstance(listed, list):
        return None
    ids = [str(one.get("id", "")) if isinstance(one, dict) else "" for one in listed]
    if name in ids:
        return Thing(sort, name)
    if name.isascii() and name.isdigit() and int(name) < len(ids) and ids[int(name)]:
        return Thing(sort, ids[int(name)])
    return None


def _said(listed: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    return next(one for one in listed if one.get("id") == name)


GRAMMAR = Grammar(
    root=WORKFLOW,
    mark="states",
    slots=SLOTS,
    always=frozenset({(WORKFLOW, "states"), (WORKFLOW, "transitions")}),
    renamed=renamed_in,
)
speak(GRAMMAR)
