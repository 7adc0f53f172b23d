"""The figures of a report by week, month or quarter, and the cases behind each: one query a figure and a breakdown.

Counted are the cases the reader may see (``queries.cases_visible_to``), without those merged into another. A period is
that of the house's time zone, and goes by its first day.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import (
    Avg,
    BigIntegerField,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    FilteredRelation,
    FloatField,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    TextField,
    Value,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Round
from django.utils import timezone

from foundation.organisation.models import User
from workflows.models import Case, CaseClock, Promise
from workflows.queries import cases_visible_to
from workflows.reports.periods import TRUNCATED, following
from workflows.reports.schema import Figure, Grouping, Monthly, Where
from workflows.reports.schema import Value as Stored

TENTH = Decimal("0.1")
NO_VALUE = ""
"""How a breakdown calls the cases without an answer, a department or a person."""


@dataclass(frozen=True)
class Share:
    """One part of a breakdown: the stored value and how many cases."""

    value: str
    count: int


def cases_of(
    monthly: Monthly, figure: Figure, reader: User, first: datetime.date, last: datetime.date
) -> QuerySet[Case]:
    """Return the cases a figure counts in the periods from ``first`` to ``last`` (first days), newest first."""
    moment = f"{figure.basis}_at"
    found = cases_visible_to(reader).filter(workflow=monthly.workflow, merged_into=None)
    end = _begin(following(last, monthly.period))
    found = found.filter(**{f"{moment}__gte": _begin(first), f"{moment}__lt": end})
    return _where(found, figure.where)


def told_of(figure: Figure, found: QuerySet[Case]) -> QuerySet[Case]:
    """Return of the cases of a figure those it is reckoned from: of an average, those with an answer."""
    if figure.answer is None:
        return found
    return found.alias(said=answer_text(figure.answer)).exclude(said=None)


def figures_of(
    monthly: Monthly, reader: User, firsts: Sequence[datetime.date]
) -> dict[str, dict[datetime.date, Decimal | int | None]]:
    """Return by figure and period its value; None where there is nothing to reckon with (no case, no answer)."""
    found: dict[str, dict[datetime.date, Decimal | int | None]] = {}
    truncated = TRUNCATED[monthly.period]
    for figure in monthly.figures:
        rows = cases_of(monthly, figure, reader, firsts[0], firsts[-1]).order_by()
        by_period = rows.annotate(first=truncated(f"{figure.basis}_at")).values("first")
        if figure.measure in ("count", "share"):
            told = by_period.annotate(n=Count("pk")).values_list("first", "n")
            counts = {timezone.localdate(first): n for first, n in told}
            found[figure.id] = {first: counts.get(first, 0) for first in firsts}
        elif figure.measure == "promises":
            wanted = _promised(figure.where, "promises__")
            told = by_period.annotate(n=Count("promises", filter=wanted, distinct=True)).values_list(
                "first", "n"
            )
            counts = {timezone.localdate(first): n for first, n in told}
            found[figure.id] = {first: counts.get(first, 0) for first in firsts}
        elif figure.measure == "sum":
            told = by_period.annotate(n=Sum(_hundredths(figure))).values_list("first", "n")
            sums = {timezone.localdate(first): _whole_cents(value) for first, value in told}
            found[figure.id] = {first: sums.get(first) for first in firsts}
        else:
            told = by_period.annotate(n=Avg(_measured(figure))).values_list("first", "n")
            averages = {timezone.localdate(first): _number(value) for first, value in told}
            found[figure.id] = {first: averages.get(first) for first in firsts}
    for figure in monthly.figures:
        if figure.of is not None:
            parts, wholes = found[figure.id], found[figure.of]
            found[figure.id] = {first: _percent(parts[first], wholes[first]) for first in firsts}
    return found


def shares_of(monthly: Monthly, group: Grouping, reader: User, first: datetime.date) -> list[Share]:
    """Return how the cases of a figure in one period divide, the largest part first."""
    rows = (
        _parted(monthly, group, reader, first)
        .order_by()
        .values("part")
        .annotate(n=Count("pk", distinct=True))
    )
    counts = [
        Share(NO_VALUE if part in (None, "") else str(part), n) for part, n in rows.values_list("part", "n")
    ]
    together: dict[str, int] = {}
    for one in counts:
        together[one.value] = together.get(one.value, 0) + one.count
    return sorted((Share(*pair) for pair in together.items()), key=lambda one: (-one.count, one.value))


def cases_of_part(
    monthly: Monthly, group: Grouping, reader: User, first: datetime.date, value: str
) -> QuerySet[Case]:
    """Return the cases of one part of a breakdown."""
    rows = _parted(monthly, group, reader, first)
    if group.by == "promised_by":
        found = (
            rows.filter(part=int(value) if value.isdecimal() else None) if value else rows.filter(part=None)
        )
        figure = monthly.figure(group.figure)
        assert figure is not None
        cases = cases_of(monthly, figure, reader, first, first)
        return cases.filter(pk__in=found.order_by().values("pk"))
    if value == NO_VALUE:
        empty = (
            Q(part__isnull=True)
            if group.by in ("department", "assignee")
            else Q(part__isnull=True) | Q(part="")
        )
        return rows.filter(empty)
    if group.by in ("department", "assignee"):
        return rows.filter(part=int(value)) if value.isdecimal() else rows.none()
    return rows.filter(part=value)


def _parted(monthly: Monthly, group: Grouping, reader: User, first: datetime.date) -> QuerySet[Any]:
    figure = monthly.figure(group.figure)
    assert figure is not None
    rows = cases_of(monthly, figure, reader, first, first)
    if group.by == "answer":
        assert group.answer is not None
        return rows.annotate(part=answer_text(group.answer))
    if group.by == "promised_by":
        rows = rows.annotate(
            promised=FilteredRelation("promises", condition=_promised(figure.where, "promises__"))
        )
        return rows.filter(promised__isnull=False).annotate(part=F("promised__by_id"))
    return rows.annotate(
        part=F({"department": "department_id", "assignee": "assignee_id"}.get(group.by, group.by))
    )


def answer_text(key: str) -> Coalesce:
    """Return the stored answer to a question of a step, or to a field of the form, as text."""
    return Coalesce(
        Cast(KeyTextTransform(key, "answers"), TextField()),
        Cast(KeyTextTransform(key, "submission__answers"), TextField()),
    )


def stored_text(value: Stored) -> str:
    """Return a stored value as ``answer_text`` gives it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _where(found: QuerySet[Case], where: Where) -> QuerySet[Case]:
    if where.states:
        found = found.filter(state__in=where.states)
    if where.grades:
        found = found.filter(grade__in=where.grades)
    for key, values in where.answers.items():
        found = found.alias(**{f"said_{key}": answer_text(key)}).filter(
            **{f"said_{key}__in": [stored_text(value) for value in values]}
        )
    if where.taken:
        taken = Q()
        for step in where.taken:
            taken |= Q(**{f"walked__times__{step}__gte": 1})
        found = found.filter(taken)
    for clock, outcome in where.clocks.items():
        rows = CaseClock.objects.filter(case=OuterRef("pk"), clock=clock)
        kept = CaseClock.Outcome.KEPT
        late = Q(outcome=CaseClock.Outcome.BROKEN) | Q(
            status=CaseClock.Status.RUNNING, due_at__lt=timezone.now()
        )
        found = found.filter(Exists(rows.filter(outcome=kept) if outcome == "kept" else rows.filter(late)))
    if where.promises:
        found = found.filter(Exists(Promise.objects.filter(_promised(where), case=OuterRef("pk"))))
    return found


