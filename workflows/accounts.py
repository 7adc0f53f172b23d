"""What the entries of one case come to, as expressions and screens read it. Nothing here writes."""

from __future__ import annotations

from collections.abc import Iterable
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


def keep_totals(cases: Iterable[Case]) -> None:
    """Ask once what the entries of several loaded cases come to."""
    wanted = {case.pk: case for case in cases}
    found: dict[int, tuple[Decimal, dict[str, Decimal]]] = {pk: (ZERO, {}) for pk in wanted}
    rows = LedgerEntry.objects.filter(case__in=wanted).order_by().values_list("case_id", "kind")
    for pk, kind, amount, effect in rows.annotate(Sum("amount"), Sum("effect")):
        balance, totals = found[pk]
        found[pk] = (balance + effect, {**totals, kind: amount})
    for pk, case in wanted.items():
        case.__dict__[_KEPT] = found[pk]


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
