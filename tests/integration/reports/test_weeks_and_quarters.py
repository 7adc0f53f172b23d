"""Reports by week and by quarter: what falls into which, the cases behind, the files, the words in both languages."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest
import time_machine as machine
from django.test import Client
from django.urls import reverse

from foundation.editions.models import Edition
from foundation.editions.services import publish
from tests.factories.workflows import House, make_house, open_complaint, take
from tests.integration.reports.test_monthly_report import text
from workflows.models import Case
from workflows.reports.definitions import check_report

pytestmark = pytest.mark.django_db


def body(period: str) -> dict[str, Any]:
    return {
        "key": period,
        "title": text("Complaints"),
        "readers": ["manager"],
        "monthly": {
            "workflow": "complaint",
            "period": period,
            "months": 3,
            "figures": [
                {"id": "received", "title": text("Received"), "charted": True},
                {"id": "closed", "title": text("Closed"), "basis": "closed"},
            ],
            "groups": [{"id": "by_state", "title": text("By state"), "figure": "received", "by": "state"}],
        },
    }


@pytest.fixture
def house() -> Iterator[House]:
    """Complaints at the edges: the last second of a Sunday of the house, the Monday after, a new year, a quarter."""
    with machine.travel("2026-12-01 02:00:00+00:00", tick=False):
        house = make_house()
        for period in ("week", "quarter"):
            publish(kind=Edition.Kind.REPORT, key=period, body=body(period), by=house["administrator"])
    # In Shanghai: Sunday 27 December 23:59; Monday 28 December 00:00; Friday 1 January; Sunday 3 January 23:59.
    for moment in (
        "2026-12-27 15:59:59+00:00",
        "2026-12-27 16:00:00+00:00",
        "2026-12-31 16:00:00+00:00",
        "2027-01-03 15:59:59+00:00",
    ):
        with machine.travel(moment, tick=False):
            case = open_complaint(house)
    with machine.travel("2027-01-04 02:00:00+00:00", tick=False):
        for step in ("assign", "answer", "close"):
            take(house, Case.objects.get(pk=case.pk), step)
    with machine.travel("2027-01-06 02:00:00+00:00", tick=False):
        yield house


def page(house: House, period: str, language: str = "en", **query: str) -> str:
    client = Client()
    client.force_login(house["manager"])
    client.cookies["django_language"] = language
    answer = client.get(reverse("reports:report", args=[period]), query)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def cells(shown: str, figure: str) -> list[str]:
    """Return what the table over the periods says of a figure."""
    table = shown[shown.index('id="months"') if 'id="months"' in shown else shown.index("2026-") :]
    row = next(one for one in re.findall(r"<tr.*?</tr>", table, re.DOTALL) if figure in one)
    return [re.sub(r"<[^>]+>", "", one).strip() for one in re.findall(r"<td.*?</td>", row, re.DOTALL)]


def test_weeks_begin_on_mondays_of_the_house_and_are_numbered_by_iso(house: House) -> None:
    shown = page(house, "week", week="2026-W53")
    assert cells(shown, "Received") == ["0", "1", "3"]
    assert "Week by week" in shown
    assert "2026, week 53" in shown
    for key in ("2026-W51", "2026-W52", "2026-W53"):
        assert key in shown
    assert "2027-W01" in shown  # the week after
    assert cells(page(house, "week"), "Closed") == ["0", "0", "1"]  # of itself the week that runs


def test_quarters_go_by_the_calendar_of_the_house(house: House) -> None:
    shown = page(house, "quarter", quarter="2027-Q1")
    assert cells(shown, "Received") == ["0", "2", "2"]
    assert "Quarter by quarter" in shown
    assert re.search(r'<option value="2027-Q1" selected>', shown)
    assert "2027, quarter 1" in shown


@pytest.mark.parametrize(("period", "key"), [("week", "2026-W53"), ("quarter", "2026-Q4")])
def test_each_figure_leads_to_exactly_its_cases(house: House, period: str, key: str) -> None:
    client = Client()
    client.force_login(house["manager"])
    client.cookies["django_language"] = "en"
    shown = page(house, period, **{period: key})
    links = set(re.findall(rf'href="(/reports/{period}/cases/\?[^"]*)"[^>]*>([\d,]+)<', shown))
    assert links
    for address, number in links:
        answer = client.get(address)
        numbers = {one.number for one in Case.objects.all() if one.number in answer.content.decode()}
        assert len(numbers) == int(number), address
        back = parse_qs(urlsplit(address).query)[period]
        assert f"?{period}={back[0]}" in answer.content.decode()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Week by week", "2026, week 53: ")),
        ("zh-hans", ("逐周", "2026年第53周：2026年12月28日至2027年1月3日")),
    ],
)
def test_the_words_are_those_of_the_reader(house: House, language: str, words: tuple[str, ...]) -> None:
    shown = page(house, "week", language, week="2026-W53")
    for word in words[:2]:
        assert word in shown, word


@pytest.mark.parametrize("period", ["week", "quarter"])
def test_the_workbook_and_the_document_say_the_same(house: House, period: str) -> None:
    key = {"week": "2026-W53", "quarter": "2026-Q4"}[period]
    client = Client()
    client.force_login(house["manager"])
    client.cookies["django_language"] = "en"
    answer = client.get(reverse("reports:file", args=[period]), {period: key})
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    sheet = book.worksheets[0]
    assert sheet.cell(3, 4).value == key
    assert [sheet.cell(4, column).value for column in (2, 3, 4)] == {"week": [0, 1, 3], "quarter": [0, 0, 2]}[
        period
    ]
    document = client.get(reverse("reports:pdf", args=[period]), {period: key})
    assert document.status_code == 200
    assert document.content[:5] == b"%PDF-"


@pytest.mark.parametrize("typed", ["2026-W54", "2099-W01", "nonsense", "1026-W01", ""])
def test_what_is_no_week_shows_one_all_the_same(house: House, typed: str) -> None:
    shown = page(house, "week", week=typed)
    assert ("1999-W52" if typed == "1026-W01" else "2027-W01") in shown


def test_a_report_by_anything_else_is_refused_at_its_place(house: House) -> None:
    faults = check_report({**body("week"), "monthly": {**body("week")["monthly"], "period": "fortnight"}})
    assert [one.path for one in faults] == ["monthly.period"]
    assert "week, month, quarter" in faults[0].message or "week" in faults[0].message
    assert check_report(body("week")) == []
