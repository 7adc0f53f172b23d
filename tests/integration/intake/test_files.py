"""Files on the pages of forms: chosen, shown, taken out, handed out, and not there for strangers."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.http import parse_header_parameters
from django.utils.translation import override
from pypdf import PdfReader

from backoffice.intake import printing
from forms import trail
from forms.files.models import StoredFile
from forms.models import Draft, Submission
from forms.schema import definition_of as form_of
from forms.services.submissions import save_draft, submit
from foundation.audit.queries import events_of
from foundation.organisation.models import User
from tests.factories.files import drawn, make_file, pdf, picture, upload
from tests.factories.forms import field, make_form
from tests.factories.organisation import bind_role, hold, make_position, make_role, make_user
from tests.factories.workflows import make_house, open_complaint

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


@pytest.fixture
def clerk() -> User:
    return make_user(full_name="李前台")


@pytest.fixture
def draft(clerk: User) -> Draft:
    form = make_form(
        clerk,
        field("subject"),
        field("photos", "photo"),
        field("papers", "file"),
        field("signed", "signature"),
        key="damage",
    )
    return save_draft(uuid=uuid.uuid4(), edition=form, typed={"subject": ["主题"]}, by=clerk)


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def address(draft: Draft | uuid.UUID) -> str:
    return reverse("intake:file-upload", args=[draft if isinstance(draft, uuid.UUID) else draft.uuid])


def page_of(draft: Draft) -> str:
    return reverse("intake:draft", args=[draft.uuid])


def hand_in(draft: Draft, by: User, **answers: list[StoredFile]) -> Submission:
    given = {name: [{"key": str(row.uuid)} for row in rows] for name, rows in answers.items()}
    return submit(edition=draft.edition, answers=given, by=by, idempotency_key=uuid.uuid4().hex, draft=draft)


# --- choosing ---------------------------------------------------------------------------------------------------


def test_the_script_of_the_page_uploads_one_file_and_gets_its_row(draft: Draft, clerk: User) -> None:
    answer = browser(clerk).post(address(draft), {"field": "photos", "file": upload(name="车头.jpg")}, **XHR)
    assert answer.status_code == 200
    row = StoredFile.objects.get()
    assert answer.json()["key"] == str(row.uuid)
    for words in (
        "车头.jpg",
        f'name="f-photos" value="{row.uuid}"',
        reverse("intake:file-picture", args=[row.uuid]),
    ):
        assert words in answer.json()["row"]


def test_the_first_file_of_a_fresh_form_begins_its_draft(clerk: User) -> None:
    form = make_form(clerk, field("photos", "photo"), key="fresh")
    fresh = uuid.uuid4()
    told = {"field": "photos", "file": upload(), "form": "fresh", "edition": form.number}
    assert browser(clerk).post(address(fresh), told, **XHR).status_code == 200
    assert Draft.objects.get().uuid == fresh
    assert StoredFile.objects.get().draft == fresh


def test_a_refused_file_is_told_in_a_sentence(draft: Draft, clerk: User) -> None:
    hostile = SimpleUploadedFile("a.jpg", b"<svg onload=alert(1)>")
    answer = browser(clerk).post(address(draft), {"field": "photos", "file": hostile}, **XHR)
    assert answer.status_code == 422
    assert "a.jpg" in answer.json()["refused"]
    assert browser(clerk).post(address(draft), {"field": "photos"}, **XHR).status_code == 422
    assert not StoredFile.objects.exists()


def test_the_draft_of_another_is_not_there(draft: Draft) -> None:
    stranger = browser(make_user())
    for told in ({"field": "photos", "file": upload()}, {"field": "photos"}, {}):
        assert stranger.post(address(draft), told, **XHR).status_code == 404
    more = {"field": "photos", "file": upload(), "form": "damage", "edition": draft.edition.number}
    assert stranger.post(address(draft), more, **XHR).status_code == 404
    assert not StoredFile.objects.exists()


def test_without_script_files_come_with_the_form(draft: Draft, clerk: User) -> None:
    client = browser(clerk)
    told = {
        "asked": ["subject", "photos", "papers", "signed"],
        "f-subject": "主题",
        "f-photos~upload": [upload(name="1.jpg"), upload(name="2.jpg")],
        "f-papers~upload": SimpleUploadedFile("发票.pdf", pdf()),
        "f-signed~name": "王五",
        "f-signed~confirm": "yes",
        "do": "submit",
    }
    answer = client.post(page_of(draft), told)
    assert answer.status_code == 302
    done = Submission.objects.get()
    assert [item["name"] for item in done.answers["photos"]] == ["1.jpg", "2.jpg"]
    assert done.answers["papers"][0]["name"] == "发票.pdf"
    assert (done.answers["signed"][0]["way"], done.answers["signed"][0]["signer"]) == ("typed", "王五")
    page = client.get(reverse("intake:submission", args=[done.uuid])).content.decode()
    for row in StoredFile.objects.all():
        assert reverse("intake:file", args=[row.uuid]) in page or row.origin == "typed"


def test_without_script_a_refused_file_keeps_the_form_from_being_sent(draft: Draft, clerk: User) -> None:
    told = {
        "asked": ["photos", "papers"],
        "f-photos~upload": upload(name="good.jpg"),
        "f-papers~upload": SimpleUploadedFile("bad.pdf", b"%PDF-1.4 cut"),
        "do": "submit",
    }
    answer = browser(clerk).post(page_of(draft), told)
    assert answer.status_code == 422
    assert "bad.pdf" in answer.content.decode()
    assert "good.jpg" in answer.content.decode()
    assert not Submission.objects.exists()


def test_a_typed_name_counts_only_once_it_is_confirmed(draft: Draft, clerk: User) -> None:
    told = {"asked": ["signed"], "f-signed~name": "王五", "do": "submit"}
    answer = browser(clerk).post(page_of(draft), told)
    assert answer.status_code == 422
    assert 'value="王五"' in answer.content.decode()
    assert not StoredFile.objects.exists()


def test_a_file_is_taken_out_and_the_others_stay(draft: Draft, clerk: User) -> None:
    rows = [make_file(draft, clerk, name=name) for name in ("1.jpg", "2.jpg")]
    keys = [str(row.uuid) for row in rows]
    told = {"asked": ["photos"], "f-photos": keys, "do": f"remove-file:photos:{keys[0]}"}
    answer = browser(clerk).post(page_of(draft), told, follow=True)
    assert answer.status_code == 200
    assert "2.jpg" in answer.content.decode()
    assert "1.jpg" not in answer.content.decode()
    assert Draft.objects.get().answers["photos"] == [keys[1]]


def test_a_form_that_saves_itself_keeps_the_files_it_names(draft: Draft, clerk: User) -> None:
    row = make_file(draft, clerk)
    client = browser(clerk)
    told = {"asked": ["photos"], "f-photos": str(row.uuid)}
    assert client.post(page_of(draft), told, **XHR).status_code == 200
    page = client.get(page_of(draft)).content.decode()
    assert row.name in page
    assert f'value="{row.uuid}"' in page


def test_a_file_that_is_gone_is_told_of_where_it_was(draft: Draft, clerk: User) -> None:
    told = {"asked": ["photos"], "f-photos": str(uuid.uuid4()), "do": "submit"}
    answer = browser(clerk).post(page_of(draft), told)
    assert answer.status_code == 422
    assert answer.content.decode().count("remove-file:photos:") == 1


def test_more_than_a_request_may_bring_is_not_written_down(draft: Draft, clerk: User, settings: Any) -> None:
    settings.UPLOAD_CEILING = 100_000
    big = SimpleUploadedFile("a.pdf", pdf() + b"x" * 300_000)
    answer = browser(clerk).post(address(draft), {"field": "papers", "file": big}, **XHR)
    assert answer.status_code == 422
    answer = browser(clerk).post(
        page_of(draft), {"asked": ["papers"], "f-papers~upload": big, "do": "submit"}
    )
    assert answer.status_code == 422
    assert not StoredFile.objects.exists()
    assert not Submission.objects.exists()


def test_the_page_asks_no_more_questions_of_the_database_for_more_files(draft: Draft, clerk: User) -> None:
    client = browser(clerk)
    counts = []
    keys: list[str] = []
    for number in (1, 3):
        while len(keys) < number:
            keys.append(str(make_file(draft, clerk).uuid))
        save_draft(uuid=draft.uuid, edition=draft.edition, typed={"photos": keys}, by=clerk)
        client.get(page_of(draft))
        with CaptureQueriesContext(connection) as asked:
            client.get(page_of(draft))
        counts.append(len(asked))
    assert counts[0] == counts[1]


# --- handing out ------------------------------------------------------------------------------------------------


def test_a_file_is_handed_out_as_a_file_under_its_own_name(draft: Draft, clerk: User) -> None:
    paper = make_file(draft, clerk, "papers", pdf(), "维修 报价单.pdf")
    answer = browser(clerk).get(reverse("intake:file", args=[paper.uuid]))
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content).startswith(b"%PDF-")
    kind, parameters = parse_header_parameters(answer.headers["Content-Disposition"])
    assert (kind, parameters["filename"]) == ("attachment", "维修 报价单.pdf")
    told = {
        name: answer.headers[name] for name in ("Content-Type", "X-Content-Type-Options", "Cache-Control")
    }
    assert told == {
        "Content-Type": "application/pdf",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_small_picture_is_shown_and_only_of_pictures(draft: Draft, clerk: User) -> None:
    photo = make_file(draft, clerk, content=picture(size=(2000, 1000)))
    paper = make_file(draft, clerk, "papers", pdf(), "a.pdf")
    client = browser(clerk)
    answer = client.get(reverse("intake:file-picture", args=[photo.uuid]))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert "attachment" not in answer.headers.get("Content-Disposition", "")
    assert client.get(reverse("intake:file-picture", args=[paper.uuid])).status_code == 404


def test_strangers_find_no_file_before_or_after_it_was_submitted(draft: Draft, clerk: User) -> None:
    row = make_file(draft, clerk)
    addresses = [reverse(name, args=[row.uuid]) for name in ("intake:file", "intake:file-picture")]
    strangers = [browser(make_user()), Client()]
    for _step in ("before", "after"):
        assert [browser(clerk).get(each).status_code for each in addresses] == [200, 200]
        assert [strangers[0].get(each).status_code for each in addresses] == [404, 404]
        assert all("/sign-in/" in strangers[1].get(each).headers["Location"] for each in addresses)
        if _step == "before":
            hand_in(draft, clerk, photos=[row])


def test_a_left_employee_finds_nothing_any_more(draft: Draft, clerk: User) -> None:
    row, client = make_file(draft, clerk), browser(clerk)
    clerk.is_active = False
    clerk.save()
    assert client.get(reverse("intake:file", args=[row.uuid])).status_code in {302, 404}


def test_readers_of_the_register_have_files_unless_the_field_is_for_others(clerk: User) -> None:
    readers = {}
    for key in ("front_desk", "lawyers"):
        readers[key] = make_user()
        post = make_position()
        hold(readers[key], post)
        bind_role(make_role(key), post)
    form = make_form(
        clerk,
        field("photos", "photo"),
        field("papers", "file", readers=["lawyers"]),
        registered={"readers": ["front_desk", "lawyers"]},
    )
    draft = save_draft(uuid=uuid.uuid4(), edition=form, typed={}, by=clerk)
    photo, paper = make_file(draft, clerk), make_file(draft, clerk, "papers", pdf(), "a.pdf")
    assert browser(readers["lawyers"]).get(reverse("intake:file", args=[paper.uuid])).status_code == 404
    hand_in(draft, clerk, photos=[photo], papers=[paper])
    found = {
        (name, row.kind): browser(user).get(reverse("intake:file", args=[row.uuid])).status_code
        for name, user in {**readers, "clerk": clerk}.items()
        for row in (photo, paper)
    }
    assert found == {
        ("front_desk", "image"): 200,
        ("front_desk", "pdf"): 404,
        ("lawyers", "image"): 200,
        ("lawyers", "pdf"): 200,
        ("clerk", "image"): 200,
        ("clerk", "pdf"): 200,
    }


def test_the_people_of_the_case_have_its_files(draft: Draft, clerk: User) -> None:
    house = make_house()
    case = open_complaint(house)
    row = make_file(draft, clerk)
    StoredFile.objects.update(draft=case.submission.uuid, submission=case.submission)
    found = {
        name: browser(house[name]).get(reverse("intake:file", args=[row.uuid])).status_code
        for name in ("clerk", "manager", "stranger")
    }
    assert found == {"clerk": 200, "manager": 200, "stranger": 404}


def test_having_a_confidential_file_is_recorded(clerk: User) -> None:
    form = make_form(clerk, field("photos", "photo", confidentiality="confidential"), field("papers", "file"))
    draft = save_draft(uuid=uuid.uuid4(), edition=form, typed={}, by=clerk)
    secret, plain = make_file(draft, clerk), make_file(draft, clerk, "papers", pdf(), "a.pdf")
    hand_in(draft, clerk, photos=[secret], papers=[plain])
    client = browser(clerk)
    client.get(reverse("intake:file", args=[secret.uuid]))
    client.get(reverse("intake:file-picture", args=[secret.uuid]))
    client.get(reverse("intake:file", args=[plain.uuid]))
    assert [event.kind for event in events_of(secret.stream)] == ["file_downloaded", "file_viewed"]
    assert [event.actor for event in events_of(secret.stream)] == ["李前台", "李前台"]
    assert list(events_of(plain.stream)) == []
    number = Submission.objects.get().number
    with override("en"):
        told = [entry.what for entry in trail.entries(number)]
    assert told == [
        "Submitted",
        "Confidential file downloaded",
        "Confidential picture looked at",
    ]


def test_a_file_that_waits_for_the_scanner_is_not_handed_out(
    draft: Draft, clerk: User, settings: Any
) -> None:
    settings.FILES_SCANNER, settings.FILES_SCANNER_REQUIRED = "tcp://127.0.0.1:1", True
    row = make_file(draft, clerk)
    client = browser(clerk)
    assert client.get(reverse("intake:file", args=[row.uuid])).status_code == 409
    assert client.get(reverse("intake:file-picture", args=[row.uuid])).status_code == 404


def test_a_content_that_was_lost_is_not_there(draft: Draft, clerk: User, apart: Path) -> None:
    row = make_file(draft, clerk, "signed", drawn(), "signature.png")
    for path in apart.rglob(f"{row.uuid.hex}*"):
        path.unlink()
    assert browser(clerk).get(reverse("intake:file", args=[row.uuid])).status_code == 404


def test_a_print_shows_photos_and_signature_and_nothing_that_is_withheld(clerk: User) -> None:
    reader, post = make_user(), make_position()
    hold(reader, post)
    bind_role(make_role("front_desk"), post)
    make_role("lawyers")
    form = make_form(
        clerk,
        field("photos", "photo", readers=["lawyers"]),
        field("signed", "signature"),
        registered={"readers": ["front_desk"]},
    )
    draft = save_draft(uuid=uuid.uuid4(), edition=form, typed={}, by=clerk)
    photo = make_file(draft, clerk, content=picture(size=(900, 600)), name="车头照片.jpg")
    signed = make_file(draft, clerk, "signed", drawn(), "signature.png")
    done = hand_in(draft, clerk, photos=[photo], signed=[signed])
    address = reverse("intake:print", args=[done.uuid, printing.layouts_of(form_of(form))[0][0]])
    shown = {}
    for user in (clerk, reader):
        answer = browser(user).get(address)
        assert answer.headers["Content-Type"] == "application/pdf"
        pages = PdfReader(io.BytesIO(answer.content)).pages
        text = "".join(page.extract_text() for page in pages)
        shown[user] = (sum(len(page.images) for page in pages), "车头照片" in text)
    assert shown == {clerk: (2, True), reader: (1, False)}
