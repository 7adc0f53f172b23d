"""A fault of a clock, a promise or a ledger stands at its property, with what was typed; the list leads there."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client
from django.urls import reverse

from forms.services import working as service
from foundation.editions.models import Edition
from foundation.editions.services import publish
from foundation.organisation.models import User
from tests.factories.claims import claim_body, claim_form
from tests.factories.clocks import clock
from tests.factories.editor import Editor
from tests.factories.organisation import bind_role, make_group
from workflows.services.working import WORKFLOWS

pytestmark = pytest.mark.django_db
ROLES = ("cashier", "accountant", "manager", "chief", "auditor", "administrator")
Plant = Callable[[dict[str, Any], dict[str, Any], dict[str, Any]], object]
"""Changes a body, its first clock and its ledger."""


def sound() -> dict[str, Any]:
    """Return a workflow with a clock and a ledger."""
    body = copy.deepcopy(claim_body())
    states = [one["id"] for one in body["states"]]
    body["clocks"] = [clock(begins=states[:1], ends=states[-1:], due={"roles": ["manager"]})]
    return body


def planted(browser: Client, builder: User, plant: Plant | None) -> Editor:
    """Return the editor of a workflow in which a fault was planted."""
    for role in ROLES:
        bind_role(role, make_group())
    bind_role("submitter", "submitter")
    publish(kind=Edition.Kind.FORM, key=str(claim_form()["key"]), body=claim_form(), by=builder)
    body = sound()
    browser.post(
        reverse("studio_flow_new"),
        {"title": "索赔", "title_en": "Claim", "key": body["key"], "form": body["form"], "copy_of": ""},
    )
    editor = Editor(browser, body["key"], kind="workflow")
    if plant is not None:
        plant(body, body["clocks"][0], body["ledger"])
    opened = service.Opened.read(editor.working.opened)
    service.save(key=editor.key, opened=opened, body=body, by=builder, what="planted", of=WORKFLOWS)
    return editor


def listed(page: str) -> list[tuple[str, str, str]]:
    """Return of the list of problems: the thing, the path within it, and all that is said."""
    lines = re.findall(
        r'studio-problem--\w+"><a href="\?at=([^#]*)#fault-([^"]*)">(.*?)</li>', page, re.DOTALL
    )
    return [(unquote(at), unquote(rest), unescape(re.sub(r"<[^>]+>", " ", said))) for at, rest, said in lines]


def test_a_sound_workflow_has_no_problem(browser: Client, builder: User) -> None:
    assert listed(planted(browser, builder, None).page()) == []


TWICE = {"id": "claimed", "title": {"zh-hans": "x", "en": "x"}, "balance": "takes"}


@pytest.mark.parametrize(
    ("plant", "at", "path", "where", "said"),
    [
        (
            lambda b, c, led: c.update(title={"en": "Answer"}),
            "clock:answer",
            "title",
            "Title",
            "Chinese is missing",
        ),
        (lambda b, c, led: c.update(begins=["mars"]), "clock:answer", "begins", "Begins", "no state “mars”"),
        (
            lambda b, c, led: c["targets"][0].update(amount=0),
            "clock:answer",
            "targets.0.amount",
            "1 › How many",
            "more than nothing",
        ),
        (
            lambda b, c, led: c["targets"][0].update(amount="soon"),
            "clock:answer",
            "targets.0.amount",
            "How many",
            "whole number",
        ),
        (
            lambda b, c, led: c.update(warnings=[{"percent": 0, "roles": ["chief"]}]),
            "clock:answer",
            "warnings.0.percent",
            "Percentage",
            "1 or more",
        ),
        (
            lambda b, c, led: c.update(warnings=[{"percent": 150, "roles": ["chief"]}]),
            "clock:answer",
            "warnings.0.percent",
            "Percentage",
            "99 or less",
        ),
        (
            lambda b, c, led: c.update(warnings=[{"percent": 50, "roles": ["ghost"]}]),
            "clock:answer",
            "warnings.0.roles",
            "Roles that are told",
            "“ghost” is bound to nobody",
        ),
        (
            lambda b, c, led: c["due"].update(escalations=[{"roles": ["boss_of_none"], "unit": "hours"}]),
            "clock:answer",
            "due.escalations.0.roles",
            "Higher up",
            "“boss_of_none” is bound to nobody",
        ),
        (
            lambda b, c, led: c.update(promise={"to_answer": "no_field"}),
            "clock:answer",
            "promise.to_answer",
            "To whom",
            "no field “no_field”",
        ),
        (
            lambda b, c, led: c.update(colour="red"),
            "clock:answer",
            "colour",
            "",
            "“colour” is not known here",
        ),
        (
            lambda b, c, led: led.update(title={}),
            "workflow",
            "ledger.title",
            "Ledger › Title",
            "Chinese is missing",
        ),
        (
            lambda b, c, led: led["kinds"][0].update(title={}),
            "workflow",
            "ledger.kinds.claimed.title",
            "Kinds of entry › claimed › Title",
            "Chinese is missing",
        ),
        (
            lambda b, c, led: led["kinds"][0].update(id="Bad Id"),
            "workflow",
            "ledger.kinds.Bad Id.id",
            "Id",
            "small letters a to z",
        ),
        (
            lambda b, c, led: led["kinds"].append(TWICE),
            "workflow",
            "ledger.kinds.claimed",
            "Kinds of entry",
            "used more than once",
        ),
        (
            lambda b, c, led: led["kinds"][0].update(balance=""),
            "workflow",
            "ledger.kinds.claimed.balance",
            "open balance",
            "fill it in, or choose",
        ),
        (
            lambda b, c, led: led["postings"][0].update(amount=""),
            "workflow",
            "ledger.postings.0.amount",
            "What steps post › 1 › Amount",
            "Write something here",
        ),
        (
            lambda b, c, led: led["postings"][0].update(amount="1 +"),
            "workflow",
            "ledger.postings.0.amount",
            "Amount",
            "ends too early",
        ),
        (
            lambda b, c, led: led["postings"][0].update(step="no_step"),
            "workflow",
            "ledger.postings.0.step",
            "Step",
            "no step “no_step”",
        ),
        (
            lambda b, c, led: led["payer_list"]["keys"][1].update(id="claim"),
            "workflow",
            "ledger.payer_list.keys.claim",
            "Marks by which lines are known",
            "used more than once",
        ),
        (
            lambda b, c, led: led["payer_list"]["matches"][0].update(keys=["plate"]),
            "workflow",
            "ledger.payer_list.matches.0.keys",
            "The same in",
            "no mark “plate”",
        ),
    ],
)
def test_a_fault_stands_at_its_property_and_the_list_leads_there(
    browser: Client, builder: User, plant: Plant, at: str, path: str, where: str, said: str
) -> None:
    editor = planted(browser, builder, plant)
    (line,) = [one for one in listed(editor.page()) if one[:2] == (at, path)]
    assert where in line[2]
    assert said in line[2]
    editor.at = at
    before = editor.said()
    page = unescape(editor.page())
    mark = f'data-path="{path}"'
    place = page[
        page.index(mark if mark in page else 'data-path=""') + len(mark) :
    ]  # no control: at the head
    assert said in re.sub(r"<[^>]+>", "", place.partition("data-path=")[0])
    editor.press("save")
    assert editor.said() == before  # what was typed is still there


def test_what_follows_from_a_fault_is_not_said_besides(browser: Client, builder: User) -> None:
    editor = planted(
        browser,
        builder,
        lambda b, c, led: (
            led.update(title={}),
            led["postings"][0].update(amount=""),
            c["targets"][0].update(amount="soon"),
        ),
    )
    assert {one[:2] for one in listed(editor.page())} == {
        ("workflow", "ledger.title"),
        ("workflow", "ledger.postings.0.amount"),
        ("clock:answer", "targets.0.amount"),
    }


def test_a_part_that_is_switched_off_can_be_taken_back_with_all_that_was_in_it(
    browser: Client, builder: User
) -> None:
    editor = planted(browser, builder, None)
    ledger = editor.said("workflow")["ledger"]
    posted = editor.fields_posted()
    posted.pop("p.ledger.on")
    page = browser.post(
        editor.address, {**posted, "do": "save"}, headers={"X-Requested-With": "XMLHttpRequest"}
    ).content.decode()
    assert "“Ledger” removed" in unescape(page)
    assert "ledger" not in editor.working.body
    undo = re.search(r'value="(undo:\d+)"', page)
    assert undo is not None
    browser.post(editor.address, {"at": "workflow", "do": undo[1]})
    assert editor.said("workflow")["ledger"] == ledger


def test_of_a_long_list_to_tick_what_is_ticked_is_said_above_it(browser: Client, builder: User) -> None:
    for number in range(9):
        bind_role(f"role_{number}", make_group())
    editor = planted(browser, builder, lambda b, c, led: led.update(closes=["role_3", "chief"]))
    assert re.search(r"Chosen: [^<]*role_3, [^<]*chief", editor.page())
