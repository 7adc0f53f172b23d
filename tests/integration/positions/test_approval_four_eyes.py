"""Nobody approves their own text, by no route: superusers neither. What somebody else approved comes into force."""

from __future__ import annotations

import datetime
import json

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from wagtail.actions.publish_page_revision import PublishPageRevisionAction
from wagtail.log_actions import LogContext
from wagtail.models import Revision, TaskState, WorkflowState

from backoffice.positions.approval import services
from backoffice.positions.approval.door import loading_configuration
from backoffice.positions.approval.exceptions import (
    NotAnApprover,
    NotApproved,
    OwnText,
    TextChanged,
)
from backoffice.positions.approval.models import ApprovalStep
from backoffice.positions.archiving import archive, restore
from backoffice.positions.models import PositionPage
from foundation.audit.queries import events_of
from foundation.editions.queries import body_of, editions_of, in_force
from tests.factories.approvals import approved, editor_form, govern, make_approver, submitted
from tests.factories.organisation import bind_role, make_group, make_user
from tests.factories.positions import make_draft, make_editor, make_published, publish, reload, save_draft

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["author", "superuser"])
def author(request):
    """Somebody who writes and submits, has the role that approves, and may publish: also as a superuser."""
    person = make_editor(f"writer-{request.param}", is_superuser=request.param == "superuser")
    group = make_group("approvers too")
    bind_role("general_manager", group)
    person.groups.add(group)
    return person


@pytest.fixture
def waits(author):
    """A first text that its author submitted; somebody else could approve it."""
    govern()
    make_approver("chief", full_name="秦怀远", full_name_en="Qin Huaiyuan")
    return submitted(make_draft(by=author), by=author)


def nothing_happened(step):
    page = reload(step.page)
    kinds = [event.kind for event in events_of(f"position:{page.code}")]
    step = ApprovalStep.objects.get(pk=step.pk)
    assert (page.live, editions_of("position", page.code).count()) == (False, 0)
    assert (step.verdict, kinds) == ("waiting", ["approval_submitted"])
    assert TaskState.objects.get(pk=step.task_state_id).status == "in_progress"


def state_of(step):
    return TaskState.objects.get(pk=step.task_state_id).specific


def test_own_text_is_refused_by_the_service_and_it_is_said_who_may_instead(waits, author):
    with pytest.raises(OwnText, match=r"秦怀远|Qin Huaiyuan"):
        services.approve(waits, by=author, seen=waits.text_sha256)
    nothing_happened(waits)


def test_own_text_is_refused_by_wagtails_states_and_tasks(waits, author):
    for attempt in (
        lambda: state_of(waits).approve(user=author),
        lambda: state_of(waits).approve(user=author, update=False),
        lambda: waits.task_state.task.specific.on_action(state_of(waits), author, "approve"),
    ):
        with pytest.raises(OwnText):
            attempt()
        nothing_happened(waits)


def test_a_decision_without_a_person_is_refused(waits):
    with pytest.raises(NotAnApprover):
        state_of(waits).approve(user=None)
    nothing_happened(waits)


def test_own_text_is_refused_on_the_staff_screen(client, waits, author):
    client.force_login(author)
    address = reverse("positions:approval", args=[waits.uuid])
    shown = client.get(address).content.decode()
    assert "秦怀远" in shown
    assert 'name="do"' not in shown
    client.post(address, {"do": "approve", "seen": waits.text_sha256})
    nothing_happened(waits)


def test_own_text_is_refused_by_wagtails_screens(client, waits, author):
    client.force_login(author)
    page = reload(waits.page)
    edit = reverse("wagtailadmin_pages:edit", args=[page.pk])
    assert "action-workflow-action" not in client.get(edit).content.decode()
    action = reverse("wagtailadmin_pages:workflow_action", args=[page.pk, "approve", waits.task_state_id])
    answer = client.post(action, {"comment": ""}, follow=True)
    assert "秦怀远" in answer.content.decode()
    for data in (
        {"action-publish": "1"},
        {"action-workflow-action": "1", "workflow-action-name": "approve"},
    ):
        assert client.post(edit, {**editor_form(page), **data}).status_code in (200, 302)
        nothing_happened(waits)


def test_publishing_in_bulk_is_refused_and_says_so(client, waits, author):
    client.force_login(author)
    other = make_draft(by=author)
    for ids in ([other.pk], [waits.page_id], [other.get_parent().pk]):
        address = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])
        query = "&".join(f"id={pk}" for pk in ids)
        answer = client.post(f"{address}?{query}&next=/admin/", {"include_descendants": "on"}, follow=True)
        assert other.title in " ".join(map(str, answer.context["messages"])) or other.pk not in ids
        assert waits.page.title in " ".join(map(str, answer.context["messages"])) or waits.page_id not in ids
        assert not PositionPage.objects.filter(live=True).exists()
    nothing_happened(waits)


