"""Giving a case to somebody else beside the steps of its workflow: who may, to whom, and what is kept of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.utils.translation import override

from foundation.audit.queries import events_of
from foundation.notifying.models import Notification
from foundation.organisation.models import User
from tests.factories.organisation import bind_role, hold, make_position
from tests.factories.workflows import House, complaint_in, make_house, small_complaint, take
from workflows.exceptions import AnswersRefused, CaseNotFound, NotPermitted, Overtaken, RuleBroken
from workflows.models import Case
from workflows.queries import inbox_of
from workflows.services.definitions import publish_workflow
from workflows.services.reassigning import reassign
from workflows.services.requests import Request

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    with override("en"):
        found = make_house()
        body = small_complaint()
        body["access"] = {**body["access"], "reassigns": ["general_manager"]}
        publish_workflow(body, by=found["administrator"])
        return found


def give(case: Case, by: User, to: UUID, key: str = "once", **changed: Any) -> Any:
    said: dict[str, Any] = {"seen_version": case.version, "reason": "王芳休假", **changed}
    with override("en"):
        return reassign(Request(case.uuid, by, idempotency_key=key, **said), to=to)


def test_whoever_may_give_cases_away_gives_one_to_somebody_who_could_have_had_it(house: House) -> None:
    case = complaint_in(house, "assigned")
    boss, former, newcomer = house["general_manager"], house["assignee"], house["manager"]
    receipt = give(case, boss, newcomer.uuid)
    case = Case.objects.get(pk=case.pk)
    assert (case.assignee, case.state, case.version) == (newcomer, "assigned", receipt.version)
    assert case in inbox_of(newcomer)
    assert case not in inbox_of(former)
    event = events_of(case.stream)[-1]
    assert event.kind == "case_given_on"
    assert {change.path: change.after for change in event.changes}["assignee"] == str(newcomer.uuid)
    told = Notification.objects.filter(announcement__kind__in=["case.given", "case.taken_off"])
    assert {(one.announcement.kind, one.person) for one in told} == {
        ("case.given", newcomer),
        ("case.taken_off", former),
    }
    assert give(case, boss, newcomer.uuid, seen_version=case.version - 1).repeated
    take(house, case, "answer", by=newcomer)


def test_who_may_not_and_who_cannot_have_it_is_said_and_nothing_changes(house: House) -> None:
    case = complaint_in(house, "assigned")
    boss, newcomer = house["general_manager"], house["manager"]
    for by, refusal in ((newcomer, NotPermitted), (house["stranger"], CaseNotFound)):
        with pytest.raises(refusal):
            give(case, by, newcomer.uuid)
    for to, words in (
        (house["hr"].uuid, "cannot have it: that is for"),
        (house["assignee"].uuid, "has it already"),
        (case.uuid, "Choose one of the people"),
    ):
        with pytest.raises(AnswersRefused) as refused:
            give(case, boss, to)
        assert words in refused.value.errors["person"][0]
    with pytest.raises(AnswersRefused, match="Say why"):
        give(case, boss, newcomer.uuid, reason=" ")
    with pytest.raises(Overtaken):
        give(case, boss, newcomer.uuid, seen_version=case.version - 1)
    with pytest.raises(RuleBroken, match="is closed"):
        give(closed := complaint_in(house, "closed"), boss, newcomer.uuid)
    assert {one.assignee for one in Case.objects.filter(pk__in=[case.pk, closed.pk])} == {house["assignee"]}


def test_a_case_that_nobody_has_goes_to_people_who_can_go_on_with_it(house: House) -> None:
    case = complaint_in(house, "received")
    with pytest.raises(AnswersRefused):
        give(case, house["general_manager"], house["hr"].uuid)
    post = make_position(department=house.department)
    hold(house["stranger"], post)
    bind_role("manager", post)
    give(case, house["general_manager"], house["stranger"].uuid)
    assert Case.objects.get(pk=case.pk).assignee == house["stranger"]
