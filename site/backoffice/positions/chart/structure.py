"""The posts of an organisation on a day, and who stands below whom.

What is shown of a day:

* **Holders** and **deputies** are those whose dates include the day; also in the past and in the future.
* **Today and later**, structure (title, department, superiors, headcount) is what it is now.
* **On a past day**, structure is what was on record at the end of that day. Where nothing was on record yet (the
  organisation was entered later), title, department and superiors are those of the edition in force on that day,
  where there is one; else, and for the headcount, it is as it is now.
* A post is there from the first day on which it has an edition, a holder, or (``planned``) a row on record. A
  post whose description has been withdrawn is there only while somebody holds it.

The solid line goes to the *first* superior: one in the post's own department before others, then by order of
department and code. All others get a dotted line.

Headcount is filled by regular and part-time holders. Whoever is acting (代职) keeps the post running, but the post
stays vacant until somebody is appointed to it.

The number of queries does not depend on the number of posts, people or departments.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from backoffice.positions import queries
from foundation.editions.models import Edition
from foundation.editions.queries import all_in_force, body_of
from foundation.organisation.models import Department, Deputy, Holding, Position, User

DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Unit:
    """A department, with its place in the tree of departments. ``colour`` counts the branches below the top."""

    code: str
    name: str
    place: int
    parent: str | None = None
    colour: int = 0


@dataclass(frozen=True)
class StandIn:
    """The other one of a deputy and an absent person; ``limited``: in some workflows only."""

    name: str
    limited: bool = False


@dataclass(frozen=True)
class Holder:
    """Somebody who holds a post on the day."""

    name: str
    keywords: str = ""
    kind: str = Holding.Kind.REGULAR
    deputies: tuple[StandIn, ...] = ()
    deputises_for: tuple[StandIn, ...] = ()
    active: bool = True

    @property
    def is_acting(self) -> bool:
        """Whether they only act (代职)."""
        return self.kind == Holding.Kind.ACTING

    @property
    def is_part_time(self) -> bool:
        """Whether they hold it beside another."""
        return self.kind == Holding.Kind.PART_TIME


@dataclass(frozen=True)
class Post:
    """A position on the day. ``superiors`` are codes, the first one first."""

    code: str
    title: str
    unit: Unit
    headcount: int = 1
    heads: bool = False
    superiors: tuple[str, ...] = ()
    holders: tuple[Holder, ...] = ()
    described: bool = False
    keywords: str = ""
    """What a search looks in, in small letters: code, title and holders in every language."""

    @property
    def filled(self) -> int:
        """Return how many count towards the headcount."""
        return sum(not holder.is_acting for holder in self.holders)

    @property
    def vacancies(self) -> int:
        """Return how many are missing."""
        return max(0, self.headcount - self.filled)

    @property
    def surplus(self) -> int:
        """Return how many are too many."""
        return max(0, self.filled - self.headcount)

    @property
    def sort_key(self) -> tuple[int, bool, str]:
        """Order of neighbours: department, its head first, code."""
        return (self.unit.place, not self.heads, self.code)


@dataclass(frozen=True)
class Chart:
    """The posts of a day as trees. ``children`` and ``roots`` hang on the solid lines."""

    posts: Mapping[str, Post] = field(default_factory=dict)
    roots: tuple[str, ...] = ()
    children: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    dotted: tuple[tuple[str, str], ...] = ()
    """Superior and subordinate, besides the first superior."""
    circles: tuple[tuple[str, ...], ...] = ()
    """Posts that report to one another in a circle; each is drawn below the one before, the first as a root."""
    outside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Titles of superiors that the chart leaves out, by post."""

    def below(self, code: str) -> list[str]:
        """Return every post below ``code``, nearest first."""
        found = list(self.children.get(code, ()))
        for one in found:
            found.extend(self.children.get(one, ()))
        return found

    @cached_property
    def above(self) -> dict[str, str]:
        """The post that each one hangs on."""
        return {below: above for above, many in self.children.items() for below in many}

    @cached_property
    def levels(self) -> dict[str, int]:
        """How far below a root each post stands, in the order of the tree from above."""
        found = dict.fromkeys(self.roots, 0)
        order = list(self.roots)
        for code in order:
            for one in self.children.get(code, ()):
                found[one] = found[code] + 1
                order.append(one)
        return found

    def path_to(self, code: str) -> list[str]:
        """Return the posts above ``code``, nearest first."""
        path: list[str] = []
        while (one := self.above.get(path[-1] if path else code)) is not None:
            path.append(one)
        return path

    def found(self, words: str) -> list[str]:
        """Return the posts whose title, code or holders hold every one of the words, in the order of the tree."""
        asked = words.lower().split()
        return [
            code for code in self.levels if asked and all(word in self.posts[code].keywords for word in asked)
        ]


