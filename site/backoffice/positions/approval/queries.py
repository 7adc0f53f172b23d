"""What waits for whom, and one approval with all that belongs to it. The number of queries depends on no list.

Who sees what: a text that waits is seen by those who are asked or were, by who wrote or submitted it, and by
those who keep or check the descriptions (``rules.may_follow_all``). To everybody else it is not there.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from wagtail.models import Revision, TaskState

from backoffice.positions.approval import rules
from backoffice.positions.approval.approvers import Approver, Approvers, Asked
from backoffice.positions.approval.models import ApprovalStep
from backoffice.positions.approval.writing import said
from backoffice.positions.parts import PARTS

Verdict = ApprovalStep.Verdict


@dataclass(frozen=True)
class Waiting:
    """A step that waits, with who may decide now. ``changed``: the draft is no longer what was submitted."""

    step: ApprovalStep
    asked: Asked
    changed: bool

    def mine(self, user: Any) -> Approver | None:
        """Return ``user`` as an approver who can decide now, or None."""
        return None if self.changed else self.asked.as_approver(user)


def steps() -> QuerySet[ApprovalStep]:
    """Return all steps with what screens show of them; the texts of revisions are left out."""
    return (
        ApprovalStep.objects.select_related(
            "task_state__task",
            "task_state__workflow_state__workflow",
            "page__position__department",
            "submitted_by",
            "decided_by",
            "acting_for",
        )
        .defer(*(f"page__{part.name}" for part in PARTS))
        .order_by("pk")
    )


def waiting() -> list[Waiting]:
    """Return everything that waits for a decision, the longest first."""
    rows = list(steps().filter(verdict=Verdict.WAITING, task_state__status=TaskState.STATUS_IN_PROGRESS))
    if not rows:
        return []
    approvers = Approvers([row.task_state.task_id for row in rows])
    changed = _changed(rows)
    return [Waiting(row, approvers.asked_at(row), row.pk in changed) for row in rows]


def waiting_for(user: Any) -> list[Waiting]:
    """Return what ``user`` can decide now, the longest first. One query where nothing waits at all."""
    if not user.is_active:
        return []
    return [one for one in waiting() if one.mine(user) is not None]


def count_for(user: Any) -> int:
    """Return how many texts wait for ``user``."""
    return len(waiting_for(user))


def step_for(user: Any, step_uuid: uuid.UUID, roles: Iterable[str]) -> ApprovalStep | None:
    """Return the step if ``user`` may know of it, otherwise None."""
    step = steps().select_related("page__latest_revision").filter(uuid=step_uuid).first()
    if step is None or not user.is_active:
        return None
    if rules.may_follow_all(roles):
        return step
    around = ApprovalStep.objects.filter(task_state__workflow_state=step.task_state.workflow_state_id)
    if around.filter(Q(submitted_by=user) | Q(decided_by=user)).exists() or user.pk in step.barred:
        return step
    open_ones = list(steps().filter(pk__in=around.filter(verdict=Verdict.WAITING)))
    if open_ones:
        asked = Approvers([one.task_state.task_id for one in open_ones])
        if any(user in _people(asked.asked_at(one)) for one in open_ones):
            return step
    return None


def steps_for(user: Any, uuids: Collection[uuid.UUID], roles: Iterable[str]) -> list[uuid.UUID]:
    """Return those of the steps that ``step_for`` would return; a fixed number of queries."""
    found = list(steps().filter(uuid__in=uuids))
    if not user.is_active or not found:
        return []
    if rules.may_follow_all(roles):
        return [step.uuid for step in found]
    around = list(
        steps().filter(task_state__workflow_state__in={step.task_state.workflow_state_id for step in found})
    )
    asked = Approvers([step.task_state.task_id for step in around if step.verdict == Verdict.WAITING])
    known = {
        step.task_state.workflow_state_id
        for step in around
        if user.pk in (step.submitted_by_id, step.decided_by_id)
        or (step.verdict == Verdict.WAITING and user in _people(asked.asked_at(step)))
    }
    return [
        step.uuid for step in found if step.task_state.workflow_state_id in known or user.pk in step.barred
    ]


def round_of(step: ApprovalStep) -> list[ApprovalStep]:
    """Return the steps that the same submission went through, oldest first. One query."""
    return list(
        steps().filter(
            task_state__workflow_state=step.task_state.workflow_state_id,
            submitted_at=step.submitted_at,
        )
    )


def earlier(step: ApprovalStep) -> list[ApprovalStep]:
    """Return what was decided on this description before that submission, newest first. One query."""
    return list(
        steps()
        .filter(page=step.page_id, submitted_at__lt=step.submitted_at)
        .exclude(verdict=Verdict.WAITING)
        .order_by("-pk")[:20]
    )


def _people(asked: Asked) -> set[Any]:
    return {*(one.person for one in asked.approvers), *asked.ruled_out}


def _changed(rows: list[ApprovalStep]) -> set[int]:
    """Return the steps whose draft says something else by now; texts are read only where one was saved since."""
    suspects = {
        row.page.latest_revision_id: row
        for row in rows
        if row.page.latest_revision_id != row.task_state.revision_id
        or (row.page.latest_revision_created_at or row.begun_at) > row.begun_at
    }
    revisions = Revision.objects.in_bulk([pk for pk in suspects if pk is not None]) if suspects else {}
    return {
        row.pk
        for pk, row in suspects.items()
        if pk not in revisions or said(revisions[pk].content) != row.text_sha256
    }
