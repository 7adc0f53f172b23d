"""The list a payer sends: what each line is, what is posted, what is refused, and that nothing is posted twice."""

from __future__ import annotations

import datetime
import io
import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.utils import timezone
from django.utils.translation import override

from foundation.audit.queries import events_of
from foundation.audit.verification import verify
from tests.factories.chains import fresh
from tests.factories.claims import Claims, balance, entries
from tests.factories.payer_lists import HEADINGS, many_accepted, paid_list, workbook
from workflows.exceptions import CaseNotFound, StatementRefused
from workflows.models import Case, LedgerAccount, LedgerEntry, PayerStatement
from workflows.services import months, reconciliation

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()


@pytest.fixture
def house() -> Claims:
    return Claims()


def csv_of(*rows: Sequence[Any], headings: Sequence[str] = HEADINGS) -> bytes:
    return "\n".join(",".join(str(cell) for cell in row) for row in [headings, *rows]).encode()


def taken_in(house: Claims, data: bytes, name: str = "list.csv") -> PayerStatement:
    return reconciliation.take_in(workflow="claim", filename=name, data=data, by=house["cashier"])


def outcomes(statement: PayerStatement) -> list[str]:
    return [line.outcome for line in statement.lines.all()]


def test_each_line_is_matched_or_said_to_differ_to_be_paid_or_to_be_unknown(house: Claims) -> None:
    full, part, over = (house.accepted("100.00", claim_no=f"C-{n}") for n in (1, 2, 3))
    paid = house.post(house.accepted("70.00", claim_no="C-4"), "70")
    by_vin = house.accepted("55.50", claim_no="C-5", vin="LSVXYZ9")
    house.accepted("8.00", claim_no="C-6", vin="SAME")
    house.accepted("8.00", claim_no="C-7", vin="SAME")
    statement = taken_in(
        house,
        csv_of(
            ["ｃ－1", "", "100.00", "2026-02-03", "T1"],
            ["C-2", "", "40", "2026/2/4", "T2"],
            ["C-3", "", "¥130.00", "20260205", "T3"],
            ["C-4", "", "70.00", "", "T4"],
            ["", "lsv xyz 9", "55.50", "", "T5"],
            ["C-99", "", "1", "", "T6"],
            ["", "SAME", "8.00", "", "T7"],
            ["合计", "", "404.50", "", ""],
        ),
    )
    assert outcomes(statement) == ["matched", "less", "more", "paid", "matched", "unknown", "several"]
    assert [line.case for line in statement.lines.all()[:5]] == [full, part, over, paid, by_vin]
    assert reconciliation.post(statement=statement, by=house["cashier"]) == 3
    assert [balance(case) for case in (full, part, over, paid, by_vin)] == [
        Decimal(left) for left in ("0.00", "60.00", "100.00", "0.00", "0.00")
    ]
    entry = LedgerEntry.objects.get(case=part, kind="received")
    assert (entry.posted_on, entry.reference) == (datetime.date(2026, 2, 4), "T2")
    assert entry.statement == statement
    assert fresh(full).state == "settled"
    assert fresh(part).state == "accepted"
    assert [event.kind for event in events_of(full.stream)][-2:] == ["case_reconciled", "case_settle"]
    assert [event.kind for event in events_of("ledger:claim")] == ["ledger_list_posted"]
    assert verify().faults == []


def test_a_workbook_is_read_below_its_titles(house: Claims) -> None:
    case = house.accepted("1234.56", claim_no="A1")
    other = house.accepted("0.30", claim_no="77")
    statement = taken_in(
        house,
        workbook(
            ["A1", None, 1234.56, datetime.date(2026, 1, 2), 5], [77, None, 0.1 + 0.2, None, None], above=2
        ),
        "清单.xlsx",
    )
    assert outcomes(statement) == ["matched", "matched"]
    assert [line.row for line in statement.lines.all()] == [4, 5]
    reconciliation.post(statement=statement, by=house["cashier"])
    assert balance(case) == balance(other) == 0