def units() -> dict[int, Unit]:
    """Return the departments by id, in the order of their tree. One query."""
    rows = list(Department.objects.all())
    below: dict[int | None, list[Department]] = {}
    known = {row.pk for row in rows}
    for row in rows:
        below.setdefault(row.parent_id if row.parent_id in known else None, []).append(row)
    found: dict[int, Unit] = {}
    waiting = [(row, 0) for row in reversed(below.get(None, []))]
    colours = iter(range(1, len(rows) + 1))
    while waiting:
        row, colour = waiting.pop()
        parent = found.get(row.parent_id) if row.parent_id else None
        if parent is not None:
            colour = parent.colour if parent.parent is not None else next(colours)
        found[row.pk] = Unit(row.code, str(row), len(found), parent.code if parent else None, colour)
        waiting += [(child, colour) for child in reversed(below.get(row.pk, []))]
    for row in rows:  # departments that are part of one another: the data forbids it, the chart survives it
        found.setdefault(row.pk, Unit(row.code, str(row), len(found)))
    return found


def with_parts(unit_code: str, every: Iterable[Unit]) -> set[str]:
    """Return the code of a department and of everything that is part of it."""
    found = {unit_code}
    for unit in every:  # in the order of the tree: parents come first
        if unit.parent in found:
            found.add(unit.code)
    return found


def posts_on(day: datetime.date, *, planned: bool = False) -> list[Post]:
    """Return the posts of ``day`` in their order; see the module for what that means.

    ``planned``: also posts that nobody ever held and nobody has described in public. They are plans, for HR.
    """
    today = timezone.localdate()
    departments = units()
    rows = list(
        Position.objects.only("code", "title", "title_en", "department_id", "headcount", "heads_department")
    )
    by_id = {row.pk: row for row in rows}
    above = _superiors_now()
    begun = set(
        Edition.objects.filter(kind=Edition.Kind.POSITION, effective_from__lte=day).values_list(
            "key", flat=True
        )
    )
    described = set(queries.readable(day).values_list("code", flat=True))
    withdrawn = set(queries.readable(day, withdrawn=True).values_list("code", flat=True))
    ever_held = set(
        Holding.objects.filter(starts__lte=day).order_by().values_list("position_id", flat=True).distinct()
    )
    holders = _holders_on(day, now=day == today)
    recorded, told = ({}, {}) if day >= today else (_on_record(day), _in_editions(day))
    by_code = {row.code: row.pk for row in rows}

    drafts: dict[int, Post] = {}
    hidden: set[int] = set()
    links: dict[int, list[int]] = {}
    for row in rows:
        known = row.code in begun or row.pk in ever_held
        exists = known or (planned and (day >= today or row.pk in recorded))
        dissolved = row.code in withdrawn and row.pk not in holders
        if dissolved or not exists:
            hidden.add(row.pk)
        department, title = row.department_id, str(row)
        headcount, heads = row.headcount, row.heads_department
        links[row.pk] = above.get(row.pk, [])
        if (record := recorded.get(row.pk)) is not None:
            title = str(Position(title=record.title, title_en=record.title_en))
            department = record.department if record.department in departments else department
            headcount, heads, links[row.pk] = record.headcount, record.heads, list(record.superiors)
        elif (text := told.get(row.code)) is not None:
            title = str(Position(title=text.title or row.title, title_en=text.title_en))
            department = next(
                (pk for pk, unit in departments.items() if unit.code == text.department), department
            )
            links[row.pk] = [by_code[code] for code in text.superiors if code in by_code]
        held_by = tuple(holders.get(row.pk, ()))
        searched = (row.code, title, row.title, row.title_en, *(one.keywords for one in held_by))
        drafts[row.pk] = Post(
            row.code,
            title,
            departments[department],
            headcount,
            heads,
            holders=held_by,
            described=row.code in described,
            keywords=" ".join(searched).lower(),
        )
    found = []
    for pk, post in drafts.items():
        if pk not in hidden:
            superiors = [drafts[one] for one in _nearest_shown(pk, links, hidden, by_id)]
            superiors.sort(key=lambda one: (one.unit.code != post.unit.code, *one.sort_key))
            found.append(replace(post, superiors=tuple(one.code for one in superiors)))
    return sorted(found, key=lambda post: post.sort_key)


