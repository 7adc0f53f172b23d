"""What somebody asked to see: a day, a department, only vacancies. The same for screen, SVG and PDF."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backoffice.positions.chart.structure import (
    Chart,
    Unit,
    charted,
    of_department,
    of_vacancies,
    posts_on,
    units,
    with_parts,
)


@dataclass(frozen=True)
class Selection:
    """``department`` is a code, empty for all; ``planned`` as for ``structure.posts_on``."""

    day: datetime.date
    department: str = ""
    only_vacant: bool = False
    planned: bool = False

    def read(self) -> tuple[Chart, list[Unit]]:
        """Return the chart asked for, and the departments there are.

        Raises ``LookupError`` for a department that is not there.
        """
        every = list(units().values())
        chart = charted(posts_on(self.day, planned=self.planned))
        if self.department:
            if self.department not in {unit.code for unit in every}:
                raise LookupError(self.department)
            chart = of_department(chart, with_parts(self.department, every))
        if self.only_vacant:
            chart = of_vacancies(chart)
        return chart, every

    def as_payload(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "day": self.day.isoformat(),
            "department": self.department,
            "only_vacant": self.only_vacant,
            "planned": self.planned,
        }

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Selection:
        """Return what ``as_payload`` wrote down."""
        return cls(
            datetime.date.fromisoformat(payload["day"]),
            payload["department"],
            payload["only_vacant"],
            payload["planned"],
        )
