"""Who may do what with forms. Nothing here writes."""

from __future__ import annotations

from collections.abc import Collection

from forms.exceptions import NotPermitted
from forms.models import Submission
from forms.schema import FormDefinition
from foundation.organisation.models import User
from foundation.organisation.resolution import roles_of


def may_submit(definition: FormDefinition, roles: Collection[str]) -> bool:
    """Whether somebody with these roles may fill in the form: one of its submitters, or everybody when it
    names none.

    Source: the definition's ``submitters``.
    """
    return not definition.submitters or not set(roles).isdisjoint(definition.submitters)


def check_may_submit(definition: FormDefinition, user: User) -> None:
    """Raise NotPermitted unless ``may_submit`` (asks for the roles only where the form names some)."""
    if not user.is_active or (definition.submitters and not may_submit(definition, roles_of(user))):
        raise NotPermitted


def may_see(submission: Submission, user: User) -> bool:
    """Whether the person may read the submission by themselves: they submitted it.

    Others see it through what was opened from it (a case), whose room has its own rule.
    """
    return submission.submitted_by_id == user.pk
