"""A step asks another role to open a case: they are told, it waits in their inbox, and the case that asks waits too."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from forms.models import Draft
from forms.services.submissions import submit
from foundation.audit.queries import events_of
from foundation.editions.models import Edition
from foundation.editions.queries import newest
from foundation.notifying.models import Announcement
from foundation.organisation.models import User
from tests.factories.chains import act, fresh, open_one, publish_all, state, step, workflow_body
from tests.factories.organisation import make_deputy, make_user
from workflows.exceptions import NotPermitted, RuleBroken
from workflows.models import Case, ChildOrder
from workflows.queries import orders_asked_of
from workflows.rules import may_open
from workflows.services import cases, relations
from workflows.services.requests import Request

pytestmark = pytest.mark.django_db


def house(**people: list[User]) -> dict[str, list[User]]:
    """Publish a repair that asks a keeper for papers, stays until they are there, and closes by itself with them."""
    papers = workflow_body(
        [state("counted"), state("filed", "final"), state("lost", "final")],
        [step("file", "counted", "filed", "keeper"), step("lose", "counted", "lost", "keeper")],
        key="papers",
        access={"sees": ["submitter", "keeper"]},
    )
    asked = {"workflow": "papers", "to": ["keeper"], "fills": {"note": "note"}, "sets": {"amount": 3}}
    repair = workflow_body(
        [state("new"), state("waits", "waiting", blocked_by=["papers"]), state("done", "final")],
        [
            step("ask", "new", "waits", "worker", opens=[asked]),
            step("ask_again", "waits", "waits", "worker", opens=[asked]),
            step("finish", "waits", "done", "worker"),
            step("filed", "waits", "done", after_child={"workflow": "papers", "states": ["filed"]}),
        ],
        access={"sees": ["submitter", "worker", "keeper"]},
    )
    return publish_all(papers, repair, people=people)


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    client.cookies["django_language"] = "en"
    return client


def body(answer: Any) -> str:
    return str(answer.content.decode())


def page(case: Case, person: User) -> str:
    return body(signed_in(person).get(reverse("casework:case", args=[case.uuid])))


def inbox(person: User, **query: str) -> str:
    return body(signed_in(person).get(reverse("casework:inbox"), query))


def go_on(order: ChildOrder, person: User) -> Any:
    return signed_in(person).post(reverse("casework:order", args=[order.case.uuid, order.uuid]))


def ordered(case: Case) -> ChildOrder:
    return ChildOrder.objects.select_related("case").filter(case=case).latest("pk")


def asked_case(people: dict[str, list[User]]) -> Case:
    return act(open_one(make_user(), note="换轮胎"), "ask", people["worker"][0])


def opened(order: ChildOrder, by: User) -> Case:
    """Open what was ordered, as the form's page does."""
    assert go_on(order, by).status_code == 302
    order.refresh_from_db()
    draft = Draft.objects.get(uuid=order.uuid)
    submission = submit(
        edition=draft.edition, answers={"amount": 3}, by=by, idempotency_key=uuid.uuid4().hex, draft=draft
    )
    cases.open_case(workflow_key="papers", submission=submission, by=by, idempotency_key=uuid.uuid4().hex)
    return Case.objects.get(submission=submission)


def drop(case: Case, order: ChildOrder, by: User, reason: str = "没有手续") -> None:
    asked = Request(case.uuid, by, fresh(case).version, uuid.uuid4().hex, reason=reason)
    relations.drop_order(asked, order=order.uuid)


def told(person: User) -> list[tuple[str, str]]:
    """Return what was said to somebody: of what kind, about which workflow."""
    said = Announcement.objects.filter(notifications__person=person).order_by("created_at", "pk")
    return [(one.kind, one.fields["other"]["en"]) for one in said]


def test_those_asked_are_told_and_find_it_in_their_inbox_and_nobody_else_does() -> None:
    people = house()
    keeper, worker = people["keeper"][0], people["worker"][0]
    case = asked_case(people)
    assert told(keeper) == [("case.ordered", "papers")]
    assert told(worker) == []
    shown = inbox(keeper)
    assert "You are asked to open" in shown
    assert case.number in shown
    assert "You are asked to open" not in inbox(worker)
    assert list(orders_asked_of(keeper)) == [ordered(case)]
    assert "asked of: 角色 keeper" in page(case, worker)
    assert "Fill in the form" not in page(case, worker)
    assert "Fill in the form" in page(case, keeper)


