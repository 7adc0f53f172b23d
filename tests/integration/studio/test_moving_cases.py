"""Taking running cases along to a new edition, on screen: the mapping, the plan, doing it, and taking it back."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from foundation.organisation.models import User
from tests.factories.chains import act, fresh, open_one, publish_all, state, step, workflow_body
from tests.factories.organisation import make_user
from workflows.models import Case
from workflows.services.definitions import publish_workflow

pytestmark = pytest.mark.django_db


def body(first: str) -> dict[str, Any]:
    return workflow_body(
        [state(first), state("there"), state("done", "final")],
        [step("go", first, "there", "desk"), step("end", "there", "done", "desk")],
        access={"sees": ["desk"]},
    )


@pytest.fixture
def house(client: Client, builder: User) -> dict[str, Any]:
    desk = publish_all(body("here"))["desk"][0]
    cases = [open_one(desk), open_one(desk)]
    act(cases[1], "go", desk)
    publish_workflow(body("begun"), by=builder)
    client.force_login(builder)
    client.cookies["django_language"] = "en"
    return {"desk": desk, "cases": cases, "client": client}


def page(client: Client, **posted: str) -> Any:
    address = reverse("studio_flow_cases", args=["spending"])
    return client.post(address, posted) if posted else client.get(address)


def test_cases_without_a_place_are_named_and_nothing_can_be_done_until_they_have_one(
    house: dict[str, Any],
) -> None:
    shown = page(house["client"])
    assert "1 case has no place yet" in shown.content.decode()
    refused = page(house["client"], do="move", seen="2", reason="new words")
    assert refused.status_code == 422
    assert house["cases"][0].number in refused.content.decode()
    assert "new words" in refused.content.decode()
    assert {case.edition.number for case in Case.objects.all()} == {1}


def test_cases_are_moved_as_shown_and_moved_back(house: dict[str, Any]) -> None:
    mapping = {"from": "1", "state.here": "begun", "seen": "2", "reason": "new words"}
    assert "no place yet" not in page(house["client"], do="show", **mapping).content.decode()
    assert page(house["client"], do="move", **mapping).status_code == 302
    assert [fresh(case).state for case in house["cases"]] == ["begun", "there"]
    after = page(house["client"]).content.decode()
    assert "No case runs under an older edition" in after
    migration = after.split('name="migration" value="')[1].split('"')[0]
    assert page(house["client"], do="undo", migration=migration, reason="back").status_code == 302
    assert [fresh(case).state for case in house["cases"]] == ["here", "there"]
    assert "moved back by" in page(house["client"]).content.decode()


def test_others_do_not_find_the_page(house: dict[str, Any]) -> None:
    stranger: User = make_user()
    house["client"].force_login(stranger)
    assert page(house["client"]).status_code in (302, 404)
    assert page(house["client"], do="move").status_code in (302, 404)
    assert {case.edition.number for case in Case.objects.all()} == {1}
