"""Reading promises: what they say in words, and lists of them for those who see their cases. Nothing here writes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, overload

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from forms.registers.labels import Labels, is_withheld, may_be_withheld
from forms.rules import is_author
from forms.schema import FieldDefinition
from forms.schema import definition_of as form_of
from foundation.editions.texts import in_language
from foundation.organisation.models import User
from foundation.organisation.resolution import roles_of
from workflows.definitions import definition_of
from workflows.load import OTHERS, Supervised
from workflows.models import Case, Promise
from workflows.queries import cases_visible_to
from workflows.schema import Clock

SOON = dt.timedelta(hours=24)
Standing = Literal["owed", "soon", "overdue", "broken", "settled", "all"]
"""*overdue*: its time is over, and it is owed still; *broken*: that, or it was broken, or kept late."""
Whose = Literal["mine", "led", "all"]


def clock_of(promise: Promise) -> Clock | None:
    """Return the clock that made it, as the workflow was then; None for one made by hand."""
    if not promise.clock:
        return None
    clocks = definition_of(promise.edition).clocks
    return next((one for one in clocks if one.id == promise.clock), None)


@overload
def what_of(promise: Promise, *, localized: Literal[True]) -> Mapping[str, str] | str: ...
@overload
def what_of(promise: Promise, *, localized: Literal[False] = False) -> str: ...
def what_of(promise: Promise, *, localized: bool = False) -> Mapping[str, str] | str:
    """Return what was promised, in the language in use; ``localized``: in all there are, where it is not somebody's own
    words.
    """
    clock = clock_of(promise)
    if clock is None:
        return promise.what or promise.clock or _("(erased)")
    text = (clock.promise.what if clock.promise else None) or clock.title
    return text if localized else in_language(text)


@dataclass(frozen=True)
class Reader:
    """For whose eyes names are read out of answers, some of which are not for everybody."""

    user: User
    roles: frozenset[str]

    @classmethod
    def of(cls, user: User) -> Reader:
        """Return the person with their roles, asked once."""
        return cls(user, frozenset(roles_of(user)))


def to_of(promise: Promise, case: Case, reader: Reader | None) -> str:
    """Return to whom it was promised: the words, or the answer the clock points to, as it is now.

    Without a reader (what is told to several) and for one who may not read the answer, the words alone.
    """
    clock = clock_of(promise)
    if clock is None or clock.promise is None:
        return promise.to_whom
    said = clock.promise
    found = _answer(promise, case, said.to_answer, reader) if said.to_answer is not None else ""
    if found or said.to_words is not None:
        return found or in_language(said.to_words or {})
    return _("the house") if said.by == "outsider" else ""


def by_of(promise: Promise, case: Case, reader: Reader | None) -> str:
    """Return who stands for it: somebody of the house, or whom outside it an answer names."""
    if promise.by is not None:
        return str(promise.by)
    clock = clock_of(promise)
    said = clock.promise if clock is not None else None
    return _answer(promise, case, said.by_answer, reader) if said is not None and said.by_answer else ""


def _answer(promise: Promise, case: Case, name: str, reader: Reader | None) -> str:
    """Return an answer that the definition points to, as it is now; empty where there is none or not for these eyes."""
    definition, form = definition_of(promise.edition), form_of(case.submission.edition)
    field = form.by_id.get(name) or definition.questions().get(name)
    value: Any = {**case.submission.answers, **case.answers}.get(name)
    if field is None or value is None or not _may_read(field, case, reader):
        return ""
    return field.of_kind.display(value, field.settings, get_language() or "")


def _may_read(field: FieldDefinition, case: Case, reader: Reader | None) -> bool:
    if not may_be_withheld(field) or (reader is not None and is_author(case.submission, reader.user)):
        return True
    limits = Labels().readers_of(field)
    return not limits or (reader is not None and not is_withheld(limits, reader.roles))


@dataclass(frozen=True)
class Owed:
    """What one person (None: nobody of the house) owes in one workflow: how many promises are open, due within a day,
    and broken and open still.
    """

    person: int | None
    workflow: str
    open: int
    soon: int = 0
    overdue: int = 0


def owed_under(leads: Supervised) -> list[Owed]:
    """Return who of those a person leads owes how many, as ``promises_seen_by`` lists them. One query of promises."""
    now = timezone.now()
    rows = (
        promises_seen_by(leads.user, "led", "owed", leads)
        .order_by()
        .values("by", "case__workflow")
        .annotate(
            open=Count("pk"),
            soon=Count("pk", filter=_standing("soon", now)),
            overdue=Count("pk", filter=_standing("overdue", now)),
        )
    )
    return [Owed(*row) for row in rows.values_list("by", "case__workflow", "open", "soon", "overdue")]


def of_department(leads: Supervised, code: str) -> Q:
    """Return what promises are of people who work in a department; with ``OTHERS``, of people of none of those led."""
    if code == OTHERS:
        return Q(by__isnull=False) & ~Q(by__in=leads.people)
    return Q(by__in={post.person.pk for post in leads.posts if post.department.code == code})


def _standing(standing: Standing, now: dt.datetime) -> Q:
    return {
        "owed": Q(settled_at=None),
        "soon": Q(settled_at=None, due_at__gte=now, due_at__lt=now + SOON),
        "overdue": Q(settled_at=None, due_at__lt=now),
        "broken": Q(settled_at=None, due_at__lt=now) | Q(status__in=("broken", "late")),
        "settled": Q(settled_at__isnull=False),
        "all": Q(),
    }[standing]


def promises_seen_by(
    user: User, whose: Whose = "mine", standing: Standing = "owed", leads: Supervised | None = None
) -> QuerySet[Promise]:
    """Return promises on cases the person sees: their own, those of the people they lead, or all; those owed first due
    first, settled ones the newest first. ``leads``: whom they lead, where it was asked already.
    """
    found = Promise.objects.filter(case__in=cases_visible_to(user).order_by().values("pk"))
    if whose == "mine":
        found = found.filter(by=user)
    elif whose == "led":
        leads = leads or Supervised(user)
        found = found.filter(Q(by__in=leads.people) | Q(case__workflow__in=leads.reassigned))
    found = found.filter(_standing(standing, timezone.now())).select_related(
        "case__edition", "case__submission__edition", "edition", "by", "settled_by"
    )
    return (
        found.order_by("due_at", "id")
        if standing in ("owed", "soon", "overdue")
        else found.order_by("-due_at", "-id")
    )
