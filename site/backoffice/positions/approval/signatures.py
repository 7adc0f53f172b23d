"""Prepared, reviewed and approved by: where an approval governs, they come from its decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backoffice.positions.approval.door import Clearance
from backoffice.positions.body import edition_body, person_value, upgraded

SIGNED = ("prepared_by", "reviewed_by", "approved_by")
DECIDED = ("reviewed_by", "approved_by")


def signed(
    body: Mapping[str, Any], clearance: Clearance | None, before: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return ``body`` with the names of those who decided; as it is where no approval did.

    Approved by: the last decision; reviewed by: the one before it; prepared by: who wrote it, where nobody is
    named. A text that says the same as ``before`` keeps the names it had, so that no edition is made for them.
    """
    if clearance is None or not clearance.steps:
        return dict(body)
    if before is not None and _apart(body) == _apart(upgraded(before)):
        return {**body, **{name: before.get(name) for name in SIGNED}}
    steps = clearance.steps
    return {
        **body,
        "prepared_by": body["prepared_by"] or person_value(clearance.writer),
        "reviewed_by": person_value(steps[-2].decided_by if len(steps) > 1 else None),
        "approved_by": person_value(steps[-1].decided_by),
    }


def proposed(draft: Any, before: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the body that ``draft`` would be published with, as far as it is known before the decision.

    Who decides is no change of the text: those names are as they were ``before``.
    """
    body = edition_body(draft)
    known = upgraded(before) if before is not None else {}
    named = {name: known.get(name) for name in DECIDED}
    return {**body, **named, "prepared_by": body["prepared_by"] or known.get("prepared_by")}


def _apart(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in SIGNED}
