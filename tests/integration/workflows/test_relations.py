"""Cases linked, merged and split, with history on both sides."""

from __future__ import annotations

import uuid

import pytest
from django.core.management import call_command

from forms.models import Draft
from forms.services.corrections import correct
from forms.services.submissions import submit
from foundation.audit.queries import events_of
from foundation.editions.models import Edition
from foundation.editions.queries import newest
from foundation.editions.services import publish
from foundation.organisation.models import User
from tests.factories.chains import (
    act,
    form_body,
    fresh,
    open_one,
    publish_all,
    state,
    step,
    text,
    workflow_body,
)
from tests.factories.organisation import make_user
from workflows.exceptions import CaseNotFound, NotPermitted, Overtaken, RuleBroken
from workflows.models import Case, Sameness
from workflows.services import relations
from workflows.services.cases import open_case
from workflows.services.requests import Request

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> dict[str, User]:
    body = workflow_body(
        [state("open"), state("merged_away", "final"), state("done", "final")],
        [step("end", "open", "done", "desk"), step("again", ["done", "merged_away"], "open", "desk")],
        merged="merged_away",
    )
    body["access"] = {"sees": ["submitter", "desk"], "relates": ["desk"]}
    return {"clerk": make_user(), "stranger": make_user(), "desk": publish_all(body)["desk"][0]}


def about(case: Case, by: User, reason: str = "", **changed: object) -> Request:
    values = {"case_uuid": case.uuid, "by": by, "seen_version": fresh(case).version, "reason": reason}
    return Request(**{**values, "idempotency_key": uuid.uuid4().hex, **changed})


def kinds(case: Case) -> list[str]:
    return [event.kind.removeprefix("case_") for event in events_of(case.stream)]


def test_linked_cases_name_one_another_until_the_link_is_removed(house: dict[str, User]) -> None:
    one, other = open_one(house["clerk"]), open_one(house["clerk"])
    relations.link(about(one, house["desk"], "同一辆车"), other=other.uuid)
    assert fresh(one).links == [{"case": str(other.uuid), "kind": "related"}]
    assert fresh(other).links == [{"case": str(one.uuid), "kind": "related"}]
    with pytest.raises(RuleBroken):
        relations.link(about(other, house["desk"]), other=one.uuid)
    relations.unlink(about(other, house["desk"]), other=one.uuid)
    assert (fresh(one).links, fresh(other).links) == ([], [])
    assert kinds(one) == kinds(other) == ["opened", "linked", "unlinked"]


def test_only_who_may_relate_and_sees_both(house: dict[str, User]) -> None:
    one, other = open_one(house["clerk"]), open_one(house["clerk"])
    with pytest.raises(NotPermitted):
        relations.link(about(one, house["clerk"]), other=other.uuid)
    with pytest.raises(CaseNotFound):
        relations.link(about(one, house["stranger"]), other=other.uuid)
    with pytest.raises(CaseNotFound):
        relations.link(about(one, house["desk"]), other=uuid.uuid4())
    with pytest.raises(RuleBroken):
        relations.link(about(one, house["desk"]), other=one.uuid)
    with pytest.raises(Overtaken):
        relations.link(about(one, house["desk"], seen_version=7), other=other.uuid)


def test_a_merged_case_ends_and_leads_to_the_other_and_can_be_taken_up_again(house: dict[str, User]) -> None:
    one, other = open_one(house["clerk"]), open_one(house["clerk"])
    relations.merge(about(one, house["desk"]), into=other.uuid)
    one = fresh(one)
    assert (one.state, one.category, one.merged_into_id) == ("merged_away", "final", other.pk)
    assert [link["kind"] for link in fresh(other).links] == ["merged_here"]
    assert kinds(other) == ["opened", "merged"]
    with pytest.raises(RuleBroken):
        relations.merge(about(other, house["desk"]), into=one.uuid)
    assert act(one, "again", house["desk"]).merged_into_id is None


def test_a_case_split_off_says_where_it_came_from(house: dict[str, User]) -> None:
    one = open_one(house["clerk"], note="两件事")
    _receipt, order = relations.split(about(one, house["desk"], "另有一事"))
    edition = newest(Edition.Kind.FORM, "spending")
    draft = Draft.objects.create(uuid=order.uuid, edition=edition, person=house["desk"], answers={})
    submission = submit(
        edition=edition,
        answers=order.answers,
        by=house["desk"],
        idempotency_key=uuid.uuid4().hex,
        draft=draft,
    )
    fresh_one = open_case(
        workflow_key="spending", submission=submission, by=house["desk"], idempotency_key=uuid.uuid4().hex
    ).case
    assert (fresh_one.parent, fresh_one.subject) == (None, one.subject)
    assert fresh_one.links == [{"case": str(one.uuid), "kind": "split_from"}]
    assert fresh(one).links == [{"case": str(fresh_one.uuid), "kind": "split_off"}]
    assert kinds(one) == ["opened", "split", "split"]


def test_an_order_not_needed_is_dropped_with_a_reason(house: dict[str, User]) -> None:
    one = open_one(house["clerk"])
    _receipt, order = relations.split(about(one, house["desk"]))
    with pytest.raises(RuleBroken):
        relations.drop_order(about(one, house["desk"]), order=order.uuid)
    relations.drop_order(about(one, house["desk"], "重复"), order=order.uuid)
    with pytest.raises(RuleBroken):
        relations.drop_order(about(one, house["desk"], "重复"), order=order.uuid)
    assert kinds(one)[-1] == "child_dropped"


def test_a_corrected_submission_corrects_what_the_case_is_known_by_and_is_the_same_as() -> None:
    body = workflow_body(
        [state("open"), state("grave"), state("done", "final")],
        [
            step("escalate", "open", "grave", by_itself=True, guard="grade == 'large'"),
            step("end", ["open", "grave"], "done", "desk"),
        ],
        identities=[{"id": "car", "title": text("车"), "fields": ["plate"]}],
        grades=[{"id": "large", "title": text("大额"), "when": "amount > 5000"}],
    )
    publish_all(body)
    clerk = make_user()
    case = open_one(clerk, plate="粤B12345", note="旧")
    submission = case.submission
    submission_form = form_body() | {"correction": {"by": ["submitter"]}}
    publish(kind=Edition.Kind.FORM, key="spending", body=submission_form, by=clerk)
    correct(
        submission=submission,
        answers={**submission.answers, "amount": 9000, "note": "新", "plate": "粤B99999"},
        reason="打错了",
        by=clerk,
        seen_revision=submission.revision,
        idempotency_key=uuid.uuid4().hex,
    )
    case = fresh(case)
    assert (case.subject, case.grade, case.state) == ("9,000 · 新", "large", "grave")
    assert kinds(case) == ["opened", "corrected", "escalate"]
    again = open_one(clerk, plate="粤B99999")
    assert again.walked["earlier"] == {"car": 1}
    before = sorted(Sameness.objects.values_list("digest", flat=True))
    call_command("workflows", "sameness")
    assert sorted(Sameness.objects.values_list("digest", flat=True)) == before
