"""Requests no browser of ours sends: each is refused or answered, none makes the server fail, on both databases."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from foundation.audit.queries import events_of
from foundation.organisation.models import User
from tests.factories.organisation import make_group, make_user_with_roles
from tests.factories.workflows import House, complaint_in, key, make_house
from workflows.models import Case

pytestmark = pytest.mark.django_db

EVERY_ROLE = ("hr", "clerk", "manager", "general_manager", "form_builder", "auditor", "administrator")
MANY_WORDS = "+".join("x" for _number in range(1_900))
HOSTILE = {
    "a NUL": "%00",
    "a NUL in a word": "a%00b",
    "many words": MANY_WORDS,
    "a long sentence": "%E5%B2%97" * 1_000,
    "a huge number": "9" * 5_000,
    "a negative number": "-1",
    "no Unicode": "%ff%fe",
    "a surrogate": "%ed%a0%80",
}
ASKED = {
    "/cases/": ("q", "scope", "page"),
    "/inbox/": ("page",),
    "/requests/": ("q",),
    "/requests/mine/": ("page",),
    "/positions/": ("q", "department", "page", "withdrawn"),
    "/audit/": ("q", "kind"),
    "/sign-in/": ("next",),
    "/admin/pages/search/": ("q", "p"),
    "/admin/users/": ("q", "p"),
}


@pytest.fixture
def everybody() -> Client:
    """Return a browser signed in as somebody who may open everything."""
    house = make_house()
    complaint_in(house, "received")
    person = make_user_with_roles(*EVERY_ROLE)
    person.groups.add(make_group("HR"), make_group("Administrators"))
    return browser(person)


def browser(person: User | None = None) -> Client:
    client = Client(raise_request_exception=False)
    if person is not None:
        client.force_login(person)
    return client


@pytest.mark.parametrize("path", ASKED)
def test_a_query_of_any_kind_is_answered(everybody: Client, path: str) -> None:
    for value in HOSTILE.values():
        for name in ASKED[path]:
            for query in (f"{name}={value}", f"{value[:50]}={name}"):
                assert everybody.get(f"{path}?{query}").status_code < 500, query[:80]


PATHS = [
    "/audit/case/a%00b/",
    "/audit/%00/x/",
    "/positions/a%00b/",
    "/positions/x/editions/99999999999999999999999/",
    f"/positions/x/editions/{'9' * 5000}/",
    f"/admin/pages/{'9' * 30}/edit/",
    "/requests/%00/",
    "//evil.example/",
    "/%00",
    "/cases/%2e%2e/audit/",
    "/cases/../audit/",
    "/static/../settings/base.py",
    "/static/%2e%2e/%2e%2e/manage.py",
    "/static/a%00b",
]


def test_a_path_of_any_kind_is_answered(everybody: Client) -> None:
    for path in PATHS:
        for client in (everybody, browser()):
            for method in ("GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE"):
                answer = client.generic(method, path)
                assert answer.status_code < 500, (method, path)
                assert "evil.example" not in answer.headers.get("Location", "")


@pytest.mark.parametrize(
    ("before", "after"), [("-1", "2"), ("1", "9" * 30), ("a", "b"), ("1", "1"), ("０", "٣")]
)
def test_editions_that_cannot_be_are_not_compared(house: House, before: str, after: str) -> None:
    auditor = browser(house["auditor"])
    position = reverse("positions:compare-chosen", kwargs={"code": "position-1"})
    answer = auditor.get(position, {"before": before, "after": after})
    assert answer.status_code in {302, 404}


@pytest.fixture
def house() -> House:
    return make_house()


COOKIES = [
    settings.SESSION_COOKIE_NAME,
    settings.CSRF_COOKIE_NAME,
    settings.LANGUAGE_COOKIE_NAME,
    "messages",
    "theme",
]


@pytest.mark.parametrize("name", COOKIES)
@pytest.mark.parametrize("value", ['"aaaaaaaaaaaa\\000a"', "a" * 3000, '"\\377\\376aaaaaaaaaaaa"'])
def test_a_cookie_of_any_kind_is_answered(name: str, value: str) -> None:
    for path in ("/", "/sign-in/", "/cases/", "/nowhere/"):
        answer = browser().get(path, headers={"cookie": f"{name}={value}"})
        assert answer.status_code in {200, 302, 404}, path


@pytest.mark.parametrize("value", ["\x00", "a\x00b", "x" * 100_000, "\ud800", "9" * 5_000])
def test_a_sign_in_of_any_kind_is_answered(value: str, settings: Any) -> None:
    settings.AXES_ENABLED = True
    data = {"username": value.encode("utf-8", "surrogatepass").decode("utf-8", "replace"), "password": "x"}
    assert browser().post("/sign-in/", data).status_code in {200, 400}
    assert browser().post(
        "/sign-in/", {**data, "username": "x", "password": value[:4000].encode("utf-8", "replace").decode()}
    ).status_code in {200, 400}
    for address in ("/language/", "/theme/"):
        posted = {"next": data["username"], "language": data["username"], "theme": data["username"]}
        assert browser().post(address, posted).status_code in {200, 204, 302, 400}


ANYTHING = ["\x00", "因\x00为", "9" * 5_000, "9" * 30, "-1", "²", "é" * 90_000]


def test_a_draft_posted_with_anything_is_answered(house: House) -> None:
    posted = {"form": "complaint", "edition": "1", "page": "", "asked": ["matter"], "f-matter": "x"}
    client = browser(house["clerk"])
    for name in ("form", "edition", "page", "do", "complain", "asked", "f-matter"):
        for value in ANYTHING:
            address = reverse("intake:draft", kwargs={"uuid": uuid.uuid4()})
            for do in ("save", "submit"):
                answer = client.post(address, {**posted, "do": do, name: value})
                assert answer.status_code < 500, (name, value[:20])


@pytest.mark.parametrize(
    ("state", "step", "names"),
    [
        ("assigned", "answer", ("seen_version", "idempotency_key", "finding", "remedy")),
        ("answered", "send_back", ("reason",)),
        ("received", "assign", ("assignee", "promised_on")),
    ],
)
def test_a_step_posted_with_anything_is_answered(
    house: House, state: str, step: str, names: tuple[str, ...]
) -> None:
    sound = {"reason": "再看看", "finding": "无", "remedy": "rework", "promised_on": "2099-12-31"}
    client = browser(house[{"answer": "assignee", "send_back": "clerk", "assign": "manager"}[step]])
    for name in names:
        for value in ANYTHING:
            case = complaint_in(house, state)
            url = reverse("casework:step", kwargs={"case_uuid": case.uuid, "step": step})
            fresh = {**sound, "seen_version": str(case.version), "idempotency_key": key()}
            assert client.post(url, {**fresh, name: value}).status_code < 500, (name, value[:20])
            case = Case.objects.get(pk=case.pk)
            assert client.get(reverse("casework:case", kwargs={"case_uuid": case.uuid})).status_code == 200
            told = events_of(case.stream)[-1]
            assert "\0" not in repr([case.answers, told.changes])
            assert all(len(str(change.after)) <= 5_000 for change in told.changes)
