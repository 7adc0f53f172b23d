"""Registers on screen: who sees them, filters, order, columns, sums, saved views, and what is masked."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from backoffice.access.records import stream_of
from backoffice.intake.registers import wanted as wanted_module
from forms.models import SavedView, Submission
from forms.registers import selection
from forms.services.definitions import publish_form
from foundation.audit.queries import events_of
from foundation.editions.models import Edition
from foundation.organisation.models import User
from tests.factories.forms import make_form
from tests.factories.organisation import make_user, make_user_with_roles
from tests.factories.registers import add_submissions, drawn, make_register, register_body

pytestmark = pytest.mark.django_db

CLAIMS = "/registers/claims/"


@pytest.fixture
def manager() -> User:
    return make_user_with_roles("manager", language="en")


@pytest.fixture
def client_of() -> Any:
    def signed_in(person: User) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.force_login(person)
        return client

    return signed_in


def keys(response: Any) -> list[str]:
    return [row.submission.number for row in response.context["rows"]]


def test_addresses_are_those_that_people_keep() -> None:
    assert reverse("registers:list") == "/registers/"
    assert reverse("registers:register", args=["claims"]) == CLAIMS


def test_a_register_is_there_for_its_readers_alone(manager: User, client_of: Any) -> None:
    make_register(3, manager)
    make_form(manager, key="plain")
    stranger = client_of(make_user_with_roles("clerk"))
    for path in ("", "export/", "views/"):
        method = stranger.post if path == "views/" else stranger.get
        assert method(f"{CLAIMS}{path}").status_code == 404
    assert b"claims" not in stranger.get("/registers/").content
    assert "No register is open to you" in stranger.get("/registers/").content.decode()
    reader = client_of(manager)
    assert reader.get("/registers/plain/").status_code == 404
    assert [tile["key"] for tile in reader.get("/registers/").context["tiles"]] == ["claims"]
    assert len(keys(reader.get(CLAIMS))) == 3


def test_an_empty_register_says_so(manager: User, client_of: Any) -> None:
    make_register(0, manager)
    page = client_of(manager).get(CLAIMS).content.decode()
    assert "Nothing has been submitted yet" in page


def test_filters_words_and_order_change_the_list(manager: User, client_of: Any) -> None:
    make_register(40, manager)
    client = client_of(manager)
    everything = list(Submission.objects.order_by("-submitted_at"))
    high = [row.number for row in everything if row.answers.get("level") == "middle"]
    page = client.get(CLAIMS, {"own": "1", "f": "level@choice:any:middle"})
    assert keys(page) == high
    assert [chip.sentence for chip in page.context["chips"]] == ["Question level: Choice middle"]
    assert "chip" in page.content.decode()
    found = client.get(CLAIMS, {"own": "1", "q": everything[3].number})
    assert keys(found) == [everything[3].number]
    ordered = client.get(CLAIMS, {"own": "1", "sort": "_at"})
    assert keys(ordered)[0] == everything[-1].number
    nothing = client.get(CLAIMS, {"own": "1", "q": "nowhere to be found"}).content.decode()
    assert "No submission fits the filters" in nothing


def test_a_filter_is_set_in_its_panel(manager: User, client_of: Any) -> None:
    make_register(5, manager)
    client = client_of(manager)
    panel = client.get(CLAIMS, {"view": "all", "own": "1", "edit": "amount@money"})
    assert panel.context["editor"].heading == "Question amount"
    set_up = client.get(
        CLAIMS,
        {"view": "all", "own": "1", "add": "amount@money", "op": "between", "first": "1,000", "last": ""},
    )
    assert set_up.status_code == 302
    page = client.get(set_up["Location"])
    (chip,) = page.context["chips"]
    assert chip.sentence == "Question amount from 1,000"
    changed = client.get(CLAIMS + chip.edit_url)
    assert changed.context["editor"].ops[0].values == ("1,000", "")
    again = client.get(
        CLAIMS + chip.edit_url,
        {
            "view": "all",
            "own": "1",
            "f": "amount@money:between:1,000|",
            "add": "amount@money",
            "place": "0",
            "op": "between",
            "first": "2",
            "last": "3",
        },
    )
    (chip,) = client.get(again["Location"]).context["chips"]
    assert chip.sentence == "Question amount from 2 to 3"
    assert client.get(CLAIMS + chip.remove_url).context["chips"] == []


def test_people_are_offered_by_name_and_none_who_left(manager: User, client_of: Any) -> None:
    make_register(1, manager)
    for name in ("Zeng", "Bai", "Ma"):
        make_user(full_name="陈", full_name_en=name, active=name != "Ma")
    panel = client_of(manager).get(CLAIMS, {"view": "all", "own": "1", "edit": "_by"})
    (people,) = [op for op in panel.context["editor"].ops if op.control == "people"]
    names = [name for _key, name, _chosen in people.options]
    assert names == sorted(names)
    assert {"Bai", "Zeng"} < set(names)
    assert "Ma" not in names


def test_a_filter_that_cannot_be_used_is_shown_again_with_what_is_wrong(
    manager: User, client_of: Any
) -> None:
    make_register(5, manager)
    page = client_of(manager).get(
        CLAIMS, {"own": "1", "add": "amount@money", "op": "between", "first": "much", "last": ""}
    )
    assert page.status_code == 422
    assert "Write a number in digits" in page.content.decode()
    assert 'value="much"' in page.content.decode()


@pytest.mark.parametrize(
    "said",
    [
        {"f": "nonsense"},
        {"f": "amount@money:between:x|y"},
        {"f": "day@date:in:some day"},
        {"sort": "-nothing"},
        {"sort": "-"},
        {"c": "nothing"},
        {"page": "99999999999999999999"},
        {"page": "-1"},
        {"view": "00000000-0000-0000-0000-000000000000"},
        {"edit": "77"},
        {"edit": "²"},
        {"edit": "nothing"},
        {"add": "nothing", "op": "any"},
        {"add": "amount@money", "op": "no such"},
        {"add": "amount@money", "op": "between", "place": "999999"},
        {"q": "%' OR 1=1 --"},
    ],
)
def test_no_address_breaks_the_page(manager: User, client_of: Any, said: dict[str, str]) -> None:
    make_register(3, manager)
    response = client_of(manager).get(CLAIMS, {"own": "1", **said}, follow=True)
    assert response.status_code in (200, 422)


def test_masked_answers_are_shown_nowhere_and_found_by_nothing(manager: User, client_of: Any) -> None:
    make_register(0, manager)
    edition = Edition.objects.get(key="claims")
    answers = {"matter": "甲", "phone": "13812345678", "salary": "98765.00"}
    add_submissions(edition, 1, manager, answers=lambda draw, at: answers)
    client = client_of(manager)
    said = {"own": "1", "c": ["phone@text", "salary@money", "matter@text"]}
    page = client.get(CLAIMS, said).content.decode()
    assert "13812345678" not in page
    assert "98,765" not in page
    assert "138****5678" in page
    assert "••••" in page
    for probe in (
        {"f": "phone@text:is:13812345678"},
        {"f": "phone@text:is:13900000000"},
        {"f": "salary@money:between:1|2"},
        {"sort": "salary@money"},
    ):
        response = client.get(CLAIMS, {**said, **probe})
        assert len(keys(response)) == 1
        assert response.context["chips"] == []
    assert keys(client.get(CLAIMS, {"own": "1", "q": "13812345678"})) == []
    assert "salary" not in str([one.key for one in response.context["filters_offered"]])
    hr = client_of(make_user_with_roles("hr", language="en"))
    page = hr.get(CLAIMS, said).content.decode()
    assert "98,765" in page
    assert "13812345678" not in page


def test_reading_a_confidential_column_is_recorded_once_a_page(manager: User, client_of: Any) -> None:
    make_register(30, manager)
    person = make_user_with_roles("hr")
    client = client_of(person)

    def read() -> list[str]:
        return [
            event.references["columns"]
            for event in events_of(stream_of(person))
            if event.kind == "user.register_read"
        ]

    client.get(CLAIMS)
    assert read() == []
    client.get(CLAIMS, {"own": "1", "c": ["matter@text", "salary@money"]})
    assert read() == ["salary@money"]
    client.get(CLAIMS, {"own": "1", "f": "salary@money:between:1|"})
    client.get(CLAIMS, {"own": "1", "sort": "-salary@money"})
    assert read() == ["salary@money"] * 3
    client_of(manager).get(CLAIMS, {"own": "1", "c": "salary@money"})
    assert read() == ["salary@money"] * 3


def test_numbers_are_added_up_over_what_the_filters_leave(manager: User, client_of: Any) -> None:
    make_register(60, manager)
    page = client_of(manager).get(CLAIMS, {"own": "1", "f": "level@choice:any:low"})
    amounts = [
        Decimal(row.answers["amount"])
        for row in Submission.objects.all()
        if row.answers.get("level") == "low" and "amount" in row.answers
    ]
    sums = {one.label: one.text for one in page.context["sums"]}
    assert sums["Question amount"] == f"¥{sum(amounts):,.2f}"
    assert set(sums) == {"Question amount", "Question visits"}


def test_beyond_the_bound_it_says_that_there_are_more(
    manager: User, client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_register(60, manager)
    for module in (selection, wanted_module):
        monkeypatch.setattr(module, "BOUND", 50)
    monkeypatch.setattr("backoffice.intake.registers.presentation.BOUND", 50)
    monkeypatch.setattr("backoffice.intake.registers.views.ADDED_UP", 40)
    client = client_of(manager)
    page = client.get(CLAIMS, {"own": "1", "page": "9"})
    assert "26–50 of more than 50" in page.content.decode()
    assert page.context["sums"] is None
    assert "Add up all of them" in page.content.decode()
    assert {one.label for one in client.get(CLAIMS + page.context["sums_url"]).context["sums"]} == {
        "Question amount",
        "Question visits",
    }


def test_columns_of_earlier_editions_stay_and_say_so(manager: User, client_of: Any) -> None:
    make_register(3, manager)
    body = register_body()
    body["pages"][0]["groups"][0]["fields"] = [
        one for one in body["pages"][0]["groups"][0]["fields"] if one["id"] != "visits"
    ]
    body["registered"]["totals"] = ["amount"]
    publish_form(body, by=manager)
    page = client_of(manager).get(CLAIMS, {"own": "1", "c": ["visits@whole", "matter@text"]})
    assert "no longer asked" in page.content.decode()
    assert any(
        cell.text for row in page.context["rows"] for cell in row.cells if cell.label == "Question visits"
    )


# --- saved views -----------------------------------------------------------------------------------------------------


def keep(client: Client, **said: str) -> Any:
    return client.post(f"{CLAIMS}views/", {"query": "f=level%40choice%3Aany%3Ahigh", "name": "急件", **said})


def test_a_view_is_kept_and_opens_what_it_says(manager: User, client_of: Any) -> None:
    make_register(30, manager)
    client = client_of(manager)
    kept = keep(client)
    view = SavedView.objects.get()
    assert kept["Location"] == f"{CLAIMS}?view={view.uuid}"
    page = client.get(kept["Location"])
    assert [chip.sentence for chip in page.context["chips"]] == ["Question level: Choice high"]
    assert not page.context["changed"]
    assert len(client.get(CLAIMS).context["chips"]) == 0
    keep(client, first="1")
    assert client.get(CLAIMS)["Location"] == f"{CLAIMS}?view={view.uuid}"
    assert client.get(CLAIMS, {"view": "all"}).context["chips"] == []
    changed = client.get(CLAIMS + page.context["chips"][0].remove_url)
    assert changed.context["changed"]
    assert changed.context["chips"] == []


def test_a_view_is_shared_with_a_role_one_has_and_seen_with_ones_own_eyes(
    manager: User, client_of: Any
) -> None:
    make_register(3, manager)
    both = make_user_with_roles("manager", "hr")
    sharing = client_of(both)
    query = "f=salary%40money%3Abetween%3A1%7C&c=salary%40money"
    keep(sharing, query=query, role="manager")
    keep(sharing, name="refused", role="clerk")
    (view,) = SavedView.objects.all()
    page = client_of(manager).get(CLAIMS, {"view": str(view.uuid)})
    assert page.context["chips"] == []
    assert "••••" in page.content.decode()
    only_hr = client_of(make_user_with_roles("hr"))
    assert [tab.name for tab in only_hr.get(CLAIMS).context["tabs"]] == ["All"]


def test_a_view_is_thrown_away_by_its_owner_alone(manager: User, client_of: Any) -> None:
    make_register(1, manager)
    client = client_of(manager)
    keep(client, role="manager")
    view = SavedView.objects.get()
    address = f"{CLAIMS}views/{view.uuid}/discard/"
    assert client_of(make_user_with_roles("manager")).post(address).status_code == 404
    assert client_of(make_user()).post(address).status_code == 404
    assert client.post(address).status_code == 302
    assert not SavedView.objects.exists()


def test_the_list_of_registers_asks_the_same_however_many_there_are(manager: User, client_of: Any) -> None:
    make_register(1, manager)
    client = client_of(manager)
    client.get("/registers/")
    with CaptureQueriesContext(connection) as one:
        client.get("/registers/")
    for number in range(3):
        make_register(2, manager, key=f"more_{number}")
    client.get("/registers/")
    with CaptureQueriesContext(connection) as four:
        assert len(client.get("/registers/").context["tiles"]) == 4
    assert len(four) == len(one)


# --- queries ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said", [{}, {"f": "level@choice:any:low"}, {"sort": "amount@money"}, {"q": "划痕", "sort": "-day@date"}]
)
def test_the_number_of_queries_depends_on_nothing_that_grows(
    manager: User, client_of: Any, said: dict[str, str]
) -> None:
    make_register(2, manager)
    client = client_of(manager)

    def queries() -> int:
        client.get(CLAIMS, {"own": "1", **said})
        with CaptureQueriesContext(connection) as taken:
            assert client.get(CLAIMS, {"own": "1", **said}).status_code == 200
        return len(taken)

    few = queries()
    add_submissions(
        Edition.objects.get(key="claims"),
        60,
        manager,
        seed=2,
        answers=lambda draw, at: {
            **drawn(draw, at),
            "level": "low",
            "amount": "1.00",
            "matter": "划痕",
            "day": "2026-01-01",
        },
    )
    assert queries() <= few
