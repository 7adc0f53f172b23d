"""However a matter reaches the house, it becomes a case, and the case says how it came; strangers learn nothing."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from backoffice.intake.duplicates import rows_told
from backoffice.intake.outcomes import hand_in, hand_in_public
from forms.models import RegisterImport
from forms.registers.importing import ReadRow
from forms.services import public
from forms.services.submissions import save_draft, submit
from foundation.editions.models import Edition
from foundation.editions.queries import newest
from foundation.editions.services import publish
from foundation.organisation.models import User
from tests.factories.chains import act, form_body, fresh, publish_all, state, step, text, workflow_body
from tests.factories.organisation import make_user, make_user_with_roles
from workflows.models import Case
from workflows.services import cases

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer() -> User:
    publish(
        kind=Edition.Kind.FORM,
        key="spending",
        body={**form_body(), "public": {"per_hour": 50}},
        by=make_user("author"),
    )
    people = publish_all(
        workflow_body(
            [state("new"), state("done", "final")],
            [step("take", "new", "done", "officer", assignment={"mode": "actor"})],
            access={"sees": ["submitter", "officer"]},
            identities=[{"id": "plate", "title": text("同一车牌"), "fields": ["plate"]}],
        )
    )
    return people["officer"][0]


def form() -> Edition:
    edition = newest(Edition.Kind.FORM, "spending")
    assert edition is not None
    return edition


def page(case: Case, reader: User) -> str:
    client = Client()
    client.force_login(reader)
    client.cookies["django_language"] = "en"
    return client.get(reverse("casework:case", kwargs={"case_uuid": case.uuid})).content.decode()


def by_hand(by: User, **answers: Any) -> Case:
    draft = save_draft(uuid=uuid.uuid4(), edition=form(), typed={}, by=by)
    return Case.objects.get(submission=hand_in(draft=draft, answers={"amount": 5, **answers}, by=by))


def by_link(**answers: Any) -> Case:
    access, _token = public.open_access(
        form_key="spending", purpose="前台二维码", by=make_user_with_roles("form_builder")
    )
    draft = public.save_public_draft(access=access, edition=form(), visitor="v", typed={})
    sent = hand_in_public(access=access, draft=draft, answers={"amount": 5, **answers}, address="192.0.2.1")
    return Case.objects.get(submission=sent)


def test_a_clerk_fills_in_the_form(officer: User) -> None:
    assert "<dd>the form</dd>" in page(by_hand(make_user("clerk")), officer)


def test_somebody_scans_the_public_link(officer: User) -> None:
    case = by_link()
    shown = page(case, officer)
    assert "<dd>the public link</dd>" in shown
    assert "through the public link" in shown
    assert case.submitted_by is None
    assert act(case, "take", officer).state == "done"


def test_a_sheet_is_taken_in(officer: User) -> None:
    clerk = make_user("clerk")
    submission = submit(
        edition=form(),
        answers={"amount": 5},
        by=clerk,
        idempotency_key="row",
        beside={"import": str(uuid.uuid4()), "row": "2"},
    )
    opened = cases.open_case(workflow_key="spending", submission=submission, by=clerk, idempotency_key="row")
    assert "a sheet that was taken in" in page(fresh(opened.case), officer)


def test_rows_of_a_sheet_about_something_that_is_there_are_told(officer: User) -> None:
    clerk, other = make_user("clerk"), make_user("other")
    mine, _hidden = by_hand(clerk, plate="京A12345"), by_hand(other, plate="京A12345")
    plates = {2: "京a-12345", 3: "沪B00001", 4: "沪B 00001", 5: "粤C77777"}
    rows = [
        ReadRow(number=number, typed={"amount": ["5"], "plate": [plate]}).stored()
        for number, plate in plates.items()
    ]
    taken = RegisterImport.objects.create(
        form_key="spending", edition=form(), by=clerk, filename="a.xlsx", rows=rows, state="ready", count=4
    )
    told = {one.row: (list(one.cases), one.hidden, list(one.rows)) for one in rows_told(taken, clerk)}
    assert told == {2: ([mine], 1, []), 3: ([], 0, [4]), 4: ([], 0, [3])}


def test_whoever_fills_in_behind_a_public_link_learns_nothing_of_earlier_cases(officer: User) -> None:
    by_hand(make_user("clerk"), plate="京A12345")
    case = by_link(plate="京A12345")  # submitted without a question
    assert case.walked["earlier"] == {"plate": 1}
    assert "About the same" in page(case, officer)
