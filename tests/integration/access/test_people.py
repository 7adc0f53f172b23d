"""Accounts in the admin: names are whole, nobody gets more than an administrator may give, everything is recorded."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from backoffice.access import groups
from foundation.audit.queries import events_of
from foundation.organisation.models import User
from tests.factories.organisation import PASSWORD, bind_role, make_user

pytestmark = pytest.mark.django_db
NEW = {
    "username": "ouyang",
    "full_name": "欧阳海",
    "full_name_en": "Ouyang Hai",
    "email": "ouyang@example.com",
    "language": "zh-hans",
    "password1": "blue-harbour-lantern-7",
    "password2": "blue-harbour-lantern-7",
}


@pytest.fixture
def administrator(client: Client) -> User:
    """Return a signed-in administrator."""
    groups.ensure()
    group = Group.objects.get(name=groups.ADMINISTRATORS)
    bind_role("administrator", group)
    person = make_user(full_name="陈管理", groups=[group])
    client.force_login(person)
    return person


def changes_of(person: User) -> list[tuple[str, dict[str, tuple[Any, Any]]]]:
    """Return kind and changes of each event of an account."""
    return [
        (event.kind, {change.path: (change.before, change.after) for change in event.changes})
        for event in events_of(f"user:{person.uuid}")
    ]


def test_an_account_is_made_with_its_whole_name_and_recorded(client: Client, administrator: User) -> None:
    hr = Group.objects.get(name=groups.HR)
    response = client.post("/admin/users/new/", {**NEW, "groups": [hr.pk]})
    assert (response.status_code, response["Location"]) == (302, "/admin/users/")
    person = User.objects.get(username="ouyang")
    assert (person.full_name, person.full_name_en, person.language) == ("欧阳海", "Ouyang Hai", "zh-hans")
    assert (person.first_name, person.last_name, person.is_active) == ("", "", True)
    assert list(person.groups.all()) == [hr]
    assert Client().login(username="ouyang", password=NEW["password1"])
    kind, changes = changes_of(person)[0]
    assert kind == "user.created"
    assert changes["full_name"] == (None, "欧阳海")
    assert changes["groups"] == (None, ["HR"])
    assert changes["password"] == (None, "set")


def test_a_change_is_recorded_with_before_and_after(client: Client, administrator: User) -> None:
    person = make_user("ouyang", full_name="欧阳海", full_name_en="Ouyang Hai", language="zh-hans")
    person.email = NEW["email"]
    person.save()
    kept = {name: value for name, value in NEW.items() if not name.startswith("password")}
    answer = client.post(f"/admin/users/edit/{person.pk}/", {**kept, "full_name": "欧阳海涛"})
    assert answer.status_code == 302
    person.refresh_from_db()
    assert (person.full_name, person.is_active, person.check_password(PASSWORD)) == ("欧阳海涛", False, True)
    assert changes_of(person) == [
        ("user.changed", {"full_name": ("欧阳海", "欧阳海涛"), "is_active": (True, False)})
    ]


def test_saving_without_a_change_writes_no_event(client: Client, administrator: User) -> None:
    person = make_user("ouyang", full_name="欧阳海", full_name_en="Ouyang Hai", language="zh-hans")
    person.email = NEW["email"]
    person.save()
    kept = {name: value for name, value in NEW.items() if not name.startswith("password")}
    assert client.post(f"/admin/users/edit/{person.pk}/", {**kept, "is_active": "on"}).status_code == 302
    assert changes_of(person) == []


def test_nobody_becomes_a_superuser_by_a_form(client: Client, administrator: User) -> None:
    body = {**NEW, "is_superuser": "on", "is_staff": "on", "is_demo": "on"}
    assert client.post("/admin/users/new/", body).status_code == 302
    person = User.objects.get(username="ouyang")
    assert (person.is_superuser, person.is_staff, person.is_demo) == (False, False, False)
    assert b"is_superuser" not in client.get(f"/admin/users/edit/{person.pk}/").content


def test_nobody_switches_themselves_off(client: Client, administrator: User) -> None:
    address = f"/admin/users/edit/{administrator.pk}/"
    assert b'name="is_active"' not in client.get(address).content
    body = {**NEW, "username": administrator.username, "password1": "", "password2": ""}
    client.post(address, {**body, "groups": list(administrator.groups.values_list("pk", flat=True))})
    administrator.refresh_from_db()
    assert administrator.is_active
    assert administrator.full_name == "欧阳海"


@pytest.mark.parametrize(("field", "value"), [("full_name", ""), ("password2", "other"), ("username", "a b")])
def test_what_is_wrong_is_refused(client: Client, administrator: User, field: str, value: str) -> None:
    response = client.post("/admin/users/new/", {**NEW, field: value})
    assert response.status_code == 200
    assert field in response.context["form"].errors
    assert not User.objects.filter(email=NEW["email"]).exists()
