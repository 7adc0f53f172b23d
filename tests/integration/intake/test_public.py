"""Forms for people without an account: by a link only, a few times an hour, telling nothing to anybody else."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.conf import settings
from django.core import signing
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from backoffice.intake.public import COOKIE, COOKIE_SALT
from forms.exceptions import FormError, NotFound, ReasonMissing, RuleBroken
from forms.models import PublicAccess, PublicDraft, PublicUse, Submission
from forms.queries import current_form
from forms.services import public
from forms.services.definitions import publish_form
from foundation.audit.queries import events_of
from foundation.audit.verification import verify
from foundation.organisation.models import User
from tests.factories.forms import field, form_body, make_form, make_submission, page, text
from tests.factories.organisation import make_user, make_user_with_roles
from tests.factories.workflows import make_house
from tests.integration.forms.test_races import at_once
from workflows.models import Case
from workflows.services.definitions import publish_workflow

pytestmark = pytest.mark.django_db


@pytest.fixture
def builder() -> User:
    return make_user_with_roles("form_builder", full_name_en="Form Builder")


@pytest.fixture
def link(builder: User) -> tuple[PublicAccess, str]:
    make_form(
        builder,
        pages=[page("one", field("subject", required=True)), page("two", field("phone", "phone"))],
        key="voice",
        public={"per_hour": 2},
    )
    return public.open_access(form_key="voice", purpose="Notice in the waiting room", by=builder)


def stranger(*, since: float = 60) -> Client:
    """A browser that came ``since`` seconds ago, in English."""
    client = Client(headers={"accept-language": "en"})
    client.cookies["django_language"] = "en"
    signer = signing.TimestampSigner(salt=COOKIE_SALT)
    signer.timestamp = lambda: signing.b62_encode(int(timezone.now().timestamp() - since))  # type: ignore[method-assign]
    client.cookies[COOKIE] = signer.sign(f"visitor-{id(client)}")
    return client


def at(token: str) -> str:
    return reverse("intake:public", kwargs={"token": token})


def posted(on: str, do: str, **typed: str) -> dict[str, Any]:
    return {"page": on, "do": do, "asked": list(typed), **{f"f-{name}": text for name, text in typed.items()}}


def send(client: Client, token: str, subject: str = "Too loud", **more: str) -> Any:
    client.post(at(token), posted("one", "next", subject=subject))
    return client.post(at(token), {**posted("two", "submit", phone="13800138000"), **more})


def test_a_stranger_fills_in_comes_back_and_gets_a_receipt_that_tells_no_answer(
    link: tuple[PublicAccess, str],
) -> None:
    _access, token = link
    client = stranger()
    first = client.get(at(token))
    assert first.status_code == 200
    assert (first["Referrer-Policy"], first["X-Robots-Tag"]) == ("same-origin", "noindex, nofollow")
    assert "unsafe-inline" not in first["Content-Security-Policy"]
    client.post(at(token), posted("one", "save", subject="Too loud"))
    assert "Too loud" in client.get(at(token)).content.decode()
    assert "Too loud" not in stranger().get(at(token)).content.decode()
    done = send(client, token)
    submission = Submission.objects.get()
    assert (submission.submitted_by, submission.access, submission.answers["subject"]) == (
        None,
        link[0],
        "Too loud",
    )
    receipt = client.get(done["Location"]).content.decode()
    assert submission.number in receipt
    assert "Too loud" not in receipt
    printed = client.get(f"{done['Location']}receipt.pdf")
    assert printed["Content-Type"] == "application/pdf"
    (event,) = events_of(submission.stream)
    assert (event.actor_id, event.channel, event.references["access"]) == (None, "public", str(link[0].uuid))
    assert PublicDraft.objects.count() == 0
    assert verify().faults == []


def test_a_case_that_came_through_the_link_is_in_nobodys_name(client: Client) -> None:
    house = make_house()
    publish_form(
        form_body(field("subject", required=True), key="voice", public={"per_hour": 5}),
        by=house["administrator"],
    )
    publish_workflow(
        {
            "key": "voice",
            "title": text("顾客之声"),
            "form": "voice",
            "subject": ["subject"],
            "states": [
                {"id": "open", "title": text("待办"), "category": "open", "initial": True},
                {"id": "done", "title": text("办结"), "category": "final"},
            ],
            "transitions": [
                {
                    "id": "finish",
                    "title": text("办结"),
                    "source": ["open"],
                    "target": "done",
                    "roles": ["clerk"],
                }
            ],
            "access": {"sees": ["clerk", "submitter"]},
        },
        by=house["administrator"],
    )
    access, token = public.open_access(form_key="voice", purpose="门口二维码", by=house["hr"])
    visitor = stranger()
    visitor.post(at(token), posted("one", "submit", subject="Too loud"))
    case = Case.objects.get()
    assert (case.submitted_by, case.department) == (None, house.department)
    (event,) = events_of(case.stream)
    assert (event.actor_id, event.channel) == (None, "public")
    assert event.references["public_access"] == str(access.uuid)
    # Whoever made the link is no submitter of the case: they do not see it, the clerk does.
    client.force_login(house["hr"])
    shown = reverse("casework:case", kwargs={"case_uuid": case.uuid})
    assert client.get(shown).status_code == 404
    client.force_login(house["clerk"])
    client.cookies["django_language"] = "en"
    told = client.get(shown).content.decode()
    assert "through the public link" in told
    assert str(house["hr"]) not in told
    for address in ("casework:inbox", "casework:cases"):
        assert case.number in client.get(reverse(address)).content.decode()
    assert verify().faults == []


def test_a_new_browser_is_given_its_secret_and_may_not_hurry(link: tuple[PublicAccess, str]) -> None:
    _access, token = link
    client = Client()
    client.cookies["django_language"] = "en"
    cookie = client.get(at(token)).cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/p/")
    quick = send(client, token)
    assert quick.status_code == 422
    assert "That was quick" in quick.content.decode()
    assert Submission.objects.count() == 0


def test_programs_that_fill_in_everything_are_refused(link: tuple[PublicAccess, str]) -> None:
    answer = send(stranger(), link[1], website="http://spam.example")
    assert answer.status_code == 422
    assert Submission.objects.count() == 0


def test_one_address_hands_in_only_so_often_and_loses_nothing(link: tuple[PublicAccess, str]) -> None:
    _access, token = link
    for _time in range(2):
        assert send(stranger(), token).status_code == 302
    third = stranger()
    refused = send(third, token, "Third")
    assert refused.status_code == 409
    assert "an hour" in refused.content.decode()
    assert "Third" in third.get(f"{at(token)}?page=one").content.decode()
    assert Submission.objects.count() == 2
    assert "127.0.0.1" not in "".join(PublicUse.objects.values_list("address", flat=True))
    PublicUse.objects.update(at=timezone.now() - datetime.timedelta(minutes=61))
    assert third.post(at(token), posted("two", "submit")).status_code == 302


def test_unknown_revoked_and_closed_links_are_not_there(
    link: tuple[PublicAccess, str], builder: User
) -> None:
    access, token = link
    client = stranger()
    client.post(at(token), posted("one", "save", subject="x"))
    unknown = at("x" * len(token))
    nothing = client.get(unknown).content
    assert client.get(unknown).status_code == 404
    public.revoke_access(access=access, by=builder)
    public.revoke_access(access=access, by=builder)
    for answer in (client.get(at(token)), client.post(at(token), posted("one", "save", subject="x"))):
        assert answer.status_code == 404
    assert len(client.get(at(token)).content) == len(nothing)
    assert PublicDraft.objects.count() == 0
    for name in ("public-receipt", "public-receipt-pdf"):
        assert client.get(reverse(f"intake:{name}", kwargs={"receipt": "forged"})).status_code == 404
    assert [event.kind for event in events_of(access.stream)] == [
        "public_access_opened",
        "public_access_revoked",
    ]


def test_a_form_that_is_no_longer_public_closes_its_links(
    link: tuple[PublicAccess, str], builder: User
) -> None:
    _access, token = link
    make_form(builder, field("subject"), key="voice")
    assert stranger().get(at(token)).status_code == 404
    with pytest.raises(RuleBroken):
        public.open_access(form_key="voice", purpose="x", by=builder)
    with pytest.raises(NotFound):
        public.open_access(form_key="nothing", purpose="x", by=builder)


def test_a_receipt_of_somebody_with_an_account_opens_nothing(builder: User) -> None:
    form = make_form(builder, field("subject"))
    with pytest.raises(NotFound):
        public.submission_of(public.receipt_of(make_submission(form, builder)))


def test_form_builders_make_a_link_see_it_once_and_revoke_it(builder: User) -> None:
    make_form(builder, key="voice", public={"per_hour": 2})
    client = Client()
    client.force_login(builder)
    client.cookies["django_language"] = "en"
    assert client.post(reverse("intake:link-open"), {"form": "voice", "purpose": " "}).status_code == 422
    made = client.post(reverse("intake:link-open"), {"form": "voice", "purpose": "Window"}).content.decode()
    token = made.split("/p/")[1].split("/")[0]
    assert public.access_for(token)[0].purpose == "Window"
    listed = client.get(reverse("intake:links")).content.decode()
    assert token not in listed
    assert "Window" in listed
    access = PublicAccess.objects.get()
    assert token not in access.token_hash
    client.post(reverse("intake:link-revoke", kwargs={"uuid": access.uuid}))
    assert PublicAccess.objects.get().revoked_by == builder
    other = Client()
    other.force_login(make_user())
    assert other.get(reverse("intake:links")).status_code == 404


def test_retention_screen_sets_and_lifts_holds(builder: User) -> None:
    auditor = make_user_with_roles("auditor")
    make_form(builder, key="kept", retention={"months": 12})
    submission = make_submission(current_form("kept")[0], builder)
    client = Client()
    client.force_login(auditor)
    client.cookies["django_language"] = "en"
    page_ = client.get(reverse("intake:retention")).content.decode()
    assert "anonymised after 12 months" in page_
    place = reverse("intake:hold-place")
    for wrong in (
        {},
        {"number": "X", "reason": "r"},
        {"number": submission.number},
        {"number": "a", "form": "kept"},
    ):
        assert client.post(place, wrong).status_code == 422
    assert client.post(place, {"number": submission.number, "reason": "Lawsuit"}).status_code == 302
    held = client.get(reverse("intake:retention")).content.decode()
    assert "Lawsuit" in held
    hold = submission.holds.get()
    lift = reverse("intake:hold-lift", kwargs={"uuid": hold.uuid})
    assert client.post(lift, {"reason": ""}).status_code == 422
    assert client.post(lift, {"reason": "Settled"}).status_code == 302
    assert "Settled" in client.get(reverse("intake:retention")).content.decode()


def test_leftovers_of_strangers_are_swept(link: tuple[PublicAccess, str]) -> None:
    send(stranger(), link[1])
    stranger().post(at(link[1]), posted("one", "save", subject="left"))
    assert public.sweep() == 0
    PublicDraft.objects.update(saved_at=timezone.now() - datetime.timedelta(days=8))
    PublicUse.objects.update(at=timezone.now() - datetime.timedelta(days=2))
    assert (public.sweep(), PublicUse.objects.count()) == (1, 0)


def test_purpose_is_asked_for(link: tuple[PublicAccess, str], builder: User) -> None:
    with pytest.raises(ReasonMissing):
        public.open_access(form_key="voice", purpose=" ", by=builder)
    assert settings.SECRET_KEY not in public.address_mark("192.0.2.1")
    assert public.address_mark("2001:db8::1") == public.address_mark("2001:db8::2")
    assert public.address_mark("192.0.2.1") != public.address_mark("192.0.2.2")


@pytest.mark.django_db(transaction=True)
def test_the_rate_and_the_last_place_hold_when_many_send_at_once(builder: User) -> None:
    form = make_form(builder, key="rush", public={"per_hour": 3}, limit={"count": 4, "per": "form"})
    access, _token = public.open_access(form_key="rush", purpose="x", by=builder)

    def sent(number: int, address: str) -> Submission:
        draft = public.save_public_draft(access=access, edition=form, visitor=f"v{number}", typed={})
        return public.submit_public(access=access, draft=draft, answers={"subject": "x"}, address=address)

    done = at_once(*(lambda number=number: sent(number, "192.0.2.1") for number in range(5)))
    assert sorted(type(one).__name__ for one in done) == ["RuleBroken"] * 2 + ["Submission"] * 3
    done = at_once(*(lambda number=number: sent(number, f"198.51.100.{number}") for number in range(10, 14)))
    assert sorted(type(one).__name__ for one in done) == ["RuleBroken"] * 3 + ["Submission"]
    assert Submission.objects.count() == 4
    assert all(isinstance(one, FormError | Submission) for one in done)
