"""The validator names each fault of a ledger at its place."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from forms.schema import FormDefinition
from tests.factories.claims import claim_body, claim_form
from workflows.checking import parse, problems_of
from workflows.schema import WorkflowDefinition

BOUND = {"cashier", "accountant", "manager", "chief", "auditor", "submitter", "administrator"}


def found(body: dict[str, Any], severity: str = "error") -> list[str]:
    parsed, problems = parse(body)
    if parsed is not None:
        problems = problems_of(parsed, FormDefinition.model_validate(claim_form()), BOUND)
    return [problem.path for problem in problems if problem.severity == severity]


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    body = copy.deepcopy(claim_body())
    change(body)
    return body


def test_a_sound_ledger_has_no_fault() -> None:
    assert found(claim_body()) == []
    assert found(claim_body(), "warning") == []


def test_a_ledger_says_the_same_after_it_was_written_out() -> None:
    read = WorkflowDefinition.model_validate(claim_body())
    assert WorkflowDefinition.model_validate(read.model_dump(mode="json")) == read


KIND = {"id": "received", "title": {"zh-hans": "x", "en": "x"}, "balance": "takes"}
YEN = {"id": "yen", "kind": "money", "label": {"zh-hans": "x", "en": "x"}, "options": {"currency": "JPY"}}


@pytest.mark.parametrize(
    ("plant", "expected"),
    [
        (lambda b, led: led["kinds"].append(KIND), ["ledger.kinds.received"]),
        (lambda b, led: led["kinds"].append({**KIND, "id": "balance"}), ["ledger.kinds.balance"]),
        (lambda b, led: led["kinds"][0].update(balance="notes"), ["ledger.kinds"]),
        (lambda b, led: [kind.update(balance="adds") for kind in led["kinds"]], [
            "ledger.kinds", "ledger.payer_list.posts",
        ]),
        (lambda b, led: led["kinds"][0].update(by_hand=["ghost"]), ["ledger.kinds.claimed.by_hand"]),
        (lambda b, led: led.update(sees=["ghost"]), ["ledger.sees", "ledger.sees"]),
        (lambda b, led: led.update(sees=["manager"]), ["ledger.sees"]),
        (lambda b, led: led.update(reverses=["ghost"]), ["ledger.reverses"]),
        (lambda b, led: led.update(closes=["ghost"]), ["ledger.closes"]),
        (lambda b, led: led.update(payer="nobody"), ["ledger.payer"]),
        (lambda b, led: led["postings"][0].update(step="nothing"), ["ledger.postings.0.step"]),
        (lambda b, led: led["postings"][0].update(kind="nothing"), ["ledger.postings.0.kind"]),
        (lambda b, led: led["postings"][0].update(amount="asked +"), ["ledger.postings.0.amount"]),
        (lambda b, led: led["postings"][0].update(amount="aksed"), ["ledger.postings.0.amount"]),
        (lambda b, led: led["postings"][0].update(amount="file_times"), ["ledger.postings.0.amount"]),
        (lambda b, led: led["postings"][0].update(when="asked"), ["ledger.postings.0.when"]),
        (lambda b, led: led["postings"][0].update(dated="payer"), ["ledger.postings.0.dated"]),
        (lambda b, led: led["postings"][0].update(dated="nothing"), ["ledger.postings.0.dated"]),
        (lambda b, led: led["postings"][0].update(reference="nothing"), ["ledger.postings.0.reference"]),
        (
            lambda b, led: (
                b["transitions"][1]["asks"].append(YEN),
                led["postings"][1].update(amount="yen"),
            ),
            ["ledger.postings.1.amount"],
        ),
        (lambda b, led: led["payer_list"].update(posts="claimed"), ["ledger.payer_list.posts"]),
        (lambda b, led: led["payer_list"].update(posts="nothing"), ["ledger.payer_list.posts"]),
        (lambda b, led: led["payer_list"].update(roles=["ghost"]), ["ledger.payer_list.roles"]),
        (lambda b, led: led["payer_list"]["keys"][0].update(field="nothing"), ["ledger.payer_list.keys.claim.field"]),
        (lambda b, led: led["payer_list"]["keys"][1].update(id="claim"), [
            "ledger.payer_list.keys.claim", "ledger.payer_list.matches.1.keys",
        ]),
        (lambda b, led: led["payer_list"]["keys"][1].update(headings=["amount"]), [
            "ledger.payer_list.amount_headings",
        ]),
        (lambda b, led: led["payer_list"]["matches"][0].update(keys=["plate"]), ["ledger.payer_list.matches.0.keys"]),
        (lambda b, led: led["payer_list"]["matches"][0].update(keys=["amount"]), ["ledger.payer_list.matches.0.keys"]),
        (lambda b, led: led.update(colour="red"), ["ledger.colour"]),
        (lambda b, led: led.update(currency="XXX"), ["ledger.currency"]),
        (
            lambda b, led: b["transitions"][1]["asks"].append(
                {"id": "ledger_balance", "kind": "money", "label": {"zh-hans": "x", "en": "x"}}
            ),
            ["transitions.accept.asks.ledger_balance"],
        ),
    ],
)  # fmt: skip
def test_a_planted_fault_is_named_at_its_place(
    plant: Callable[[dict[str, Any], dict[str, Any]], object], expected: list[str]
) -> None:
    assert sorted(found(changed(lambda body: plant(body, body["ledger"])))) == sorted(expected)


@pytest.mark.parametrize(
    ("plant", "expected"),
    [
        (lambda led: led.update(reverses=[]), ["ledger.reverses"]),
        (lambda led: led.update(closes=[]), ["ledger.closes"]),
        (lambda led: led["postings"].pop(1), ["ledger.kinds.approved"]),
        (lambda led: led["kinds"][0]["title"].pop("en"), ["ledger.kinds.claimed.title"]),
    ],
)
def test_what_is_odd_is_warned_of(plant: Callable[[dict[str, Any]], object], expected: list[str]) -> None:
    body = changed(lambda body: plant(body["ledger"]))
    assert found(body) == []
    assert found(body, "warning") == expected
