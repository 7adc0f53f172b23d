"""A form of many fields costs no more queries than one of a few: drawn, saved as one types, and submitted."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from forms.models import Submission
from forms.sampling import sample_answers
from forms.schema import definition_of
from foundation.editions.models import Edition
from tests.factories.forms import choices, field, make_form, page, text
from tests.factories.organisation import make_user

pytestmark = pytest.mark.django_db
SCRIPT = {"X-Requested-With": "XMLHttpRequest"}


def many(count: int) -> list[dict[str, Any]]:
    kinds = ("text", "date", "money", "whole_number", "yes_no", "phone", "plate", "email")
    fields = [field(f"field{at}", kinds[at % len(kinds)]) for at in range(count)]
    return [*fields, field("way", "choice", options=choices("a", "b"))]


def queries_of(count: int) -> list[int]:
    person = make_user()
    rules = [
        {
            "id": f"rule{at}",
            "holds": "field3 < 10000000",
            "fields": ["field3"],
            "message": text("核对", "Check"),
        }
        for at in range(count // 8)
    ]
    edition: Edition = make_form(person, key=f"wide{count}", pages=[page("only", *many(count))], rules=rules)
    client = Client()
    client.force_login(person)
    definition = definition_of(edition)
    answers = sample_answers(definition, 1)
    data: dict[str, Any] = {"form": edition.key, "edition": str(edition.number), "page": "only"}
    data["asked"] = list(definition.by_id)
    for name, asked in definition.by_id.items():
        data[f"f-{name}"] = asked.of_kind.typed(answers[name], asked.settings)
    draft = reverse("intake:draft", args=[uuid.uuid4()])
    fresh = reverse("intake:draft", args=[uuid.uuid4()])
    steps = (
        lambda: client.get(reverse("intake:form", args=[edition.key])),
        lambda: client.post(draft, {**data, "do": "save"}, headers=SCRIPT),
        lambda: client.get(draft),
        lambda: client.post(fresh, {**data, "do": "submit"}),
    )
    counted = []
    for step in steps:
        with CaptureQueriesContext(connection) as captured:
            response = step()
        assert response.status_code in (200, 302), response.status_code
        counted.append(len(captured))
    assert len(Submission.objects.get(form_key=edition.key).answers) == len(definition.by_id)
    return counted


def test_the_number_of_queries_does_not_depend_on_the_number_of_fields() -> None:
    queries_of(8)  # what is asked once a process is asked now
    assert queries_of(80) == queries_of(16)
