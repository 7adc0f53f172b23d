"""The workflows of the pack as a whole: sound against its forms and roles, in both languages, and listed."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import override

from forms.schema import FormDefinition
from tests.factories.pack_files import read
from tests.factories.walking import roles_of_the_pack
from tests.factories.workflows import PACK
from workflows.checking import parse, problems_of
from workflows.openings import Child
from workflows.reports.checking import problems_of as faults_of_report
from workflows.reports.schema import ReportDefinition
from workflows.schema import WorkflowDefinition

KEYS = sorted(path.stem for path in (PACK / "workflows").glob("*.yaml"))


def body_of(folder: str, key: str) -> dict[str, Any]:
    return read(PACK / folder / f"{key}.yaml")


@cache
def form_of(key: str) -> FormDefinition | None:
    known = (PACK / "forms" / f"{key}.yaml").exists()
    return FormDefinition.model_validate(body_of("forms", key)) if known else None


@cache
def child_of(key: str) -> Child | None:
    if key not in KEYS:
        return None
    definition = WorkflowDefinition.model_validate(body_of("workflows", key))
    return Child(definition, form_of(definition.form))


@pytest.mark.parametrize("key", KEYS)
def test_a_shipped_workflow_has_no_fault_and_no_missing_word(key: str) -> None:
    definition, faults = parse(body_of("workflows", key))
    assert definition is not None, faults
    with override("en"):
        found = problems_of(
            definition, form_of(definition.form), roles_of_the_pack(), children=child_of, registers=form_of
        )
    assert found == []


@pytest.mark.parametrize("key", KEYS)
def test_whoever_has_a_step_sees_the_case(key: str) -> None:
    """The person who has the case, and those asked for a decision, see it without being named."""
    definition, _faults = parse(body_of("workflows", key))
    assert definition is not None
    acting = {role for step in definition.transitions for role in step.roles}
    assert acting <= {*definition.access.sees, "assignee"}


@pytest.mark.parametrize("path", sorted((PACK / "reports").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_shipped_report_has_no_fault(path: Path) -> None:
    def known(key: str) -> tuple[WorkflowDefinition, FormDefinition | None] | None:
        child = child_of(key)
        return (child.definition, child.form) if child is not None else None

    report = ReportDefinition.model_validate(body_of("reports", path.stem))
    with override("en"):
        assert faults_of_report(report, known, frozenset(roles_of_the_pack())) == []


def test_no_two_workflows_open_from_one_form() -> None:
    opened = [body_of("workflows", key)["form"] for key in KEYS]
    assert len(set(opened)) == len(opened)


@pytest.mark.parametrize("page", ["docs/dealership-workflows.md", "docs/zh/dealership-workflows.md"])
def test_each_service_level_is_kept_by_something_that_is_there(page: str) -> None:
    rows = re.findall(
        r"^\| (S-\d\d) \| `([\w-]+)` \| (\w+) \| `(\w+)` \| `(\w+)` \|$",
        (Path(__file__).resolve().parents[3] / page).read_text("utf-8"),
        re.MULTILINE,
    )
    assert {row[0] for row in rows} >= {"S-01", "S-07", "S-15", "S-25", "S-43", "S-51", "S-60"}
    for level, where, _kind, name, test in rows:
        if where in KEYS:
            definition = WorkflowDefinition.model_validate(body_of("workflows", where))
            there = {clock.id for clock in definition.clocks} | {step.id for step in definition.transitions}
            assert name in there | definition.questions().keys(), level
        else:
            assert name in {rule["id"] for rule in body_of("forms", where)["rules"]}, level
        tests = Path(__file__).resolve().parents[2]
        assert any(tests.rglob(f"{test}.py")), level


@pytest.mark.parametrize("page", ["docs/dealership-workflows.md", "docs/zh/dealership-workflows.md"])
def test_the_table_of_workflows_counts_what_the_files_say(page: str) -> None:
    rows = re.findall(
        r"^\|[^|]+\|[^|]+\| `(\w+)` \| `([\w-]+)` \| (\d+) \| (\d+) \| (\d+) \| 0 \| `(\w+)` \|$",
        (Path(__file__).resolve().parents[3] / page).read_text("utf-8"),
        re.MULTILINE,
    )
    assert len(rows) >= 23
    for key, form, states, stages, steps, test in rows:
        body = body_of("workflows", key)
        asked = sum("approval" in state for state in body["states"])
        counted = (len(body["states"]), asked, len(body.get("transitions", ())))
        assert (body["form"], *counted) == (form, int(states), int(stages), int(steps)), key
        assert (Path(__file__).with_name(f"{test}.py")).exists(), test
