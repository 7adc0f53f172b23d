"""Screens of position descriptions in an organisation of 500 posts whose texts are in their twentieth edition.

Every screen must answer within 300 ms of server time, and with a number of queries that does not grow with the
organisation (`tests/integration/positions/test_queries_do_not_grow.py` holds the second).
"""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from foundation.editions.models import Edition
from foundation.organisation.models import Position
from tests.benchmarks.conftest import Measured, seconds
from tests.factories.positions_at_scale import make_organisation

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db]

POSITIONS, EDITIONS = 500, 20
BUDGET = 0.300


@pytest.fixture(scope="module")
def organisation(django_db_setup: Any, django_db_blocker: Any) -> Any:
    """Five hundred posts, made once for all screens and rolled back at the end."""
    from django.db import transaction

    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        try:
            yield make_organisation(POSITIONS, EDITIONS)
        finally:
            transaction.set_rollback(True)
            outer.__exit__(None, None, None)


def screens(made: Any) -> list[tuple[str, str]]:
    """Return what is measured: the name for the table and the address."""
    code, page = made.page.code, made.page.pk
    year_ago = (made.today - datetime.timedelta(days=365)).isoformat()
    return [
        ("the list", reverse("positions:list")),
        ("the list, searched", reverse("positions:list") + "?q=顾问"),
        ("the list, a year ago", reverse("positions:list") + f"?on={year_ago}"),
        ("a description", reverse("positions:detail", args=[code])),
        ("a description, a year ago", reverse("positions:detail", args=[code]) + f"?on={year_ago}"),
        ("a comparison", reverse("positions:compare", args=[code, 1, EDITIONS])),
        ("the organisation chart", reverse("positions:chart")),
        ("the organisation chart, a year ago", reverse("positions:chart") + f"?on={year_ago}"),
        ("who has signed", reverse("positions:sign-off-report")),
        ("one's own requests to sign", reverse("positions:sign-offs")),
        ("what waits for approval", reverse("positions:approvals")),
        ("holders and vacancies", reverse("positions_staffing")),
        ("the library", reverse("positions_library")),
        ("where an item is used", reverse("positions_library_item", args=[made.item.key])),
        ("the collection in the CMS", reverse("wagtailadmin_explore", args=[made.index.pk])),
        ("the CMS's search", reverse("wagtailadmin_pages:search") + "?q=顾问"),
        ("the editor", reverse("wagtailadmin_pages:edit", args=[page])),
        ("the page's history", reverse("wagtailadmin_pages:history", args=[page])),
    ]


def test_screens(organisation: Any, measured: Measured) -> None:
    assert Position.objects.count() >= POSITIONS
    assert Edition.objects.filter(kind=Edition.Kind.POSITION).count() >= POSITIONS * EDITIONS
    client = Client()
    client.force_login(organisation.hr)
    slow = []
    for name, address in screens(organisation):
        assert client.get(address).status_code == 200, address
        taken = seconds(lambda address=address: client.get(address))
        try:
            measured(
                f"{POSITIONS} descriptions × {EDITIONS} editions: {name}",
                figure=f"{taken * 1000:.0f} ms",
                budget="≤ 300 ms",
                met=taken <= BUDGET,
            )
        except AssertionError as over:
            slow.append(str(over))
    assert not slow, "\n".join(slow)
