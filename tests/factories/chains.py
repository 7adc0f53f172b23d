"""Small workflows for tests of the engine: one form with an amount and a note, states given as plain values."""

from __future__ import annotations

import itertools
import uuid
from typing import Any

from forms.models import Submission
from forms.services.submissions import submit
from foundation.editions.models import Edition
from foundation.editions.queries import newest
from foundation.editions.services import publish
from foundation.organisation.models import RoleBinding, User
from tests.factories.organisation import bind_role, make_group, make_user
from workflows.content import seal_of
from workflows.models import Case
from workflows.schema import WorkflowDefinition
from workflows.services import cases
from workflows.services.definitions import publish_workflow
from workflows.services.record import waiting_of
from workflows.services.requests import Request

_serial = itertools.count(1)


def text(words: str) -> dict[str, str]:
    """Return the words as a text in both languages."""
    return {"zh-hans": words, "en": words}


def form_body(key: str = "spending") -> dict[str, Any]:
    """Return a form with an amount, a note and a person."""
    fields = [
        {"id": "amount", "kind": "whole_number", "label": text("金额"), "required": True},
        {"id": "note", "kind": "text", "label": text("说明")},
        {"id": "adviser", "kind": "person", "label": text("顾问")},
        {"id": "plate", "kind": "text", "label": text("车牌")},
    ]
    return {
        "key": key,
        "title": text("开支"),
        "category": {"key": "finance", "title": text("财务")},
        "numbering": f"{key[:2].upper()}-{{year}}-{{seq:05}}",
        "pages": [{"id": "one", "title": text("一"), "groups": [{"id": "all", "fields": fields}]}],
    }


def stage(name: str, role: str | list[str], agreed: str, **more: Any) -> dict[str, Any]:
    """Return a state that asks the role; ``more`` goes into its approval."""
    roles = [role] if isinstance(role, str) else role
    approval = {"roles": roles, "agreed": agreed, "refused": "refused", **more}
    return {"id": name, "title": text(name), "category": "open", "approval": approval}


def state(name: str, category: str = "open", **more: Any) -> dict[str, Any]:
    """Return a plain state."""
    return {"id": name, "title": text(name), "category": category, **more}


def step(
    name: str, source: str | list[str], target: str, role: str | None = None, **more: Any
) -> dict[str, Any]:
    """Return a step that ``role`` takes, or the machine."""
    return {
        "id": name,
        "title": text(name),
        "source": [source] if isinstance(source, str) else source,
        "target": target,
        "roles": [role] if role else [],
        **more,
    }


def workflow_body(
    states: list[dict[str, Any]], transitions: list[dict[str, Any]] = (), key: str = "spending", **more: Any
) -> dict[str, Any]:
    """Return a workflow over the form of its key; the first state is the initial one."""
    first, *others = states
    return {
        "key": key,
        "title": text(key),
        "form": key,
        "subject": ["amount", "note"],
        "states": [{**first, "initial": True}, *others],
        "transitions": list(transitions),
        "access": {"sees": ["submitter", "auditor"], "reassigns": ["administrator"]},
        **more,
    }


def chain_body(names: list[str], **more: Any) -> dict[str, Any]:
    """Return stages in a row, each asked of the role of its name, with states to correct, done and refused."""
    stages = [
        stage(name, name, following, withdraws_to="draft", returns_to=["draft"])
        for name, following in zip(names, [*names[1:], "done"], strict=True)
    ]
    return workflow_body(
        [*stages, state("draft", "waiting"), state("done", "final"), state("refused", "final")],
        [step("resubmit", "draft", names[0], "submitter"), step("give_up", "draft", "refused", "submitter")],
        **more,
    )


def publish_all(
    *bodies: dict[str, Any], people: dict[str, list[User]] | None = None
) -> dict[str, list[User]]:
    """Bind the roles of the bodies to people of their own (or those given), publish forms and workflows; return who."""
    named: set[str] = set()
    for body in bodies:
        named |= WorkflowDefinition.model_validate(body).roles()
    found = dict(people or {})
    for role in sorted(named | {"auditor"}):
        if role in RoleBinding.Relation.values:
            bind_role(role, role)
            continue
        group = make_group()
        found.setdefault(role, [make_user(f"{role}-{next(_serial)}")])
        for person in found[role]:
            person.groups.add(group)
        bind_role(role, group)
    by = make_user()
    for body in bodies:
        if newest(Edition.Kind.FORM, body["form"]) is None:
            publish(kind=Edition.Kind.FORM, key=body["form"], body=form_body(body["form"]), by=by)
    for body in bodies:
        publish_workflow(body, by=by)
    return found


def hand_in(by: User, key: str = "spending", **answers: Any) -> Submission:
    """Submit the form."""
    edition = newest(Edition.Kind.FORM, key)
    assert edition is not None
    return submit(
        edition=edition, answers={"amount": 100, **answers}, by=by, idempotency_key=uuid.uuid4().hex
    )


def open_one(by: User, key: str = "spending", **answers: Any) -> Case:
    """Submit the form and open its case."""
    receipt = cases.open_case(
        workflow_key=key, submission=hand_in(by, key, **answers), by=by, idempotency_key=uuid.uuid4().hex
    )
    return fresh(receipt.case)


def fresh(case: Case) -> Case:
    """Return the case as it stands."""
    return Case.objects.select_related("edition", "submission__edition", "submitted_by").get(pk=case.pk)


def asks(case: Case, by: User, reason: str = "", **changed: Any) -> Request:
    """Return what somebody sends who has the case before them as it stands."""
    now = fresh(case)
    return Request(
        **{
            "case_uuid": case.uuid,
            "by": by,
            "seen_version": now.version,
            "idempotency_key": uuid.uuid4().hex,
            "reason": reason,
            "seen": seal_of(now),
            **changed,
        }
    )


def act(case: Case, name: str, by: User, **more: Any) -> Case:
    """Take a step with the case before one as it stands; return it as it stands then."""
    cases.act(
        case_uuid=case.uuid,
        step=name,
        by=by,
        seen_version=fresh(case).version,
        idempotency_key=uuid.uuid4().hex,
        **more,
    )
    return fresh(case)


def waiting(case: Case) -> set[int]:
    """Return the ids of those whose decision the case waits for."""
    return set(waiting_of(fresh(case)))
