"""Work that comes round by the clock: when it runs, what is kept of it, and that one worker at a time does it."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from foundation.outbox import rounds
from foundation.outbox.models import Round
from foundation.outbox.rounds import every, run_due, troubled

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)


class Tidying:
    """A function for a round: how often it ran, and what it shall do next time."""

    def __init__(self) -> None:
        self.ran = 0
        self.error: Exception | None = None

    def __call__(self) -> None:
        self.ran += 1
        if self.error is not None:
            raise self.error


@pytest.fixture
def tidying(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tidying]:
    monkeypatch.setattr(rounds, "_rounds", {})
    made = Tidying()
    every("tidying", HOUR)(made)
    return made


def row() -> Round:
    return Round.objects.get(name="tidying")


def make_due() -> None:
    Round.objects.update(due_at=timezone.now())


def test_a_round_runs_at_once_and_then_not_before_its_interval(tidying):
    assert [run_due("w"), run_due("w"), tidying.ran] == [1, 0, 1]
    kept = row()
    assert (kept.worker, kept.claims, kept.failures, kept.lease_until) == ("w", 1, 0, None)
    assert kept.due_at == kept.begun_at + HOUR
    assert kept.last_run_at >= kept.begun_at
    make_due()
    assert [run_due("v"), run_due("v"), tidying.ran, row().worker] == [1, 0, 2, "v"]


def test_nothing_due_costs_one_query(tidying, django_assert_num_queries):
    run_due("w")
    with django_assert_num_queries(1):
        run_due("w")


def test_a_failing_round_keeps_what_went_wrong_and_is_tried_again_ever_later(tidying):
    tidying.error = RuntimeError("the calendar is empty")
    waits = []
    for _time in range(12):
        run_due("w")
        waits.append(round((row().due_at - timezone.now()).total_seconds()))
        make_due()
    assert waits == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]
    assert troubled() == ["tidying failed 12 times, last: RuntimeError: the calendar is empty"]
    tidying.error = None
    run_due("w")
    assert (row().failures, row().last_error, troubled()) == (0, "", [])


def test_one_failing_round_does_not_keep_the_others_from_running(tidying):
    other = Tidying()
    every("other", HOUR)(other)
    tidying.error = RuntimeError("no")
    assert (run_due("w"), other.ran) == (2, 1)


def test_a_round_that_another_worker_runs_is_left_to_it_until_its_lease_ends(tidying):
    now = timezone.now()
    Round.objects.create(name="tidying", lease_until=now + datetime.timedelta(minutes=5), worker="other")
    assert (run_due("w"), tidying.ran) == (0, 0)
    Round.objects.update(lease_until=now)
    assert (run_due("w"), tidying.ran, row().worker) == (1, 1, "w")


def test_a_worker_that_took_too_long_changes_nothing_of_the_one_that_took_over(tidying):
    def overtaken() -> None:
        Round.objects.update(claims=7, worker="other", lease_until=timezone.now() + HOUR)

    rounds._rounds.clear()
    every("tidying", HOUR)(overtaken)
    run_due("w")
    assert (row().worker, row().claims, row().last_run_at) == ("other", 7, None)
    assert row().lease_until is not None


def test_a_shortened_interval_and_a_clock_set_back_do_not_make_a_round_wait_for_days(tidying):
    Round.objects.create(
        name="tidying",
        due_at=timezone.now() + datetime.timedelta(days=3),
        lease_until=timezone.now() + datetime.timedelta(days=3),
    )
    assert run_due("w") == 1


def test_a_round_nobody_runs_is_told_and_one_that_is_gone_from_the_program_is_not(tidying):
    Round.objects.create(name="tidying", due_at=timezone.now() - HOUR)
    Round.objects.create(name="of an older version", due_at=timezone.now() - HOUR, last_error="x")
    (told,) = troubled()
    assert told.startswith("tidying is due since ")


def test_a_worker_whose_clock_is_a_second_behind_leaves_the_round_to_who_is_running_it(tidying, time_machine):
    now = timezone.now()
    time_machine.move_to(now, tick=False)
    ahead = now + datetime.timedelta(seconds=1)
    Round.objects.create(name="tidying", due_at=now - HOUR, lease_until=ahead + rounds.lease())
    assert run_due("behind") == 0
    Round.objects.update(due_at=ahead + HOUR, lease_until=None)  # the other has just ended
    assert (run_due("behind"), tidying.ran) == (0, 0)


def test_a_name_is_given_once_and_an_interval_is_positive(tidying):
    with pytest.raises(ValueError, match="already"):
        every("tidying", HOUR)(lambda: None)
    with pytest.raises(ValueError, match="interval"):
        every("never", datetime.timedelta(0))


def test_a_stopping_worker_begins_no_round(tidying):
    assert (run_due("w", stopping=lambda: True), tidying.ran) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_the_worker_runs_what_is_due(tidying):
    call_command("worker", "--once", "--name", "test")
    assert (tidying.ran, row().worker) == (1, "test")


@pytest.mark.django_db(transaction=True)
def test_of_four_workers_at_the_same_moment_one_runs_the_round(tidying):
    gate, told = threading.Barrier(4), []

    def work(number: int) -> None:
        try:
            gate.wait()
            told.append(run_due(f"w{number}"))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sorted(told), tidying.ran, row().claims) == ([0, 0, 0, 1], 1, 1)
