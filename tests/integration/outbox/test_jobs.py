"""Jobs: begun by a person, carried out by the worker, shown while they run; each result once or not at all."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone, translation
from django.utils.translation import get_language, gettext

from foundation.organisation.models import Department, User
from foundation.outbox import jobs
from foundation.outbox.jobs import Cancelled, JobFailed, NotTheirs, Running, begin, cancel, carries_out
from foundation.outbox.models import Heartbeat, Job, Message
from foundation.outbox.services import deliver, sweep
from foundation.outbox.worker import Worker
from tests.factories.organisation import make_user

pytestmark = pytest.mark.django_db
State = Job.State


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(jobs, "_kinds", dict(jobs._kinds))
    yield
    jobs.stopping.clear()


def carried_out(work: Any, **about: Any) -> Job:
    carries_out("count", **about)(work)
    job = begin("count", by=make_user(), payload={"upto": 3})
    sweep()
    job.refresh_from_db()
    return job


def counting(job: Running, payload: Any) -> dict[str, Any]:
    for number in range(payload["upto"]):
        job.advance(number, payload["upto"], f"number {number}")
    return {"url": "/there/", "label": "Look"}


def due_now() -> None:
    Message.objects.update(due_at=timezone.now())


def test_a_job_waits_is_carried_out_and_keeps_its_result():
    carries_out("count")(counting)
    job = begin("count", by=make_user(), payload={"upto": 3})
    assert (job.state, job.percent, job.ended) == (State.WAITING, 0, False)
    assert sweep() == 1
    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.percent, job.detail, job.error) == (
        State.DONE,
        3,
        3,
        100,
        "",
        "",
    )
    assert (job.result, job.attempts, job.ended) == ({"url": "/there/", "label": "Look"}, 1, True)
    assert job.ended_at >= job.started_at >= job.created_at


def test_a_job_begun_in_a_transaction_that_failed_never_existed():
    carries_out("count")(counting)
    with transaction.atomic():
        begin("count", by=make_user(), payload={"upto": 3})
        transaction.set_rollback(True)
    assert (Job.objects.count(), Message.objects.count()) == (0, 0)


def test_a_kind_nobody_carries_out_is_refused_and_one_that_is_no_more_fails_clearly():
    with pytest.raises(LookupError):
        begin("nothing", by=make_user(), payload={})
    carries_out("count")(counting)
    job = begin("count", by=make_user(), payload={})
    del jobs._kinds["count"]
    sweep()
    with translation.override(job.started_by.language or "zh-hans"):
        translated = gettext("Nobody carries out this kind of work any more.")
    job.refresh_from_db()
    assert (job.state, job.error) == (State.FAILED, translated)


def test_each_step_can_be_seen_while_the_work_goes_on():
    seen = []

    def work(job: Running, payload: Any) -> dict[str, Any]:
        job.advance(2, 8, "two.docx")
        row = Job.objects.get()
        seen.append((row.state, row.done, row.total, row.percent, row.detail))
        return {}

    assert (carried_out(work).state, seen) == (State.DONE, [(State.RUNNING, 2, 8, 25, "two.docx")])


def test_the_work_runs_in_the_language_of_whoever_began_it():
    spoken = []
    carries_out("count")(lambda job, payload: spoken.append(get_language()) or {})
    for language in ("en", "zh-hans"):
        begin("count", by=make_user(language=language), payload={})
    sweep()
    assert spoken == ["en", "zh-hans"]


def test_work_that_cannot_be_done_fails_with_its_own_sentence_and_is_not_tried_again():
    def work(job: Running, payload: Any) -> dict[str, Any]:
        raise JobFailed("“a.docx”, line 7: locked.")

    job = carried_out(work)
    assert (job.state, job.error, job.result) == (State.FAILED, "“a.docx”, line 7: locked.", {})
    due_now()
    assert (sweep(), Job.objects.get().attempts) == (0, 1)


def test_an_unexpected_error_is_told_and_not_tried_again():
    def work(job: Running, payload: Any) -> dict[str, Any]:
        return {"share": 1 / 0}

    job = carried_out(work)
    assert (job.state, "ZeroDivisionError" in job.error, sweep()) == (State.FAILED, True, 0)


def test_a_database_that_is_away_is_no_failure_of_the_work():
    away = [True]

    def work(job: Running, payload: Any) -> dict[str, Any]:
        if away.pop() if away else False:
            raise OperationalError("the database is away")
        return {"ok": 1}

    job = carried_out(work)
    assert job.state == State.RUNNING
    due_now()
    sweep()
    job.refresh_from_db()
    assert (job.state, job.result, job.attempts) == (State.DONE, {"ok": 1}, 2)


def test_a_waiting_job_is_cancelled_at_once_and_never_begins():
    done = []
    carries_out("count", tidy=lambda payload: done.append(("tidied", payload["upto"])))(counting)
    job = begin("count", by=make_user(), payload={"upto": 3})
    assert cancel(job, by=job.started_by) is True
    assert (job.state, sweep(), done) == (State.CANCELLED, 1, [("tidied", 3)])
    job.refresh_from_db()
    assert (job.state, job.attempts) == (State.CANCELLED, 0)


def test_a_running_job_is_cancelled_at_its_next_step_and_leaves_nothing():
    reached = []

    def work(job: Running, payload: Any) -> dict[str, Any]:
        with transaction.atomic():
            Department.objects.create(code="made", name="made by the job")
            reached.append("one")
            cancel(Job.objects.get(), by=job.job.started_by)
            job.advance(1, 2)
            reached.append("two")
        return {}

    job = carried_out(work)
    assert (job.state, reached, Department.objects.filter(code="made").exists()) == (
        State.CANCELLED,
        ["one"],
        False,
    )


def test_what_is_cancelled_in_the_last_moment_is_not_finished():
    def work(job: Running, payload: Any) -> dict[str, Any]:
        cancel(Job.objects.get(), by=job.job.started_by)
        with transaction.atomic():
            Department.objects.create(code="made", name="made by the job")
            job.finish({"url": "/"})
        return {}

    job = carried_out(work)
    assert (job.state, job.result, Department.objects.filter(code="made").exists()) == (
        State.CANCELLED,
        {},
        False,
    )


def test_an_ended_job_cannot_be_cancelled_and_a_stranger_can_cancel_nothing():
    job = carried_out(counting)
    assert cancel(job, by=job.started_by) is False
    waiting = begin("count", by=job.started_by, payload={"upto": 1})
    with pytest.raises(NotTheirs):
        cancel(waiting, by=make_user())
    waiting.refresh_from_db()
    assert (job.state, waiting.state) == (State.DONE, State.WAITING)


def test_what_the_payload_points_at_is_removed_however_the_job_ends():
    tidied = []

    def work(job: Running, payload: Any) -> dict[str, Any]:
        if payload["upto"] == 2:
            raise JobFailed("no")
        if payload["upto"] == 3:
            raise Cancelled
        return {}

    carries_out("count", tidy=lambda payload: tidied.append(payload["upto"]))(work)
    for number in (1, 2, 3):
        begin("count", by=make_user(), payload={"upto": number})
    sweep()
    assert tidied == [1, 2, 3]


@pytest.mark.django_db(transaction=True)
def test_a_worker_told_to_stop_gives_the_job_back_and_another_does_it():
    worker = Worker()

    def work(job: Running, payload: Any) -> dict[str, Any]:
        if Job.objects.get().attempts == 1 and not Message.objects.get().last_error:
            worker.stop()
        job.advance(1, 2)
        return {"ok": 1}

    carries_out("count")(work)
    job = begin("count", by=make_user(), payload={})
    worker.run()
    job.refresh_from_db()
    assert (job.state, job.attempts) == (State.WAITING, 0)
    due_now()
    Worker().run(once=True)
    job.refresh_from_db()
    assert (job.state, job.result, job.attempts) == (State.DONE, {"ok": 1}, 1)


@pytest.mark.django_db(transaction=True)
def test_a_worker_busy_with_a_long_job_is_seen_to_be_alive():
    seen = []
    worker = Worker(name="busy")

    def work(job: Running, payload: Any) -> dict[str, Any]:
        Heartbeat.objects.all().delete()
        worker._last.clear()  # as if its last sign of life were long ago
        job.advance(1, 2)
        seen.append(Heartbeat.objects.get().worker)
        return {}

    carries_out("count")(work)
    begin("count", by=make_user(), payload={})
    worker.run(once=True)
    assert seen == ["busy"]


def test_a_job_whose_worker_was_killed_is_begun_again_after_its_lease_and_fails_clearly_after_three_times():
    def work(job: Running, payload: Any) -> dict[str, Any]:
        job.advance(1, 2)
        raise KeyboardInterrupt  # nothing of ours catches it: as if the process were gone

    carries_out("count")(work)
    job = begin("count", by=make_user(), payload={})
    message = Message.objects.get()
    for attempt in (1, 2, 3):
        with pytest.raises(KeyboardInterrupt):
            deliver(message.pk)
        job.refresh_from_db()
        assert (job.state, job.attempts, sweep()) == (State.RUNNING, attempt, 0)
        assert Message.objects.get().due_at <= timezone.now() + jobs.LEASE
        due_now()
    assert sweep() == 1
    job.refresh_from_db()
    assert (job.state, "3" in job.error) == (State.FAILED, True)


def test_a_slow_worker_that_was_taken_over_changes_nothing_any_more():
    calls = []

    def work(job: Running, payload: Any) -> dict[str, Any]:
        calls.append(len(calls))
        if calls == [0]:
            due_now()  # its lease ran out
            assert sweep() == 1  # the other worker does the whole job
            job.advance(1, 2, "late")
        return {"by": len(calls)}

    job = carried_out(work)
    assert (calls, job.state, job.result, job.detail) == ([0, 1], State.DONE, {"by": 2}, "")


def test_a_long_job_keeps_its_lease_step_by_step():
    until = []

    def work(job: Running, payload: Any) -> dict[str, Any]:
        Message.objects.update(due_at=timezone.now())
        job.advance(1, 2)
        until.append(Message.objects.get().due_at - timezone.now())
        return {}

    carried_out(work)
    assert datetime.timedelta(minutes=1) < until[0] <= jobs.LEASE


def test_old_jobs_are_removed_and_open_ones_kept():
    old = carried_out(counting)
    begin("count", by=old.started_by, payload={"upto": 1})
    Job.objects.filter(pk=old.pk).update(ended_at=timezone.now() - datetime.timedelta(days=31))
    assert jobs.remove_old_jobs() == 1
    assert [one.state for one in jobs.open_jobs_of(old.started_by, "count")] == [State.WAITING]
    assert list(jobs.open_jobs_of(old.started_by, "other")) == []


def test_a_kind_is_carried_out_by_one_function():
    carries_out("count")(counting)
    carries_out("count")(counting)
    with pytest.raises(ValueError, match="count"):
        carries_out("count")(lambda job, payload: {})


def from_elsewhere(act: Any) -> Any:
    """Return what ``act`` returns on a connection of its own, as another process would see it."""
    found = []

    def run() -> None:
        try:
            found.append(act())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0]


@pytest.mark.django_db(transaction=True)
def test_work_in_one_transaction_is_watched_and_cancelled_where_the_database_can(monkeypatch):
    """PostgreSQL tells and asks while the transaction goes on; SQLite, with one writer, at its end."""
    monkeypatch.setattr(jobs, "TELL_EVERY", 0.0)
    can = connection.vendor == "postgresql"
    person = make_user()
    seen = []

    def whole(job: Running, payload: Any) -> dict[str, Any]:
        with transaction.atomic():
            make_user("made-by-the-job")
            for number in (1, 2):
                job.advance_within(number, 3, f"number {number}")
                seen.append(from_elsewhere(lambda: Job.objects.get(pk=job.job.pk).done))
            if can:
                from_elsewhere(lambda: cancel(Job.objects.get(pk=job.job.pk), by=person))
            job.advance_within(3, 3)
            job.finish({})
        return {}

    carries_out("whole")(whole)
    job = begin("whole", by=person, payload={})
    sweep()
    job.refresh_from_db()
    assert seen == ([1, 2] if can else [0, 0])
    assert job.state == (State.CANCELLED if can else State.DONE)
    assert User.objects.filter(username="made-by-the-job").exists() is not can
