"""The list of cases as a file: what the list shows, in its order, and no text that a spreadsheet would calculate."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest
from django.test import Client

from backoffice.access.records import stream_of
from foundation.audit.queries import events_of
from tests.factories.workflows import complaint_in, make_house, open_complaint
from workflows.models import Case

pytestmark = pytest.mark.django_db


def content(client: Client, query: str) -> bytes:
    answer = client.get(f"/cases/file/?{query}")
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def test_a_file_holds_what_the_list_shows_and_is_kept_on_record(monkeypatch: pytest.MonkeyPatch) -> None:
    house = make_house()
    monkeypatch.setattr("workflows.services.cases.subject_of", lambda *told: "=1+1")
    first, second = open_complaint(house), complaint_in(house, "assigned")
    complaint_in(house, "closed")
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(house["manager"])
    lines = list(csv.reader(io.StringIO(content(client, "sort=number&format=csv").decode("utf-8-sig"))))
    assert lines[0][:4] == ["Number", "Subject", "Workflow", "State"]
    assert [line[0] for line in lines[1:]] == [first.number, second.number]
    assert {line[1] for line in lines[1:]} == {"'=1+1"}
    book = openpyxl.load_workbook(io.BytesIO(content(client, "workflow=complaint&state=assigned")))
    rows = list(book.worksheets[0].iter_rows(min_row=2))
    assert [row[0].value for row in rows] == [second.number]
    assert (rows[0][1].value, rows[0][1].data_type) == ("=1+1", "s")
    assert rows[0][5].value == "Second Manager"
    told = [one for one in events_of(stream_of(house["manager"])) if one.kind == "user.cases_exported"]
    assert [one.references["count"] for one in told] == ["2", "1"]

    stranger = Client()
    stranger.force_login(house["stranger"])
    assert Case.objects.first().number.encode() not in content(stranger, "scope=all&format=csv")  # type: ignore[union-attr]
    assert stranger.get("/cases/file/?format=pdf").status_code == 404
