"""What the screens of ledgers show, as plain values."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from forms.fields.money import MoneyOptions
from foundation.editions.texts import in_language
from foundation.organisation.models import User
from workflows import rules
from workflows.accounts import totals_of
from workflows.ageing import Age
from workflows.definitions import definition_of
from workflows.ledgers import entries_of
from workflows.models import Case, LedgerEntry
from workflows.schema import Ledger
from workflows.services.ledger import kinds_by_hand, may_reverse


@dataclass(frozen=True)
class EntryRow:
    """One entry as people read it."""

    entry: LedgerEntry
    kind: str
    amount: str
    effect: str
    may_reverse: bool


def written(amount: Decimal, currency: str) -> str:
    """Return an amount with the sign of its currency."""
    return MoneyOptions.model_validate({"currency": currency}).written(amount)


def kind_title(ledger: Ledger, kind: str) -> str:
    """Return what a kind of entry is called; one that the ledger knows no more by its id."""
    found = ledger.kind(kind)
    return in_language(found.title) if found is not None else kind


def part_of(case: Case, user: User) -> dict[str, Any] | None:
    """Return the ledger of a case for its page; None where its workflow keeps none."""
    ledger = definition_of(case.edition).ledger
    if ledger is None:
        return None
    acting = rules.Acting(user, case.workflow)
    reversing = may_reverse(case, acting)
    balance, totals = totals_of(case)
    return {
        "title": in_language(ledger.title),
        "rows": [
            EntryRow(
                entry,
                kind_title(ledger, entry.kind),
                written(entry.amount, entry.currency),
                written(entry.effect, entry.currency) if entry.effect else "",
                reversing and entry.reversal_of_id is None and not hasattr(entry, "reversed_by"),
            )
            for entry in entries_of(case)
        ],
        "balance": written(balance, ledger.currency),
        "settled": balance == 0,
        "totals": [
            (in_language(kind.title), written(totals[kind.id], ledger.currency))
            for kind in ledger.kinds
            if kind.id in totals
        ],
        "may_post": bool(kinds_by_hand(case, acting)),
    }


def by_class(age: Age, currency: str) -> list[str]:
    """Return the amounts of the classes, "" for nothing."""
    return [written(amount, currency) if amount else "" for amount in age.classes]


def day_read(text: str, *, latest: datetime.date) -> datetime.date:
    """Return the day of a filter; ``latest`` where it is none or still to come."""
    try:
        return min(datetime.date.fromisoformat(text), latest)
    except ValueError:
        return latest


def month_word(month: datetime.date) -> str:
    """Return a month as people write it."""
    return _("%(year)d-%(month)02d") % {"year": month.year, "month": month.month}
