"""The same with several cases of the list: tried first, done one by one, told one by one."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from foundation.audit.models import Event
from foundation.organisation.models import User
from tests.factories.chains import chain_body, open_one, publish_all
from tests.factories.organisation import make_user
from tests.factories.workflows import House, complaint_in, make_house, small_complaint, take
from workflows.models import Case
from workflows.services.definitions import publish_workflow
from workflows.services.record import waiting_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    found = make_house()
    body = small_complaint()
    body["access"] = {**body["access"], "reassigns": ["general_manager"]}
    publish_workflow(body, by=found["administrator"])
    return found


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    client.cookies["django_language"] = "en"
    return client


def send(client: Client, deed: str, cases: list[Case], **more: Any) -> tuple[int, str]:
    said = {"case": [str(case.uuid) for case in cases], "back": "?late=1", **more}
    answer = client.post(f"/cases/together/{deed}/", said)
    return answer.status_code, answer.content.decode()


def hidden(page: str, phase: str) -> dict[str, Any]:
    """Return what the form with the button of that phase sends."""
    forms = re.findall(r"<form method=\"post\">(.*?)</form>", page, re.DOTALL)
    form = next(one for one in forms if f'name="phase" value="{phase}"' in one)
    found: dict[str, Any] = {"phase": phase}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form):
        found.setdefault(name, []).append(value)
    return found


def outcomes(page: str) -> dict[str, str]:
    rows = re.findall(r'<tr data-row><th scope="row"><a[^>]*>([^<]+)</a>.*?chip--(\w+)', page, re.DOTALL)
    return dict(rows)


def has(case: Case) -> User | None:
    return Case.objects.get(pk=case.pk).assignee


def test_what_can_be_done_is_done_and_what_cannot_says_why(house: House) -> None:
    boss, newcomer = house["general_manager"], house["manager"]
    one, other, closed = (complaint_in(house, state) for state in ("assigned", "assigned", "closed"))
    client = client_of(boss)
    assert 'formaction="/cases/together/give/"' in client.get("/cases/").content.decode()
    status, page = send(client, "give", [one, other, closed])
    assert status == 200
    assert newcomer.username in page
    status, page = send(client, "give", [one, other, closed], phase="try")
    assert status == 422
    assert "Choose one of the people" in page
    assert "Give a reason." in page

    before = Event.objects.count()
    words = {"do-person": str(newcomer.uuid), "reason": "王芳休假", "phase": "try"}
    status, page = send(client, "give", [one, other, closed], **words)
    assert status == 200
    assert "Of 3 it can be done with 2, and with 1 it cannot." in page
    assert f"Case {closed.number} is closed." in page
    assert Event.objects.count() == before
    assert has(one) == house["assignee"]

    take(house, other, "answer")  # somebody is faster
    sent = hidden(page, "do")
    assert sent["case"] == [str(one.uuid), str(other.uuid)]
    done = client.post("/cases/together/give/", sent).content.decode()
    assert outcomes(done) == {one.number: "done", other.number: "refused"}
    assert "Somebody changed case" in done
    assert "Done with 1 of 2 cases." in done
    assert 'href="/cases/?late=1"' in done
    assert (has(one), has(other)) == (newcomer, house["assignee"])

    events = Event.objects.count()
    assert outcomes(client.post("/cases/together/give/", sent).content.decode()) == outcomes(done)
    assert Event.objects.count() == events
    again = client.post("/cases/together/give/", hidden(done, "try")).content.decode()
    client.post("/cases/together/give/", hidden(again, "do"))
    assert has(other) == newcomer


def test_nobody_is_told_of_cases_that_are_not_theirs_and_nobody_gives_without_the_right(house: House) -> None:
    case = complaint_in(house, "assigned")
    words = {"do-person": str(house["manager"].uuid), "reason": "x", "seat-" + str(case.uuid): "case"}
    words["version-" + str(case.uuid)] = str(case.version)
    for name in ("stranger", "clerk"):
        for phase in ("", "try", "do"):
            _status, page = send(client_of(house[name]), "give", [case], phase=phase, **words)
            assert (case.number in page) == (name == "clerk")
            if name == "clerk" and phase:
                assert "Giving this case to somebody else is for:" in page
    assert has(case) == house["assignee"]
    assert "/cases/together/give/" not in client_of(house["clerk"]).get("/cases/").content.decode()
    assert client_of(house["clerk"]).post("/cases/together/close/").status_code == 404
    assert client_of(house["clerk"]).get("/cases/together/give/").status_code == 302


def test_all_that_the_list_shows_can_be_taken_on_at_once_up_to_a_bound(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [complaint_in(house, "received") for _number in range(3)]
    client = client_of(house["general_manager"])
    said = {"every": "1", "back": "?workflow=complaint"}
    assert send(client, "take", [], **said)[1].count('name="case"') == 3
    monkeypatch.setattr("backoffice.casework.together.MOST_AT_ONCE", 2)
    for more in ([], cases):
        page = send(client, "take", more, **(said if not more else {}))[1]
        assert page.count('name="case"') == 2
        assert "No more than 2 cases at once" in page
    refused = outcomes(send(client, "take", cases[:1], phase="try", reason="我来")[1])
    assert refused == {cases[0].number: "refused"}  # of those who go on from there only
    assert send(client, "take", [])[0] == 422


def test_decisions_are_handed_over_and_reminded_of_each_by_itself() -> None:
    body = chain_body(["gm"])
    body["access"] = {"sees": ["submitter", "administrator"], "reassigns": ["administrator"]}
    leaver = make_user("leaver")
    people = publish_all(body, people={"gm": [leaver]})
    clerk, newcomer = make_user("clerk-of-two"), make_user("newcomer")
    cases = [open_one(clerk) for _number in range(2)]
    admin = client_of(people["administrator"][0])
    words = {"do-person": str(newcomer.uuid), "reason": "请假", "phase": "try"}
    sent = hidden(send(admin, "give", cases, **words)[1], "do")
    for _twice in range(2):
        page = admin.post("/cases/together/give/", sent).content.decode()
        assert "Done with 2 of 2 cases." in page
    assert {waiting_of(case) for case in Case.objects.all()} == {(newcomer.pk,)}
    sent = hidden(send(admin, "remind", cases, phase="try")[1], "do")
    assert "Done with 2 of 2 cases." in admin.post("/cases/together/remind/", sent).content.decode()
    assert "A reminder was sent not long ago." in send(admin, "remind", cases, phase="try")[1]


def test_the_list_asks_as_many_queries_for_many_cases_as_for_few(house: House) -> None:
    client = client_of(house["general_manager"])
    counts = []
    for more in (1, 4):
        for _number in range(more):
            complaint_in(house, "assigned")
        client.get("/cases/")
        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.get("/cases/")
        counts.append(len(asked))
    assert counts[0] == counts[1]
