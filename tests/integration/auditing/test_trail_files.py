"""Trails as files: every kind alike, for auditors alone, no cell a formula, and who took one out is kept."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from foundation.audit.queries import events_for_streams
from foundation.audit.trails import Subject, TrailChange, TrailEntry, TrailKind, register_trail, trail_kinds
from tests.factories.workflows import House, complaint_in, make_house, take

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def house() -> House:
    return make_house()


def fetched(
    house: House, person: str, kind: str, key: str, language: str = "en", **query: str
) -> tuple[int, bytes]:
    client = Client()
    client.force_login(house[person])
    client.cookies["django_language"] = language
    answer = client.get(reverse("auditing:trail-file", args=[kind, key]), query)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer.status_code, body


def table(body: bytes) -> list[list[str]]:
    text = body.decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:])))


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_file_says_what_the_page_says_oldest_first(house: House, language: str) -> None:
    case = complaint_in(house, "answered")
    take(house, case, "send_back", reason="=1+1 异响仍在")
    status, body = fetched(house, "auditor", "cases", case.number, language, format="csv")
    assert status == 200
    head, *rows = table(body)
    assert head[0] == {"en": "When", "zh-hans": "时间"}[language]
    assert {row[1] for row in rows} >= {str(house["clerk"]), str(house["manager"])}
    assert any(row[3] == "'=1+1 异响仍在" for row in rows)  # no spreadsheet reckons it
    assert all(len(row[-1]) == 64 for row in rows)

    status, body = fetched(house, "auditor", "cases", case.number, language)
    assert status == 200
    sheet = load_workbook(io.BytesIO(body)).active
    assert sheet is not None
    written = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert written[0] == head
    assert len(written) == len(rows) + 1
    assert isinstance(written[1][0], dt.datetime)
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    times = [row[0] for row in written[1:]]
    assert times == sorted(times)


@pytest.mark.parametrize(
    "person", ["clerk", "manager", "general_manager", "hr", "administrator", "form_builder", "stranger"]
)
def test_only_auditors_take_trails_out(house: House, person: str) -> None:
    case = complaint_in(house, "received")
    assert fetched(house, person, "cases", case.number)[0] == 404


def test_what_is_not_there_has_no_file(house: House) -> None:
    case = complaint_in(house, "received")
    assert fetched(house, "auditor", "cases", "TS-0000")[0] == 404
    assert fetched(house, "auditor", "moons", case.number)[0] == 404
    assert fetched(house, "auditor", "cases", case.number, format="exe")[0] == 404


def test_who_took_a_trail_out_is_on_record(house: House) -> None:
    case = complaint_in(house, "received")
    fetched(house, "auditor", "cases", case.number, format="csv")
    fetched(house, "clerk", "cases", case.number, format="csv")
    told = [
        one for one in events_for_streams([f"user:{house['auditor'].uuid}"]) if one.kind == "user.exported"
    ]
    assert [one.references["route"] for one in told] == ["auditing:trail-file"]
    told = [one for one in events_for_streams([f"user:{house['clerk'].uuid}"]) if one.kind == "user.exported"]
    assert told == []


def test_every_kind_of_trail_has_its_file(house: House) -> None:
    case = complaint_in(house, "answered")
    assert case.number
    tried = 0
    for kind in trail_kinds().values():
        for one in kind.find("")[:2]:
            status, body = fetched(house, "auditor", kind.name, one.key, format="csv")
            assert status == 200, (kind.name, one.key)
            count = sum(max(1, len(entry.changes)) for entry in kind.entries(one.key))
            if kind.name != "people":  # to take one out is an entry of the account
                assert len(table(body)) == count + 1, kind.name
            tried += 1
    assert tried >= 5


def test_rows_are_sent_as_they_are_read_and_one_that_changed_nothing_has_its_own(house: House) -> None:
    at = dt.datetime(2026, 11, 22, 6, 3, tzinfo=dt.UTC)
    told = [
        TrailEntry(
            at,
            "Lin",
            "Moved",
            [TrailChange("Place", "A", "B"), TrailChange("Day", None, "1")],
            "why",
            "a" * 64,
            3,
        ),
        TrailEntry(at, "Lin", "Seen"),
    ]
    before = trail_kinds()
    thing = Subject("x", "A thing", ())
    register_trail(TrailKind("things", "Things", lambda words: [thing], lambda key: thing, lambda key: told))
    try:
        status, body = fetched(house, "auditor", "things", "x", format="csv")
    finally:
        from foundation.audit import trails

        trails._kinds.clear()
        trails._kinds.update(before)
    assert status == 200
    assert [row[:8] for row in table(body)[1:]] == [
        ["2026-11-22 14:03", "Lin", "Moved", "why", "Place", "A", "B", "3"],
        ["2026-11-22 14:03", "Lin", "Moved", "why", "Day", "", "1", "3"],
        ["2026-11-22 14:03", "Lin", "Seen", "", "", "", "", ""],
    ]
