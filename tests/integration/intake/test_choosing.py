"""The chooser of a form: who may ask it, and what it finds."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from forms.models import Draft
from forms.services.definitions import publish_form
from tests.factories.forms import field, form_body, make_form
from tests.factories.organisation import make_user, make_user_with_roles

pytestmark = pytest.mark.django_db


def test_the_chooser_finds_people_for_a_field_that_asks_for_one(client: Client) -> None:
    person = make_user("han", full_name="韩梅梅", employee_number="E7")
    edition = make_form(person, field("adviser", "person"), field("subject"), key="visit")
    client.force_login(make_user())
    address = f"/requests/visit/{edition.number}/choose/"
    found = client.get(address, {"field": "adviser", "q": "梅"}).json()
    assert found == {"found": [{"key": str(person.uuid), "label": "韩梅梅", "detail": "E7"}]}
    assert client.get(address, {"field": "adviser", "q": "无此人"}).json() == {"found": []}
    for strange in ("subject", "nothing", "", "adviser/x"):
        assert client.get(address, {"field": strange}).status_code == 404


def test_a_form_one_may_not_fill_in_chooses_nothing(client: Client) -> None:
    by = make_user_with_roles("clerk")
    edition = make_form(by, field("adviser", "person"), key="visit", submitters=["clerk"])
    address = f"/requests/visit/{edition.number}/choose/?field=adviser"
    client.force_login(make_user())
    assert client.get(address).status_code == 404
    assert client.get("/requests/visit/99/choose/?field=adviser").status_code == 404
    assert client.get("/requests/nothing/1/choose/?field=adviser").status_code == 404
    client.force_login(by)
    assert client.get(address).status_code == 200
    assert client.post(address).status_code == 405


def test_without_script_a_name_is_looked_up_when_the_form_is_updated(client: Client) -> None:
    person, by = make_user("wei", full_name="魏华"), make_user()
    edition = make_form(by, field("adviser", "person"), key="visit")
    client.force_login(by)
    draft = uuid.uuid4()
    posted = {
        "form": "visit",
        "edition": str(edition.number),
        "page": "first",
        "asked": "adviser",
        "f-adviser": "",
        "f-adviser~label": "",
        "f-adviser~words": "魏华",
    }
    client.post(f"/requests/drafts/{draft}/", {**posted, "do": "update"})
    assert Draft.objects.get().answers == {"adviser": [str(person.uuid), "label=魏华", "words=魏华"]}
    page = client.get(f"/requests/drafts/{draft}/").content.decode()
    assert f'value="{person.uuid}"' in page
    wrong = client.post(
        f"/requests/drafts/{draft}/", {**posted, "f-adviser~words": "没有这人", "do": "submit"}
    )
    assert wrong.status_code == 422
    assert "没有这人" in wrong.content.decode()


def test_a_chooser_in_a_row_asks_for_its_own_field(client: Client) -> None:
    by = make_user()
    body = form_body(
        key="visit",
        pages=[
            {
                "id": "first",
                "title": {"zh-hans": "页"},
                "groups": [
                    {
                        "id": "team",
                        "title": {"zh-hans": "组"},
                        "repeat": {"min": 1},
                        "fields": [field("member", "person")],
                    }
                ],
            }
        ],
    )
    edition = publish_form(body, by=by)
    client.force_login(by)
    page = client.get("/requests/visit/").content.decode()
    assert f'data-chooser="/requests/visit/{edition.number}/choose/" data-field="member"' in page
    assert client.get(f"/requests/visit/{edition.number}/choose/", {"field": "member"}).json()["found"]


def test_only_a_form_that_reads_codes_may_use_the_camera(client: Client) -> None:
    by = make_user()
    make_form(by, field("label", "code"), key="scanned")
    make_form(by, field("subject"), key="plain")
    client.force_login(by)
    assert "camera=(self)" in client.get("/requests/scanned/").headers["Permissions-Policy"]
    assert "camera=()" in client.get("/requests/plain/").headers["Permissions-Policy"]
