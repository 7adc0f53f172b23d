"""Who may do what with a case. Nothing here writes; each function only answers, or raises with a sentence.

The policy is the definition's: ``access.sees`` says who knows of a case, ``transition.roles`` who may take a step.
There is no exception for superusers: a right that is not written in a definition does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from foundation.editions.texts import in_language
from foundation.organisation.models import Role, User
from foundation.organisation.resolution import RoleContext, holds_role, roles_of
from workflows.definitions import definition_of
from workflows.exceptions import CaseNotFound, NotPermitted
from workflows.models import Case
from workflows.schema import Transition


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
    """Say whether the person may know of the case (policy: ``access.sees`` of its edition)."""
    return holds_any(user, definition_of(case.edition).access.sees, case)


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
