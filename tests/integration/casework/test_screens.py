"""The screens of cases: who gets what, what stays typed, what the loser of a race is shown."""

from __future__ import annotations

import re
import uuid

import pytest
from django.test import Client
from django.urls import reverse

from foundation.organisation.models import User
from tests.factories.workflows import (
    House,
    complaint_in,
    key,
    make_house,
    open_complaint,
    submit_complaint,
    take,
)
from workflows.models import Case
from workflows.services import cases

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_house()


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def step_url(case: Case, step: str) -> str:
    return reverse("casework:step", kwargs={"case_uuid": case.uuid, "step": step})


def case_url(case: Case) -> str:
    return reverse("casework:case", kwargs={"case_uuid": case.uuid})


def sent(case: Case, **fields: str) -> dict[str, str]:
    return {"seen_version": str(case.version), "idempotency_key": key(), **fields}


@pytest.mark.parametrize("person", ["clerk", "manager", "assignee", "general_manager", "auditor"])
def test_those_concerned_open_the_case(house: House, person: str) -> None:
    case = complaint_in(house, "assigned")
    page = signed_in(house[person]).get(case_url(case))
    assert page.status_code == 200
    assert case.number in page.content.decode()


@pytest.mark.parametrize("person", ["hr", "form_builder", "administrator", "stranger"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_to_strangers_there_is_no_such_case(house: House, person: str, method: str) -> None:
    case = complaint_in(house, "assigned")
    client = signed_in(house[person])
    for url in (case_url(case), step_url(case, "answer")):
        page = getattr(client, method)(url)
        assert page.status_code in ({404} if url != case_url(case) or method == "get" else {404, 405})
        assert case.subject not in page.content.decode()
    missing = reverse("casework:case", kwargs={"case_uuid": uuid.uuid4()})
    assert client.get(missing).status_code == 404


def test_anonymous_people_are_asked_to_sign_in(house: House) -> None:
    page = Client().get(case_url(open_complaint(house)))
    assert page.status_code == 302
    assert page["Location"].startswith(reverse("access:sign-in"))


def test_the_inbox_holds_what_waits_for_a_person_and_nothing_else(house: House) -> None:
    waiting = open_complaint(house)
    walked = complaint_in(house, "assigned")
    inbox = {
        name: signed_in(house[name]).get(reverse("casework:inbox")).content.decode()
        for name in ("clerk", "manager", "assignee", "general_manager")
    }
    assert {name for name, page in inbox.items() if waiting.number in page} == {"manager", "assignee"}
    assert {name for name, page in inbox.items() if walked.number in page} == {"assignee"}


def test_only_the_steps_of_a_person_are_offered(house: House) -> None:
    case = complaint_in(house, "answered")
    offered = {
        name: set(
            re.findall(r'data-step="(\w+)"', signed_in(house[name]).get(case_url(case)).content.decode())
        )
        for name in ("clerk", "manager", "assignee", "general_manager", "auditor")
    }
    assert offered == {
        "clerk": {"close", "send_back"},
        "manager": set(),
        "assignee": set(),
        "general_manager": set(),
        "auditor": set(),
    }


def test_a_step_is_taken_and_the_receipt_shown(house: House) -> None:
    case = open_complaint(house)
    page = signed_in(house["manager"]).post(
        step_url(case, "assign"),
        sent(case, promised_on="2099-12-31", assignee=str(house["assignee"].uuid), instruction="尽快"),
        follow=True,
    )
    assert page.status_code == 200
    assert Case.objects.get(pk=case.pk).state == "assigned"
    assert f"{case.number}，" in page.content.decode() or case.number in page.content.decode()


def test_what_was_typed_stays_when_something_is_missing(house: House) -> None:
    case = complaint_in(house, "assigned")
    page = signed_in(house["assignee"]).post(
        step_url(case, "answer"), sent(case, finding="<b>风扇</b>松动", remedy="")
    )
    body = page.content.decode()
    assert page.status_code == 422
    assert "&lt;b&gt;风扇&lt;/b&gt;松动" in body
    assert 'href="#field-remedy"' in body
    assert Case.objects.get(pk=case.pk).version == 2


def test_the_loser_of_a_race_sees_what_happened_and_keeps_what_was_typed(house: House) -> None:
    case = complaint_in(house, "answered")
    stale = sent(case, customer_accepts="yes", customer_words="顾客来电致谢")
    take(house, case, "send_back", reason="顾客当面改口")
    page = signed_in(house["clerk"]).post(step_url(case, "close"), stale)
    body = page.content.decode()
    assert page.status_code == 409
    assert Case.objects.get(pk=case.pk).state == "assigned"
    assert "顾客来电致谢" in body
    assert "顾客当面改口" in body


def test_the_loser_who_may_still_act_gets_the_page_again_with_the_newest_version(house: House) -> None:
    case = complaint_in(house, "answered")
    stale = sent(case, customer_accepts="yes", customer_words="顾客来电致谢")
    take(house, case, "send_back", reason="顾客当面改口")
    take(house, case, "answer")
    client = signed_in(house["clerk"])
    page = client.post(step_url(case, "close"), stale)
    body = page.content.decode()
    assert page.status_code == 409
    assert ("顾客来电致谢" in body, "顾客当面改口" in body) == (True, True)
    assert 'name="seen_version" value="5"' in body
    assert Case.objects.get(pk=case.pk).state == "answered"


def test_a_step_of_somebody_else_is_forbidden(house: House) -> None:
    case = complaint_in(house, "assigned")
    page = signed_in(house["clerk"]).post(step_url(case, "answer"), sent(case, finding="x", remedy="explain"))
    assert page.status_code == 403
    assert Case.objects.get(pk=case.pk).state == "assigned"


def test_a_broken_rule_says_what_to_do(house: House) -> None:
    case = complaint_in(house, "answered")
    page = signed_in(house["clerk"]).post(step_url(case, "close"), sent(case, customer_accepts="no"))
    assert page.status_code == 422
    assert "请用“退回”转回责任部门" in page.content.decode()


def test_lists_search_by_number_and_words(house: House) -> None:
    first, second = open_complaint(house), open_complaint(house)
    client = signed_in(house["clerk"])
    page = client.get(reverse("casework:cases"), {"q": first.number}).content.decode()
    assert (first.number in page, second.number in page) == (True, False)
    assert client.get(reverse("casework:cases"), {"q": "没有这件事"}).status_code == 200


@pytest.mark.parametrize("name", ["inbox", "cases"])
def test_the_number_of_queries_does_not_grow_with_the_list(
    house: House, name: str, django_assert_max_num_queries, django_assert_num_queries
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = signed_in(house["manager"])
    url = reverse(f"casework:{name}")
    open_complaint(house)
    client.get(url)
    with CaptureQueriesContext(connection) as one:
        client.get(url)
    for _more in range(2):
        open_complaint(house)
    with CaptureQueriesContext(connection) as three:
        client.get(url)
    assert len(three) == len(one)


def test_answers_for_certain_roles_are_withheld_from_the_others_on_the_page_of_the_case(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = make_house()
    submission = submit_complaint(house, customer_name="不给看的姓名")
    case = cases.open_case(
        workflow_key="complaint", submission=submission, by=house["clerk"], idempotency_key="w"
    ).case
    withheld = "backoffice.casework.presentation.rules.withheld"
    monkeypatch.setattr(
        withheld, lambda _submission, reader: {"customer_name"} if reader == house["manager"] else set()
    )
    for name, shown in (("clerk", True), ("manager", False)):
        client = Client()
        client.force_login(house[name])
        page = client.get(reverse("casework:case", kwargs={"case_uuid": case.uuid})).content.decode()
        assert ("不给看的姓名" in page.partition("asked")[2]) is shown
