"""Files of forms: kept with a draft, part of a submission, swept away, scanned, verified."""

from __future__ import annotations

import datetime
import os
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import connection, transaction
from django.utils import timezone
from PIL import Image

from forms.exceptions import AnswersInvalid, NotFound
from forms.fields import Reference
from forms.files import services, storage, sweeping, verification
from forms.files.directory import FileDirectory
from forms.files.models import StoredFile
from forms.files.refusals import FileRefused
from forms.models import Draft, Submission
from forms.services.submissions import discard_draft, save_draft, submit
from foundation.audit.queries import events_of
from foundation.organisation.models import User
from tests.factories.files import drawn, make_file, pdf, picture, upload
from tests.factories.forms import field, make_form
from tests.factories.organisation import make_user

pytestmark = pytest.mark.django_db


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
    """A draft of a form that takes photos, papers and a signature."""
    form = make_form(
        clerk,
        field("subject"),
        field("photos", "photo", options={"most": 2}),
        field("papers", "file"),
        field("signed", "signature"),
    )
    return save_draft(uuid=uuid.uuid4(), edition=form, typed={"subject": ["主题"]}, by=clerk)


def contents(folder: Path) -> list[str]:
    """Return what lies in the folder, by name."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(str(path.relative_to(folder)) for path in found)


def hand_in(draft: Draft, by: User, **answers: list[StoredFile]) -> Submission:
    given = {name: [{"key": str(row.uuid)} for row in rows] for name, rows in answers.items()}
    return submit(
        edition=draft.edition,
        answers={"subject": "主题", **given},
        by=by,
        idempotency_key=uuid.uuid4().hex,
        draft=draft,
    )


def test_a_photo_is_kept_upright_and_without_where_it_was_taken(draft: Draft, clerk: User) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif.get_ifd(0x8825)[2] = (31.0, 13.0, 49.0)
    row = make_file(draft, clerk, content=picture(size=(80, 40), exif=exif), name="IMG_0001.jpeg")
    assert (row.name, row.type, row.width, row.height) == ("IMG_0001.jpg", "image/jpeg", 40, 80)
    with Image.open(storage.files().open(storage.path_of(row.uuid))) as kept:
        assert kept.size == (40, 80)
        assert not kept.getexif()
        assert "exif" not in kept.info


def test_what_is_submitted_stands_in_the_answers_and_in_the_event(draft: Draft, clerk: User) -> None:
    photo, paper = make_file(draft, clerk), make_file(draft, clerk, "papers", pdf(3), "发票.pdf")
    done = hand_in(draft, clerk, photos=[photo], papers=[paper])
    assert done.answers["papers"] == [
        {
            "key": str(paper.uuid),
            "name": "发票.pdf",
            "size": paper.size,
            "type": "application/pdf",
            "sha256": paper.sha256,
        }
    ]
    (event,) = events_of(done.stream)
    assert {key: value for key, value in event.references.items() if key.startswith("file:")} == {
        f"file:{photo.uuid}": photo.sha256,
        f"file:{paper.uuid}": paper.sha256,
    }
    assert set(StoredFile.objects.values_list("submission__number", flat=True)) == {done.number}
    assert list(verification.faults()) == []


def test_a_file_of_another_draft_or_person_cannot_be_submitted(draft: Draft, clerk: User) -> None:
    other = make_user()
    theirs = save_draft(uuid=uuid.uuid4(), edition=draft.edition, typed={}, by=other)
    own_other = save_draft(uuid=uuid.uuid4(), edition=draft.edition, typed={}, by=clerk)
    for row in (make_file(theirs, other), make_file(own_other, clerk)):
        with pytest.raises(AnswersInvalid) as refused:
            hand_in(draft, clerk, photos=[row])
        assert [error.field for error in refused.value.errors] == ["photos"]
    assert not Submission.objects.exists()


def test_nobody_uploads_to_the_draft_of_another(draft: Draft, apart: Path) -> None:
    with pytest.raises(NotFound):
        make_file(draft, make_user())
    with pytest.raises(NotFound):
        make_file(uuid.uuid4(), draft.person)
    assert contents(apart) == []


@pytest.mark.parametrize("path", ["subject", "nothing", "photos/r1/x", "", "x" * 300])
def test_a_field_that_takes_no_files_takes_none(draft: Draft, clerk: User, path: str) -> None:
    with pytest.raises(NotFound):
        make_file(draft, clerk, path)


def test_more_files_than_the_form_says_are_told_of(draft: Draft, clerk: User) -> None:
    rows = [make_file(draft, clerk) for _number in range(3)]
    with pytest.raises(AnswersInvalid) as refused:
        hand_in(draft, clerk, photos=rows)
    assert "2" in refused.value.errors[0].message


def test_one_size_too_many_is_refused_before_it_is_written(
    draft: Draft, clerk: User, settings: Any, apart: Path
) -> None:
    settings.FILES_LARGEST = 1000
    with pytest.raises(FileRefused) as refused:
        make_file(draft, clerk, "papers", b"x" * 1001, "a.txt")
    assert refused.value.code == "too_large"
    lying = upload(b"x" * 5000, "a.txt")
    lying.size = 1
    with pytest.raises(FileRefused) as refused:
        services.store(draft=draft.uuid, field="papers", upload=lying, by=clerk)
    assert refused.value.code == "too_large"
    assert contents(apart) == []


def test_very_much_that_was_never_submitted_is_refused(draft: Draft, clerk: User, settings: Any) -> None:
    make_file(draft, clerk)
    settings.FILES_MOST_WAITING = 10
    with pytest.raises(FileRefused) as refused:
        make_file(draft, clerk)
    assert refused.value.code == "quota"


def test_a_row_that_fails_takes_its_content_with_it(
    draft: Draft, clerk: User, apart: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("database gone")

    monkeypatch.setattr(StoredFile, "save", fail)
    with pytest.raises(RuntimeError, match="database gone"):
        make_file(draft, clerk)
    assert contents(apart) == []
    assert not StoredFile.objects.exists()


def test_a_disk_that_is_full_is_told_and_leaves_no_row(
    draft: Draft, clerk: User, apart: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any, **kwargs: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileRefused) as refused:
        make_file(draft, clerk)
    assert refused.value.code == "storage"
    assert contents(apart) == []
    assert not StoredFile.objects.exists()


def test_a_draft_that_is_thrown_away_during_an_upload_keeps_nothing(
    draft: Draft, clerk: User, apart: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = storage.keep

    def meanwhile(*args: Any) -> None:
        keep(*args)
        Draft.objects.all().delete()

    monkeypatch.setattr(storage, "keep", meanwhile)
    with pytest.raises(NotFound):
        make_file(draft, clerk)
    assert contents(apart) == []


def test_a_draft_takes_its_files_along_when_it_is_thrown_away(
    draft: Draft, clerk: User, apart: Path, django_capture_on_commit_callbacks: Any
) -> None:
    make_file(draft, clerk)
    with django_capture_on_commit_callbacks(execute=True):
        discard_draft(uuid=draft.uuid, by=clerk)
    assert contents(apart) == []
    assert not StoredFile.objects.exists()


def test_a_signature_is_drawn_or_typed_and_blank_paper_is_none(draft: Draft, clerk: User) -> None:
    by_hand = make_file(draft, clerk, "signed", drawn(), "signature.png")
    assert (by_hand.type, by_hand.origin) == ("image/png", "drawn")
    assert by_hand.width is not None
    assert by_hand.width < 600  # the empty paper around it is gone
    typed = services.sign(draft=draft.uuid, field="signed", name="李前台", by=clerk)
    assert services.sign(draft=draft.uuid, field="signed", name="李前台", by=clerk) == typed
    with pytest.raises(FileRefused) as refused:
        make_file(draft, clerk, "signed", drawn(strokes=False), "signature.png")
    assert refused.value.code == "blank"
    done = hand_in(draft, clerk, signed=[typed])
    assert (done.answers["signed"][0]["way"], done.answers["signed"][0]["signer"]) == ("typed", "李前台")


def test_the_sweep_takes_what_belongs_to_nothing_and_nothing_else(
    draft: Draft, clerk: User, apart: Path, django_capture_on_commit_callbacks: Any
) -> None:
    named, dropped, fresh = (make_file(draft, clerk) for _number in range(3))
    save_draft(uuid=draft.uuid, edition=draft.edition, typed={"photos": [str(named.uuid)]}, by=clerk)
    gone = save_draft(uuid=uuid.uuid4(), edition=draft.edition, typed={}, by=clerk)
    orphan = make_file(gone, clerk)
    Draft.objects.filter(pk=gone.pk).delete()
    other = save_draft(uuid=uuid.uuid4(), edition=draft.edition, typed={}, by=clerk)
    submitted = make_file(other, clerk)
    hand_in(other, clerk, photos=[submitted])
    stray = apart / "ab" / ("ab" + "0" * 30)
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"left by a killed process")
    foreign = apart / "ab" / "README"
    foreign.write_bytes(b"not ours")
    old = time.time() - 86_400
    for path in (stray, foreign):
        os.utime(path, (old, old))
    long_ago = timezone.now() - datetime.timedelta(days=1)
    StoredFile.objects.exclude(pk=fresh.pk).update(uploaded_at=long_ago)

    planned = sweeping.sweep(dry_run=True)
    assert set(planned.files) == {str(dropped.uuid), str(orphan.uuid)}
    assert planned.contents == [f"ab/{stray.name}"]
    assert StoredFile.objects.count() == 5
    with django_capture_on_commit_callbacks(execute=True):
        swept = sweeping.sweep()
    assert swept == planned
    assert set(StoredFile.objects.all()) == {named, fresh, submitted}
    assert {name.removesuffix(".preview") for name in contents(apart)} == {
        *(storage.path_of(row.uuid) for row in (named, fresh, submitted)),
        "ab/README",
    }
    assert list(verification.faults()) == []
    assert sweeping.sweep() == sweeping.Swept()


def test_the_verifier_names_a_file_that_was_altered_removed_or_exchanged(
    draft: Draft, clerk: User, apart: Path
) -> None:
    rows = [make_file(draft, clerk), make_file(draft, clerk, content=picture("PNG"), name="b.png")]
    paper = make_file(draft, clerk, "papers", pdf(), "c.pdf")
    hand_in(draft, clerk, photos=rows, papers=[paper])
    altered, missing = (apart / storage.path_of(row.uuid) for row in rows)
    altered.write_bytes(altered.read_bytes() + b" ")
    missing.unlink()
    StoredFile.objects.filter(pk=paper.pk).update(sha256="0" * 64)
    found = {fault.row: fault.what for fault in verification.faults()}
    assert set(found) == {str(row.uuid) for row in (*rows, paper)}


def test_a_directory_finds_the_files_of_its_person_and_record_alone(draft: Draft, clerk: User) -> None:
    row, other = make_file(draft, clerk), make_user()
    asked = [Reference("file", str(row.uuid)), Reference("file", "no key"), Reference("person", "x")]
    assert set(FileDirectory(clerk).load(asked)) == {asked[0]}
    assert set(FileDirectory(None, draft.uuid).load(asked)) == {asked[0]}
    assert FileDirectory(other).load(asked) == {}
    assert FileDirectory(None).load(asked) == {}
    hand_in(draft, clerk, photos=[row])
    assert FileDirectory(clerk).load(asked) == {}
    assert set(FileDirectory(None, draft.uuid).load(asked)) == {asked[0]}


@pytest.mark.django_db(transaction=True)
def test_two_uploads_at_once_are_both_there(apart: Path) -> None:
    clerk = make_user()
    form = make_form(clerk, field("photos", "photo"))
    draft = save_draft(uuid=uuid.uuid4(), edition=form, typed={}, by=clerk)
    faults: list[BaseException] = []

    def one(number: int) -> None:
        try:
            make_file(draft, clerk, name=f"{number}.jpg")
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert sorted(StoredFile.objects.values_list("name", flat=True)) == ["0.jpg", "1.jpg", "2.jpg", "3.jpg"]


@pytest.mark.django_db(transaction=True)
def test_a_submission_that_fails_leaves_its_files_with_the_draft(apart: Path) -> None:
    clerk = make_user()
    form = make_form(clerk, field("photos", "photo"))
    draft = save_draft(uuid=uuid.uuid4(), edition=form, typed={}, by=clerk)
    row = make_file(draft, clerk)
    answers = {"photos": [{"key": str(row.uuid)}]}

    def submit_and_fail() -> None:
        with transaction.atomic():
            submit(edition=form, answers=answers, by=clerk, idempotency_key="a", draft=draft)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        submit_and_fail()
    row.refresh_from_db()
    assert row.submission is None
    assert (apart / storage.path_of(row.uuid)).exists()
    done = submit(edition=form, answers=answers, by=clerk, idempotency_key="b", draft=draft)
    row.refresh_from_db()
    assert row.submission == done


def test_the_sweep_finds_nothing_in_a_fresh_installation(apart: Path) -> None:
    assert not apart.exists()
    assert sweeping.sweep() == sweeping.Swept()
    assert list(storage.stored()) == []
