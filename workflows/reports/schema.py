"""The contract of a report: what an edition's body may hold. Structure only; meaning is checked in ``checking``.

A report counts the cases of one workflow month by month, or tells how old the open amounts of ledgers are. It is
written by the house, in the builder or in a pack; nothing in the code knows a complaint.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from foundation.editions.texts import LocalizedText
from workflows.reports.periods import Period
from workflows.schema import Key, Part, RoleKey

ReportKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Value = bool | int | str
Basis = Literal["opened", "closed"]
KEPT_KEYS = frozenset({"drafts"})
"""Words that mean something else in the addresses of reports."""


class Where(Part):
    """Which cases count: all of those that are said. Nothing said: every case.

    ``states``, ``grades``: those it has now. ``answers``: by field of the form or question of a step, the stored
    answers that count. ``taken``: steps of which one was taken at least once. ``clocks``: by clock, how it ended;
    *late*: broken, or over and still running. ``promises``: of which one was made that stands so; *broken*: also one
    whose time is over and that is still owed.
    """

    states: tuple[Key, ...] = ()
    grades: tuple[Key, ...] = ()
    answers: dict[Key, tuple[Value, ...]] = Field(default_factory=dict)
    taken: tuple[Key, ...] = ()
    clocks: dict[Key, Literal["kept", "late"]] = Field(default_factory=dict)
    promises: tuple[Literal["open", "kept", "late", "broken"], ...] = Field(default=(), max_length=4)


class Figure(Part):
    """One number for each period, of the cases that were *opened* or *closed* in it.

    *count*: how many; *share*: how many of each hundred that the figure ``of`` counts; *average_days*: days from
    opening to closing; *average*, *sum*: of the answers to ``answer``; *promises*: how
    many promises were made about them, those that ``where.promises`` names. ``charted``: drawn as bars, counts only.
    """

    id: Key
    title: LocalizedText
    basis: Basis = "opened"
    where: Where = Where()
    measure: Literal["count", "share", "average_days", "average", "sum", "promises"] = "count"
    of: Key | None = None
    answer: Key | None = None
    charted: bool = False


class Grouping(Part):
    """The cases of one figure in one period, by grade, state, department, who has them, who stands for promises about
    them (those that the figure names), or by an ``answer``.
    """

    id: Key
    title: LocalizedText
    figure: Key
    by: Literal["grade", "state", "department", "assignee", "promised_by", "answer"]
    answer: Key | None = None


class Monthly(Part):
    """Figures of one workflow, by ``period``: weeks begin on Mondays (ISO 8601). ``months``: how many of them stand
    beside one another.
    """

    workflow: Key
    period: Period = "month"
    months: int = Field(default=12, ge=2, le=24)
    figures: tuple[Figure, ...] = Field(default=(), max_length=20)
    groups: tuple[Grouping, ...] = Field(default=(), max_length=12)

    def figure(self, figure_id: str) -> Figure | None:
        """Return the figure called ``figure_id``, or None."""
        return next((one for one in self.figures if one.id == figure_id), None)


class Ageing(Part):
    """What is open in the ledgers of these workflows as of a day, by payer and age."""

    workflows: tuple[Key, ...] = Field(max_length=20)


class ReportDefinition(Part):
    """One report. ``readers``: the roles that have it; what it counts are the cases its reader may see."""

    schema_version: Literal[1] = 1
    key: ReportKey
    title: LocalizedText
    description: LocalizedText | None = None
    readers: tuple[RoleKey, ...]
    monthly: Monthly | None = None
    ageing: Ageing | None = None