def charted(posts: Iterable[Post]) -> Chart:
    """Return the trees that ``posts`` form. Circles do not hang it: each is cut open and named."""
    shown = {post.code: post for post in posts}
    first = {
        code: next((one for one in post.superiors if one in shown), None) for code, post in shown.items()
    }
    circles = []
    done: set[str] = set()
    for code in shown:
        path: list[str] = []
        one: str | None = code
        while one is not None and one not in done:
            done.add(one)
            path.append(one)
            one = first[one]
        if one is not None and one in path:
            circle = path[path.index(one) :]
            top = min(circle, key=lambda each: shown[each].sort_key)
            start = circle.index(top)
            circle = [*circle[start:], *circle[:start]]
            circles.append(tuple(circle))
            first[top] = None
    children: dict[str, list[str]] = {}
    dotted = []
    for code, post in shown.items():
        solid = first[code]
        if solid is not None:
            children.setdefault(solid, []).append(code)
        dotted += [(one, code) for one in post.superiors if one in shown and one != solid]
    ordered = {
        above: tuple(sorted(many, key=lambda one: shown[one].sort_key)) for above, many in children.items()
    }
    roots = sorted((code for code in shown if first[code] is None), key=lambda one: shown[one].sort_key)
    return Chart(shown, tuple(roots), ordered, tuple(dotted), tuple(circles))


def of_department(chart: Chart, codes: Collection[str]) -> Chart:
    """Return the chart of the posts in the departments ``codes``; superiors elsewhere are named, not drawn."""
    wanted = [post for post in chart.posts.values() if post.unit.code in codes]
    return _part(chart, {post.code for post in wanted})


def of_vacancies(chart: Chart) -> Chart:
    """Return the chart of the posts with a vacancy, and of those above them."""
    wanted: set[str] = set()
    for post in chart.posts.values():
        if post.vacancies:
            wanted |= {post.code, *chart.path_to(post.code)}
    return _part(chart, wanted, name_outside=False)


def _part(chart: Chart, wanted: Collection[str], *, name_outside: bool = True) -> Chart:
    part = charted(post for post in chart.posts.values() if post.code in wanted)
    named: dict[str, tuple[str, ...]] = dict(chart.outside)
    for code, post in part.posts.items() if name_outside else ():
        left_out = [
            chart.posts[one].title for one in post.superiors if one in chart.posts and one not in wanted
        ]
        if left_out:
            named[code] = (*named.get(code, ()), *left_out)
    return replace(part, outside={code: named[code] for code in part.posts if code in named})


def folded(chart: Chart, closed: Collection[str]) -> Chart:
    """Return the chart without what hangs below the posts ``closed``."""
    hidden = {below for code in closed if code in chart.posts for below in chart.below(code)}
    if not hidden:
        return chart
    return replace(
        chart,
        posts={code: post for code, post in chart.posts.items() if code not in hidden},
        children={
            above: many
            for above, many in chart.children.items()
            if above not in hidden and above not in closed
        },
        dotted=tuple(pair for pair in chart.dotted if hidden.isdisjoint(pair)),
    )


