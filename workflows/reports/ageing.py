"""How old the open amounts of several ledgers are, by payer; and the cases behind each amount. Nothing here writes.

A ledger counts for those who see it as a whole (``Ledger.sees``), as on its own page.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from foundation.organisation.models import User
from workflows.ageing import Age
from workflows.ledgers import (
    LedgerView,
    OpenItem,
    ledgers_of,
    open_items,
    reads_payer,
    sum_of,
    without_payer,
)
from workflows.reports.schema import Ageing


@dataclass(frozen=True)
class Aged:
    """What is open as of a day: item by item, each with the ledger it is of."""

    on: datetime.date
    items: tuple[tuple[LedgerView, OpenItem], ...]

    @property
    def total(self) -> Age:
        """What all of it comes to."""
        return sum_of([item for _view, item in self.items])

    def by_payer(self) -> list[tuple[str, Age]]:
        """Return what each payer owes, the largest balance first."""
        found: dict[str, list[OpenItem]] = defaultdict(list)
        for _view, item in self.items:
            found[item.payer].append(item)
        sums = [(payer, sum_of(items)) for payer, items in found.items()]
        return sorted(sums, key=lambda one: (-one[1].balance, one[0]))

    def by_ledger(self) -> list[tuple[LedgerView, Age]]:
        """Return what is open in each ledger, in the order of the report."""
        found: dict[str, tuple[LedgerView, list[OpenItem]]] = {}
        for view, item in self.items:
            found.setdefault(view.key, (view, []))[1].append(item)
        return [(view, sum_of(items)) for view, items in found.values()]

    def behind(
        self,
        payer: str | None = None,
        ledger: str | None = None,
        age: int | None = None,
        *,
        credit: bool = False,
    ) -> list[tuple[LedgerView, OpenItem]]:
        """Return the items an amount is the sum of; of one class of age, those with something open in it,
        with ``credit`` those paid beyond what was owed.
        """
        return [
            (view, item)
            for view, item in self.items
            if (payer is None or item.payer == payer)
            and (ledger is None or view.key == ledger)
            and (age is None or item.age.classes[age])
            and (not credit or item.age.credit)
        ]


def ledgers_seen(ageing: Ageing, reader: User) -> list[LedgerView]:
    """Return the ledgers of the report that the person sees, in its order."""
    seen = {view.key: view for view in ledgers_of(reader) if view.sees}
    return [seen[key] for key in ageing.workflows if key in seen]


def aged(views: Sequence[LedgerView], on: datetime.date, reader: User) -> Aged:
    """Return what is open in these ledgers as of the end of a day; who owes is masked to those who may not read it."""
    found: list[tuple[LedgerView, OpenItem]] = []
    for view in views:
        items = open_items(view.key, on)
        found += [(view, item) for item in (items if reads_payer(view, reader) else without_payer(items))]
    return Aged(on, tuple(found))
