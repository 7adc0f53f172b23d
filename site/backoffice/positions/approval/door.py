"""The one door of approval, at Wagtail's own signals, so that every route goes through it.

=====================================  =======================================================================
what happens                           what is done here, in the same transaction
=====================================  =======================================================================
a step begins (``task_submitted``)     the row with the exact text, its writers and who is asked; the event
                                       ``approval_submitted`` where the text is newly submitted; mails
a state of a task is saved as          refused unless somebody with the role, who neither wrote nor submitted
approved or rejected                   it, decides on exactly this text, first; ``approval_given``,
                                       ``approval_returned``, mails
… as cancelled                         ``approval_withdrawn``
a governed text comes into force       refused unless all steps of the approval decided on this very text
(``check_into_force``)                 since the last one came into force; or configuration is being loaded
=====================================  =======================================================================

So it makes no difference whether Wagtail's buttons, a bulk action, ``task_state.approve``, ``revision.publish``,
scheduled publishing or our own screens are used.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models.signals import post_save, pre_save
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.models import Task, TaskState, WorkflowState
from wagtail.signals import (
    task_submitted,
    workflow_approved,
    workflow_rejected,
    workflow_submitted,
)

from backoffice.positions.approval import mails
from backoffice.positions.approval.approvers import Approvers, asked_at, would_be_asked
from backoffice.positions.approval.exceptions import (
    AlreadyDecided,
    CommentMissing,
    NotAnApprover,
    NotApproved,
    NotReady,
    OwnText,
    TextChanged,
)
from backoffice.positions.approval.models import ApprovalStep
from backoffice.positions.approval.writing import (
    changed_in_force_since,
    is_as_submitted,
    said,
    said_by,
    writers_of,
)
from backoffice.positions.publication import stream_of
from foundation.audit.models import Event
from foundation.audit.services import Actor, FieldChange, append, next_version
from foundation.organisation.models import User

Verdict = ApprovalStep.Verdict
SUBMITTED, GIVEN, RETURNED, WITHDRAWN = (
    "approval_submitted",
    "approval_given",
    "approval_returned",
    "approval_withdrawn",
)
DECISIONS = {
    TaskState.STATUS_APPROVED: (Verdict.APPROVED, GIVEN),
    TaskState.STATUS_REJECTED: (Verdict.RETURNED, RETURNED),
    TaskState.STATUS_CANCELLED: (Verdict.WITHDRAWN, WITHDRAWN),
}
# Wagtail sends mails of its own, past the outbox and in one language. A name is connected once only, so whoever
# stands under these names first keeps Wagtail's from being sent, in whatever order apps get ready.
WAGTAILS_OWN_MAILS = (
    (task_submitted, TaskState, "group_approval_task_submitted_email_notification"),
    (workflow_submitted, WorkflowState, "workflow_state_submitted_email_notification"),
    (workflow_rejected, WorkflowState, "workflow_state_rejected_email_notification"),
    (workflow_approved, WorkflowState, "workflow_state_approved_email_notification"),
)

_loading: ContextVar[str] = ContextVar("positions_loading_configuration", default="")
_note: ContextVar[str] = ContextVar("positions_approval_note", default="")


@dataclass(frozen=True)
class Clearance:
    """Why a governed text may come into force: the steps that approved it, or what is being loaded."""

    steps: tuple[ApprovalStep, ...] = ()
    exception: str = ""
    writer: Any = None

    @property
    def references(self) -> dict[str, str]:
        """What the event of the publication says of it."""
        if self.exception:
            return {"approval_exception": self.exception}
        return {"approval": str(self.steps[-1].uuid)}


def connect() -> None:
    """Stand at Wagtail's signals, in the place of its own mails."""
    for signal, sender, uid in WAGTAILS_OWN_MAILS:
        signal.disconnect(sender=sender, dispatch_uid=uid)
        signal.connect(_no_mail, sender=sender, dispatch_uid=uid)
    task_submitted.connect(_step_begins, dispatch_uid="positions.approval.begins")
    pre_save.connect(_before_decision, sender=TaskState, dispatch_uid="positions.approval.before")
    post_save.connect(_after_decision, sender=TaskState, dispatch_uid="positions.approval.after")


