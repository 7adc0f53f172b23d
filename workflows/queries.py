"""Reading cases. Each query names whose eyes it is for; the number of statements does not grow with the rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from uuid import UUID

from django.db.models import Q, QuerySet

from foundation.editions.models import Edition
from foundation.editions.queries import all_in_force
from foundation.organisation.models import RoleBinding, User
from foundation.organisation.resolution import Reach, roles_of
from workflows import rules
from workflows.definitions import definition_of
from workflows.exceptions import CaseNotFound
from workflows.machine import machine_of
from workflows.models import Case, ChildOrder, Concern
from workflows.schema import Transition

Relation = RoleBinding.Relation
NOBODY = Q(pk__in=[])
Demands = Callable[[Edition], list[tuple[Q, tuple[str, ...]]]]
"""Per edition: which states, and the roles one of which must be the person's there."""


class Standing:
    """Where a person stands towards the cases of one workflow: which of them a role makes theirs, in SQL.

    The same answers as ``rules.holds_any`` gives for one case; asked once, whatever the number of cases.
    """

    def __init__(self, user: User, workflow: str, bound: Mapping[str, Collection[str]]) -> None:
        """Take the person, the workflow (for deputies), and the relations each bound role means."""
        self.roles = roles_of(user, workflow=workflow)
        self._bound = bound
        self._reach = Reach(user, workflow)
        self._conditions: dict[str, Q] = {}

    def condition(self, roles: Iterable[str]) -> Q | None:
        """Return what makes one of ``roles`` this person's: an empty Q for always, None for never."""
        wanted = set(roles)
        if wanted & self.roles:
            return Q()
        # A role that nobody bound means the relation of its name.
        relations = {
            relation for role in wanted for relation in self._bound.get(role, {role} & set(Relation.values))
        }
        return any_of(self._towards(relation) for relation in sorted(relations)) if relations else None

    def _towards(self, relation: str) -> Q:
        """Return the cases towards which the person stands in ``relation``, themselves or as a deputy."""
        if relation not in self._conditions:
            reach = self._reach
            self._conditions[relation] = {
                Relation.SUBMITTER: lambda: Q(submitted_by__in=reach.acts_for),
                Relation.ASSIGNEE: lambda: Q(assignee__in=reach.acts_for),
                Relation.CASE_DEPARTMENT_HEAD: lambda: Q(department__in=reach.departments),
            }.get(Relation(relation), lambda: Q(submitted_by__in=reach.submitters(relation)))()
        return self._conditions[relation]


def any_of(conditions: Iterable[Q]) -> Q:
    """Return what is true when one of ``conditions`` is; of none, never."""
    found = NOBODY
    for condition in conditions:
        found |= condition
    return found


def _bound_relations() -> dict[str, set[str]]:
    """Return, per role that is bound to anything, the relations among what it is bound to."""
    bound: dict[str, set[str]] = {}
    for role, relation in RoleBinding.objects.values_list("role__key", "relation"):
        bound.setdefault(role, set()).update({relation} if relation else ())
    return bound


def _workflow_editions() -> list[Edition]:
    return list(Edition.objects.filter(kind=Edition.Kind.WORKFLOW).defer("body"))


def cases_visible_to(user: User) -> QuerySet[Case]:
    """Return the cases the person may know of, newest first."""
    return _cases_where(user)


def inbox_of(user: User) -> QuerySet[Case]:
    """Return the cases the person sees in which a step is theirs to take now, the one that waits longest first."""

    def open_steps(edition: Edition) -> list[tuple[Q, tuple[str, ...]]]:
        definition = definition_of(edition)
        final = {state.id for state in definition.states if state.category == "final"}
        return [
            (Q(state__in=[state for state in step.source if state not in final]), step.roles)
            for step in definition.transitions
        ]

    return _cases_where(user, open_steps, waiting=True).order_by("changed_at", "id")


