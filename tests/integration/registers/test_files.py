"""Registers as files: typed cells, a sheet for each repeating group, masks, and never a formula."""

from __future__ import annotations

import csv
import datetime
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from backoffice.access.records import stream_of
from backoffice.intake.registers import exporting
from forms.fields import KINDS
from forms.models import Submission
from forms.registers.columns import number_of, unanswered
from forms.registers.labels import shape_of
from forms.registers.lines import as_number, lines_of
from forms.registers.sheets import DANGEROUS, Book, Order, guarded, write_csv, write_xlsx
from forms.sampling import sample_answers
from forms.schema import definition_of
from forms.services.definitions import publish_form
from foundation.audit.queries import events_of
from foundation.editions.models import Edition
from foundation.organisation.models import User
from foundation.outbox import jobs
from foundation.outbox.models import Job, Message
from foundation.outbox.services import Payload
from tests.factories.fields import EXAMPLES, SmallDirectory
from tests.factories.forms import choices, field, form_body
from tests.factories.organisation import make_role, make_user_with_roles
from tests.factories.registers import add_submissions, make_register, register_body

pytestmark = pytest.mark.django_db

EXPORT = "/registers/claims/export/"
EVIL = [
    "=1+1",
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1",
    "  =1",
    '=HYPERLINK("http://x")',
    "'=1",
    "=cmd|' /C calc'!A0",
]


@pytest.fixture
def manager() -> User:
    return make_user_with_roles("manager", language="en")


@pytest.fixture
def client(manager: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(manager)
    return client


def downloaded(response: Any) -> bytes:
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def workbook(data: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data))


def test_cells_are_what_they_are(manager: User, client: Client) -> None:
    make_register(0, manager)
    answers = {
        "matter": "划痕",
        "level": "high",
        "amount": "12300.50",
        "visits": 3,
        "day": "2026-11-22",
        "urgent": True,
        "parts": [{"_row": "r1", "part": "灯", "price": "1.20"}, {"_row": "r2", "part": "门"}],
    }
    add_submissions(Edition.objects.get(key="claims"), 1, manager, answers=lambda draw, at: answers)
    book = workbook(downloaded(client.get(EXPORT, {"format": "xlsx"})))
    assert book.sheetnames == ["Test form", "Parts", "About this file"]
    sheet = book["Test form"]
    head = [cell.value for cell in sheet[1]]
    row = dict(zip(head, sheet[2], strict=True))
    assert row["Question amount"].value == 12300.5
    assert row["Question amount"].number_format == "#,##0.00"
    assert row["Question visits"].value == 3
    assert row["Question day"].value.date() == datetime.date(2026, 11, 22)
    assert row["Question day"].number_format == "yyyy-mm-dd"
    assert row["Question urgent"].value == "Yes"
    assert row["Question level"].value == "Choice high"
    assert row["Question story"].value is None
    assert isinstance(row["Submitted on"].value, datetime.datetime)
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B2", f"A1:{sheet.cell(2, len(head)).coordinate}")
    number = Submission.objects.get().number
    rows = [[cell.value for cell in line] for line in book["Parts"].iter_rows()]
    assert rows == [
        ["Number", "Row", "Question part", "Question price", "Question secret"],
        [number, 1, "灯", 1.2, None],
        [number, 2, "门", None, None],
    ]
    about = {line[0].value: line[1].value for line in book["About this file"].iter_rows(max_row=6)}
    assert about["Taken out by"] == str(manager)
    assert (about["Submissions"], about["Editions of the form"]) == (1, "1")
    assert about["Filters"] == "none: every submission"


def test_a_file_holds_what_the_filters_leave_in_their_order(manager: User, client: Client) -> None:
    make_register(40, manager)
    data = downloaded(client.get(EXPORT, {"format": "csv", "f": "level@choice:any:low", "sort": "_at"}))
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    wanted = Submission.objects.filter(answers__level="low").order_by("submitted_at")
    assert [row[0] for row in rows[1:]] == [row.number for row in wanted]
    shown = downloaded(client.get(EXPORT, {"format": "csv", "which": "shown", "c": "day@date"}))
    assert next(csv.reader(io.StringIO(shown.decode("utf-8-sig"))))[5:] == ["Question day"]


def test_columns_stay_where_they_were_over_editions(manager: User, client: Client) -> None:
    make_register(2, manager)
    body = register_body()
    fields = body["pages"][0]["groups"][0]["fields"]
    body["pages"][0]["groups"][0]["fields"] = [one for one in fields if one["id"] != "visits"]
    body["registered"]["totals"] = []
    publish_form(body, by=manager)
    book = workbook(downloaded(client.get(EXPORT)))
    head = [cell.value for cell in book["Test form"][1]]
    assert head[-1] == "Question visits"
    about = [[cell.value for cell in line] for line in book["About this file"].iter_rows(min_row=9)]
    assert ["Question visits", "visits@whole", "no longer asked", "in full"] in about