def _no_mail(**kwargs: Any) -> None:
    """Say nothing: ``mails`` does."""


@contextmanager
def loading_configuration(reason: str) -> Iterator[None]:
    """Let a program bring governed texts into force without an approval, and say so in the record.

    For programs that load what was approved elsewhere: applying a pack, setting up a demonstration, restoring a
    backup. ``reason`` names which; it stands in the event of each publication. Never for a person's request.

    Raises:
        ValueError: no reason is given.
    """
    if not reason.strip():
        raise ValueError("Publishing without an approval needs a reason.")
    token = _loading.set(reason.strip())
    try:
        yield
    finally:
        _loading.reset(token)


@contextmanager
def with_note(note: str) -> Iterator[None]:
    """Give what is submitted inside a note to its approvers."""
    token = _note.set(note.replace("\0", "").strip())
    try:
        yield
    finally:
        _note.reset(token)


# --- a step begins ------------------------------------------------------------------------------------------


def first_open_task(workflow_state: WorkflowState) -> Task | None:
    """Return the first task at which the text as it is now was not approved, or None."""
    page = _page_of(workflow_state)
    if page is None or page.latest_revision is None:
        return None
    approved = ApprovalStep.objects.filter(
        task_state__workflow_state=workflow_state,
        verdict=Verdict.APPROVED,
        text_sha256=said(page.latest_revision.content),
    ).values("task_state__task")
    return workflow_state.workflow.tasks.filter(active=True).exclude(pk__in=approved).first()


def _step_begins(instance: TaskState, user: Any = None, **kwargs: Any) -> None:
    """Write down what is put before the approvers."""
    state = instance.workflow_state
    page = _page_of(state, lock=True)
    if page is None:
        return
    draft = instance.revision.as_object()
    if page.position is None or draft.position_id != page.position_id:
        raise NotReady(
            _("“%(title)s” names no position yet. Choose one, then submit it.") % {"title": page.title}
        )
    text = said(instance.revision.content)
    before = ApprovalStep.objects.filter(task_state__workflow_state=state).order_by("-pk").first()
    goes_on = before is not None and before.verdict == Verdict.APPROVED and before.text_sha256 == text
    submitter = before.submitted_by if goes_on and before else user or state.requested_by
    if submitter is None:
        raise NotReady(_("Submitting needs a person: pass user=."))
    step = ApprovalStep(
        task_state=instance,
        page=page,
        text_sha256=text,
        submitted_by=submitter,
        submitted_at=before.submitted_at if goes_on and before else timezone.now(),
        note=before.note if goes_on and before else _note.get(),
        writers=[person.pk for person in writers_of(page)],
    )
    asked = Approvers([instance.task_id]).asked(
        instance.task_id, page.position, submitter=submitter, barred=step.barred
    )
    step.asked = list(asked.explanations)
    step.save()
    if not goes_on:
        changes = [FieldChange("note", "", step.note, stream_of(page.code))] if step.note else []
        _record(step, SUBMITTED, Actor.of(submitter), changes)
    mails.ask(step, asked)


# --- a decision ---------------------------------------------------------------------------------------------


def _before_decision(
    instance: TaskState, raw: bool = False, update_fields: Any = None, **kwargs: Any
) -> None:
    """Refuse what nobody may decide; leave a note for ``_after_decision``."""
    instance._decision = None
    if raw or (update_fields is not None and "status" not in update_fields):
        return
    if instance._state.adding and instance.status == TaskState.STATUS_IN_PROGRESS:
        return
    page = _page_of(instance.workflow_state, lock=connection.in_atomic_block)
    if page is None:
        return
    if not connection.in_atomic_block:
        raise RuntimeError("A decision and its event are one transaction.")
    stored = TaskState.objects.select_for_update().filter(pk=instance.pk).first()
    if stored is not None and stored.status == instance.status:
        return
    step = ApprovalStep.objects.filter(task_state=instance.pk).select_related("decided_by").first()
    if stored is None or step is None or instance.status not in DECISIONS:
        raise NotApproved(_("Steps of an approval are decided by people, one after the other."))
    if stored.status != TaskState.STATUS_IN_PROGRESS:
        raise AlreadyDecided(told_decided(step))
    step.page, step.task_state = page, instance
    acting_for = None
    if instance.status != TaskState.STATUS_CANCELLED:
        acting_for = check_may_decide(
            step,
            instance.finished_by,
            approves=instance.status == TaskState.STATUS_APPROVED,
            comment=instance.comment,
        )
    instance._decision = (step, acting_for)


