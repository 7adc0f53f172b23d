"""How old an open balance is, whatever the order in which amounts came."""

from __future__ import annotations

import datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from workflows.ageing import Age, Posted, age_of, class_of, open_amounts

DAY = datetime.date(2026, 6, 30)


def ago(days: int) -> datetime.date:
    return DAY - datetime.timedelta(days=days)


def test_the_classes_end_on_the_thirtieth_sixtieth_and_ninetieth_day() -> None:
    assert [class_of(days) for days in (0, 30, 31, 60, 61, 90, 91, 900)] == [0, 0, 1, 1, 2, 2, 3, 3]


def test_what_is_received_settles_the_oldest_amount_first() -> None:
    entries = [
        Posted(1, ago(100), Decimal("50.00")),
        Posted(2, ago(40), Decimal("70.00")),
        Posted(3, ago(1), Decimal("-60.00")),
    ]
    assert open_amounts(entries) == ([(ago(40), Decimal("60.00"))], Decimal("0.00"))
    assert age_of(entries, DAY) == Age((Decimal("0.00"), Decimal("60.00"), Decimal("0.00"), Decimal("0.00")))


def test_a_reversed_payment_leaves_the_claim_as_old_as_it_was() -> None:
    entries = [
        Posted(1, ago(100), Decimal("50.00")),
        Posted(2, ago(80), Decimal("-50.00")),
        Posted(3, ago(2), Decimal("50.00"), reverses=2),
    ]
    assert age_of(entries, DAY).classes[3] == Decimal("50.00")
    assert age_of(entries, ago(3)).balance == Decimal("0.00")


def test_what_is_paid_beyond_what_was_owed_is_a_credit() -> None:
    entries = [Posted(1, ago(5), Decimal("50.00")), Posted(2, ago(2), Decimal("-80.00"))]
    assert age_of(entries, DAY) == Age(credit=Decimal("30.00"))
    assert age_of(entries, DAY).balance == Decimal("-30.00")


def test_what_came_later_is_not_counted_as_of_an_earlier_day() -> None:
    entries = [Posted(1, ago(45), Decimal("50.00")), Posted(2, ago(2), Decimal("-50.00"))]
    assert age_of(entries, ago(10)).classes[1] == Decimal("50.00")
    assert age_of(entries, ago(50)) == Age()


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(-9999, 9999).filter(bool)), max_size=12), st.randoms()
)
def test_the_classes_and_the_credit_come_to_the_sum_in_any_order(
    told: list[tuple[int, int]], chance: object
) -> None:
    entries = [Posted(n, ago(days), Decimal(cents) / 100) for n, (days, cents) in enumerate(told)]
    mixed = list(entries)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert age_of(entries, DAY) == age_of(mixed, DAY)
    assert age_of(entries, DAY).balance == sum((entry.effect for entry in entries), Decimal(0))
