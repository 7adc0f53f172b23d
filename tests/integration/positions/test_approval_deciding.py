"""Submitting, deciding, returning, withdrawing; who is asked, deputies, several steps, several people at once."""

from __future__ import annotations

import threading

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connections, transaction
from django.utils import timezone
from wagtail.models import TaskState, WorkflowState

from backoffice.positions.approval import queries, services
from backoffice.positions.approval.approvers import asked_at, waiting_step
from backoffice.positions.approval.exceptions import (
    AlreadyDecided,
    ApprovalRefused,
    CommentMissing,
    NotAnApprover,
    NotReady,
    OwnText,
)
from backoffice.positions.approval.models import ApprovalStep
from backoffice.positions.approval.presentation import reasons, standing_of
from foundation.audit.queries import events_of
from foundation.editions.queries import body_of, in_force
from foundation.outbox.services import deliver
from tests.factories.approvals import approved, govern, make_approver, submitted
from tests.factories.notifying import mails_written
from tests.factories.organisation import (
    bind_role,
    hold,
    make_department,
    make_deputy,
    make_position,
    make_role,
    make_user,
)
from tests.factories.positions import make_draft, make_editor, reload, save_draft

pytestmark = pytest.mark.django_db


def kinds(page):
    return [event.kind for event in events_of(f"position:{page.code}")]


def people_asked(step):
    return [one.person for one in asked_at(step).approvers]


def test_line_manager_and_department_head_are_those_of_the_described_post():
    for relation in ("line_manager", "department_head"):
        bind_role(make_role(relation), relation)
    govern(["line_manager", "department_head"])
    service = make_department("service")
    manager, head, elsewhere = make_user("manager"), make_user("head"), make_user("elsewhere")
    above = make_position("supervisor", department=service)
    hold(manager, above)
    hold(head, make_position("service-head", department=service, heads=True))
    hr = make_editor()
    hold(hr, make_position("hr", superiors=[make_position("hr-boss")]))
    hold(elsewhere, make_position("hr-head", heads=True))
    step = submitted(
        make_draft(by=hr, position=make_position("adviser", department=service, superiors=[above]))
    )
    assert set(people_asked(step)) == {head, manager}
    told = " ".join(reasons(asked_at(step)))
    assert manager.full_name in told
    assert head.full_name in told


def test_a_head_who_submits_is_passed_over_for_the_head_above():
    bind_role(make_role("department_head"), "department_head")
    govern(["department_head"])
    house = make_department("house")
    service = make_department("service", parent=house)
    owner = make_user("owner")
    hold(owner, make_position("owner", department=house, heads=True))
    head = make_editor("head")
    hold(head, make_position("head", department=service, heads=True))
    step = submitted(make_draft(by=head, position=make_position("adviser", department=service)))
    assert people_asked(step) == [owner]
    assert approved(step, by=owner).live


def test_a_new_holder_of_the_post_is_asked_and_the_former_is_not():
    post = make_position("gm")
    bind_role("general_manager", post)
    govern()
    former, new = make_user("former"), make_user("new")
    holding = hold(former, post)
    step = submitted()
    assert people_asked(step) == [former]
    holding.ends = timezone.localdate() - timezone.timedelta(days=1)
    holding.save()
    hold(new, post)
    assert people_asked(step) == [new]
    with pytest.raises(NotAnApprover):
        services.approve(step, by=former, seen=step.text_sha256)


def test_a_deputy_decides_for_the_absent_and_the_record_names_both():
    govern()
    chief, deputy = make_approver(), make_user("deputy")
    make_deputy(chief, deputy, workflows=["position_approval"])
    step = submitted()
    page = approved(step, by=deputy)
    step = ApprovalStep.objects.get(pk=step.pk)
    event = next(one for one in events_of(f"position:{page.code}") if one.kind == "approval_given")
    assert (page.live, step.decided_by, step.acting_for) == (True, deputy, chief)
    assert (event.actor_id, event.acting_for_id) == (deputy.pk, chief.pk)


def test_a_deputy_for_other_workflows_is_not_asked():
    govern()
    chief, deputy = make_approver(), make_user("deputy")
    make_deputy(chief, deputy, workflows=["complaint"])
    assert people_asked(submitted()) == [chief]


def test_nobody_approves_their_own_text_through_their_deputy():
    govern()
    deputy = make_user("deputy")
    author = make_editor("author")
    author.groups.add(make_approver().groups.get())
    make_deputy(author, deputy)
    step = submitted(make_draft(by=author), by=author)
    with pytest.raises(NotAnApprover):
        services.approve(step, by=deputy, seen=step.text_sha256)


