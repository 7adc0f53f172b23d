"""Who holds how many open cases, and how many of them are late: for those who lead them. Nothing here writes.

Shown are the people under a person by the chart (``organisation.supervision``), and, of workflows whose cases they may
give to others (``Access.reassigns``), everybody who has one, and nobody. Counted are cases the person may see.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from foundation.editions.models import Edition
from foundation.editions.queries import all_in_force
from foundation.organisation.models import User
from foundation.organisation.resolution import roles_of
from foundation.organisation.supervision import Post, people_under
from workflows.definitions import definition_of
from workflows.models import Case, CaseClock, Concern
from workflows.queries import cases_visible_to

SOON = datetime.timedelta(hours=24)
Lateness = Literal["", "late", "soon"]
OTHERS = "others"
"""In place of a department: people who work in none of those led."""


def due_soon(now: datetime.datetime) -> Q:
    """Return what cases are due within a day, nothing of them being late."""
    running = CaseClock.objects.filter(status=CaseClock.Status.RUNNING)
    late = running.filter(case=OuterRef("case"), due_at__lt=now)
    soon = running.filter(~Exists(late), due_at__gte=now, due_at__lt=now + SOON)
    return Q(pk__in=soon.values("case"))


@dataclass(frozen=True)
class Held:
    """What one person (None: nobody) has of one workflow. ``soon``: due within a day, and nothing of it late."""

    person: int | None
    workflow: str
    open: int
    late: int = 0
    soon: int = 0


class Supervised:
    """What one person leads."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.posts: Sequence[Post] = people_under(user)
        roles = roles_of(user)
        self.reassigned = tuple(
            edition.key
            for edition in all_in_force(Edition.Kind.WORKFLOW)
            if roles & set(definition_of(edition).access.reassigns)
        )
        self.people = frozenset({post.person.pk for post in self.posts})

    def __bool__(self) -> bool:
        return bool(self.people or self.reassigned)

    @property
    def theirs(self) -> Q:
        """What cases are of those they lead, their own among them."""
        return Q(assignee__in=self.people | {self.user.pk}) | Q(workflow__in=self.reassigned)

    def of_department(self, code: str) -> Q:
        """Return what cases are of people who work in a department; with ``OTHERS``, of people of none of them."""
        if code == OTHERS:
            return Q(assignee__isnull=False) & ~Q(assignee__in=self.people)
        return Q(assignee__in={post.person.pk for post in self.posts if post.department.code == code})

    def waiting_for(self, person: UUID) -> Q:
        """Return what cases wait for a decision of one of them."""
        found = User.objects.filter(uuid=person).first()
        waiting = Concern.objects.filter(kind=Concern.Kind.ASKED, person=found).values("case")
        if found is None or found.pk in self.people | {self.user.pk}:
            return Q(pk__in=waiting)
        return Q(pk__in=waiting, workflow__in=self.reassigned)

    def cases(self, lateness: Lateness = "") -> QuerySet[Case]:
        """Return the open cases of those they lead, all of them, the late ones, or those due soon."""
        found = cases_visible_to(self.user).filter(self.theirs, closed_at=None)
        now = timezone.now()
        running = CaseClock.objects.filter(case=OuterRef("pk"), status=CaseClock.Status.RUNNING)
        if lateness == "late":
            return found.filter(Exists(running.filter(due_at__lt=now)))
        return found.filter(due_soon(now)) if lateness == "soon" else found

    def held(self) -> list[Held]:
        """Return who has how many, by person and workflow. Three queries of cases, whatever their number."""
        counts = {lateness: self._counted(lateness) for lateness in ("", "late", "soon")}
        return [
            Held(*pair, number, counts["late"].get(pair, 0), counts["soon"].get(pair, 0))
            for pair, number in counts[""].items()
        ]

    def _counted(self, lateness: Lateness) -> dict[tuple[int | None, str], int]:
        rows = self.cases(lateness).order_by().values("assignee", "workflow").annotate(n=Count("pk"))
        return {
            (person, workflow): n for person, workflow, n in rows.values_list("assignee", "workflow", "n")
        }

    def asked(self) -> dict[int, int]:
        """Return by person how many decisions are waited for. One query."""
        seen = cases_visible_to(self.user).filter(closed_at=None).values("pk")
        rows = Concern.objects.filter(kind=Concern.Kind.ASKED, case__in=seen)
        rows = rows.filter(Q(person__in=self.people | {self.user.pk}) | Q(case__workflow__in=self.reassigned))
        return dict(rows.order_by().values_list("person").annotate(Count("pk")))
