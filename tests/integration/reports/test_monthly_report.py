"""A monthly report: what it counts, what leads to what, who has it, and as files."""

from __future__ import annotations

import copy
import io
import re
import subprocess
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import time_machine as machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from foundation.audit.queries import events_of
from foundation.editions.models import Edition
from foundation.editions.services import publish
from foundation.organisation.models import User
from foundation.packs.exceptions import PackFault
from tests.factories.workflows import House, make_house, open_complaint, take
from workflows.models import Case
from workflows.pack import ReportLoader
from workflows.reports.definitions import check_report

pytestmark = pytest.mark.django_db
KEY = "complaints"


def text(word: str) -> dict[str, str]:
    return {"zh-hans": word, "en": word}


def body() -> dict[str, Any]:
    return {
        "schema_version": 1,
        "key": KEY,
        "title": text("Complaints of the month"),
        "readers": ["manager", "clerk", "auditor"],
        "monthly": {
            "workflow": "complaint",
            "months": 3,
            "figures": [
                {"id": "received", "title": text("Received"), "charted": True},
                {"id": "repeated", "title": text("Repeated"), "where": {"answers": {"repeated": [True]}}},
                {"id": "sent_back", "title": text("Sent back"), "where": {"taken": ["send_back"]}},
                {
                    "id": "repeated_share",
                    "title": text("Share of repeated"),
                    "measure": "share",
                    "of": "received",
                    "where": {"answers": {"repeated": [True]}},
                },
                {"id": "closed", "title": text("Closed"), "basis": "closed"},
                {"id": "days", "title": text("Days"), "basis": "closed", "measure": "average_days"},
                {"id": "visits", "title": text("Visits"), "measure": "average", "answer": "visits"},
            ],
            "groups": [
                {
                    "id": "by_severity",
                    "title": text("By severity"),
                    "figure": "received",
                    "by": "answer",
                    "answer": "severity",
                },
                {"id": "by_state", "title": text("By state"), "figure": "received", "by": "state"},
                {"id": "by_person", "title": text("By person"), "figure": "received", "by": "assignee"},
                {
                    "id": "by_remedy",
                    "title": text("By remedy"),
                    "figure": "received",
                    "by": "answer",
                    "answer": "remedy",
                },
            ],
        },
    }


@pytest.fixture
def house() -> House:
    with machine.travel("2026-10-01 02:00:00+00:00", tick=False):
        house = make_house()
        publish(kind=Edition.Kind.REPORT, key=KEY, body=body(), by=house["administrator"])
    return house


@pytest.fixture
def walked(house: House) -> Iterator[dict[str, Case]]:
    """Two complaints of October, one closed in November after four days; one of November."""
    found = {}
    with machine.travel("2026-10-29 02:00:00+00:00", tick=False):
        found["closed"] = open_complaint(house)
        found["back"] = open_complaint(house)
        for case in (found["closed"], found["back"]):
            take(house, Case.objects.get(pk=case.pk), "assign")
            take(house, Case.objects.get(pk=case.pk), "answer")
        take(house, Case.objects.get(pk=found["back"].pk), "send_back", reason="不完整")
    with machine.travel("2026-11-02 02:00:00+00:00", tick=False):
        take(house, Case.objects.get(pk=found["closed"].pk), "close")
    # 16:30 UTC on the last of October is the first of November here.
    with machine.travel("2026-10-31 16:30:00+00:00", tick=False):
        found["new"] = open_complaint(house)
    with machine.travel("2026-11-22 02:00:00+00:00", tick=False):
        yield found


@pytest.fixture
def sign() -> Callable[[User], Client]:
    def signed(person: User) -> Client:
        client = Client()
        client.cookies["django_language"] = "en"
        client.force_login(person)
        return client

    return signed


Sign = Callable[[User], Client]


