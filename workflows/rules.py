"""Who may do what with a case. Nothing here writes; each function only answers, or raises with a sentence.

The policy is the definition's: ``access.sees`` says who knows of a case, ``transition.roles`` who may take a step.
There is no exception for superusers: a right that is not written in a definition does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from forms.rules import may_build
from foundation.editions.texts import in_language
from foundation.organisation.deputising import DeputiesInForce
from foundation.organisation.models import Role, User
from foundation.organisation.resolution import RoleContext, holds_role, resolve, roles_of
from workflows import rounds, way
from workflows.definitions import definition_of
from workflows.exceptions import CaseNotFound, NotPermitted
from workflows.models import Case
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


def holds_any(user: User, roles: Iterable[str], case: Case) -> bool:
    """Say whether the person holds one of the roles, by post, by group, or towards this case."""
    if not user.is_active:
        return False
    wanted = set(roles)
    if wanted & roles_of(user, workflow=case.workflow):
        return True
    context = context_of(case)
    return any(holds_role(user, role, context) for role in sorted(wanted))


def may_see(case: Case, user: Any) -> bool:
    """Say whether the person may know of the case.

    Policy: ``access.sees`` of its edition; besides them whoever is asked for a decision (or acts for them), has
    decided, or was copied in.
    """
    return holds_any(user, definition_of(case.edition).access.sees, case) or concerns(case, user)


def concerns(case: Case, user: Any) -> bool:
    """Say whether the case is the person's by its approvals: asked, decided, or copied in."""
    if not user.is_active:
        return False
    people = {user.pk, *principals_of(user, case.workflow)}
    decided: set[int] = set()
    for stored in case.rounds:
        told = rounds.from_stored(stored)
        if {seat.person for _slot, _place, seat in told.waiting()} & people:
            return True
        decided |= {one for seat in told.decided() for one in (seat.person, seat.by) if one is not None}
    return user.pk in decided or user.pk in way.from_stored(case.walked).copied


def principals_of(user: User, workflow: str) -> list[int]:
    """Return the ids of those for whom the person acts today in the workflow."""
    return [person.pk for person in DeputiesInForce(timezone.localdate(), workflow).principals_of(user)]


def own_people(case: Case) -> frozenset[int]:
    """Return the ids of those whose matter the case is: they never decide about it (four eyes)."""
    own = {case.submitted_by_id, case.submission.submitted_by_id, case.submission.on_behalf_of_id}
    return frozenset(one for one in own if one is not None)


def principal_of(case: Case, roles: Iterable[str], user: User) -> User | None:
    """Return for whom the person acts when they take a step of ``roles``: nobody when a role is their own."""
    context = context_of(case)
    for role in roles:
        told = resolve(role, context).explanation
        if user.pk in {one["id"] for one in told["candidates"]}:
            return None
    for role in roles:
        for deputy in resolve(role, context).explanation["deputies"]:
            if deputy["id"] == user.pk:
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


def check_may_see(case: Case, user: User) -> None:
    """Raise ``CaseNotFound`` unless the person may know of the case."""
    if not may_see(case, user):
        raise CaseNotFound(_("There is no such case."))


def may_take(case: Any, step: Transition, user: Any) -> bool:
    """Say whether the step is this person's (policy: ``roles`` of the step); the state is not looked at."""
    return holds_any(user, step.roles, case)


def check_may_take(case: Case, step: Transition, user: User) -> None:
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


def role_names(keys: Iterable[str]) -> list[str]:
    """Return the names of roles in the reader's language; a key without a role stands for itself."""
    wanted = list(keys)
    names = {role.key: str(role) for role in Role.objects.filter(key__in=wanted)}
    return [names.get(key, key) for key in wanted]
