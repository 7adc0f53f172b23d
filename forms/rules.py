"""Who may do what with forms. Nothing here writes."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable
from enum import StrEnum

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from forms.exceptions import NotFound, NotPermitted, RuleBroken
from forms.models import Submission
from forms.registers.labels import Labels, is_withheld, may_be_withheld
from forms.schema import (
    SUBMITTER,
    Confidentiality,
    Correction,
    FieldDefinition,
    FormDefinition,
    Limit,
    definition_of,
)
from foundation.editions.models import Edition
from foundation.editions.queries import in_force
from foundation.organisation.models import Department, Holding, User
from foundation.organisation.resolution import roles_of

PAGE_STAYS_OPEN = datetime.timedelta(days=1)
"""So long a page that was opened before an edition was replaced can still be sent; sessions are shorter."""


BUILDERS = frozenset({"form_builder", "administrator"})
"""Roles that build forms and publish them."""


def may_build(roles: Collection[str]) -> bool:
    """Whether somebody with these roles may work on forms and publish them."""
    return not BUILDERS.isdisjoint(roles)


def check_may_build(user: User) -> None:
    """Raise NotPermitted unless ``may_build``."""
    if not user.is_active or not may_build(roles_of(user)):
        raise NotPermitted


def may_submit(definition: FormDefinition, roles: Collection[str], departments: Collection[str] = ()) -> bool:
    """Whether somebody with these roles, in these departments (``departments_around``), may fill in the form:
    one of its submitters, somebody of its departments, or everybody when it names neither.

    Source: the definition's ``submitters`` and ``departments``.
    """
    if not definition.submitters and not definition.departments:
        return True
    return not set(roles).isdisjoint(definition.submitters) or not set(departments).isdisjoint(
        definition.departments
    )


def check_may_submit(definition: FormDefinition, user: User) -> None:
    """Raise NotPermitted unless ``may_submit`` (asks for roles and posts only where the form names some)."""
    if not user.is_active:
        raise NotPermitted
    if definition.submitters or definition.departments:
        roles = roles_of(user) if definition.submitters else frozenset[str]()
        departments = departments_around(user) if definition.departments else frozenset[str]()
        if not may_submit(definition, roles, departments):
            raise NotPermitted


def departments_around(user: User) -> frozenset[str]:
    """Return the codes of the departments in which the person holds a post today, and of those above them.
    Two queries.
    """
    tree = {pk: (code, parent) for pk, code, parent in Department.objects.values_list("pk", "code", "parent")}
    found: set[str] = set()
    for start in Holding.objects.on().filter(person=user).values_list("position__department", flat=True):
        step: int | None = start
        while step is not None and tree[step][0] not in found:
            code, step = tree[step]
            found.add(code)
    return frozenset(found)


class Taking(StrEnum):
    """Whether a form is taken on a day."""

    OPEN = "open"
    NOT_YET = "not yet"
    CLOSED = "closed"


def taking(definition: FormDefinition, day: datetime.date) -> Taking:
    """Return whether the form is taken on ``day``. Source: ``opens_on`` and ``closes_on``."""
    if definition.opens_on and day < datetime.date.fromisoformat(definition.opens_on):
        return Taking.NOT_YET
    if definition.closes_on and day > datetime.date.fromisoformat(definition.closes_on):
        return Taking.CLOSED
    return Taking.OPEN


def check_taken(definition: FormDefinition, day: datetime.date) -> None:
    """Raise RuleBroken, with the day, where the form is not taken on ``day``."""
    match taking(definition, day):
        case Taking.NOT_YET:
            raise RuleBroken(
                _("This form opens on %(day)s. What you typed is kept until then.")
                % {"day": _day(definition.opens_on)}
            )
        case Taking.CLOSED:
            raise RuleBroken(
                _("This form closed on %(day)s and is no longer taken.") % {"day": _day(definition.closes_on)}
            )


def _day(iso: str | None) -> str:
    return date_format(datetime.date.fromisoformat(iso or ""), "DATE_FORMAT")


def counted(limit: Limit, key: str, person: User | None, day: datetime.date) -> QuerySet[Submission] | None:
    """Return the submissions a limit counts on ``day``: of the form or of this person (for whom it was handed
    in), of this day, month or year; those withdrawn are free again. None: a limit per person and no person.
    """
    found = Submission.objects.filter(form_key=key).exclude(state=Submission.State.WITHDRAWN)
    if limit.per == "person":
        if person is None:
            return None
        found = found.filter(Q(on_behalf_of=person) | Q(on_behalf_of__isnull=True, submitted_by=person))
    first = {"ever": None, "year": day.replace(month=1, day=1), "month": day.replace(day=1), "day": day}[
        limit.within
    ]
    if first is None:
        return found
    return found.filter(
        submitted_at__gte=timezone.make_aware(datetime.datetime.combine(first, datetime.time()))
    )


def full(limit: Limit) -> str:
    """Return the sentence that says a limit is reached."""
    within = {
        "ever": _("in all"),
        "year": _("a year"),
        "month": _("a month"),
        "day": _("a day"),
    }[limit.within]
    if limit.per == "person":
        sentence = _("This form is taken %(count)d times from one person (%(within)s); that is reached.")
    else:
        sentence = _("This form is taken %(count)d times (%(within)s); that is reached.")
    return sentence % {"count": limit.count, "within": within}


def may_act_for_others(definition: FormDefinition, roles: Collection[str]) -> bool:
    """Whether somebody with these roles fills the form in for others. Source: ``on_behalf``."""
    return not set(roles).isdisjoint(definition.on_behalf)


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


def check_may_begin(edition: Edition, user: User) -> Edition:
    """Return the edition in force; raise unless the person may begin a draft under ``edition``: the one in
    force, or for a day after it was replaced one that a page opened before still shows. NotPermitted as
    ``check_open``; NotFound for any other edition.
    """
    current = check_open(edition, user)
    yesterday = timezone.now() - PAGE_STAYS_OPEN
    replaced_lately = current.published_at > yesterday or current.effective_from > timezone.localdate(
        yesterday
    )
    if edition != current and not (replaced_lately and edition.effective_from <= timezone.localdate()):
        raise NotFound
    return current


KEEPERS = frozenset({"auditor", "administrator"})
"""Keys of the roles that hold submissions back from retention."""


def may_hold(roles: Collection[str]) -> bool:
    """Whether somebody with these roles sets and lifts legal holds."""
    return not KEEPERS.isdisjoint(roles)


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

    Source: ``readers`` of the fields of its own edition, and of the registers they name; the author reads everything
    they wrote.
    """
    asked = [field for field in definition_of(submission.edition).fields() if may_be_withheld(field)]
    if not asked or is_author(submission, user):
        return frozenset()
    return withheld_among(asked, roles_of(user) if roles is None else roles)


def withheld_among(asked: Iterable[FieldDefinition], roles: Collection[str]) -> frozenset[str]:
    """Return the ids of the fields whose answers nobody with these roles alone reads: neither named by their
    ``readers``, nor, where a row of a register is named, by those of the words that stand for it.
    """
    labels = Labels()
    return frozenset(field.id for field in asked if is_withheld(labels.readers_of(field), roles))


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
