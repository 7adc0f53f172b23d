"""Who stands in for whom on a day, followed along chains. Pure once the rows are read."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import models

from foundation.organisation.models import Deputy, User
from foundation.prepared import Prepared, Slot

CHAIN_LIMIT = 3
"""At most so many steps from the person who is absent to the one who acts."""


_DAY = Slot("day", models.DateField())
_IN_FORCE = Prepared(
    lambda: (
        Deputy.objects.on(_DAY)
        .filter(principal__is_active=True, deputy__is_active=True)
        .select_related("principal", "deputy")
    )
)


@dataclass(frozen=True)
class StandIn:
    """``deputy`` acts for ``principal``; ``via`` are the deputies between them, absent themselves."""

    deputy: User
    principal: User
    via: tuple[User, ...] = ()


class DeputiesInForce:
    """The deputies of one day, read with one query."""

    def __init__(self, day: datetime.date, workflow: str = "") -> None:
        """Read the deputies in force on ``day`` for ``workflow``; without a workflow, those for all of
        them.

        Accounts that are switched off neither act nor hand on.
        """
        self._deputies: dict[int, list[User]] = {}
        self._principals: dict[int, list[User]] = {}
        for row in _IN_FORCE.all(day=day):
            if not row.workflows or workflow in row.workflows:
                self._deputies.setdefault(row.principal_id, []).append(row.deputy)
                self._principals.setdefault(row.deputy_id, []).append(row.principal)

    def of(self, principals: Iterable[User]) -> list[StandIn]:
        """Return who acts for each of ``principals``, nearest first, each pair once."""
        return [
            StandIn(chain[-1], principal, tuple(chain[:-1]))
            for principal in principals
            for chain in _chains(principal, self._deputies)
        ]

    def principals_of(self, deputy: User) -> list[User]:
        """Return everybody for whom ``deputy`` acts."""
        return [chain[-1] for chain in _chains(deputy, self._principals)]


def _chains(start: User, links: dict[int, list[User]]) -> Iterator[list[User]]:
    """Yield the shortest chain from ``start`` (left out) to each person that ``links`` lead to."""
    reached = {start.pk}
    chains: list[list[User]] = [[]]
    for _step in range(CHAIN_LIMIT):
        longer = []
        for chain in chains:
            for person in links.get(chain[-1].pk if chain else start.pk, ()):
                if person.pk not in reached:
                    reached.add(person.pk)
                    longer.append([*chain, person])
        yield from longer
        chains = longer
