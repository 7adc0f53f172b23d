"""What an address asks of the list of cases: ``workflow``, ``state``, ``person``, ``late``, ``opened_from``,
``opened_to``, ``q``, ``scope`` and ``sort``; of what one leads ``led`` and ``department``; and ``asked``, for whose
decision is waited. Other rooms link to the list with these names. ``f`` filters by an answer and ``c`` names a column,
as in registers; ``view`` is a saved view, with ``own`` where something of it was changed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from backoffice.casework.deciding import uuid_of
from backoffice.listing.filtering import filters_with
from forms.registers.filters import MOST_FILTERS, Condition, Filter, read_filter
from foundation.editions.models import Edition
from foundation.editions.queries import all_in_force
from foundation.editions.texts import in_language
from foundation.organisation.models import User
from foundation.organisation.people import active_people
from workflows.definitions import definition_of, edition_in_force
from workflows.lists import CLOSED, NEWEST, OPEN, ORDERS, Asked, DueWithin
from workflows.load import OTHERS, Supervised
from workflows.load import SOON as DAY

SCOPES = {"open": OPEN, "final": CLOSED, "all": Q()}
LONGEST_SEARCH = 100
NOBODY, MYSELF = "nobody", "me"
LONGEST_KEY = 80
LATE, SOON = "1", "soon"
LATENESS = (LATE, SOON)
MOST_COLUMNS = 60


@dataclass(frozen=True)
class Wanted:
    """What is to be shown. ``person``: the uuid of whoever has the case, ``me`` or ``nobody``. ``late``: "1", or
    "soon" for what is due within a day. ``led``: only of those the reader leads, ``department``: of them only those
    who work there. ``waits_for``: the uuid of whose decision is waited for.
    """

    scope: str = "open"
    workflow: str = ""
    state: str = ""
    person: str = ""
    late: str = ""
    led: bool = False
    department: str = ""
    waits_for: str = ""
    opened_from: dt.date | None = None
    opened_to: dt.date | None = None
    words: str = ""
    sort: str = ""
    filters: tuple[Filter, ...] = ()
    columns: tuple[str, ...] = ()
    """Keys in order; empty: the usual ones."""
    view: str = ""
    """The uuid of the saved view it began from."""

    @classmethod
    def read(cls, query: QueryDict, *, view: str = "") -> Wanted:
        """Return what a query string asks for; what cannot be read is passed over. ``of`` says for which workflow
        filters and columns were chosen: with another one they fall out.
        """

        def text(name: str, most: int = LONGEST_KEY) -> str:
            return query.get(name, "").replace("\x00", "").strip()[:most]

        scope, sort, person = text("scope"), text("sort"), text("person")
        late, asked = text("late"), text("asked")
        filters = [one for said in query.getlist("f")[:MOST_FILTERS] if (one := read_filter(said))]
        columns = query.getlist("c")[:MOST_COLUMNS]
        if query.get("of", text("workflow")) != text("workflow"):
            filters, columns = [], [key for key in columns if "@" not in key]
        return cls(
            scope=scope if scope in SCOPES else "open",
            workflow=text("workflow"),
            state=text("state"),
            person=person if person in (NOBODY, MYSELF) or uuid_of(person) is not None else "",
            late=late if late in LATENESS else "",
            led=query.get("led") == "1" or bool(text("department")),
            department=text("department"),
            waits_for=asked if uuid_of(asked) is not None else "",
            opened_from=_day(text("opened_from")),
            opened_to=_day(text("opened_to")),
            words=text("q", LONGEST_SEARCH),
            sort=sort if sort in ORDERS else "",
            filters=tuple(dict.fromkeys(filters)),
            columns=tuple(dict.fromkeys(columns)),
            view=view,
        )

    @property
    def order(self) -> str:
        """The order of the list: where one asks what is due, by that; else the newest first, where nobody chose."""
        return self.sort or ("due" if self.late else NEWEST)

    @property
    def narrowed(self) -> bool:
        """Whether anything but scope, order and columns is asked for."""
        return replace(self, scope="open", sort="", columns=(), view="") != Wanted()

    def asked(self, reader: User, answers: tuple[Condition, ...] = ()) -> Asked:
        """Return what the list is asked for; ``answers``: what the filters demand of them."""
        filters = []
        if self.workflow or self.state:
            names = {"workflow": self.workflow, "state": self.state}
            filters.append(Q(**{name: value for name, value in names.items() if value}))
        if self.person:
            filters.append(self._has_it(reader))
        if self.led or self.waits_for:
            filters += self._of_those_led(reader)
        if self.opened_from:
            filters.append(Q(opened_at__gte=_midnight(self.opened_from)))
        if self.opened_to:
            filters.append(Q(opened_at__lt=_midnight(self.opened_to + dt.timedelta(days=1))))
        return Asked(
            scope=SCOPES[self.scope],
            filters=tuple(filters),
            answers=answers,
            due=self._due(timezone.now()),
            words=self.words,
            order=self.order,
        )

    def _due(self, now: dt.datetime) -> DueWithin | None:
        return {LATE: DueWithin(now), SOON: DueWithin(now + DAY, after=now)}.get(self.late)

    def _of_those_led(self, reader: User) -> list[Q]:
        supervised, found = Supervised(reader), []
        if self.led:
            found.append(supervised.theirs)
        if self.department:
            found.append(supervised.of_department(self.department))
        if (person := uuid_of(self.waits_for)) is not None:
            found.append(supervised.waiting_for(person))
        return found

    def _has_it(self, reader: User) -> Q:
        if self.person == NOBODY:
            return Q(assignee=None)
        if self.person == MYSELF:
            return Q(assignee=reader)
        return Q(assignee__in=User.objects.filter(uuid=self.person).values_list("pk", flat=True)[:1])

    @property
    def said(self) -> list[tuple[str, str]]:
        """What it asks for as names and values, without the view."""
        pairs = [
            ("scope", self.scope),
            ("workflow", self.workflow),
            ("state", self.state),
            ("person", self.person),
            ("late", self.late),
            ("led", "1" if self.led else ""),
            ("department", self.department),
            ("asked", self.waits_for),
            ("opened_from", self.opened_from.isoformat() if self.opened_from else ""),
            ("opened_to", self.opened_to.isoformat() if self.opened_to else ""),
            ("q", self.words),
            ("sort", self.sort),
            *(("f", str(one)) for one in self.filters),
            *(("c", key) for key in self.columns),
        ]
        return [pair for pair in pairs if pair[1]]

    @property
    def query(self) -> str:
        """What it asks for as a query string: as a saved view keeps it."""
        return urlencode(self.said)

    @property
    def named(self) -> list[tuple[str, str]]:
        """The same with the view it began from."""
        return [*([("view", self.view), ("own", "1")] if self.view else []), *self.said]

    def address(self, **changed: Any) -> str:
        """Return the query string that asks for the same with these changes."""
        return f"?{urlencode(replace(self, **changed).named)}"

    def extended(self, *more: tuple[str, str]) -> str:
        """Return the query string that asks for the same and something more of the page."""
        return f"?{urlencode([*self.named, *more])}"

    def with_filter(self, new: Filter, instead_of: int | None = None) -> Wanted:
        """Return the same with one filter more, or with one in place of another."""
        return replace(self, filters=filters_with(self.filters, new, instead_of))

    def without_filter(self, place: int) -> Wanted:
        """Return the same without one filter."""
        return replace(self, filters=tuple(one for at, one in enumerate(self.filters) if at != place))


def _day(text: str) -> dt.date | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day is not None and 1900 < day.year < 9000 else None


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


# --- what can be chosen ------------------------------------------------------------------------------------------


def workflows_offered(keys: Collection[str]) -> list[tuple[str, str]]:
    """Return the workflows by key with their titles, in the order of the titles. One query."""
    titles = {edition.key: edition for edition in all_in_force(Edition.Kind.WORKFLOW) if edition.key in keys}
    found = [
        (key, in_language(definition_of(titles[key]).title) if key in titles else key) for key in sorted(keys)
    ]
    return sorted(found, key=lambda pair: pair[1])


def states_offered(workflow: str) -> list[tuple[str, str]]:
    """Return the states of a workflow in their order; none where no workflow, or none in force, is chosen."""
    edition = edition_in_force(workflow) if workflow else None
    if edition is None:
        return []
    return [(state.id, in_language(state.title)) for state in definition_of(edition).states]


def departments_offered(wanted: Wanted, reader: User) -> list[tuple[str, str]]:
    """Return the departments of those the reader leads, where the list is of these; else none."""
    if not wanted.led:
        return []
    found = {post.department.code: str(post.department) for post in Supervised(reader).posts}
    return [*sorted(found.items(), key=lambda pair: pair[1]), (OTHERS, _("others"))]


def people_offered(wanted: Wanted) -> list[tuple[str, str]]:
    """Return whom cases may be with: oneself, nobody, and the people who work here."""
    names = active_people().only("uuid", "full_name", "full_name_en", "username")
    people = [(str(person.uuid), str(person)) for person in names]
    return [(MYSELF, _("Myself")), (NOBODY, _("Nobody yet")), *people]