def test_publishing_a_revision_is_refused_for_programs(waits, author):
    revision = reload(waits.page).latest_revision
    for attempt in (
        lambda: revision.publish(user=author),
        lambda: revision.publish(user=author, skip_permission_checks=True),
        lambda: revision.publish(),
        lambda: PublishPageRevisionAction(revision, user=author).execute(skip_permission_checks=True),
    ):
        with pytest.raises(PermissionDenied), transaction.atomic():
            attempt()
        nothing_happened(waits)
    with pytest.raises(NotApproved, match=r"秦怀远|Qin Huaiyuan"):
        revision.publish(user=author)


def test_going_live_by_a_plain_save_is_refused(waits, author):
    page = waits.page.latest_revision.as_object()
    page.live, page.live_revision = True, page.latest_revision
    with pytest.raises(NotApproved), LogContext(user=author):
        page.save()
    nothing_happened(waits)


def test_scheduled_publishing_is_refused(waits, author):
    page = reload(waits.page)
    Revision.objects.filter(pk=page.latest_revision_id).update(
        approved_go_live_at=timezone.now() - datetime.timedelta(minutes=1)
    )
    with pytest.raises(NotApproved):
        call_command("publish_scheduled")
    draft = page.get_latest_revision_as_object()
    draft.go_live_at = timezone.now() + datetime.timedelta(days=1)
    with pytest.raises(NotApproved):
        draft.save_revision(user=author).publish(user=author)


def test_finishing_or_skipping_in_wagtails_tables_publishes_nothing(waits, author):
    state = WorkflowState.objects.get(pk=waits.task_state.workflow_state_id)
    with pytest.raises(NotApproved), transaction.atomic():
        state.finish(user=author)
    nothing_happened(waits)
    task_state = state_of(waits)
    task_state.status = TaskState.STATUS_SKIPPED
    with pytest.raises(NotApproved), transaction.atomic():
        task_state.save()
    TaskState.objects.filter(pk=task_state.pk).update(status="approved", finished_by=author)
    with pytest.raises(NotApproved), transaction.atomic():
        WorkflowState.objects.get(pk=state.pk).update(user=author)
    assert not reload(waits.page).live


def test_a_forged_row_without_its_event_publishes_nothing(waits, author):
    chief = make_approver()
    ApprovalStep.objects.filter(pk=waits.pk).update(
        verdict="approved", decided_by=chief, decided_at=timezone.now()
    )
    TaskState.objects.filter(pk=waits.task_state_id).update(status="approved")
    with pytest.raises(NotApproved), transaction.atomic():
        WorkflowState.objects.get(pk=waits.task_state.workflow_state_id).finish(user=chief)
    assert not reload(waits.page).live


def test_who_wrote_without_submitting_cannot_approve(author):
    govern()
    page = save_draft(make_draft(), by=author, summary="作者改过")
    step = submitted(page, by=make_editor())
    with pytest.raises(OwnText):
        services.approve(step, by=author, seen=step.text_sha256)


def test_who_submitted_without_writing_cannot_approve(author):
    govern()
    step = submitted(make_draft(by=make_editor()), by=author)
    with pytest.raises(OwnText):
        services.approve(step, by=author, seen=step.text_sha256)


def test_who_wrote_before_the_last_edition_may_approve_the_next_text(author):
    page = publish(save_draft(make_draft(), by=author, summary="上一版"))
    govern()
    page = save_draft(page, by=make_editor(), summary="这一版")
    assert approved(submitted(page, by=make_editor()), by=author).live


def test_who_only_saved_the_same_text_again_has_not_written(author):
    govern()
    page = save_draft(make_draft(), by=author)
    assert approved(submitted(page, by=make_editor()), by=author).live


def test_whoever_has_not_the_role_cannot_approve_superuser_or_not(waits):
    for person in (make_editor(), make_user(is_superuser=True), make_user()):
        with pytest.raises(NotAnApprover):
            state_of(waits).approve(user=person)
    nothing_happened(waits)


def test_approved_by_somebody_else_it_is_published_at_once(waits, author):
    chief = make_approver("second", full_name="陈批准")
    page = approved(waits, by=chief, comment="同意")
    edition = in_force("position", page.code)
    body = body_of(edition)
    assert (page.live, edition.number, edition.published_by) == (True, 1, chief)
    assert (body["prepared_by"]["id"], body["reviewed_by"], body["approved_by"]["name"]) == (
        str(author.uuid),
        None,
        "陈批准",
    )
    events = events_of(f"position:{page.code}")
    assert [event.kind for event in events] == ["approval_submitted", "approval_given", "position_published"]
    assert events[1].actor_id == chief.pk
    assert events[1].references["text_sha256"] == waits.text_sha256
    assert [(change.path, change.after) for change in events[1].changes] == [("comment", "同意")]
    assert events[2].references["approval"] == str(waits.uuid)


