"""What a new draft begins with: of the person it is about, and of the day."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.utils import timezone

from forms.fields import FieldFault, Surroundings
from forms.fields.base import Found, Reference
from forms.schema import FieldDefinition, FormDefinition, Prefill
from foundation.organisation.models import Department, Holding, Position, User
from foundation.organisation.resolution import RoleContext, resolve

_SOURCES = {
    Prefill.PERSON: "person",
    Prefill.MANAGER: "person",
    Prefill.DEPARTMENT: "department",
    Prefill.POSITION: "position",
}


def prefilled(
    definition: FormDefinition, person: User | None, now: datetime.datetime | None = None
) -> dict[str, Any]:
    """Return by field id what is known beforehand: of ``person`` (whoever the form is about; nobody: a
    stranger), of the day and of the hour.

    A field that takes a reference gets one, any other the words; what a field would not take is left out. The
    number of queries depends on which things the form asks for, not on how many fields do.
    """
    known = _Known(person, timezone.localtime(now))
    found = {}
    for asked in definition.fields():
        if asked.prefill is not None and (value := _value(asked, known)) is not None:
            found[asked.id] = value
    return found


def _value(asked: FieldDefinition, known: _Known) -> Any:
    assert asked.prefill is not None
    value = known.of(asked.prefill)
    if value is None or value == "":
        return None
    kind, settings = asked.of_kind, asked.settings
    references: Mapping[Reference, Found] = {}
    if isinstance(value, User | Department | Position):
        source = _SOURCES[asked.prefill]
        reference = {"key": _key(value), "label": str(value)}
        if any(each.source == source for each in kind.references(reference, settings)):
            thing = Reference(source, reference["key"])
            references = {thing: Found(thing, reference["label"])}
            value = reference
        else:
            value = str(value)
    elif isinstance(value, datetime.datetime | datetime.date):
        value = _moment(asked, value)
    if isinstance(value, str):
        try:
            value = kind.parse([value], settings)
        except FieldFault:
            return None
    try:
        kind.check(value, settings, Surroundings(known.now.date(), references))
    except FieldFault:
        return None
    return value


def _key(thing: User | Department | Position) -> str:
    return str(thing.uuid) if isinstance(thing, User) else thing.code


def _moment(asked: FieldDefinition, value: datetime.datetime | datetime.date) -> str:
    """Return a day or a moment as somebody would type it into this field."""
    if asked.kind == "time" and isinstance(value, datetime.datetime):
        return value.strftime("%H:%M")
    if asked.kind == "date" and isinstance(value, datetime.datetime):
        return value.date().isoformat()
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M")
    return value.isoformat()


class _Known:
    """What is known of a person, looked up as it is asked for."""

    def __init__(self, person: User | None, now: datetime.datetime) -> None:
        self.person = person
        self.now = now

    def of(self, what: Prefill) -> Any:
        match what:
            case Prefill.TODAY:
                return self.now.date()
            case Prefill.NOW:
                return self.now
            case _ if self.person is None:
                return None
            case Prefill.PERSON:
                return self.person
            case Prefill.NAME:
                return str(self.person)
            case Prefill.EMPLOYEE_NUMBER:
                return self.person.employee_number
            case Prefill.EMAIL:
                return self.person.email
            case Prefill.PHONE:
                return self.person.phone
            case Prefill.MANAGER:
                return self._manager
        post = self._post
        return (post.department if what is Prefill.DEPARTMENT else post) if post else None

    @cached_property
    def _post(self) -> Position | None:
        """The post the person has held longest; a regular one before others."""
        held = Holding.objects.on(self.now.date()).filter(person=self.person)
        posts = held.select_related("position__department").order_by("starts", "id")
        found = sorted(posts, key=lambda holding: holding.kind != Holding.Kind.REGULAR)
        return found[0].position if found else None

    @cached_property
    def _manager(self) -> User | None:
        context = RoleContext(submitter=self.person)
        return next(iter(resolve("line_manager", context).people), None)
