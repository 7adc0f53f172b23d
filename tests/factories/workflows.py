"""Workflows and cases for tests: the definitions of the dealership pack, states reached through the services."""

from __future__ import annotations

import datetime
import itertools
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from forms.logic import evaluate
from forms.models import Submission
from forms.sampling import sample_answers
from forms.schema import definition_of
from foundation.audit.services import Actor, create_audited
from foundation.editions.models import Edition
from foundation.editions.services import publish
from foundation.organisation.models import Department, RoleBinding, User
from tests.factories.organisation import bind_role, hold, make_department, make_position, make_user
from tests.factories.pack_files import read
from workflows.models import Case
from workflows.services import cases
from workflows.services.definitions import publish_workflow

PACK = Path(__file__).resolve().parents[2] / "site" / "foundation" / "packs" / "dealership"
POSTS = ("clerk", "manager", "general_manager", "auditor", "hr", "form_builder", "administrator")

_serial = itertools.count(1)


def definition(kind: str, key: str) -> dict[str, Any]:
    """Return a definition of the dealership pack, as plain values."""
    return read(PACK / kind / f"{key}.yaml")


def small_complaint() -> dict[str, Any]:
    """Return a complaint of five steps over the pack's form, for tests of the engine and of its screens.

    The pack's own complaint (tests/integration/packs) grows with the trade; these tests need not.
    """
    return read(Path(__file__).with_name("complaint.yaml"))


@dataclass(frozen=True)
class House:
    """A dealership with a small complaint workflow in force, one person a role and one without any."""

    people: dict[str, User]
    department: Department
    form: Edition
    workflow: Edition

    def __getitem__(self, name: str) -> User:
        return self.people[name]


def make_house() -> House:
    """Make departments, posts, roles, people, and publish form and workflow of complaints."""
    department = make_department(name="客户关系部", name_en="Customer relations")
    people: dict[str, User] = {}
    for key in POSTS:
        people[key] = make_user(f"{key}-{next(_serial)}", full_name=f"{key} 某", full_name_en=f"{key} Mou")
        position = make_position(department=department)
        hold(people[key], position)
        bind_role(key, position)
    people["stranger"] = make_user(full_name="路人", full_name_en="Stranger")
    second = make_user(full_name="二号经理", full_name_en="Second Manager")
    post = make_position(department=department)
    hold(second, post)
    bind_role("manager", post)
    people["assignee"] = second
    for relation in RoleBinding.Relation.values:
        bind_role(relation, relation)
    by = people["administrator"]
    form = publish(kind=Edition.Kind.FORM, key="complaint", body=definition("forms", "complaint"), by=by)
    workflow = publish_workflow(small_complaint(), by=by)
    return House(people, department, form, workflow)


def submit_complaint(house: House, by: User | None = None, **answers: Any) -> Submission:
    """Store a complaint as submitted by the clerk (the form's own rules are tested elsewhere)."""
    asked = definition_of(house.form)
    day = datetime.date(2026, 11, 20)
    sample = sample_answers(asked, next(_serial), day=day)
    stored = evaluate(asked, {**sample, **answers}, "zh-hans").answers
    submission = Submission(
        number=f"DJ-2026-{next(_serial):05}",
        form_key="complaint",
        edition=house.form,
        answers=stored,
        submitted_by=by or house["clerk"],
    )
    submission.stream = f"submission:{submission.uuid}"
    with transaction.atomic():
        create_audited(submission, kind="submission_submitted", actor=Actor.of(submission.submitted_by))
    return submission


def open_complaint(house: House, by: User | None = None) -> Case:
    """Open a complaint case as the clerk."""
    by = by or house["clerk"]
    receipt = cases.open_case(
        workflow_key="complaint", submission=submit_complaint(house, by), by=by, idempotency_key=key()
    )
    return receipt.case


ANSWERS: dict[str, dict[str, list[str]]] = {
    "assign": {"promised_on": ["2099-12-31"]},
    "answer": {"finding": ["冷却风扇支架松动。"], "remedy": ["rework"]},
    "close": {"customer_accepts": ["yes"]},
}
WAY = ("assign", "answer", "close")
BY = {
    "assign": "manager",
    "answer": "assignee",
    "close": "clerk",
    "send_back": "clerk",
    "reopen": "general_manager",
}


def take(house: House, case: Case, step: str, by: User | None = None, **changed: Any) -> cases.Receipt:
    """Take a step as the person it belongs to, with sound answers; ``changed`` overrides any argument."""
    arguments: dict[str, Any] = {
        "case_uuid": case.uuid,
        "step": step,
        "by": by or house[BY[step]],
        "seen_version": Case.objects.values_list("version", flat=True).get(pk=case.pk),
        "idempotency_key": key(),
        "answers": ANSWERS.get(step, {}),
        "reason": "顾客再次来电" if step in {"send_back", "reopen"} else "",
        "assignee": house["assignee"].uuid if step == "assign" else None,
    }
    return cases.act(**{**arguments, **changed})


def complaint_in(house: House, state: str) -> Case:
    """Return a new complaint that has walked to ``state``."""
    case = open_complaint(house)
    for step, reached in zip((None, *WAY), ("received", "assigned", "answered", "closed"), strict=True):
        if step:
            take(house, case, step)
        if reached == state:
            return Case.objects.get(pk=case.pk)
    raise AssertionError(f"no such state: {state}")


def key() -> str:
    """Return a fresh idempotency key."""
    return uuid.uuid4().hex
