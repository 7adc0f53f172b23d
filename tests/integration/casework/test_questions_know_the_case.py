"""Questions of steps and stages whose conditions speak of the case: of its form, of steps before, of how it stands."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from foundation.organisation.models import User
from tests.factories.chains import (
    act,
    asks,
    fresh,
    open_one,
    publish_all,
    stage,
    state,
    step,
    text,
    workflow_body,
)
from tests.factories.organisation import make_user
from workflows.exceptions import AnswersRefused
from workflows.models import Case
from workflows.services import approvals

pytestmark = pytest.mark.django_db


def question(name: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    return {"id": name, "kind": kind, "label": text(name), **more}


def house() -> dict[str, list[User]]:
    dear = "amount >= 1000"
    body = workflow_body(
        [
            state("new"),
            stage("boss", "boss", "done", asks=[question("grounds", visible_if=dear, required=True)]),
            state("done", "final"),
            state("refused", "final"),
        ],
        [
            step(
                "examine",
                "new",
                "new",
                "clerk",
                asks=[
                    question("quotes", "whole_number", visible_if=dear, required=True),
                    question("why_so_few", required_if="quotes < 3 && examine_times > 0"),
                    question("tax", "whole_number", computed="amount / 10"),
                ],
            ),
            step(
                "submit",
                "new",
                "boss",
                "clerk",
                asks=[question("explained", required_if='quotes < 3 && why_so_few == ""')],
            ),
        ],
        access={"sees": ["submitter", "clerk", "boss"]},
    )
    return publish_all(body)


def page(case: Case, name: str, person: User) -> str:
    client = Client()
    client.force_login(person)
    client.cookies["django_language"] = "en"
    return client.get(reverse("casework:step", args=[case.uuid, name])).content.decode()


def test_a_question_is_asked_only_where_the_form_of_the_case_calls_for_it() -> None:
    clerk = house()["clerk"][0]
    cheap, dear = open_one(make_user("a"), amount=20), open_one(make_user("b"), amount=5000)
    assert "field-quotes" not in page(cheap, "examine", clerk)
    assert "field-quotes" in page(dear, "examine", clerk)
    taken = act(cheap, "examine", clerk, answers={"quotes": ["9"]})
    assert taken.answers == {"tax": 2}
    with override("en"), pytest.raises(AnswersRefused) as refused:
        act(dear, "examine", clerk)
    assert list(refused.value.errors) == ["quotes"]
    assert act(dear, "examine", clerk, answers={"quotes": ["3"]}).answers == {"quotes": 3, "tax": 500}


def test_a_question_may_depend_on_answers_of_steps_before_and_on_how_often_one_was_taken() -> None:
    clerk = house()["clerk"][0]
    case = act(
        open_one(make_user("a"), amount=5000), "examine", clerk, answers={"quotes": ["2"]}
    )  # the first time
    with pytest.raises(AnswersRefused) as refused:
        act(case, "examine", clerk, answers={"quotes": ["2"]})  # the second time a reason is due
    assert list(refused.value.errors) == ["why_so_few"]
    with pytest.raises(AnswersRefused) as refused:
        act(case, "submit", clerk)
    assert list(refused.value.errors) == ["explained"]
    enough = act(case, "examine", clerk, answers={"quotes": ["4"]})
    assert act(enough, "submit", clerk).state == "boss"


def test_what_was_answered_the_time_before_does_not_answer_for_now() -> None:
    clerk = house()["clerk"][0]
    case = act(open_one(make_user("a"), amount=5000), "examine", clerk, answers={"quotes": ["2"]})
    again = {"quotes": ["2"], "why_so_few": ["只有两家"]}
    case = act(case, "examine", clerk, answers=again)
    with pytest.raises(AnswersRefused) as refused:
        act(case, "examine", clerk, answers={"quotes": ["2"]})
    assert list(refused.value.errors) == ["why_so_few"]


def test_whoever_agrees_is_asked_by_the_same_rules() -> None:
    people = house()
    clerk, boss = people["clerk"][0], people["boss"][0]
    dear = act(open_one(make_user("a"), amount=5000), "examine", clerk, answers={"quotes": ["3"]})
    dear = act(dear, "submit", clerk)
    with pytest.raises(AnswersRefused) as refused:
        approvals.agree(asks(dear, boss))
    assert list(refused.value.errors) == ["grounds"]
    approvals.agree(asks(dear, boss), answers={"grounds": ["预算内"]})
    assert (fresh(dear).state, fresh(dear).answers["grounds"]) == ("done", "预算内")
    cheap = act(act(open_one(make_user("b"), amount=5), "examine", clerk), "submit", clerk)
    approvals.agree(asks(cheap, boss))
    assert fresh(cheap).state == "done"
