"""Reading cases. Each query names whose eyes it is for; the number of statements does not grow with the rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from foundation.editions.models import Edition
from foundation.editions.queries import all_in_force
from foundation.organisation.models import Deputy, RoleBinding, User
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
        self._user = user
        self._bound = bound
        self._reach = Reach(user, workflow)
        self._conditions: dict[str, Q] = {}

    @property
    def principals(self) -> frozenset[int]:
        """The ids of those for whom the person acts."""
        return self._reach.acts_for - {self._user.pk}

    def condition(self, roles: Iterable[str]) -> Q | None:
        """Return what makes one of ``roles`` this person's: an empty Q for always, None for never."""
        ways = self.ways(roles)
        if ways == [Q()]:
            return Q()
        return any_of(ways) if ways else None

    def ways(self, roles: Iterable[str]) -> list[Q]:
        """Return the same as conditions of one column each, any of which is enough: an empty Q alone for always."""
        wanted = set(roles)
        if wanted & self.roles:
            return [Q()]
        # A role that nobody bound means the relation of its name.
        relations = {
            relation for role in wanted for relation in self._bound.get(role, {role} & set(Relation.values))
        }
        return [self._towards(relation) for relation in sorted(relations)]

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


class Standings:
    """Where a person stands towards the cases of each workflow. Workflows no deputy is named for share one answer, so
    that the number of queries does not grow with the workflows there are.
    """

    def __init__(self, user: User) -> None:
        """Take the person, and read what is the same for all workflows."""
        self._user = user
        self._bound = _bound_relations()
        limited = Deputy.objects.on(timezone.localdate()).exclude(workflows=[])
        self._named = {key for keys in limited.values_list("workflows", flat=True) for key in keys}
        self._known: dict[str, Standing] = {}

    def of(self, workflow: str) -> Standing:
        """Return the answer for one workflow."""
        key = workflow if workflow in self._named else ""
        if key not in self._known:
            self._known[key] = Standing(self._user, key, self._bound)
        return self._known[key]


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


@dataclass(frozen=True)
class Sight:
    """Which cases are for a person's eyes: all that ``wanted`` says.

    ``ways`` are conditions of one column each; whatever ``wanted`` says meets one of them. Lists read them one by one,
    each from its index (``workflows.lists``). ``everything``: there is no case that is not. ``workflows``: the keys of
    those of which there may be cases; ``by_role``: of those where a role lets them see every case; ``personal``: the
    ways that are not by role.
    """

    wanted: Q
    ways: tuple[Q, ...]
    everything: bool
    workflows: frozenset[str]
    by_role: frozenset[str]
    personal: tuple[Q, ...]

    def cases(self) -> QuerySet[Case]:
        """Return them, newest first."""
        found = Case.objects.all() if self.everything else Case.objects.filter(self.wanted)
        return found.select_related("edition", "assignee", "submitted_by", "department")


def cases_visible_to(user: User) -> QuerySet[Case]:
    """Return the cases the person may know of, newest first."""
    return sight_of(user).cases()


def sight_of(user: User) -> Sight:
    """Return which cases the person may know of."""
    return _sight(user)


def knows(sight: Sight, workflow: str) -> bool:
    """Whether whoever's sight it is may know what a workflow asks: a role lets them see all its cases, or there is one
    they see. At most one query for each way in which cases are theirs.
    """
    if workflow in sight.by_role:
        return True
    rows = Case.objects.filter(sight.wanted, workflow=workflow).order_by()
    return any(rows.filter(way).exists() for way in sight.personal)


def inbox_of(user: User) -> QuerySet[Case]:
    """Return the cases the person sees in which a step is theirs to take now, the one that waits longest first."""
    return inbox_sight(user).cases().order_by("changed_at", "id")


def inbox_sight(user: User) -> Sight:
    """Return which cases wait for a step or a decision of the person; none of them is closed."""

    def open_steps(edition: Edition) -> list[tuple[Q, tuple[str, ...]]]:
        definition = definition_of(edition)
        final = {state.id for state in definition.states if state.category == "final"}
        return [
            (Q(state__in=[state for state in step.source if state not in final]), step.roles)
            for step in definition.transitions
        ]

    return _sight(user, open_steps, waiting=True)