def _after_decision(instance: TaskState, **kwargs: Any) -> None:
    """Write the decision beside the state, and its event; tell who waits for it."""
    decision = getattr(instance, "_decision", None)
    if decision is None:
        return
    instance._decision = None
    step, acting_for = decision
    step.verdict, kind = DECISIONS[instance.status]
    step.decided_by, step.acting_for = instance.finished_by, acting_for
    step.decided_at, step.comment = timezone.now(), instance.comment.replace("\0", "").strip()
    step.save()
    by = instance.finished_by
    actor = (
        Actor.of(by, acting_for=acting_for.pk if acting_for is not None else None)
        if by is not None
        else Actor.system("wagtail")
    )
    stream = stream_of(step.page.code)
    changes = [FieldChange("comment", "", step.comment, stream)] if step.comment else []
    _record(step, kind, actor, changes)
    if step.verdict == Verdict.RETURNED:
        mails.tell_returned(step)


def check_may_decide(step: ApprovalStep, user: Any, *, approves: bool, comment: str = "") -> User | None:
    """Return whom ``user`` acts for in deciding on ``step`` (nobody: themselves).

    Raises:
        OwnText, NotAnApprover, TextChanged, CommentMissing.
    """
    if user is None:
        raise NotAnApprover(_("A decision needs a person."))
    asked = asked_at(step)
    if user.pk in step.barred or (approves and user in writers_of(step.page)):
        raise OwnText(told_own(step, user, asked.names))
    approver = asked.as_approver(user)
    if approver is None:
        raise NotAnApprover(told_not_asked(asked.names))
    if not approves:
        if not comment.strip():
            raise CommentMissing(_("Say what has to change, so that the text can be returned."))
    elif not is_as_submitted(step.page, step.text_sha256):
        raise TextChanged(told_changed(step))
    return approver.acting_for


def told_decided(step: ApprovalStep) -> str:
    """Return that it was decided, by whom and how."""
    words = {
        Verdict.APPROVED: _("%(who)s approved it on %(when)s; there is nothing left to decide."),
        Verdict.RETURNED: _("%(who)s returned it on %(when)s; there is nothing left to decide."),
        Verdict.WITHDRAWN: _("%(who)s withdrew it on %(when)s; there is nothing left to decide."),
    }.get(Verdict(step.verdict), _("There is nothing left to decide."))
    when = timezone.localtime(step.decided_at).strftime("%Y-%m-%d %H:%M") if step.decided_at else ""
    return words % {"who": step.decided_by or _("Somebody"), "when": when}


def told_own(step: ApprovalStep, user: Any, instead: str) -> str:
    """Return why this person cannot approve, and who can."""
    wrote = user.pk in step.writers or user in writers_of(step.page)
    why = (
        _("You wrote this text, so somebody else approves it.")
        if wrote
        else _("You submitted this text, so somebody else approves it.")
    )
    return f"{why} {told_instead(instead)}"


def told_not_asked(instead: str) -> str:
    """Return that the decision is for others."""
    return " ".join([_("This decision is for others."), told_instead(instead)])


def told_changed(step: ApprovalStep) -> str:
    """Return that the draft is another text by now."""
    return _(
        "The text was changed after it was submitted on %(day)s. What you see here is no longer the draft, so it "
        "cannot be approved; the changed text has to be submitted again."
    ) % {"day": timezone.localtime(step.submitted_at).strftime("%Y-%m-%d %H:%M")}


def told_instead(names: str) -> str:
    """Return who may approve; what to do when there is nobody."""
    if not names:
        return _("At present nobody else may: ask an administrator to fill the post or to name a deputy.")
    return _("May approve: %(names)s.") % {"names": names}


# --- coming into force --------------------------------------------------------------------------------------


def is_governed(page: Any) -> bool:
    """Whether a text of ``page`` needs an approval to come into force."""
    return page.get_workflow() is not None


