"""When clocks are due, by hand and against a plain model that counts minute by minute."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from foundation.worktime.engine import Timetable
from tests.factories.clocks import at, clock
from workflows import clocks
from workflows.clocks import Firing, NoTarget, Reckoning, Stretch
from workflows.schema import Clock, ClockTarget

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = dt.datetime(2026, 3, 2, tzinfo=ZONE)
MINUTE = dt.timedelta(minutes=1)


def office(week: tuple[tuple[tuple[int, int], ...], ...]) -> Timetable:
    return Timetable(key="office", weekly=week, zone=ZONE, follows_national=False)


NINE_TO_FIVE = office(((((540, 720), (780, 1020))),) * 5 + ((), ()))


def spec(**more: Any) -> Clock:
    return Clock.model_validate(clock(**more))


# --- states ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "left", "came", "step", "expected"),
    [
        (None, None, "received", "opened", ["start"]),
        (None, None, "other", "opened", []),
        (None, "other", "received", "back", ["start"]),
        ("stopped", "other", "received", "back", ["start"]),
        ("stopped", "received", "received", "note", []),
        ("running", "received", "received", "note", []),
        ("running", "received", "other", "go", []),
        ("running", "received", "done", "finish", ["stop"]),
        ("paused", "waits", "done", "finish", ["stop"]),
        ("running", "received", "gone", "give_up", ["drop"]),
        ("running", "received", "waits", "wait", ["pause"]),
        ("paused", "waits", "waits", "note", []),
        ("paused", "waits", "received", "go_on", ["resume"]),
        ("running", "received", "received", "promise", ["start"]),
        ("stopped", "other", "other", "promise", ["start"]),
        ("running", "received", "waits", "promise", ["start", "pause"]),
        ("stopped", "done", "done", "promise", []),
        (None, None, "gone", "opened", []),
    ],
)
def test_what_a_change_of_state_does_to_a_clock(
    status: Any, left: str | None, came: str, step: str, expected: list[str]
) -> None:
    one = spec(pauses=["waits"], restarts=["promise"])
    final = came in ("done", "gone")
    assert clocks.deeds(one, status, left=left, came=came, final=final, step=step) == expected


def test_the_first_target_that_holds_counts_and_one_just_answered_comes_before_it() -> None:
    one = spec(targets=[{"answer": "first"}, {"answer": "second"}, {"amount": 1, "unit": "hours"}])
    everything = {0, 1, 2}
    assert clocks.chosen(one, everything, {}) == (2, None)
    assert clocks.chosen(one, everything, {"first": "2026-03-02"}) == (0, "2026-03-02")
    both = {"first": "2026-03-02", "second": "2026-03-05"}
    assert clocks.chosen(one, everything, both, {"second"}) == (1, "2026-03-05")
    assert clocks.chosen(one, {1, 2}, both) == (1, "2026-03-05")
    with pytest.raises(NoTarget):
        clocks.chosen(one, {0}, {})


# --- due times ------------------------------------------------------------------------------------------------------


def running(
    target: ClockTarget, since: dt.datetime, answer: str | None = None, table: Timetable = NINE_TO_FIVE
):
    return Reckoning(table, target, answer, (Stretch(since, None, True, "received"),))


@pytest.mark.parametrize(
    ("answer", "target", "expected"),
    [
        ("2026-03-03", {}, "2026-03-03 17:00"),
        ("2026-03-07", {}, "2026-03-08 00:00"),  # nobody works on that Saturday: until midnight
        ("2026-03-03T10:15", {}, "2026-03-03 10:15"),
        ("2026-03-03", {"amount": 2, "unit": "working_days"}, "2026-03-05 17:00"),
        ("2026-03-06", {"amount": 1, "unit": "working_days"}, "2026-03-09 17:00"),
        ("2026-03-09", {"amount": -1, "unit": "working_days"}, "2026-03-06 17:00"),
        ("2026-03-05", {"amount": -1, "unit": "days"}, "2026-03-04 17:00"),
        ("2026-03-05", {"amount": -2, "unit": "hours"}, "2026-03-05 15:00"),
        ("2026-03-05T16:30", {"amount": 1, "unit": "working_hours"}, "2026-03-06 09:30"),
        ("2026-03-05T16:30", {"amount": -1, "unit": "days"}, "2026-03-04 16:30"),
        ("2026-03-05T16:30", {"amount": 1, "unit": "working_days"}, "2026-03-06 16:30"),
    ],
)
def test_a_promise_lasts_until_the_time_said(answer: str, target: dict[str, Any], expected: str) -> None:
    said = ClockTarget.model_validate({"answer": "promised", **target})
    assert running(said, MONDAY, answer).due_at == at(expected)


def test_a_percentage_of_a_promise_is_of_the_time_between() -> None:
    said = ClockTarget(answer="promised", unit="days")
    one = running(said, at("2026-03-02 09:00"), "2026-03-02T13:00")
    assert one.at_percent(75) == at("2026-03-02 12:00")


def test_pauses_are_explained_with_the_state_they_come_from() -> None:
    stretches = (
        Stretch(at("2026-03-02 09:00"), at("2026-03-02 11:00"), True, "received"),
        Stretch(at("2026-03-02 11:00"), at("2026-03-03 10:00"), False, "waits"),
        Stretch(at("2026-03-03 10:00"), None, True, "received"),
    )
    one = Reckoning(NINE_TO_FIVE, ClockTarget(amount=4), None, stretches)
    assert one.due_at == at("2026-03-03 12:00")
    told = [(stretch.state, due.at if due else None) for stretch, due in one.counted()]
    assert told == [
        ("received", at("2026-03-02 11:00")),
        ("waits", None),
        ("received", at("2026-03-03 12:00")),
    ]


def test_a_clock_set_back_never_makes_a_stretch_end_before_it_began() -> None:
    open_one = [Stretch(at("2026-03-02 09:00"), None, True, "received")]
    (ended,) = clocks.closed(open_one, at("2026-03-02 08:00"))
    assert ended.until == ended.since


def test_of_repetitions_missed_only_the_last_is_told_and_none_with_the_due_time() -> None:
    due, again = Firing("due", MONDAY), [Firing(f"again:{number}", MONDAY) for number in (1, 2, 3)]
    assert clocks.once_each([due, *again]) == [due]
    assert clocks.once_each(again) == [again[-1]]


# --- against a plain model -----------------------------------------------------------------------------------------

HOURS = st.lists(st.integers(0, 47), min_size=2, max_size=4, unique=True).map(
    lambda marks: tuple(
        (first * 30, last * 30) for first, last in zip(*[iter(sorted(marks))] * 2, strict=False)
    )
)
WEEKS = st.lists(st.one_of(st.just(()), HOURS), min_size=7, max_size=7).filter(any).map(tuple)


def opens(table: Timetable, minute: dt.datetime) -> bool:
    local = minute.astimezone(ZONE)
    number = local.hour * 60 + local.minute
    return any(first <= number < last for first, last in table.weekly[local.weekday()])


@settings(max_examples=150, deadline=None)
@given(
    week=WEEKS,
    start=st.integers(0, 7 * 1440),
    turns=st.lists(st.integers(1, 2000), max_size=5),
    amount=st.integers(1, 600),
    working=st.booleans(),
)
def test_start_pause_and_stop_agree_with_counting_minute_by_minute(
    week: Any, start: int, turns: list[int], amount: int, working: bool
) -> None:
    # A week's hours are used up within a week; the model counts two.
    assume(not working or amount <= sum(last - first for day in week for first, last in day))
    table = office(week)
    since = MONDAY + start * MINUTE
    stretches, counts, here = [], True, since
    for length in turns:  # running, standing still, running …
        stretches.append(Stretch(here, here + length * MINUTE, counts, "x"))
        here, counts = here + length * MINUTE, not counts
    stretches.append(Stretch(here, None, counts, "x"))
    unit = "working_minutes" if working else "minutes"
    one = Reckoning(table, ClockTarget(amount=amount, unit=unit), None, tuple(stretches))

    ran, due, minute, end = 0, None, since, here + 21_000 * MINUTE
    used = 0
    while minute < end and (due is None or minute < here):
        stretch = next(s for s in reversed(stretches) if s.since <= minute)
        if stretch.counts and (not working or opens(table, minute)):
            ran += 1
            used += minute < here
            if ran == amount and due is None:
                due = minute + MINUTE
        if minute >= here and not counts:
            break
        minute += MINUTE
    assert one.used(here) == used * MINUTE
    assert one.due_at == due


@settings(max_examples=150, deadline=None)
@given(looks=st.lists(st.integers(0, 400), max_size=30), most=st.integers(1, 20))
def test_whenever_a_worker_looks_each_thing_is_done_once_and_in_the_end_all_are(
    looks: list[int], most: int
) -> None:
    one = spec(
        targets=[{"amount": 2, "unit": "hours"}],
        warnings=[{"percent": 50, "roles": ["a"]}, {"percent": 90, "roles": ["a"]}],
        due={
            "roles": ["a"],
            "escalations": [{"amount": 1, "unit": "hours", "roles": ["b"]}],
            "again": {"amount": 10, "unit": "minutes", "most": most},
        },
    )
    found = clocks.firings(one, running(one.targets[0], MONDAY))
    fired: set[str] = set()
    told: list[str] = []
    for minutes in [*looks, 1000]:  # forwards and backwards
        missing = clocks.missed(found, fired, MONDAY + minutes * MINUTE)
        told += [firing.name for firing in clocks.once_each(missing)]
        fired |= {firing.name for firing in missing}
    assert len(told) == len(set(told))
    assert {"warn:50", "warn:90", "due", "escalate:0"} <= set(told)
    assert clocks.next_at(found, fired) is None
    assert len(told) <= 4 + min(most, len(looks) + 1)
