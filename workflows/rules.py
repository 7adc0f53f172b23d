"""Who may do what with a case. Nothing here writes; each function only answers, or raises with a sentence.

The policy is the definition's: ``access.sees`` says who knows of a case, ``transition.roles`` who may take a step.
There is no exception for superusers: a right that is not written in a definition does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from forms.registers.labels import may_be_withheld
from forms.rules import may_build, withheld_among
from foundation.editions.texts import in_language
from foundation.organisation.deputising import DeputiesInForce
from foundation.organisation.models import Role, User
from foundation.organisation.resolution import RoleContext, holds_role, resolve, roles_held, roles_of
from workflows import rounds, way
from workflows.definitions import definition_of
from workflows.exceptions import CaseNotFound, NotPermitted
from workflows.models import Case, ChildOrder
from workflows.schema import Transition


def check_may_build(user: User) -> None:
    """Raise ``NotPermitted`` unless the person may build workflows (policy: who builds forms builds workflows)."""
    if not user.is_active or not may_build(roles_of(user)):
        raise NotPermitted(_("You may not change workflows."))


def context_of(case: Case) -> RoleContext:
    """Return what relation roles (``assignee``, ``line_manager`` …) are resolved against."""
    return RoleContext(
        submitter=case.submitted_by,
        assignee=case.assignee,
        department=case.department,
        workflow=case.workflow,
    )


class Acting:
    """A person as they act in one workflow today: their roles, and those for whom they stand in, each asked once.

    The functions here take one in place of the person; whoever asks several of them passes the same.
    """

    def __init__(self, user: User, workflow: str) -> None:
        """Take the person and the workflow (deputies may be for one alone)."""
        self.user = user
        self.workflow = workflow
        self._towards: dict[tuple[str, int | None, int], bool] = {}

    @classmethod
    def of(cls, user: User | Acting, case: Case) -> Acting:
        """Return the person towards a case."""
        return user if isinstance(user, Acting) else cls(user, case.workflow)

    @cached_property
    def principals(self) -> list[User]:
        """Those for whom the person acts today."""
        return DeputiesInForce(timezone.localdate(), self.workflow).principals_of(self.user)

    @cached_property
    def people(self) -> frozenset[int]:
        """The ids of the person and of those for whom they act; none for an account that is switched off."""
        return frozenset({self.user.pk, *(one.pk for one in self.principals)} if self.user.is_active else ())

    @cached_property
    def roles(self) -> frozenset[str]:
        """The roles of all of them, by post and group."""
        return roles_held(self.people) if self.user.is_active else frozenset()

    @cached_property
    def own_roles(self) -> frozenset[str]:
        """The roles the person has without standing in for anybody."""
        return roles_held({self.user.pk}) if self.principals else self.roles

    def holds_any(self, roles: Iterable[str], case: Case) -> bool:
        """Say whether one of the roles is theirs, by post, by group, or towards this case."""
        if not self.user.is_active:
            return False
        wanted = set(roles)
        if wanted & self.roles:
            return True
        return any(self._towards_case(role, case) for role in sorted(wanted))

    def _towards_case(self, role: str, case: Case) -> bool:
        asked = (role, case.assignee_id, case.version)
        if asked not in self._towards:
            self._towards[asked] = holds_role(self.user, role, context_of(case))
        return self._towards[asked]


def holds_any(user: User | Acting, roles: Iterable[str], case: Case) -> bool:
    """Say whether the person holds one of the roles, by post, by group, or towards this case."""
    return Acting.of(user, case).holds_any(roles, case)


def may_see(case: Case, user: Any) -> bool:
    """Say whether the person may know of the case.

    Policy: ``access.sees`` of its edition; besides them whoever is asked for a decision (or acts for them), has
    decided, or was copied in.
    """
    acting = Acting.of(user, case)
    return acting.holds_any(definition_of(case.edition).access.sees, case) or concerns(case, acting)


def withheld_answers(case: Case, user: User) -> frozenset[str]:
    """Return the ids of the questions of steps whose answers are not shown to this reader, who may see the case.

    Policy: ``readers`` of the questions of its edition, and of the registers they name. What its form asked is
    ``forms.rules.withheld``'s to say.
    """
    asked = [one for one in definition_of(case.edition).questions().values() if may_be_withheld(one)]
    return withheld_among(asked, roles_of(user)) if asked and case.answers else frozenset()


def concerns(case: Case, user: Any) -> bool:
    """Say whether the case is the person's by its approvals: asked, decided, or copied in."""
    acting = Acting.of(user, case)
    if not acting.user.is_active:
        return False
    decided: set[int] = set()
    for stored in case.rounds:
        told = rounds.from_stored(stored)
        if {seat.person for _slot, _place, seat in told.waiting()} & acting.people:
            return True
        decided |= {one for seat in told.acted() for one in (seat.person, seat.by) if one is not None}
    return acting.user.pk in decided or acting.user.pk in way.from_stored(case.walked).copied


