"""One sweep of the worker over 5,000 open clocks, 500 of them due: 250 cases with twenty clocks each."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from tests.benchmarks.conftest import seconds
from tests.factories.chains import open_one
from tests.factories.clocks import clock, publish_timed
from workflows.models import CaseClock
from workflows.services.clocks import sweep

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]

CASES, CLOCKS, DUE = 250, 20, 2
BUDGET = 10.0  # seconds


def test_a_sweep_of_five_thousand_open_clocks_is_done_in_ten_seconds() -> None:
    early = [
        clock(f"early_{number}", targets=[{"amount": 1, "unit": "hours"}], due={"roles": ["boss"]})
        for number in range(DUE)
    ]
    later = [
        clock(f"later_{number}", targets=[{"amount": 9, "unit": "days"}]) for number in range(CLOCKS - DUE)
    ]
    people = publish_timed(*early, *later)
    for _number in range(CASES):
        open_one(people["worker"][0])
    assert CaseClock.objects.filter(status="running").count() == CASES * CLOCKS
    fired = []
    took = seconds(lambda: fired.append(sweep(timezone.now() + dt.timedelta(hours=2)).fired), times=1)
    print(f"sweep of {CASES * CLOCKS} open, {fired[0]} due: {took:.2f} s")
    assert fired == [CASES * DUE]
    assert took <= BUDGET
