"""A chain of approvals written down plainly, to compare the engine with: no states, no seats, only lists of people.

It is told what people do and says where the case is, who is waited for, and whether a thing can be done. It knows
nothing of how the engine keeps any of this.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from hypothesis import strategies as st

Verb = Literal["agree", "refuse", "hand_over", "before", "after", "back", "straight", "withdraw", "resubmit"]
VERBS: tuple[Verb, ...] = (
    *("agree", "agree", "agree", "refuse", "hand_over", "before", "after"),
    *("back", "straight", "withdraw", "resubmit"),
)
SUBMITTER = 0
DRAFT, DONE, REFUSED = "draft", "done", "refused"


@dataclass(frozen=True)
class StageRule:
    """What a stage asks: which people (numbers above 0), and how their answers count."""

    people: tuple[int, ...]
    rule: Literal["any", "all", "ratio"]
    percent: int
    in_order: bool


@dataclass
class Line:
    """One person asked first, with those added around them: who is still to decide, in order."""

    queue: list[int]
    refused: bool = False
    names: set[int] = field(default_factory=set)

    @property
    def agreed(self) -> bool:
        """Everybody in the line has agreed."""
        return not self.queue and not self.refused


@dataclass
class PlainChain:
    """A case on its way along ``stages``; ``at`` is the number of a stage, or the name of another place."""

    stages: tuple[StageRule, ...]
    at: int | str = 0
    lines: list[Line] = field(default_factory=list)
    passed: list[int] = field(default_factory=list)
    comes_back: tuple[int | str, int] | None = None
    decided: bool = False
    deciders: set[int] = field(default_factory=set)
    agreed: set[int] = field(default_factory=set)
    just_agreed: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Begin at the first stage."""
        self._come_to(0)

    def waits_for(self) -> set[int]:
        """Return the people who may decide now."""
        if not isinstance(self.at, int):
            return set()
        heads = [line.queue[0] for line in self.lines if line.queue and not line.refused]
        return set(heads[:1] if self.stages[self.at].in_order else heads)

    def meant(self, who: int) -> int:
        """Return the person a number stands for: below 0 one of those who are waited for, where anybody is."""
        waiting = sorted(self.waits_for()) or [SUBMITTER]
        return who if who >= 0 else waiting[who % len(waiting)]

    def can(self, verb: Verb, who: int, other: int, to: int) -> bool:
        """Say whether the person can do this now; ``other`` is a second person, ``to`` a stage."""
        if verb == "resubmit":
            return self.at == DRAFT and who == SUBMITTER
        if not isinstance(self.at, int):
            return False
        if verb == "withdraw":
            return who == SUBMITTER and not self.decided
        if who not in self.waits_for() or who in self.deciders:
            return False
        if verb in ("hand_over", "before", "after"):
            return other != SUBMITTER and not any(other in line.names for line in self.lines)
        if verb in ("back", "straight"):
            return to == -1 or (to in self.passed and to != self.at)
        return True

    def do(self, verb: Verb, who: int, other: int, to: int) -> None:
        """Do it; ``can`` has said yes."""
        if verb == "resubmit":
            self.decided = False
            self._leave_for(0)
            return
        if verb == "withdraw":
            self._come_to(DRAFT)
            return
        line = next(line for line in self._open_lines() if line.queue[0] == who)
        if verb in ("agree", "refuse"):
            self.decided = True
            self.deciders.add(who)
            if verb == "agree":
                self.agreed.add(who)
            line.queue.pop(0)
            line.refused = verb == "refuse"
            self._count()
        elif verb == "hand_over":
            line.queue[0] = other
            line.names -= {who}
            line.names |= {other}
        elif verb in ("before", "after"):
            line.queue.insert(0 if verb == "before" else 1, other)
            line.names |= {other}
        else:
            place: int | str = DRAFT if to == -1 else to
            back = (place, int(self.at)) if verb == "straight" else None
            self._come_to(place)
            self.comes_back = back

    def _open_lines(self) -> list[Line]:
        waiting = [line for line in self.lines if line.queue and not line.refused]
        assert isinstance(self.at, int)
        return waiting[:1] if self.stages[self.at].in_order else waiting

    def _count(self) -> None:
        assert isinstance(self.at, int)
        rule, asked = self.stages[self.at], len(self.lines)
        agreed = sum(line.agreed for line in self.lines)
        refused = sum(line.refused for line in self.lines)
        share = {
            "any": 1,
            "all": asked,
            "ratio": next(n for n in range(asked + 1) if n * 100 >= asked * rule.percent),
        }
        if agreed >= share[rule.rule]:
            self.just_agreed = self.agreed | {
                name for line in self.lines if line.agreed for name in line.names & self.skipped
            }
            self._leave_for(self.at + 1)
        elif (refused and rule.rule != "ratio") or asked - refused < share[rule.rule]:
            self._come_to(REFUSED)

    skipped: set[int] = field(default_factory=set)

    def _leave_for(self, stage: int) -> None:
        if self.comes_back and self.comes_back[0] == self.at and stage < len(self.stages):
            stage = self.comes_back[1]
        self._come_to(stage if stage < len(self.stages) else DONE, from_before=True)

    def _come_to(self, place: int | str, *, from_before: bool = False) -> None:
        known = self.just_agreed if from_before and isinstance(self.at, int) else set()
        self.at, self.lines = place, []
        self.deciders, self.agreed, self.just_agreed = set(), set(), set()
        if self.comes_back and self.comes_back[0] != place:
            self.comes_back = None
        if not isinstance(place, int):
            return
        if place not in self.passed:
            self.passed.append(place)
        people = self.stages[place].people
        self.skipped = {one for one in people if one in known}
        self.lines = [
            Line([] if one in self.skipped else [one], names={one}) for one in dict.fromkeys(people)
        ]
        if self.skipped:
            self._count()


def stage_rules(people: int = 6) -> st.SearchStrategy[tuple[StageRule, ...]]:
    """Return chains of one to four stages over so many people."""
    stage = st.builds(
        StageRule,
        people=st.lists(st.integers(1, people), min_size=1, max_size=4, unique=True).map(tuple),
        rule=st.sampled_from(("any", "all", "ratio")),
        percent=st.sampled_from((1, 34, 50, 51, 67, 100)),
        in_order=st.booleans(),
    )
    return st.lists(stage, min_size=1, max_size=4).map(tuple)


def doings(
    people: int = 6, stages: int = 4, most: int = 14
) -> st.SearchStrategy[list[tuple[Verb, int, int, int]]]:
    """Return what people try to do, sensible or not: verb, who, a second person, a stage (-1: the draft).

    ``who`` below 0 stands for one of those who are waited for (``PlainChain.meant``).
    """
    return st.lists(
        st.tuples(
            st.sampled_from(VERBS),
            st.integers(-2 * people, people),
            st.integers(0, people),
            st.integers(-1, stages - 1),
        ),
        max_size=most,
    )
