"""Ledgers on the screens: what a case has, what is open, what is closed, what a list says; 404 for strangers."""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from foundation.editions.models import Edition
from foundation.editions.services import publish
from foundation.organisation.models import User
from foundation.outbox.models import Job, Message
from foundation.outbox.services import deliver
from tests.factories.chains import fresh
from tests.factories.claims import Claims, balance, claim_body, claim_form
from workflows.models import LedgerEntry, LedgerMonth, PayerStatement
from workflows.services import reconciliation
from workflows.services.definitions import publish_workflow

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
LAST_MONTH = (TODAY.replace(day=1) - datetime.timedelta(days=1)).replace(day=1)
Sign = Callable[[User], Client]


@pytest.fixture
def house() -> Claims:
    return Claims()


@pytest.fixture
def sign() -> Sign:
    def signed(person: User) -> Client:
        client = Client()
        client.cookies["django_language"] = "en"
        client.force_login(person)
        return client

    return signed


def words(client: Client, route: str, *arguments: object, query: str = "") -> str:
    answer = client.get(reverse(f"casework:{route}", args=arguments) + query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_the_page_of_a_case_shows_entries_balance_and_what_may_be_done(house: Claims, sign: Sign) -> None:
    case = house.accepted("1200.00", "1000.00")
    page = words(sign(house["cashier"]), "case", case.uuid)
    assert "¥1,000.00" in page
    assert "-¥200.00" in page
    assert reverse("casework:ledger-post", args=[case.uuid]) in page
    assert reverse("casework:ledger-reverse", args=[case.uuid, 1]) in page
    page = words(sign(house["auditor"]), "case", case.uuid)
    assert "¥1,000.00" in page
    assert "/reverse/" not in page
    assert reverse("casework:ledger-post", args=[case.uuid]) not in page


def test_an_entry_is_posted_by_hand_and_taken_back(house: Claims, sign: Sign) -> None:
    case, client = house.accepted("1000.00"), sign(house["cashier"])
    address = reverse("casework:ledger-post", args=[case.uuid])
    assert "Kind of entry" in client.get(address).content.decode()
    typed = {"kind": "received", "amount": "12.345", "posted_on": TODAY.isoformat(), "reference": "银行 9"}
    sent = {**typed, "seen_version": case.version, "idempotency_key": "k1"}
    answer = client.post(address, sent)
    assert answer.status_code == 422
    assert "two decimals" in answer.content.decode()
    assert "银行 9" in answer.content.decode()
    answer = client.post(address, {**sent, "amount": "400", "idempotency_key": "k2"})
    assert answer.status_code == 302
    assert balance(case) == Decimal("600.00")
    address = reverse("casework:ledger-reverse", args=[case.uuid, 3])
    assert "银行 9" in client.get(address).content.decode()
    version = fresh(case).version
    answer = client.post(address, {"reason": "", "seen_version": version, "idempotency_key": "k3"})
    assert answer.status_code == 422
    answer = client.post(address, {"reason": "记错", "seen_version": version, "idempotency_key": "k4"})
    assert answer.status_code == 302
    assert balance(case) == Decimal("1000.00")
    answer = client.post(address, {"reason": "记错", "seen_version": version, "idempotency_key": "k5"})
    assert answer.status_code == 409


def test_the_desk_lists_what_is_open_by_age_payer_and_day(house: Claims, sign: Sign) -> None:
    ago = {days: (TODAY - datetime.timedelta(days=days)).isoformat() for days in (10, 45, 75, 100)}
    for days, amount in ((10, "10.00"), (45, "20.00"), (75, "30.00"), (100, "40.00")):
        house.filed(amount, filed_on=ago[days], payer="厂家" if days < 60 else "保险公司")
    house.post(house.accepted("5.00"), "5.00")
    client = sign(house["auditor"])
    page = words(client, "ledger", "claim")
    assert "Total of 4 cases" in page
    assert "data-total>¥100.00<" in page
    for amount in ("¥10.00", "¥20.00", "¥30.00", "¥40.00"):
        assert amount in page
    page = words(client, "ledger", "claim", query="?age=3")
    assert "Total of 1 case" in page
    assert "100 days" in page
    page = words(client, "ledger", "claim", query="?payer=保险公司")
    assert "Total of 2 cases" in page
    assert "data-total>¥70.00<" in page
    page = words(client, "ledger", "claim", query=f"?on={ago[45]}")
    assert "data-total>¥90.00<" in page
    page = words(client, "ledger", "claim", query="?on=nonsense&age=9&page=99")
    assert "data-total>¥100.00<" in page
    assert "Nothing is open here" in words(client, "ledger", "claim", query=f"?on={ago[45]}&payer=x")


def test_an_empty_ledger_says_where_entries_come_from(house: Claims, sign: Sign) -> None:
    client = sign(house["cashier"])
    assert "No entry yet" in words(client, "ledger", "claim")
    assert "No month yet" in words(client, "ledger-months", "claim")
    assert "No list has been compared yet" in words(client, "ledger-lists", "claim")
    assert "索赔台账" in words(client, "ledgers")
    assert reverse("casework:ledgers") in words(client, "cases")


def test_the_file_of_the_desk_holds_amounts_as_numbers_and_is_on_record(house: Claims, sign: Sign) -> None:
    house.filed("1234.56", payer="=1+1")
    client = sign(house["cashier"])
    answer = client.get(reverse("casework:ledger-file", args=["claim"]))
    assert answer.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    rows = [[cell.value for cell in row] for row in book.active.iter_rows()]
    assert rows[1][2] == "=1+1"
    assert book.active["C2"].data_type == "s"
    assert (rows[1][6], rows[1][-2], rows[2][-2]) == (1234.56, 1234.56, 1234.56)


def test_a_month_is_closed_on_its_page_by_those_who_may(house: Claims, sign: Sign) -> None:
    house.filed("100.00", filed_on=LAST_MONTH.isoformat())
    address = reverse("casework:ledger-months", args=["claim"])
    data = {"month": f"{LAST_MONTH:%Y-%m}"}
    assert sign(house["auditor"]).post(address, data).status_code == 403
    client = sign(house["accountant"])
    assert f"Close {LAST_MONTH:%Y-%m} for ever" in client.get(address).content.decode()
    assert client.post(address, data).status_code == 302
    assert LedgerMonth.objects.get().closing == Decimal("100.00")
    answer = client.post(address, data)
    assert answer.status_code == 422
    assert "cannot be opened again" in answer.content.decode()


def test_a_list_is_compared_shown_and_posted(house: Claims, sign: Sign) -> None:
    case = house.accepted("100.00", claim_no="C-1")
    client, address = sign(house["cashier"]), reverse("casework:ledger-lists", args=["claim"])
    answer = client.post(address, {"file": SimpleUploadedFile("x.csv", b"a,b\n1,2")})
    assert answer.status_code == 422
    assert "No row of headings" in answer.content.decode()
    assert client.post(address).status_code == 422
    data = "索赔单号,到账金额\nC-1,100.00\nC-9,5.00".encode()
    answer = client.post(address, {"file": SimpleUploadedFile("x.csv", data)})
    statement = PayerStatement.objects.get()
    assert answer["Location"] == reverse("casework:ledger-statement", args=["claim", statement.uuid])
    page = client.get(answer["Location"]).content.decode()
    assert "1 line is posted as “到账”: ¥100.00" in page
    assert "Unknown" in page
    assert "C-9" not in words(client, "ledger-statement", "claim", statement.uuid, query="?only=matched")
    client.post(reverse("casework:ledger-statement-post", args=["claim", statement.uuid]))
    assert balance(case) == 0
    assert "1 entry was posted" in client.get(answer["Location"]).content.decode()


def test_a_list_with_a_wrong_line_offers_no_posting_and_can_be_thrown_away(house: Claims, sign: Sign) -> None:
    client, address = sign(house["cashier"]), reverse("casework:ledger-lists", args=["claim"])
    client.post(address, {"file": SimpleUploadedFile("x.csv", "索赔单号,到账金额\nC-1,abc".encode())})
    statement = PayerStatement.objects.get()
    page = words(client, "ledger-statement", "claim", statement.uuid)
    assert "1 line cannot be read or posted" in page
    assert reverse("casework:ledger-statement-post", args=["claim", statement.uuid]) not in page
    client.post(reverse("casework:ledger-statement-post", args=["claim", statement.uuid]))
    assert not LedgerEntry.objects.exists()
    client.post(reverse("casework:ledger-statement-discard", args=["claim", statement.uuid]))
    assert "thrown away" in words(client, "ledger-statement", "claim", statement.uuid)


def test_strangers_find_no_ledger_and_no_entry(house: Claims, sign: Sign) -> None:
    case = house.accepted("100.00", claim_no="C-1")
    cashier = sign(house["cashier"])
    cashier.post(
        reverse("casework:ledger-lists", args=["claim"]),
        {"file": SimpleUploadedFile("x.csv", "索赔单号,到账金额\nC-1,100".encode())},
    )
    statement = PayerStatement.objects.get()
    every: list[tuple[str, list[Any]]] = [
        ("ledgers", []),
        *((name, ["claim"]) for name in ("ledger", "ledger-file", "ledger-months", "ledger-lists")),
        *((f"ledger-statement{end}", ["claim", statement.uuid]) for end in ("", "-post", "-discard")),
        ("ledger-post", [case.uuid]),
        ("ledger-reverse", [case.uuid, 1]),
    ]
    stranger = sign(house.stranger)
    for name, arguments in every:
        address = reverse(f"casework:{name}", args=arguments)
        for answer in (stranger.get(address), stranger.post(address)):
            assert answer.status_code in (404, 405), (name, answer.status_code)
    # The auditor reads the desk, and imports nothing.
    auditor = sign(house["auditor"])
    assert auditor.get(reverse("casework:ledger", args=["claim"])).status_code == 200
    for name in ("ledger-lists", "ledger-statement"):
        arguments = ["claim"] if name == "ledger-lists" else ["claim", statement.uuid]
        assert auditor.get(reverse(f"casework:{name}", args=arguments)).status_code == 404
    assert auditor.get(reverse("casework:ledger", args=["nothing"])).status_code == 404
    assert auditor.get(reverse("casework:ledger-post", args=[case.uuid])).status_code == 404


def test_the_number_of_queries_of_the_desk_does_not_grow(house: Claims, sign: Sign) -> None:
    client, asked = sign(house["cashier"]), []
    for count in (3, 30):
        for number in range(count):
            house.filed("10.00", payer=f"P{number}")
        words(client, "ledger", "claim")
        with CaptureQueriesContext(connection) as context:
            words(client, "ledger", "claim")
        asked.append(len(context))
    assert asked[0] == asked[1]


@pytest.mark.django_db(transaction=True)
def test_a_long_list_is_posted_by_the_worker(sign: Sign) -> None:
    house = Claims()
    case = house.accepted("100.00", claim_no="C-1")
    client = sign(house["cashier"])
    lines = "\n".join(f"C-1,1.00,{number}" for number in range(60))
    upload = SimpleUploadedFile("x.csv", f"索赔单号,到账金额,流水号\n{lines}".encode())
    client.post(reverse("casework:ledger-lists", args=["claim"]), {"file": upload})
    statement = PayerStatement.objects.get()
    client.post(reverse("casework:ledger-statement-post", args=["claim", statement.uuid]))
    assert balance(case) == Decimal("100.00")
    for pk in Message.objects.filter(kind="job", delivered_at=None).values_list("pk", flat=True):
        assert deliver(pk)
    assert Job.objects.get().state == Job.State.DONE
    assert balance(case) == Decimal("40.00")


def test_who_owes_stands_on_the_desk_only_for_those_who_may_read_it(house: Claims, sign: Sign) -> None:
    house.filed("10.00", payer="王先生")
    form = claim_form()
    form["pages"][0]["groups"][0]["fields"][0]["readers"] = ["cashier"]
    publish(kind=Edition.Kind.FORM, key="claim", body=form, by=house.clerk)
    house.filed("20.00", payer="李女士")
    address = reverse("casework:ledger-file", args=["claim"])

    def told(client: Client) -> str:
        book = openpyxl.load_workbook(io.BytesIO(b"".join(client.get(address).streaming_content)))
        return str([[cell.value for cell in row] for row in book.worksheets[0].iter_rows()])

    may, may_not = sign(house["cashier"]), sign(house["auditor"])
    for said in (words(may, "ledger", "claim"), told(may)):
        assert "王先生" in said
        assert "李女士" in said
    # Those whose money it is see what is open, and by no filter who owes it.
    for said in (words(may_not, "ledger", "claim"), words(may_not, "ledger", "claim", query="?payer=王先生")):
        assert "Total of 2 cases" in said
        assert "王先生" not in said
        assert "李女士" not in said
        assert 'name="payer"' not in said
    assert "王先生" not in told(may_not)
    assert "••••" in told(may_not)


def test_a_merge_refused_for_open_money_says_so_on_its_page(house: Claims, sign: Sign) -> None:
    body = claim_body(merged="settled")
    body["access"]["relates"] = ["cashier"]
    publish_workflow(body, by=house.clerk)
    case, other = house.filed("1200.00"), house.drawn_up()
    sent = {"do": "merge", "other": str(other.uuid), "seen_version": case.version, "idempotency_key": "k"}
    answer = sign(house["cashier"]).post(reverse("casework:relations", args=[case.uuid]), sent)
    assert answer.status_code == 422
    assert "has an open balance of ¥1,200.00" in answer.content.decode()


def test_a_list_that_is_posted_in_part_offers_to_post_the_rest(
    house: Claims, sign: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciliation, "IN_A_PART", 1)
    for number in (1, 2):
        house.accepted("100.00", claim_no=f"C-{number}")
    data = "索赔单号,到账金额\nC-1,100\nC-2,100".encode()
    by = house["cashier"]
    statement = reconciliation.take_in(workflow="claim", filename="list.csv", data=data, by=by)

    def broken_off(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reconciliation.post(statement=statement, by=by, tell=broken_off)
    client = sign(by)
    page = words(client, "ledger-statement", "claim", statement.uuid)
    assert "1 line of this list is posted: ¥100.00" in page
    assert "1 line is posted as" in page
    assert "Post the rest" in page
    assert "Throw the list away" not in page
    client.post(reverse("casework:ledger-statement-post", args=["claim", statement.uuid]))
    page = words(client, "ledger-statement", "claim", statement.uuid)
    assert "2 entries were posted: ¥200.00" in page
