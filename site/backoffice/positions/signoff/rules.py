"""Who may do what with requests to sign. Nothing here writes.

Source: the signature is the holder's own. HR keeps the list, auditors check it; whoever leads people (line manager,
head of a department and of what is part of it, and who deputises for them) follows those people's signatures and may
remind them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from django.db.models import Q, QuerySet
from django.utils import timezone

from backoffice.positions.signoff.models import SignOff
from foundation.organisation.models import Department, Holding, RoleBinding, User
from foundation.organisation.resolution import Reach

SEE_ALL = frozenset({"hr", "auditor"})
KEEPERS = frozenset({"hr"})


class Eyes:
    """What one person sees of others' sign-offs. At most seven queries, however many people there are."""

    def __init__(self, user: User, roles: Iterable[str]) -> None:
        self.user = user
        self.roles = frozenset(roles)

    @property
    def see_all(self) -> bool:
        """Whether every request may be seen."""
        return not SEE_ALL.isdisjoint(self.roles)

    @property
    def keeps(self) -> bool:
        """Whether the person keeps the rules and may ask again."""
        return not KEEPERS.isdisjoint(self.roles)

    @cached_property
    def led(self) -> frozenset[int]:
        """The ids of those whom the person leads, as line manager or head of a department; never their own."""
        reach = Reach(self.user)
        found = set(reach.submitters(RoleBinding.Relation.LINE_MANAGER))
        headed = set(
            Holding.objects.on(reach.day)
            .filter(person__in=reach.acts_for, position__heads_department=True)
            .values_list("position__department", flat=True)
        )
        if headed:
            departments = _with_parts(headed)
            found |= set(
                Holding.objects.on(reach.day)
                .filter(position__department__in=departments)
                .values_list("person", flat=True)
            )
        return frozenset(found - {self.user.pk})

    @property
    def may_report(self) -> bool:
        """Whether there is a report for the person: of everybody, or of those they lead."""
        return self.see_all or bool(self.led)

    def of_others(self) -> QuerySet[SignOff]:
        """Return the requests the report shows."""
        everything = SignOff.objects.all()
        return everything if self.see_all else everything.filter(person__in=self.led)

    def visible(self) -> QuerySet[SignOff]:
        """Return every request the person may open: their own and those of the report."""
        everything = SignOff.objects.all()
        return everything if self.see_all else everything.filter(Q(person=self.user) | Q(person__in=self.led))

    def may_see(self, sign_off: SignOff) -> bool:
        """Whether the person may open the request."""
        return sign_off.person_id == self.user.pk or self.see_all or sign_off.person_id in self.led

    def may_remind(self, sign_off: SignOff) -> bool:
        """Whether the person may remind: HR, and whoever leads the holder; an auditor only looks."""
        return sign_off.is_open and (self.keeps or sign_off.person_id in self.led)

    def may_ask_again(self, sign_off: SignOff) -> bool:
        """Whether the person may ask anew after a refusal: HR."""
        return self.keeps and sign_off.state == "refused"


def may_answer(sign_off: SignOff, user: User) -> bool:
    """Whether the person may sign or refuse: it is their own, and their account is in use. Nobody signs for another."""
    return bool(user.is_active) and sign_off.person_id == user.pk


def reminded_today(sign_off: SignOff) -> bool:
    """Whether the holder has heard of it today: one mail a day is enough."""
    today = timezone.localdate()
    return sign_off.reminded_on == today or timezone.localdate(sign_off.asked_at) == today


def _with_parts(headed: set[int]) -> set[int]:
    """Return the departments with everything that is part of them. One query."""
    parents = dict(Department.objects.values_list("pk", "parent_id"))
    found = set(headed)
    while more := {pk for pk, parent in parents.items() if parent in found and pk not in found}:
        found |= more
    return found
