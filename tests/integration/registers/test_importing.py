"""Sheets into a register: the template, what is wrong line by line, all rows or none, once, and hostile workbooks."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl.styles import Font

from backoffice.access.records import stream_of
from backoffice.intake.registers import importing as screens
from forms.exceptions import AnswerError, AnswersInvalid
from forms.fields.base import text_of_cell
from forms.models import RegisterImport, Submission
from forms.registers import importing, workbooks
from forms.registers.importing import fields_of
from forms.registers.workbooks import Faulty, WorkbookRefused, read_workbook
from forms.sampling import sample_state
from forms.schema import definition_of
from forms.services.definitions import publish_form
from foundation.audit.queries import events_of
from foundation.editions.models import Edition
from foundation.organisation.models import User
from foundation.outbox import jobs
from foundation.outbox.models import Job, Message
from foundation.outbox.services import Payload
from tests.factories.forms import choices, field, form_body, text
from tests.factories.organisation import make_role, make_user_with_roles
from tests.factories.workflows import make_house
from workflows.models import Case

pytestmark = pytest.mark.django_db

IMPORT = "/registers/visits/import/"


def visits_body(**more: Any) -> dict[str, Any]:
    body = form_body(
        {**field("customer", required=True), "label": text("客户", "Customer")},
        {**field("level", "choice", options=choices("gold", "plain")), "label": text("级别", "Level")},
        {**field("spent", "money"), "label": text("金额", "Spent")},
        {**field("day", "date"), "label": text("日期", "Day")},
        {**field("vip", "yes_no"), "label": text("会员", "Member")},
        {**field("phone", "phone"), "label": text("电话", "Phone")},
        {**field("sum", "money", computed="spent"), "label": text("合计", "Sum")},
        key="visits",
        registered={"readers": ["manager"], "importers": ["manager"]},
        **more,
    )
    inner = {
        "id": "marks",
        "title": text("标记", "Marks"),
        "repeat": {"max": 5},
        "fields": [{**field("mark"), "label": text("记号", "Mark")}],
    }
    body["pages"][0]["groups"].append(
        {
            "id": "parts",
            "title": text("配件", "Parts"),
            "repeat": {"max": 3},
            "fields": [
                {**field("part", required=True), "label": text("名称", "Part")},
                {**field("price", "money"), "label": text("单价", "Price")},
            ],
            "groups": [inner],
        }
    )
    return body


@pytest.fixture
def manager() -> User:
    return make_user_with_roles("manager", language="en")


@pytest.fixture
def client(manager: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(manager)
    return client


@pytest.fixture
def edition(manager: User) -> Edition:
    return publish_form(visits_body(), by=manager)


def filled(*rows: list[Any], heads: list[str] | None = None, **sheets: list[list[Any]]) -> bytes:
    """Return a workbook: rows below headings, and further sheets by title."""
    book = openpyxl.Workbook()
    first = book.active
    first.title = "Test form"
    heads = heads or ["No.", "Customer *", "Level", "Spent", "Day", "Member", "Phone"]
    for row in (heads, *rows):
        first.append(row)
    for title, lines in sheets.items():
        sheet = book.create_sheet(title)
        for line in lines:
            sheet.append(line)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


GOOD = [
    [1, "王小明", "Choice gold", 12.3, datetime.date(2026, 11, 22), "Yes", 13800138000],
    [2, "Li Si", "gold", "1,200", "2026/11/21", "否", "13900139000"],
]
PARTS = [["No.", "Part", "Price"], [1, "灯", 1.5], [2, "门", 2], [1, "窗", None]]
MARKS = [["No.", "Row", "Mark"], [1, 2, "左"], [1, 1, "右"]]


def upload(client: Client, data: bytes, name: str = "客户.xlsx") -> Any:
    return client.post(IMPORT, {"file": SimpleUploadedFile(name, data)}, follow=True)


def test_the_template_asks_what_the_form_asks(client: Client, edition: Edition) -> None:
    response = client.get(f"{IMPORT}template/")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    assert book.sheetnames == ["Test form", "Parts", "Marks", "Answers to choose from", "How to fill this in"]
    heads = [cell.value for cell in book["Test form"][1]]
    assert heads == ["No.", "Customer *", "Level", "Spent", "Day", "Member", "Phone"]
    assert [cell.value for cell in book["Marks"][1]] == ["No.", "Row", "Mark"]
    lists = {str(one.sqref): one.formula1 for one in book["Test form"].data_validations.dataValidation}
    assert set(lists) == {"C2:C5001", "F2:F5001"}
    answers = book["Answers to choose from"]
    assert [[cell.value for cell in column] for column in answers.columns] == [
        ["List 1", "Choice gold", "Choice plain"],
        ["List 2", "Yes", "No"],
    ]
    assert all(cell.data_type in {"s", "n"} for sheet in book for row in sheet.iter_rows() for cell in row)


def test_a_filled_in_sheet_becomes_submissions_through_the_door(
    client: Client, manager: User, edition: Edition
) -> None:
    checked = upload(client, filled(*GOOD, Parts=PARTS, Marks=MARKS))
    assert "Every row is sound" in checked.content.decode()
    assert not Submission.objects.exists()
    taken = RegisterImport.objects.get()
    done = client.post(f"{IMPORT}{taken.uuid}/take/", follow=True)
    assert "2 rows were taken in" in done.content.decode()
    first, second = Submission.objects.order_by("pk")
    assert first.answers == {
        "customer": "王小明",
        "level": "gold",
        "spent": "12.30",
        "day": "2026-11-22",
        "vip": True,
        "phone": "13800138000",
        "sum": "12.30",
        "parts": [
            {"_row": "r1", "part": "灯", "price": "1.50", "marks": [{"_row": "r1", "mark": "右"}]},
            {"_row": "r2", "part": "窗", "marks": [{"_row": "r1", "mark": "左"}]},
        ],
    }
    assert (second.answers["vip"], second.answers["day"], second.answers["spent"]) == (
        False,
        "2026-11-21",
        "1200.00",
    )
    assert first.submitted_by == manager
    (event,) = events_of(first.stream)
    assert (event.references["import"], event.references["row"]) == (str(taken.uuid), "2")
    (noted,) = [one for one in events_of(stream_of(manager)) if one.kind == "user.register_imported"]
    assert noted.references["count"] == "2"
    taken.refresh_from_db()
    assert (taken.state, taken.rows, taken.made) == ("done", [], [[2, first.number], [3, second.number]])


def test_the_same_file_twice_is_told_and_does_nothing(client: Client, edition: Edition) -> None:
    data = filled(*GOOD)
    upload(client, data)
    taken = RegisterImport.objects.get()
    for _again in range(2):
        client.post(f"{IMPORT}{taken.uuid}/take/")
    assert Submission.objects.count() == 2
    again = upload(client, data)
    assert again.status_code == 422
    assert "taken in before" in again.content.decode()
    assert (Submission.objects.count(), RegisterImport.objects.count()) == (2, 1)
    other = Client(headers={"accept-language": "en"})
    other.force_login(make_user_with_roles("manager", language="en"))
    assert "taken in before" in upload(other, data).content.decode()
    assert Submission.objects.count() == 2


def test_what_is_wrong_is_told_by_row_column_and_sentence(client: Client, edition: Edition) -> None:
    data = filled(
        [1, None, "bronze", "much", "2026-02-30", "perhaps", "12"],
        [2, "Li Si", "gold", 1, datetime.date(2026, 11, 22), "Yes", "13900139000"],
        Parts=[["No.", "Part", "Price"], [2, None, 3], [9, "灯", 1], [2, "门", "viel"]],
    )
    page = upload(client, data)
    findings = {
        (one["sheet"], one["row"], one["column"]): (one["value"], one["sentence"])
        for one in RegisterImport.objects.get().findings
    }
    assert {key: value for key, (value, _sentence) in findings.items()} == {
        ("Parts", 3, "No."): "9",
        ("Test form", 2, "Customer"): "",
        ("Test form", 2, "Level"): "bronze",
        ("Test form", 2, "Spent"): "much",
        ("Test form", 2, "Day"): "2026-02-30",
        ("Test form", 2, "Member"): "perhaps",
        ("Test form", 2, "Phone"): "12",
        ("Parts", 2, "Part"): "",
        ("Parts", 4, "Price"): "viel",
    }
    assert all(sentence for _value, sentence in findings.values())
    said = page.content.decode()
    assert "bronze" in said
    assert "There is no such day" in said
    assert "/take/" not in said
    assert client.post(f"{IMPORT}{RegisterImport.objects.get().uuid}/take/", follow=True).status_code == 200
    assert not Submission.objects.exists()


def test_headings_are_read_in_any_language_and_strange_ones_are_told(
    client: Client, edition: Edition
) -> None:
    assert "Every row is sound" in upload(client, filled(["甲"], heads=["客户"])).content.decode()
    strange = upload(client, filled(["甲", 1, "乙"], heads=["客户", "Colour", "Customer"]))
    found = [(one["column"], one["row"]) for one in strange.context["taken"].findings]
    assert found == [("Colour", 1), ("Customer", 1)]


def test_nothing_is_taken_in_when_one_row_fails_at_the_last_moment(
    client: Client, manager: User, edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(client, filled(*GOOD))
    taken = RegisterImport.objects.get()
    real, calls = screens.submissions.submit, []

    def failing(**said: Any) -> Any:
        calls.append(said)
        if len(calls) == 2:
            raise AnswersInvalid([AnswerError("customer", "Customer", "Not any more.")])
        return real(**said)

    monkeypatch.setattr(screens.submissions, "submit", failing)
    page = client.post(f"{IMPORT}{taken.uuid}/take/", follow=True).content.decode()
    assert "Row 3 cannot be taken in any more: Not any more." in page
    assert not Submission.objects.exists()
    taken.refresh_from_db()
    assert taken.state == "ready"


def test_every_row_opens_its_case_where_the_form_begins_one(client: Client) -> None:
    house = make_house()
    client.force_login(house["manager"])
    definition = definition_of(house.form)
    assert definition.registered is not None
    assert "manager" in definition.registered.importers
    answers = next(
        state.answers for seed in range(500) if not (state := sample_state(definition, seed, "en")).errors
    )
    heads, row = [], []
    for one in fields_of(definition.form):
        if (value := answers.get(one.field.id)) is not None:
            cell = one.field.of_kind.cells(value, one.field.settings, "en").get(one.column.key)
            heads.append(one.headings["en"])
            row.append(text_of_cell(cell))
    response = client.post(
        "/registers/complaint/import/",
        {"file": SimpleUploadedFile("a.xlsx", filled(row, heads=heads))},
        follow=True,
    )
    taken = response.context["taken"]
    assert (taken.state, taken.findings) == ("ready", [])
    client.post(f"/registers/complaint/import/{taken.uuid}/take/")
    taken.refresh_from_db()
    assert Case.objects.filter(submission__number=taken.made[0][1]).count() == 1


# --- who ---------------------------------------------------------------------------------------------------------


def test_only_importers_who_may_fill_the_form_in_get_there(client: Client, manager: User) -> None:
    make_role("clerk")
    publish_form(visits_body(submitters=["clerk"]), by=manager)
    for path in ("", "template/"):
        assert client.get(f"{IMPORT}{path}").status_code == 404
    assert client.post(IMPORT).status_code == 404
    both = Client()
    both.force_login(make_user_with_roles("manager", "clerk"))
    assert both.get(IMPORT).status_code == 200
    clerk = Client()
    clerk.force_login(make_user_with_roles("clerk"))
    assert clerk.get(IMPORT).status_code == 404


def test_a_file_is_its_uploaders_alone(client: Client, edition: Edition) -> None:
    upload(client, filled(*GOOD))
    taken = RegisterImport.objects.get()
    other = Client()
    other.force_login(make_user_with_roles("manager"))
    assert other.get(f"{IMPORT}{taken.uuid}/").status_code == 404
    for act in ("take", "discard"):
        assert other.post(f"{IMPORT}{taken.uuid}/{act}/").status_code == 404
    assert client.post(f"{IMPORT}{taken.uuid}/discard/").status_code == 302
    assert not RegisterImport.objects.exists()


# --- by the worker -----------------------------------------------------------------------------------------------


def carried_out() -> Job:
    message = Message.objects.filter(kind=jobs.MESSAGE_KIND).latest("pk")
    jobs.carry_out(Payload(message.payload, key=message.key))
    return Job.objects.latest("pk")


def test_long_files_are_checked_and_taken_in_by_the_worker(
    client: Client, edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screens, "CHECKED_AT_ONCE", 1)
    monkeypatch.setattr(screens, "TAKEN_AT_ONCE", 1)
    upload(client, filled(*GOOD))
    job = carried_out()
    assert (job.state, job.result["text"]) == ("done", "Every row is sound."), job.error
    assert client.get(job.result["url"]).status_code == 200
    taken = RegisterImport.objects.get()
    client.post(f"{IMPORT}{taken.uuid}/take/")
    assert not Submission.objects.exists()
    job = carried_out()
    assert (job.state, job.result["text"]) == ("done", "2 rows were taken in."), job.error
    assert Submission.objects.count() == 2


def test_a_cancelled_import_leaves_nothing(
    client: Client, manager: User, edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screens, "TAKEN_AT_ONCE", 1)
    upload(client, filled(*GOOD))
    client.post(f"{IMPORT}{RegisterImport.objects.get().uuid}/take/")
    job = Job.objects.get()
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING, cancel_asked=True)
    assert carried_out().state == Job.State.CANCELLED
    assert not Submission.objects.exists()
    assert RegisterImport.objects.get().state == "ready"


# --- hostile workbooks -------------------------------------------------------------------------------------------


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


def with_part(name: str, content: bytes) -> bytes:
    return packed({**parts_of(filled(*GOOD)), name: content})


def merged() -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(filled(*GOOD)))
    book.active.merge_cells("B2:C2")
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def far_below() -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(filled(*GOOD)))
    book.active["B1048576"] = "x"
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def million_rows() -> bytes:
    data = parts_of(filled(*GOOD))
    row = b'<row r="%d"><c r="A%d"><v>1</v></c></row>'
    rows = b"".join(row % (number, number) for number in range(2, 300_000))
    sheet = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'
    return packed({**data, "xl/worksheets/sheet1.xml": sheet % rows})


def entities() -> bytes:
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    return with_part("xl/sharedStrings.xml", bomb)


def many_parts() -> bytes:
    return packed({**parts_of(filled(*GOOD)), **{f"xl/media/{number}.bin": b"" for number in range(600)}})


HOSTILE: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "no archive": lambda: b"name,amount\n",
    "an archive of something else": lambda: packed({"a.txt": b"a"}),
    "half a workbook": lambda: filled(*GOOD)[:2000],
    "the old kind": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "a bomb": lambda: with_part("xl/media/big.bin", bytes(30 * 1024 * 1024)),
    "many parts": many_parts,
    "entities": entities,
    "entities in another coding": lambda: with_part("xl/sharedStrings.xml", "<!DOCTYPE x>".encode("utf-16")),
    "links to files": lambda: with_part("xl/externalLinks/externalLink1.xml", b"<x/>"),
    "macros": lambda: with_part("xl/vbaProject.bin", b"x"),
    "merged cells": merged,
    "a cell in the last row": far_below,
    "a million rows": million_rows,
    "broken sheets": lambda: with_part("xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row"),
    "broken strings": lambda: with_part("xl/workbook.xml", b"<workbook><sheets/></workbook>"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_workbooks_are_refused_with_a_sentence(client: Client, edition: Edition, name: str) -> None:
    page = upload(client, HOSTILE[name]())
    assert page.status_code == 422, name
    assert page.context["refusal"], name
    assert not RegisterImport.objects.exists()


def test_a_file_too_large_is_refused_before_it_is_read(
    client: Client, edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "LARGEST", 10)
    assert upload(client, filled(*GOOD)).status_code == 422


def test_more_rows_than_fit_are_refused(
    client: Client, edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "MOST_ROWS", 1)
    assert "Split it into several" in upload(client, filled(*GOOD)).content.decode()


def test_formulas_and_errors_are_told_and_never_calculated(client: Client, edition: Edition) -> None:
    page = upload(client, filled([1, "=1+1", None, "=SUM(1,2)"], [2, "#N/A"]))
    found = {(one["row"], one["column"]): one["value"] for one in page.context["taken"].findings}
    assert found[2, "Customer"] == "=1+1"
    assert found[2, "Spent"] == "=SUM(1,2)"
    assert found[3, "Customer"] == "#N/A"


@pytest.mark.parametrize(("number_format", "refused"), [("¥#,##0.00", False), ("[$US$-409]#,##0.00", True)])
def test_an_amount_shown_in_another_currency_is_refused(
    client: Client, edition: Edition, number_format: str, refused: bool
) -> None:
    book = openpyxl.load_workbook(io.BytesIO(filled(GOOD[0])))
    book.active["D2"].number_format = number_format
    target = io.BytesIO()
    book.save(target)
    upload(client, target.getvalue())
    found = [(one["column"], one["value"]) for one in RegisterImport.objects.get().findings]
    assert found == ([("Spent", "US$ 12.3")] if refused else [])


def test_cells_are_read_as_they_were_typed() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    typed = ["x", 1, 1.5, 0.1, 1e20, True, datetime.date(2026, 1, 2), datetime.time(8, 30), "   ", None]
    sheet.append(typed)
    sheet.append([])
    sheet.append(["after an empty row"])
    sheet["A3"].font = Font(bold=True)
    target = io.BytesIO()
    book.save(target)
    (read,) = read_workbook(target.getvalue(), most_rows=10)
    assert [row.number for row in read.rows] == [1, 3]
    assert [text_of_cell(cell) for cell in read.rows[0].cells[:8]] == [
        "x",
        "1",
        "1.5",
        "0.1",
        "100000000000000000000",
        "yes",
        "2026-01-02",
        "08:30:00",
    ]
    assert read.rows[0].cells[8] is None
    assert not any(isinstance(cell, Faulty) for row in read.rows for cell in row.cells)
    with pytest.raises(WorkbookRefused):
        read_workbook(target.getvalue(), most_rows=0)


def test_what_was_exported_of_a_form_can_be_filled_in_again(client: Client, edition: Edition) -> None:
    """The template, filled in by a program that knows nothing of it, comes back whole."""
    response = client.get(f"{IMPORT}template/")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    for place, value in enumerate(GOOD[0], 1):
        book["Test form"].cell(2, place, value)
    for row, line in enumerate(PARTS[1:2], 2):
        for place, value in enumerate(line, 1):
            book["Parts"].cell(row, place, value)
    target = io.BytesIO()
    book.save(target)
    assert "Every row is sound" in upload(client, target.getvalue()).content.decode()
    assert RegisterImport.objects.get().count == 1
