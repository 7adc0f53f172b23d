"""A register of 200,000 submissions beside one of 2,000: first page, typed filters, order, search and lookup.

The whole request is measured, page and all. Both registers are drawn from the same seed, so that a filter leaves
the same part of each; the budget is what a filter on a typed column may take longer.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection, transaction
from django.test import Client

from forms.registers.queries import find_rows
from foundation.organisation.models import User
from tests.benchmarks.conftest import Measured, seconds
from tests.factories.organisation import make_user_with_roles
from tests.factories.registers import make_register

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db]

SMALL, LARGE = 2_000, 200_000
BUDGET = 1.5
TURNS = 12
LONGEST_SEARCH = 3.0  # seconds: words nobody wrote are looked for in every text there is

CASES: list[tuple[str, dict[str, str]]] = [
    ("first page", {}),
    ("a page far behind", {"page": "60"}),
    ("a choice few made", {"f": "level@choice:any:high"}),
    ("a choice most made", {"f": "level@choice:any:low"}),
    ("an amount in a range", {"f": "amount@money:between:80000|99999"}),
    ("an amount from", {"f": "amount@money:between:1|"}),
    ("a date of this month", {"f": "day@date:in:this_month"}),
    ("yes", {"f": "urgent@yes_no:is:yes"}),
    ("not answered", {"f": "amount@money:empty:"}),
    ("sorted by amount", {"sort": "-amount@money"}),
    ("sorted by text", {"sort": "matter@text"}),
    ("few, sorted by amount", {"f": "level@choice:any:high", "sort": "-amount@money"}),
    ("many, sorted by amount", {"f": "level@choice:any:low", "sort": "-amount@money"}),
]
# Words are read in every text there is.
SEARCHES: list[tuple[str, dict[str, str]]] = [
    ("a number", {"q": "-000123"}),
    ("words many wrote", {"q": "划痕"}),
    ("words nobody wrote", {"q": "nowhere to be found"}),
    ("a text that contains", {"f": "matter@text:contains:划痕 王"}),
]


def tell(done: int, total: int) -> None:
    if total == LARGE and done % 20_000 == 0:
        print(f"  {done:,} of {total:,} submissions", file=sys.stderr, flush=True)


@pytest.fixture(scope="module")
def manager(django_db_setup: Any, django_db_blocker: Any) -> Iterator[User]:
    """Somebody who reads both registers, which are made once and rolled back at the end."""
    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        try:
            person = make_user_with_roles("manager")
            make_register(SMALL, person, key="small", tell=tell)
            make_register(LARGE, person, key="large", tell=tell)
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("ANALYZE")
            yield person
        finally:
            transaction.set_rollback(True)
            outer.__exit__(None, None, None)


def taken(client: Client, said: dict[str, str]) -> tuple[float, float]:
    """Return the shortest time of the small and of the large register, taken in turn: what else the machine does
    then falls on both.
    """
    query = urlencode({"view": "all", "own": "1", **said})
    addresses = [f"/registers/{key}/?{query}" for key in ("small", "large")]
    assert [client.get(address).status_code for address in addresses] == [200, 200]
    pairs = [[seconds(lambda at=at: client.get(at), times=1) for at in addresses] for _turn in range(TURNS)]
    few, many = (min(times) for times in zip(*pairs, strict=True))
    return few, many


def test_lists(manager: User, measured: Measured) -> None:
    client = Client()
    client.force_login(manager)
    over = []
    for name, said in CASES:
        few, many = taken(client, said)
        try:
            measured(
                f"register: {name}",
                figure=f"{few * 1000:.0f} ms at {SMALL:,}; {many * 1000:.0f} ms at {LARGE:,}; ratio {many / few:.2f}",
                budget=f"≤ {BUDGET} × the time at {SMALL:,}",
                met=many <= BUDGET * few,
            )
        except AssertionError as fault:
            over.append(str(fault))
    assert not over, "\n".join(over)


def test_searches(manager: User, measured: Measured) -> None:
    client = Client()
    client.force_login(manager)
    for name, said in SEARCHES:
        few, many = taken(client, said)
        measured(
            f"register: {name}",
            figure=f"{few * 1000:.0f} ms at {SMALL:,}; {many * 1000:.0f} ms at {LARGE:,}",
            budget=f"≤ {LONGEST_SEARCH:.0f} s",
            met=many <= LONGEST_SEARCH,
        )


def test_lookup(manager: User, measured: Measured) -> None:
    for name, words in (("by number", "large-000123"), ("by words", "划痕 王")):
        many = seconds(lambda words=words: find_rows("large", words, manager), times=3)
        measured(
            f"looking a row up {name}",
            figure=f"{many * 1000:.0f} ms at {LARGE:,}",
            budget=f"≤ {LONGEST_SEARCH:.0f} s",
            met=many <= LONGEST_SEARCH,
        )
