"""Which approval stands where is in the record, whichever screen or program changes it."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from django.urls import reverse
from wagtail.models import Workflow, WorkflowPage

from backoffice.positions.approval.assignment import KIND, STREAM
from backoffice.positions.approval.packs import ApprovalLoader
from backoffice.positions.tree import index_page
from foundation.audit.queries import events_of
from foundation.audit.verification import verify
from tests.factories.approvals import govern
from tests.factories.organisation import make_role, make_user, make_user_with_roles

pytestmark = pytest.mark.django_db


def told() -> list[tuple]:
    """Return who changed what: workflow before and after."""
    return [
        (event.actor_id, *((side or {}).get("workflow") for side in (change.before, change.after)))
        for event in events_of(STREAM)
        for change in event.changes
    ]


@pytest.fixture
def administrator(client):
    person = make_user_with_roles("administrator", is_superuser=True, language="en")
    client.force_login(person)
    return person


def test_removing_the_approval_in_the_admin_is_an_event_with_who_did_it(client, administrator):
    workflow = govern(["general_manager"])
    before = len(told())
    address = reverse("wagtailadmin_workflows:remove", args=[index_page().pk, workflow.pk])
    assert client.post(address).status_code == 302
    assert not WorkflowPage.objects.exists()
    assert told()[before:] == [(administrator.pk, workflow.name, None)]
    assert {event.kind for event in events_of(STREAM)} == {KIND}
    assert verify(stream=STREAM).faults == []


def test_switching_the_workflow_off_is_an_event_too(client, administrator):
    workflow = govern(["general_manager"])
    client.post(reverse("wagtailadmin_workflows:disable", args=[workflow.pk]))
    assert told()[-1] == (administrator.pk, workflow.name, None)


def test_assigning_another_one_says_from_what_to_what(client, administrator):
    govern(["general_manager"], name="旧")
    other = Workflow.objects.create(name="新")
    WorkflowPage.objects.update_or_create(page=index_page(), defaults={"workflow": other})
    assert told()[-1][1:] == ("旧", "新")


def test_other_roles_at_a_step_are_an_event_and_saving_the_same_is_none():
    workflow = govern(["general_manager"])
    [task] = [task.specific for task in workflow.tasks]
    before = len(events_of(STREAM))
    task.save()
    workflow.save()
    task.roles.set(task.roles.all())
    assert len(events_of(STREAM)) == before
    task.roles.add(make_role("manager"))
    [change] = events_of(STREAM)[-1].changes
    assert (change.before["steps"], change.after["steps"]) == (
        [f"{task.name} (general_manager)"],
        [f"{task.name} (general_manager, manager)"],
    )


def test_a_pack_is_told_with_whoever_applied_it():
    make_role("manager")
    by = make_user()
    data = {"name": "审批", "steps": [{"name": "审核", "roles": ["manager"]}]}
    ApprovalLoader().apply(PurePosixPath("approvals.yaml"), data, by=by)
    assert told() == [(by.pk, None, "审批")]
    ApprovalLoader().apply(PurePosixPath("approvals.yaml"), data, by=by)
    assert len(told()) == 1


def test_auditors_find_it(client):
    govern(["general_manager"], name="岗位说明书审批")
    client.force_login(make_user_with_roles("auditor", language="en"))
    client.cookies["django_language"] = "en"
    page = client.get(reverse("auditing:trail", args=[STREAM, STREAM])).content.decode()
    assert "Rules of approval changed" in page
    assert "岗位说明书审批: 审批" in page
    assert (
        reverse("auditing:trail", args=[STREAM, STREAM])
        in client.get(reverse("auditing:search"), {"kind": STREAM}).content.decode()
    )
