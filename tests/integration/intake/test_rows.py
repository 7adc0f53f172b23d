"""Rows of a repeating group over HTTP: by buttons without script, and as the page's script asks for them."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from forms.models import Draft, Submission
from foundation.editions.models import Edition
from foundation.organisation.models import User
from tests.factories.forms import field, make_form, text
from tests.factories.organisation import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    return make_user()


@pytest.fixture
def parts(person: User) -> Edition:
    group = {
        "id": "parts",
        "title": text("配件", "Parts"),
        "repeat": {
            "min": 1,
            "max": 3,
            "item": text("配件", "Part"),
            "summary": ["part"],
            "totals": ["price"],
        },
        "fields": [field("part", required=True), field("price", "money")],
    }
    pages = [{"id": "only", "title": text("一页", "Page"), "groups": [group]}]
    return make_form(person, key="parts", pages=pages, summary=[])


@pytest.fixture
def client(person: User) -> Client:
    client = Client()
    client.force_login(person)
    client.cookies["django_language"] = "en"
    return client


class Filling:
    """One form being filled in without script."""

    def __init__(self, client: Client, edition: Edition) -> None:
        self.client, self.edition, self.uuid = client, edition, uuid.uuid4()
        self.address = reverse("intake:draft", kwargs={"uuid": self.uuid})

    def press(self, do: str, rows: tuple[str, ...], **typed: str) -> str:
        asked = ["parts", *(f"parts/{row}/{name}" for row in rows for name in ("part", "price"))]
        posted = {
            "form": "parts",
            "edition": "1",
            "page": "only",
            "do": do,
            "asked": asked,
            "f-parts": list(rows),
        }
        posted |= {f"f-parts/{name.replace('__', '/')}": words for name, words in typed.items()}
        self.answered = self.client.post(self.address, posted)
        return self.client.get(self.address).content.decode() if self.answered.status_code == 302 else ""

    @property
    def typed(self) -> dict[str, list[str]]:
        return dict(Draft.objects.get(uuid=self.uuid).answers)


def test_a_fresh_form_has_the_fewest_rows(client: Client, parts: Edition) -> None:
    shown = client.get(reverse("intake:form", args=["parts"])).content.decode()
    assert shown.count("data-row-path=") == 1
    assert 'value="remove-row:parts/r1"' not in shown
    assert "Add: Part" in shown


def test_rows_are_added_copied_and_removed_by_buttons_and_nothing_typed_is_lost(
    client: Client, parts: Edition
) -> None:
    filling = Filling(client, parts)
    shown = filling.press("add-row:parts", ("r1",), r1__part="Brake pad", r1__price="12.5")
    assert filling.answered["Location"].endswith("#field-f-parts-r2")
    assert shown.count("data-row-path=") == 2
    assert filling.typed["parts/r1/part"] == ["Brake pad"]
    shown = filling.press(
        "copy-row:parts/r1", ("r1", "r2"), r1__part="Brake pad", r1__price="12.5", r2__part="Disc"
    )
    assert filling.typed["parts"] == ["r1", "r3", "r2"]
    assert "Total: Question price" in shown
    assert "¥25.00" in shown
    assert "add-row:parts" not in shown  # full
    filling.press("row-down:parts/r1", ("r1", "r3", "r2"))
    assert filling.typed["parts"] == ["r3", "r1", "r2"]
    filling.press("remove-row:parts/r2", ("r3", "r1", "r2"))
    assert filling.typed["parts"] == ["r3", "r1"]
    assert not any("r2" in path for path in filling.typed)


def test_what_a_row_lacks_is_listed_linked_and_nothing_is_submitted(client: Client, parts: Edition) -> None:
    filling = Filling(client, parts)
    filling.press("submit", ("r1", "r2"), r1__part="Pad", r2__price="two")
    assert filling.answered.status_code == 422
    shown = filling.answered.content.decode()
    assert 'href="#field-f-parts-r2-part"' in shown
    assert 'href="#field-f-parts-r2-price"' in shown
    assert "Needs another look" in shown
    assert 'value="two"' in shown
    assert not Submission.objects.exists()


def test_rows_are_submitted_and_read_back_as_rows(client: Client, parts: Edition) -> None:
    filling = Filling(client, parts)
    filling.press("submit", ("r1", "r2"), r1__part="Pad", r1__price="10", r2__part="Disc", r2__price="20")
    submission = Submission.objects.get()
    assert submission.answers == {
        "parts": [
            {"_row": "r1", "part": "Pad", "price": "10.00"},
            {"_row": "r2", "part": "Disc", "price": "20.00"},
        ]
    }
    shown = client.get(reverse("intake:submission", kwargs={"uuid": submission.uuid})).content.decode()
    assert "answered-rows" in shown
    assert "¥30.00" in shown


def test_paths_nobody_asked_for_are_not_kept(client: Client, parts: Edition) -> None:
    filling = Filling(client, parts)
    asked = ["parts", "parts/r1/part", "parts/../x", "parts/r1/none", "parts/r9/part", "x" * 300, "parts/r1"]
    posted = {f"f-{path}": "typed" for path in asked[1:]} | {"f-parts": ["r1", "<b>", "R2", "r1"]}
    client.post(filling.address, {"form": "parts", "edition": "1", "page": "only", "asked": asked, **posted})
    assert filling.typed.keys() == {"parts", "parts/r1/part"}
