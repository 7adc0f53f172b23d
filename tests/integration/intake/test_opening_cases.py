"""A form that begins a case: submission and case come together or not at all."""

from __future__ import annotations

import uuid
from unittest import mock

import pytest
from django.test import Client
from django.urls import reverse

from backoffice.intake import outcomes
from forms.logic import typed_of
from forms.models import Draft, NumberSeries, Submission
from forms.queries import current_form
from forms.services.submissions import save_draft
from tests.factories.forms import complaint_body
from tests.factories.workflows import House, make_house
from workflows.exceptions import RuleBroken
from workflows.models import Case

pytestmark = pytest.mark.django_db

ANSWERS = {
    "customer_name": "李雷",
    "phone": "13800138000",
    "channel": "phone",
    "occurred_on": "2026-01-05",
    "matter_category": "price",
    "severity": "ordinary",
    "matter": "工时费与报价不符",
    "description": "结算时工时费比报价多收，顾客要求说明。",
    "repeated": False,
    "answered_on_spot": True,
    "answer_given": "已说明并退还差额。",
    "reaction": "accepts",
    "wants_call_back": False,
}


@pytest.fixture
def house() -> House:
    return make_house()


def begun(house: House) -> Draft:
    edition, definition = current_form("complaint")
    return save_draft(
        uuid=uuid.uuid4(), edition=edition, typed=typed_of(definition, ANSWERS), by=house["clerk"], page=1
    )


def submit(client: Client, draft: Draft) -> object:
    return client.post(
        reverse("intake:draft", kwargs={"uuid": draft.uuid}), {"page": "complaint", "do": "submit"}
    )


def test_the_house_uses_the_complaint_record_of_the_pack(house: House) -> None:
    _edition, definition = current_form("complaint")
    assert definition.key == complaint_body()["key"]


def test_submitting_a_complaint_opens_a_case_and_leads_to_it(house: House) -> None:
    client = Client()
    client.force_login(house["clerk"])
    draft = begun(house)
    answer = submit(client, draft)
    case = Case.objects.get()
    assert answer["Location"] == reverse("intake:received", kwargs={"uuid": draft.uuid})
    of_case = reverse("casework:case", kwargs={"case_uuid": case.uuid})
    assert of_case in client.get(answer["Location"]).content.decode()
    assert (case.submission.uuid, case.submission.answers) == (draft.uuid, ANSWERS)
    again = submit(client, draft)
    assert again["Location"] == answer["Location"]
    assert (Case.objects.count(), Submission.objects.count(), Draft.objects.count()) == (1, 1, 0)
    mine = client.get(reverse("intake:mine")).content.decode()
    assert case.submission.number in mine
    assert of_case in mine
    page = client.get(reverse("intake:submission", kwargs={"uuid": draft.uuid})).content.decode()
    assert of_case in page


def test_a_case_that_cannot_be_opened_leaves_the_draft_and_no_submission(house: House) -> None:
    client = Client()
    client.force_login(house["clerk"])
    draft = begun(house)
    with mock.patch.object(outcomes, "open_case", side_effect=RuleBroken("今天不能立案")):
        answer = submit(client, draft)
    assert answer.status_code == 409
    assert "今天不能立案" in answer.content.decode()
    assert (Submission.objects.count(), Draft.objects.count()) == (0, 1)
    assert NumberSeries.objects.count() == 0
