"""A form taken out of force, or given to other roles, is closed; an older edition is no way round."""

from __future__ import annotations

import datetime
import uuid
from unittest import mock

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forms.models import Draft, Submission
from forms.services.definitions import publish_form
from foundation.editions.models import Edition
from foundation.organisation.models import User
from tests.factories.forms import field, form_body, make_draft, make_form
from tests.factories.organisation import make_role, make_user

pytestmark = pytest.mark.django_db
LATER = timezone.now() + datetime.timedelta(days=3)


@pytest.fixture
def person() -> User:
    return make_user()


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def send(person: User, edition: Edition, do: str, name: uuid.UUID | None = None) -> int:
    data = {
        "form": edition.key,
        "edition": str(edition.number),
        "page": "",
        "do": do,
        "asked": ["subject"],
        "f-subject": "x",
    }
    address = reverse("intake:draft", kwargs={"uuid": name or uuid.uuid4()})
    return int(signed_in(person).post(address, data).status_code)


def restricted(person: User) -> Edition:
    """Give the form to clerks only."""
    make_role("clerk")
    body = form_body(field("subject", label={"zh-hans": "新", "en": "New"}), key="moving")
    return publish_form({**body, "submitters": ["clerk"]}, by=person)


def test_an_older_edition_does_not_open_a_form_that_was_given_to_others(person: User) -> None:
    old = make_form(person, field("subject"), key="moving")
    draft = make_draft(old, person, subject="x")
    restricted(person)
    assert send(person, old, "submit") == 404
    assert Draft.objects.count() == 1
    assert send(person, old, "submit", draft.uuid) == 409
    assert (Draft.objects.count(), Submission.objects.count()) == (1, 0)


def test_a_form_out_of_force_takes_nothing_more_and_keeps_the_draft(person: User) -> None:
    old = make_form(person, field("subject"), key="moving")
    draft = make_draft(old, person, subject="x")
    with mock.patch("forms.rules.in_force", return_value=None):
        assert send(person, old, "submit") == 404
        assert send(person, old, "submit", draft.uuid) == 409
    assert (Draft.objects.count(), Submission.objects.count()) == (1, 0)


def test_a_replaced_edition_can_be_begun_for_a_day_only(person: User) -> None:
    old = make_form(person, field("subject"), key="moving")
    make_form(person, field("subject", label={"zh-hans": "新", "en": "New"}), key="moving")
    assert send(person, old, "save") == 302
    begun = Draft.objects.get()
    with mock.patch("django.utils.timezone.now", return_value=LATER):
        assert send(person, old, "save") == 404
        assert send(person, old, "submit", begun.uuid) == 302
    assert (Draft.objects.count(), Submission.objects.get().edition) == (0, old)
