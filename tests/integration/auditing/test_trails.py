"""The auditor's pages: every change of a case on one page, and the alarm when the record was altered."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from tests.factories.audit import guards_lifted
from tests.factories.workflows import House, complaint_in, make_house, take

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def house() -> House:
    return make_house()


def page_of(house: House, person: str, number: str) -> tuple[int, str]:
    client = Client()
    client.force_login(house[person])
    answer = client.get(reverse("auditing:trail", kwargs={"kind": "cases", "key": number}))
    return answer.status_code, answer.content.decode()


def test_every_change_stands_on_one_page_with_who_when_from_and_to(house: House) -> None:
    case = complaint_in(house, "answered")
    take(house, case, "send_back", reason="顾客说异响仍在")
    status, body = page_of(house, "auditor", case.number)
    assert status == 200
    for word in (
        "转办",
        "回复",
        "退回",
        "冷却风扇支架松动。",
        "顾客说异响仍在",
        "已登记",
        "已转办",
        "部门已回复",
    ):
        assert word in body
    for person in ("clerk", "manager", "assignee"):
        assert str(house[person]) in body
    assert 'role="alert"' not in body


@pytest.mark.parametrize(
    "person", ["clerk", "manager", "general_manager", "hr", "administrator", "form_builder", "stranger"]
)
def test_only_auditors_open_the_trails(house: House, person: str) -> None:
    case = complaint_in(house, "received")
    assert page_of(house, person, case.number)[0] == 404


def test_an_altered_byte_is_shown_and_named(house: House) -> None:
    case = complaint_in(house, "assigned")
    with guards_lifted(), connection.cursor() as cursor:
        cursor.execute("UPDATE workflows_case SET subject = 'x' WHERE id = %s", [case.pk])
    status, body = page_of(house, "auditor", case.number)
    assert status == 200
    assert 'role="alert"' in body
    assert "workflows_case" in body


def test_what_does_not_exist_is_not_there(house: House) -> None:
    assert page_of(house, "auditor", "TS-0000")[0] == 404
