"""What a person was told, as they read it; and how they choose to be mailed."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from foundation.notifying.models import Notification, Reception
from foundation.notifying.queries import unread_count
from foundation.notifying.services import tell
from foundation.organisation.models import User
from tests.factories.organisation import make_user
from tests.factories.workflows import House, make_house, open_complaint
from workflows.models import Case
from workflows.services.record import telling

pytestmark = pytest.mark.django_db
MINE, READ, PREFERENCES = "/notifications/", "/notifications/read/", "/notifications/preferences/"


@pytest.fixture
def house() -> House:
    return make_house()


@pytest.fixture
def case(house: House) -> Case:
    return open_complaint(house)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    client.cookies["django_language"] = "en"
    return client


def told(case: Case, person: User, key: str = "k") -> Notification:
    one = telling(case, "case.copied", key, [person], {"person": "Wang Fang"})
    tell(one)
    return Notification.objects.get(announcement__key=one.key, person=person)


def text(client: Client, address: str = MINE) -> str:
    return client.get(address).content.decode()


def test_whoever_was_told_nothing_is_told_so(house: House) -> None:
    client = signed_in(house["clerk"])
    assert "Everything is read" in text(client)
    assert "Nobody has told you anything yet" in text(client, f"{MINE}?show=all")


def test_the_bell_counts_what_is_unread_and_following_reads_it(house: House, case: Case) -> None:
    clerk = house["clerk"]
    row, client = told(case, clerk), signed_in(house["clerk"])
    page = text(client)
    assert "bell__count" in page
    assert "Wang Fang wants you to know of this." in page
    assert case.subject in page
    answer = client.get(reverse("notices:follow", args=[row.pk]))
    assert answer.headers["Location"] == f"/cases/{case.uuid}/"
    assert client.get(answer.headers["Location"]).status_code == 200
    assert unread_count(clerk) == 0
    assert "bell__count" not in text(client)
    assert "Today" in text(client, f"{MINE}?show=all")


def test_each_can_be_marked_read_and_unread_and_all_at_once(house: House, case: Case) -> None:
    clerk = house["clerk"]
    rows, client = [told(case, clerk, key) for key in "abc"], signed_in(house["clerk"])
    client.post(READ, {"notification": str(rows[0].pk), "do": "read"})
    assert unread_count(clerk) == 2
    client.post(READ, {"notification": str(rows[0].pk), "do": "unread"})
    assert unread_count(clerk) == 3
    assert client.post(READ, {"do": "all", "show": "all"}).headers["Location"] == f"{MINE}?show=all"
    assert unread_count(clerk) == 0


def test_for_a_stranger_a_notification_is_not_there(house: House, case: Case) -> None:
    row, stranger = told(case, house["clerk"]), signed_in(make_user())
    assert stranger.get(reverse("notices:follow", args=[row.pk])).status_code == 404
    for sent in ({"notification": str(row.pk)}, {"notification": "nonsense"}, {}):
        assert stranger.post(READ, sent).status_code == 404
    assert unread_count(house["clerk"]) == 1
    assert case.subject not in text(stranger, f"{MINE}?show=all")


def test_whoever_may_no_longer_see_the_case_reads_nothing_of_it(case: Case) -> None:
    person = make_user()
    told(case, person)
    page = text(signed_in(person))
    assert "You may no longer see what this was about." in page
    assert case.subject not in page
    assert case.number not in page
    assert "Wang Fang" not in page


def test_the_list_asks_the_same_number_of_questions_for_one_and_for_twenty(
    house: House, case: Case, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    clerk, client = house["clerk"], signed_in(house["clerk"])
    told(case, clerk, "first")
    text(client)
    with django_assert_max_num_queries(60) as one:
        text(client)
    for number in range(20):
        told(case, clerk, f"k{number}")
    with django_assert_num_queries(len(one.captured_queries)):
        text(client)


def test_preferences_are_kept_and_shown_again(house: House) -> None:
    clerk, client = house["clerk"], signed_in(house["clerk"])
    sent = {
        "pace-cases": "daily",
        "quiet": "hours",
        "quiet_from": "20:00",
        "quiet_until": "08:00",
        "daily_at": "18:15",
    }
    assert client.post(PREFERENCES, sent).headers["Location"] == PREFERENCES
    row = Reception.objects.get(person=clerk)
    assert (row.paces, row.quiet, f"{row.daily_at:%H:%M}") == ({"cases": "daily"}, "hours", "18:15")
    page = text(client, PREFERENCES)
    assert 'value="20:00"' in page
    assert '<option value="daily" selected>' in page
    client.post(PREFERENCES, {})
    row.refresh_from_db()
    assert (row.paces, row.quiet, row.quiet_from) == ({}, "", None)


def test_what_must_be_answered_cannot_be_switched_off(house: House) -> None:
    client = signed_in(house["clerk"])
    answer = client.post(PREFERENCES, {"pace-decisions": "not"})
    assert answer.status_code == 422
    assert not Reception.objects.exists()
    assert "error-summary" in answer.content.decode()


def test_a_quiet_time_without_hours_is_refused_beside_its_field(house: House) -> None:
    answer = signed_in(house["clerk"]).post(PREFERENCES, {"quiet": "hours"})
    assert answer.status_code == 422
    assert "Say from when until when" in answer.content.decode()
