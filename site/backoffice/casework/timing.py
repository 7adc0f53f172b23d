"""The clocks of cases on screen: beside a case, and in lists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from foundation.editions.texts import in_language
from foundation.worktime.explanation import length_text
from workflows.clock_words import length
from workflows.models import Case, CaseClock
from workflows.services.timing import clock_of

Status, Outcome = CaseClock.Status, CaseClock.Outcome


@dataclass(frozen=True)
class Due:
    """When something of a case is due. ``tone``: ``late``, ``today``, or nothing particular."""

    at: dt.datetime
    title: str
    tone: str = ""


def dues_of(cases: Sequence[Case]) -> dict[int, Due]:
    """Return by case what is due first. One query, however many cases."""
    found: dict[int, CaseClock] = {}
    open_ones = CaseClock.objects.filter(
        case__in=[case.pk for case in cases], status=Status.RUNNING, due_at__isnull=False
    )
    for row in open_ones.order_by("-due_at"):
        found[row.case_id] = row
    by_id = {case.pk: case for case in cases}
    return {pk: due_of(by_id[pk], row) for pk, row in found.items()}


def due_of(case: Case, row: CaseClock) -> Due:
    """Return when a clock is due, and how that stands now."""
    assert row.due_at is not None
    clock, now = clock_of(case, row.clock), timezone.now()
    tone = "today" if timezone.localdate(row.due_at) == timezone.localdate(now) else ""
    return Due(
        row.due_at,
        in_language(clock.title) if clock else row.clock,
        "late" if row.due_at < now else tone,
    )


@dataclass(frozen=True)
class Shown:
    """One clock beside its case. ``category`` and ``word``: how it stands, as a chip."""

    row: CaseClock
    title: str
    category: str
    word: str
    due: Due | None
    left: str = ""


def clocks_of(case: Case) -> list[Shown]:
    """Return the clocks of a case: those that run first, the one due first at the top. One query."""
    rows = list(CaseClock.objects.filter(case=case))
    rows.sort(
        key=lambda row: (row.status == Status.STOPPED, row.due_at is None, row.due_at or row.started_at)
    )
    return [shown_of(case, row) for row in rows]


def shown_of(case: Case, row: CaseClock) -> Shown:
    """Return one clock as it stands."""
    clock = clock_of(case, row.clock)
    title = in_language(clock.title) if clock else row.clock
    due = due_of(case, row) if row.due_at else None
    category, word = standing_of(row, due)
    left = ""
    if row.status == Status.RUNNING and due is not None and due.tone != "late":
        left = _("%(time)s left") % {"time": roughly(due.at - timezone.now())}
    elif row.status == Status.RUNNING and due is not None:
        left = _("late by %(time)s") % {"time": roughly(timezone.now() - due.at)}
    return Shown(row, title, category, word, due, left)


def standing_of(row: CaseClock, due: Due | None) -> tuple[str, str]:
    """Return the tone and the word of how a clock stands."""
    if row.status == Status.STOPPED:
        tone = {"kept": "done", "broken": "refused"}.get(row.outcome, "ended")
        return tone, str(Outcome(row.outcome).label)
    if row.status == Status.PAUSED:
        return "waiting", str(Status.PAUSED.label)
    if due is not None and due.tone == "late":
        return "refused", pgettext("of a clock", "late")
    if due is not None and due.tone == "today":
        return "waiting", pgettext("of a clock", "due today")
    return "open", str(Status.RUNNING.label)


def roughly(span: dt.timedelta) -> str:
    """Return a length of time to the minute, of more than two days to the day."""
    if span >= dt.timedelta(days=2):
        return length(span.days, "days")
    return length_text(dt.timedelta(minutes=max(int(span.total_seconds()) // 60, 0)))
