"""From a role to the people who have it here and now, with the reasons. Nothing here writes.

A role is bound to positions (their holders, acting ones too), to groups (their members) and to relations
(who submitted it, the line manager …). Accounts that are switched off never count. Whoever has a deputy
in force stays named, and the deputy is named beside them, "for" them.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import BigAutoField, DateField, Q, QuerySet
from django.utils import timezone

from foundation.organisation.deputising import DeputiesInForce
from foundation.organisation.models import Department, Holding, Position, RoleBinding, User
from foundation.prepared import PreparedAmong, Slot

Relation = RoleBinding.Relation


@dataclass(frozen=True)
class RoleContext:
    """What the relations are relations to. ``department`` is the case's; without ``day`` it is today.

    With ``position`` the matter is about a post: line manager and department head are those of that post, not
    the submitter's own (who is still passed over).
    """

    submitter: User | None = None
    assignee: User | None = None
    department: Department | None = None
    position: Position | None = None
    workflow: str = ""
    day: datetime.date | None = None


@dataclass(frozen=True)
class Resolution:
    """Who has the role, those bound to it first, then their deputies.

    ``explanation`` can be stored as JSON and says: ``role``, ``day``, ``workflow``; ``rules``, each with
    what it is (``position``, ``group`` or ``relation``), the ``steps`` a relation went and the ids of the
    ``people`` it named; ``candidates``; ``absent`` with the ``reason`` (``inactive``, ``deputised``);
    ``deputies`` with ``for`` whom and ``via`` whom.
    """

    people: tuple[User, ...]
    explanation: dict[str, Any]


def resolve(role_key: str, context: RoleContext) -> Resolution:
    """Return who has the role in this context, and why.

    A role that nobody made but that is called like a relation (``assignee``) means that relation. The
    number of queries depends on the kinds of binding of the role, never on the number of people,
    positions or departments.
    """
    day = context.day or timezone.localdate()
    bindings = list(
        RoleBinding.objects.filter(role__key=role_key).select_related("position", "group").order_by("id")
    )
    members = _members([binding.group_id for binding in bindings if binding.group_id is not None])
    rules = _matched_rules(role_key, bindings, context, _Posts(day), members)
    return _resolved(role_key, context, day, rules, DeputiesInForce(day, context.workflow))


class Resolver:
    """The same for many contexts of one day: the number of queries depends on nothing but the kinds of binding."""

    def __init__(self, day: datetime.date | None = None, workflow: str = "") -> None:
        self.day = day or timezone.localdate()
        self.workflow = workflow
        self._posts = _EveryPost(self.day)

    def resolve(self, role_key: str, context: RoleContext) -> Resolution:
        """Return what ``resolve`` returns; day and workflow are those of the resolver."""
        rules = _matched_rules(
            role_key, self._bindings.get(role_key, []), context, self._posts, self._everybody
        )
        context = dataclasses.replace(context, workflow=self.workflow)
        return _resolved(role_key, context, self.day, rules, self._deputies)

    @cached_property
    def _bindings(self) -> dict[str, list[RoleBinding]]:
        found: dict[str, list[RoleBinding]] = {}
        for binding in RoleBinding.objects.select_related("role", "position", "group").order_by("id"):
            found.setdefault(binding.role.key, []).append(binding)
        return found

    @cached_property
    def _everybody(self) -> dict[int, list[User]]:
        rows = [binding for bindings in self._bindings.values() for binding in bindings]
        return _members([row.group_id for row in rows if row.group_id is not None])

    @cached_property
    def _deputies(self) -> DeputiesInForce:
        return DeputiesInForce(self.day, self.workflow)


def _resolved(
    role_key: str,
    context: RoleContext,
    day: datetime.date,
    rules: list[_Rule],
    deputies: DeputiesInForce,
) -> Resolution:
    candidates = _once([person for rule in rules for person in rule.people])
    acting = [person for person in candidates if person.is_active]
    stand_ins = deputies.of(acting)
    deputised = {stand_in.principal.pk for stand_in in stand_ins}
    absent = [
        {**_named(person), "reason": "deputised" if person.is_active else "inactive"}
        for person in candidates
        if person.pk in deputised or not person.is_active
    ]
    people = _once([*acting, *(stand_in.deputy for stand_in in stand_ins)])
    explanation = {
        "role": role_key,
        "day": day.isoformat(),
        "workflow": context.workflow,
        "department": context.department.code if context.department else None,
        "rules": [rule.told() for rule in rules],
        "candidates": [_named(person) for person in candidates],
        "absent": absent,
        "deputies": [
            {
                **_named(stand_in.deputy),
                "for": stand_in.principal.pk,
                "for_name": _name(stand_in.principal),
                "via": [person.pk for person in stand_in.via],
            }
            for stand_in in stand_ins
        ],
    }
    return Resolution(tuple(people), explanation)


def holds_role(user: User, role_key: str, context: RoleContext) -> bool:
    """Whether ``user`` has the role in this context, as a deputy or otherwise."""
    return bool(user.is_active) and user in resolve(role_key, context).people


def roles_of(user: User, day: datetime.date | None = None, workflow: str = "") -> frozenset[str]:
    """Return the keys of the roles that ``user`` has by position and group on ``day``, with two queries.

    Roles of those for whom they deputise count too: in all workflows, and with ``workflow`` those of that
    one. Relations are left out: they need a case.
    """
    if not user.is_active or user.pk is None:
        return frozenset()
    day = day or timezone.localdate()
    people = [user.pk, *(person.pk for person in DeputiesInForce(day, workflow).principals_of(user))]
    return roles_held(people, day)


def roles_held(people: Collection[int], day: datetime.date | None = None) -> frozenset[str]:
    """Return the keys of the roles that any of ``people`` (ids) has by position and group on ``day``; one query."""
    return frozenset(_ROLES_HELD.all(sorted(people), day=day or timezone.localdate()))


def _bindings_of(people: Sequence[Any]) -> QuerySet[RoleBinding, str]:
    held = Holding.objects.on(Slot("day", DateField())).filter(person__id__in=people).values("position")
    bindings = RoleBinding.objects.filter(Q(position__in=held) | Q(group__user__id__in=people))
    return bindings.order_by().values_list("role__key", flat=True)


_ROLES_HELD = PreparedAmong(BigAutoField(), _bindings_of)


class Reach:
    """Towards what a person has the relation roles: the answers of ``holds_role`` turned round, for lists.

    Those for whom the person deputises (in all workflows, and with ``workflow`` in that one) count too. The
    number of queries depends on what is asked, never on the number of people, positions or departments.
    """

    def __init__(self, user: User, workflow: str = "", day: datetime.date | None = None) -> None:
        self.day = day or timezone.localdate()
        self.acts_for: frozenset[int] = frozenset()
        if user.is_active and user.pk is not None:
            principals = DeputiesInForce(self.day, workflow).principals_of(user)
            self.acts_for = frozenset({user.pk, *(person.pk for person in principals)})
        self._posts = _EveryPost(self.day)

    def submitters(self, relation: str) -> frozenset[int]:
        """Return the ids of those whose line manager or department head the person is (``relation``)."""
        rule = _RELATIONS[relation]
        return frozenset(
            person.pk
            for person in self._posts.people
            if self._is_among(rule(RoleContext(submitter=person), self._posts).people)
        )

    @cached_property
    def departments(self) -> frozenset[int]:
        """The ids of the departments whose cases have the person as their department's head."""
        found = set()
        for department in self._posts.departments:
            rule = _Rule({})
            _climb(rule, [department], self._posts, beside=None)
            if self._is_among(rule.people):
                found.add(department)
        return frozenset(found)

    def _is_among(self, people: list[User]) -> bool:
        return any(person.is_active and person.pk in self.acts_for for person in people)


