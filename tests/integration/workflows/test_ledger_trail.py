"""The trail of a ledger: each entry of a month with who, when, why, the balance before and the proof."""

from __future__ import annotations

import datetime

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from tests.factories.claims import KEY, Claims
from workflows import ledger_trail
from workflows.models import LedgerEntry
from workflows.services import months

pytestmark = pytest.mark.django_db


def test_a_month_of_a_ledger_is_told_entry_by_entry_with_its_closing() -> None:
    with time_machine.travel(datetime.datetime(2026, 9, 7, 2, 0, tzinfo=datetime.UTC), tick=False):
        house = Claims()
        case = house.accepted("1200.00")
        case = house.post(case, "500.00")
        paid = LedgerEntry.objects.order_by("-number")[0]
        case = house.reverse(case, paid.number, "付错了案件")
    with time_machine.travel(datetime.datetime(2026, 10, 7, 2, 0, tzinfo=datetime.UTC), tick=False):
        house.post(case, "100.00")
        months.close_month(workflow=KEY, month=datetime.date(2026, 9, 1), by=house["accountant"])

    with override("en"):
        found = [subject.key for subject in ledger_trail.find("")]
        assert found == [f"{KEY}:2026-10", f"{KEY}:2026-09"]
        assert [one.key for one in ledger_trail.find("2026-09")] == [f"{KEY}:2026-09"]
        told = ledger_trail.entries(f"{KEY}:2026-09")
        said = [str(house[role]) for role in ("cashier", "accountant")]
    *rows, closing = told
    entries = list(LedgerEntry.objects.filter(posted_on__month=9).order_by("number"))
    assert [row.version for row in rows] == [entry.version for entry in entries]
    assert all(len(row.proof) == 64 for row in told)
    balances = [
        (change.before, change.after)
        for row in rows
        for change in row.changes
        if change.label == "Open balance"
    ]
    assert balances[-2:] == [("¥1,200.00", "¥700.00"), ("¥700.00", "¥1,200.00")]
    assert rows[-1].what == f"No. {entries[-1].number}: entry {paid.number} taken back"
    assert rows[-1].reason == "付错了案件"
    assert rows[-1].who == said[0]
    assert closing.what == "Month closed"
    assert next((one.before, one.after) for one in closing.changes) == ("¥0.00", "¥1,200.00")
    assert closing.who == said[1]


@pytest.mark.parametrize(
    "key", ["", KEY, f"{KEY}:2026-13", f"{KEY}:1999-01", f"{KEY}:0000-01", "ghost:2026-09"]
)
def test_what_names_no_month_of_a_ledger_is_not_there(key: str) -> None:
    Claims().filed("10.00")
    assert ledger_trail.subject(key) is None


def test_an_auditor_opens_it_with_its_chains_verified_and_nobody_else_does() -> None:
    house = Claims()
    case = house.filed("10.00")
    key = ledger_trail.key_of(KEY, timezone.localdate())
    found = ledger_trail.subject(key)
    assert found is not None
    assert set(found.streams) == {f"ledger:{KEY}", case.stream}
    address = reverse("auditing:trail", args=["ledgers", key])
    for role, status in (("auditor", 200), ("cashier", 404)):
        client = Client()
        client.force_login(house[role])
        assert client.get(address).status_code == status, role
        if status == 200:
            assert case.number in client.get(address).content.decode()


def test_the_desk_and_the_case_lead_auditors_there_and_nobody_else() -> None:
    house = Claims()
    case = house.filed("10.00")
    pages = [
        (reverse("casework:ledger", args=[KEY]), "kind=ledgers&amp;q=claim"),
        (reverse("casework:case", args=[case.uuid]), reverse("auditing:trail", args=["cases", case.number])),
    ]
    for role in ("auditor", "cashier"):
        client = Client()
        client.force_login(house[role])
        for address, leads in pages:
            assert (leads in client.get(address).content.decode()) is (role == "auditor"), (role, address)