def test_whoever_takes_the_step_is_told_who_was_asked_and_stays_on_the_case() -> None:
    people = house()
    case = open_one(make_user())
    client = signed_in(people["worker"][0])
    post = {"seen_version": fresh(case).version, "idempotency_key": uuid.uuid4().hex}
    answer = client.post(reverse("casework:step", args=[case.uuid, "ask"]), post, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("casework:case", args=[case.uuid])
    assert "“papers” is now asked of: 角色 keeper. They have been told." in body(answer)


def test_the_form_is_begun_with_what_is_known_and_becomes_a_child() -> None:
    people = house()
    keeper = people["keeper"][0]
    case = asked_case(people)
    answer = go_on(ordered(case), keeper)
    form = body(signed_in(keeper).get(answer["Location"]))
    assert ("换轮胎" in form, 'value="3"' in form) == (True, True)
    child = opened(ordered(case), keeper)
    assert (child.parent, child.submitted_by) == (case, keeper)
    assert "You are asked to open" not in inbox(keeper)


def test_nobody_else_can_open_it_not_even_with_its_address() -> None:
    people = house()
    worker = people["worker"][0]
    case = asked_case(people)
    order = ordered(case)
    assert "asks others to open this: 角色 keeper" in body(
        signed_in(worker).post(reverse("casework:order", args=[case.uuid, order.uuid]), follow=True)
    )
    assert not Draft.objects.exists()
    edition = newest(Edition.Kind.FORM, "papers")
    assert edition is not None
    draft = Draft.objects.create(uuid=order.uuid, edition=edition, person=worker, answers={})
    submission = submit(edition=edition, answers={"amount": 3}, by=worker, idempotency_key="x", draft=draft)
    with pytest.raises(NotPermitted):
        cases.open_case(workflow_key="papers", submission=submission, by=worker, idempotency_key="x")


def test_people_stay_in_the_state_until_it_is_opened_and_closed() -> None:
    people = house()
    worker, keeper = people["worker"][0], people["keeper"][0]
    case = asked_case(people)
    with override("en"), pytest.raises(RuleBroken, match="“papers”, still to be opened by: 角色 keeper"):
        act(case, "finish", worker)
    child = opened(ordered(case), keeper)
    with override("en"), pytest.raises(RuleBroken, match=child.number):
        act(case, "finish", worker)
    act(child, "file", keeper)
    assert fresh(case).state == "done"


def test_a_second_one_that_is_still_asked_for_is_waited_for_and_dropping_it_lets_the_case_go_on() -> None:
    people = house()
    worker, keeper = people["worker"][0], people["keeper"][0]
    case = asked_case(people)
    child = opened(ordered(case), keeper)
    case = act(case, "ask_again", worker)
    act(child, "file", keeper)
    assert fresh(case).state == "waits"
    drop(case, ordered(case), keeper)
    assert fresh(case).state == "done"
    assert [event.kind for event in events_of(case.stream)][-2:] == ["case_child_dropped", "case_filed"]
    assert told(worker) == [("case.order_dropped", "papers")]


def test_a_deputy_opens_it_for_the_one_asked() -> None:
    people = house()
    keeper, deputy = people["keeper"][0], make_user("deputy")
    today = timezone.localdate()
    make_deputy(keeper, deputy, ends=today + datetime.timedelta(days=3))
    case = asked_case(people)
    assert "You are asked to open" in inbox(deputy)
    assert opened(ordered(case), deputy).parent == case


def test_what_somebody_began_who_has_left_is_begun_anew_by_another_of_those_asked() -> None:
    gone, stays = make_user("gone"), make_user("stays")
    people = house(keeper=[gone, stays])
    case = asked_case(people)
    first = ordered(case)
    go_on(first, gone)
    told = signed_in(stays).post(reverse("casework:order", args=[case.uuid, first.uuid]), follow=True)
    assert "has begun to fill it in" in body(told)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    begun = first.uuid
    assert opened(first, stays).parent == case
    assert Draft.objects.get(uuid=begun).person == gone


def test_the_list_agrees_with_the_rule_for_everybody() -> None:
    people = house()
    case = asked_case(people)
    everybody = [*(one for found in people.values() for one in found), make_user("stranger")]
    for person in everybody:
        assert (ordered(case) in orders_asked_of(person)) == may_open(ordered(case), person), person
    assert sum(may_open(ordered(case), person) for person in everybody) == 1


def test_the_inbox_shows_a_few_of_many_and_the_rest_on_a_page_of_their_own() -> None:
    people = house()
    keeper = people["keeper"][0]
    numbers = [asked_case(people).number for _one in range(7)]
    shown = inbox(keeper)
    assert sum(number in shown for number in numbers) == 5
    assert "All you are asked to open" in shown
    shown = inbox(keeper, kind="openings")
    assert all(number in shown for number in numbers)
    assert "Nothing of this kind waits for you" in inbox(keeper, kind="steps")
    found = []
    for _more in range(2):
        with CaptureQueriesContext(connection) as seen:
            inbox(keeper, kind="openings")
        found.append(len(seen))
        for _one in range(5):
            asked_case(people)
    assert found[0] == found[1]


def test_what_was_asked_stays_asked_while_its_case_goes_on_and_ends() -> None:
    people = house()
    worker, keeper = people["worker"][0], people["keeper"][0]
    case = asked_case(people)
    first = ordered(case)
    case = act(case, "ask_again", worker)
    drop(case, ordered(case), worker)
    drop(case, first, keeper)
    assert act(case, "finish", worker).state == "done"
    assert "You are asked to open" not in inbox(keeper)