@dataclass
class _Rule:
    """One matched binding: what it is, the steps that were gone, whom it names."""

    what: dict[str, Any]
    people: list[User] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        steps = {"steps": self.steps} if self.steps else {}
        return {**self.what, **steps, "people": [person.pk for person in self.people]}


def _matched_rules(
    role_key: str,
    bindings: Sequence[RoleBinding],
    context: RoleContext,
    posts: _Posts,
    members: Mapping[int, list[User]],
) -> list[_Rule]:
    positions = [binding.position for binding in bindings if binding.position is not None]
    groups = [binding.group for binding in bindings if binding.group is not None]
    relations = [binding.relation for binding in bindings if binding.relation]
    if not bindings and role_key in Relation.values:
        relations = [role_key]
    return [
        *_by_position(positions, posts),
        *_by_group(groups, members),
        *(_RELATIONS[relation](context, posts) for relation in relations),
    ]


def _by_position(positions: list[Position], posts: _Posts) -> list[_Rule]:
    holders = posts.holders({position.pk for position in positions})
    return [
        _Rule(
            {"rule": "position", "position": position.code, "title": position.title},
            holders.get(position.pk, []),
        )
        for position in positions
    ]


def _by_group(groups: list[Group], members: Mapping[int, list[User]]) -> list[_Rule]:
    return [_Rule({"rule": "group", "group": group.name}, members.get(group.pk, [])) for group in groups]


