"""Long uploads are read by the worker: watched, cancelled, refused clearly; nothing of them stays behind."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from backoffice.positions import imports
from backoffice.positions.models import ImportedText, WaitingUpload
from backoffice.positions.reviewing import uploads
from foundation.outbox import jobs
from foundation.outbox.models import Job, Message
from foundation.outbox.services import sweep
from tests.factories.positions import make_editor

pytestmark = pytest.mark.django_db

NAMES = ("配件主管", "洗车员", "试驾专员", "出纳", "司机")


def text(name: str) -> bytes:
    return f"{name}岗位职责\n1、负责登记台账。\n2、每月5日前上报报表。\n".encode()


@pytest.fixture
def hr(client):
    person = make_editor(language="en")
    client.force_login(person)
    return person


def upload(client, **files: bytes):
    several = [
        SimpleUploadedFile(name.replace("_txt", ".txt").replace("_docx", ".docx"), data)
        for name, data in files.items()
    ]
    return client.post(reverse("positions_import"), {"file": several})


def five() -> dict[str, bytes]:
    return {f"{name}_txt": text(name) for name in NAMES}


def test_many_files_are_read_by_the_worker_and_lead_to_the_review(client, hr):
    response = upload(client, **five(), broken_docx=b"PK\x03\x04 broken")
    job = Job.objects.get()
    assert (response.status_code, response["Location"]) == (302, reverse("access:job", args=[job.uuid]))
    assert (ImportedText.objects.count(), WaitingUpload.objects.count(), job.total) == (0, 6, 6)
    page = client.get(reverse("positions_import")).content.decode()
    assert reverse("access:job", args=[job.uuid]) in page
    assert sweep() == 1
    job.refresh_from_db()
    assert (job.state, job.done, job.total) == (Job.State.DONE, 6, 6)
    assert job.result["text"] == "5 files were read. 5 descriptions were recognised."
    assert "broken.docx" in job.result["notes"][0]
    assert (ImportedText.objects.count(), WaitingUpload.objects.count()) == (5, 0)
    shown = client.get(response["Location"]).content.decode()
    assert "5 descriptions were recognised." in shown
    assert "broken.docx" in shown
    for imported in ImportedText.objects.all():
        assert (
            f'<a href="{reverse("positions_import_review", args=[imported.uuid])}">{imported.filename}</a>'
            in shown
        )


def test_few_small_files_stay_immediate(client, hr):
    assert upload(client, a_txt=text("出纳"))["Location"].startswith("/admin/")
    assert not Job.objects.exists()


def test_each_file_is_told_with_the_count_so_far(client, hr, monkeypatch):
    told = []
    advance = jobs.Running.advance
    monkeypatch.setattr(
        jobs.Running,
        "advance",
        lambda self, done, total, detail="": (told.append(detail), advance(self, done, total, detail)),
    )
    upload(client, **five())
    sweep()
    assert told[3] == "File 3 of 5: 试驾专员.txt (2 descriptions so far)"


def test_a_cancelled_upload_leaves_nothing_behind(client, hr, monkeypatch):
    read = imports.read
    calls = []

    def cancels_at_the_third(*arguments):
        calls.append(arguments[1])
        if len(calls) == 3:
            jobs.cancel(Job.objects.get(), by=hr)
        return read(*arguments)

    monkeypatch.setattr(imports, "read", cancels_at_the_third)
    upload(client, **five())
    sweep()
    assert (Job.objects.get().state, len(calls)) == (Job.State.CANCELLED, 3)
    assert (ImportedText.objects.count(), WaitingUpload.objects.count()) == (0, 0)


def test_a_fault_names_the_file_and_leaves_nothing_behind(client, hr, monkeypatch):
    read = imports.read

    def fails_at_the_driver(data, name, budget):
        if name == "司机.txt":
            raise ValueError("a fault of ours")
        return read(data, name, budget)

    monkeypatch.setattr(imports, "read", fails_at_the_driver)
    upload(client, **five())
    sweep()
    job = Job.objects.get()
    assert (job.state, "“司机.txt”" in job.error) == (Job.State.FAILED, True)
    assert (ImportedText.objects.count(), WaitingUpload.objects.count()) == (0, 0)


def test_when_no_file_can_be_read_each_one_and_the_line_are_named(client, hr):
    bad = "出纳岗位职责\n1、登记".encode() + b"\n\xff\xff\xfe"
    upload(client, **{f"f{number}_txt": bad for number in range(5)})
    sweep()
    job = Job.objects.get()
    assert job.state == Job.State.FAILED
    assert [f"f{number}.txt” cannot be read (line 3)" in job.error for number in range(5)] == [True] * 5


def test_a_job_begun_again_after_its_worker_died_makes_each_text_once(client, hr, monkeypatch):
    upload(client, **five())
    finish = jobs.Running.finish

    def dies(self, result):
        raise KeyboardInterrupt

    monkeypatch.setattr(jobs.Running, "finish", dies)
    with pytest.raises(KeyboardInterrupt):
        sweep()
    assert (ImportedText.objects.count(), WaitingUpload.objects.count()) == (0, 5)
    monkeypatch.setattr(jobs.Running, "finish", finish)
    Message.objects.update(due_at=timezone.now())
    sweep()
    assert (ImportedText.objects.count(), Job.objects.get().state) == (5, Job.State.DONE)


def test_what_is_for_the_worker():
    small, large = b"x" * 1000, b"x" * (uploads.LARGEST_AT_ONCE + 1)
    assert not uploads.takes_long([("a.txt", small)] * 3)
    assert uploads.takes_long([("a.txt", small)] * 4)
    assert uploads.takes_long([("a.txt", large)])
    assert not uploads.takes_long([("a.zip", b"no zip at all")])
