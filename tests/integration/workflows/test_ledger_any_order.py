"""Any order of entries and reversals gives the same balance, and the balance is what a plain sum says."""

from __future__ import annotations

import datetime
import itertools
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories.claims import Claims, balance
from workflows.ageing import Posted, open_amounts
from workflows.definitions import definition_of
from workflows.models import Case, LedgerAccount, LedgerEntry
from workflows.services.posting import Line, put

RUNS = 10_000 if settings.default is settings.get_profile("fuzz") else 200
TODAY = timezone.localdate()
SIGNS = {"claimed": 1, "approved": 0, "difference": -1, "received": -1, "written_off": -1}

Told = tuple[str, int, int, bool]
"""Kind, cents, days ago, and whether it is taken back later."""


class Undo(Exception):
    """Ends an example: nothing of it stays."""


@pytest.mark.django_db
@settings(max_examples=RUNS, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    told=st.lists(
        st.tuples(st.sampled_from(sorted(SIGNS)), st.integers(1, 10**8), st.integers(0, 300), st.booleans()),
        min_size=1,
        max_size=5,
    ),
    chance=st.randoms(use_true_random=False),
)
def test_any_order_of_entries_and_reversals_gives_the_same_balance(
    cases: tuple[Case, Case], told: list[Told], chance: Random
) -> None:
    mixed = list(told)
    chance.shuffle(mixed)
    expected = sum(
        (Decimal(SIGNS[kind] * cents) / 100 for kind, cents, _days, back in told if not back), Decimal(0)
    )
    try:
        with transaction.atomic():
            for case, order in zip(cases, (told, mixed), strict=True):
                _post(case, order, chance)
                rows = LedgerEntry.objects.filter(case=case)
                assert sum((one.effect for one in rows), Decimal(0)) == expected
                assert balance(case) == expected
            one, two = (LedgerAccount.objects.get(case=case) for case in cases)
            assert one.open_since == two.open_since
            standing = [
                Posted(n, TODAY - datetime.timedelta(days=days), Decimal(SIGNS[kind] * cents) / 100)
                for n, (kind, cents, days, back) in enumerate(told)
                if not back
            ]
            left, credit = open_amounts(standing)
            assert sum((amount for _day, amount in left), Decimal(0)) - credit == expected
            raise Undo
    except Undo:
        pass


def _post(case: Case, order: list[Told], chance: Random) -> None:
    """Post entries, one or several at a time, and at any time after each its reversal."""
    ledger = definition_of(case.edition).ledger
    assert ledger is not None
    left, waiting = list(order), list[LedgerEntry]()
    while left or waiting:
        some, left = _split(left, chance)
        back, waiting = _split(waiting, chance)
        lines = []
        for kind_id, cents, days, _back in some:
            kind = ledger.kind(kind_id)
            assert kind is not None
            lines.append(Line(kind, Decimal(cents) / 100, TODAY - datetime.timedelta(days=days)))
        for entry in back:
            kind = ledger.kind(entry.kind)
            assert kind is not None
            lines.append(Line(kind, -entry.amount, TODAY, reversal_of=entry))
        entries = put({case: lines}, by=None).get(case.pk, [])
        waiting += [entry for entry, told in zip(entries, some, strict=False) if told[3]]


def _split(things: list[Any], chance: Random) -> tuple[list[Any], list[Any]]:
    here = chance.randint(min(1, len(things)), len(things))
    return things[:here], things[here:]


@pytest.fixture
def cases(db: None) -> tuple[Case, Case]:
    """Two cases without entries. Their next events are never written, and each example is undone before its end."""
    house = Claims()
    return house.drawn_up(), house.drawn_up()


@pytest.mark.django_db
def test_many_small_amounts_come_to_their_exact_sum(cases: tuple[Case, Case]) -> None:
    case, _other = cases
    ledger = definition_of(case.edition).ledger
    assert ledger is not None
    kind = ledger.kind("claimed")
    assert kind is not None
    amounts = [Decimal(cents) / 100 for cents in itertools.chain(range(1, 300), [99999999999999])]
    try:
        with transaction.atomic():
            put({case: [Line(kind, amount, TODAY) for amount in amounts]}, by=None)
            assert balance(case) == sum(amounts, Decimal(0))
            with connection.cursor() as cursor:
                cursor.execute("SELECT SUM(effect) FROM workflows_ledgerentry")
                assert Decimal(cursor.fetchone()[0]) == sum(amounts, Decimal(0)) * 100
            raise Undo
    except Undo:
        pass
