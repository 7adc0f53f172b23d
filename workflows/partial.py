"""What can be known of a definition that is not well formed: the rest of it, without what cannot be read.

One fault hides no others: what is left is checked like any definition, and only what may follow from the parts left
out is not said.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from forms.faults import place_of
from workflows.faults import Problem
from workflows.schema import BALANCE, WorkflowDefinition, total_name

MOST_CUTS = 60
_STANDING_IN: Mapping[str, Any] = {
    "key": "unnamed",
    "title": {"zh-hans": "–", "en": "–"},
    "form": "unnamed",
    "subject": ["unnamed"],
    "access": {"sees": ["submitter"]},
}
"""What stands for a part every definition has, where it cannot be read; nothing is said of it."""
_STANDING_WITHIN: Mapping[str, Any] = {"title": {"zh-hans": "–", "en": "–"}, "sees": ["submitter"]}
"""The same of parts further in: without it what they belong to would be left out, and all that speaks of it."""
_REACHING = frozenset({"states", "transitions"})
"""Where one of these was left out, nobody can tell which states are reached."""

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Rest:
    """The part of a definition that can be read. ``cut``: the paths that were left out, ``places``: the same as people
    find them, ``names``: the ids of what stood there, and the names that expressions know by it.
    """

    definition: WorkflowDefinition
    cut: tuple[Path, ...]
    places: tuple[str, ...]
    names: frozenset[str]

    def known(self, problem: Problem) -> bool:
        """Say whether a problem of the rest is one of the whole: it does not follow from what was left out."""
        root = problem.path.split(".")[0]
        if any(path[0] == root and len(path) == 1 for path in self.cut):
            return False
        if any(f"{problem.path}.".startswith(f"{place}.") for place in self.places):
            return False
        lists = [
            place.rpartition(".")[0]
            for path, place in zip(self.cut, self.places, strict=True)
            if _in_list(path)
        ]
        if problem.path in lists or (problem.path.startswith("ledger.kinds.") and "ledger.postings" in lists):
            return False
        if any(re.search(rf"\b{re.escape(name)}\b", problem.message) for name in self.names):
            return False
        cuts = {path[0] for path in self.cut}
        if cuts & _REACHING and (root == "merged" or (root == "states" and problem.path.count(".") <= 1)):
            return False
        if ("form",) in self.cut:
            return "." in problem.path and not problem.path.endswith(("guard", "when", "_if", "computed"))
        return True


def rest_of(body: Mapping[str, Any]) -> Rest | None:
    """Return what is left of a definition without what cannot be read; None where too little is."""
    here: Any = copy.deepcopy(dict(body))
    cut: list[Path] = []
    places: list[str] = []
    names: set[str] = set()
    for _turn in range(MOST_CUTS):
        try:
            return Rest(WorkflowDefinition.model_validate(here), tuple(cut), tuple(places), frozenset(names))
        except ValidationError as error:
            faults = [tuple(fault["loc"]) for fault in error.errors()]
        found = _cut(here, faults)
        if found is None:
            return None
        rest, path, gone = found
        cut.append(path)
        places.append(place_of(here, path))
        names |= gone
        if path[0] == "ledger":
            names |= {total_name(name) for name in gone}
        if path in (("ledger",), ("ledger", "kinds")):
            names.add(BALANCE)
        here = rest
    return None


def _cut(body: dict[str, Any], faults: Sequence[Path]) -> tuple[dict[str, Any], Path, set[str]] | None:
    """Return the body without the smallest thing whose absence leaves fewer faults, its path, and the ids in it."""
    for length in range(len(faults[0]), 0, -1):
        path = faults[0][:length]
        tried = copy.deepcopy(body)
        gone = _taken_out(tried, path)
        if gone is not None and len(_faults_of(tried)) < len(faults):
            return tried, path, set(_ids(gone[0]))
    return None


def _taken_out(body: dict[str, Any], path: Path) -> tuple[Any] | None:
    """Take what stands at a path out of the body, or put what stands for it there; None where nothing can be done."""
    here: Any = body
    for part in path[:-1]:
        try:
            here = here[part]
        except (LookupError, TypeError):
            return None
    last = path[-1]
    if len(path) == 1 and last in _STANDING_IN:
        said = body.get(str(last))
        body[str(last)] = copy.deepcopy(_STANDING_IN[str(last)])
        return (said,)
    if isinstance(here, dict) and last in _STANDING_WITHIN:
        said = here.get(last)
        here[last] = copy.deepcopy(_STANDING_WITHIN[str(last)])
        return (said,)
    if isinstance(here, dict) and last in here:
        return (here.pop(last),)
    if isinstance(here, list) and isinstance(last, int) and last < len(here):
        return (here.pop(last),)
    return None


def _in_list(path: Path) -> bool:
    return isinstance(path[-1], int)


def _faults_of(body: Mapping[str, Any]) -> Sequence[Any]:
    try:
        WorkflowDefinition.model_validate(body)
    except ValidationError as error:
        return error.errors()
    return ()


def _ids(said: Any) -> Iterator[str]:
    if isinstance(said, dict):
        if isinstance(said.get("id"), str) and said["id"]:
            yield said["id"]
        for inner in said.values():
            yield from _ids(inner)
    elif isinstance(said, list):
        for inner in said:
            yield from _ids(inner)