def test_masked_answers_are_masked_in_files(manager: User, client: Client) -> None:
    make_register(0, manager)
    answers = {
        "phone": "13812345678",
        "salary": "98765.00",
        "parts": [{"_row": "r1", "part": "灯", "secret": "内部备注不外传"}],
    }
    add_submissions(Edition.objects.get(key="claims"), 1, manager, answers=lambda draw, at: answers)
    for ending in ("xlsx", "csv"):
        data = downloaded(client.get(EXPORT, {"format": ending}))
        said = (
            data.decode()
            if ending == "csv"
            else str([[cell.value for cell in row] for sheet in workbook(data) for row in sheet.iter_rows()])
        )
        assert "138****5678" in said
        assert "••••" in said
        assert not any(secret in said for secret in ("13812345678", "98765", "内部备注不外传"))
    hr = make_user_with_roles("hr")
    other = Client()
    other.force_login(hr)
    assert b"98765.00" in downloaded(other.get(EXPORT, {"format": "csv"}))
    (event,) = [event for event in events_of(stream_of(hr)) if event.kind == "user.register_exported"]
    assert event.references["columns"] == "salary@money"


def test_an_export_is_recorded_with_filter_and_count(manager: User, client: Client) -> None:
    make_register(20, manager)
    data = downloaded(client.get(EXPORT, {"format": "csv", "f": "level@choice:any:low"}))
    (event,) = [event for event in events_of(stream_of(manager)) if event.kind == "user.register_exported"]
    lines = len(list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))) - 1
    assert event.references == {"register": "claims", "format": "csv", "count": str(lines), "columns": ""}
    (change,) = event.changes
    assert change.after == ["Question level: Choice low"]


@pytest.mark.parametrize("said", [{"format": "exe"}, {"which": "none"}])
def test_other_kinds_of_file_are_not_there(manager: User, client: Client, said: dict[str, str]) -> None:
    make_register(1, manager)
    assert client.get(EXPORT, said).status_code == 404


# --- by the worker -----------------------------------------------------------------------------------------------


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    settings.RENDERED_DIR = tmp_path
    monkeypatch.setattr(exporting, "MOST_AT_ONCE", 5)


def carried_out() -> Job:
    message = Message.objects.get(kind=jobs.MESSAGE_KIND)
    jobs.carry_out(Payload(message.payload, key=message.key))
    return Job.objects.get()


def test_a_large_file_is_made_by_the_worker_for_who_ordered_it(
    manager: User, client: Client, few: None, tmp_path: Path
) -> None:
    make_register(30, manager)
    asked = client.get(EXPORT, {"format": "xlsx", "f": "level@choice:any:low"})
    assert "The worker makes the file" in asked.content.decode()
    begun = client.post(EXPORT, {"format": "xlsx", "which": "all", "query": asked.context["wanted"].query})
    job = carried_out()
    assert begun["Location"] == reverse("access:job", args=[job.uuid])
    assert job.state == Job.State.DONE, job.error
    data = downloaded(client.get(job.result["url"]))
    sheet = workbook(data)["Test form"]
    assert sheet.max_row - 1 == Submission.objects.filter(answers__level="low").count()
    other = Client()
    other.force_login(make_user_with_roles("manager"))
    assert other.get(job.result["url"]).status_code == 404
    manager.groups.clear()
    assert client.get(job.result["url"]).status_code == 404
    assert exporting.sweep() == 0


def test_a_file_is_not_made_for_somebody_who_reads_the_register_no_more(
    manager: User, client: Client, few: None, tmp_path: Path
) -> None:
    make_register(10, manager)
    client.post(EXPORT, {"format": "csv", "which": "all", "query": ""})
    manager.groups.clear()
    job = carried_out()
    assert (job.state, job.result) == (Job.State.FAILED, {})
    assert list(tmp_path.rglob("*.csv")) == []


def test_a_file_goes_when_something_of_its_register_is_erased(
    manager: User,
    client: Client,
    few: None,
    tmp_path: Path,
    django_capture_on_commit_callbacks: Any,
) -> None:
    make_register(10, manager)
    client.post(EXPORT, {"format": "csv", "which": "all", "query": ""})
    job = carried_out()
    assert len(list(tmp_path.rglob("*.csv"))) == 1
    with django_capture_on_commit_callbacks(execute=True):
        exporting.forget(Submission.objects.first(), {})
    assert list(tmp_path.rglob("*.csv")) == []
    assert client.get(job.result["url"]).status_code == 404


# --- no formula, anywhere ----------------------------------------------------------------------------------------


def all_cells(data: bytes) -> list[Any]:
    return [
        cell
        for sheet in workbook(data)
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    ]


