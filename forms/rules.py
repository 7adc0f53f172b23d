"""Who may do what with forms. Nothing here writes."""

from __future__ import annotations

import datetime
from collections.abc import Collection

from django.utils import timezone

from forms.exceptions import NotFound, NotPermitted
from forms.models import Submission
from forms.schema import SUBMITTER, Confidentiality, Correction, FormDefinition, definition_of
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


def is_author(submission: Submission, user: User) -> bool:
    """Whether the person handed it in, or somebody did so for them."""
    return user.pk is not None and user.pk in (submission.submitted_by_id, submission.on_behalf_of_id)


def may_see(submission: Submission, user: User, roles: Collection[str] | None = None) -> bool:
    """Whether the person may read the submission: it is theirs, or the form as it stands (the edition it was
    made under where the form is out of force) names one of their roles for reading its register, for
    correcting or for withdrawing.

    Others see it through what was opened from it (a case), whose room has its own rule. ``roles`` are asked
    for where they are not given and are needed.
    """
    if is_author(submission, user):
        return True
    named = _readers(_as_it_stands(submission))
    return bool(named) and not named.isdisjoint(roles_of(user) if roles is None else roles)


def _readers(definition: FormDefinition) -> set[str]:
    named = set(definition.registered.readers) if definition.registered else set()
    for right in (definition.correction, definition.withdrawal):
        named |= set(right.by) if right else set()
    return named - {SUBMITTER}


def _as_it_stands(submission: Submission) -> FormDefinition:
    """Return the form in force, which says who may; without one the edition the submission was made under."""
    edition = in_force(Edition.Kind.FORM, submission.form_key) or submission.edition
    return definition_of(edition)


def withheld(submission: Submission, user: User, roles: Collection[str] | None = None) -> frozenset[str]:
    """Return the ids of the fields whose answers are not shown to this reader, who may see the submission.

    Source: ``readers`` of the fields of its own edition; the author reads everything they wrote.
    """
    asked = [field for field in definition_of(submission.edition).fields() if field.readers]
    if not asked or is_author(submission, user):
        return frozenset()
    held = set(roles_of(user) if roles is None else roles)
    return frozenset(field.id for field in asked if held.isdisjoint(field.readers))


def is_confidential(submission: Submission) -> bool:
    """Whether reading it is recorded: its edition has a confidential field."""
    asked = definition_of(submission.edition).fields()
    return any(field.confidentiality is Confidentiality.CONFIDENTIAL for field in asked)


def may_correct(
    submission: Submission, user: User, roles: Collection[str], now: datetime.datetime | None = None
) -> bool:
    """Whether the person may correct it now. Source: ``correction`` of the form as it stands."""
    return _granted(_as_it_stands(submission).correction, submission, user, roles, now)


def may_withdraw(
    submission: Submission, user: User, roles: Collection[str], now: datetime.datetime | None = None
) -> bool:
    """Whether the person may take it back now. Source: ``withdrawal`` of the form as it stands."""
    return _granted(_as_it_stands(submission).withdrawal, submission, user, roles, now)


def _granted(
    right: Correction | None,
    submission: Submission,
    user: User,
    roles: Collection[str],
    now: datetime.datetime | None,
) -> bool:
    if right is None or not user.is_active:
        return False
    if submission.state == Submission.State.WITHDRAWN or submission.erased:
        return False
    named = set(right.by)
    if not ((SUBMITTER in named and is_author(submission, user)) or named & set(roles)):
        return False
    now = now or timezone.now()
    return right.days is None or now <= submission.submitted_at + datetime.timedelta(days=right.days)