def principals_of(user: User, workflow: str) -> list[int]:
    """Return the ids of those for whom the person acts today in the workflow."""
    return [person.pk for person in Acting(user, workflow).principals]


def own_people(case: Case) -> frozenset[int]:
    """Return the ids of those whose matter the case is: they never decide about it (four eyes)."""
    own = {case.submitted_by_id, case.submission.submitted_by_id, case.submission.on_behalf_of_id}
    return frozenset(one for one in own if one is not None)


def principal_of(case: Case, roles: Iterable[str], user: User | Acting) -> User | None:
    """Return for whom the person acts when they take a step of ``roles``: nobody when a role is their own."""
    acting, wanted = Acting.of(user, case), set(roles)
    if not acting.principals or wanted & acting.own_roles:
        return None
    told = [resolve(role, context_of(case)).explanation for role in sorted(wanted)]
    if any(one["id"] == acting.user.pk for each in told for one in each["candidates"]):
        return None
    for each in told:
        for deputy in each["deputies"]:
            if deputy["id"] == acting.user.pk:
                return User.objects.get(pk=deputy["for"])
    return None


def check_somebody_else(case: Case, step: Transition, user: User) -> None:
    """Raise ``NotPermitted`` when the person took a step that this one must be somebody else's after."""
    last = way.from_stored(case.walked).last
    for earlier in step.not_by:
        if last.get(earlier) == user.pk:
            titles = {one.id: in_language(one.title) for one in definition_of(case.edition).transitions}
            raise NotPermitted(
                _("You took “%(earlier)s” yourself, so somebody else has to take “%(step)s”.")
                % {"earlier": titles.get(earlier, earlier), "step": in_language(step.title)}
            )


def takes_alone(case: Case, step: Transition, user: User) -> bool:
    """Say whether the person may not take the step because they took one before it themselves."""
    last = way.from_stored(case.walked).last
    return any(last.get(earlier) == user.pk for earlier in step.not_by)


def check_may_see(case: Case, user: User | Acting) -> None:
    """Raise ``CaseNotFound`` unless the person may know of the case."""
    if not may_see(case, user):
        raise CaseNotFound(_("There is no such case."))


def may_take(case: Any, step: Transition, user: Any) -> bool:
    """Say whether the step is this person's (policy: ``roles`` of the step); the state is not looked at."""
    return holds_any(user, step.roles, case)


def check_may_take(case: Case, step: Transition, user: User | Acting) -> None:
    """Raise ``NotPermitted``, naming the step and whose it is, unless the step is this person's."""
    if not may_take(case, step, user):
        raise NotPermitted(
            _("“%(step)s” on case %(number)s is not yours to do. It belongs to: %(roles)s.")
            % {
                "step": in_language(step.title),
                "number": case.number,
                "roles": "、".join(role_names(step.roles)),
            }
        )


def works_on(case: Case, user: User | Acting) -> bool:
    """Say whether the person takes part in the work on the case: has it, or holds a role of one of its steps."""
    acting = Acting.of(user, case)
    if case.assignee_id is not None and case.assignee_id in acting.people:
        return True
    roles = {role for step in definition_of(case.edition).transitions for role in step.roles}
    return holds_any(acting, roles, case)


def may_open(order: ChildOrder, user: User | Acting) -> bool:
    """Say whether a case that a step has ordered is this person's to open (policy: ``to`` of what the step opens; where
    it names nobody, everybody who sees the case). Whether they may fill in its form is the form's to say.
    """
    return not order.roles or holds_any(user, order.roles, order.case)


def check_may_open(order: ChildOrder, user: User) -> None:
    """Raise ``NotPermitted``, naming those of whom it is asked, unless it is this person's to open."""
    if not may_open(order, user):
        raise NotPermitted(
            _("Case %(number)s asks others to open this: %(roles)s.")
            % {"number": order.case.number, "roles": "、".join(role_names(order.roles))}
        )


def role_names(keys: Iterable[str]) -> list[str]:
    """Return the names of roles in the reader's language; a key without a role stands for itself."""
    wanted = list(keys)
    names = {role.key: str(role) for role in Role.objects.filter(key__in=wanted)}
    return [names.get(key, key) for key in wanted]