def _concerning(user: User, kinds: Collection[str], workflows: Collection[str]) -> Q:
    """Return the cases of the approvals the person is asked in (or acts for somebody who is), or those of ``kinds``."""
    if not user.is_active:
        return NOBODY
    own = Q(pk__in=Concern.objects.filter(person=user, kind__in=kinds).values("case"))
    if Concern.Kind.ASKED not in kinds:
        return own
    for workflow in workflows:
        if principals := rules.principals_of(user, workflow):
            asked = Concern.objects.filter(person__in=principals, kind=Concern.Kind.ASKED)
            own |= Q(workflow=workflow, pk__in=asked.values("case"))
    return own


def decisions_waiting_for(user: User) -> QuerySet[Case]:
    """Return the cases that wait for the person's decision, for themselves or as a deputy, the oldest first; not
    those that are their own matter.
    """
    keys = {edition.key for edition in _workflow_editions()}
    own = Q(submitted_by=user) | Q(submission__submitted_by=user) | Q(submission__on_behalf_of=user)
    return (
        Case.objects.filter(_concerning(user, [Concern.Kind.ASKED], keys))
        .exclude(own)
        .select_related("edition", "assignee", "submitted_by", "department")
        .order_by("changed_at", "id")
    )


def orders_asked_of(user: User) -> QuerySet[ChildOrder]:
    """Return the cases that steps of cases the person sees ask them to open, for themselves or as a deputy, what has
    waited longest first.
    """
    waiting = ChildOrder.objects.filter(child=None, dropped_at=None).exclude(roles=[])
    asked = {
        (workflow, tuple(roles))
        for workflow, roles in waiting.values_list("case__workflow", "roles").distinct()
    }
    wanted = NOBODY
    bound = _bound_relations() if asked else {}
    standings: dict[str, Standing] = {}
    for workflow, roles in sorted(asked):
        if workflow not in standings:
            standings[workflow] = Standing(user, workflow, bound)
        condition = standings[workflow].condition(roles)
        if condition is not None:
            theirs = Case.objects.filter(condition, workflow=workflow).values("pk")
            wanted |= Q(case__in=theirs, roles=list(roles))
    if not wanted.children:
        return ChildOrder.objects.none()
    seen = cases_visible_to(user).values("pk")
    return waiting.filter(wanted, case__in=seen).select_related("case__edition").order_by("ordered_at", "id")


def _cases_where(user: User, demands: Demands | None = None, *, waiting: bool = False) -> QuerySet[Case]:
    """Return the cases the person sees; with ``demands``, those that meet one of them as well, and with ``waiting``
    also those that wait for their decision.
    """
    bound = _bound_relations()
    standings: dict[str, Standing] = {}
    wanted = NOBODY
    for edition in _workflow_editions():
        if edition.key not in standings:
            standings[edition.key] = Standing(user, edition.key, bound)
        standing = standings[edition.key]
        condition = standing.condition(definition_of(edition).access.sees)
        if condition is None:
            continue
        if demands is not None:
            condition &= any_of(
                states & theirs
                for states, roles in demands(edition)
                if (theirs := standing.condition(roles)) is not None
            )
        wanted |= Q(edition=edition) & condition
    if demands is None:
        wanted |= _concerning(user, Concern.Kind.values, standings)
    elif waiting:
        wanted |= Q(pk__in=decisions_waiting_for(user).values("pk"))
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
    acting = rules.Acting(user, case.workflow)
    return [
        step
        for step in machine_of(case).leaving(case.state)
        if step.roles and rules.may_take(case, step, acting) and not rules.takes_alone(case, step, user)
    ]


def workflow_for_form(form_key: str) -> str | None:
    """Return the key of the workflow in force today whose cases open from the form, or None."""
    for edition in all_in_force(Edition.Kind.WORKFLOW):
        if definition_of(edition).form == form_key:
            return edition.key
    return None