def check_into_force(page: Any, *, row: Any = None) -> Clearance | None:
    """Return why what ``page`` says (in memory) may come into force; None where no approval governs it.

    ``row``: the row of the history that is being written for it.

    Raises:
        NotApproved: it may not; the sentence says who can approve it.
    """
    if not is_governed(page):
        return None
    if _loading.get():
        return Clearance(exception=_loading.get())
    text = said_by(page)
    state = (
        WorkflowState.objects.for_instance(page)
        .filter(status=WorkflowState.STATUS_APPROVED)
        .order_by("-pk")
        .first()
    )
    steps = list(
        ApprovalStep.objects.filter(
            task_state__workflow_state=state,
            task_state__workflow_state__isnull=False,
            verdict=Verdict.APPROVED,
            text_sha256=text,
        )
        .select_related("task_state__workflow_state", "decided_by", "acting_for", "submitted_by")
        .order_by("pk")
    )
    writers = writers_of(page, before=row)
    if not steps or not _complete(state, steps):
        raise NotApproved(_not_approved(page, writers))
    barred = {person.pk for person in writers}.union(*(step.barred for step in steps))
    own = any(step.decided_by_id is None or step.decided_by_id in barred for step in steps)
    used = changed_in_force_since(page, min(step.decided_at for step in steps), but=row)
    if own or used or not _recorded(page, steps):
        raise NotApproved(_not_approved(page, writers))
    return Clearance(steps=tuple(steps), writer=writers[-1] if writers else steps[-1].submitted_by)


def _complete(state: Any, steps: Sequence[ApprovalStep]) -> bool:
    """Whether every task of the workflow approved this text."""
    wanted = set(state.workflow.tasks.filter(active=True).values_list("pk", flat=True))
    return wanted <= {step.task_state.task_id for step in steps}


def _recorded(page: Any, steps: Sequence[ApprovalStep]) -> bool:
    """Whether the record tells of each decision as the rows do: a row may be forged, an event may not."""
    told = {
        (body["references"].get("step"), body["references"].get("text_sha256"), body["actor"]["id"])
        for body in _bodies(stream_of(page.code))
        if body["kind"] == GIVEN
    }
    return all((str(step.uuid), step.text_sha256, step.decided_by_id) in told for step in steps)


def _bodies(stream: str) -> Iterator[Mapping[str, Any]]:
    for body in Event.objects.filter(stream=stream).order_by("-stream_ver").values_list("body", flat=True):
        yield json.loads(bytes(body))


def _not_approved(page: Any, writers: Sequence[Any]) -> str:
    barred = {person.pk for person in writers}
    names = "、".join(
        dict.fromkeys(
            str(one.person)
            for _task, asked in would_be_asked(page, writers[-1] if writers else None, barred)
            for one in asked.approvers
        )
    )
    return " ".join(
        [
            _("“%(title)s” comes into force only when somebody else has approved exactly this text.")
            % {"title": page.title},
            _("Submit it for approval."),
            told_instead(names),
        ]
    )


# --- both ---------------------------------------------------------------------------------------------------


def _page_of(state: WorkflowState, *, lock: bool = False) -> Any:
    """Return the description that ``state`` is about, as the database has it; None for anything else."""
    from backoffice.positions.models import PositionPage  # it names this package

    if state.content_type_id != ContentType.objects.get_for_model(PositionPage).pk:
        return None
    pages = PositionPage.objects.select_related("position__department", "latest_revision")
    if lock:
        # Whoever changes the draft or decides waits here; apart, because optional rows cannot be locked.
        PositionPage.objects.select_for_update().filter(pk=state.object_id).first()
    return pages.filter(pk=state.object_id).first()


def _record(step: ApprovalStep, kind: str, actor: Actor, changes: Sequence[FieldChange]) -> None:
    stream = stream_of(step.page.code)
    append(
        stream=stream,
        version=next_version(stream),
        kind=kind,
        actor=actor,
        references={
            "page": str(step.page_id),
            "step": str(step.uuid),
            "task": step.task_state.task.name,
            "revision": str(step.task_state.revision_id),
            "text_sha256": step.text_sha256,
        },
        changes=changes,
    )