def test_a_deputy_who_wrote_the_text_cannot_approve_it_for_somebody_else():
    govern()
    writer = make_editor("writer")
    make_deputy(make_approver(), writer)
    step = submitted(make_draft(by=writer), by=make_editor())
    with pytest.raises(OwnText):
        services.approve(step, by=writer, seen=step.text_sha256)


def test_a_return_needs_a_comment_and_goes_back_with_it():
    govern()
    chief = make_approver()
    step = submitted(note="请审")
    with pytest.raises(CommentMissing):
        services.send_back(step, by=chief, seen=step.text_sha256, comment="  ")
    services.send_back(step, by=chief, seen=step.text_sha256, comment="职责第二条不清楚")
    page = reload(step.page)
    assert (page.live, page.get_lock(), kinds(page)) == (
        False,
        None,
        ["approval_submitted", "approval_returned"],
    )
    assert standing_of(page).state == "returned"
    note, comment = (events_of(f"position:{page.code}")[place].changes[0].after for place in (0, 1))
    assert (note, comment) == ("请审", "职责第二条不清楚")
    again = submitted(save_draft(page, summary="写清楚了"), by=page.owner)
    assert again.pk != step.pk
    assert approved(again, by=chief).live


def test_wagtails_own_return_without_a_comment_is_refused():
    govern()
    step = submitted()
    with pytest.raises(CommentMissing):
        TaskState.objects.get(pk=step.task_state_id).specific.reject(user=make_approver())
    assert ApprovalStep.objects.get(pk=step.pk).verdict == "waiting"


def test_who_submitted_withdraws_and_others_do_not():
    govern()
    step = submitted()
    chief = make_approver()
    with pytest.raises(NotAnApprover):
        services.withdraw(step, by=make_editor())
    services.withdraw(step, by=step.submitted_by)
    page = reload(step.page)
    assert kinds(page) == ["approval_submitted", "approval_withdrawn"]
    assert (page.get_lock(), waiting_step(page)) == (None, None)
    with pytest.raises(AlreadyDecided):
        services.approve(step, by=chief, seen=step.text_sha256)


def test_while_it_waits_the_text_is_locked_but_for_those_who_decide():
    govern()
    step = submitted()
    lock = reload(step.page).get_lock()
    assert lock.for_user(step.submitted_by)
    assert lock.for_user(make_user(is_superuser=True))
    assert not lock.for_user(make_approver())


def test_two_steps_review_and_approve_and_both_stand_in_the_document():
    govern(["manager"], ["general_manager"])
    reviewer, chief = make_approver("reviewer", "manager"), make_approver("chief")
    author = make_editor()
    first = submitted(make_draft(by=author), by=author, note="请审")
    with pytest.raises(NotAnApprover):
        services.approve(first, by=chief, seen=first.text_sha256)
    page = approved(first, by=reviewer)
    assert not page.live
    second = waiting_step(page)
    assert (second.note, second.submitted_by, second.submitted_at) == ("请审", author, first.submitted_at)
    page = approved(second, by=chief)
    body = body_of(in_force("position", page.code))
    assert [body[name]["id"] for name in ("prepared_by", "reviewed_by", "approved_by")] == [
        str(person.uuid) for person in (author, reviewer, chief)
    ]
    assert kinds(page) == ["approval_submitted", "approval_given", "approval_given", "position_published"]


def test_after_a_return_from_the_second_step_the_changed_text_is_reviewed_again():
    govern(["manager"], ["general_manager"])
    reviewer, chief = make_approver("reviewer", "manager"), make_approver("chief")
    page = approved(submitted(), by=reviewer)
    second = waiting_step(page)
    services.send_back(second, by=chief, seen=second.text_sha256, comment="重写")
    again = submitted(save_draft(reload(page), summary="重写了"), by=page.owner)
    assert again.task_state.task_id != second.task_state.task_id
    page = approved(again, by=reviewer)
    assert not page.live
    assert approved(waiting_step(page), by=chief).live


def test_after_a_return_the_unchanged_text_goes_to_the_step_that_returned_it():
    govern(["manager"], ["general_manager"])
    page = approved(submitted(), by=make_approver("reviewer", "manager"))
    second, chief = waiting_step(page), make_approver("chief")
    services.send_back(second, by=chief, seen=second.text_sha256, comment="请说明")
    again = submitted(reload(page), by=page.owner, note="说明在此")
    assert again.task_state.task_id == second.task_state.task_id
    assert approved(again, by=chief).live


def test_typed_names_stand_only_where_no_approval_governs():
    other = make_user("typed")
    page = make_draft(reviewed_by=other, approved_by=other, prepared_by=other)
    govern()
    chief = make_approver()
    body = body_of(in_force("position", approved(submitted(page), by=chief).code))
    assert [body[name] and body[name]["id"] for name in ("prepared_by", "reviewed_by", "approved_by")] == [
        str(other.uuid),
        None,
        str(chief.uuid),
    ]


