"""Which approval stands on which pages, as events of the record: assigned, taken away, other steps, other roles.

Wagtail's admin has several screens for it (assigning on the workflow, removing on the page, switching a workflow
off, editing a task), packs write it too, and all of them end in Wagtail's own rows. So this stands at the signals
of those rows: what is in effect afterwards is compared with what the record says last, and a difference is one
event, ``approval_rules_changed``, with whoever acts.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.log_actions import get_active_log_context
from wagtail.models import GroupApprovalTask, Workflow, WorkflowPage, WorkflowTask

from backoffice.positions.approval.models import FourEyesTask
from foundation.audit.queries import events_of
from foundation.audit.services import Actor, FieldChange, append, next_version
from foundation.audit.trails import Subject, TrailChange, TrailEntry, TrailKind, register_trail

STREAM = "approval-rules"
KIND = "approval_rules_changed"


def connect() -> None:
    """Follow what decides which approval stands where; let auditors look it up."""
    for sender in (WorkflowPage, WorkflowTask, Workflow, FourEyesTask, GroupApprovalTask):
        name = f"positions.approval.assignment.{sender.__name__}"
        post_save.connect(_changed, sender=sender, dispatch_uid=name)
        post_delete.connect(_changed, sender=sender, dispatch_uid=name)
    m2m_changed.connect(
        _roles_changed, sender=FourEyesTask.roles.through, dispatch_uid="positions.approval.assignment.roles"
    )
    register_trail(
        TrailKind(STREAM, gettext_lazy("Approval of position descriptions"), _find, _subject_of, _entries)
    )


def in_effect() -> dict[str, dict[str, Any]]:
    """Return by page what stands on it: its workflow, the steps with the roles that decide. Three queries."""
    rows = WorkflowPage.objects.filter(workflow__active=True).select_related("page", "workflow")
    steps: dict[int, list[str]] = {}
    roles = {
        task.pk: sorted(role.key for role in task.roles.all())
        for task in FourEyesTask.objects.prefetch_related("roles")
    }
    for step in WorkflowTask.objects.filter(task__active=True).select_related("task"):
        deciding = ", ".join(roles.get(step.task_id, ()))
        steps.setdefault(step.workflow_id, []).append(
            f"{step.task.name} ({deciding})" if deciding else step.task.name
        )
    return {
        f"page.{row.page_id}": {
            "page": row.page.title,
            "workflow": row.workflow.name,
            "steps": steps.get(row.workflow_id, []),
        }
        for row in rows
    }


def _changed(raw: bool = False, **kwargs: Any) -> None:
    if not raw:
        record()


def _roles_changed(action: str, **kwargs: Any) -> None:
    if action.startswith("post_"):
        record()


@transaction.atomic
def record() -> None:
    """Write down what stands where now, if the record says otherwise."""
    version = next_version(STREAM)  # first: nobody else writes down the same until this is there
    known = _recorded()
    now = in_effect()
    changes = [
        FieldChange(path, known.get(path), now.get(path), STREAM)
        for path in sorted({*known, *now})
        if known.get(path) != now.get(path)
    ]
    if changes:
        user = get_active_log_context().user
        append(
            stream=STREAM,
            version=version,
            kind=KIND,
            actor=Actor.of(user) if user is not None and user.pk else Actor.system("wagtail"),
            changes=changes,
        )


def _recorded() -> dict[str, Any]:
    known: dict[str, Any] = {}
    for event in events_of(STREAM):
        known |= {change.path: change.after for change in event.changes}
    return {path: said for path, said in known.items() if said is not None}


# --- for auditors -------------------------------------------------------------------------------------------


def _find(words: str) -> list[Subject]:
    subject = _subject()
    return [subject] if all(word in subject.title for word in words.split()) else []


def _subject_of(key: str) -> Subject | None:
    return _subject() if key == STREAM else None


def _subject() -> Subject:
    return Subject(STREAM, _("Which approval stands where"), (STREAM,))


def _entries(key: str) -> list[TrailEntry]:
    return [
        TrailEntry(
            at=event.at,
            who=event.actor,
            what=_("Rules of approval changed"),
            changes=[
                TrailChange(_title(change.before, change.after), _text(change.before), _text(change.after))
                for change in event.changes
            ],
            proof=event.hash,
            version=event.version,
        )
        for event in events_of(STREAM)
    ]


def _title(*sides: Any) -> str:
    return next((str(side["page"]) for side in reversed(sides) if side), "")


def _text(said: Any) -> str | None:
    return f"{said['workflow']}: {' → '.join(said['steps'])}" if said else None