def test_the_same_list_twice_posts_nothing_the_second_time(house: Claims) -> None:
    case = house.accepted("100.00", claim_no="C-1")
    data = csv_of(["C-1", "", "40.00", "", "T1"], ["C-1", "", "40.00", "", "T1"])
    first = taken_in(house, data)
    assert reconciliation.post(statement=first, by=house["cashier"]) == 2  # two equal lines are two payments
    assert reconciliation.post(statement=first, by=house["cashier"]) == 0
    second = taken_in(house, data)
    assert outcomes(second) == ["paid", "paid"]
    assert "entry 3" in second.lines.first().note or "3" in second.lines.first().note
    assert reconciliation.post(statement=second, by=house["cashier"]) == 0
    assert balance(case) == Decimal("20.00")


def test_a_line_that_comes_again_in_another_list_is_not_posted_again(house: Claims) -> None:
    case = house.accepted("100.00", claim_no="C-1")
    reconciliation.post(
        statement=taken_in(house, csv_of(["C-1", "", "40.00", "", "T1"])), by=house["cashier"]
    )
    again = taken_in(house, csv_of(["C-1", "", "60.00", "", "T2"], ["C-1", "", "40.00", "", "T1"]))
    assert outcomes(again) == ["matched", "paid"]
    assert reconciliation.post(statement=again, by=house["cashier"]) == 1
    assert balance(case) == 0


def test_two_lists_checked_at_once_with_the_same_line_post_it_once(house: Claims) -> None:
    house.accepted("100.00", claim_no="C-1")
    one, two = (taken_in(house, csv_of(["C-1", "", "40.00", "", "T1"])) for _time in range(2))
    reconciliation.post(statement=one, by=house["cashier"])
    with override("en"), pytest.raises(StatementRefused, match="Line 2: the ledger has changed"):
        reconciliation.post(statement=two, by=house["cashier"])


def test_part_payments_of_one_list_are_counted_one_after_another(house: Claims) -> None:
    case = house.accepted("100.00", claim_no="C-1")
    statement = taken_in(
        house,
        csv_of(["C-1", "", "40.00", "", "a"], ["C-1", "", "60.00", "", "b"], ["C-1", "", "5.00", "", "c"]),
    )
    assert outcomes(statement) == ["less", "matched", "paid"]
    reconciliation.post(statement=statement, by=house["cashier"])
    assert fresh(case).state == "settled"


@pytest.mark.parametrize(
    ("amount", "says"),
    [
        ("12.345", "more than two decimals"),
        ("twelve", "no amount of money"),
        ("", "amount is missing"),
        ("-5", "not above zero"),
        ("0", "not above zero"),
    ],
)
def test_one_line_that_cannot_be_read_refuses_all_of_them(house: Claims, amount: str, says: str) -> None:
    case = house.accepted("100.00", claim_no="C-1")
    with override("en"):
        statement = taken_in(house, csv_of(["C-1", "", "100", "", "T1"], ["C-1", "", amount, "", "T2"]))
        assert outcomes(statement) == ["matched", "wrong"]
        assert says in statement.lines.last().note
        with pytest.raises(StatementRefused, match=r"Line 3: .*Nothing was posted"):
            reconciliation.post(statement=statement, by=house["cashier"])
    assert balance(case) == Decimal("100.00")
    assert len(entries(case)) == 2


def test_a_line_of_a_closed_month_or_of_a_day_to_come_refuses_the_list(house: Claims) -> None:
    last = TODAY.replace(day=1) - datetime.timedelta(days=1)
    house.accepted("100.00", claim_no="C-1", filed_on=last.isoformat())
    months.close_month(workflow="claim", month=last, by=house["accountant"])
    tomorrow = TODAY + datetime.timedelta(days=1)
    for day, says in ((last, "is closed"), (tomorrow, "still to come")):
        with override("en"):
            statement = taken_in(house, csv_of(["C-1", "", "100", day, ""]))
            with pytest.raises(StatementRefused, match=f"Line 2: .*{says}"):
                reconciliation.post(statement=statement, by=house["cashier"])
    assert LedgerEntry.objects.filter(kind="received").count() == 0


