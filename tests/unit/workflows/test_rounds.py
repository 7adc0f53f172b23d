"""One approval against a plain model of it: whoever does whatever, both say the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories.plain_chain import PlainChain, StageRule, Verb, doings, stage_rules
from workflows import rounds
from workflows.schema import Approval

RUNS = 50_000 if settings.default is settings.get_profile("fuzz") else 2_000
"""Runs against the plain model; ``make fuzz`` makes more."""


def approval_of(rule: StageRule) -> Approval:
    order = "sequential" if rule.in_order else "parallel"
    return Approval(
        roles=("any",), rule=rule.rule, percent=rule.percent, order=order, agreed="done", refused="no"
    )


@settings(max_examples=RUNS, deadline=None)
@given(stage_rules(), doings(most=20))
def test_a_round_says_what_the_plain_model_says(
    stages: tuple[StageRule, ...], tried: list[tuple[Verb, int, int, int]]
) -> None:
    plain = PlainChain(stages[:1])
    approval = approval_of(stages[0])
    people = [(one, "any") for one in stages[0].people]
    current = rounds.begin(approval, people, state="s", number=1, began=1, content="c")
    for version, (verb, who, other, _to) in enumerate(tried, 2):
        if verb not in ("agree", "refuse", "hand_over", "before", "after") or plain.at != 0:
            continue
        assert {seat.person for _slot, _place, seat in current.waiting()} == plain.waits_for()
        who = plain.meant(who)
        if not plain.can(verb, who, other, 0):
            continue
        plain.do(verb, who, other, 0)
        at = next((slot, place) for slot, place, seat in current.waiting() if seat.person == who)
        if verb == "agree":
            current = rounds.decide(approval, current, at, "agreed", by=who, version=version, seen="c")
        elif verb == "refuse":
            current = rounds.decide(approval, current, at, "refused", by=who, version=version, seen="c")
        elif verb == "hand_over":
            current = rounds.hand_over(approval, current, at, other, by=who, version=version)
        elif verb == "before":
            current = rounds.add_signer(approval, current, at, other, "before")
        else:
            current = rounds.add_signer(approval, current, at, other, "after")
        assert rounds.from_stored(current.stored()) == current
    assert current.status == {0: "open", "done": "agreed", "refused": "refused"}[plain.at]


def test_a_seat_whose_turn_it_is_not_decides_nothing() -> None:
    approval = Approval(roles=("any",), rule="all", order="sequential", agreed="done")
    current = rounds.begin(approval, [(1, "a"), (2, "b")], state="s", number=1, began=1, content="c")
    with pytest.raises(ValueError, match="not asked"):
        rounds.decide(approval, current, (1, 0), "agreed", by=2, version=2, seen="c")


@given(st.integers(1, 100), st.integers(1, 12), st.integers(0, 12))
def test_a_share_counts_as_people_count_it(percent: int, asked: int, agreeing: int) -> None:
    approval = Approval(roles=("any",), rule="ratio", percent=percent, agreed="done")
    current = rounds.begin(
        approval, [(one, "a") for one in range(asked)], state="s", number=1, began=1, content="c"
    )
    for one in range(min(agreeing, asked)):
        if current.status == "open":
            current = rounds.decide(approval, current, (one, 0), "agreed", by=one, version=2, seen="c")
    assert (current.status == "agreed") == (min(agreeing, asked) * 100 >= asked * percent)
