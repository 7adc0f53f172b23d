"""The page of a job: its owner watches, cancels, goes to the result; for anybody else it is not there."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from foundation.outbox import jobs
from foundation.outbox.models import Heartbeat, Job
from foundation.outbox.services import sweep
from tests.factories.organisation import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_kinds", {})


@pytest.fixture
def owner() -> Any:
    return make_user(language="en")


@pytest.fixture
def page(client: Any, owner: Any) -> Any:
    client.force_login(owner)
    client.cookies["django_language"] = "en"
    return client


def begun(owner: Any, work: Any = lambda job, payload: {"url": "/positions/", "label": "Read them"}) -> Job:
    jobs.carries_out("count", title="Counting", back="positions:list")(work)
    return jobs.begin("count", by=owner, payload={})


def address(job: Job) -> str:
    return reverse("access:job", args=[job.uuid])


def test_the_owner_sees_it_wait_and_is_told_when_no_worker_runs(page, owner):
    job = begun(owner)
    text = page.get(address(job)).content.decode()
    assert "Counting" in text
    assert "No worker is running" in text
    assert '<meta http-equiv="refresh" content="3">' in text
    Heartbeat.objects.create(worker="w", seen_at=timezone.now())
    assert "No worker is running" not in page.get(address(job)).content.decode()


def test_the_owner_sees_how_far_it_is(page, owner):
    job = begun(owner)
    Job.objects.update(state=Job.State.RUNNING, done=3, total=12, detail="员工手册.docx <b>")
    text = page.get(address(job)).content.decode()
    assert 'max="12" value="3"' in text
    assert "3 of 12" in text
    assert "员工手册.docx &lt;b&gt;" in text


def test_the_owner_goes_from_the_ended_job_to_its_result(page, owner):
    job = begun(owner)
    sweep()
    text = page.get(address(job)).content.decode()
    assert 'href="/positions/" data-result>Read them<' in text
    assert "data-running" not in text
    assert "http-equiv" not in text


def test_a_failed_job_says_why_and_leads_back(page, owner):
    def work(job: Any, payload: Any) -> Any:
        raise jobs.JobFailed("“a.docx”, line 7: locked.")

    job = begun(owner, work)
    sweep()
    text = page.get(address(job)).content.decode()
    assert "“a.docx”, line 7: locked." in text
    assert "Begin again" in text
    assert "data-result" not in text


def test_the_owner_cancels(page, owner):
    job = begun(owner)
    answer = page.post(reverse("access:job-cancel", args=[job.uuid]), follow=True)
    assert "Cancelled. Nothing was kept." in answer.content.decode()
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED
    again = page.post(reverse("access:job-cancel", args=[job.uuid]), follow=True)
    assert "It had ended already" in again.content.decode()


def test_a_running_job_that_is_to_be_cancelled_says_so(page, owner):
    job = begun(owner)
    Job.objects.update(state=Job.State.RUNNING)
    text = page.post(reverse("access:job-cancel", args=[job.uuid]), follow=True).content.decode()
    assert "Is being cancelled at its next step." in text


def test_for_a_stranger_neither_page_nor_cancelling_is_there(client, owner):
    job = begun(owner)
    client.force_login(make_user())
    assert client.get(address(job)).status_code == 404
    assert client.post(reverse("access:job-cancel", args=[job.uuid])).status_code == 404
    job.refresh_from_db()
    assert job.state == Job.State.WAITING


def test_cancelling_is_asked_for_by_a_form_only(page, owner):
    assert page.get(reverse("access:job-cancel", args=[begun(owner).uuid])).status_code == 405


def test_the_page_asks_two_questions_more_than_a_page_without_data(page, owner):
    job = begun(owner)
    asked = []
    for place in (reverse("access:design"), address(job)):
        page.get(place)
        with CaptureQueriesContext(connection) as queries:
            page.get(place)
        asked.append(len(queries))
    assert asked[1] <= asked[0] + 2  # the job; when it waits, when the worker was seen
