"""``approvals.yaml`` of a pack: how position descriptions are approved, step by step.

One file, one workflow, put on the collection of position descriptions::

    name: 岗位说明书审批
    steps:
      - name: 审批
        roles: [department_head, general_manager]
        instruction: …

Applied again, steps are found by their name; texts that wait keep waiting.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Annotated, Any

from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field
from wagtail.log_actions import LogContext
from wagtail.models import Workflow, WorkflowPage, WorkflowTask

from backoffice.positions.approval.models import FourEyesTask
from backoffice.positions.tree import index_page
from foundation.organisation.models import Role, User
from foundation.packs import registry
from foundation.packs.exceptions import PackFault
from foundation.packs.registry import PlannedChange, compare

KIND = "approval of position descriptions"
FILE = "approvals.yaml"

Name = Annotated[str, Field(min_length=1, max_length=200)]


class _Step(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    name: Name
    roles: Annotated[list[str], Field(min_length=1)]
    instruction: str = ""


class _Approval(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    name: Name
    steps: Annotated[list[_Step], Field(min_length=1)]


class ApprovalLoader:
    """Reads and writes the workflow of the collection page."""

    def plan(self, path: PurePosixPath, data: dict[str, Any], *, by: User) -> list[PlannedChange]:
        """Return the one change that applying this file would be."""
        wanted = _Approval.model_validate(data).model_dump()
        for step in wanted["steps"]:
            step["roles"].sort()  # any of them decides: their order says nothing
        return [compare(KIND, wanted["name"], _present(), wanted)]

    def apply(self, path: PurePosixPath, data: dict[str, Any], *, by: User) -> list[PlannedChange]:
        """Make or change the workflow, and put it on the collection page."""
        planned = self.plan(path, data, by=by)
        if planned[0].action == "unchanged":
            return planned
        wanted = _Approval.model_validate(data)
        known = {role.key: role for role in Role.objects.all()}
        with LogContext(user=by):
            workflow = Workflow.objects.filter(name=wanted.name).first() or Workflow(name=wanted.name)
            workflow.active = True
            workflow.save()
            steps = {step.task.name: step for step in workflow.workflow_tasks.select_related("task")}
            for place, step in enumerate(wanted.steps):
                missing = [key for key in step.roles if key not in known]
                if missing:
                    raise PackFault(
                        _("There is no role %(key)s.") % {"key": missing[0]}, ("steps", place, "roles")
                    )
                kept = steps.pop(step.name, None)
                task = FourEyesTask.objects.filter(pk=kept.task_id).first() if kept is not None else None
                task = task or FourEyesTask(name=step.name)
                task.active, task.instruction = True, step.instruction
                task.save()
                task.roles.set([known[key] for key in step.roles])
                WorkflowTask.objects.update_or_create(
                    workflow=workflow, task=task, defaults={"sort_order": place}
                )
            for gone in steps.values():
                gone.delete()
            WorkflowPage.objects.update_or_create(page=index_page(), defaults={"workflow": workflow})
        return planned

    def export(self) -> Iterable[tuple[str, dict[str, Any]]]:
        """Yield the one file, where an approval with four eyes is set up."""
        if present := _present():
            yield (
                FILE,
                {
                    **present,
                    "steps": [{k: v for k, v in step.items() if v} for step in present["steps"]],
                },
            )


def register() -> None:
    """Let packs hold the approval."""
    registry.register("approvals", ApprovalLoader())


def _present() -> dict[str, Any] | None:
    """Return the workflow of the collection page in the form of a file; None without one of ours."""
    row = (
        WorkflowPage.objects.filter(page=index_page(), workflow__active=True)
        .select_related("workflow")
        .first()
    )
    if row is None:
        return None
    tasks = list(row.workflow.tasks.filter(active=True))
    ours = FourEyesTask.objects.prefetch_related("roles").in_bulk([task.pk for task in tasks])
    if not tasks or len(ours) != len(tasks):
        return None
    return {
        "name": row.workflow.name,
        "steps": [
            {
                "name": ours[task.pk].name,
                "roles": sorted(role.key for role in ours[task.pk].roles.all()),
                "instruction": ours[task.pk].instruction,
            }
            for task in tasks
        ],
    }