def test_approving_an_unchanged_text_makes_no_edition_for_a_new_name():
    govern()
    page = approved(submitted(), by=make_approver("first"))
    page = approved(submitted(save_draft(page), by=page.owner), by=make_approver("second"))
    assert in_force("position", page.code).number == 1


def test_what_cannot_be_published_cannot_be_submitted():
    with pytest.raises(NotReady):
        submitted(make_draft())  # no approval governs
    govern()
    waiting = submitted()
    with pytest.raises(NotReady):
        services.submit(waiting.page, by=waiting.submitted_by)
    loose = save_draft(make_draft(), position=None)
    with pytest.raises(ValidationError):
        submitted(loose)
    with pytest.raises(NotReady), transaction.atomic():
        loose.get_workflow().start(loose, loose.owner)
    assert not ApprovalStep.objects.filter(page=loose).exists()
    state = WorkflowState.objects.for_instance(loose)
    assert not state.exists()


def test_approvers_get_a_mail_in_their_language_and_wagtail_sends_none(django_capture_on_commit_callbacks):
    govern()
    chief = make_approver("chief", language="zh-hans")
    second = make_approver("second", language="en")
    superuser = make_user("super", is_superuser=True)
    step = submitted(note="请看第三条")
    asked = {message.payload["to"][0]: message for message in mails_written()}
    assert set(asked) == {chief.email, second.email}
    assert superuser.email not in asked
    for message in asked.values():
        assert f"/positions/approvals/{step.uuid}/" in message.payload["body"]
        assert "请看第三条" in message.payload["body"]
    assert asked[second.email].payload["subject"].startswith("For your approval")
    services.send_back(step, by=chief, seen=step.text_sha256, comment="不行")
    assert mail.outbox == []
    back = mails_written().latest("pk")
    assert (back.payload["to"], "不行" in back.payload["body"]) == ([step.submitted_by.email], True)
    deliver(back.pk)
    assert [one.to for one in mail.outbox] == [[step.submitted_by.email]]


def test_what_waits_is_found_for_each_with_the_same_number_of_queries(django_assert_max_num_queries):
    govern(["general_manager", "department_head"])
    bind_role(make_role("department_head"), "department_head")
    chief, stranger = make_approver(), make_user()
    mine = make_editor("hr-chief")
    mine.groups.add(chief.groups.get())
    submitted()
    ContentType.objects.get_for_model(ApprovalStep)
    with django_assert_max_num_queries(14) as one:
        assert len(queries.waiting_for(chief)) == 1
    own = submitted(make_draft(by=mine), by=mine)
    for _more in range(4):
        submitted()
    with django_assert_max_num_queries(len(one)):
        found = queries.waiting_for(chief)
    assert len(found) == 6
    assert own not in [one.step for one in queries.waiting_for(mine)]
    assert queries.count_for(mine) == 5
    assert queries.waiting_for(stranger) == []


def test_a_changed_text_is_no_longer_counted_as_waiting_for_a_decision():
    govern()
    chief = make_approver()
    step = submitted()
    assert queries.count_for(chief) == 1
    save_draft(step.page, by=make_editor(), summary="改了")
    assert queries.count_for(chief) == 0
    assert [one.changed for one in queries.waiting()] == [True]
    assert standing_of(reload(step.page)).state == "changed"


def test_verifying_the_record_finds_nothing_wrong_after_decisions():
    from foundation.audit.verification import verify

    govern()
    step = submitted()
    services.send_back(step, by=make_approver("one"), seen=step.text_sha256, comment="改")
    approved(
        submitted(save_draft(reload(step.page), summary="二"), by=step.submitted_by), by=make_approver("two")
    )
    assert verify().faults == []


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_wins_and_the_other_is_told_who():
    govern()
    people = [make_approver("first", full_name="甲"), make_approver("second", full_name="乙")]
    step = submitted()
    outcome: dict[str, object] = {}
    barrier = threading.Barrier(2)

    def decide(person, comment):
        try:
            barrier.wait(10)
            outcome[person.username] = services.approve(
                step, by=person, seen=step.text_sha256, comment=comment
            )
        except ApprovalRefused as refused:
            outcome[person.username] = refused
        finally:
            connections.close_all()

    threads = [threading.Thread(target=decide, args=(one, one.full_name)) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    refused = [one for one in outcome.values() if isinstance(one, AlreadyDecided)]
    done = [one for one in outcome.values() if isinstance(one, ApprovalStep)]
    assert (len(done), len(refused)) == (1, 1), outcome
    page = reload(step.page)
    assert kinds(page) == ["approval_submitted", "approval_given", "position_published"]
    winner = ApprovalStep.objects.get(pk=step.pk).decided_by
    assert str(winner) in str(refused[0])