def _members(groups: Collection[int]) -> dict[int, list[User]]:
    """Return who is in each of the groups; one query, none without groups."""
    found: dict[int, list[User]] = {}
    if groups:
        through = User.groups.through
        for row in through.objects.filter(group__in=groups).select_related("user").order_by("user_id"):
            found.setdefault(row.group_id, []).append(row.user)
    return found


class _Posts:
    """Who holds what on one day, and what stands above what, asked for as it is needed."""

    def __init__(self, day: datetime.date) -> None:
        self.day = day

    def holders(self, positions: Collection[int]) -> dict[int, list[User]]:
        """Return the people who hold each of the positions, also those switched off; one query."""
        found: dict[int, list[User]] = {}
        if positions:
            rows = Holding.objects.on(self.day).filter(position__in=positions).select_related("person")
            for row in rows.order_by("starts", "id"):
                found.setdefault(row.position_id, []).append(row.person)
        return found

    def held_by(self, person: User) -> list[Position]:
        """Return the positions the person holds, in the order they took them up; one query."""
        rows = Holding.objects.on(self.day).filter(person=person).select_related("position")
        return [row.position for row in rows.order_by("starts", "id")]

    def heads(self, departments: Collection[int]) -> dict[int, list[User]]:
        """Return who heads each of the departments; one query."""
        found: dict[int, list[User]] = {}
        rows = Holding.objects.on(self.day).filter(
            position__heads_department=True, position__department__in=departments
        )
        for row in rows.select_related("person", "position").order_by("starts", "id"):
            found.setdefault(row.position.department_id, []).append(row.person)
        return found

    @cached_property
    def above(self) -> dict[int, list[int]]:
        """The positions directly above each position; one query."""
        found: dict[int, list[int]] = {}
        pairs = Position.superiors.through.objects.order_by("id")
        for below_id, superior_id in pairs.values_list("from_position_id", "to_position_id"):
            found.setdefault(below_id, []).append(superior_id)
        return found

    @cached_property
    def codes(self) -> dict[int, str]:
        """The code of every position; one query."""
        return dict(Position.objects.values_list("pk", "code"))

    @cached_property
    def departments(self) -> dict[int, tuple[str, int | None]]:
        """Code and parent of every department; one query."""
        rows = Department.objects.values_list("pk", "code", "parent_id")
        return {pk: (code, parent) for pk, code, parent in rows}


class _EveryPost(_Posts):
    """The same, read at once for questions about everybody."""

    @cached_property
    def rows(self) -> list[Holding]:
        """Every holding of the day; one query."""
        rows = Holding.objects.on(self.day).select_related("person", "position")
        return list(rows.order_by("starts", "id"))

    @cached_property
    def people(self) -> list[User]:
        """Everybody who holds a post."""
        return _once([row.person for row in self.rows])

    @cached_property
    def _of_position(self) -> dict[int, list[User]]:
        found: dict[int, list[User]] = {}
        for row in self.rows:
            found.setdefault(row.position_id, []).append(row.person)
        return found

    @cached_property
    def _of_person(self) -> dict[int, list[Position]]:
        found: dict[int, list[Position]] = {}
        for row in self.rows:
            found.setdefault(row.person_id, []).append(row.position)
        return found

    @cached_property
    def _of_department(self) -> dict[int, list[User]]:
        found: dict[int, list[User]] = {}
        for row in self.rows:
            if row.position.heads_department:
                found.setdefault(row.position.department_id, []).append(row.person)
        return found

    def holders(self, positions: Collection[int]) -> dict[int, list[User]]:
        return {position: people for position in positions if (people := self._of_position.get(position))}

    def held_by(self, person: User) -> list[Position]:
        return self._of_person.get(person.pk, [])

    def heads(self, departments: Collection[int]) -> dict[int, list[User]]:
        return {key: people for key in departments if (people := self._of_department.get(key))}


