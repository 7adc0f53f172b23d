"""What the entries of one case come to, as expressions and screens read it. Nothing here writes."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Sum

from workflows.models import Case, LedgerEntry
from workflows.schema import BALANCE, WorkflowDefinition, total_name

ZERO = Decimal("0.00")
_KEPT = "_ledger_totals"


def totals_of(case: Case) -> tuple[Decimal, dict[str, Decimal]]:
    """Return the open balance of a case and what each kind of entry comes to; asked once for a loaded case."""
    known: tuple[Decimal, dict[str, Decimal]] | None = case.__dict__.get(_KEPT)
    if known is None:
        rows = (
            LedgerEntry.objects.filter(case_id=case.pk)
            .order_by()
            .values_list("kind")
            .annotate(Sum("amount"), Sum("effect"))
            if case.pk is not None
            else []
        )
        balance, totals = ZERO, {}
        for kind, amount, effect in rows:
            balance += effect
            totals[kind] = amount
        known = case.__dict__[_KEPT] = (balance, totals)
    return known


def forget_totals(case: Case) -> None:
    """Ask anew next time: entries were posted."""
    case.__dict__.pop(_KEPT, None)


def amounts_of(definition: WorkflowDefinition, case: Case) -> dict[str, Decimal]:
    """Return the amounts a ledger gives to expressions, by name; ``definition`` must have one."""
    assert definition.ledger is not None
    balance, totals = totals_of(case)
    return {
        BALANCE: balance,
        **{total_name(kind.id): totals.get(kind.id, ZERO) for kind in definition.ledger.kinds},
    }
