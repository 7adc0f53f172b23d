"""A payer's list of 5,000 lines over as many cases beside one of 500: what a line costs must not grow.

Read and matched, posted, and the same list once more. 2 % of the lines differ. ``REMIT_BENCH_LINES`` names another
large number.
"""

from __future__ import annotations

import os
import resource
import time
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection

from tests.benchmarks.conftest import Measured
from tests.factories.claims import Claims
from tests.factories.payer_lists import many_accepted, paid_list, workbook
from workflows.models import LedgerEntry
from workflows.services import reconciliation

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]

SMALL = 500
LARGE = int(os.environ.get("REMIT_BENCH_LINES", "5000"))
BUDGET = 1.5  # times what a line of the short list takes
LONGEST_PART = 5.0  # seconds; on SQLite others wait 20 to write
MEMORY = 150  # MB more than before


@dataclass(frozen=True)
class Taken:
    """What one thing took."""

    seconds: float
    statements: int
    result: Any


def taken(work: Any) -> Taken:
    number = 0

    def count(execute: Any, *told: Any) -> Any:
        nonlocal number
        number += 1
        return execute(*told)

    # The time of the processor, so that other work of the machine does not count; PostgreSQL reckons elsewhere.
    clock = time.process_time if connection.vendor == "sqlite" else time.perf_counter
    began = clock()
    with connection.execute_wrapper(count):
        result = work()
    return Taken(clock() - began, number, result)


def run(house: Claims, lines: int, seed: int) -> tuple[dict[str, Taken], float]:
    """Return what a list of so many lines took, and the longest part."""
    data, by = workbook(*paid_list(many_accepted(house, lines, seed), seed)), house["cashier"]

    def read() -> Any:
        return reconciliation.take_in(workflow="claim", filename="list.xlsx", data=data, by=by)

    found = {"read and matched": taken(read)}
    parts = [time.perf_counter()]
    found["posted"] = taken(
        lambda: reconciliation.post(
            statement=found["read and matched"].result,
            by=by,
            tell=lambda done, total: parts.append(time.perf_counter()),
        )
    )
    there = LedgerEntry.objects.count()
    found["read a second time"] = taken(read)
    # So short that one turn says little; a list once posted is not gone through again, so each turn has one of its own.
    turns = [found["read a second time"].result, read(), read()]
    found["posted a second time"] = min(
        (taken(partial(reconciliation.post, statement=one, by=by)) for one in turns),
        key=lambda one: one.seconds,
    )
    assert found["posted a second time"].result == 0
    assert LedgerEntry.objects.count() == there
    again = found["read a second time"].result.lines
    assert not again.filter(outcome__in=["matched", "less"]).exists()
    return found, max((after - before for before, after in pairwise(parts)), default=0.0)


def memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def test_a_line_of_a_long_list_costs_what_one_of_a_short_list_does(measured: Measured) -> None:
    house = Claims()
    run(house, 50, 1)  # what is composed once
    before = memory()
    small, _part = run(house, SMALL, 2)
    large, part = run(house, LARGE, 3)
    assert large["posted"].result > 0.98 * LARGE
    over = []

    def tell(what: str, **of: Any) -> None:
        try:
            measured(what, **of)
        except AssertionError as fault:
            over.append(str(fault))

    for what, long in large.items():
        short = small[what]
        ratio = (long.seconds / LARGE) / (short.seconds / SMALL)
        tell(
            f"payer's list of {LARGE:,} lines over {LARGE:,} cases: {what}",
            figure=f"{long.seconds:.1f} s, {long.statements:,} statements; of {SMALL}: {short.seconds:.2f} s, "
            f"{short.statements:,}; a line {ratio:.2f} × as long",
            budget=f"≤ {BUDGET} × the time of a line of {SMALL}",
            met=ratio <= BUDGET,
        )
    tell(
        "payer's list: the longest time nobody else could write",
        figure=f"{part:.2f} s",
        budget=f"≤ {LONGEST_PART:.0f} s",
        met=part <= LONGEST_PART,
    )
    grown = memory() - before
    tell(
        "payer's list: memory beside what the process had",
        figure=f"{grown} MB",
        budget=f"≤ {MEMORY} MB",
        met=grown <= MEMORY,
    )
    assert not over, "\n".join(over)
