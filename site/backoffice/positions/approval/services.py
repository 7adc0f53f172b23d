"""What people do with a text that needs approval: submit, approve, return, withdraw.

All of it goes through Wagtail's own states, whose door is ``door``; here is only what a request brings along:
the note, the text the person had before them, the transaction.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.models import TaskState, WorkflowState

from backoffice.positions.approval.approvers import waiting_step
from backoffice.positions.approval.door import told_changed, told_decided, with_note
from backoffice.positions.approval.exceptions import AlreadyDecided, NotAnApprover, NotReady, TextChanged
from backoffice.positions.approval.models import ApprovalStep
from backoffice.positions.models import PositionPage, acting_as


@transaction.atomic
def submit(page: PositionPage, *, by: Any, note: str = "") -> ApprovalStep:
    """Put the newest draft of ``page`` before its approvers; return the step it waits at.

    Who may is for the caller to have asked (the right to edit the page). What was returned goes through every
    step again that has not approved this text. Recorded: ``approval_submitted``.

    Raises:
        NotReady: no approval governs the page, it waits already, is archived, or names no position.
    """
    page = PositionPage.objects.select_for_update().get(pk=page.pk)
    workflow = page.get_workflow()
    if workflow is None:
        raise NotReady(_("No approval is set up for this description; it is published directly."))
    if page.is_archived:
        raise NotReady(_("An archived description cannot be published. Restore it first."))
    if page.workflow_in_progress:
        raise NotReady(_("It waits for approval already."))
    draft = page.get_latest_revision_as_object()
    with acting_as(by), with_note(note):
        draft.full_clean()  # what could not be published is not worth anybody's reading
        if page.latest_revision is None:
            page.save_revision(user=by, log_action=True)
            page = PositionPage.objects.get(pk=page.pk)
        state = page.current_workflow_state
        if state is not None:
            state.resume(by)
        else:
            workflow.start(page, by)
    step = waiting_step(page)
    if step is None:
        raise NotReady(_("The workflow has no step: ask an administrator to add one."))
    return step


@transaction.atomic
def approve(step: ApprovalStep, *, by: Any, seen: str, comment: str = "") -> ApprovalStep:
    """Approve the text of ``step`` as ``by``, who had the text with the hash ``seen`` before them; return the step.

    After the last step the text is published, by ``by``. Recorded: ``approval_given``, and what publishing
    records.

    Raises:
        AlreadyDecided, OwnText, NotAnApprover, TextChanged: see ``door``.
    """
    return _decide(step, by=by, seen=seen, comment=comment, how="approve")


@transaction.atomic
def send_back(step: ApprovalStep, *, by: Any, seen: str, comment: str) -> ApprovalStep:
    """Return the text of ``step`` to who submitted it, saying why; return the step.

    Recorded: ``approval_returned``.

    Raises:
        CommentMissing, AlreadyDecided, OwnText, NotAnApprover: see ``door``.
    """
    return _decide(step, by=by, seen=seen, comment=comment, how="reject")


@transaction.atomic
def withdraw(step: ApprovalStep, *, by: Any) -> ApprovalStep:
    """Take the text back before it is decided, as who submitted it; return the step.

    Recorded: ``approval_withdrawn``.

    Raises:
        AlreadyDecided: it was decided meanwhile.
        NotAnApprover: somebody else submitted it.
    """
    step = _locked(step)
    if not may_withdraw(step, by):
        raise NotAnApprover(_("Only who submitted it takes it back: %(who)s.") % {"who": step.submitted_by})
    with acting_as(by):
        step.task_state.workflow_state.cancel(user=by)
    return ApprovalStep.objects.get(pk=step.pk)


def may_withdraw(step: ApprovalStep, user: Any) -> bool:
    """Whether ``user`` may take the text back: who submitted it, now or the first time."""
    return user.pk in (step.submitted_by_id, step.task_state.workflow_state.requested_by_id)


def _decide(step: ApprovalStep, *, by: Any, seen: str, comment: str, how: str) -> ApprovalStep:
    step = _locked(step)
    if seen != step.text_sha256:
        raise TextChanged(told_changed(step))
    state = step.task_state.specific
    with acting_as(by):
        getattr(state, how)(user=by, comment=comment.strip())
    return ApprovalStep.objects.get(pk=step.pk)


def _locked(step: ApprovalStep) -> ApprovalStep:
    """Return ``step`` as it is now, with the page locked until the transaction ends.

    Raises:
        AlreadyDecided: it is decided.
    """
    PositionPage.objects.select_for_update().filter(pk=step.page_id).first()
    step = ApprovalStep.objects.select_related(
        "task_state__workflow_state", "task_state__task", "decided_by", "submitted_by", "page"
    ).get(pk=step.pk)
    if (
        step.verdict != ApprovalStep.Verdict.WAITING
        or step.task_state.status != TaskState.STATUS_IN_PROGRESS
        or step.task_state.workflow_state.status != WorkflowState.STATUS_IN_PROGRESS
    ):
        raise AlreadyDecided(told_decided(step))
    return step
