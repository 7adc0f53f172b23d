"""Whole chains through the services, against a plain model: where the case is, who is waited for, what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings

from foundation.editions.models import Edition
from foundation.editions.services import publish
from foundation.organisation.models import User
from tests.factories.chains import (
    act,
    asks,
    form_body,
    fresh,
    open_one,
    stage,
    state,
    step,
    waiting,
    workflow_body,
)
from tests.factories.organisation import bind_role, make_group, make_user
from tests.factories.plain_chain import DRAFT, PlainChain, StageRule, Verb, doings, stage_rules
from workflows.exceptions import WorkflowError
from workflows.models import Case
from workflows.services import approvals
from workflows.services.definitions import publish_workflow

RUNS = 2_000 if settings.default is settings.get_profile("fuzz") else 60
"""Runs through the database; the pure part of the engine is tried far oftener in ``tests/unit/workflows``."""


# Whoever refused in a stage that the others let pass has not agreed, and is asked in the next one.
REFUSED_AND_PASSED = (StageRule((1, 2, 3, 4), "ratio", 51, False), StageRule((4,), "any", 1, False))
REFUSES: tuple[Verb, int, int, int] = ("refuse", 4, 0, 0)


class Undo(Exception):
    """Ends an example: nothing of it stays."""


@pytest.mark.django_db
@settings(max_examples=RUNS, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stages=stage_rules(5), tried=doings(5))
@example(
    stages=REFUSED_AND_PASSED, tried=[("agree", who, 0, 0) for who in (1, 2)] + [REFUSES, ("agree", 3, 0, 0)]
)
def test_a_chain_does_what_the_plain_model_does(
    stages: tuple[StageRule, ...], tried: list[tuple[Verb, int, int, int]]
) -> None:
    try:
        with transaction.atomic():
            _walk(stages, tried)
            raise Undo
    except Undo:
        pass


def _walk(stages: tuple[StageRule, ...], tried: list[tuple[Verb, int, int, int]]) -> None:
    people = [make_user(full_name=f"{number}") for number in range(6)]
    numbers = {person.pk: number for number, person in enumerate(people)}
    _publish(stages, people)
    plain, case = PlainChain(stages), open_one(people[0])
    _same(plain, case, numbers)
    for verb, who, other, to in tried:
        who, to = plain.meant(who), min(to, len(stages) - 1)
        target = "draft" if to == -1 else f"s{to}"
        if plain.can(verb, who, other, to):
            _do(case, verb, people[who], people[other], target)
            plain.do(verb, who, other, to)
        else:
            with pytest.raises(WorkflowError):
                _do(case, verb, people[who], people[other], target)
            assert fresh(case).version == case.version
        case = fresh(case)
        _same(plain, case, numbers)


def _publish(stages: tuple[StageRule, ...], people: list[User]) -> None:
    for number, rule in enumerate(stages):
        for person in rule.people:
            group = make_group()
            people[person].groups.add(group)
            bind_role(f"r{number}-{person}", group)
    bind_role("submitter", "submitter")
    names = [f"s{number}" for number in range(len(stages))]
    states: list[dict[str, Any]] = [
        stage(
            name,
            [f"r{number}-{person}" for person in rule.people],
            following,
            rule=rule.rule,
            percent=rule.percent,
            order="sequential" if rule.in_order else "parallel",
            returns_to=["draft"],
            withdraws_to="draft",
        )
        for number, (name, following, rule) in enumerate(
            zip(names, [*names[1:], "done"], stages, strict=True)
        )
    ]
    body = workflow_body(
        [*states, state("draft", "waiting"), state("done", "final"), state("refused", "final")],
        [step("resubmit", "draft", "s0", "submitter"), step("give_up", "draft", "refused", "submitter")],
        access={"sees": ["submitter"]},
    )
    publish(kind=Edition.Kind.FORM, key="spending", body=form_body(), by=people[0])
    publish_workflow(body, by=people[0])


def _do(case: Case, verb: Verb, who: User, other: User, to: str) -> None:
    request = asks(case, who, "理由")
    if verb == "agree":
        approvals.agree(request)
    elif verb == "refuse":
        approvals.refuse(request)
    elif verb == "hand_over":
        approvals.hand_over(request, to=other.uuid)
    elif verb in ("before", "after"):
        approvals.add_signer(request, person=other.uuid, side="before" if verb == "before" else "after")
    elif verb in ("back", "straight"):
        approvals.send_back(request, to=to, straight=verb == "straight")
    elif verb == "withdraw":
        approvals.withdraw(request)
    else:
        act(case, "resubmit", who)


def _same(plain: PlainChain, case: Case, numbers: dict[int, int]) -> None:
    assert case.state == (f"s{plain.at}" if isinstance(plain.at, int) else plain.at)
    assert {numbers[one] for one in waiting(case)} == plain.waits_for()
    assert (case.closed_at is None) == (isinstance(plain.at, int) or plain.at == DRAFT)
