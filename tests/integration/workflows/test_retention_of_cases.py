"""What retention takes out of a submission goes from its case as well, and the record stays whole."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from forms.models import Submission
from forms.services import retention
from forms.services.definitions import publish_form
from foundation.audit.queries import events_of
from foundation.audit.verification import verify
from foundation.organisation.models import User
from tests.factories.forms import field, form_body, make_submission, text
from tests.factories.organisation import make_role, make_user_with_roles
from tests.integration.forms.test_retention import CANARY, everything_stored
from workflows.models import Case
from workflows.services import cases, promises
from workflows.services.definitions import publish_workflow
from workflows.words import tokens

pytestmark = pytest.mark.django_db


def workflow_body() -> dict[str, Any]:
    """Two states; the step that ends a case asks one question that is personal and one that is not."""
    return {
        "key": "wish",
        "title": text("心愿"),
        "form": "wish",
        "subject": ["who", "subject"],
        "states": [
            {"id": "open", "title": text("待办"), "category": "open", "initial": True},
            {"id": "done", "title": text("办结"), "category": "final"},
        ],
        "transitions": [
            {
                "id": "finish",
                "title": text("办结"),
                "source": ["open"],
                "target": "done",
                "roles": ["clerk"],
                "reason_required": True,
                "asks": [field("spoke_with", confidentiality="personal"), field("outcome")],
            }
        ],
        "access": {"sees": ["clerk"]},
    }


def closed_case(by: User, then: str) -> Case:
    form = publish_form(
        form_body(
            field("who", confidentiality="personal"),
            field("subject"),
            key="wish",
            retention={"months": 12, "then": then},
        ),
        by=by,
    )
    publish_workflow(workflow_body(), by=by)
    submission = make_submission(form, by, who=CANARY, subject="雨刮异响")
    case = cases.open_case(workflow_key="wish", submission=submission, by=by, idempotency_key="o").case
    due = timezone.now() + datetime.timedelta(days=1)
    said = promises.Said(f"给{CANARY}回电", CANARY, due)
    promise = promises.record_promise(case_uuid=case.uuid, said=said, by=by, idempotency_key="p")
    promises.withdraw(promise=promise, reason=f"{CANARY}已到店", by=by, idempotency_key="w")
    cases.act(
        case_uuid=case.uuid,
        step="finish",
        by=by,
        seen_version=1,
        idempotency_key="f",
        answers={"spoke_with": [f"{CANARY}太太"], "outcome": ["已换雨刮"]},
        reason=f"{CANARY}来电",
    )
    return Case.objects.get(pk=case.pk)


@pytest.fixture
def clerk() -> User:
    for key in ("auditor", "administrator"):
        make_role(key)
    return make_user_with_roles("clerk", full_name="李前台")


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Go thirteen months on, once called."""
    then = timezone.now() + datetime.timedelta(days=400)
    return lambda: monkeypatch.setattr(timezone, "now", lambda: then)


def test_anonymising_takes_what_is_personal_out_of_the_case_and_leaves_the_rest(
    clerk: User, later: Any
) -> None:
    case = closed_case(clerk, "anonymise")
    assert CANARY in case.subject
    later()
    assert retention.carry_out() == 1
    case = Case.objects.get(pk=case.pk)
    assert (case.subject, case.answers, case.state) == ("雨刮异响", {"outcome": "已换雨刮"}, "done")
    assert CANARY not in everything_stored()
    told = {change.path: change for event in events_of(case.stream) for change in event.changes}
    assert told["answers.outcome"].after == "已换雨刮"
    assert told["answers.spoke_with"].erased
    assert told["reason"].erased
    kept = " ".join(case.words.values_list("words", flat=True)).split()
    assert tokens("已换雨刮") <= set(kept)
    assert not tokens(CANARY) & set(kept)
    assert verify().faults == []
    assert retention.carry_out() == 0


def test_deleting_takes_all_answers_out_of_the_case(clerk: User, later: Any) -> None:
    case = closed_case(clerk, "delete")
    later()
    with override("en"):
        assert retention.carry_out() == 1
    case = Case.objects.get(pk=case.pk)
    assert (case.subject, case.answers) == ("(no subject)", {})
    stored = everything_stored()
    assert not any(words in stored for words in (CANARY, "雨刮异响", "已换雨刮"))
    assert verify().faults == []


def test_a_case_that_lost_answers_is_shown_with_what_is_left(clerk: User, later: Any) -> None:
    case = closed_case(clerk, "anonymise")
    auditor = make_user_with_roles("auditor")
    later()
    retention.carry_out()
    client = Client()
    client.force_login(auditor)
    client.cookies["django_language"] = "en"
    page = client.get(
        reverse("auditing:trail", kwargs={"kind": "cases", "key": case.number})
    ).content.decode()
    assert "Answers taken out, their time being over" in page
    assert "(erased)" in page
    assert "None" not in page
    client.force_login(clerk)
    shown = client.get(reverse("casework:case", kwargs={"case_uuid": case.uuid})).content.decode()
    assert "已换雨刮" in shown
    assert CANARY not in shown


def test_an_open_case_holds_its_submission_up(clerk: User, later: Any) -> None:
    form = publish_form(
        form_body(field("who"), field("subject"), key="wish", retention={"months": 12, "then": "delete"}),
        by=clerk,
    )
    publish_workflow(workflow_body(), by=clerk)
    submission = make_submission(form, clerk, who="甲", subject="乙")
    cases.open_case(workflow_key="wish", submission=submission, by=clerk, idempotency_key="o")
    later()
    assert retention.carry_out() == 0
    assert Submission.objects.get(pk=submission.pk).answers == {"who": "甲", "subject": "乙"}
