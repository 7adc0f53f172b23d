"""Filling in a form over HTTP: with script and without, with errors, twice, by others."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from forms.models import Draft, Submission
from forms.services import submissions
from forms.services.definitions import publish_form
from foundation.editions.models import Edition
from foundation.organisation.models import User
from tests.factories.forms import (
    choices,
    field,
    form_body,
    make_draft,
    make_form,
    make_submission,
    page,
    text,
)
from tests.factories.organisation import make_user, make_user_with_roles

pytestmark = pytest.mark.django_db
SCRIPT = {"X-Requested-With": "XMLHttpRequest"}


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def english(person: User) -> Client:
    client = signed_in(person)
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def person() -> User:
    return make_user()


@pytest.fixture
def two_pages(person: User) -> Edition:
    """Return a form of two pages in which the channel decides whether the second asks for a phone."""
    return make_form(
        person,
        key="visit",
        summary=["subject"],
        pages=[
            page(
                "one",
                field("subject", required=True),
                field("channel", "choice", options=choices("phone", "visit")),
                field("detail", visible_if='channel == "visit"', required=True),
            ),
            page("two", field("phone", "phone", required_if='channel == "phone"'), field("price", "money")),
        ],
    )


def address(name: uuid.UUID) -> str:
    return reverse("intake:draft", kwargs={"uuid": name})


def posted(edition: Edition, at: str, do: str, **typed: str) -> dict[str, Any]:
    """Return what a page of the form posts when these fields stand on it."""
    return {
        "form": edition.key,
        "edition": str(edition.number),
        "page": at,
        "do": do,
        "asked": list(typed),
        **{f"f-{name}": words for name, words in typed.items() if words},
    }


def body(response: HttpResponse) -> str:
    return response.content.decode()


def test_the_catalogue_shows_what_is_open_and_finds_it_in_both_languages(person: User) -> None:
    make_form(person, title=text("投诉登记", "Complaint record"), key="complaints")
    make_form(person, title=text("试驾申请", "Test drive"), key="drives")
    client = signed_in(person)
    everything = body(client.get(reverse("intake:catalogue")))
    assert ("投诉登记" in everything, "试驾申请" in everything) == (True, True)
    for words in ("诉登", "complaint RECORD"):
        found = body(client.get(reverse("intake:catalogue"), {"q": words}))
        assert ("投诉登记" in found, "试驾申请" in found) == (True, False)
    nothing = body(english(person).get(reverse("intake:catalogue"), {"q": "<b>zebra"}))
    assert "No form matches “&lt;b&gt;zebra”" in nothing


def test_a_form_for_others_is_not_there(person: User) -> None:
    clerk = make_user_with_roles("clerk")
    edition = make_form(clerk, key="inner", submitters=["clerk"], title=text("内部表单", "Inner form"))
    form = reverse("intake:form", kwargs={"form_key": "inner"})
    assert "内部表单" in body(signed_in(clerk).get(reverse("intake:catalogue")))
    assert signed_in(clerk).get(form).status_code == 200
    stranger = signed_in(person)
    assert "内部表单" not in body(stranger.get(reverse("intake:catalogue")))
    assert stranger.get(form).status_code == 404
    save = stranger.post(address(uuid.uuid4()), posted(edition, "first", "save", subject="x"))
    assert (save.status_code, Draft.objects.count()) == (404, 0)


def test_a_fresh_form_stores_nothing(person: User, two_pages: Edition) -> None:
    page = signed_in(person).get(reverse("intake:form", kwargs={"form_key": "visit"}))
    assert page.status_code == 200
    assert page["Cache-Control"] == "private, no-store"
    assert Draft.objects.count() == 0
    assert ("f-subject" in body(page), "f-detail" in body(page), "f-phone" in body(page)) == (
        True,
        False,
        False,
    )


def test_the_script_saves_and_gets_the_part_anew(person: User, two_pages: Edition) -> None:
    name, client = uuid.uuid4(), english(person)
    answer = client.post(
        address(name), posted(two_pages, "one", "save", subject="", channel="visit"), headers=SCRIPT
    )
    assert answer.status_code == 200
    data = answer.json()
    assert sorted(data) == ["address", "part", "row", "saved"]
    assert data["address"] == address(name)
    assert 'name="f-detail"' in data["part"]
    assert "<html" not in data["part"]
    # Nobody is told off for what they have not come to yet …
    assert "Fill this in." not in data["part"]
    # … but is for what they did type, and where they have been told already.
    wrong = client.post(address(name), posted(two_pages, "two", "save", phone="12"), headers=SCRIPT).json()
    assert "Write a mobile number of 11 digits" in wrong["part"]
    told = client.post(
        address(name),
        {**posted(two_pages, "one", "save", subject="", channel="visit"), "complain": "one <x>"},
        headers=SCRIPT,
    ).json()
    assert told["part"].count("Fill this in.") == 2
    assert Draft.objects.get(uuid=name).answers == {"subject": [], "channel": ["visit"], "phone": ["12"]}


def test_without_script_the_buttons_do_it(person: User, two_pages: Edition) -> None:
    name, client = uuid.uuid4(), signed_in(person)
    update = client.post(address(name), posted(two_pages, "one", "update", subject="划痕", channel="visit"))
    assert (update.status_code, update["Location"]) == (302, f"{address(name)}?page=one")
    assert 'name="f-detail"' in body(client.get(update["Location"]))
    stopped = client.post(
        address(name), posted(two_pages, "one", "next", subject="划痕", channel="visit", detail="")
    )
    assert stopped.status_code == 422
    assert 'href="#field-f-detail"' in body(stopped)
    on = client.post(
        address(name), posted(two_pages, "one", "next", subject="划痕", channel="phone", detail="")
    )
    assert on["Location"] == f"{address(name)}?page=two"
    assert 'name="f-phone"' in body(client.get(on["Location"]))
    back = client.post(address(name), posted(two_pages, "two", "go:one", phone="12"))
    assert back["Location"] == f"{address(name)}?page=one"
    saved = client.post(
        address(name), posted(two_pages, "one", "save", subject="划痕", channel="phone"), follow=True
    )
    assert "划痕" in body(saved)
    assert Draft.objects.get(uuid=name).answers["phone"] == ["12"]


def test_nothing_typed_is_lost_on_an_error(person: User, two_pages: Edition) -> None:
    name, client = uuid.uuid4(), english(person)
    client.post(address(name), posted(two_pages, "one", "save", subject="划痕", channel="phone"))
    typed = '13800 <b>"x"'
    refused = client.post(address(name), posted(two_pages, "two", "submit", phone=typed, price="十元"))
    assert refused.status_code == 422
    shown = body(refused)
    assert f'value="{escape(typed)}"' in shown
    assert 'value="十元"' in shown
    assert "Please correct 2 entries" in shown
    for target in ("field-f-phone", "field-f-price"):
        assert f'href="#{target}"' in shown
        assert f'id="{target}-errors"' in shown
    assert Submission.objects.count() == 0
    assert 'value="十元"' in body(client.get(address(name), {"page": "two"}))


def test_what_cannot_be_read_is_never_dropped_in_silence(person: User, two_pages: Edition) -> None:
    name, client = uuid.uuid4(), signed_in(person)
    client.post(address(name), posted(two_pages, "one", "save", subject="划痕", channel="visit", detail="门"))
    refused = client.post(address(name), posted(two_pages, "two", "submit", phone="", price="a lot"))
    assert (refused.status_code, Submission.objects.count()) == (422, 0)


def test_submitting_from_the_last_page_names_what_is_wrong_on_the_first(
    person: User, two_pages: Edition
) -> None:
    name, client = uuid.uuid4(), english(person)
    refused = client.post(address(name), posted(two_pages, "two", "submit", phone="13800138000", price=""))
    assert refused.status_code == 422
    # The page itself is in order, so the first one with a fault is shown.
    assert 'name="f-subject"' in body(refused)
    assert 'href="#field-f-subject"' in body(refused)
    both = client.post(address(name), posted(two_pages, "two", "submit", phone="1", price=""))
    assert f'href="{address(name)}?page=one&amp;check=1#field-f-subject"' in body(both)
    assert "Fill this in." in body(client.get(address(name), {"page": "one", "check": "1"}))
    assert "Fill this in." not in body(client.get(address(name), {"page": "one"}))


def complete(client: Client, edition: Edition, name: uuid.UUID, **last: str) -> HttpResponse:
    client.post(
        address(name), posted(edition, "one", "next", subject="划痕", channel="visit", detail="左前门")
    )
    typed = {"phone": "", "price": "12.3", **last}
    return client.post(address(name), posted(edition, "two", "submit", **typed), follow=True)


def test_submitting_shows_the_number_and_the_answers(person: User, two_pages: Edition) -> None:
    name = uuid.uuid4()
    done = complete(signed_in(person), two_pages, name)
    submission = Submission.objects.get()
    assert (submission.uuid, submission.number) == (name, "VISIT-0001")
    assert submission.answers == {"subject": "划痕", "channel": "visit", "detail": "左前门", "price": "12.30"}
    assert done.redirect_chain == [(reverse("intake:received", kwargs={"uuid": name}), 302)]
    assert "VISIT-0001" in body(done)
    page = signed_in(person).get(reverse("intake:submission", kwargs={"uuid": name}))
    for words in ("VISIT-0001", "划痕", "选项 visit", "左前门", "¥12.30"):
        assert words in body(page)
    assert Draft.objects.count() == 0


def test_submitting_twice_makes_one_submission(person: User, two_pages: Edition) -> None:
    name, client = uuid.uuid4(), english(person)
    first = complete(client, two_pages, name)
    again = client.post(
        address(name), posted(two_pages, "two", "submit", phone="", price="12.3"), follow=True
    )
    assert Submission.objects.count() == 1
    assert again.redirect_chain == first.redirect_chain
    assert "VISIT-0001" in body(again)
    late = client.post(address(name), posted(two_pages, "two", "submit", phone="", price="99"), follow=True)
    assert "What you typed after that has not been added." in body(late)
    assert Submission.objects.get().answers["price"] == "12.30"
    script = client.post(address(name), posted(two_pages, "two", "save", price="99"), headers=SCRIPT)
    assert (script.status_code, script.json()["submitted"]) == (
        409,
        reverse("intake:submission", kwargs={"uuid": name}),
    )
    assert client.get(address(name))["Location"] == reverse("intake:submission", kwargs={"uuid": name})
    assert Draft.objects.count() == 0


# --- handed in as soon as it is filled in: no draft was kept before -----------------------------------------------


def one_page(person: User, **more: Any) -> Edition:
    return make_form(person, field("subject", required=True), field("price", "money"), key="note", **more)


def test_a_form_handed_in_at_once_writes_no_draft(person: User) -> None:
    edition, name = one_page(person), uuid.uuid4()
    with CaptureQueriesContext(connection) as queries:
        response = signed_in(person).post(address(name), posted(edition, "first", "submit", subject="轮胎"))
    made = Submission.objects.get(uuid=name)
    assert (response.status_code, made.answers) == (302, {"subject": "轮胎"})
    assert not [query for query in queries if 'INTO "formbuilder_draft"' in query["sql"]]


@pytest.mark.parametrize("typed", [{"subject": ""}, {"subject": "轮胎", "price": "a lot"}])
def test_what_is_refused_at_once_is_kept_as_a_draft(person: User, typed: dict[str, str]) -> None:
    edition, name = one_page(person), uuid.uuid4()
    typed = {**typed, "price": typed.get("price", "12")}
    response = signed_in(person).post(address(name), posted(edition, "first", "submit", **typed))
    kept = Draft.objects.get(uuid=name)
    assert (response.status_code, Submission.objects.count()) == (422, 0)
    assert {field: texts[0] for field, texts in kept.answers.items() if texts} == {
        field: words for field, words in typed.items() if words
    }


def test_a_form_that_closed_meanwhile_keeps_what_was_typed(person: User) -> None:
    edition, name = one_page(person, closes_on="2026-01-01"), uuid.uuid4()
    response = signed_in(person).post(address(name), posted(edition, "first", "submit", subject="轮胎"))
    assert (response.status_code, Submission.objects.count()) == (409, 0)
    assert Draft.objects.get(uuid=name).answers == {"subject": ["轮胎"]}


def test_a_failure_while_handing_in_keeps_what_was_typed(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    edition, name = one_page(person), uuid.uuid4()

    def fails(*args: Any, **kwargs: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("forms.services.submissions.next_number", fails)
    with pytest.raises(OSError, match="disk"):
        signed_in(person).post(address(name), posted(edition, "first", "submit", subject="轮胎"))
    assert Draft.objects.get(uuid=name).answers == {"subject": ["轮胎"]}
    assert not Submission.objects.exists()


def test_a_draft_that_another_window_keeps_meanwhile_counts_as_well(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    edition, name = one_page(person), uuid.uuid4()
    unkept = submissions.unkept_draft

    def meanwhile(**said: Any) -> Draft:
        draft = unkept(**said)
        submissions.save_draft(uuid=name, edition=edition, typed={"price": ["12.00"]}, by=person)
        return draft

    monkeypatch.setattr(submissions, "unkept_draft", meanwhile)
    response = signed_in(person).post(address(name), posted(edition, "first", "submit", subject="轮胎"))
    assert response.status_code == 302
    assert Submission.objects.get(uuid=name).answers == {"subject": "轮胎", "price": "12.00"}
    assert not Draft.objects.exists()


def test_nobody_hands_in_under_the_address_of_somebody_else(person: User) -> None:
    edition, other = one_page(person), make_user()
    draft, made = make_draft(edition, other), make_submission(edition, other, subject="一")
    for name in (draft.uuid, made.uuid):
        response = signed_in(person).post(address(name), posted(edition, "first", "submit", subject="二"))
        assert response.status_code == 404
    assert (Draft.objects.get().person, Submission.objects.get().answers) == (other, {"subject": "一"})


def test_a_form_for_others_cannot_be_handed_in_at_once(person: User) -> None:
    edition = one_page(make_user_with_roles("clerk"), submitters=["clerk"])
    for words in ("轮胎", ""):
        response = signed_in(person).post(
            address(uuid.uuid4()), posted(edition, "first", "submit", subject=words, price="1")
        )
        assert response.status_code == 404
    assert not Draft.objects.exists()
    assert not Submission.objects.exists()


def test_posted_values_of_hidden_read_only_and_undeclared_fields_change_nothing(person: User) -> None:
    edition = make_form(
        person,
        field("vip", "yes_no", required=True),
        field("discount", "whole_number", initial=5, read_only_if="vip == false"),
        field("reason", visible_if="vip"),
        field("total", "whole_number", computed="discount + 1"),
    )
    typed = {
        "vip": "no",
        "discount": "90",
        "reason": "x",
        "total": "7",
        "state": "closed",
        "submitted_by": "1",
    }
    signed_in(person).post(address(uuid.uuid4()), posted(edition, "first", "submit", **typed))
    assert Submission.objects.get().answers == {"vip": False, "discount": 5, "total": 6}


def test_a_draft_is_its_owners_alone(person: User, two_pages: Edition) -> None:
    draft = make_draft(two_pages, person, subject="秘密")
    assert "秘密" in body(signed_in(person).get(address(draft.uuid)))
    colleague = signed_in(make_user())
    data = posted(two_pages, "one", "save", subject="改")
    discard = reverse("intake:draft-discard", kwargs={"uuid": draft.uuid})
    for response in (
        colleague.get(address(draft.uuid)),
        colleague.post(address(draft.uuid), data),
        colleague.post(address(draft.uuid), data, headers=SCRIPT),
        colleague.post(address(draft.uuid), {**data, "do": "submit"}),
        colleague.post(discard),
    ):
        assert response.status_code == 404
        assert "秘密" not in body(response)
    anonymous = Client()
    assert anonymous.get(address(draft.uuid)).status_code == 302
    assert anonymous.post(address(draft.uuid), data).status_code == 404
    assert Draft.objects.get().answers == {"subject": ["秘密"]}


def test_a_submission_is_its_submitters_alone(person: User, two_pages: Edition) -> None:
    submission = make_submission(two_pages, person, subject="秘密")
    url = reverse("intake:submission", kwargs={"uuid": submission.uuid})
    assert "秘密" in body(signed_in(person).get(url))
    colleague = signed_in(make_user())
    for response in (colleague.get(url), colleague.get(address(submission.uuid))):
        assert response.status_code == 404
        assert "秘密" not in body(response)
    assert (
        colleague.post(address(submission.uuid), posted(two_pages, "one", "save", subject="x")).status_code
        == 404
    )
    assert Client().get(url).status_code == 302


def test_old_submissions_and_drafts_keep_their_words(person: User) -> None:
    old = make_form(person, field("subject", label=text("旧问题", "Old question")), key="moving")
    submission, draft = make_submission(old, person), make_draft(old, person, subject="一")
    make_form(person, field("topic", label=text("新问题", "New question")), key="moving")
    client = signed_in(person)
    for url in (reverse("intake:submission", kwargs={"uuid": submission.uuid}), address(draft.uuid)):
        shown = body(client.get(url))
        assert ("旧问题" in shown, "新问题" in shown) == (True, False)
    assert "新问题" in body(client.get(reverse("intake:form", kwargs={"form_key": "moving"})))


def test_throwing_a_draft_away(person: User, two_pages: Edition) -> None:
    draft = make_draft(two_pages, person, subject="一")
    discard = reverse("intake:draft-discard", kwargs={"uuid": draft.uuid})
    client = signed_in(person)
    assert client.get(discard).status_code == 405
    assert Draft.objects.count() == 1
    assert client.post(discard)["Location"] == reverse("intake:mine")
    assert Draft.objects.count() == 0


@pytest.mark.parametrize(
    "change",
    [
        {"form": "nothing"},
        {"edition": "99"},
        {"edition": "-1"},
        {"edition": "²"},
        {"edition": ""},
        {"form": ""},
    ],
)
def test_a_form_that_is_not_there_cannot_be_begun(
    person: User, two_pages: Edition, change: dict[str, str]
) -> None:
    data = {**posted(two_pages, "one", "save", subject="x"), **change}
    assert signed_in(person).post(address(uuid.uuid4()), data).status_code == 404
    assert Draft.objects.count() == 0


def test_an_edition_of_the_future_cannot_be_begun(person: User) -> None:
    later = publish_form(
        form_body(key="later"), by=person, effective_from=timezone.localdate() + datetime.timedelta(1)
    )
    client = signed_in(person)
    assert client.get(reverse("intake:form", kwargs={"form_key": "later"})).status_code == 404
    assert client.post(address(uuid.uuid4()), posted(later, "first", "save", subject="x")).status_code == 404


def test_a_post_needs_the_csrf_token(person: User, two_pages: Edition) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    data = posted(two_pages, "one", "save", subject="x")
    assert client.post(address(uuid.uuid4()), data).status_code == 403
    assert Draft.objects.count() == 0


def test_empty_lists_say_what_to_do(person: User) -> None:
    client = english(person)
    assert "No form is open to you" in body(client.get(reverse("intake:catalogue")))
    assert "You have not submitted anything yet" in body(client.get(reverse("intake:mine")))


def counted(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


def test_the_number_of_queries_does_not_grow(person: User) -> None:
    client = signed_in(person)

    def add() -> None:
        edition = make_form(person)
        make_draft(edition, person)
        make_submission(edition, person)

    add()
    urls = [reverse("intake:catalogue"), reverse("intake:mine")]
    for url in urls:
        counted(client, url)  # fills the caches of a process
    one = [counted(client, url) for url in urls]
    add()
    add()
    assert [counted(client, url) for url in urls] == one


def test_the_number_of_queries_of_a_form_does_not_grow_with_its_fields(person: User) -> None:
    client = signed_in(person)
    make_form(person, field("a"), key="small")
    make_form(person, *(field(f"a{number}") for number in range(40)), key="large")
    urls = [reverse("intake:form", kwargs={"form_key": key}) for key in ("small", "large")]
    for url in urls:
        counted(client, url)
    assert counted(client, urls[0]) == counted(client, urls[1])
