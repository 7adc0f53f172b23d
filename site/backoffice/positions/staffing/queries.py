"""Questions about holders, vacancies and deputies. Each takes a fixed number of queries."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.positions.chart import words
from backoffice.positions.chart.structure import Post, posts_on
from foundation.organisation.models import Deputy, Holding, Position, User

MOST_PAST = 200


@dataclass
class Dated:
    """Rows with days, by where they stand to a day: in force, still to come, over."""

    now: list = field(default_factory=list)
    coming: list = field(default_factory=list)
    past: list = field(default_factory=list)

    @property
    def any(self) -> bool:
        """Whether there is anything at all."""
        return bool(self.now or self.coming or self.past)


def by_day(rows: Iterable[Holding | Deputy], day: datetime.date) -> Dated:
    """Return ``rows`` sorted into what is in force on ``day``, what comes (soonest first) and what is over."""
    found = Dated()
    for row in rows:
        if row.starts > day:
            found.coming.append(row)
        elif row.ends is not None and row.ends < day:
            found.past.append(row)
        else:
            found.now.append(row)
    found.coming.sort(key=lambda row: (row.starts, row.pk))
    found.past.sort(key=lambda row: (row.ends, row.starts, row.pk), reverse=True)
    return found


def holdings_of(position: Position, day: datetime.date) -> Dated:
    """Return the holdings of a post. One query."""
    return by_day(position.holdings.select_related("person", "position"), day)


@dataclass(frozen=True)
class Staffed:
    """What a description says of who holds its post on a day."""

    holders: tuple[tuple[User, str, datetime.date, datetime.date | None, tuple[str, ...]], ...]
    vacancy: str
    surplus: str
    coming: tuple[Holding, ...]
    past: tuple[Holding, ...]


def staffed(position: Position, day: datetime.date, *, for_hr: bool) -> Staffed:
    """Return holders with their kind, days and deputies; for HR also who comes and who was. Two queries."""
    holdings = holdings_of(position, day)
    people = [holding.person_id for holding in holdings.now]
    deputies: dict[int, list[str]] = {}
    for row in (
        Deputy.objects.on(day).filter(principal__in=people, deputy__is_active=True).select_related("deputy")
    ):
        deputies.setdefault(row.principal_id, []).append(str(row.deputy))
    filled = sum(holding.kind != Holding.Kind.ACTING for holding in holdings.now)
    post = _counted(position, filled)
    return Staffed(
        holders=tuple(
            (
                holding.person,
                "" if holding.kind == Holding.Kind.REGULAR else str(holding.get_kind_display()),
                holding.starts,
                holding.ends,
                tuple(deputies.get(holding.person_id, ())),
            )
            for holding in holdings.now
        ),
        vacancy=words.vacancy(post),
        surplus=words.surplus(post),
        coming=tuple(holdings.coming) if for_hr else (),
        past=tuple(holdings.past[:MOST_PAST]) if for_hr else (),
    )


def _counted(position: Position, filled: int) -> Post:
    """Return a post with so many holders, to say its vacancy in the words of the chart."""
    from backoffice.positions.chart.structure import Holder, Unit

    unit = Unit("", "", 0)
    return Post(
        position.code, "", unit, position.headcount, holders=tuple(Holder("") for _one in range(filled))
    )


def posts(
    day: datetime.date, *, search: str = "", departments: Iterable[str] = (), state: str = ""
) -> list[Post]:
    """Return every post of ``day`` that fits; ``state`` is ``vacant``, ``surplus``, ``acting``, ``off`` or empty."""
    wanted, asked = set(departments), search.lower().split()
    fits = {
        "vacant": lambda post: post.vacancies,
        "surplus": lambda post: post.surplus,
        "acting": lambda post: any(one.is_acting for one in post.holders),
        "off": lambda post: any(not one.active for one in post.holders),
    }.get(state, lambda post: True)
    return [
        post
        for post in posts_on(day, planned=True)
        if (not wanted or post.unit.code in wanted)
        and all(word in f"{post.keywords} {post.unit.name.lower()}" for word in asked)
        and fits(post)
    ]


@dataclass(frozen=True)
class Written:
    """One thing that was written about a holding, as the history keeps it."""

    at: datetime.datetime
    who: str
    what: str
    person: str
    kind: str
    starts: datetime.date
    ends: datetime.date | None
    reason: str


def written_about(position: Position, most: int = 100) -> list[Written]:
    """Return what was written about the holdings of a post, newest first. Two queries."""
    rows = list(Holding.history.filter(position_id=position.pk).order_by("-history_date")[: most + 1])
    names = {
        user.pk: str(user)
        for user in User.objects.filter(
            pk__in={row.person_id for row in rows} | {row.history_user_id for row in rows}
        )
    }
    told = {"+": _("Appointed"), "~": _("Changed"), "-": _("Struck out")}
    return [
        Written(
            at=row.history_date,
            who=names.get(row.history_user_id, ""),
            what=told[row.history_type],
            person=names.get(row.person_id, ""),
            kind=str(Holding.Kind(row.kind).label),
            starts=row.starts,
            ends=row.ends,
            reason=row.history_change_reason or "",
        )
        for row in rows[:most]
    ]


def deputies(day: datetime.date, search: str = "") -> Dated:
    """Return all deputies, those whose name or that of whom they act for fits. One query."""
    rows = Deputy.objects.select_related("principal", "deputy")
    for word in search.split():
        rows = rows.filter(
            Q(principal__full_name__icontains=word)
            | Q(principal__full_name_en__icontains=word)
            | Q(deputy__full_name__icontains=word)
            | Q(deputy__full_name_en__icontains=word)
        )
    return by_day(rows, day)


def of_person(person: User) -> tuple[Dated, Dated, Dated]:
    """Return a person's holdings, who acts for them, and for whom they act; as of today. Three queries."""
    today = timezone.localdate()
    held = person.holdings.select_related("position__department", "person")
    return (
        by_day(held, today),
        by_day(person.deputies.select_related("deputy", "principal"), today),
        by_day(person.deputising.select_related("deputy", "principal"), today),
    )
