"""Effects: written with their cause, brought about after the commit, each once by its key."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Iterator

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from foundation.outbox import services
from foundation.outbox.models import Heartbeat, Message
from foundation.outbox.queries import overdue, worker_seen_at
from foundation.outbox.services import Payload, deliver, handles, send, sweep
from foundation.outbox.tasks import deliver_message
from foundation.outbox.worker import Worker, remove_finished_tasks, rescue_abandoned_tasks

pytestmark = pytest.mark.django_db
MINUTE = datetime.timedelta(minutes=1)


class Effects:
    """Handlers of the kind ``note``: what they did, and what they shall do next time."""

    def __init__(self) -> None:
        self.done: list[tuple[str, Payload]] = []
        self.error: Exception | None = None

    def handle(self, payload: Payload) -> None:
        if self.error is not None:
            raise self.error
        self.done.append((payload.key, payload))


@pytest.fixture
def effects(monkeypatch: pytest.MonkeyPatch) -> Iterator[Effects]:
    monkeypatch.setattr(services, "_handlers", dict(services._handlers))
    made = Effects()
    handles("note")(made.handle)
    return made


def written(key: str = "k") -> Message:
    message = send("note", key, {"a": 1})
    assert message is not None
    return message


def test_an_effect_waits_for_the_commit_and_then_goes_to_the_queue(
    effects, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        message = written()
        assert DBTaskResult.objects.count() == 0
    task = DBTaskResult.objects.get()
    assert (task.backend_name, task.args_kwargs["args"], effects.done) == ("work", [message.pk], [])


def test_an_effect_of_a_cause_that_did_not_happen_never_happens(effects):
    def cause() -> None:
        with transaction.atomic():
            written()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cause()
    assert (sweep(), Message.objects.count(), effects.done) == (0, 0, [])


def test_a_second_effect_with_the_same_key_is_not_written_and_the_transaction_goes_on(effects):
    with transaction.atomic():
        first = written()
        assert send("note", "k", {"a": 2}) is None
        assert send("note", "other", {"a": 3}) is not None
    assert list(Message.objects.values_list("key", "payload")) == [("k", {"a": 1}), ("other", {"a": 3})]
    assert first.key == "k"


def test_a_key_written_by_another_at_the_same_moment_leaves_the_transaction_usable(effects, monkeypatch):
    written()
    monkeypatch.setattr(type(Message.objects.all()), "exists", lambda self: False)  # looked just before
    with transaction.atomic():
        assert send("note", "k", {"a": 2}) is None
        assert Message.objects.count() == 1


def test_a_delivered_effect_is_marked_and_never_repeated(effects):
    message = written()
    assert [deliver(message.pk), deliver(message.pk), sweep()] == [True, False, 0]
    message.refresh_from_db()
    assert effects.done == [("k", {"a": 1})]
    assert (message.attempts, message.last_error, message.delivered_at is not None) == (1, "", True)


def test_an_effect_due_later_is_not_brought_about_before(effects, django_capture_on_commit_callbacks):
    later = timezone.now() + MINUTE
    with django_capture_on_commit_callbacks(execute=True):
        message = send("note", "k", {}, due_at=later)
    assert message is not None
    assert (deliver(message.pk), sweep(), DBTaskResult.objects.get().run_after) == (False, 0, later)


def test_a_failed_effect_says_why_and_is_tried_again_later(effects):
    message = written()
    effects.error = RuntimeError("the mail server is away")
    before = timezone.now()
    assert deliver(message.pk) is False
    message.refresh_from_db()
    assert (message.attempts, message.last_error, message.delivered_at) == (
        1,
        "RuntimeError: the mail server is away",
        None,
    )
    assert datetime.timedelta(seconds=10) <= message.due_at - before < datetime.timedelta(seconds=15)
    effects.error = None
    assert sweep() == 0
    Message.objects.update(due_at=timezone.now())
    assert (sweep(), [key for key, _payload in effects.done]) == (1, ["k"])
    message.refresh_from_db()
    assert (message.attempts, message.last_error) == (2, "")


def test_an_effect_of_an_unknown_kind_is_kept_and_says_so(effects):
    message = send("nobody", "k", {})
    assert message is not None
    assert deliver(message.pk) is False
    message.refresh_from_db()
    assert message.last_error == "LookupError: no handler for effects of kind 'nobody'"


def test_a_lost_task_loses_nothing(effects, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        written()
    DBTaskResult.objects.all().delete()
    assert (sweep(), len(effects.done)) == (1, 1)


def test_an_effect_being_delivered_is_left_alone_until_its_lease_ends(effects, settings):
    settings.OUTBOX_LEASE_SECONDS = 60
    message = written()
    seen = []
    handles("slow")(lambda payload: seen.append((deliver(message.pk), sweep())))
    Message.objects.update(kind="slow")
    assert (deliver(message.pk), seen) == (True, [(False, 0)])


def test_a_delivery_that_died_is_taken_over_after_its_lease(effects, settings):
    settings.OUTBOX_LEASE_SECONDS = 60
    message = written()
    handles("dying")(_die)
    Message.objects.update(kind="dying")
    with pytest.raises(KeyboardInterrupt):
        deliver(message.pk)
    Message.objects.update(kind="note")
    assert sweep() == 0
    Message.objects.update(due_at=timezone.now())
    assert (sweep(), len(effects.done)) == (1, 1)


def _die(payload: Payload) -> None:
    raise KeyboardInterrupt


def test_an_effect_in_the_database_is_undone_when_another_delivery_took_over(effects):
    message = written()

    def overtaken(payload: Payload) -> None:
        send("note", "written by the handler", {})
        Message.objects.filter(pk=message.pk).update(attempts=2, delivered_at=timezone.now())

    handles("rows", in_transaction=True)(overtaken)
    Message.objects.update(kind="rows")
    assert deliver(message.pk) is False
    assert list(Message.objects.values_list("key", flat=True)) == ["k"]


def test_the_task_delivers(effects):
    message = written()
    assert (deliver_message.call(message.pk), len(effects.done)) == (True, 1)


def test_a_mail_is_sent_in_the_words_of_its_payload():
    send(
        "mail",
        "case:1:closed",
        {"to": ["li@example.cn"], "subject": "投诉已结案\nBcc: x@example.com", "body": "您好。"},
    )
    assert sweep() == 1
    sent = mail.outbox[0]
    assert (sent.to, sent.subject, sent.body, sent.bcc) == (
        ["li@example.cn"],
        "投诉已结案 Bcc: x@example.com",
        "您好。",
        [],
    )
    assert sent.message()["Message-ID"].endswith("@localhost>")


def test_a_task_whose_worker_never_came_back_is_closed(effects):
    deliver_message.enqueue(1)
    task = DBTaskResult.objects.get()
    task.claim("a worker that was killed")
    assert rescue_abandoned_tasks() == 0
    DBTaskResult.objects.update(started_at=timezone.now() - services.lease() - MINUTE)
    assert rescue_abandoned_tasks() == 1
    task.refresh_from_db()
    assert (task.status, task.exception_class_path) == ("FAILED", "foundation.outbox.worker.WorkerKilled")


def test_finished_tasks_are_removed_after_a_day(effects):
    for status, age in (("SUCCESSFUL", 25), ("FAILED", 25), ("SUCCESSFUL", 23), ("READY", 25)):
        deliver_message.enqueue(1)
        ended = timezone.now() - datetime.timedelta(hours=age)
        DBTaskResult.objects.filter(finished_at=None, status="READY").update(
            status=status, finished_at=None if status == "READY" else ended
        )
    assert remove_finished_tasks() == 2
    assert sorted(DBTaskResult.objects.values_list("status", flat=True)) == ["READY", "SUCCESSFUL"]


def test_what_is_overdue_can_be_counted(effects):
    written("new")
    written("old")
    Message.objects.filter(key="old").update(due_at=timezone.now() - 10 * MINUTE)
    assert (overdue(MINUTE), overdue(20 * MINUTE)) == (1, 0)


@pytest.mark.django_db(transaction=True)
class TestWorker:
    def test_once_works_off_tasks_and_lost_effects_and_is_seen(self, effects):
        with transaction.atomic():
            for number in range(25):
                written(f"k{number}")
        DBTaskResult.objects.filter(pk__in=DBTaskResult.objects.values("pk")[:5]).delete()
        started = timezone.now()
        assert worker_seen_at() is None
        call_command("worker", "--once", "--name", "test")
        assert sorted(key for key, _payload in effects.done) == sorted(f"k{number}" for number in range(25))
        assert DBTaskResult.objects.ready().count() == 0
        assert Heartbeat.objects.get().worker == "test"
        seen = worker_seen_at()
        assert seen is not None
        assert seen >= started

    def test_a_worker_told_to_stop_ends_and_leaves_the_rest(self, effects):
        worker = Worker()
        handles("stop")(lambda payload: worker.stop())
        with transaction.atomic():
            send("stop", "first", {})
            for number in range(5):
                written(f"k{number}")
        worker.run()
        assert Message.objects.filter(delivered_at=None).count() == 5

    def test_a_failing_task_does_not_end_the_worker(self, effects):
        effects.error = RuntimeError("no")
        with transaction.atomic():
            written("a")
            send("mail", "b", {"to": ["a@example.cn"], "subject": "s", "body": "b"})
        Worker().run(once=True)
        assert (len(mail.outbox), Message.objects.get(key="a").attempts) == (1, 1)

    def test_two_deliveries_at_the_same_moment_have_one_effect(self, effects):
        message = written()
        gate, answers = threading.Barrier(4), []

        def try_it() -> None:
            try:
                gate.wait()
                answers.append(deliver(message.pk))
            finally:
                connection.close()

        threads = [threading.Thread(target=try_it) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (sorted(answers), len(effects.done)) == ([False, False, False, True], 1)
