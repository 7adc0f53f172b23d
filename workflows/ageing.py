"""How old an open balance is. Pure: entries in, open amounts with their days out.

What is received, written off or found to be a difference settles the oldest amount first. An entry and its reversal
cancel each other, so that a reversed payment leaves the claim as old as it was.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal("0.00")
LIMITS = (30, 60, 90)
"""The last day of each class of age but the last: 0–30, 31–60, 61–90, over 90."""
CLASSES = len(LIMITS) + 1


@dataclass(frozen=True)
class Posted:
    """An entry, as far as age goes. ``reverses``: the number of the entry it takes back."""

    number: int
    posted_on: datetime.date
    effect: Decimal
    reverses: int | None = None


@dataclass(frozen=True)
class Age:
    """An open balance by age. ``classes``: 0–30, 31–60, 61–90, over 90 days; ``credit``: paid beyond what was owed."""

    classes: tuple[Decimal, ...] = (ZERO,) * CLASSES
    credit: Decimal = ZERO

    @property
    def balance(self) -> Decimal:
        """The open balance: what is owed less what was paid beyond it."""
        return sum(self.classes, ZERO) - self.credit

    def __add__(self, other: Age) -> Age:
        return Age(
            tuple(one + two for one, two in zip(self.classes, other.classes, strict=True)),
            self.credit + other.credit,
        )


def open_amounts(
    entries: Iterable[Posted], on: datetime.date | None = None
) -> tuple[list[tuple[datetime.date, Decimal]], Decimal]:
    """Return what is open as of the end of ``on`` (without one: of all entries), oldest first, and the credit."""
    known = [entry for entry in entries if on is None or entry.posted_on <= on]
    reversed_ones = {entry.reverses for entry in known if entry.reverses is not None}
    standing = sorted(
        (
            entry
            for entry in known
            if entry.reverses is None and entry.number not in reversed_ones and entry.effect
        ),
        key=lambda entry: (entry.posted_on, entry.number),
    )
    settled = -sum((entry.effect for entry in standing if entry.effect < 0), ZERO)
    found: list[tuple[datetime.date, Decimal]] = []
    for entry in standing:
        if entry.effect <= 0:
            continue
        covered = min(settled, entry.effect)
        settled -= covered
        if entry.effect > covered:
            found.append((entry.posted_on, entry.effect - covered))
    return found, settled


def class_of(days: int) -> int:
    """Return the class of age of something open for so many days."""
    return next((place for place, limit in enumerate(LIMITS) if days <= limit), len(LIMITS))


def age_of(entries: Sequence[Posted], on: datetime.date) -> Age:
    """Return the open balance as of the end of ``on``, by age."""
    found, credit = open_amounts(entries, on)
    classes = [ZERO] * CLASSES
    for day, amount in found:
        classes[class_of((on - day).days)] += amount
    return Age(tuple(classes), credit)
