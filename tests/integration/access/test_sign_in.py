"""The door: one way in, locked after too many wrong passwords, noted in the record."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from backoffice.access import groups, routes
from foundation.audit.queries import events_of
from foundation.organisation.models import User
from tests.factories.organisation import PASSWORD, bind_role, make_user, make_user_with_roles

pytestmark = pytest.mark.django_db
SIGN_IN = "/sign-in/"


def sign_in(client: Client, username: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post(SIGN_IN, {"username": username, "password": password, **more})


def kinds(person: User) -> list[str]:
    return [event.kind for event in events_of(f"user:{person.uuid}")]


def test_a_person_signs_in_and_the_session_gets_a_new_key(client: Client) -> None:
    client.get(SIGN_IN)
    session = client.session
    session["basket"] = "before"
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before
    person = make_user()
    response = sign_in(client, person.username)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.session.session_key != before
    assert client.session["_auth_user_id"] == str(person.pk)
    assert kinds(person) == ["user.signed_in"]


def test_a_wrong_password_says_the_same_as_an_unknown_name(client: Client) -> None:
    person = make_user()
    wrong, unknown = sign_in(client, person.username, "wrong"), sign_in(client, "nobody-at-all", "wrong")
    assert wrong.status_code == unknown.status_code == 200
    assert wrong.context["form"].non_field_errors() == unknown.context["form"].non_field_errors()
    assert len(wrong.context["form"].non_field_errors()) == 1
    assert kinds(person) == ["user.sign_in_refused"]


def test_an_account_switched_off_is_told_the_same_as_a_wrong_password(client: Client) -> None:
    person = make_user(active=False)
    refused, wrong = sign_in(client, person.username), sign_in(client, person.username, "wrong")
    assert refused.context["form"].non_field_errors() == wrong.context["form"].non_field_errors()
    assert "_auth_user_id" not in client.session


def test_signing_out_ends_the_session_and_is_noted(client: Client) -> None:
    person = make_user()
    sign_in(client, person.username)
    assert client.get("/sign-out/").status_code == 405
    response = client.post("/sign-out/")
    assert (response.status_code, response["Location"]) == (302, SIGN_IN)
    assert "_auth_user_id" not in client.session
    assert kinds(person) == ["user.signed_in", "user.signed_out"]


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/inbox/", "/inbox/"),
        ("/cases/?q=%E6%8A%95%E8%AF%89", "/cases/?q=%E6%8A%95%E8%AF%89"),
        ("https://evil.example/inbox/", "/"),
        ("//evil.example/inbox/", "/"),
        ("javascript:alert(1)", "/"),
        ("/audit/", "/"),
        ("/no-such-address/", "/"),
        ("", "/"),
    ],
)
def test_the_next_address_is_ours_and_open_to_the_person(client: Client, wanted: str, reached: str) -> None:
    person = make_user()
    assert sign_in(client, person.username, next=wanted)["Location"] == reached


def test_whoever_is_signed_in_is_not_asked_again(client: Client) -> None:
    client.force_login(make_user())
    assert client.get(SIGN_IN)["Location"] == "/"


def test_lock_out_after_too_many_wrong_passwords(client: Client, settings: Any) -> None:
    settings.AXES_ENABLED = True
    settings.AXES_FAILURE_LIMIT = 3
    person, other = make_user(), make_user()
    answers = [sign_in(client, person.username, "wrong").status_code for _ in range(3)]
    assert answers == [200, 200, 429]
    locked = sign_in(client, person.username)
    assert locked.status_code == 429
    assert "access/locked_out.html" in [template.name for template in locked.templates]
    assert "_auth_user_id" not in client.session
    # Another account from the same address still gets in: one person cannot lock out the whole shop.
    assert sign_in(client, other.username).status_code == 302


def test_the_persons_language_comes_with_them(client: Client) -> None:
    person = make_user(language="en")
    response = sign_in(client, person.username)
    assert response.cookies["django_language"].value == "en"


@pytest.mark.parametrize("chosen", ["en", "zh-hans"])
def test_the_language_switch_is_kept_for_browser_and_person(client: Client, chosen: str) -> None:
    person = make_user()
    client.force_login(person)
    response = client.post("/language/", {"language": chosen, "next": "/design/"})
    assert (response.status_code, response["Location"]) == (302, "/design/")
    assert response.cookies["django_language"].value == chosen
    person.refresh_from_db()
    assert person.language == chosen
    assert client.get("/design/").headers["Content-Language"] == chosen


def test_an_unknown_language_and_a_foreign_way_back_change_nothing(client: Client) -> None:
    response = client.post("/language/", {"language": "xx", "next": "https://evil.example/"})
    assert response["Location"] == "/"
    assert "django_language" not in response.cookies


def test_the_theme_is_kept_in_a_cookie_and_shown(client: Client) -> None:
    client.force_login(make_user())
    assert client.post("/theme/", {"theme": "dark", "next": "/design/"}).cookies["theme"].value == "dark"
    assert b'data-theme="dark"' in client.get("/design/").content
    client.cookies["theme"] = '"><script>'
    assert b'data-theme="auto"' in client.get("/design/").content


def test_changing_the_password_ends_other_sessions_and_is_noted(client: Client) -> None:
    person = make_user()
    elsewhere = Client()
    sign_in(client, person.username)
    sign_in(elsewhere, person.username)
    new = "blue-harbour-lantern-7"
    answer = client.post("/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    assert answer["Location"] == "/"
    assert client.get("/design/").status_code == 200
    assert elsewhere.get("/design/").status_code == 302
    assert kinds(person)[-1] == "user.password_changed"


@pytest.fixture
def hr() -> User:
    """Return somebody of HR, who may use Wagtail's admin."""
    groups.ensure()
    group = Group.objects.get(name=groups.HR)
    bind_role("hr", group)
    return make_user(groups=[group])