def _promised(where: Where, path: str = "") -> Q:
    """Return which promises count, all where none are named; ``path`` leads to them."""
    over = {f"{path}settled_at": None, f"{path}due_at__lt": timezone.now()}
    ways = {
        "open": Q(**{f"{path}status": Promise.Status.OPEN, f"{path}due_at__gte": timezone.now()}),
        "kept": Q(**{f"{path}status": Promise.Status.KEPT}),
        "late": Q(**{f"{path}status": Promise.Status.LATE}),
        "broken": Q(**{f"{path}status": Promise.Status.BROKEN}) | Q(**over),
    }
    found = Q()
    for one in where.promises:
        found |= ways[one]
    return found or Q(**{f"{path}pk__isnull": False})


def _measured(figure: Figure) -> Any:
    if figure.measure == "average_days":
        return ExpressionWrapper(F("closed_at") - F("opened_at"), output_field=DurationField())
    assert figure.answer is not None
    return Cast(answer_text(figure.answer), FloatField())


def _hundredths(figure: Figure) -> Any:
    """Return an answer in hundredths, as a whole number: whole numbers add up exactly on every database."""
    assert figure.answer is not None
    number = Cast(answer_text(figure.answer), FloatField())
    return Cast(Round(number * Value(100.0)), BigIntegerField())


def _whole_cents(value: int | None) -> Decimal | None:
    return None if value is None else Decimal(value) / 100


def _number(value: Any) -> Decimal | None:
    if value is None:
        return None
    if isinstance(value, datetime.timedelta):
        value = value.total_seconds() / 86400
    return Decimal(str(value)).quantize(TENTH, ROUND_HALF_UP)


def _percent(part: Any, whole: Any) -> Decimal | None:
    return (Decimal(part) * 100 / Decimal(whole)).quantize(TENTH, ROUND_HALF_UP) if whole else None


def _begin(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time()))
