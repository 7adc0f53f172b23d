"""Which edition is in force from when to when: the order of editions as spans of days.

The rule is that of ``foundation.editions.queries.in_force``: of the editions that have begun and not ended,
the one that began last; of those that began on the same day, the one with the highest number. So editions
may wait for later days, each with its own, and a correction today takes nothing from them.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from foundation.editions.models import Edition

DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """``edition`` is in force from ``starts`` to ``ends``, both included; no end: until something else is."""

    edition: Edition
    starts: datetime.date
    ends: datetime.date | None

    def holds(self, day: datetime.date) -> bool:
        """Whether ``day`` lies in it."""
        return self.starts <= day and (self.ends is None or day <= self.ends)


def spans(editions: Iterable[Edition]) -> list[Span]:
    """Return the spans in their order in time. An edition that was overtaken before its day has none; one may
    have several, when another stood in for it for a time.
    """
    editions = list(editions)
    turns = {edition.effective_from for edition in editions}
    turns |= {edition.effective_until + DAY for edition in editions if edition.effective_until}
    days = sorted(turns)
    found: list[Span] = []
    for place, day in enumerate(days):
        edition = in_force_on(editions, day)
        if edition is None:
            continue
        ends = days[place + 1] - DAY if place + 1 < len(days) else None
        if found and found[-1].edition == edition and found[-1].ends == day - DAY:
            found[-1] = Span(edition, found[-1].starts, ends)
        else:
            found.append(Span(edition, day, ends))
    return found


def in_force_on(editions: Iterable[Edition], day: datetime.date) -> Edition | None:
    """Return which of ``editions`` is in force on ``day``."""
    begun = [
        edition
        for edition in editions
        if edition.effective_from <= day
        and (edition.effective_until is None or edition.effective_until >= day)
    ]
    return max(begun, key=lambda edition: (edition.effective_from, edition.number), default=None)
