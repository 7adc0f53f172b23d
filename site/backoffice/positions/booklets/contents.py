"""What a booklet holds: which editions, in which order, under which headings."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.utils import translation

from backoffice.exports.booklet import Chapter
from backoffice.positions import queries
from backoffice.positions.body import named
from backoffice.positions.chart.structure import Unit, units, with_parts
from foundation.editions.models import Edition
from foundation.editions.queries import all_in_force, body_of


@dataclass(frozen=True)
class Scope:
    """What is asked for. ``department`` empty: the whole organisation."""

    day: datetime.date
    department: str = ""
    language: str = "zh-hans"

    def as_payload(self) -> dict[str, str]:
        """Return the scope as a job keeps it."""
        return {"day": self.day.isoformat(), "department": self.department, "language": self.language}

    @classmethod
    def of_payload(cls, payload: dict[str, str]) -> Scope:
        """Return the scope a job was begun with."""
        return cls(datetime.date.fromisoformat(payload["day"]), payload["department"], payload["language"])


@dataclass(frozen=True)
class Entry:
    """A description in the booklet, as its own edition names it."""

    edition: Edition
    title: str
    number: str
    unit: Unit

    @property
    def chapter(self) -> Chapter:
        """Return it as ``exports.booklet`` takes it."""
        return Chapter(self.edition, self.title, (self.unit.name,))


def entries(scope: Scope) -> list[Entry]:
    """Return what is in force on the day: department by department in the order of the tree, then by code.

    A description belongs to the department its edition names: on a past day that is the one of that time. A department
    stands with everything that is part of it. Withdrawn descriptions are not in force. Three queries.
    """
    with translation.override(scope.language):
        by_code = {unit.code: unit for unit in units().values()}
    wanted = with_parts(scope.department, by_code.values()) if scope.department else None
    codes = dict(queries.readable(scope.day).values_list("code", "department__code"))
    found = []
    for edition in all_in_force(Edition.Kind.POSITION, scope.day):
        if edition.key not in codes:
            continue
        body = body_of(edition)
        department = body.get("department") or {}
        code = department.get("code", "")
        if code not in by_code:
            code = codes[edition.key]
        if wanted is not None and code not in wanted:
            continue
        with translation.override(scope.language):
            title = named({"title": edition.key, **body}, "title")
        number = body.get("document_number") or body.get("code") or edition.key
        found.append(Entry(edition, title, number, by_code[code]))
    return sorted(found, key=lambda entry: (entry.unit.place, entry.edition.key))


def name_of(scope: Scope) -> str:
    """Return the name of the department the booklet is of, empty for the whole organisation. One query.

    Raises ``LookupError`` for a department that is not there.
    """
    if not scope.department:
        return ""
    with translation.override(scope.language):
        for unit in units().values():
            if unit.code == scope.department:
                return unit.name
    raise LookupError(scope.department)
