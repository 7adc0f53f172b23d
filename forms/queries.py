"""Questions about forms, drafts and submissions; each says whose eyes it is for."""

from __future__ import annotations

import datetime
import uuid as uuids
from collections.abc import Callable

from django.db.models import Q, QuerySet

from forms import rules
from forms.exceptions import NotFound
from forms.models import Draft, Submission
from forms.schema import FormDefinition, definition_of
from foundation.editions.models import Edition
from foundation.editions.queries import all_in_force, in_force
from foundation.organisation.models import User
from foundation.organisation.resolution import roles_of


def current_form(key: str, day: datetime.date | None = None) -> tuple[Edition, FormDefinition]:
    """Return the edition of a form in force on ``day`` (today without it) and its definition; raises
    NotFound.
    """
    edition = in_force(Edition.Kind.FORM, key, day)
    if edition is None:
        raise NotFound
    return edition, definition_of(edition)


def newest_form(key: str) -> tuple[Edition, FormDefinition]:
    """Return the edition of a form in force today, or where it is out of force its last one; raises NotFound."""
    edition = in_force(Edition.Kind.FORM, key) or (
        Edition.objects.filter(kind=Edition.Kind.FORM, key=key).order_by("-number").first()
    )
    if edition is None:
        raise NotFound
    return edition, definition_of(edition)


def edition_of(key: str, number: int) -> tuple[Edition, FormDefinition]:
    """Return one edition of a form and its definition; raises NotFound."""
    edition = Edition.objects.filter(kind=Edition.Kind.FORM, key=key, number=number).first()
    if edition is None:
        raise NotFound
    return edition, definition_of(edition)


def forms_open_to(user: User) -> list[tuple[Edition, FormDefinition]]:
    """Return the forms in force that the person may fill in, by key."""
    roles, departments = roles_of(user), rules.departments_around(user)
    found = [(edition, definition_of(edition)) for edition in all_in_force(Edition.Kind.FORM)]
    return [(edition, form) for edition, form in found if rules.may_submit(form, roles, departments)]


def drafts_of(user: User) -> QuerySet[Draft]:
    """Return what the person has begun, last saved first, with the editions."""
    return Draft.objects.filter(person=user).select_related("edition", "person", "on_behalf_of")


def draft_for(user: User, uuid: uuids.UUID) -> Draft:
    """Return one draft of the person; raises NotFound, also for the drafts of others."""
    draft = drafts_of(user).filter(uuid=uuid).first()
    if draft is None:
        raise NotFound
    return draft


def edition_of_draft(user: User, uuid: uuids.UUID) -> Edition | None:
    """Return the edition a draft of the person is pinned to; None where they have no such draft."""
    return Edition.objects.filter(drafts__uuid=uuid, drafts__person=user).order_by("pk").first()


def submissions_of(user: User) -> QuerySet[Submission]:
    """Return what the person has submitted, or others for them, newest first, with the editions."""
    found = Submission.objects.filter(Q(submitted_by=user) | Q(on_behalf_of=user))
    return found.select_related("edition", "submitted_by", "on_behalf_of")


def submission_for(
    user: User, uuid: uuids.UUID, *, also: Callable[[Submission, User], bool] | None = None
) -> Submission:
    """Return a submission to its submitter, and to those ``also`` says yes to; raises NotFound for anybody
    else.

    ``also`` is how a room above (that of cases, say) lets its own people read what belongs to them.
    """
    submission = (
        Submission.objects.select_related("edition", "submitted_by", "on_behalf_of").filter(uuid=uuid).first()
    )
    if submission is None or not (rules.may_see(submission, user) or (also and also(submission, user))):
        raise NotFound
    return submission
