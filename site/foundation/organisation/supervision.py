"""Who works under whom, by the chart of the organisation. Nothing here writes."""

from __future__ import annotations

import datetime
from collections import defaultdict
from dataclasses import dataclass

from django.utils import timezone

from foundation.organisation.deputising import DeputiesInForce
from foundation.organisation.models import Department, Holding, Position, User


@dataclass(frozen=True)
class Post:
    """Where a person works: the department of the position they took up first, and who acts for them."""

    person: User
    department: Department
    deputies: tuple[User, ...]


def people_under(user: User, day: datetime.date | None = None) -> list[Post]:
    """Return those who work under the person on ``day``, however far down, by department and name; the person is not
    among them, unless they stand under somebody for whom they deputise.

    Under a position stand those that report to it, and with one that heads a department all of the department and of
    what is part of it. Whoever deputises in all workflows has the people of those they act for. Five queries.
    """
    if not user.is_active:
        return []
    day = day or timezone.localdate()
    deputies = DeputiesInForce(day)
    leads = {user.pk, *(one.pk for one in deputies.principals_of(user))}
    rows = list(
        Holding.objects.on(day).select_related("person", "position__department").order_by("starts", "id")
    )
    held = {row.position_id for row in rows if row.person_id in leads}
    under = _below(held) - held
    first: dict[int, Holding] = {}
    for row in rows:
        if row.position_id in under and row.person.is_active and row.person_id not in leads:
            first.setdefault(row.person_id, row)
    acting: dict[int, list[User]] = defaultdict(list)
    for one in deputies.of([row.person for row in first.values()]):
        acting[one.principal.pk].append(one.deputy)
    found = [Post(row.person, row.position.department, tuple(acting[pk])) for pk, row in first.items()]
    return sorted(found, key=lambda one: (one.department.order, one.department.code, str(one.person)))


def _below(positions: set[int]) -> set[int]:
    """Return the positions under some, through any number of steps."""
    reports: dict[int, set[int]] = defaultdict(set)
    for below, above in Position.superiors.through.objects.values_list("from_position_id", "to_position_id"):
        reports[above].add(below)
    parts: dict[int, set[int]] = defaultdict(set)
    for pk, parent in Department.objects.values_list("pk", "parent_id"):
        if parent is not None:
            parts[parent].add(pk)
    there: dict[int, set[int]] = defaultdict(set)
    heads: dict[int, int] = {}
    for pk, department, first in Position.objects.values_list("pk", "department_id", "heads_department"):
        there[department].add(pk)
        if first:
            heads[pk] = department
    found: set[int] = set()
    waiting = list(positions)
    while waiting:
        position = waiting.pop()
        under = set(reports[position])
        if position in heads:
            units = [heads[position]]
            while units:
                unit = units.pop()
                under |= there[unit]
                units += parts[unit]
        waiting += under - found
        found |= under
    return found
