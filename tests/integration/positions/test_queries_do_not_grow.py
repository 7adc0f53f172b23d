"""Screens of position descriptions ask the database as often for sixteen posts in their fourth edition as for four in
their second.
"""

from __future__ import annotations

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories.positions_at_scale import make_organisation

pytestmark = pytest.mark.django_db


def addresses(made, editions):
    day = (made.today - datetime.timedelta(days=20)).isoformat()
    code, page = made.page.code, made.page.pk
    return {
        "list": reverse("positions:list"),
        "list, searched": reverse("positions:list") + "?q=员工",
        "list on a day": reverse("positions:list") + f"?on={day}",
        "description": reverse("positions:detail", args=[code]),
        "description on a day": reverse("positions:detail", args=[code]) + f"?on={day}",
        "an edition": reverse("positions:edition", args=[code, 1]),
        "comparison": reverse("positions:compare", args=[code, 1, editions]),
        "chart": reverse("positions:chart"),
        "chart on a day": reverse("positions:chart") + f"?on={day}",
        "who has signed": reverse("positions:sign-off-report"),
        "requests to sign": reverse("positions:sign-offs"),
        "approvals": reverse("positions:approvals"),
        "holders and vacancies": reverse("positions_staffing"),
        "library": reverse("positions_library"),
        "where an item is used": reverse("positions_library_item", args=[made.item.key]),
        "collection in the CMS": reverse("wagtailadmin_explore", args=[made.index.pk]),
        "editor": reverse("wagtailadmin_pages:edit", args=[page]),
        "history in the CMS": reverse("wagtailadmin_pages:history", args=[page]),
    }


def asked(client, made, editions):
    client.force_login(made.hr)
    counts = {}
    for name, address in addresses(made, editions).items():
        client.get(address)  # what is asked once per process is not counted
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200, address
        counts[name] = len(queries)
    return counts


def test_four_times_the_posts_and_twice_the_editions_take_no_query_more(client):
    few = asked(client, make_organisation(4, 2, duties=3), 2)
    many = asked(client, make_organisation(16, 4, duties=3, prefix="M"), 4)
    grown = {name: (few[name], many[name]) for name in few if many[name] > few[name]}
    assert grown == {}
