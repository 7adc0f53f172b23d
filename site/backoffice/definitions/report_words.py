"""What people read for the properties of reports and their values; and what one says otherwise than another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from backoffice.definitions import words
from backoffice.definitions.differences import DifferenceView, Said, differences
from backoffice.definitions.words import called, shown
from foundation.organisation.models import Role
from workflows.reports.outline import BREAKDOWN, FIGURE
from workflows.reports.schema import ReportDefinition

LABELS: dict[str, Promise] = {
    "readers": _("Roles that read it"),
    "monthly": _("Figures of one workflow by week, month or quarter"),
    "ageing": _("Open amounts of ledgers by age"),
    "workflow": pgettext_lazy("of cases", "Workflow"),
    "workflows": _("Workflows whose ledgers are told"),
    "period": _("By which periods"),
    "months": _("How many of them beside one another"),
    "basis": _("Which cases belong to a period"),
    "where": _("Which of them count"),
    "states": _("That stand now in"),
    "grades": _("That have now the grade"),
    "answers": _("With these answers"),
    "taken": _("In which one of these steps was taken"),
    "clocks": _("Whose clocks ended so"),
    "promises": _("About which a promise stands so"),
    "measure": _("What is told of them"),
    "of": _("Share of"),
    "answer": _("Answer to"),
    "charted": _("Drawn as bars"),
    "figure": _("Whose cases"),
    "by": _("Divided by"),
    "figures": pgettext_lazy("of a report", "Figures"),
    "groups": _("Breakdowns"),
}
HELPS: dict[str, Promise] = {
    "readers": _(
        "What it counts are always the cases its reader may see, so two people may read two numbers."
    ),
    "where": _("Nothing said: every case. All that is said must hold."),
    "answers": _("Confidential answers, and those only some roles read, cannot be counted by."),
    "of": _("Only of a share: a count of this report over the same cases, opened or closed."),
    "answer": _("Only of an average, a sum, or a breakdown by an answer."),
    "charted": _("Counts only."),
    "period": _("Weeks begin on Mondays and are numbered by ISO 8601."),
    "months": _("From 2 to 24; the last one is the one its reader chooses."),
}
_VALUES: dict[tuple[str, str], Promise] = {
    ("period", "week"): _("weeks"),
    ("period", "month"): _("months"),
    ("period", "quarter"): _("quarters"),
    ("basis", "opened"): _("those opened in it"),
    ("basis", "closed"): _("those closed in it"),
    ("measure", "count"): pgettext_lazy("of cases", "how many"),
    ("measure", "share"): _("how many of each hundred"),
    ("measure", "average_days"): _("average days from opening to closing"),
    ("measure", "average"): _("average of an answer"),
    ("measure", "sum"): _("sum of an answer"),
    ("measure", "promises"): _("how many promises about them"),
    ("by", "grade"): pgettext_lazy("of a case", "grade"),
    ("by", "state"): _("where they stand now"),
    ("by", "department"): _("department"),
    ("by", "assignee"): _("who has them"),
    ("by", "promised_by"): _("who stands for a promise"),
    ("by", "answer"): _("an answer"),
}
PROMISES: dict[str, Promise] = {
    "open": pgettext_lazy("of a promise", "open"),
    "kept": pgettext_lazy("of a promise", "kept"),
    "late": pgettext_lazy("of a promise", "kept late"),
    "broken": pgettext_lazy("of a promise", "broken"),
}
CLOCK_ENDS: dict[str, Promise] = {
    "kept": _("kept in time"),
    "late": _("late: missed, or over and still running"),
}


def label(key: str, fallback: str, owner: str = "") -> str:
    """Return what a property is called; ``key`` may name the outer property it stands in before a dot."""
    name = key.rpartition(".")[2]
    return str(LABELS[name]) if name in LABELS else words.label(name, fallback, owner)


def help_text(key: str, fallback: str, owner: str = "") -> str:
    """Return what is said below a property."""
    name = key.rpartition(".")[2]
    return str(HELPS[name]) if name in HELPS else ""


def value(key: str, said: str) -> str:
    """Return what one of several given values is called."""
    found = _VALUES.get((key.rpartition(".")[2], said))
    return str(found) if found is not None else words.value(key, said)


def differences_of(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[DifferenceView]:
    """Return what leads from one report to another, in words."""
    roles = {role.key: str(role) for role in Role.objects.all()}
    figures = {
        str(one.get("id")): called(one) or str(one.get("id"))
        for body in (before or {}, after)
        for one in (body.get("monthly") or {}).get("figures", [])
    }

    def said(path: tuple[str, ...], found: Any) -> str:
        key = next((part for part in reversed(path) if not part.isdigit()), "")
        if isinstance(found, str):
            known = roles if key == "readers" else figures if key in ("of", "figure") else {}
            return known.get(found) or value(key, found) if (key, found) in _VALUES or known else shown(found)
        if key == "readers" and isinstance(found, list):
            return "、".join(roles.get(str(one), str(one)) for one in found)
        return shown(found)

    how = Said(
        model=ReportDefinition, called=label, shown=said, told_when_added=frozenset({FIGURE, BREAKDOWN})
    )
    return differences(dict(before) if before is not None else None, dict(after), how)