def _superiors_now() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for below, above in Position.superiors.through.objects.values_list("from_position_id", "to_position_id"):
        found.setdefault(below, []).append(above)
    return found


def _nearest_shown(
    start: int, links: Mapping[int, list[int]], hidden: Collection[int], every: Mapping[int, Any]
) -> list[int]:
    """Return the superiors of a post; one that is not shown stands for its own superiors."""
    found: dict[int, None] = {}
    seen: set[int] = set()
    waiting = list(links[start])
    while waiting:
        one = waiting.pop(0)
        if one in seen or one not in every:
            continue
        seen.add(one)
        if one in hidden:
            waiting += links[one]
        elif one != start:
            found[one] = None
    return list(found)


def _holders_on(day: datetime.date, *, now: bool) -> dict[int, list[Holder]]:
    """Return the holders of each post, regular ones first. Two queries.

    Whether an account is switched on is known for today only.
    """
    deputies: dict[int, list[StandIn]] = {}
    absent: dict[int, list[StandIn]] = {}
    for row in Deputy.objects.on(day).select_related("deputy", "principal"):
        if (row.deputy.is_active and row.principal.is_active) or not now:
            limited = bool(row.workflows)
            deputies.setdefault(row.principal_id, []).append(StandIn(str(row.deputy), limited))
            absent.setdefault(row.deputy_id, []).append(StandIn(str(row.principal), limited))
    found: dict[int, list[Holder]] = {}
    order = {Holding.Kind.REGULAR: 0, Holding.Kind.PART_TIME: 1, Holding.Kind.ACTING: 2}
    names = ("full_name", "full_name_en", "username", "is_active")
    rows = Holding.objects.on(day).select_related("person")
    rows = rows.only("position_id", "kind", "starts", *(f"person__{name}" for name in names))
    for row in sorted(rows, key=lambda one: (order[one.kind], one.starts, one.pk)):
        person: User = row.person
        found.setdefault(row.position_id, []).append(
            Holder(
                str(person),
                f"{person.full_name} {person.full_name_en}",
                row.kind,
                tuple(deputies.get(person.pk, ())),
                tuple(absent.get(person.pk, ())),
                person.is_active or not now,
            )
        )
    return found


@dataclass(frozen=True)
class _Record:
    """A post as it was on record at the end of a day."""

    title: str
    title_en: str
    department: int | None
    headcount: int
    heads: bool
    superiors: tuple[int, ...]


def _on_record(day: datetime.date) -> dict[int, _Record]:
    """Return what was on record of each post at the end of ``day``. Two queries."""
    end = timezone.make_aware(datetime.datetime.combine(day + DAY, datetime.time()))
    history = Position.history.model
    rows = history.objects.filter(history_date__lt=end)
    newest = rows.filter(id=OuterRef("id")).order_by("-history_date").values("history_id")[:1]
    last = rows.filter(history_id=Subquery(newest))
    superiors: dict[int, list[int]] = {}
    links = history._meta.get_field("historicalposition_superiors").related_model
    for of, above in links.objects.filter(history_id__in=last.values("history_id")).values_list(
        "history_id", "to_position_id"
    ):
        superiors.setdefault(of, []).append(above)
    return {
        row.id: _Record(
            row.title,
            row.title_en,
            row.department_id,
            row.headcount,
            row.heads_department,
            tuple(superiors.get(row.history_id, ())),
        )
        for row in last
    }


@dataclass(frozen=True)
class _Told:
    """A post as the edition in force on a day tells of it."""

    title: str
    title_en: str
    department: str
    superiors: tuple[str, ...]


def _in_editions(day: datetime.date) -> dict[str, _Told]:
    """Return what the editions in force on ``day`` say of their posts. One query."""
    found = {}
    for edition in all_in_force(Edition.Kind.POSITION, day):
        body = body_of(edition)
        found[edition.key] = _Told(
            str(body.get("title") or ""),
            str(body.get("title_en") or ""),
            (body.get("department") or {}).get("code", ""),
            tuple(row["code"] for row in body.get("reports_to") or () if "code" in row),
        )
    return found
