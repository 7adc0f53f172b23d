"""The report of open amounts by age: sums of ledgers their reader sees, each leading to its cases."""

from __future__ import annotations

import datetime
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from foundation.editions.models import Edition
from foundation.editions.services import publish
from foundation.organisation.models import User
from tests.factories.claims import KEY, Claims
from tests.factories.organisation import make_user
from workflows.reports.definitions import check_report

pytestmark = pytest.mark.django_db
BODY = {
    "schema_version": 1,
    "key": "ageing",
    "title": {"zh-hans": "账龄", "en": "Ageing"},
    "readers": ["cashier", "accountant", "auditor"],
    "ageing": {"workflows": [KEY]},
}


@pytest.fixture
def house() -> Claims:
    house = Claims()
    assert check_report(BODY) == []
    publish(kind=Edition.Kind.REPORT, key="ageing", body=BODY, by=make_user())
    return house


def sign(person: User) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(person)
    return client


def old(days: int) -> str:
    return (timezone.localdate() - datetime.timedelta(days=days)).isoformat()


def test_amounts_stand_by_payer_and_age_and_lead_to_their_cases(house: Claims) -> None:
    young = house.filed("100.00", payer="甲厂", filed_on=old(3))
    aged = house.filed("200.00", payer="甲厂", filed_on=old(45))
    other = house.filed("50.00", payer="乙行", filed_on=old(400))
    client = sign(house["cashier"])
    address = reverse("reports:report", args=["ageing"])
    html = client.get(address).content.decode()
    for amount in ("¥100.00", "¥200.00", "¥50.00", "¥300.00", "¥350.00"):
        assert amount in html
    leads = {
        text: lead.replace("&amp;", "&")
        for lead, text in re.findall(r'<a href="(/reports/ageing/cases/[^"]+)">([^<]+)</a>', html)
    }
    listed = {text: client.get(lead).content.decode() for text, lead in leads.items()}
    assert young.number in listed["¥100.00"]
    assert aged.number not in listed["¥100.00"]
    assert aged.number in listed["¥200.00"]
    assert other.number in listed["¥50.00"]
    assert {one.number for one in (young, aged, other) if one.number in listed["¥300.00"]} == {
        young.number,
        aged.number,
    }
    before = client.get(address + f"?on={old(40)}").content.decode()
    assert "¥100.00" not in before
    assert "¥250.00" in before


def test_a_ledger_that_is_not_theirs_makes_no_report(house: Claims) -> None:
    house.filed("100.00")
    assert sign(house["auditor"]).get(reverse("reports:report", args=["ageing"])).status_code == 200
    # The accountant closes months of the ledger but does not see what is open in it.
    for person in (house["accountant"], house.stranger):
        client = sign(person)
        for name in ("report", "cases", "file", "pdf"):
            assert client.get(reverse(f"reports:{name}", args=["ageing"])).status_code == 404
        assert "Ageing" not in client.get(reverse("reports:list")).content.decode()


def test_nothing_open_says_so(house: Claims) -> None:
    page = sign(house["cashier"]).get(reverse("reports:report", args=["ageing"])).content.decode()
    assert "Nothing is open on this day." in page
