"""The staff side of approval, HR's screens in the admin, and Wagtail's own: all through the same door."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from django.urls import reverse
from wagtail.models import TaskState, Workflow, WorkflowPage, WorkflowState

from backoffice.positions import trail
from backoffice.positions.approval import services
from backoffice.positions.approval.approvers import waiting_step
from backoffice.positions.approval.models import ApprovalStep, FourEyesTask
from backoffice.positions.approval.packs import ApprovalLoader
from backoffice.positions.archiving import archive
from backoffice.positions.models import PositionPage
from backoffice.positions.signoff.marking import draft_of
from backoffice.positions.tree import index_page
from foundation.audit.queries import events_of
from foundation.editions.queries import editions_of, in_force
from foundation.packs.exceptions import PackFault
from tests.factories.approvals import approved, editor_form, govern, make_approver, submitted
from tests.factories.organisation import (
    bind_role,
    make_deputy,
    make_group,
    make_role,
    make_user,
    make_user_with_roles,
)
from tests.factories.positions import duty, make_draft, make_editor, make_published, reload, save_draft

pytestmark = pytest.mark.django_db

LIST = "/positions/approvals/"


def address(step):
    return reverse("positions:approval", args=[step.uuid])


def said(response):
    return " ".join(str(one) for one in response.context["messages"])


# --- the list -----------------------------------------------------------------------------------------------


def test_each_finds_what_waits_for_them_and_the_inbox_counts_it(client):
    govern()
    chief, stranger = make_approver(), make_user()
    step = submitted(make_draft("等待的说明书"))
    client.force_login(chief)
    assert "等待的说明书" in client.get(LIST).content.decode()
    inbox = client.get("/inbox/").content.decode()
    assert LIST in inbox
    assert 'class="nav__count">1<' in inbox
    client.force_login(stranger)
    page = client.get(LIST).content.decode()
    assert "等待的说明书" not in page
    assert "empty" in page
    assert LIST not in client.get("/inbox/").content.decode()
    assert client.get(address(step)).status_code == 404
    assert client.post(address(step), {"do": "approve", "seen": step.text_sha256}).status_code == 404
    assert client.post(reverse("positions:approval-withdraw", args=[step.uuid])).status_code == 404


def test_hr_and_the_auditor_see_at_whom_everything_waits_and_why(client):
    govern()
    make_approver(full_name="秦怀远")
    submitted(make_draft("等待的说明书"))
    for person in (make_editor(), make_user_with_roles("auditor")):
        client.force_login(person)
        page = client.get(f"{LIST}?scope=all").content.decode()
        assert "秦怀远" in page
        assert "role general_manager" in page  # the group that ties the role to the person
    client.force_login(make_user())
    assert "等待的说明书" not in client.get(f"{LIST}?scope=all").content.decode()


def test_the_list_takes_the_same_number_of_queries_for_one_and_for_many(
    client, django_assert_max_num_queries
):
    govern()
    chief = make_approver()
    submitted()
    client.force_login(chief)
    client.get(LIST)
    with django_assert_max_num_queries(60) as one:
        client.get(LIST)
    for _more in range(5):
        submitted()
    with django_assert_max_num_queries(len(one)):
        client.get(LIST)


# --- one approval -------------------------------------------------------------------------------------------


def test_the_approver_sees_what_differs_from_the_edition_in_force_and_decides(client):
    page = make_published("顾问", duties=[duty("接待客户")])
    govern()
    chief = make_approver()
    raw = page.duties.raw_data[0]
    page = save_draft(page, duties=[{**raw, "value": {**raw["value"], "text": "热情接待客户"}}])
    step = submitted(page, by=page.owner, note="请看第一条")
    client.force_login(chief)
    for view in ("", "?view=inline"):
        html = client.get(address(step) + view).content.decode()
        assert "<ins>" in html
        assert "请看第一条" in html
    assert "热情接待客户" in client.get(f"{address(step)}?view=whole").content.decode()
    response = client.post(
        address(step), {"do": "approve", "seen": step.text_sha256, "comment": "好"}, follow=True
    )
    assert "2" in said(response)
    assert in_force("position", page.code).number == 2
    assert client.get(address(step)).status_code == 200  # what was decided stays readable for who decided


def test_of_a_first_text_the_whole_is_shown(client):
    govern()
    step = submitted(make_draft("新岗位", duties=[duty("第一条职责")]))
    client.force_login(make_approver())
    html = client.get(address(step)).content.decode()
    assert "第一条职责" in html
    assert "sheet" in html


def test_a_return_without_a_comment_says_so_and_decides_nothing(client):
    govern()
    step = submitted()
    client.force_login(make_approver())
    response = client.post(address(step), {"do": "return", "seen": step.text_sha256, "comment": " "})
    assert (response.status_code, "comment-errors" in response.content.decode()) == (422, True)
    assert ApprovalStep.objects.get(pk=step.pk).verdict == "waiting"
    client.post(address(step), {"do": "return", "seen": step.text_sha256, "comment": "改第二条"})
    client.force_login(step.submitted_by)
    assert "改第二条" in client.get(address(step)).content.decode()


def test_the_second_to_decide_is_told_who_was_first(client):
    govern()
    first, second = make_approver(full_name="先到", full_name_en="First"), make_approver()
    step = submitted()
    approved(step, by=first)
    client.force_login(second)
    response = client.post(address(step), {"do": "approve", "seen": step.text_sha256}, follow=True)
    assert response.status_code in (200, 404)
    assert editions_of("position", step.page.code).count() == 1
    client.force_login(make_editor())
    assert "先到" in client.get(address(step)).content.decode()


def test_a_changed_text_is_shown_as_it_was_submitted_and_cannot_be_decided(client):
    govern()
    step = submitted(make_draft(summary="提交时的概述"))
    save_draft(step.page, by=make_editor(), summary="之后改动的概述")
    client.force_login(make_approver())
    html = client.get(address(step)).content.decode()
    assert "提交时的概述" in html
    assert "之后改动的概述" not in html
    assert 'name="do"' not in html
    response = client.post(address(step), {"do": "approve", "seen": step.text_sha256})
    assert response.status_code == 200
    assert not reload(step.page).live


def test_a_deputy_is_told_for_whom(client):
    govern()
    deputy = make_user()
    make_deputy(make_approver(full_name="出差的人", full_name_en="Away"), deputy)
    step = submitted()
    client.force_login(deputy)
    assert "出差的人" in client.get(LIST).content.decode()
    client.post(address(step), {"do": "approve", "seen": step.text_sha256})
    assert ApprovalStep.objects.get(pk=step.pk).acting_for.full_name == "出差的人"


def test_who_submitted_withdraws_on_the_screen(client):
    govern()
    step = submitted()
    client.force_login(step.submitted_by)
    client.post(reverse("positions:approval-withdraw", args=[step.uuid]))
    assert ApprovalStep.objects.get(pk=step.pk).verdict == "withdrawn"
    other = submitted(reload(step.page), by=step.submitted_by)
    client.force_login(make_editor())
    client.post(reverse("positions:approval-withdraw", args=[other.uuid]))
    assert ApprovalStep.objects.get(pk=other.pk).verdict == "waiting"


def test_what_cannot_be_published_any_more_is_told_and_not_decided(client):
    govern()
    number = "PD-1"
    step = submitted(make_draft(document_number=number))
    other = make_draft()
    PositionPage.objects.filter(pk=other.pk).update(document_number=number)  # taken meanwhile
    client.force_login(make_approver())
    response = client.post(address(step), {"do": "approve", "seen": step.text_sha256})
    assert reload(other).title in said(response)
    assert ApprovalStep.objects.get(pk=step.pk).verdict == "waiting"


# --- HR in the admin ----------------------------------------------------------------------------------------


def test_hr_submits_with_a_note_and_sees_whom_it_waits_for(client):
    govern()
    make_approver(full_name="秦怀远")
    hr = make_editor()
    page = make_draft(by=hr)
    client.force_login(hr)
    submit = reverse("positions_submit", args=[page.pk])
    assert "秦怀远" in client.get(submit).content.decode()
    response = client.post(submit, {"note": "请尽快"}, follow=True)
    assert "秦怀远" in response.content.decode()
    step = waiting_step(page)
    assert (step.note, step.submitted_by) == ("请尽快", hr)
    assert client.get(submit).status_code == 302
    assert "action-publish" not in response.content.decode()


def test_wagtails_own_submit_goes_through_the_same_door(client):
    govern()
    hr = make_editor()
    page = make_draft(by=hr)
    client.force_login(hr)
    client.post(
        reverse("wagtailadmin_pages:edit", args=[page.pk]),
        {**editor_form(page), "action-submit": "1"},
    )
    assert waiting_step(page).submitted_by == hr
    assert [event.kind for event in events_of(f"position:{page.code}")] == ["approval_submitted"]
    html = client.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).content.decode()
    assert address(waiting_step(page)) in html  # the lock says where it waits
    client.post(
        reverse("wagtailadmin_pages:edit", args=[page.pk]),
        {**editor_form(page), "action-cancel-workflow": "1"},
    )
    assert waiting_step(page) is None
    assert [event.kind for event in events_of(f"position:{page.code}")][-1] == "approval_withdrawn"


def test_asking_to_publish_saves_a_draft_and_says_whose_approval_it_takes(client):
    govern()
    make_approver(full_name="秦怀远")
    hr = make_editor()
    page = make_draft(by=hr)
    client.force_login(hr)
    form = {**editor_form(page), "summary": "新概述", "action-publish": "1"}
    response = client.post(reverse("wagtailadmin_pages:edit", args=[page.pk]), form, follow=True)
    assert "秦怀远" in said(response)
    page = reload(page)
    assert (page.live, page.get_latest_revision_as_object().summary) == (False, "新概述")


@pytest.fixture
def hr_approver():
    """Somebody of HR who also has the role: may edit in Wagtail and decide there."""
    person = make_editor()
    group = make_group("approvers too")
    bind_role("general_manager", group)
    person.groups.add(group)
    return person


def test_wagtails_own_approve_button_works_for_who_may(client, hr_approver):
    govern()
    step = submitted()
    client.force_login(hr_approver)
    edit = reverse("wagtailadmin_pages:edit", args=[step.page_id])
    assert "workflow-action" in client.get(edit).content.decode()
    form = {
        **editor_form(step.page),
        "action-workflow-action": "1",
        "workflow-action-name": "approve",
        "workflow-action-extra-data": "{}",
    }
    client.post(edit, form)
    assert in_force("position", step.page.code).published_by == hr_approver


def test_wagtails_return_asks_for_the_comment(client, hr_approver):
    govern()
    step = submitted()
    client.force_login(hr_approver)
    action = reverse("wagtailadmin_pages:workflow_action", args=[step.page_id, "reject", step.task_state_id])
    client.post(action, {"comment": ""})
    assert ApprovalStep.objects.get(pk=step.pk).verdict == "waiting"
    client.post(action, {"comment": "请改"})
    step = ApprovalStep.objects.get(pk=step.pk)
    assert (step.verdict, step.comment, step.decided_by) == ("returned", "请改", hr_approver)


def test_who_changes_the_text_while_approving_keeps_the_change_and_approves_nothing(client, hr_approver):
    govern()
    step = submitted()
    client.force_login(hr_approver)
    form = {
        **editor_form(step.page),
        "summary": "审批人的改动",
        "action-workflow-action": "1",
        "workflow-action-name": "approve",
        "workflow-action-extra-data": "{}",
    }
    response = client.post(reverse("wagtailadmin_pages:edit", args=[step.page_id]), form, follow=True)
    page = reload(step.page)
    assert (page.live, page.get_latest_revision_as_object().summary) == (False, "审批人的改动")
    assert said(response)
    assert ApprovalStep.objects.get(pk=step.pk).verdict == "waiting"
    assert page.get_lock().for_user(hr_approver)  # a writer now


def test_the_editor_leaves_the_names_to_the_approval(client):
    hr = make_editor()
    page = make_draft(by=hr)
    client.force_login(hr)
    edit = reverse("wagtailadmin_pages:edit", args=[page.pk])
    assert not client.get(edit).context["form"].fields["approved_by"].disabled
    govern()
    form = client.get(edit).context["form"]
    assert [form.fields[name].disabled for name in ("prepared_by", "reviewed_by", "approved_by")] == [
        False,
        True,
        True,
    ]


def test_a_new_page_is_submitted_not_published(client):
    govern()
    hr = make_editor()
    client.force_login(hr)
    add = reverse("wagtailadmin_pages:add", args=["positions", "positionpage", index_page().pk])
    assert 'name="action-publish"' not in client.get(add).content.decode()


def test_archiving_withdraws_what_waits(client):
    page = make_published()
    govern()
    step = submitted(save_draft(page, summary="改"), by=page.owner)
    archive(reload(page), by=make_editor(), reason="撤岗")
    assert ApprovalStep.objects.get(pk=step.pk).verdict == "withdrawn"
    kinds = [event.kind for event in events_of(f"position:{page.code}")]
    assert kinds[-3:] == ["approval_withdrawn", "position_withdrawn", "position_archived"]


def test_wagtails_lists_of_what_waits_show_it_to_who_may_decide(hr_approver):
    govern()
    step = submitted()
    reviewable = TaskState.objects.reviewable_by
    assert [one.pk for one in reviewable(hr_approver)] == [step.task_state_id]
    assert list(reviewable(step.submitted_by)) == []
    assert list(reviewable(make_user(is_superuser=True))) == []


# --- record and configuration -------------------------------------------------------------------------------


def test_the_trail_tells_of_submission_return_and_approval_with_deputy_and_proof():
    govern()
    deputy = make_user(full_name="代理人", full_name_en="Deputy")
    make_deputy(make_approver(full_name="出差的人", full_name_en="Away"), deputy)
    step = submitted(note="请审")
    services.send_back(step, by=deputy, seen=step.text_sha256, comment="请改")
    entries = [one for one in trail.entries(step.page.code) if one.proof]
    assert [(one.reason, bool(one.proof)) for one in entries] == [("请审", True), ("请改", True)]
    assert "代理人" in entries[1].who or "Deputy" in entries[1].who
    assert "出差的人" in entries[1].who or "Away" in entries[1].who


CONFIGURED = {
    "name": "岗位说明书审批",
    "steps": [
        {"name": "审核", "roles": ["manager"], "instruction": ""},
        {"name": "批准", "roles": ["general_manager", "department_head"], "instruction": "看日期"},
    ],
}


def test_a_pack_sets_up_the_approval_and_gives_it_back():
    for key in ("manager", "general_manager", "department_head"):
        make_role(key)
    loader, path, by = ApprovalLoader(), PurePosixPath("approvals.yaml"), make_user()
    assert [one.action for one in loader.plan(path, CONFIGURED, by=by)] == ["created"]
    loader.apply(path, CONFIGURED, by=by)
    assert [one.action for one in loader.plan(path, CONFIGURED, by=by)] == ["unchanged"]
    tasks = [task.specific for task in make_draft().get_workflow().tasks]
    assert [(task.name, sorted(role.key for role in task.roles.all())) for task in tasks] == [
        ("审核", ["manager"]),
        ("批准", ["department_head", "general_manager"]),
    ]
    [(name, data)] = loader.export()
    assert (name, [one.action for one in loader.plan(path, data, by=by)]) == ("approvals.yaml", ["unchanged"])
    one_step = {**CONFIGURED, "steps": CONFIGURED["steps"][1:]}
    loader.apply(path, one_step, by=by)
    assert [task.name for task in make_draft().get_workflow().tasks] == ["批准"]
    assert FourEyesTask.objects.count() == 2  # what was decided at the other one stays readable
    with pytest.raises(PackFault, match="nobody"):
        loader.apply(path, {"name": "x", "steps": [{"name": "y", "roles": ["nobody"]}]}, by=by)


def test_nothing_is_governed_until_somebody_assigns_a_workflow():
    assert not WorkflowPage.objects.exists()
    assert Workflow.objects.filter(name="Moderators approval").exists()
    assert make_draft().get_workflow() is None
    assert not WorkflowState.objects.exists()


def test_the_administrator_sets_up_a_task_in_the_admin(client):
    from backoffice.access import groups

    groups.ensure()
    role = make_role("general_manager")
    person = make_user_with_roles("administrator")
    person.groups.add(make_group(groups.ADMINISTRATORS))
    client.force_login(person)
    add = reverse("wagtailadmin_workflows:add_task", args=["positions", "foureyestask"])
    assert client.get(add).status_code == 200
    client.post(add, {"name": "批准", "roles": [role.pk], "instruction": "看日期"})
    task = FourEyesTask.objects.get()
    assert (task.name, [one.key for one in task.roles.all()]) == ("批准", ["general_manager"])


def test_names_filled_by_the_approval_are_no_change_that_holders_are_asked_to_sign():
    govern()
    page = approved(submitted(make_draft(summary="一")), by=make_approver())
    page = save_draft(page, summary="二")
    assert [one.part.key for one in draft_of(page).decisions] == ["summary"]
