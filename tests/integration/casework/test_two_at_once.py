"""Clerks who act on one case at the same time: one of them wins a version, the other is shown what happened."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from hypothesis import settings

from foundation.audit.models import Event
from foundation.audit.queries import events_of
from foundation.organisation.models import User
from tests.factories.chains import (
    asks,
    chain_body,
    fresh,
    open_one,
    publish_all,
    state,
    step,
    text,
    workflow_body,
)
from tests.factories.organisation import make_user
from workflows.content import seal_of
from workflows.models import Case
from workflows.services import approvals

PAIRS, PAIRS_A_CASE = 1_000 if settings.default is settings.get_profile("fuzz") else 120, 10
"""A thousand pairs with `make fuzz`; each takes two pages and two answers."""
AT_ONCE = 100
THREADS = 8


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    client.cookies["django_language"] = "en"
    return client


def desk_body() -> dict[str, Any]:
    """A case two clerks pass back and forth, each with a word of their own."""

    def word(name: str) -> list[dict[str, Any]]:
        return [{"id": f"word_{name}", "kind": "text", "label": text("一句话"), "required": True}]

    return workflow_body(
        [state("here"), state("there"), state("done", "final")],
        [
            step("over", "here", "there", "clerk", asks=word("over")),
            step("back", "there", "here", "clerk", asks=word("back")),
            step("finish", "there", "done", "clerk"),
        ],
        access={"sees": ["clerk"]},
    )


@pytest.mark.django_db
def test_of_a_thousand_pairs_one_wins_each_version_and_the_other_sees_what_happened() -> None:
    first, second = make_user("first"), make_user("second")
    publish_all(desk_body(), people={"clerk": [first, second]})
    clients = signed_in(first), signed_in(second)
    answers: Counter[int] = Counter()
    for _case in range(PAIRS // PAIRS_A_CASE):
        case = open_one(first)
        for number in range(PAIRS_A_CASE):
            winner, loser = clients if number % 3 else clients[::-1]
            name = "over" if number % 2 == 0 else "back"
            address = reverse("casework:step", kwargs={"case_uuid": case.uuid, "step": name})
            for client, word in ((winner, f"won {number}"), (loser, f"lost {number}")):
                post = {
                    "seen_version": str(number + 1),
                    "idempotency_key": uuid.uuid4().hex,
                    f"word_{name}": word,
                }
                answer = client.post(address, post)
                answers[answer.status_code] += 1
            page = answer.content.decode()
            assert f"won {number}" in page  # what the other one did
            assert f"lost {number}" in page  # and what they had typed themselves
        told = [
            change.after
            for event in events_of(case.stream)
            for change in event.changes
            if change.path.startswith("answers.word")
        ]
        assert told == [f"won {number}" for number in range(PAIRS_A_CASE)]
        assert fresh(case).version == PAIRS_A_CASE + 1
    assert answers == {302: PAIRS, 409: PAIRS}


def at_once(count: int, do: Any) -> list[int]:
    """Call ``do(number)`` from several threads that start together; return the answers' status codes."""
    numbers, found = iter(range(count)), []
    lock, gate = threading.Lock(), threading.Barrier(THREADS)

    def work() -> None:
        gate.wait()
        try:
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                status = do(number)
                with lock:
                    found.append(status)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.django_db(transaction=True)
def test_of_a_hundred_identical_requests_at_once_one_has_an_effect() -> None:
    people = publish_all(chain_body(["manager", "gm"]))
    case = open_one(make_user("clerk"))
    manager = people["manager"][0]
    clients = [signed_in(manager) for _number in range(THREADS)]
    address = reverse("casework:decide", kwargs={"case_uuid": case.uuid, "verb": "agree"})
    post = {
        "seen_version": "1",
        "do-seen": seal_of(fresh(case)),
        "idempotency_key": uuid.uuid4().hex,
        "reason": "同意",
    }

    def send(number: int) -> int:
        # A connection may be told that the database is busy; the page is then sent again, as people do.
        return clients[number % THREADS].post(address, post).status_code

    statuses = at_once(AT_ONCE, send)
    assert Counter(statuses) == {302: AT_ONCE}
    assert [event.kind for event in events_of(case.stream)] == ["case_opened", "case_agreed"]
    assert fresh(case).state == "gm"
    assert Event.objects.filter(stream=case.stream).count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_many_who_decide_at_once_one_decision_counts_and_nobody_is_lost() -> None:
    body = chain_body(["gm"])
    body["access"]["sees"].append("gm")
    everybody = [make_user(f"gm-{number}") for number in range(THREADS)]
    publish_all(body, people={"gm": everybody})
    case = open_one(make_user("clerk"))
    clients = [signed_in(person) for person in everybody]
    seal = seal_of(fresh(case))

    def send(number: int) -> int:
        verb = "agree" if number % 2 else "refuse"
        address = reverse("casework:decide", kwargs={"case_uuid": case.uuid, "verb": verb})
        fields = {"seen_version": "1", "do-seen": seal, "idempotency_key": uuid.uuid4().hex, "reason": "x"}
        return clients[number].post(address, fields).status_code

    statuses = Counter(at_once(THREADS, send))
    assert statuses[302] == 1
    assert statuses[409] == THREADS - 1
    assert len(events_of(case.stream)) == 2
    assert Case.objects.get(pk=case.pk).version == 2


@pytest.mark.django_db
def test_the_loser_of_two_deciders_reads_who_was_faster() -> None:
    first, second = make_user("first", full_name_en="Faster One"), make_user("second")
    body = chain_body(["gm"])
    body["access"]["sees"].append("gm")
    publish_all(body, people={"gm": [first, second]})
    case = open_one(make_user("clerk"))
    late = {
        "seen_version": "1",
        "do-seen": seal_of(fresh(case)),
        "idempotency_key": uuid.uuid4().hex,
        "reason": "我的理由",
    }
    approvals.agree(asks(case, first, "抢先一步"))
    address = reverse("casework:decide", kwargs={"case_uuid": case.uuid, "verb": "refuse"})
    answer = signed_in(second).post(address, late)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert ("Faster One" in page, "抢先一步" in page, "我的理由" in page) == (True, True, True)
