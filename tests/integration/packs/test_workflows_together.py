"""Workflows of a pack are judged together, and their trials are acted out: what fails is named with file and line."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils.translation import override

from foundation.editions.models import Edition
from foundation.organisation.models import Holding, User
from foundation.organisation.services import system_account
from foundation.packs.exceptions import PackFileFault
from foundation.packs.reading import written
from foundation.packs.services import Report, apply_pack
from tests.factories.chains import form_body, stage, state, step, text, workflow_body
from tests.factories.organisation import bind_role, hold, make_group, make_position, make_user
from workflows.models import Case

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english() -> Any:
    with override("en"):
        yield


@pytest.fixture
def by() -> User:
    bind_role("submitter", "submitter")
    bind_role("auditor", make_group())
    bind_role("administrator", make_group())
    return system_account()


def trial(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "title": text(name), "submitter": "desk", "typed": {"amount": "900"}, **more}


def spending(*trials: dict[str, Any], **more: Any) -> dict[str, Any]:
    return workflow_body(
        [
            stage("boss", "boss", "done", when="amount > 500"),
            state("done", "final"),
            state("refused", "final"),
        ],
        trials=list(trials),
        **more,
    )


def pack(folder: Path, *bodies: dict[str, Any]) -> Path:
    for body in bodies:
        for place, said in (("workflows", body), ("forms", form_body(body["form"]))):
            file = folder / place / f"{said['key']}.yaml"
            file.parent.mkdir(exist_ok=True, parents=True)
            file.write_text(written(said), encoding="utf-8")
    return folder


def applied(folder: Path, by: User) -> Report:
    return apply_pack(folder, by=by)


def people() -> tuple[User, User]:
    """Return whoever holds the desk and whoever is the boss."""
    clerk, boss = make_user("clerk"), make_user("boss")
    hold(clerk, make_position("desk"))
    hold(boss, post := make_position("corner-office"))
    bind_role("boss", post)
    return clerk, boss


def refused(folder: Path, by: User) -> PackFileFault:
    with pytest.raises(PackFileFault) as found:
        applied(folder, by)
    assert not Edition.objects.exists()
    return found.value


def line(fault: PackFileFault) -> str:
    return fault.path.read_text(encoding="utf-8").splitlines()[fault.line - 1].strip()


def test_trials_that_pass_leave_nothing_behind_but_the_edition(tmp_path: Path, by: User) -> None:
    people()
    good = trial(
        "dear", path=["boss", "done"], steps=[{"step": "agree"}], approvers={"boss": ["corner-office"]}
    )
    cheap = trial("cheap", typed={"amount": "20", "plate": "x"}, path=["boss", "done"])
    report = applied(pack(tmp_path, spending(good, cheap)), by)
    assert report.remarks == ()
    assert not Case.objects.exists()
    assert Edition.objects.filter(kind="workflow").count() == 1


def test_a_trial_that_fails_is_named_with_file_and_line_and_nothing_is_applied(
    tmp_path: Path, by: User
) -> None:
    people()
    bad = trial("dear", path=["boss", "refused"], steps=[{"step": "agree"}])
    fault = refused(pack(tmp_path, spending(trial("first"), bad)), by)
    assert "The trial “dear” (dear) fails: The case came through boss → done" in fault.message
    assert line(fault) == "- id: dear"


def test_a_trial_for_which_nobody_is_there_today_is_told_and_stops_nothing(tmp_path: Path, by: User) -> None:
    bind_role("boss", make_position("corner-office"))
    make_position("desk")
    report = applied(pack(tmp_path, spending(trial("dear", path=["boss"]))), by)
    assert report.remarks == (
        "spending: The trial “dear” (dear) could not be acted out: Nobody holds the post “desk” today.",
    )
    out = io.StringIO()
    call_command("workflows", "check", "spending", "--format", "json", stdout=out)
    problems = json.loads(out.getvalue())[0]["problems"]
    assert [(one["path"], one["severity"]) for one in problems] == [("trials.dear", "warning")]


def test_the_command_that_checks_acts_trials_out_too(tmp_path: Path, by: User) -> None:
    _clerk, boss = people()
    dear = trial("dear", path=["boss"], approvers={"boss": ["boss"]})
    applied(pack(tmp_path, spending(dear)), by)
    out = io.StringIO()
    call_command("workflows", "check", "spending", stdout=out)
    assert out.getvalue().strip() == "spending · 1: 0"
    Holding.objects.filter(person=boss).update(person=make_user("another"))
    with pytest.raises(CommandError, match="1 fault"):
        call_command("workflows", "check", "spending", stdout=io.StringIO())


def test_days_of_a_trial_are_counted_from_the_day_it_is_acted_out(tmp_path: Path, by: User) -> None:
    people()
    body = spending(
        trial("later", typed={"amount": "900", "due": "today+3", "came": ["day=today-1", "time=09:00"]})
    )
    folder = pack(tmp_path, body)
    form = form_body("spending")
    form["pages"][0]["groups"][0]["fields"] += [
        {"id": "due", "kind": "date", "label": text("期限"), "options": {"not_past": True}},
        {"id": "came", "kind": "moment", "label": text("到达"), "options": {"not_future": True}},
    ]
    (folder / "forms" / "spending.yaml").write_text(written(form), encoding="utf-8")
    assert applied(folder, by).remarks == ()


def test_what_a_workflow_gives_a_child_of_a_later_file_is_judged_when_both_are_there(
    tmp_path: Path, by: User
) -> None:
    people()
    opening = {"workflow": "zebra", "fills": {"nowhere": "note"}}
    parent = workflow_body(
        [state("new"), state("done", "final")],
        [step("go", "new", "done", "boss", opens=[opening])],
        access={"sees": ["boss"]},
    )
    child = workflow_body(
        [state("new"), state("done", "final")], [step("end", "new", "done", "boss")], key="zebra"
    )
    fault = refused(pack(tmp_path, parent, child), by)
    assert "transitions.go.opens.0.fills.nowhere" in fault.message
    assert fault.path.name == "spending.yaml"
    assert line(fault) == "nowhere: note"
    opening["fills"] = {"note": "note"}
    assert applied(pack(tmp_path, parent, child), by).remarks == ()


def test_a_file_that_is_not_well_formed_says_everything_that_can_be_known(tmp_path: Path, by: User) -> None:
    people()
    body = spending()
    body["colour"] = "red"
    body["states"][0]["approval"]["when"] = "amuont > 500"
    body["access"]["sees"] = ["ghost"]
    fault = refused(pack(tmp_path, body), by)
    for place in ("colour", "states.boss.approval.when", "access.sees"):
        assert f"\n{place}: " in fault.message, fault.message
    assert line(fault) == "colour: red"
