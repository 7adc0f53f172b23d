"""Who may decide on a text, and why they: roles of the task, resolved for the described post, less those who wrote.

Nothing here writes. The number of queries of ``Approvers`` depends on neither texts nor people.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from wagtail.models import Task

from backoffice.positions.approval.models import ApprovalStep, FourEyesTask
from backoffice.positions.approval.writing import is_as_submitted
from foundation.organisation.models import User
from foundation.organisation.resolution import Resolver, RoleContext

WORKFLOW = "position_approval"
"""What deputies for some workflows only are named for."""


@dataclass(frozen=True)
class Approver:
    """Somebody who may decide; ``acting_for`` is who they deputise for, nobody when they are asked themselves."""

    person: User
    acting_for: User | None = None


@dataclass(frozen=True)
class Asked:
    """Who may decide, whom four eyes rule out, and how the roles were resolved."""

    approvers: tuple[Approver, ...]
    ruled_out: tuple[User, ...]
    explanations: tuple[dict[str, Any], ...] = field(default=())

    def as_approver(self, user: Any) -> Approver | None:
        """Return ``user`` as one of the approvers, or None."""
        return next((one for one in self.approvers if one.person == user), None)

    @property
    def names(self) -> str:
        """The approvers' names, for a sentence."""
        return "、".join(str(one.person) for one in self.approvers)


class Approvers:
    """Resolves many steps at once."""

    def __init__(self, tasks: Iterable[int]) -> None:
        self._ids = sorted(set(tasks))
        self._resolver = Resolver(workflow=WORKFLOW)

    @cached_property
    def _tasks(self) -> Mapping[int, Any]:
        four_eyes = FourEyesTask.objects.filter(pk__in=self._ids).prefetch_related("roles")
        found: dict[int, Any] = {task.pk: task for task in four_eyes}
        others = [pk for pk in self._ids if pk not in found]
        if others:
            found.update({task.pk: task for task in Task.objects.filter(pk__in=others).specific()})
        return found

    def asked(self, task_id: int, position: Any, *, submitter: User | None, barred: Collection[int]) -> Asked:
        """Return who may decide at the task on the description of ``position``."""
        task = self._tasks[task_id]
        if not isinstance(task, FourEyesTask):
            return _of_groups(task, barred)
        context = RoleContext(
            submitter=submitter,
            department=position.department if position is not None else None,
            position=position,
        )
        approvers: dict[int, Approver] = {}
        ruled_out: dict[int, User] = {}
        explanations = []
        for role in task.roles.all():
            resolution = self._resolver.resolve(role.key, context)
            explanations.append({**resolution.explanation, "name": role.name, "name_en": role.name_en})
            people = {person.pk: person for person in resolution.people}
            named = {row["id"] for row in resolution.explanation["candidates"]}
            stands_for = [
                (row["id"], row["for"])
                for row in resolution.explanation["deputies"]
                # Nobody approves their own text through somebody who acts for them.
                if row["for"] not in barred
            ]
            for pk, person in people.items():
                if pk in barred:
                    ruled_out[pk] = person
                elif pk in named:
                    approvers[pk] = Approver(person)
                elif principal := next((whom for who, whom in stands_for if who == pk), None):
                    approvers.setdefault(pk, Approver(person, people[principal]))
        return Asked(tuple(approvers.values()), tuple(ruled_out.values()), tuple(explanations))

    def asked_at(self, step: ApprovalStep) -> Asked:
        """Return who may decide on ``step``."""
        return self.asked(
            step.task_state.task_id,
            step.page.position,
            submitter=step.submitted_by,
            barred=step.barred,
        )


def asked_at(step: ApprovalStep) -> Asked:
    """Return who may decide on one step."""
    return Approvers([step.task_state.task_id]).asked_at(step)


def may_decide_on(page: Any, user: Any) -> bool:
    """Whether ``user`` may decide on the text of ``page`` that waits now."""
    step = waiting_step(page)
    return (
        step is not None
        and asked_at(step).as_approver(user) is not None
        and is_as_submitted(step.page, step.text_sha256)
    )


def waiting_step(page: Any) -> ApprovalStep | None:
    """Return the step at which ``page`` waits now."""
    return (
        ApprovalStep.objects.filter(
            page_id=page.pk, verdict=ApprovalStep.Verdict.WAITING, task_state__status="in_progress"
        )
        .select_related(
            "task_state__task",
            "task_state__workflow_state__workflow",
            "page__position__department",
            "page__latest_revision",
            "submitted_by",
        )
        .order_by("-pk")
        .first()
    )


def would_be_asked(page: Any, submitter: User | None, barred: Collection[int]) -> list[tuple[Any, Asked]]:
    """Return each step of the workflow of ``page`` with who would decide there."""
    workflow = page.get_workflow()
    if workflow is None:
        return []
    tasks = list(workflow.tasks.filter(active=True))
    approvers = Approvers([task.pk for task in tasks])
    return [
        (task, approvers.asked(task.pk, page.position, submitter=submitter, barred=barred)) for task in tasks
    ]


def _of_groups(task: Any, barred: Collection[int]) -> Asked:
    """Return who may decide at a task of Wagtail's own: the members of its groups."""
    groups = getattr(task, "groups", None)
    if groups is None:
        return Asked((), ())
    members = list(User.objects.filter(is_active=True, groups__in=groups.all()).distinct().order_by("pk"))
    return Asked(
        tuple(Approver(person) for person in members if person.pk not in barred),
        tuple(person for person in members if person.pk in barred),
    )