def _submitter(context: RoleContext, posts: _Posts) -> _Rule:
    return _person(Relation.SUBMITTER, context.submitter)


def _assignee(context: RoleContext, posts: _Posts) -> _Rule:
    return _person(Relation.ASSIGNEE, context.assignee)


def _person(relation: str, person: User | None) -> _Rule:
    return _Rule({"rule": "relation", "relation": str(relation)}, [person] if person else [])


def _line_manager(context: RoleContext, posts: _Posts) -> _Rule:
    """The holders of the positions above the submitter's (above the post, where the matter is about one);
    above a vacant one, of the next above it.
    """
    rule = _person(Relation.LINE_MANAGER, None)
    levels = [_levels(position.pk, posts.above) for position in _starting(context, posts)]
    wanted = {position for each in levels for level in each for position in level}
    holders = posts.holders(wanted)
    for each in levels:
        for level in each:
            for position in level:
                _go(rule, {"position": posts.codes[position]}, holders.get(position, []), context.submitter)
            if any(step["outcome"] == "held" for step in rule.steps[-len(level) :]):
                break
    return rule


def _levels(position: int, above: dict[int, list[int]]) -> list[list[int]]:
    """Return the positions above, nearest first, each once however the lines cross."""
    levels: list[list[int]] = []
    reached, level = {position}, [position]
    while level := [top for low in level for top in above.get(low, ()) if top not in reached]:
        level = list(dict.fromkeys(level))
        reached.update(level)
        levels.append(level)
    return levels


def _go(rule: _Rule, step: dict[str, Any], holders: list[User], beside: User | None) -> None:
    """Take one step: note what was found, keep the people other than ``beside``."""
    others = [person for person in holders if person != beside]
    if any(person.is_active for person in others):
        outcome = "held"
    elif beside is not None and beside in holders:
        outcome = "submitter"
    else:
        outcome = "inactive" if others else "vacant"
    rule.steps.append({**step, "outcome": outcome})
    rule.people = _once([*rule.people, *others])


def _department_head(context: RoleContext, posts: _Posts) -> _Rule:
    """The head of the submitter's department (of the post's, where the matter is about one); where nobody or
    the submitter is, of the one it is part of.
    """
    rule = _person(Relation.DEPARTMENT_HEAD, None)
    departments = [position.department_id for position in _starting(context, posts)]
    if departments:
        _climb(rule, departments, posts, beside=context.submitter)
    return rule


def _starting(context: RoleContext, posts: _Posts) -> list[Position]:
    """Return the posts from which a relation goes upwards."""
    if context.position is not None:
        return [context.position]
    return posts.held_by(context.submitter) if context.submitter is not None else []


def _case_department_head(context: RoleContext, posts: _Posts) -> _Rule:
    """The head of the case's department, whoever submitted it; where nobody is, of the one it is part of."""
    rule = _person(Relation.CASE_DEPARTMENT_HEAD, None)
    if context.department is not None:
        _climb(rule, [context.department.pk], posts, beside=None)
    return rule


def _climb(rule: _Rule, departments: list[int], posts: _Posts, *, beside: User | None) -> None:
    tree = posts.departments
    paths = [_up(department, tree) for department in dict.fromkeys(departments)]
    heads = posts.heads({department for path in paths for department in path})
    for path in paths:
        for department in path:
            _go(rule, {"department": tree[department][0]}, heads.get(department, []), beside)
            if rule.steps[-1]["outcome"] == "held":
                break


def _up(department: int, tree: Mapping[int, tuple[str, int | None]]) -> list[int]:
    path: list[int] = []
    step: int | None = department
    while step is not None and step not in path:
        path.append(step)
        step = tree[step][1]
    return path


_RELATIONS: dict[str, Callable[[RoleContext, _Posts], _Rule]] = {
    Relation.SUBMITTER: _submitter,
    Relation.ASSIGNEE: _assignee,
    Relation.LINE_MANAGER: _line_manager,
    Relation.DEPARTMENT_HEAD: _department_head,
    Relation.CASE_DEPARTMENT_HEAD: _case_department_head,
}


def _once(people: list[User]) -> list[User]:
    return list(dict.fromkeys(people))


def _named(person: User) -> dict[str, Any]:
    return {"id": person.pk, "name": _name(person)}


def _name(person: User) -> str:
    """The name as it stands on the day, not as one language says it: the explanation is stored."""
    return person.full_name or person.username
