"""Reading cases. Each query names whose eyes it is for; the number of statements does not grow with the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from foundation.editions.models import Edition
from foundation.organisation.models import Department, Holding, RoleBinding, User
from foundation.organisation.resolution import roles_of
from workflows import rules
from workflows.definitions import definition_of, edition_in_force
from workflows.exceptions import CaseNotFound
from workflows.machine import machine_of
from workflows.models import Case
from workflows.schema import Transition

NOBODY = Q(pk__in=[])


@dataclass(frozen=True)
class Standing:
    """Where a person stands towards cases in general: the roles of their posts, and what relation roles mean in SQL."""

    user: User
    roles: frozenset[str]
    relations: dict[str, Q]

    def condition(self, roles: Iterable[str]) -> Q | None:
        """Return what makes one of ``roles`` this person's: an empty Q for always, None for never."""
        wanted = set(roles)
        if wanted & self.roles:
            return Q()
        matching = [self.relations[role] for role in sorted(wanted) if role in self.relations]
        if not matching:
            return None
        found = NOBODY
        for condition in matching:
            found |= condition
        return found


def standing_of(user: User) -> Standing:
    """Return the person's standing today (four queries)."""
    return Standing(user=user, roles=roles_of(user), relations=_relations_of(user))


def _relations_of(user: User) -> dict[str, Q]:
    """Return, per role bound to a relation, the cases towards which the person holds it."""
    posts = list(Holding.objects.on().filter(person=user).select_related("position"))
    headed = [post.position.department_id for post in posts if post.position.heads_department]
    led = [post.position_id for post in posts]
    conditions = {
        RoleBinding.Relation.SUBMITTER: Q(submitted_by=user),
        RoleBinding.Relation.ASSIGNEE: Q(assignee=user),
        RoleBinding.Relation.CASE_DEPARTMENT_HEAD: Q(department__in=_with_parts(headed)),
        RoleBinding.Relation.DEPARTMENT_HEAD: Q(
            submitted_by__holdings__position__department__in=_with_parts(headed)
        ),
        RoleBinding.Relation.LINE_MANAGER: Q(submitted_by__holdings__position__superiors__in=led),
    }
    bound = RoleBinding.objects.exclude(relation="").values_list("role__key", "relation")
    found: dict[str, Q] = {}
    for role, relation in bound:
        condition = conditions[RoleBinding.Relation(relation)]
        found[role] = found[role] | condition if role in found else condition
    return found


def _with_parts(departments: Iterable[int]) -> set[int]:
    """Return the departments together with every department that is part of them."""
    reached = set(departments)
    if not reached:
        return reached
    children: dict[int, list[int]] = {}
    for child, parent in Department.objects.exclude(parent=None).values_list("pk", "parent_id"):
        children.setdefault(parent, []).append(child)
    waiting = list(reached)
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in reached:
                reached.add(child)
                waiting.append(child)
    return reached


def _workflow_editions() -> list[Edition]:
    return list(Edition.objects.filter(kind=Edition.Kind.WORKFLOW))


def cases_visible_to(user: User) -> QuerySet[Case]:
    """Return the cases the person may know of, newest first."""
    return _cases_where(user, lambda edition: [(Q(), definition_of(edition).access.sees)])


def inbox_of(user: User) -> QuerySet[Case]:
    """Return the cases in which a step is this person's to take now, the one that waits longest first."""

    def open_steps(edition: Edition) -> list[tuple[Q, tuple[str, ...]]]:
        definition = definition_of(edition)
        final = {state.id for state in definition.states if state.category == "final"}
        return [
            (Q(state__in=[state for state in step.source if state not in final]), step.roles)
            for step in definition.transitions
        ]

    return _cases_where(user, open_steps).order_by("changed_at", "id")


def _cases_where(user: User, demands: Callable[[Edition], list[tuple[Q, tuple[str, ...]]]]) -> QuerySet[Case]:
    standing = standing_of(user)
    wanted = NOBODY
    for edition in _workflow_editions():
        for states, roles in demands(edition):
            condition = standing.condition(roles)
            if condition is not None:
                wanted |= Q(edition=edition) & states & condition
    matching = Case.objects.filter(wanted).values("pk")
    return Case.objects.filter(pk__in=matching).select_related(
        "edition", "assignee", "submitted_by", "department"
    )


def case_for(user: User, case_uuid: UUID) -> Case:
    """Return one case with what its page shows; ``CaseNotFound`` when there is none or none for this person."""
    try:
        case = Case.objects.select_related(
            "edition", "assignee", "submitted_by", "department", "submission__edition"
        ).get(uuid=case_uuid)
    except Case.DoesNotExist:
        raise CaseNotFound from None
    rules.check_may_see(case, user)
    return case


def transitions_open_to(case: Case, user: User) -> list[Transition]:
    """Return the steps this person may take from where the case stands, the primary one first.

    Guards are not looked at: they speak of answers that are given with the step.
    """
    return [step for step in machine_of(case).leaving(case.state) if rules.may_take(case, step, user)]


def workflow_for_form(form_key: str) -> str | None:
    """Return the key of the workflow in force today whose cases open from the form, or None."""
    keys = Edition.objects.filter(kind=Edition.Kind.WORKFLOW).values_list("key", flat=True).distinct()
    for key in sorted(keys):
        edition = edition_in_force(key)
        if edition is not None and definition_of(edition).form == form_key:
            return key
    return None
