"""The task of four eyes, as Wagtail's workflows hold it, and what was put before the approvers of each step.

``door`` is the only writer of ``ApprovalStep``.
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.forms import TaskStateCommentForm
from wagtail.locks import WorkflowLock
from wagtail.models import Task, TaskState

from foundation.organisation.models import Role


class ReturnForm(forms.Form):
    """What is asked of whoever returns a text."""

    comment = forms.CharField(
        label=_("What has to change"), widget=forms.Textarea({"rows": 3}), max_length=4000
    )


class SubmittedLock(WorkflowLock):
    """Keeps a text that waits for its approval as it was submitted; whoever may decide may still edit."""

    def get_message(self, user: Any) -> str:
        """Return the sentence above the form: at whom it waits, and how to change it all the same."""
        from backoffice.positions.approval.presentation import lock_message

        return lock_message(self.object, user) if self.for_user(user) else ""

    def get_locked_by(self, user: Any, can_lock: bool = False) -> str:
        """Return what locked it, for the status panel."""
        return _("Locked: waits for approval")

    def get_description(self, user: Any, can_lock: bool = False) -> str:
        """Return the explanation in the status panel."""
        return _("Withdraw it from approval to change the text.")


class FourEyesTask(Task):
    """One step of an approval: whoever has one of the roles decides, unless they wrote or submitted the text.

    Roles are those of the organisation. Relations are those of the described post: its line manager, the head of
    its department. One person suffices, whatever the role.
    """

    roles = models.ManyToManyField(
        Role,
        verbose_name=_("who may approve"),
        help_text=_(
            "Any one person with one of these roles decides. Line manager and department head are those of the "
            "described post."
        ),
    )
    instruction = models.TextField(
        _("what to look at"), blank=True, help_text=_("Shown to the approvers above the text.")
    )

    admin_form_fields: ClassVar[list[str]] = [*Task.admin_form_fields, "roles", "instruction"]
    admin_form_widgets: ClassVar[dict[str, Any]] = {
        "roles": forms.CheckboxSelectMultiple,
        "instruction": forms.Textarea({"rows": 3}),
    }
    lock_class = SubmittedLock

    class Meta:
        verbose_name = _("approval with four eyes")
        verbose_name_plural = _("approvals with four eyes")

    @classmethod
    def get_description(cls) -> str:
        """Return what Wagtail says of this kind of task where one is chosen."""
        return str(
            _("Somebody with one of the chosen roles approves; never who wrote or submitted the text.")
        )

    def start(self, workflow_state: Any, user: Any = None) -> Any:
        """Begin the step. After a return the text goes through the steps before this one again."""
        from backoffice.positions.approval.door import first_open_task

        first = first_open_task(workflow_state)
        if first is not None and first.pk != self.pk:
            return first.specific.start(workflow_state, user=user)
        return super().start(workflow_state, user=user)

    def locked_for_user(self, obj: Any, user: Any) -> bool:
        """Whether the text is closed to ``user``: to all but those who may decide."""
        from backoffice.positions.approval.approvers import may_decide_on

        return not may_decide_on(obj, user)

    def get_actions(self, obj: Any, user: Any) -> list[tuple[str, str, bool]]:
        """Return what ``user`` may do in the editor; nothing for who wrote the text, superuser or not."""
        from backoffice.positions.approval.approvers import may_decide_on

        if not may_decide_on(obj, user):
            return []
        return [
            ("reject", _("Return"), True),
            ("approve", pgettext_lazy("decision", "Approve"), False),
            ("approve", pgettext_lazy("on a decision", "Approve with comment"), True),
        ]

    def get_form_for_action(self, action: str) -> type[forms.Form]:
        """Return what is asked for: a return without a comment helps nobody."""
        return ReturnForm if action == "reject" else TaskStateCommentForm

    def get_task_states_user_can_moderate(self, user: Any, **kwargs: Any) -> models.QuerySet[TaskState]:
        """Return what waits for ``user`` at this task, for Wagtail's own lists."""
        from backoffice.positions.approval.queries import waiting_for

        mine = [one.step.task_state_id for one in waiting_for(user)]
        return TaskState.objects.filter(task=self, pk__in=mine)


class ApprovalStep(models.Model):
    """One text before the approvers of one step, and what they decided. One row beside each ``TaskState``."""

    class Verdict(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("approval", "waiting")
        APPROVED = "approved", pgettext_lazy("approval", "approved")
        RETURNED = "returned", pgettext_lazy("approval", "returned")
        WITHDRAWN = "withdrawn", pgettext_lazy("approval", "withdrawn")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    task_state = models.OneToOneField(
        "wagtailcore.TaskState", models.CASCADE, related_name="approval_step", verbose_name=_("task state")
    )
    page = models.ForeignKey(
        "positions.PositionPage",
        models.CASCADE,
        related_name="approval_steps",
        verbose_name=_("position description"),
    )
    text_sha256 = models.CharField(_("hash of the text"), max_length=64)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("submitted by")
    )
    submitted_at = models.DateTimeField(_("submitted at"))
    note = models.TextField(_("note to the approvers"), blank=True)
    writers = models.JSONField(_("who wrote the text"), default=list)
    asked = models.JSONField(_("who was asked, and why"), default=list)
    begun_at = models.DateTimeField(_("begun at"), default=timezone.now)
    verdict = models.CharField(
        _("decision"), max_length=12, choices=Verdict.choices, default=Verdict.WAITING, db_index=True
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )
    acting_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("acting for")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)
    comment = models.TextField(_("comment"), blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("step of an approval")
        verbose_name_plural = _("steps of approvals")

    def __str__(self) -> str:
        return f"{self.page_id}: {self.verdict}"

    @property
    def barred(self) -> frozenset[int]:
        """The ids of those who can never approve this text: its writers, and who submitted it."""
        return frozenset(
            {
                *self.writers,
                self.submitted_by_id,
                *filter(None, [self.task_state.workflow_state.requested_by_id]),
            }
        )
