"""Taking over many units is a job: watched, cancelled, all of it or nothing."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from backoffice.positions import imports
from backoffice.positions.models import ImportedText, PositionPage
from backoffice.positions.reviewing import taking
from foundation.organisation.models import Position
from foundation.organisation.services import save_position
from foundation.outbox import jobs
from foundation.outbox.models import Job, Message
from foundation.outbox.services import sweep
from tests.factories.organisation import make_department
from tests.factories.positions import make_editor

NAMES = ("配件主管", "洗车员", "试驾专员", "出纳", "司机")
TEXT = "".join(f"{name}岗位职责\n1、负责{name}的台账。\n2、每月5日前上报报表。\n\n" for name in NAMES)
TITLES = list(NAMES)


@pytest.fixture
def hr(client, monkeypatch):
    monkeypatch.setattr(taking, "MOST_AT_ONCE", 2)
    person = make_editor(language="en", full_name="王敏")
    client.force_login(person)
    return person


def ticked(*numbers: int, **more: str) -> dict[str, str]:
    return {
        name: value
        for number in numbers
        for name, value in ((f"u{number}-take", "on"), (f"u{number}-title", TITLES[number]))
    } | more


def uploaded(client, text: str = TEXT) -> str:
    answer = client.post(reverse("positions_import"), {"file": SimpleUploadedFile("a.txt", text.encode())})
    return str(answer["Location"])


def test_a_few_are_taken_at_once_and_many_by_the_worker(db, client, hr):
    address = uploaded(client)
    assert client.post(address, ticked(0, 1))["Location"].startswith("/admin/pages/")
    assert (PositionPage.objects.count(), Job.objects.count()) == (2, 0)
    answer = client.post(address, ticked(2, 3, 4))
    job = Job.objects.get()
    assert (answer["Location"], job.total) == (reverse("access:job", args=[job.uuid]), 3)
    assert PositionPage.objects.count() == 2
    sweep()
    job.refresh_from_db()
    assert (job.state, job.error, job.done) == (Job.State.DONE, "", 3)
    pages = PositionPage.objects.filter(title__in=TITLES[2:])
    assert (pages.count(), ImportedText.objects.get().confirmed_at is not None) == (3, True)
    shown = client.get(answer["Location"]).content.decode()
    assert "3 drafts were made or changed. Nothing is published." in shown
    for page in pages:
        assert f'<a href="{reverse("wagtailadmin_pages:edit", args=[page.pk])}">{page.title}</a>' in shown


def test_what_the_worker_makes_is_what_hr_confirmed(db, client, hr):
    shop = make_department("shop")
    address = uploaded(client)
    new = {"u2-position": "new", "u2-code": "driver", "u2-department": str(shop.pk), "u2-title": "试驾员"}
    client.post(address, ticked(0, 1, 2, **new))
    client.post(address, {"change": "save", "version": "0", "u0-title": "后来改的"})
    sweep()
    assert {page.title for page in PositionPage.objects.all()} == {"配件主管", "洗车员", "试驾员"}
    assert Position.objects.get().title == "试驾员"


def test_a_unit_that_cannot_be_stored_leaves_nothing_and_is_named(db, client, hr):
    shop = make_department("shop")
    address = uploaded(client)
    new = {"u2-position": "new", "u2-code": "driver", "u2-department": str(shop.pk)}
    client.post(address, ticked(0, 1, 2, **new))
    save_position(code="driver", title="司机", department=shop, by=hr)  # somebody was faster
    sweep()
    job = Job.objects.get()
    assert job.state == Job.State.FAILED
    assert "Unit 3: The code driver is taken." in job.error
    assert "Nothing was taken over." in job.error
    assert not PositionPage.objects.exists()


def test_a_job_that_is_cancelled_leaves_nothing(db, client, hr, monkeypatch):
    take = imports.take

    def cancelled_meanwhile(*arguments, **options):
        taken = take(*arguments, **options)
        jobs.cancel(Job.objects.get(), by=hr)
        return taken

    monkeypatch.setattr(imports, "take", cancelled_meanwhile)
    address = uploaded(client)
    client.post(address, ticked(0, 1, 2))
    sweep()
    assert (Job.objects.get().state, PositionPage.objects.count()) == (Job.State.CANCELLED, 0)
    monkeypatch.setattr(imports, "take", take)
    client.post(address, ticked(0, 1, 2))
    sweep()
    assert PositionPage.objects.count() == 3


def test_a_worker_that_dies_leaves_nothing_and_the_next_one_makes_each_draft_once(
    transactional_db, client, hr, monkeypatch
):
    finish = jobs.Running.finish

    def dies(self, result):
        raise KeyboardInterrupt

    address = uploaded(client)
    client.post(address, ticked(0, 1, 2))
    monkeypatch.setattr(jobs.Running, "finish", dies)
    with pytest.raises(KeyboardInterrupt):
        sweep()
    assert not PositionPage.objects.exists()
    monkeypatch.setattr(jobs.Running, "finish", finish)
    Message.objects.update(due_at=timezone.now())
    sweep()
    assert (PositionPage.objects.count(), Job.objects.get().state) == (3, Job.State.DONE)


def test_nobody_takes_over_a_file_that_is_being_taken_over(db, client, hr):
    address = uploaded(client)
    client.post(address, ticked(0, 1, 2))
    other = make_editor(language="en", full_name="李强")
    client.force_login(other)
    page = client.get(address)
    assert (page.context["busy"].started_by, 'id="busy"' in page.content.decode()) == (hr, True)
    for again in (ticked(3), ticked(2, 3, 4)):
        answer = client.post(address, again)
        [told] = [str(one) for one in answer.context["messages"]]
        assert (answer.status_code, "王敏" in told) == (409, True)
    assert (Job.objects.count(), PositionPage.objects.count()) == (1, 0)
