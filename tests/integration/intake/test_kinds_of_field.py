"""Every kind of field on the page of a form: fresh, filled in, wrong, and read afterwards."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from forms.fields import KINDS, Surroundings
from forms.models import Submission
from tests.factories.fields import EXAMPLES, SmallDirectory
from tests.factories.forms import field, make_form
from tests.factories.organisation import make_user

pytestmark = pytest.mark.django_db

CASES = [
    (kind, number)
    for kind in sorted(
        set(KINDS) - {"file", "photo", "signature", "person", "department", "position", "lookup"}
    )
    for number in range(len(EXAMPLES[kind]))
]


def posted(path: str, texts: list[str], kind: str) -> dict[str, list[str]]:
    """Return what a browser posts for these texts."""
    plain = [text for text in texts if "=" not in text or kind in {"text", "long_text"}]
    found: dict[str, list[str]] = {f"f-{path}": plain} if plain else {}
    for part, _sign, value in (text.partition("=") for text in texts if text not in plain):
        found.setdefault(f"f-{path}~{part}", []).append(value)
    return found


def all_kinds() -> list[dict[str, Any]]:
    return [field(f"x{kind}_{number}", kind, options=EXAMPLES[kind][number]) for kind, number in CASES]


def test_what_is_typed_into_every_kind_is_submitted_and_can_be_read(client: Client) -> None:
    person = make_user()
    client.force_login(person)
    edition = make_form(person, *all_kinds(), key="every_kind")
    around = Surroundings(timezone.localdate(), {}, SmallDirectory())
    data: dict[str, Any] = {
        "form": "every_kind",
        "edition": str(edition.number),
        "page": "first",
        "do": "submit",
    }
    expected: dict[str, Any] = {}
    asked = []
    for kind, number in CASES:
        of_kind = KINDS[kind]
        options = of_kind.options_model.model_validate(EXAMPLES[kind][number])
        value = of_kind.sample(3, options, around)
        if value is None:
            continue
        name = f"x{kind}_{number}"
        asked.append(name)
        data |= posted(name, of_kind.typed(value, options), kind)
        expected[name] = of_kind.settled(value, options, around)
    response = client.post(f"/requests/drafts/{uuid.uuid4()}/", {**data, "asked": asked})
    assert response.status_code == 302, re.findall(r"field__errors.*?</ul>", response.content.decode())
    submission = Submission.objects.get()
    assert submission.answers == expected
    page = client.get(f"/requests/{submission.uuid}/")
    assert page.status_code == 200


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_kind_is_drawn_fresh_and_with_nonsense_in_it(client: Client, language: str) -> None:
    person = make_user(language=language)
    client.force_login(person)
    edition = make_form(person, *all_kinds(), key="every_kind")
    fresh = client.get("/requests/every_kind/", headers={"Accept-Language": language})
    assert fresh.status_code == 200
    ids = re.findall(r'\sid="([^"]+)"', fresh.content.decode())
    assert len(ids) == len(set(ids)), sorted(name for name in set(ids) if ids.count(name) > 1)
    for nonsense in ("<script>alert(1)</script>", "9" * 300, "=1+1", "\u202e", "NaN"):
        names = set(re.findall(r'name="(f-[^"]+)"', fresh.content.decode()))
        data = dict.fromkeys(names, nonsense)
        response = client.post(
            f"/requests/drafts/{uuid.uuid4()}/",
            {
                **data,
                "asked": re.findall(r'name="asked" value="([^"]+)"', fresh.content.decode()),
                "form": "every_kind",
                "edition": str(edition.number),
                "page": "first",
                "do": "submit",
            },
        )
        assert response.status_code == 422
        assert "<script>alert" not in response.content.decode()
