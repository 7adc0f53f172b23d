"""Who is asked to sign on which day: the rules, and what must hold on every day of any history."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.positions import timeline
from backoffice.positions.signoff.enums import ANSWERED, SignOffState, WhyAsked, WhyEnded
from backoffice.positions.signoff.planning import (
    Ask,
    Asked,
    End,
    Held,
    Text,
    covered,
    months_after,
    steps,
)
from foundation.editions.models import Edition

D = datetime.date(2026, 3, 2)
DAY = datetime.timedelta(days=1)
OPEN, SIGNED, REFUSED = SignOffState.OPEN, SignOffState.SIGNED, SignOffState.REFUSED


def text(number: int, starts: int = 0, *, material: bool = True, against: int | None = None) -> Text:
    """An edition that begins so many days after D; its key is its number."""
    edition = Edition(pk=number, number=number, effective_from=D + starts * DAY)
    return Text(edition, material, against)


def plan(day: int, texts: list[Text], held: list[Held], asked: list[Asked] = (), **more) -> list:
    return steps(D + day * DAY, texts=texts, held=held, asked=asked, **{"live": True, **more})


HOLDER = Held(1, 1, D - 100 * DAY, None)


def test_holders_in_force_are_asked_about_the_edition_in_force():
    past = Held(2, 2, D - 9 * DAY, D - DAY)
    switched_off = Held(3, 3, D - 9 * DAY, None, active=False)
    coming = Held(4, 4, D + DAY, None)
    last_day = Held(5, 5, D - 9 * DAY, D)
    found = plan(0, [text(1)], [HOLDER, past, switched_off, coming, last_day])
    assert found == [Ask(1, 1, WhyAsked.NEW_EDITION), Ask(5, 1, WhyAsked.NEW_EDITION)]


def test_a_new_holder_is_asked_on_the_day_the_holding_begins_also_when_nothing_changed():
    coming = Held(4, 4, D + 5 * DAY, None)
    texts = [text(1), text(2, 1, material=False, against=1)]
    assert [plan(day, texts, [coming]) for day in (0, 4)] == [[], []]
    assert plan(5, texts, [coming]) == [Ask(4, 2, WhyAsked.NEW_HOLDER)]


def test_whoever_signed_is_not_asked_about_changes_that_are_not_material():
    texts = [text(1), text(2, 1, material=False, against=1), text(3, 2, material=False, against=2)]
    signed = Asked(1, 1, 1, SIGNED, D)
    assert plan(3, texts, [HOLDER], [signed]) == []
    material = [*texts, text(4, 3, against=3)]
    assert plan(3, material, [HOLDER], [signed]) == [Ask(1, 4, WhyAsked.NEW_EDITION)]


def test_a_refusal_is_an_answer():
    texts = [text(1), text(2, 1, material=False, against=1)]
    assert plan(1, texts, [HOLDER], [Asked(1, 1, 1, REFUSED, D)]) == []


def test_a_newer_edition_lets_the_open_request_lapse_and_asks_anew():
    texts = [text(1), text(2, 1, against=1)]
    assert plan(1, texts, [HOLDER], [Asked(7, 1, 1, OPEN)]) == [
        End(7, SignOffState.LAPSED, WhyEnded.NEWER_EDITION),
        Ask(1, 2, WhyAsked.NEW_EDITION),
    ]


def test_a_correction_of_spelling_does_not_give_a_late_holder_new_time():
    texts = [text(1), text(2, 1, material=False, against=1)]
    assert plan(1, texts, [HOLDER], [Asked(7, 1, 1, OPEN)]) == [
        End(7, SignOffState.LAPSED, WhyEnded.NEWER_EDITION),
        Ask(1, 2, WhyAsked.NEW_EDITION, instead_of=7),
    ]


def test_a_waiting_edition_is_asked_about_before_its_day_from_those_who_will_still_be_there():
    texts = [text(1), text(2, 10, against=1)]
    leaving = Held(2, 2, D - 9 * DAY, D + 5 * DAY)
    signed = [Asked(1, 1, 1, SIGNED, D), Asked(2, 2, 1, SIGNED, D)]
    assert plan(0, texts, [HOLDER, leaving], signed) == [Ask(1, 2, WhyAsked.NEW_EDITION)]
    open_one = Asked(3, 1, 2, OPEN)
    assert plan(10, texts, [HOLDER], [*signed, open_one]) == []


def test_a_correction_today_leaves_the_request_about_the_waiting_edition_alone():
    texts = [text(1), text(2, 10, against=1), text(3, 0, against=1)]
    asked = [Asked(1, 1, 1, OPEN), Asked(2, 1, 2, OPEN)]
    assert plan(0, texts, [HOLDER], asked) == [
        End(1, SignOffState.LAPSED, WhyEnded.NEWER_EDITION),
        Ask(1, 3, WhyAsked.NEW_EDITION),
    ]


def test_a_waiting_edition_without_anything_material_is_not_asked_about_twice():
    texts = [text(1), text(2, 10, material=False, against=1)]
    assert plan(0, texts, [HOLDER]) == [Ask(1, 1, WhyAsked.NEW_EDITION)]


@pytest.mark.parametrize(
    ("held", "live", "end"),
    [
        (replace(HOLDER, ends=D - DAY), True, End(7, SignOffState.CANCELLED, WhyEnded.HOLDING_ENDED)),
        (replace(HOLDER, active=False), True, End(7, SignOffState.CANCELLED, WhyEnded.ACCOUNT_CLOSED)),
        (HOLDER, False, End(7, SignOffState.LAPSED, WhyEnded.WITHDRAWN)),
    ],
)
def test_a_request_ends_with_the_holding_the_account_and_the_description(held, live, end):
    assert plan(0, [text(1)], [held], [Asked(7, 1, 1, OPEN)], live=live) == [end]


def test_a_signature_wears_off_after_the_months_and_a_refusal_does_not():
    signed = Asked(1, 1, 1, SIGNED, D)
    year = (datetime.date(2027, 3, 2) - D).days
    assert plan(year - 1, [text(1)], [HOLDER], [signed], months=12) == []
    assert plan(year, [text(1)], [HOLDER], [signed], months=12) == [Ask(1, 1, WhyAsked.EXPIRED)]
    assert plan(year, [text(1)], [HOLDER], [signed, Asked(2, 1, 1, OPEN)], months=12) == []
    again = Asked(2, 1, 1, SIGNED, D + year * DAY)
    assert plan(year, [text(1)], [HOLDER], [signed, again], months=12) == []
    assert plan(year, [text(1)], [HOLDER], [signed], months=0) == []
    assert plan(year, [text(1)], [HOLDER], [replace(signed, state=REFUSED)], months=12) == []


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2027-11-30", 3, "2028-02-29"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-03-02", 24, "2028-03-02"),
    ],
)
def test_months_later(day, months, then):
    assert months_after(datetime.date.fromisoformat(day), months) == datetime.date.fromisoformat(then)


def test_a_circle_of_editions_is_no_endless_walk():
    texts = {1: text(1, material=False, against=2), 2: text(2, material=False, against=1)}
    assert covered(texts, 1, [9]) is False


# --- on every day of any history ----------------------------------------------------------------------------


@dataclass
class House:
    """One position through time: editions, holdings, requests; the plan carried out day by day."""

    texts: list[Text] = field(default_factory=list)
    held: dict[int, Held] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    made: list[Ask] = field(default_factory=list)
    live: bool = True
    months: int = 0

    def publish(self, day: datetime.date, waits: int, material: bool) -> None:
        starts = day + waits * DAY
        against = timeline.in_force_on([one.edition for one in self.texts], starts)
        number = len(self.texts) + 1
        edition = Edition(pk=number, number=number, effective_from=starts)
        self.texts.append(Text(edition, material or against is None, against.pk if against else None))
        self.live = True

    def plan(self, day: datetime.date) -> list:
        return steps(
            day,
            texts=self.texts,
            live=self.live,
            held=self.held.values(),
            asked=self.asked,
            months=self.months,
        )

    def carry_out(self, day: datetime.date) -> None:
        for step in self.plan(day):
            if isinstance(step, End):
                place = next(i for i, one in enumerate(self.asked) if one.id == step.request)
                self.asked[place] = replace(self.asked[place], state=step.state, decided_on=day)
            else:
                self.made.append(step)
                self.asked.append(Asked(len(self.asked) + 1, step.holding, step.edition, OPEN))

    def answer(self, day: datetime.date, which: int, state: SignOffState) -> None:
        waiting = [place for place, one in enumerate(self.asked) if one.state == OPEN]
        if waiting:
            place = waiting[which % len(waiting)]
            self.asked[place] = replace(self.asked[place], state=state, decided_on=day)


happenings = st.one_of(
    st.tuples(st.just("publish"), st.integers(0, 12), st.booleans()),
    st.tuples(st.just("appoint"), st.integers(0, 8), st.one_of(st.none(), st.integers(0, 20))),
    st.tuples(st.just("end"), st.integers(0, 5), st.integers(0, 6)),
    st.tuples(st.just("answer"), st.integers(0, 9), st.sampled_from([SIGNED, SIGNED, REFUSED])),
    st.tuples(st.just("switch"), st.integers(0, 5), st.just(0)),
    st.tuples(st.just("withdraw"), st.just(0), st.just(0)),
)


def happen(house: House, day: datetime.date, what: str, first: int, second) -> None:
    keys = list(house.held)
    if what == "publish":
        house.publish(day, first, second)
    elif what == "appoint":
        key = len(house.held) + 1
        starts = day + first * DAY
        house.held[key] = Held(key, key, starts, None if second is None else starts + second * DAY)
    elif what == "end" and keys:
        key = keys[first % len(keys)]
        ends = max(day + second * DAY, house.held[key].starts)
        if house.held[key].ends is None or house.held[key].ends >= day:
            house.held[key] = replace(house.held[key], ends=ends)
    elif what == "switch" and keys:
        key = keys[first % len(keys)]
        house.held[key] = replace(house.held[key], active=not house.held[key].active)
    elif what == "answer":
        house.answer(day, first, second)
    elif what == "withdraw":
        house.live = False


@given(
    history=st.lists(st.tuples(st.integers(0, 4), happenings), max_size=25),
    months=st.sampled_from([0, 0, 1]),
)
def test_on_every_day_each_holder_is_asked_exactly_once_about_what_binds_them(history, months):
    house, day = House(months=months), D
    for pause, (what, first, second) in history:
        for _day in range(pause):
            house.carry_out(day)
            check(house, day)
            day += DAY
        happen(house, day, what, first, second)
        house.carry_out(day)
        check(house, day)


def check(house: House, day: datetime.date) -> None:
    assert house.plan(day) == []  # carrying out twice changes nothing
    editions = [one.edition for one in house.texts]
    current = timeline.in_force_on(editions, day) if house.live else None
    by_key = {one.edition.pk: one for one in house.texts}
    waiting = {span.edition.pk for span in timeline.spans(editions) if span.starts > day}
    for holding in house.held.values():
        own = [one for one in house.asked if one.holding == holding.id]
        open_about = [one.edition for one in own if one.state == OPEN]
        assert len(open_about) == len(set(open_about))
        bound = holding.active and holding.on(day) and house.live
        for edition in open_about:
            assert bound
            assert edition == (current.pk if current else None) or edition in waiting
        if not bound or current is None:
            continue
        answered = [one for one in own if one.state in ANSWERED]
        fresh = [
            one.edition
            for one in answered
            if not (
                house.months and one.state == SIGNED and months_after(one.decided_on, house.months) <= day
            )
        ]
        # Either it waits for them, or they have answered for it; never both, never neither.
        assert (current.pk in open_about) != covered(by_key, current.pk, fresh)
        if by_key[current.pk].material:
            about = [one for one in own if one.edition == current.pk]
            assert sum(one.state == OPEN for one in about) + bool(set(fresh) & {current.pk}) == 1
    for holding in house.held:
        for edition in by_key:
            about = [one for one in house.asked if (one.holding, one.edition) == (holding, edition)]
            asked = [one for one in house.made if (one.holding, one.edition) == (holding, edition)]
            worn_off = sum(one.why == WhyAsked.EXPIRED for one in asked)
            ended = sum(one.state in (SignOffState.LAPSED, SignOffState.CANCELLED) for one in about)
            assert len(asked) <= 1 + worn_off + ended