def test_a_password_signs_in_nowhere_but_at_the_sign_in(hr: User) -> None:
    body = {
        "username": hr.username,
        "password": PASSWORD,
        "login": hr.username,
        "email": hr.email,
        "next": "/admin/",
    }
    answered = 0
    for route in routes.all_routes():
        if route.arguments or route.name.startswith("unnamed:") or route.name == "access:sign-in":
            continue
        for address in (reverse(route.name), reverse(route.name) + "?next=/admin/"):
            client = Client(raise_request_exception=False)
            client.post(address, body)
            assert "_auth_user_id" not in client.session, route.name
            answered += 1
    assert answered > 150
    # The same body does sign in at the sign-in, so the walk could have found a second door.
    client = Client()
    client.post(SIGN_IN, body)
    assert client.session["_auth_user_id"] == str(hr.pk)


def test_wagtails_login_leads_to_the_sign_in_and_back(client: Client, hr: User) -> None:
    response = client.post("/admin/login/?next=/admin/", {"username": hr.username, "password": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, "/sign-in/?next=%2Fadmin%2F")
    assert sign_in(client, hr.username, next="/admin/")["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_a_mere_get_signs_nobody_out(client: Client, hr: User) -> None:
    client.force_login(hr)
    assert client.get("/admin/logout/").status_code == 405
    assert client.get("/admin/").status_code == 200
    assert client.post("/admin/logout/")["Location"] == SIGN_IN
    assert client.get("/admin/").status_code == 302


def test_wagtails_account_page_leaves_password_and_address_alone(client: Client, hr: User) -> None:
    client.force_login(hr)
    page = client.get("/admin/account/")
    assert page.status_code == 200
    assert b"new_password1" not in page.content
    assert b"email-email" not in page.content


def test_home_is_the_first_place_the_person_may_open(client: Client) -> None:
    client.force_login(make_user_with_roles("auditor"))
    assert client.get("/")["Location"] == "/inbox/"


def test_the_rail_shows_only_what_the_person_may_open(client: Client, hr: User) -> None:
    client.force_login(make_user_with_roles("auditor"))
    auditors = client.get("/design/").context["nav_items"]
    client.force_login(hr)
    hrs = client.get("/design/").context["nav_items"]
    assert [item.key for item in auditors] == [
        "inbox",
        "new",
        "mine",
        "registers",
        "cases",
        "reports",
        "positions",
        "clocks",
        "audit",
        "retention",
    ]
    assert [item.key for item in hrs] == [
        "inbox",
        "new",
        "mine",
        "registers",
        "cases",
        "reports",
        "positions",
        "admin",
    ]