def test_an_approval_serves_once(waits):
    page = approved(waits, by=make_approver())
    first = page.live_revision
    page = save_draft(page, by=make_editor(), summary="改了")
    page = approved(submitted(page, by=make_editor()), by=make_approver())
    with pytest.raises(NotApproved):
        first.publish(user=make_approver())
    page = restore(archive(page, by=make_editor()), by=make_editor())
    with pytest.raises(NotApproved):
        page.latest_revision.publish(user=make_approver())
    assert in_force("position", page.code).number == 2


def test_a_text_changed_after_it_was_submitted_is_not_approved(waits):
    chief = make_approver()
    writer = make_editor()
    page = save_draft(waits.page, by=writer, summary="后来改的")
    with pytest.raises(TextChanged):
        services.approve(waits, by=chief, seen=waits.text_sha256)
    draft = page.get_latest_revision_as_object()
    draft.summary = "自动保存时又改"
    draft.save_revision(user=writer, overwrite_revision=page.latest_revision, clean=False)
    with pytest.raises(TextChanged):
        state_of(waits).approve(user=chief)
    nothing_happened(waits)


def test_what_was_not_before_the_approver_is_not_approved(waits):
    with pytest.raises(TextChanged):
        services.approve(waits, by=make_approver(), seen="0" * 64)
    nothing_happened(waits)


def test_an_approver_who_edits_becomes_a_writer(waits):
    editor = make_editor("editing-approver")
    group = make_group("approvers too")
    bind_role("general_manager", group)
    editor.groups.add(group)
    page = save_draft(waits.page, by=editor, summary="审批人自己改的")
    with pytest.raises(OwnText):
        state_of(waits).approve(user=editor)
    services.withdraw(waits, by=waits.submitted_by)
    again = submitted(page, by=waits.submitted_by)
    with pytest.raises(OwnText):
        services.approve(again, by=editor, seen=again.text_sha256)
    assert approved(again, by=make_approver()).live


def test_comments_beside_the_text_are_not_the_text(waits):
    from wagtail.models import Comment

    Comment.objects.create(page=waits.page, user=make_editor(), text="请核对", contentpath="summary")
    save_draft(waits.page, by=make_editor())
    assert approved(waits, by=make_approver()).live


def test_a_plain_save_of_a_live_governed_page_with_another_text_is_refused(waits):
    page = approved(waits, by=make_approver())
    page.summary = "程序改的"
    with pytest.raises(NotApproved), LogContext(user=make_editor()):
        page.save()
    assert in_force("position", page.code).number == 1


def test_loading_configuration_is_an_exception_that_the_record_names(waits, author):
    revision = reload(waits.page).latest_revision
    with loading_configuration("pack dealership"):
        revision.publish(user=author)
    event = events_of(f"position:{waits.page.code}")[-1]
    assert (event.kind, event.references["approval_exception"]) == ("position_published", "pack dealership")
    with pytest.raises(NotApproved):
        save_draft(waits.page, by=author, summary="之后").latest_revision.publish(user=author)
    with pytest.raises(ValueError), loading_configuration(" "):
        pass


def test_where_no_workflow_applies_publishing_is_direct():
    page = make_published()
    assert page.permissions_for_user(page.owner).can_publish()
    govern()
    page = reload(page)
    assert not page.permissions_for_user(page.owner).can_publish()
    assert not page.permissions_for_user(make_user(is_superuser=True)).can_publish()
    assert page.permissions_for_user(page.owner).can_archive()


def test_a_task_of_wagtails_own_keeps_to_four_eyes_too(author):
    from wagtail.models import GroupApprovalTask, Workflow, WorkflowPage, WorkflowTask

    from backoffice.positions.tree import index_page

    group = make_group("moderators")
    author.groups.add(group)
    task = GroupApprovalTask.objects.create(name="组审批")
    task.groups.add(group)
    workflow = Workflow.objects.create(name="组")
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    WorkflowPage.objects.create(page=index_page(), workflow=workflow)
    step = submitted(make_draft(by=author), by=author)
    with pytest.raises(OwnText):
        state_of(step).approve(user=author)
    other = make_user(groups=[group])
    assert approved(step, by=other).live


def test_answers_for_machines_hold_no_decision(client, waits, author):
    """The page interface of the admin names no action that publishes."""
    client.force_login(author)
    answer = client.post(
        f"/admin/api/main/pages/{waits.page_id}/action/publish/", json.dumps({}), "application/json"
    )
    assert answer.status_code == 404
    nothing_happened(waits)
