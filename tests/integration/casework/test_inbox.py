"""The inbox: everything that waits for a person, by kind, for whom; decisions about several cases at once."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from foundation.audit.queries import events_of
from foundation.organisation.models import User
from tests.factories.chains import (
    asks,
    chain_body,
    fresh,
    open_one,
    publish_all,
    stage,
    state,
    step,
    text,
    workflow_body,
)
from tests.factories.organisation import make_deputy, make_user
from workflows.content import seal_of
from workflows.models import Case
from workflows.services import approvals

pytestmark = pytest.mark.django_db
INBOX, SEVERAL = "/inbox/", "/inbox/decide/"


@pytest.fixture
def clerk() -> User:
    return make_user("clerk")


@pytest.fixture
def chain(clerk: User) -> dict[str, User]:
    return {role: people[0] for role, people in publish_all(chain_body(["manager", "gm"])).items()}


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    client.cookies["django_language"] = "en"
    return client


def body(response: Any) -> str:
    return str(response.content.decode())


def ticked(*cases: Case, do: str = "agree", reason: str = "", **more: str) -> dict[str, Any]:
    found: dict[str, Any] = {"do": do, "reason": reason, "case": [str(case.uuid) for case in cases]}
    for case in cases:
        now = fresh(case)
        found |= {f"version-{case.uuid}": str(now.version), f"seen-{case.uuid}": seal_of(now)}
    return {"idempotency_key": uuid.uuid4().hex, **found, **more}


def numbers(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/cases/[^"]+">([^<]+)</a>', page)


def counts(page: str) -> list[int]:
    return [int(one) for one in re.findall(r'tabs__count">(\d+)<', page)]


def test_decisions_and_steps_stand_together_the_oldest_first_and_are_counted(
    chain: dict[str, User], clerk: User
) -> None:
    other = workflow_body(
        [state("new"), state("done", "final")],
        [step("finish", "new", "done", "manager")],
        key="errand",
        access={"sees": ["submitter", "manager"]},
    )
    publish_all(other, people={"manager": [chain["manager"]]})
    first, second, third = open_one(clerk), open_one(clerk, "errand"), open_one(clerk)
    client = signed_in(chain["manager"])
    page = body(client.get(INBOX))
    assert numbers(page) == [first.number, second.number, third.number]
    assert counts(page) == [3, 2, 1]
    assert numbers(body(client.get(INBOX, {"kind": "decisions"}))) == [first.number, third.number]
    assert numbers(body(client.get(INBOX, {"kind": "steps"}))) == [second.number]
    assert numbers(body(client.get(INBOX, {"workflow": "errand"}))) == [second.number]
    assert numbers(body(client.get(INBOX, {"kind": "nonsense", "workflow": "x"}))) == numbers(page)


def test_what_waits_for_somebody_one_acts_for_says_for_whom(chain: dict[str, User], clerk: User) -> None:
    deputy = make_user("deputy")
    make_deputy(principal=chain["manager"], deputy=deputy)
    case = open_one(clerk)
    page = body(signed_in(deputy).get(INBOX))
    assert numbers(page) == [case.number]
    assert f"for {chain['manager'].full_name_en}" in page
    assert "for Zhang" not in body(signed_in(chain["manager"]).get(INBOX)).partition("<table")[2]


def test_several_are_decided_with_one_reason_each_for_itself(chain: dict[str, User], clerk: User) -> None:
    cases = [open_one(clerk) for _number in range(3)]
    post = ticked(*cases, reason="按预算同意")
    approvals.hand_over(asks(cases[1], chain["manager"]), to=make_user("other").uuid)
    answer = signed_in(chain["manager"]).post(SEVERAL, post)
    page = body(answer)
    assert answer.status_code == 200
    assert "Decided: 2 of 3." in page  # they may still see what they handed over, not decide it
    assert [fresh(case).state for case in cases] == ["gm", "manager", "gm"]
    for case in (cases[0], cases[2]):
        assert events_of(case.stream)[-1].kind == "case_agreed"
        assert any(change.after == "按预算同意" for change in events_of(case.stream)[-1].changes)


def test_what_could_not_be_decided_is_told_row_by_row(chain: dict[str, User], clerk: User) -> None:
    cases = [open_one(clerk) for _number in range(2)]
    post = ticked(*cases)
    approvals.remind(asks(cases[1], clerk))
    page = body(signed_in(chain["manager"]).post(SEVERAL, post))
    assert "Decided: 1 of 2." in page
    assert "Somebody changed case" in page
    assert [fresh(case).state for case in cases] == ["gm", "manager"]


def test_refusing_several_needs_a_reason_and_keeps_the_ticks(chain: dict[str, User], clerk: User) -> None:
    cases = [open_one(clerk) for _number in range(2)]
    client = signed_in(chain["manager"])
    answer = client.post(SEVERAL, ticked(cases[0], do="refuse"))
    assert answer.status_code == 422
    assert len(re.findall(r"checked", body(answer))) == 1
    assert client.post(SEVERAL, ticked(do="refuse", reason="不行")).status_code == 422
    client.post(SEVERAL, ticked(*cases, do="refuse", reason="本月预算已满"))
    assert {fresh(case).state for case in cases} == {"refused"}


def test_sending_the_same_page_twice_decides_once(chain: dict[str, User], clerk: User) -> None:
    case, client = open_one(clerk), signed_in(chain["manager"])
    post = ticked(case, reason="同意")
    for _again in range(2):
        assert "Decided: 1 of 1." in body(client.post(SEVERAL, post))
    assert [event.kind for event in events_of(case.stream)] == ["case_opened", "case_agreed"]


def test_what_is_not_theirs_is_neither_decided_nor_named(chain: dict[str, User], clerk: User) -> None:
    case = open_one(clerk)
    answer = signed_in(make_user("stranger")).post(SEVERAL, ticked(case, reason="x"))
    assert case.number not in body(answer)
    for nonsense in ({"do": "agree", "case": ["x", "\x00"]}, {"do": "burn"}, {}):
        assert signed_in(chain["manager"]).post(SEVERAL, nonsense).status_code in (302, 422)
    assert fresh(case).version == 1


def test_stages_that_ask_questions_have_no_tick(clerk: User) -> None:
    question = {"id": "checked", "kind": "yes_no", "label": text("已核对"), "required": True}
    people = publish_all(
        workflow_body(
            [
                stage("gm", "gm", "done", asks=[question]),
                state("done", "final"),
                state("refused", "final"),
            ]
        )
    )
    case = open_one(clerk)
    page = body(signed_in(people["gm"][0]).get(INBOX))
    assert numbers(page) == [case.number]
    assert 'name="case"' not in page


def test_an_empty_inbox_says_what_comes_here(chain: dict[str, User]) -> None:
    assert "Nothing waits for you" in body(signed_in(chain["gm"]).get(INBOX))


def test_the_queries_of_the_inbox_do_not_grow(chain: dict[str, User], clerk: User) -> None:
    client = signed_in(chain["manager"])
    open_one(clerk)
    client.get(INBOX)
    found = []
    for _round in range(2):
        with CaptureQueriesContext(connection) as seen:
            client.get(INBOX)
        found.append(len(seen))
        for _more in range(3):
            open_one(clerk)
    assert found[0] == found[1]


def test_the_rail_counts_what_waits(chain: dict[str, User], clerk: User) -> None:
    for _number in range(2):
        open_one(clerk)
    page = body(signed_in(chain["manager"]).get(reverse("casework:cases")))
    assert re.search(r'nav__count">2<', page)
