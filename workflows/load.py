"""Who holds how many open cases, and how many of them are late: for those who lead them. Nothing here writes.

Shown are the people under a person by the chart (``organisation.supervision``), and, of workflows whose cases they may
give to others (``Access.reassigns``), everybody who has one, and nobody. Counted are cases the person may see.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

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

    def cases(self, lateness: Lateness = "") -> QuerySet[Case]:
        """Return the open cases of those they lead, all of them, the late ones, or those due soon."""
        theirs = Q(assignee__in=self.people | {self.user.pk}) | Q(workflow__in=self.reassigned)
        found = cases_visible_to(self.user).exclude(category="final").filter(theirs)
        now = timezone.now()
        running = CaseClock.objects.filter(case=OuterRef("pk"), status=CaseClock.Status.RUNNING)
        if lateness == "late":
            return found.filter(Exists(running.filter(due_at__lt=now)))
        if lateness == "soon":
            return found.filter(
                Exists(running.filter(due_at__gte=now, due_at__lt=now + SOON)),
                ~Exists(running.filter(due_at__lt=now)),
            )
        return found

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
        seen = cases_visible_to(self.user).exclude(category="final").values("pk")
        rows = Concern.objects.filter(kind=Concern.Kind.ASKED, case__in=seen)
        rows = rows.filter(Q(person__in=self.people | {self.user.pk}) | Q(case__workflow__in=self.reassigned))
        return dict(rows.order_by().values_list("person").annotate(Count("pk")))

    def cases_asked_of(self, person: int) -> QuerySet[Case]:
        """Return the cases that wait for a decision of one of them."""
        waiting = Concern.objects.filter(kind=Concern.Kind.ASKED, person=person).values("case")
        found = cases_visible_to(self.user).exclude(category="final").filter(pk__in=waiting)
        if person in self.people | {self.user.pk}:
            return found
        return found.filter(workflow__in=self.reassigned)
