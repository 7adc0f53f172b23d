"""Promises on screen: beside their case, recorded and settled, listed for oneself and for those one leads."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from foundation.organisation.models import User
from tests.factories.chains import open_one
from tests.factories.clocks import clock, publish_timed
from tests.factories.organisation import hold, make_position, make_user
from workflows.models import Case, Promise
from workflows.services.promises import Said, record_promise

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


@pytest.fixture
def people() -> dict[str, list[User]]:
    return publish_timed(clock())


@pytest.fixture
def case(people: dict[str, list[User]]) -> Case:
    return open_one(people["worker"][0], note="前轴异响")


@pytest.fixture
def at_desk(client: Client, people: dict[str, list[User]]) -> Client:
    client.cookies["django_language"] = "en"
    worker = people["worker"][0]
    worker.language = "en"
    worker.save()
    client.force_login(worker)
    return client


def promised(case: Case, by: User, what: str = "回电", due: dt.timedelta = 2 * DAY) -> Promise:
    said = Said(what, "王先生", timezone.now() + due)
    return record_promise(case_uuid=case.uuid, said=said, by=by, idempotency_key=uuid.uuid4().hex)


def typed(**more: str) -> dict[str, str]:
    day = timezone.localtime() + 2 * DAY
    return {
        "what": "报价后回电",
        "to_whom": "王先生",
        "due_day": f"{day:%Y-%m-%d}",
        "due_time": "10:30",
        "remind": "4",
        "idempotency_key": "one",
        **more,
    }


def page(client: Client, name: str, *arguments: Any, **query: str) -> str:
    answer = client.get(reverse(name, args=arguments), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_promise_is_recorded_from_the_case_and_shown_on_it(at_desk: Client, case: Case) -> None:
    assert "Nothing has been promised to anybody yet." in page(at_desk, "casework:case", case.uuid)
    address = reverse("casework:promise-record", args=[case.uuid])
    assert "Record a promise" in at_desk.get(address).content.decode()
    answer = at_desk.post(address, typed())
    assert answer.status_code == 302
    promise = Promise.objects.get()
    assert promise.remind_at == promise.due_at - dt.timedelta(hours=4)
    shown = page(at_desk, "casework:case", case.uuid)
    assert "报价后回电" in shown
    assert "to 王先生" in shown
    assert "Promised" in shown.split("What happened", 1)[1]


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(at_desk: Client, case: Case) -> None:
    address = reverse("casework:promise-record", args=[case.uuid])
    answer = at_desk.post(address, typed(due_day="2020-01-01", to_whom=""))
    told = answer.content.decode()
    assert answer.status_code == 422
    assert 'href="#to_whom"' in told
    assert 'href="#due_day"' in told
    assert "That time is over." in told
    assert 'value="报价后回电"' in told
    assert at_desk.post(address, typed(due_day="nonsense")).status_code == 422


def test_it_is_kept_promised_anew_and_taken_back(
    at_desk: Client, case: Case, people: dict[str, list[User]]
) -> None:
    worker = people["worker"][0]
    first, second, third = (promised(case, worker, what) for what in ("一", "二", "三"))

    def send(promise: Promise, **what: str) -> int:
        address = reverse("casework:promise", args=[case.uuid, promise.uuid])
        return at_desk.post(address, {"idempotency_key": uuid.uuid4().hex, **what}).status_code

    assert send(first, do="keep") == 302
    assert send(first, do="keep") == 422
    assert send(second, do="withdraw", reason="") == 422
    assert send(second, do="withdraw", reason="客户已到店") == 302
    assert (
        send(third, do="anew", why="配件未到", **{k: typed()[k] for k in ("due_day", "due_time", "remind")})
        == 302
    )
    assert send(third, do="nonsense") == 404
    fresh = Promise.objects.get(replaces=third)
    shown = page(at_desk, "casework:promise", case.uuid, fresh.uuid)
    assert "Promised before" in shown
    assert "配件未到" in shown
    assert "promised 2 times" in page(at_desk, "casework:case", case.uuid)
    assert "3 settled promises" in page(at_desk, "casework:case", case.uuid)


def test_strangers_find_none_of_it(client: Client, case: Case, people: dict[str, list[User]]) -> None:
    promise = promised(case, people["worker"][0])
    client.force_login(make_user())
    for name, arguments in (
        ("casework:promise", [case.uuid, promise.uuid]),
        ("casework:promise-record", [case.uuid]),
    ):
        assert client.get(reverse(name, args=arguments)).status_code == 404
        assert client.post(reverse(name, args=arguments), typed()).status_code == 404
    assert "回电" not in page(client, "casework:promises", whose="all")
    client.force_login(people["auditor"][0])
    assert client.get(reverse("casework:promise-record", args=[case.uuid])).status_code == 404
    other = open_one(people["worker"][0])
    assert client.get(reverse("casework:promise", args=[other.uuid, promise.uuid])).status_code == 404


def test_the_list_shows_ones_own_and_those_of_the_people_one_leads(
    client: Client, case: Case, people: dict[str, list[User]]
) -> None:
    client.cookies["django_language"] = "en"
    worker, boss = people["worker"][0], people["boss"][0]
    above = make_position(code="AB-01")
    hold(boss, above)
    hold(worker, make_position(code="BE-01", superiors=[above]))
    promised(case, worker, "报价")
    promised(case, boss, "赔礼")
    client.force_login(boss)
    mine, led = page(client, "casework:promises"), page(client, "casework:promises", whose="led")
    assert ("赔礼" in mine, "报价" in mine) == (True, False)
    assert ("赔礼" in led, "报价" in led) == (False, True)
    both = page(client, "casework:promises", whose="all")
    assert "赔礼" in both
    assert "报价" in both
    one = page(client, "casework:promises", whose="all", person=str(worker.uuid))
    assert ("赔礼" in one, "报价" in one) == (False, True)
    assert "No promise of this kind" in page(client, "casework:promises", show="soon")
    client.force_login(worker)
    assert "Of those I lead" not in page(client, "casework:promises")


def test_the_list_asks_the_database_as_often_however_many_there_are(
    client: Client, case: Case, people: dict[str, list[User]]
) -> None:
    client.force_login(people["worker"][0])

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            page(client, "casework:promises", whose="all")
        return len(queries)

    for number in range(2):
        promised(case, people["worker"][0], f"第{number}")
    few = asked()
    for number in range(5):
        promised(open_one(people["worker"][0]), people["worker"][0], f"又{number}")
    assert asked() == few