def _concerning(user: User, kinds: Collection[str], workflows: Collection[str], standings: Standings) -> Q:
    """Return the cases of the approvals the person is asked in (or acts for somebody who is), or those of ``kinds``."""
    if not user.is_active:
        return NOBODY
    own = Q(pk__in=Concern.objects.filter(person=user, kind__in=kinds).values("case"))
    if Concern.Kind.ASKED not in kinds:
        return own
    acting: dict[frozenset[int], list[str]] = {}
    for workflow in workflows:
        if principals := standings.of(workflow).principals:
            acting.setdefault(principals, []).append(workflow)
    for principals, keys in acting.items():
        asked = Concern.objects.filter(person__in=principals, kind=Concern.Kind.ASKED)
        own |= Q(workflow__in=keys, pk__in=asked.values("case"))
    return own


def decisions_waiting_for(user: User, standings: Standings | None = None) -> QuerySet[Case]:
    """Return the cases that wait for the person's decision, for themselves or as a deputy, the oldest first; not
    those that are their own matter.
    """
    standings = standings or Standings(user)
    kind = Edition.Kind.WORKFLOW
    keys = sorted(set(Edition.objects.filter(kind=kind).order_by().values_list("key", flat=True)))
    own = Q(submitted_by=user) | Q(submission__submitted_by=user) | Q(submission__on_behalf_of=user)
    return (
        Case.objects.filter(_concerning(user, [Concern.Kind.ASKED], keys, standings))
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
    standings = Standings(user) if asked else None
    for workflow, roles in sorted(asked):
        condition = standings.of(workflow).condition(roles) if standings else None
        if condition is not None:
            theirs = Case.objects.filter(condition, workflow=workflow, pk=OuterRef("case_id")).order_by()
            wanted |= Q(Exists(theirs), roles=list(roles))
    if not wanted.children:
        return ChildOrder.objects.none()
    # Asked of each order by itself: whoever sees every case would have them all read for a few orders.
    seen = Exists(cases_visible_to(user).order_by().filter(pk=OuterRef("case_id")))
    return waiting.filter(wanted).filter(seen).select_related("case__edition").order_by("ordered_at", "id")


def _sight(user: User, demands: Demands | None = None, *, waiting: bool = False) -> Sight:
    """Return the cases the person sees; with ``demands``, those that meet one of them as well, and with ``waiting``
    also those that wait for their decision.
    """
    standings, editions = Standings(user), _workflow_editions()
    wanted, held, ways = NOBODY, NOBODY, []
    all_of: list[Edition] = []
    told: set[str] = set()
    by_role: set[str] = set()
    alike: list[tuple[Q, list[Edition]]] = []
    keys = {edition.key for edition in editions}
    for edition in editions:
        standing = standings.of(edition.key)
        sees = definition_of(edition).access.sees
        condition = standing.condition(sees)
        if condition is None:
            continue
        asked = [(Q(), sees)] if demands is None else demands(edition)
        if demands is not None:
            condition &= any_of(
                states & theirs
                for states, roles in asked
                if (theirs := standing.condition(roles)) is not None
            )
        for states, roles in asked:
            for way in standing.ways(roles):
                told.add(edition.key)
                if way != Q():
                    ways.append(way)
                    continue
                by_role.add(edition.key)
                if demands is None:
                    all_of.append(edition)
                else:
                    held |= Q(edition=edition) & states
        same = next((some for one, some in alike if one == condition), None)
        if same is None:
            alike.append((condition, [edition]))
        else:
            same.append(edition)
    for condition, some in alike:
        wanted |= Q(edition__in=[edition.pk for edition in some]) & condition
    if all_of:
        held = Q(edition__in=[edition.pk for edition in all_of])
    if demands is None:
        extra = _concerning(user, Concern.Kind.values, keys, standings)
    else:
        extra = (
            Q(pk__in=decisions_waiting_for(user, standings).order_by().values("pk")) if waiting else NOBODY
        )
    if extra != NOBODY:
        wanted |= extra
        ways.append(extra)
        told |= keys
    everything = demands is None and bool(editions) and len(all_of) == len(editions)
    personal: list[Q] = []
    for way in ways:
        if way not in personal:
            personal.append(way)
    walked = (*((held,) if held != NOBODY else ()), *personal)
    return Sight(wanted, walked, everything, frozenset(told), frozenset(by_role), tuple(personal))


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
