"""Files, photos and signatures given with a step of a case: kept, part of the case, and not there for strangers."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from forms.files import sweeping
from forms.files.models import StoredFile
from forms.files.verification import faults
from forms.services import retention
from foundation.audit.queries import events_of
from foundation.audit.verification import verify
from foundation.editions.models import Edition
from foundation.editions.services import publish
from foundation.organisation.models import User
from tests.factories.chains import act, asks, form_body, fresh, open_one
from tests.factories.files import drawn, pdf, picture, upload
from tests.factories.organisation import bind_role, hold, make_position, make_user
from tests.factories.step_files import publish_signing, signing_body, with_files
from workflows.checking import parse, problems_of
from workflows.exceptions import AnswersRefused
from workflows.models import Case, StepDraft
from workflows.services import approvals, drafts

pytestmark = pytest.mark.django_db
XHR = {"HTTP_X_REQUESTED_WITH": "XMLHttpRequest"}


@pytest.fixture(autouse=True)
def apart(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """Let the files of each test lie in a folder of their own."""
    folder = tmp_path / "files"
    options = {"location": folder, "base_url": None}
    settings.STORAGES = {**settings.STORAGES, "files": {**settings.STORAGES["files"], "OPTIONS": options}}
    settings.FILES_INCOMING_DIR = folder / "incoming"
    yield folder
    storages._storages.pop("files", None)


def holder_of(role: str) -> User:
    person, post = make_user(full_name=f"{role} 某"), make_position()
    hold(person, post)
    bind_role(role, post)
    return person


@pytest.fixture
def clerk() -> User:
    return holder_of("clerk")


@pytest.fixture
def manager() -> User:
    return holder_of("manager")


@pytest.fixture
def case(clerk: User, manager: User) -> Case:
    bind_role("submitter", "submitter")
    publish_signing(by=clerk, manager="manager")
    return open_one(clerk, "signing", note="交车")


def browser(person: User) -> Client:
    client = Client()
    client.cookies["django_language"] = "zh-hans"
    client.force_login(person)
    return client


def page_of(case: Case, step: str = "sign") -> str:
    return reverse("casework:step", args=[case.uuid, step])


def uploads_of(case: Case, place: str = "sign") -> str:
    return reverse("casework:step-files", args=[case.uuid, place])


def send(client: Client, case: Case, field: str, file: Any = None, place: str = "sign", **more: Any) -> Any:
    told = {"field": field, **({"file": file} if file is not None else {}), **more}
    return client.post(uploads_of(case, place), told, **XHR)


def posted(case: Case, **more: Any) -> dict[str, Any]:
    return {
        "seen_version": str(fresh(case).version),
        "idempotency_key": uuid.uuid4().hex,
        "asked": ["receiver", "photos", "paper", "signed"],
        **more,
    }


def signed(case: Case, by: User) -> Case:
    """Take the step with everything it asks for."""
    return act(case, "sign", by, answers=with_files(case, "sign", by, {}))


# --- giving ------------------------------------------------------------------------------------------------------


def test_the_page_of_a_step_takes_a_photo_and_a_signature_and_the_case_shows_them(
    case: Case, clerk: User
) -> None:
    client = browser(clerk)
    photo = send(client, case, "photos", upload(name="车头.jpg"))
    drawing = send(client, case, "signed", SimpleUploadedFile("s.png", drawn()))
    assert (photo.status_code, drawing.status_code) == (200, 200)
    assert f'name="photos" value="{photo.json()["key"]}"' in photo.json()["row"]
    keys = {"photos": photo.json()["key"], "signed": drawing.json()["key"]}
    assert client.post(page_of(case), posted(case, **keys)).status_code == 302
    now = fresh(case)
    assert now.state == "signed_off"
    assert [item["name"] for item in now.answers["photos"]] == ["车头.jpg"]
    page = client.get(reverse("casework:case", args=[case.uuid])).content.decode()
    for row in StoredFile.objects.all():
        assert reverse("intake:file-picture", args=[row.uuid]) in page
        assert (row.submission_id, row.holder) == (now.submission_id, now.stream)
        event = events_of(now.stream)[-1]
        assert event.references[f"file:{row.uuid}"] == row.sha256
    assert not StepDraft.objects.exists()
    assert list(faults()) == []


def test_without_script_files_come_with_the_step_and_a_typed_name_signs(case: Case, clerk: User) -> None:
    told = {
        "photos~upload": [upload(name="1.jpg"), upload(name="2.jpg")],
        "paper~upload": SimpleUploadedFile("发票.pdf", pdf()),
        "signed~name": "王五",
        "signed~confirm": "yes",
    }
    assert browser(clerk).post(page_of(case), posted(case, **told)).status_code == 302
    answers = fresh(case).answers
    assert [item["name"] for item in answers["photos"]] == ["1.jpg", "2.jpg"]
    assert answers["paper"][0]["name"] == "发票.pdf"
    assert (answers["signed"][0]["way"], answers["signed"][0]["signer"]) == ("typed", "王五")


def test_a_step_that_asks_for_a_signature_is_not_taken_without(case: Case, clerk: User) -> None:
    answer = browser(clerk).post(page_of(case), posted(case))
    assert answer.status_code == 422
    assert "客户签字" in answer.content.decode()
    assert fresh(case).state == "here"


def test_what_came_along_is_still_there_when_something_else_is_missing(case: Case, clerk: User) -> None:
    client = browser(clerk)
    page = client.post(page_of(case), posted(case, **{"photos~upload": [upload(name="1.jpg")]}))
    assert page.status_code == 422
    assert str(StoredFile.objects.get().uuid) in page.content.decode()
    assert str(StoredFile.objects.get().uuid) in client.get(page_of(case)).content.decode()


HOSTILE = [
    ("photos", "a.jpg", b"<svg onload=alert(1)>"),
    ("paper", "a.pdf", b"MZ\x90\x00" + b"\x00" * 200),
    ("signed", "a.png", b"<script>alert(1)</script>"),
]


@pytest.mark.parametrize(("field", "name", "content"), HOSTILE)
def test_a_hostile_file_is_refused_with_a_sentence_and_nothing_stays(
    case: Case, clerk: User, field: str, name: str, content: bytes
) -> None:
    answer = send(browser(clerk), case, field, SimpleUploadedFile(name, content))
    assert answer.status_code == 422
    assert name in answer.json()["refused"]
    told = posted(case, **{f"{field}~upload": [SimpleUploadedFile(name, content)]})
    page = browser(clerk).post(page_of(case), told)
    assert page.status_code == 422
    assert name in page.content.decode()
    assert not StoredFile.objects.exists()
    assert fresh(case).state == "here"


def test_a_file_for_what_is_no_such_question_is_not_taken(case: Case, clerk: User) -> None:
    assert send(browser(clerk), case, "receiver", upload()).status_code == 404
    assert send(browser(clerk), case, "nothing", upload()).status_code == 404
    assert send(browser(clerk), case, "photos", upload(), place="finish").status_code == 404
    assert not StoredFile.objects.exists()


# --- strangers ---------------------------------------------------------------------------------------------------


def test_strangers_and_those_whose_step_it_is_not_upload_nothing(case: Case, manager: User) -> None:
    for person in (make_user(), manager):
        assert send(browser(person), case, "photos", upload()).status_code == 404
    assert not StoredFile.objects.exists()
    assert not StepDraft.objects.exists()


def test_whoever_sees_the_case_has_its_files_and_nobody_else(case: Case, clerk: User, manager: User) -> None:
    signed(case, clerk)
    stranger = make_user()
    rows = list(StoredFile.objects.all())
    assert len(rows) == 3
    for row in rows:
        addresses = [reverse("intake:file", args=[row.uuid])]
        addresses += [reverse("intake:file-picture", args=[row.uuid])] if row.has_preview else []
        for address in addresses:
            assert browser(clerk).get(address).status_code == 200
            assert browser(manager).get(address).status_code == 200
            assert browser(stranger).get(address).status_code == 404


def test_before_the_step_is_taken_only_the_uploader_has_the_file(
    case: Case, clerk: User, manager: User
) -> None:
    key = send(browser(clerk), case, "photos", upload()).json()["key"]
    address = reverse("intake:file", args=[key])
    assert [browser(one).get(address).status_code for one in (clerk, manager)] == [200, 404]


def test_nobody_gives_a_file_that_was_uploaded_elsewhere(case: Case, clerk: User) -> None:
    other = open_one(clerk, "signing")
    theirs = with_files(other, "sign", clerk, {})
    mine = with_files(case, "sign", clerk, {})
    with pytest.raises(AnswersRefused) as refused:
        act(case, "sign", clerk, answers={**mine, "photos": theirs["photos"]})
    assert set(refused.value.errors) == {"photos"}
    colleague = make_user()
    colleague.groups.set(clerk.groups.all())
    hold(colleague, clerk.holdings.get().position)
    with pytest.raises(AnswersRefused):
        act(case, "sign", colleague, answers=mine)
    assert fresh(case).state == "here"


# --- deciding ----------------------------------------------------------------------------------------------------


def test_a_stage_that_seals_takes_the_signature_of_whoever_agrees(
    case: Case, clerk: User, manager: User
) -> None:
    signed(case, clerk)
    act(case, "hand_in", clerk)
    place = "approving.agreed"
    assert send(browser(clerk), case, "stage_signature", place=place, name="李").status_code == 404
    with pytest.raises(AnswersRefused):
        approvals.agree(asks(case, manager))
    key = send(browser(manager), case, "stage_signature", place=place, name="李经理").json()["key"]
    approvals.agree(asks(case, manager), answers={"stage_signature": [key]})
    now = fresh(case)
    assert now.state == "done"
    event = next(one for one in events_of(now.stream) if one.kind == "case_agreed")
    assert event.references[f"file:{key}"] == StoredFile.objects.get(uuid=key).sha256
    assert browser(clerk).get(reverse("intake:file", args=[key])).status_code == 200


# --- the open page -----------------------------------------------------------------------------------------------


def test_the_page_saves_itself_never_takes_the_step_and_comes_back(case: Case, clerk: User) -> None:
    client = browser(clerk)
    receiver = make_user(full_name="赵接收")
    told = posted(
        case, **{"receiver": str(receiver.uuid), "receiver~label": "赵接收", "receiver~words": "赵接收"}
    )
    answer = client.post(page_of(case), told, **XHR)
    assert answer.status_code == 200
    assert 'id="part"' in answer.json()["part"]
    assert fresh(case).state == "here"
    assert str(receiver.uuid) in client.get(page_of(case)).content.decode()


def test_a_file_can_be_taken_out_again_without_script(case: Case, clerk: User) -> None:
    client = browser(clerk)
    key = send(client, case, "photos", upload()).json()["key"]
    client.post(page_of(case), posted(case, photos=key), **XHR)
    assert key in client.get(page_of(case)).content.decode()
    answer = client.post(page_of(case), posted(case, photos=key, do=f"remove-file:photos:{key}"))
    assert answer.status_code == 302
    assert key not in client.get(page_of(case)).content.decode()


def test_the_page_says_that_the_case_has_moved_on_and_keeps_what_was_typed(case: Case, clerk: User) -> None:
    told = posted(case)
    signed(case, clerk)
    answer = browser(clerk).post(page_of(case), told, **XHR)
    with override("zh-hans"):
        assert answer.status_code == 200
        assert "notice--warning" in answer.json()["part"]


def test_the_chooser_of_a_step_finds_people_while_one_types(case: Case, clerk: User, manager: User) -> None:
    make_user(full_name="钱接车")
    address = reverse("casework:step-choose", args=[case.uuid, "sign"])
    assert address in browser(clerk).get(page_of(case)).content.decode()
    found = browser(clerk).get(address, {"field": "receiver", "q": "钱接"}).json()["found"]
    assert [one["label"] for one in found] == ["钱接车"]
    assert browser(clerk).get(address, {"field": "photos", "q": "钱"}).status_code == 404
    for person in (manager, make_user()):
        assert browser(person).get(address, {"field": "receiver", "q": "钱"}).status_code == 404


# --- keeping and taking away -------------------------------------------------------------------------------------


def test_what_belongs_to_nothing_is_swept_and_what_is_typed_is_not(case: Case, clerk: User) -> None:
    client = browser(clerk)
    kept, lost = (send(client, case, "photos", upload()).json()["key"] for _time in range(2))
    client.post(page_of(case), posted(case, photos=kept), **XHR)
    sweeping.sweep(grace=datetime.timedelta())
    assert [str(row.uuid) for row in StoredFile.objects.all()] == [kept]
    assert lost != kept
    StepDraft.objects.update(saved_at=timezone.now() - drafts.KEPT * 2)
    drafts.sweep_round()
    assert not StepDraft.objects.exists()
    assert not StoredFile.objects.exists()


def test_what_was_uploaded_and_not_given_goes_with_the_step(case: Case, clerk: User) -> None:
    send(browser(clerk), case, "photos", upload(name="多余.jpg"))
    typed = with_files(case, "sign", clerk, {"photos": []})
    act(case, "sign", clerk, answers=typed)
    assert set(StoredFile.objects.values_list("field", flat=True)) == {"paper", "signed"}


def test_a_step_taken_twice_keeps_the_files_of_both_times(case: Case, clerk: User) -> None:
    signed(case, clerk)
    act(case, "again", clerk)
    signed(case, clerk)
    assert StoredFile.objects.filter(holder=case.stream).count() == 6
    page = browser(clerk).get(reverse("casework:case", args=[case.uuid])).content.decode()
    for row in StoredFile.objects.all():
        assert str(row.uuid) in page
    assert list(faults()) == []


@pytest.mark.parametrize(("then", "left"), [("anonymise", {"photos", "paper"}), ("delete", set())])
def test_retention_reaches_the_answers_and_files_of_steps(
    case: Case, clerk: User, manager: User, then: str, left: set[str]
) -> None:
    signed(case, clerk)
    act(case, "hand_in", clerk)
    approvals.agree(asks(case, manager), answers=with_files(fresh(case), "approving.agreed", manager, {}))
    body = {**form_body("signing"), "retention": {"months": 1, "then": then}}
    publish(kind=Edition.Kind.FORM, key="signing", body=body, by=clerk)
    assert retention.carry_out(timezone.now() + datetime.timedelta(days=80)) == 1
    now = fresh(case)
    # The signature is personal; the others, and the seal of the house, are internal.
    assert set(now.answers) - {"stage_signature"} == left
    assert "signed" not in now.answers
    gone = StoredFile.objects.filter(holder=case.stream, removed_at__isnull=False)
    assert set(gone.values_list("field", flat=True)) == {"photos", "paper", "signed", "stage_signature"} - (
        left | ({"stage_signature"} if then == "anonymise" else set())
    )
    assert browser(clerk).get(reverse("casework:case", args=[case.uuid])).status_code == 200
    assert list(faults()) == []
    assert verify().faults == []


# --- defining ----------------------------------------------------------------------------------------------------


def test_a_definition_may_ask_for_files_and_may_not_hand_them_to_another_form(clerk: User) -> None:
    body = signing_body()
    definition, faults_found = parse(body)
    assert definition is not None
    assert faults_found == []
    publish_signing(by=clerk)
    body["transitions"][0]["opens"] = [{"workflow": "signing", "fills": {"note": "photos"}}]
    definition, _none = parse(body)
    assert definition is not None
    from forms.schema import FormDefinition

    form = FormDefinition.model_validate(form_body("signing"))
    found = problems_of(definition, form, {"clerk"})
    assert [one.path for one in found if one.severity == "error"] == ["transitions.sign.opens.0.fills"]


def test_the_size_of_a_photo_is_cut_as_in_forms(case: Case, clerk: User) -> None:
    send(browser(clerk), case, "photos", SimpleUploadedFile("big.jpg", picture(size=(4000, 3000))))
    row = StoredFile.objects.get()
    assert row.width is not None
    assert row.width < 4000
