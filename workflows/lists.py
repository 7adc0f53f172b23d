"""Which cases a list shows, in which order, up to a bound: as fast among a million cases as among ten thousand.

Nothing is counted, or leafed through, beyond ``BOUND``; what is beyond is said to be more. How it stays fast on both
databases, without statistics that one may not have: whatever few cases fulfil (one of the ways in which cases are a
person's, a filter) is read from its index, and everything else is asked of those few; what many fulfil is walked in the
order of the list, which has an index too, and the bound is reached soon.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Exists, Min, OuterRef, Q, QuerySet

from forms.registers.filters import Condition
from forms.registers.selection import few_that_fulfil, fulfils
from foundation.organisation.models import User
from foundation.organisation.resolution import roles_of
from workflows.models import Case, CaseClock, CaseWords
from workflows.queries import Sight, inbox_sight, orders_asked_of
from workflows.words import having, holds, parts_of, read_through, readable

BOUND = 1_000
"""So many cases are counted exactly and can be leafed through."""
OPEN, CLOSED = Q(closed_at=None), Q(closed_at__isnull=False)
RUNNING = Q(clocks__status=CaseClock.Status.RUNNING, clocks__due_at__isnull=False)

FEW_SUBMISSIONS = 10_000
"""So many submissions that a condition on answers is fulfilled by are read from its index, and their cases sorted."""
COMMON, SAMPLED = 2_000, 300
"""Words that stand in more cases are common. Of the newest ``SAMPLED`` it is found out how many are asked for: where
that is less than a twentieth, not all cases with the words are gone through.
"""
BADGE = 100
"""Beside the inbox no more are counted."""

ORDERS = {
    "-opened": ("opened_at", True),
    "opened": ("opened_at", False),
    "-changed": ("changed_at", True),
    "changed": ("changed_at", False),
    "-number": ("number", True),
    "number": ("number", False),
    "due": ("due", False),
}
"""By name: the column, and whether the greatest comes first."""
NEWEST = "-opened"
_NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)


@dataclass(frozen=True)
class DueWithin:
    """When a clock is due: before ``before``; with ``after`` not earlier than that, and no other clock earlier."""

    before: dt.datetime
    after: dt.datetime | None = None

    def said(self, of: str = "") -> Q:
        """Return it as a condition on clocks, or on that to which they belong by the name ``of``."""
        least = {} if self.after is None else {f"{of}due_at__gte": self.after}
        return Q(**{f"{of}due_at__lt": self.before}, **least)

    @property
    def clocks(self) -> QuerySet[CaseClock]:
        """The running clocks that are due then."""
        return CaseClock.objects.filter(self.said(), status=CaseClock.Status.RUNNING)

    def of(self, rows: QuerySet[Case]) -> QuerySet[Case]:
        """Return those of the cases none of whose clocks is due earlier."""
        if self.after is None:
            return rows
        earlier = CaseClock.objects.filter(status=CaseClock.Status.RUNNING, due_at__lt=self.after)
        return rows.filter(~Exists(earlier.filter(case=OuterRef("pk"))))


@dataclass(frozen=True)
class Asked:
    """What a list is asked for. ``filters``: conditions that each have an index; ``answers``: conditions on the
    answers of the form that opened the case; ``due``: only cases with a clock that is due then.
    """

    scope: Q = field(default_factory=Q)
    filters: tuple[Q, ...] = ()
    answers: tuple[Condition, ...] = ()
    due: DueWithin | None = None
    words: str = ""
    order: str = NEWEST


class CaseList:
    """The cases of a sight that fulfil what is asked, in its order."""

    def __init__(self, sight: Sight, asked: Asked, *, reader: User, bound: int = BOUND) -> None:
        """Take whose sight it is; ``reader`` finds by words they may read. ``bound`` counts fewer."""
        self._sight, self._asked, self._reader, self.bound = sight, asked, reader, bound
        self._parts = parts_of(asked.words)

    @cached_property
    def _found(self) -> list[int]:
        """Up to one more than the bound, in order."""
        asked = self._asked
        if asked.words.strip() and not self._parts:
            return []
        found = self._first()
        if asked.due is not None and asked.order == "due" and not self._parts:
            return found
        if len(found) <= self.bound:
            return self._in_order(found)
        # Of too many to sort: those that come first in the order, where it can be walked.
        if self._parts or asked.due is not None:
            return self._in_order(found[: self.bound]) + found[self.bound :]
        return found if asked.order != "due" else self._by_due()

    @property
    def ids(self) -> list[int]:
        """The keys of the cases, in order, no more than the bound."""
        return self._found[: self.bound]

    @property
    def more(self) -> bool:
        """Whether there are more than the bound."""
        return len(self._found) > self.bound

    # --- how -----------------------------------------------------------------------------------------------------

    def _first(self) -> list[int]:
        """Return up to one more than the bound; where there are more, those that come first (of words: the newest,
        by a clock: what is due first, by due: any).
        """
        asked = self._asked
        rows, broad = self._narrowed()
        if self._parts:
            return self._with_words(rows, broad)
        if asked.due is not None:
            return self._by_clock(asked.due.of(rows), walked=bool(broad), within=asked.due)
        column, descending = ORDERS[asked.order if asked.order != "due" else NEWEST]
        order = [f"-{column}", "-pk"] if descending else [column, "pk"]
        if not broad:
            return self._slice(rows.order_by(*order))
        found: set[tuple[Any, int]] = set()
        for way in broad:
            found.update(rows.filter(way).order_by(*order).values_list(column, "pk")[: self.bound + 1])
        return [pk for _key, pk in sorted(found, reverse=descending)][: self.bound + 1]

    def _narrowed(self) -> tuple[QuerySet[Case], list[Q]]:
        """Return the cases that are asked for, and the ways by which they are to be walked: none where they are few
        and given by their keys.
        """
        sight, asked = self._sight, self._asked
        rows = Case.objects.filter(asked.scope, *asked.filters)
        if not sight.everything:
            rows = rows.filter(sight.wanted)
        for condition in asked.answers:
            rows = rows.filter(fulfils(condition, "submission_id"))
        for condition in asked.answers:
            submissions = few_that_fulfil(condition, FEW_SUBMISSIONS)
            if submissions is not None:
                return rows.filter(submission__in=submissions), []
        for one in asked.filters:
            few = self._few(one)
            if few is not None:
                return rows.filter(pk__in=few), []
        if sight.everything:
            return rows, [Q()]
        narrow: set[int] = set()
        broad = []
        for way in sight.ways:
            few = self._few(way)
            if few is None:
                broad.append(way)
            else:
                narrow.update(few)
        if not broad:
            return rows.filter(pk__in=narrow), []
        return rows, [*broad, *([Q(pk__in=narrow)] if narrow else [])]

    def _few(self, condition: Q) -> list[int] | None:
        """Return the keys of the cases that fulfil it, None where they are more than the bound."""
        rows = Case.objects.filter(condition, self._asked.scope).order_by().values_list("pk", flat=True)
        found = list(rows[: self.bound + 1])
        return found if len(found) <= self.bound else None

    def _slice(self, rows: QuerySet[Any], times: int = 1) -> list[int]:
        return list(rows.values_list("pk", flat=True)[: times * (self.bound + 1)])

    def _with_words(self, rows: QuerySet[Case], broad: Sequence[Q]) -> list[int]:
        """Return the newest of the cases whose words have every part, as far as the reader may read the words."""
        asked = self._asked
        if asked.due is not None:
            rows = asked.due.of(rows).filter(pk__in=asked.due.clocks.values("case"))
        words = CaseWords.objects.filter(readable(roles_of(self._reader)))
        if not broad:
            kept: dict[int, list[str]] = {}
            for case, text in words.filter(case__in=self._slice(rows)).values_list("case_id", "words"):
                kept.setdefault(case, []).append(text)
            few = (case for case, texts in kept.items() if any(holds(one, self._parts) for one in texts))
            return sorted(few, reverse=True)
        first = having(words, self._parts).values_list("case_id", flat=True)
        if not rows.query.where:
            return _once(list(first[: 2 * (self.bound + 1)]), self.bound + 1)
        newest = list(first[: COMMON + 1])
        if len(newest) <= COMMON:
            return self._of_these(rows, newest)
        if len(self._of_these(rows, newest[:SAMPLED])) >= SAMPLED // 20:
            seen = Exists(rows.order_by().filter(pk=OuterRef("case_id")))
            return _once(list(first.filter(seen)[: 2 * (self.bound + 1)]), self.bound + 1)
        # Words that stand in many cases, of which few are asked for: these are walked, and their words read.
        rows = rows.filter(Exists(read_through(words, self._parts).filter(case=OuterRef("pk"))))
        ordered = [pk for way in broad for pk in self._slice(rows.filter(way).order_by("-opened_at", "-pk"))]
        return sorted(set(ordered), reverse=True)[: self.bound + 1]

    def _of_these(self, rows: QuerySet[Case], keys: Sequence[int]) -> list[int]:
        """Return those of the keys that are among the rows, in their order, up to one more than the bound."""
        found = set(rows.filter(pk__in=keys).order_by().values_list("pk", flat=True))
        return _once((pk for pk in keys if pk in found), self.bound + 1)

    def _in_order(self, ids: Sequence[int]) -> list[int]:
        """Return the keys in the order that is asked for; what has no date comes last."""
        column, descending = ORDERS[self._asked.order]
        if column == "due":
            due = dict(
                CaseClock.objects.filter(case__in=ids, status=CaseClock.Status.RUNNING, due_at__isnull=False)
                .order_by()
                .values_list("case")
                .annotate(Min("due_at"))
            )
            return sorted(ids, key=lambda pk: (due.get(pk, _NEVER), -pk))
        keys = dict(Case.objects.filter(pk__in=ids).order_by().values_list("pk", column))
        return sorted((pk for pk in ids if pk in keys), key=lambda pk: (keys[pk], pk), reverse=descending)

    def _by_clock(self, rows: QuerySet[Case], *, walked: bool, within: DueWithin | None = None) -> list[int]:
        """Return up to one more than the bound of the rows that have a running clock (due ``within``), what is due
        first first. ``walked``: the rows are many, so that the clocks are read first, in their order.
        """
        most = 4 * (self.bound + 1)
        if walked:
            every = CaseClock.objects.filter(status=CaseClock.Status.RUNNING, due_at__isnull=False)
            clocks = (every if within is None else within.clocks).order_by("due_at")
            first = list(clocks.values_list("case_id", flat=True)[:most])
            found = self._of_these(rows, first)
            if len(found) > self.bound or len(first) < most:
                return found
        timed = rows.filter(RUNNING, *([] if within is None else [within.said("clocks__")]))
        return _once(self._slice(timed.order_by("clocks__due_at"), times=4), self.bound + 1)

    def _by_due(self) -> list[int]:
        """Return the first of many by what is due first."""
        rows, broad = self._narrowed()
        found = self._by_clock(rows, walked=bool(broad))
        if len(found) > self.bound:
            return found
        # Too few have a clock: those without one follow, the newest first.
        known = set(found)
        rest = [pk for pk in self._first() if pk not in known]
        return [*found, *rest][: self.bound + 1]


def _once(ids: Iterable[int], most: int) -> list[int]:
    return list(dict.fromkeys(ids))[:most]


def load(ids: Collection[int]) -> list[Case]:
    """Return the cases of these keys, in this order, with what lists show of them. One query."""
    found = (
        Case.objects.filter(pk__in=ids)
        .select_related("edition", "assignee", "submitted_by", "department", "submission__edition")
        .defer("edition__body", "submission__edition__body")
        .in_bulk()
    )
    return [found[pk] for pk in ids if pk in found]


def inbox_list(user: User, asked: Asked | None = None, *, bound: int = BOUND) -> CaseList:
    """Return what waits for a step or a decision of the person, what has waited longest first."""
    return CaseList(inbox_sight(user), asked or Asked(OPEN, order="changed"), reader=user, bound=bound)


def inbox_count(user: User) -> int:
    """Return how much waits for the person, up to a little more than a badge can say."""
    return len(inbox_list(user, bound=BADGE).ids) + orders_asked_of(user)[:BADGE].count()
