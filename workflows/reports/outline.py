"""A report being worked on, as a tree of named things: its figures and breakdowns.

Tells ``forms.outline`` of it, so that working copies of reports are merged as those of forms are.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from forms.outline import Body, Grammar, Thing, speak

REPORT, FIGURE, BREAKDOWN = "report", "figure", "breakdown"
WHOLE = Thing(REPORT)
SLOTS: Mapping[str, Mapping[str, str]] = {
    REPORT: {"monthly.figures": FIGURE, "monthly.groups": BREAKDOWN},
    FIGURE: {},
    BREAKDOWN: {},
}
_LISTS = {"figures": FIGURE, "groups": BREAKDOWN}
_SPEAKS = {"figures": "of", "groups": "figure"}
"""By list, the property that names a figure."""


def renamed_in(value: Any, names: Mapping[str, str], only: Thing | None = None) -> Any:
    """Return a body in which a figure or breakdown goes by its new id wherever it is spoken of; without ``only`` what
    is said of one of them, under its new id.
    """
    found = copy.deepcopy(value)
    if only is None:
        return {**found, "id": names.get(str(found.get("id")), found.get("id"))}
    monthly = found.get("monthly") or {}
    for slot, sort in _LISTS.items():
        for one in monthly.get(slot) or ():
            if sort == only.sort and one.get("id") in names:
                one["id"] = names[one["id"]]
            if only.sort == FIGURE and one.get(_SPEAKS[slot]) in names:
                one[_SPEAKS[slot]] = names[one[_SPEAKS[slot]]]
    return found


def thing_at(body: Body, path: str) -> tuple[Thing, str]:
    """Return the thing a problem's path leads to (``monthly.figures.late.where.clocks``), and the rest of the path.

    Things go by their ids, or, where a report is not well formed, by their places.
    """
    first, *parts = path.split(".")
    monthly = body.get("monthly")
    sort = _LISTS.get(parts[0]) if first == "monthly" and len(parts) > 1 else None
    if sort is None or not isinstance(monthly, dict):
        return WHOLE, path
    ids = [str(one.get("id", "")) for one in monthly.get(parts[0]) or () if isinstance(one, dict)]
    name, rest = parts[1], ".".join(parts[2:])
    if name in ids:
        return Thing(sort, name), rest
    if name.isascii() and name.isdigit() and int(name) < len(ids) and ids[int(name)]:
        return Thing(sort, ids[int(name)]), rest
    return WHOLE, path


GRAMMAR = Grammar(
    root=REPORT,
    mark="readers",
    slots=SLOTS,
    always=frozenset(),
    renamed=renamed_in,
)
speak(GRAMMAR)