def page(client: Client, query: str = "", name: str = "report") -> str:
    answer = client.get(reverse(f"reports:{name}", args=[KEY]) + query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def line(html: str, title: str) -> list[str]:
    row = re.search(rf'<tr[^>]*><th scope="row">{re.escape(title)}</th>(.*?)</tr>', html, re.DOTALL)
    assert row is not None, title
    return [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<td.*?</td>", row[1], re.DOTALL)]


def numbers(html: str) -> set[str]:
    return set(re.findall(r"data-row-link[^>]*>([^<]+)<", html))


def answers(case: Case) -> dict[str, Any]:
    return dict(case.submission.answers)


def test_figures_are_those_of_the_months_of_the_house(
    house: House, walked: dict[str, Case], sign: Sign
) -> None:
    html = page(sign(house["manager"]), "?month=2026-11")
    assert line(html, "Received") == ["0", "2", "1"]
    assert line(html, "Sent back") == ["0", "1", "0"]
    assert line(html, "Closed") == ["0", "0", "1"]
    assert line(html, "Days")[2].startswith("4.0")
    assert line(html, "Days")[1] == "–"
    october = [walked["closed"], walked["back"]]
    repeated = sum(answers(case).get("repeated") is True for case in october)
    assert line(html, "Repeated")[1] == str(repeated)
    assert line(html, "Share of repeated")[1] == f"{Decimal(repeated) * 50:.1f}%"
    assert line(html, "Share of repeated")[0] == "–"
    visits = [answers(case)["visits"] for case in october if "visits" in answers(case)]
    expected = f"{Decimal(sum(visits)) / len(visits):.1f}" if visits else "–"
    assert line(html, "Visits")[1] == expected


def test_every_figure_leads_to_the_cases_it_counts(house: House, walked: dict[str, Case], sign: Sign) -> None:
    client = sign(house["manager"])
    html = page(client, "?month=2026-10")
    leads = {
        address.replace("&amp;", "&") for address in re.findall(r'href="(/reports/[^"]+/cases/[^"]+)"', html)
    }
    assert len(leads) >= 7
    for address in leads:
        listed = client.get(address)
        assert listed.status_code == 200
        cell = re.search(rf'<a href="{re.escape(address.replace("&", "&amp;"))}">([^<]+)</a>', html)
        if cell is not None and cell[1].strip().isdigit():
            assert len(numbers(listed.content.decode())) == int(cell[1]), address
    assert numbers(page(client, "?figure=sent_back&month=2026-10", "cases")) == {walked["back"].number}
    assert numbers(page(client, "?group=by_state&month=2026-10&value=closed", "cases")) == {
        walked["closed"].number
    }
    nobody = numbers(page(client, "?group=by_person&month=2026-11&value=", "cases"))
    assert nobody == {walked["new"].number}
    assert client.get(reverse("reports:cases", args=[KEY]) + "?figure=no_such").status_code == 404
    assert client.get(reverse("reports:cases", args=[KEY]) + "?group=no_such").status_code == 404


def test_parts_of_a_breakdown_add_up_and_say_what_is_not_answered(
    house: House, walked: dict[str, Case], sign: Sign
) -> None:
    html = page(sign(house["manager"]), "?month=2026-11")
    assert line(html, "not answered") == ["1", "100.0%"]
    assert "nobody yet" in html


def test_whoever_sees_fewer_cases_reads_smaller_figures_and_strangers_find_no_report(
    house: House, walked: dict[str, Case], sign: Sign
) -> None:
    stranger = sign(house["stranger"])
    for name in ("report", "cases", "file", "pdf"):
        assert stranger.get(reverse(f"reports:{name}", args=[KEY])).status_code == 404
    assert "No report is yours to read" in stranger.get(reverse("reports:list")).content.decode()
    assert "Complaints of the month" in sign(house["clerk"]).get(reverse("reports:list")).content.decode()
    visible = body()
    visible["key"], visible["readers"] = "for_all", ["form_builder"]
    publish(kind=Edition.Kind.REPORT, key="for_all", body=visible, by=house["administrator"])
    reader = sign(house["form_builder"])
    html = reader.get(reverse("reports:report", args=["for_all"]) + "?month=2026-10").content.decode()
    assert line(html, "Received") == ["0", "0", "0"]
    listed = reader.get(reverse("reports:cases", args=["for_all"]) + "?figure=received&month=2026-10")
    assert numbers(listed.content.decode()) == set()
    assert "No case stands behind this figure now" in listed.content.decode()


def test_the_number_of_queries_does_not_grow_with_cases(
    house: House, walked: dict[str, Case], sign: Sign
) -> None:
    client = sign(house["manager"])
    page(client, "?month=2026-11")
    with CaptureQueriesContext(connection) as few:
        page(client, "?month=2026-11")
    for _each in range(3):
        open_complaint(house)
    with CaptureQueriesContext(connection) as many:
        page(client, "?month=2026-11")
    assert len(many) == len(few)


def test_the_workbook_holds_numbers_and_is_recorded(
    house: House, walked: dict[str, Case], sign: Sign
) -> None:
    client = sign(house["manager"])
    answer = client.get(reverse("reports:file", args=[KEY]) + "?month=2026-11")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    sheet = book.worksheets[0]
    rows = {row[0].value: [cell.value for cell in row[1:]] for row in sheet.iter_rows(min_row=4)}
    assert rows["Received"] == [0, 2, 1]
    assert rows["Days"] == [None, None, 4]
    assert len(book.worksheets) == 5
    assert events_of(f"user:{house['manager'].uuid}")[-1].kind == "user.exported"


def test_the_pdf_says_the_same(house: House, walked: dict[str, Case], sign: Sign, tmp_path: Path) -> None:
    answer = sign(house["manager"]).get(reverse("reports:pdf", args=[KEY]) + "?month=2026-11")
    assert answer.status_code == 200, answer.status_code
    assert answer["Content-Type"] == "application/pdf"
    file = tmp_path / "report.pdf"
    file.write_bytes(answer.content)
    read = subprocess.run(
        ["pdftotext", "-layout", str(file), "-"], capture_output=True, check=True
    ).stdout.decode()
    assert re.search(r"Received\s+0\s+2\s+1", read), read
    assert "By severity" in read


PLANTED: list[tuple[str, Callable[[dict[str, Any]], None]]] = [
    ("readers.nobody", lambda b: b["readers"].append("nobody")),
    ("readers.submitter", lambda b: b["readers"].append("submitter")),
    ("monthly.workflow", lambda b: b["monthly"].update(workflow="gone")),
    ("monthly", lambda b: b.pop("monthly")),
    ("monthly.figures.received", lambda b: b["monthly"]["figures"].append(b["monthly"]["figures"][0])),
    (
        "monthly.figures.received.where.states",
        lambda b: b["monthly"]["figures"][0].update(where={"states": ["x"]}),
    ),
    (
        "monthly.figures.received.where.grades",
        lambda b: b["monthly"]["figures"][0].update(where={"grades": ["x"]}),
    ),
    (
        "monthly.figures.received.where.taken",
        lambda b: b["monthly"]["figures"][0].update(where={"taken": ["x"]}),
    ),
    (
        "monthly.figures.received.where.clocks",
        lambda b: b["monthly"]["figures"][0].update(where={"clocks": {"x": "kept"}}),
    ),
    (
        "monthly.figures.received.where.answers.severity",
        lambda b: b["monthly"]["figures"][0].update(where={"answers": {"severity": ["terrible"]}}),
    ),
    (
        "monthly.figures.received.where.answers.phone",
        lambda b: b["monthly"]["figures"][0].update(where={"answers": {"phone": ["1"]}}),
    ),
    ("monthly.figures.repeated_share.of", lambda b: b["monthly"]["figures"][3].update(of="closed")),
    ("monthly.figures.received.of", lambda b: b["monthly"]["figures"][0].update(of="closed")),
    ("monthly.figures.visits.answer", lambda b: b["monthly"]["figures"][6].update(answer="matter")),
    ("monthly.figures.received.answer", lambda b: b["monthly"]["figures"][0].update(answer="visits")),
    ("monthly.figures.days.basis", lambda b: b["monthly"]["figures"][5].update(basis="opened")),
    ("monthly.figures.days.charted", lambda b: b["monthly"]["figures"][5].update(charted=True)),
    ("monthly.groups.by_severity.figure", lambda b: b["monthly"]["groups"][0].update(figure="days")),
    ("monthly.groups.by_state.answer", lambda b: b["monthly"]["groups"][1].update(answer="severity")),
    ("monthly.groups.by_severity.answer", lambda b: b["monthly"]["groups"][0].update(answer="plate")),
    ("ageing.workflows.complaint", lambda b: b.update(ageing={"workflows": ["complaint"]}, monthly=None)),
]


@pytest.mark.parametrize(("place", "spoil"), PLANTED, ids=[place for place, _spoil in PLANTED])
def test_a_planted_fault_is_named_at_its_place(
    house: House, place: str, spoil: Callable[[dict[str, Any]], None]
) -> None:
    wrong = copy.deepcopy(body())
    assert check_report(wrong) == []
    spoil(wrong)
    assert place in [problem.path for problem in check_report(wrong)]


def test_a_pack_carries_reports_there_and_back_and_refuses_faults(house: House) -> None:
    loader, by = ReportLoader(), house["administrator"]
    [(name, told)] = list(loader.export())
    assert (name, told) == (f"reports/{KEY}.yaml", body())
    path = Path(name)
    assert [change.action for change in loader.plan(path, told, by=by)] == ["unchanged"]
    told["monthly"]["figures"][0]["title"] = text("Heard")
    loader.apply(path, told, by=by)
    assert Edition.objects.filter(kind=Edition.Kind.REPORT, key=KEY).count() == 2
    told["monthly"]["workflow"] = "gone"
    with pytest.raises(PackFault):
        loader.apply(path, told, by=by)
