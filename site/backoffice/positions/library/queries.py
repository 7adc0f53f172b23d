"""Questions about the library, for HR's screens. The number of queries never grows with items or descriptions."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.positions.library import links
from backoffice.positions.library.links import Link, RowState
from backoffice.positions.library.models import LibraryItem, LibraryUse
from backoffice.positions.library.wording import BY_NAME, same
from backoffice.positions.parts import LINK, Part
from foundation.editions.models import Edition
from foundation.editions.queries import body_of, editions_of

KIND = Edition.Kind.LIBRARY


# --- versions -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Version:
    """What one version of an item says."""

    part: str
    wording: Mapping[str, Any]


def wordings(wanted: Iterable[Link]) -> dict[Link, Version]:
    """Return what each of these versions says; those that are not here are left out. At most one query."""
    wanted = set(wanted)
    if not wanted:
        return {}
    found = {}
    for edition in Edition.objects.filter(
        kind=KIND, key__in={link.key for link in wanted}, number__in={link.version for link in wanted}
    ):
        link = Link(edition.key, edition.number)
        if link in wanted:
            body = body_of(edition)
            found[link] = Version(body["part"], body["wording"])
    return found


def versions_of(item: LibraryItem) -> list[Edition]:
    """Return the versions of an item, newest first, with who published them. One query."""
    return list(editions_of(KIND, item.key).select_related("published_by"))


def states_of(rows: Iterable[tuple[Part, Mapping[str, Any]]]) -> list[RowState | None]:
    """Return what has become of each row (its values with ``library``); None for a row of one's own. At most
    two queries.
    """
    rows = list(rows)
    wanted = [links.parse(str(row.get(LINK.name) or "")) for _part, row in rows]
    known = [link for link in wanted if link]
    items = {item.key: item for item in LibraryItem.objects.filter(key__in={link.key for link in known})}
    said = wordings(known)
    states: list[RowState | None] = []
    for (part, row), link in zip(rows, wanted, strict=True):
        if link is None:
            states.append(None)
            continue
        item, version = items.get(link.key), said.get(link)
        reworded = None
        if version is not None:
            reworded = version.part != part.name or not same(part, row, version.wording)
        states.append(
            RowState(
                link,
                item.number if item else 0,
                reworded,
                retired=item is not None and item.is_retired,
            )
        )
    return states


# --- the shelf ----------------------------------------------------------------------------------------------


def shelf(
    *, search: str = "", part: str = "", subject: str = "", retired: bool = False, published: bool = False
) -> QuerySet[LibraryItem]:
    """Return the items that match: every word of ``search`` stands in wording, key, subject or note.

    ``published``: only those that descriptions may take. One query.
    """
    found = LibraryItem.objects.filter(retired_at__isnull=not retired)
    if published:
        found = found.filter(number__gt=0)
    if part:
        found = found.filter(part=part)
    if subject:
        found = found.filter(subject=subject)
    for word in search.split():
        found = found.filter(
            Q(words__icontains=word)
            | Q(key__icontains=word)
            | Q(subject__icontains=word)
            | Q(note__icontains=word)
        )
    return found


def subjects(part: str = "") -> list[str]:
    """Return the subjects of the items of a part (or of all), in order. One query."""
    found = LibraryItem.objects.exclude(subject="")
    if part:
        found = found.filter(part=part)
    return list(found.order_by("subject").values_list("subject", flat=True).distinct())


@dataclass(frozen=True)
class UseCount:
    """How many descriptions use an item, in the draft or in force, and how many of those an older version."""

    used: int = 0
    outdated: int = 0


def use_counts(items: Iterable[LibraryItem], day: datetime.date | None = None) -> dict[str, UseCount]:
    """Return the counts of each item by its key; archived descriptions are not counted. Three queries."""
    newest = {item.key: item.number for item in items}
    if not newest:
        return {}
    in_force = list(_editions_in_force(day).values_list("in_force", flat=True))
    uses = LibraryUse.objects.filter(Q(edition=None) | Q(edition__in=in_force), page__archived_at=None)
    older = [Q(key=key, number__lt=number) for key, number in newest.items()]
    used = _pages(uses.filter(key__in=newest))
    outdated = _pages(uses.filter(reduce(or_, older)))
    return {key: UseCount(used.get(key, 0), outdated.get(key, 0)) for key in newest}


def _pages(uses: QuerySet[LibraryUse]) -> dict[str, int]:
    counted = uses.order_by().values("key").annotate(pages=Count("page", distinct=True))
    return dict(counted.values_list("key", "pages"))


def current_uses(day: datetime.date | None = None) -> QuerySet[LibraryUse]:
    """Return the uses that count: those in drafts, and those in editions in force on ``day``. One query."""
    return LibraryUse.objects.filter(Q(edition=None) | Q(edition__in=_editions_in_force(day)))


def _editions_in_force(day: datetime.date | None = None) -> QuerySet[Any]:
    """Return the ids of the editions in force on ``day`` of the descriptions that are live."""
    from backoffice.positions.models import PositionPage

    day = day or timezone.localdate()
    begun = (
        Edition.objects.filter(
            kind=Edition.Kind.POSITION, key=OuterRef("position__code"), effective_from__lte=day
        )
        .filter(Q(effective_until__isnull=True) | Q(effective_until__gte=day))
        .order_by("-effective_from", "-number")
    )
    return (
        PositionPage.objects.filter(live=True)
        .annotate(in_force=Subquery(begun.values("pk")[:1]))
        .filter(in_force__isnull=False)
        .values("in_force")
    )


# --- where used ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """The rows of one text (a draft, or an edition) that use an item. ``number``: of the edition in force."""

    versions: tuple[int, ...]
    reworded: int
    newest: int
    number: int | None = None

    @property
    def outdated(self) -> bool:
        """Whether a row names an older version."""
        return any(version < self.newest for version in self.versions)

    @property
    def word(self) -> str:
        """Return version and wording, in the language in use."""
        versions = ", ".join(str(version) for version in sorted(set(self.versions)))
        told = _("version %(number)s") % {"number": versions}
        wording = _("reworded") if self.reworded else _("same wording")
        return f"{told} · {wording}"


@dataclass
class PageUse:
    """One description that uses an item. ``draft`` and ``in_force`` are None where that text does not use it."""

    page: Any
    draft: Place | None = None
    in_force: Place | None = None
    state: str = field(default="")

    @property
    def outdated(self) -> bool:
        """Whether one of its texts names an older version; an archived one is left in peace."""
        places = (self.draft, self.in_force)
        return not self.page.is_archived and any(place is not None and place.outdated for place in places)

    @property
    def takes(self) -> bool:
        """Whether there is something to take over in the draft."""
        return self.draft is not None and self.draft.outdated and not self.page.is_archived


def pages_using(
    item: LibraryItem, *, outdated: bool = False, department: str = "", day: datetime.date | None = None
) -> list[PageUse]:
    """Return the descriptions that use an item, in their draft or in force, by department and title. Two
    queries.
    """
    from backoffice.positions.models import PositionPage

    rows: dict[int, dict[bool, list[LibraryUse]]] = defaultdict(lambda: {True: [], False: []})
    for use in current_uses(day).filter(key=item.key).select_related("edition").defer("edition__body"):
        rows[use.page_id][use.edition_id is None].append(use)
    pages = (
        PositionPage.objects.filter(pk__in=list(rows))
        .select_related("position__department", "latest_revision")
        .defer("latest_revision__content", *BY_NAME)
        .order_by(F("position__department__order").asc(nulls_last=True), "position__code", "title")
    )
    if department:
        pages = pages.filter(position__department__code=department)
    found = []
    for page in pages:
        use = PageUse(
            page, _place(rows[page.pk][True], item.number), _place(rows[page.pk][False], item.number)
        )
        use.state = _state(page, use)
        if use.outdated or not outdated:
            found.append(use)
    return found


def _place(uses: list[LibraryUse], newest: int) -> Place | None:
    if not uses:
        return None
    edition = uses[0].edition
    return Place(
        tuple(use.number for use in uses),
        sum(use.reworded is not False for use in uses),
        newest,
        edition.number if edition else None,
    )


def _state(page: Any, use: PageUse) -> str:
    if page.is_archived:
        return _("archived")
    if use.in_force is not None:
        return _("in force")
    return _("in force without it") if page.live else _("not in force")


@dataclass(frozen=True)
class Impact:
    """What publishing a new version means for the descriptions that use an item."""

    pages: int
    in_force: int
    reworded: int
    older: int


def impact_of(uses: Iterable[PageUse]) -> Impact:
    """Return the counts of an impact."""
    uses = list(uses)
    return Impact(
        len(uses),
        sum(use.in_force is not None for use in uses),
        sum(any(place and place.reworded for place in (use.draft, use.in_force)) for use in uses),
        sum(use.outdated for use in uses),
    )
