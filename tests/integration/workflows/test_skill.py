"""Skill and balance: who must have it, who comes first with it, and who is away."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.organisation.models import User
from tests.factories.chains import act, open_one, publish_all, state, step, workflow_body
from tests.factories.organisation import make_deputy, make_user
from workflows.models import Case

pytestmark = pytest.mark.django_db


def shop(**rule: Any) -> dict[str, list[User]]:
    """Publish a workflow that gives cases with a note “漆” by the rule to painters, others to anybody."""
    given = {"mode": "load", "roles": ["mechanic"], "skill": "note", "skills": {"漆": "painter"}, **rule}
    body = workflow_body(
        [state("new"), state("given"), state("done", "final")],
        [
            step("give", "new", "given", "clerk", assignment=given),
            step("end", "given", "done", "clerk"),
        ],
        access={"sees": ["clerk", "mechanic", "painter"]},
    )
    first, second, third = (make_user(name, full_name=name) for name in ("甲", "乙", "丙"))
    return publish_all(body, people={"mechanic": [first, second, third], "painter": [second, third]})


def given(people: dict[str, list[User]], note: str = "漆") -> Case:
    return act(open_one(make_user(), note=note), "give", people["clerk"][0])


def names(*cases: Case) -> list[str]:
    return [case.assignee.full_name if case.assignee else "" for case in cases]


def test_only_those_who_must_have_the_skill_are_balanced() -> None:
    people = shop()
    assert sorted(names(*(given(people) for _one in range(4)))) == ["丙", "丙", "乙", "乙"]


def test_where_the_skill_is_preferred_numbers_are_balanced_first() -> None:
    people = shop(by_skill="prefer")
    found = names(*(given(people) for _one in range(6)))
    assert sorted(found) == ["丙", "丙", "乙", "乙", "甲", "甲"]
    assert "甲" not in found[:2]
    assert found[2] == "甲"


@pytest.mark.parametrize("mode", ["load", "turn"])
def test_one_who_is_away_is_passed_over_as_long_as_anybody_with_the_skill_is_there(mode: str) -> None:
    people = shop(mode=mode)
    _first, second, third = people["mechanic"]
    make_deputy(second, make_user(full_name="代甲"))
    assert set(names(*(given(people) for _one in range(2)))) == {"丙", "代甲"}  # whoever stands in has it too
    make_deputy(third, make_user(full_name="代乙"))
    # Both are away: whoever stands in for them, never somebody without the skill.
    assert set(names(*(given(people) for _one in range(4)))) == {"代甲", "代乙"}


def test_in_turn_the_preferred_go_first_where_nobody_had_a_turn_yet() -> None:
    people = shop(mode="turn", by_skill="prefer")
    found = names(*(given(people) for _one in range(3)))
    assert found[2] == "甲"
    assert names(given(people, note="其他"))[0] in {"甲", "乙", "丙"}
