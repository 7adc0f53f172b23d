"""Who may do what with forms. Nothing here writes."""

from __future__ import annotations

import datetime
from collections.abc import Collection

from django.utils import timezone

from forms.exceptions import NotFound, NotPermitted
from forms.models import Submission
from forms.schema import FormDefinition, definition_of
from foundation.editions.models import Edition
from foundation.editions.queries import in_force
from foundation.organisation.models import User
from foundation.organisation.resolution import roles_of

PAGE_STAYS_OPEN = datetime.timedelta(days=1)
"""So long a page that was opened before an edition was replaced can still be sent; sessions are shorter."""


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


def check_open(edition: Edition, user: User) -> Edition:
    """Return the edition in force of the form that ``edition`` is of; raise NotPermitted unless the person
    may submit under both.

    An older edition stays valid for what was begun under it, but who may submit is said by the form as it
    stands: a form taken out of force, or given to other roles, is closed.
    """
    check_may_submit(definition_of(edition), user)
    current = in_force(Edition.Kind.FORM, edition.key)
    if current is None:
        raise NotPermitted
    if current != edition:
        check_may_submit(definition_of(current), user)
    return current


def check_may_begin(edition: Edition, user: User) -> None:
    """Raise unless the person may begin a draft under ``edition``: the one in force, or for a day after it
    was replaced one that a page opened before still shows. NotPermitted as ``check_open``; NotFound for any
    other edition.
    """
    current = check_open(edition, user)
    yesterday = timezone.now() - PAGE_STAYS_OPEN
    replaced_lately = current.published_at > yesterday or current.effective_from > timezone.localdate(
        yesterday
    )
    if edition != current and not (replaced_lately and edition.effective_from <= timezone.localdate()):
        raise NotFound


def may_see(submission: Submission, user: User) -> bool:
    """Whether the person may read the submission by themselves: they submitted it.

    Others see it through what was opened from it (a case), whose room has its own rule.
    """
    return submission.submitted_by_id == user.pk