def test_a_list_is_refused_when_the_ledger_has_changed_since_it_was_checked(house: Claims) -> None:
    case = house.accepted("100.00", claim_no="C-1")
    statement = taken_in(house, csv_of(["C-1", "", "100", "", ""]))
    house.post(case, "30")
    with override("en"), pytest.raises(StatementRefused, match="Line 2: the ledger has changed"):
        reconciliation.post(statement=statement, by=house["cashier"])
    assert balance(case) == Decimal("70.00")


def test_only_who_imports_lists_does_and_others_find_no_ledger(house: Claims) -> None:
    statement = taken_in(house, csv_of(["C-1", "", "100", "", ""]))
    for nobody in (house.stranger, house["accountant"], house["auditor"]):
        with pytest.raises(CaseNotFound):
            reconciliation.take_in(workflow="claim", filename="x", data=b"", by=nobody)
        with pytest.raises(CaseNotFound):
            reconciliation.post(statement=statement, by=nobody)
        with pytest.raises(CaseNotFound):
            reconciliation.statement_for(statement.uuid, "claim", nobody)


def test_a_list_that_was_thrown_away_is_not_posted(house: Claims) -> None:
    statement = taken_in(house, csv_of(["C-1", "", "100", "", ""]))
    reconciliation.discard(statement=statement, by=house["cashier"])
    with override("en"), pytest.raises(StatementRefused, match="thrown away"):
        reconciliation.post(statement=statement, by=house["cashier"])
    with override("en"), pytest.raises(StatementRefused, match="before"):
        reconciliation.discard(statement=statement, by=house["cashier"])


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"a,b\n1,2", "No row of headings"),
        (b"", "No row of headings"),
        (csv_of(), "no line below"),
        (b"PK\x03\x04 nonsense", "Excel workbook"),
        (b"\x00\xff\xfe\x00", "neither an Excel workbook"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_what_it_needs(house: Claims, data: bytes, says: str) -> None:
    with override("en"), pytest.raises(StatementRefused, match=says):
        taken_in(house, data)


def test_a_list_in_the_encoding_of_chinese_spreadsheets_is_read(house: Claims) -> None:
    house.accepted("100.00", claim_no="申-1")
    data = csv_of(["申-1", "", "100.00", "2026年1月2日", ""]).decode().encode("gb18030")
    assert outcomes(taken_in(house, data)) == ["matched"]


def test_five_thousand_lines_are_matched_posted_and_known_again(
    house: Claims, record_property: Any, django_assert_max_num_queries: Any
) -> None:
    """The list is long; the cases with accounts are few, so that the test is about the lines."""
    cases = [house.accepted("1000.00", claim_no=f"L-{n}") for n in range(20)]
    rows = [[f"L-{n % 20}", "", "1.00", "", f"T{n}"] for n in range(4_980)]
    rows += [[f"X-{n}", "", "1.00", "", ""] for n in range(20)]
    data = csv_of(*rows)
    begun = time.perf_counter()
    with django_assert_max_num_queries(80):
        statement = taken_in(house, data)
    checked = time.perf_counter()
    assert reconciliation.post(statement=statement, by=house["cashier"]) == 4_980
    posted = time.perf_counter()
    assert {balance(case) for case in cases} == {Decimal("751.00")}
    assert outcomes(taken_in(house, data)).count("paid") == 4_980
    assert LedgerAccount.objects.count() == 20
    record_property("seconds", f"check {checked - begun:.1f}, post {posted - checked:.1f}")


def test_a_line_in_another_currency_is_said_to_be_so_and_the_others_are_posted(house: Claims) -> None:
    written = ["US$100.00", "100 USD", "100美元", "HK$100", "€100", "CHF 100", "¥100", "100元", "RMB 100"]
    cases = [house.accepted("100.00", claim_no=f"C-{place}") for place in range(len(written))]
    with override("en"):
        statement = taken_in(
            house, csv_of(*([f"C-{place}", "", one, "", ""] for place, one in enumerate(written)))
        )
    assert outcomes(statement) == ["unknown"] * 6 + ["matched"] * 3
    assert "US$100.00” is in another currency; this ledger is kept in CNY" in statement.lines.first().note
    assert reconciliation.post(statement=statement, by=house["cashier"]) == 3
    assert [balance(case) for case in cases] == [Decimal("100.00")] * 6 + [Decimal("0.00")] * 3


def test_a_column_of_its_own_says_the_currency_of_each_line(house: Claims) -> None:
    said = ["CNY", "人民币（元）", "", "USD", "澳元", "¥"]
    cases = [house.accepted("100.00", claim_no=f"C-{place}") for place in range(len(said))]
    rows = [[f"C-{place}", "", "100.00", "", "", one] for place, one in enumerate(said)]
    with override("en"):
        statement = taken_in(house, csv_of(*rows, headings=[*HEADINGS, "币种"]))
    assert outcomes(statement) == ["matched"] * 3 + ["unknown"] * 2 + ["matched"]
    assert "100.00 USD” is in another currency" in statement.lines.get(row=5).note
    assert reconciliation.post(statement=statement, by=house["cashier"]) == 4
    left = [Decimal("0.00")] * 3 + [Decimal("100.00")] * 2 + [Decimal("0.00")]
    assert [balance(case) for case in cases] == left


def test_what_is_wrong_with_an_amount_in_another_currency_stops_no_list(house: Claims) -> None:
    house.accepted("100.00", claim_no="C-1")
    rows = [["C-1", "", amount, "", "", "USD"] for amount in ("-100.00", "1.005", "", "soon")]
    statement = taken_in(house, csv_of(["C-1", "", "100", "", "", ""], *rows, headings=[*HEADINGS, "币种"]))
    assert outcomes(statement) == ["matched"] + ["unknown"] * 4
    assert reconciliation.post(statement=statement, by=house["cashier"]) == 1


@pytest.mark.parametrize(
    ("number_format", "outcome"),
    [
        ("#,##0.00", "matched"),
        ("General", "matched"),
        ("¥#,##0.00", "matched"),
        ("[$¥-804]#,##0.00", "matched"),
        ('_ "¥"* #,##0.00_ ;_ "¥"* -#,##0.00_ ', "matched"),
        ('#,##0.00"元"', "matched"),
        ("[$-409]#,##0.00;[Red]-#,##0.00", "matched"),
        # Of the program itself: it shows the sign of the country it is set to.
        ('"$"#,##0.00_);("$"#,##0.00)', "matched"),
        ("[$US$-409]#,##0.00", "unknown"),
        ("[$USD] #,##0.00", "unknown"),
        ("$#,##0.00", "unknown"),
        ("[$€-407] #,##0.00", "unknown"),
        ("[$¥-411]#,##0", "unknown"),
        ('#,##0.00" 美元"', "unknown"),
    ],
)
def test_the_format_of_a_number_says_its_currency(house: Claims, number_format: str, outcome: str) -> None:
    house.accepted("100.00", claim_no="C-1")
    book = openpyxl.Workbook()
    book.active.append(HEADINGS)
    book.active.append(["C-1", None, 100, None, None])
    book.active["C2"].number_format = number_format
    target = io.BytesIO()
    book.save(target)
    assert outcomes(taken_in(house, target.getvalue(), "list.xlsx")) == [outcome]


def test_a_line_that_stands_twice_in_a_list_pays_what_is_open_once(house: Claims) -> None:
    case = house.accepted("100.00", claim_no="C-1")
    statement = taken_in(house, csv_of(*[["C-1", "", "100.00", "2026-02-03", "T1"]] * 2))
    assert outcomes(statement) == ["matched", "paid"]
    assert reconciliation.post(statement=statement, by=house["cashier"]) == 1
    assert balance(case) == 0


# --- long lists are posted in parts -----------------------------------------------------------------------------


class BrokenOffError(Exception):
    """The worker has ended."""


@pytest.fixture
def in_twos(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists are posted two cases at a time."""
    monkeypatch.setattr(reconciliation, "IN_A_PART", 2)


def after_part(number: int, act: Any) -> Any:
    """Return what to call between parts: it does ``act`` after the part of that number."""
    parts: list[int] = []

    def told(done: int, total: int) -> None:
        parts.append(done)
        if len(parts) == number:
            act()

    return told


def break_off() -> None:
    raise BrokenOffError


def five(house: Claims) -> tuple[list[Case], PayerStatement]:
    """Five claims, and a list that pays them all."""
    cases = [house.accepted("100.00", claim_no=f"C-{number}") for number in range(5)]
    rows = [[f"C-{number}", "", "100.00", "", f"T{number}"] for number in range(5)]
    return cases, taken_in(house, csv_of(*rows))


@pytest.mark.usefixtures("in_twos")
def test_posting_that_was_broken_off_goes_on_with_what_is_left(house: Claims) -> None:
    cases, statement = five(house)
    with pytest.raises(BrokenOffError):
        reconciliation.post(statement=statement, by=house["cashier"], tell=after_part(1, break_off))
    assert [fresh(case).state for case in cases] == ["settled"] * 2 + ["accepted"] * 3
    with override("en"), pytest.raises(StatementRefused, match="posted already"):
        reconciliation.discard(statement=statement, by=house["cashier"])
    assert reconciliation.post(statement=statement, by=house["cashier"]) == 3
    assert reconciliation.post(statement=statement, by=house["cashier"]) == 0
    assert {balance(case) for case in cases} == {Decimal("0.00")}
    for case in cases:
        kinds = [event.kind for event in events_of(case.stream)]
        assert kinds[-2:] == ["case_reconciled", "case_settle"]
        assert kinds.count("case_reconciled") == 1
    assert [event.kind for event in events_of("ledger:claim")] == ["ledger_list_posted"]
    assert verify().faults == []


@pytest.mark.usefixtures("in_twos")
def test_a_line_whose_case_was_paid_meanwhile_is_left_aside_and_says_so(house: Claims) -> None:
    cases, statement = five(house)
    with override("en"):
        made = reconciliation.post(
            statement=statement, by=house["cashier"], tell=after_part(1, lambda: house.post(cases[3], "30"))
        )
    assert made == 4
    assert [balance(case) for case in cases] == [Decimal(left) for left in ("0", "0", "0", "70", "0")]
    line = statement.lines.get(case=cases[3])
    assert line.outcome == "more"
    assert "has changed since" in line.note
    assert "Not posted" in line.note


@pytest.mark.usefixtures("in_twos")
def test_a_case_that_refuses_its_line_does_not_keep_the_others_from_being_posted(house: Claims) -> None:
    cases, statement = five(house)
    LedgerAccount.objects.filter(case=cases[2]).update(currency="USD")
    with override("en"):
        assert reconciliation.post(statement=statement, by=house["cashier"]) == 4
    line = statement.lines.get(case=cases[2])
    assert (line.outcome, fresh(cases[2]).state) == ("wrong", "accepted")
    assert "has entries in USD" in line.note
    assert [fresh(case).state for case in cases].count("settled") == 4


def test_a_long_list_over_as_many_cases_is_posted_once_and_known_again(
    house: Claims, django_assert_max_num_queries: Any
) -> None:
    claims = many_accepted(house, 250)
    data = workbook(*paid_list(claims, differing=0.04))
    with django_assert_max_num_queries(40):
        statement = taken_in(house, data, "list.xlsx")
    found = outcomes(statement)
    assert {one: found.count(one) for one in set(found)} == {
        "matched": 240, "less": 2, "more": 2, "unknown": 4, "paid": 2,
    }  # fmt: skip
    told: list[tuple[int, int]] = []
    by = house["cashier"]
    # Two events a case, each with its history row, what it opens and the row it speaks of.
    with django_assert_max_num_queries(250 * 18):
        made = reconciliation.post(statement=statement, by=by, tell=lambda *said: told.append(said))
    assert (made, told) == (242, [(100, 242), (200, 242), (242, 242)])
    received = LedgerEntry.objects.filter(statement=statement)
    assert received.count() == received.values("case").distinct().count() == 242
    assert LedgerAccount.objects.filter(balance=0).count() == 240
    again = taken_in(house, data, "list.xlsx")
    assert outcomes(again).count("paid") == 244
    with django_assert_max_num_queries(40):
        assert reconciliation.post(statement=again, by=by) == 0
    assert LedgerEntry.objects.filter(kind="received").count() == 242