def evil_body(evil: str) -> dict[str, Any]:
    """Return a form whose every label, choice, group and title begins like a formula."""
    said = {"zh-hans": evil, "en": evil}
    body = register_body()
    body["title"] = said
    options = choices("low", "middle", "high")
    for choice in options["choices"]:
        choice["label"] = said
    for group in body["pages"][0]["groups"]:
        group["title"] = said
        for one in group["fields"]:
            one["label"] = said
            if one["kind"] == "choice":
                one["options"] = options
    return body


@pytest.mark.parametrize("evil", EVIL)
def test_no_heading_and_no_answer_is_a_formula(manager: User, client: Client, evil: str) -> None:
    make_role("hr")
    edition = publish_form(evil_body(evil), by=manager)
    answers = {
        "matter": evil,
        "story": evil,
        "level": "high",
        "phone": evil,
        "parts": [{"_row": "r1", "part": evil, "secret": evil}],
    }
    add_submissions(edition, 2, manager, answers=lambda draw, at: answers)
    cells = all_cells(downloaded(client.get(EXPORT, {"format": "xlsx", "q": ""})))
    assert sum(str(cell.value).strip() == evil.strip() for cell in cells) > 5
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    assert all(cell.hyperlink is None for cell in cells)
    rows = list(
        csv.reader(io.StringIO(downloaded(client.get(EXPORT, {"format": "csv"})).decode("utf-8-sig")))
    )
    assert not any(DANGEROUS.match(cell) for row in rows for cell in row)
    assert any(evil in cell for row in rows for cell in row)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_answers_of_every_kind_have_lines_and_typed_cells_and_none_is_a_formula(
    manager: User, client: Client, kind: str
) -> None:
    asked = [field(f"asked_{at}", kind, options=options) for at, options in enumerate(EXAMPLES[kind])]
    make_role("manager")
    body = form_body(*asked, field("phone"), key="kinds", registered={"readers": ["manager"]})
    edition = publish_form(body, by=manager)
    definition = definition_of(edition)
    day, directory = datetime.date(2026, 11, 22), SmallDirectory()
    found = [sample_answers(definition, seed, day=day, directory=directory) for seed in range(4)]
    several = iter(found)
    made = add_submissions(edition, 4, manager, answers=lambda draw, at: next(several))
    shape = shape_of("kinds")
    for row in made:
        assert {line.column for line in lines_of("kinds", definition, row)} <= {
            *(column.number for column in shape.columns),
            *(unanswered("kinds", column.key) for column in shape.columns),
            *(number_of("kinds", key) for key in ("_number", "_by", "_state")),
        }
    for column in shape.columns:
        for row in made:
            cell = column.cell(definition, row.answers, "en")
            if cell is not None and not column.type.in_words:
                as_number(column.type, cell)
    for ending in ("xlsx", "csv"):
        data = downloaded(client.get("/registers/kinds/export/", {"format": ending}))
        if ending == "xlsx":
            assert {cell.data_type for cell in all_cells(data)} <= {"s", "n", "d", "b"}
    page = client.get("/registers/kinds/", {"own": "1", "c": [column.key for column in shape.columns]})
    assert len(page.context["rows"]) == 4


@given(st.text(max_size=60))
def test_no_text_is_calculated(words: str) -> None:
    safe = guarded(words)
    assert not DANGEROUS.match(safe)
    assert safe.removeprefix("'") == words or safe == words


def test_a_workbook_says_long_numbers_and_texts_whole(manager: User) -> None:
    target = io.BytesIO()
    book = Book(target, "title", "by")
    sheet = book.sheet("a:b/c?*[x]'" * 5)
    values = [Decimal("12345678901234567890.12"), 2**60, "x" * 40_000, datetime.date(1900, 1, 1), True]
    for place, value in enumerate(values):
        book.put(sheet, 0, place, value, "text")
    book.close()
    read = workbook(target.getvalue()).worksheets[0]
    assert [cell.value for cell in read[1]] == [
        "12345678901234567890.12",
        str(2**60),
        "x" * 32_767,
        "1900-01-01",
        True,
    ]


def test_rows_beyond_one_sheet_go_on_in_the_next(manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forms.registers.sheets.MOST_ROWS", 3)
    make_register(8, manager)
    shape, target = shape_of("claims"), io.BytesIO()
    order = Order(shape, shape.columns, frozenset({"manager"}), "en", "me", (), with_rows=False)
    assert write_xlsx(target, order, Submission.objects.select_related("edition", "submitted_by")) == 8
    names = workbook(target.getvalue()).sheetnames
    assert names == ["Test form", "Test form (2)", "Test form (3)", "About this file"]


def test_csv_opens_in_excel_as_unicode(manager: User) -> None:
    make_register(1, manager)
    shape, target = shape_of("claims"), io.StringIO()
    write_csv(target, Order(shape, (), frozenset(), "en", "me", ()), Submission.objects.all())
    assert target.getvalue().startswith("\ufeffNumber,")
