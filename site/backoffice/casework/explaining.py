"""The page that explains one due time: every stretch that counted, every pause, the rule and the calendar."""

from __future__ import annotations

import datetime as dt
import uuid as uuids
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from backoffice.casework.pages import case_or_404
from backoffice.casework.timing import Shown, shown_of
from foundation.editions.texts import in_language
from foundation.organisation.models import Role
from foundation.worktime.engine import WorktimeError
from foundation.worktime.explanation import explain, length_text, warning_text
from foundation.worktime.models import Calendar
from workflows import clocks
from workflows.clock_words import time_of
from workflows.clocks import Firing, Reckoning, Stretch
from workflows.definitions import definition_of
from workflows.models import Case, CaseClock
from workflows.schema import Clock, WorkflowDefinition
from workflows.services.timing import Timetables, clock_of, reckoning_of

Status = CaseClock.Status


@dataclass(frozen=True)
class Line:
    """One stretch of the explanation. ``length`` is "" for what does not count."""

    text: str
    length: str
    counted: bool
    pause: bool = False


@dataclass(frozen=True)
class Did:
    """One thing the clock does: when, and whether it was done, and how many people were told."""

    text: str
    at: dt.datetime | None
    done_at: dt.datetime | None
    told: int | None


@dataclass(frozen=True)
class Explained:
    """Everything that leads to one due time."""

    shown: Shown
    kind: str
    rule: str
    promised: str
    began: dt.datetime
    total: str
    used: str
    calendar: str
    version: str
    moved: bool
    lines: Sequence[Line] = ()
    warnings: Sequence[str] = ()
    does: Sequence[Did] = ()
    problem: str = ""
    pauses: str = field(default="")


@require_GET
def explained(request: HttpRequest, case_uuid: uuids.UUID, clock: str) -> HttpResponse:
    """Why a clock of a case is due when it is: every stretch that counted, every pause, the rule and the calendar."""
    case = case_or_404(request, case_uuid)
    row = CaseClock.objects.filter(case=case, clock=clock).first()
    spec = clock_of(case, clock)
    if row is None or spec is None:
        raise Http404
    context = {
        "page_title": in_language(spec.title),
        "case": case,
        "one": _explained(case, row, spec, Calendar.objects.filter(key=row.calendar).first(), Timetables()),
    }
    return render(request, "casework/clock.html", context)


def explained_all(case: Case) -> list[Explained]:
    """Return every clock of a case with its explanation, for print; one query for clocks, one for calendars."""
    rows = list(CaseClock.objects.filter(case=case).order_by("started_at", "pk"))
    calendars = {one.key: one for one in Calendar.objects.filter(key__in={row.calendar for row in rows})}
    tables = Timetables()
    return [
        _explained(case, row, spec, calendars.get(row.calendar), tables, told=False)
        for row in rows
        if (spec := clock_of(case, row.clock)) is not None
    ]


def _explained(
    case: Case,
    row: CaseClock,
    clock: Clock,
    calendar: Calendar | None,
    tables: Timetables,
    *,
    told: bool = True,
) -> Explained:
    """Return why a clock is due when it is; with ``told``, also what it does at its times."""
    definition = definition_of(case.edition)
    target = clock.targets[row.target] if row.target < len(clock.targets) else None
    said = {
        "shown": shown_of(case, row),
        "kind": kind_word(clock),
        "rule": time_of({"targets": [target.model_dump()]}) if target else "",
        "promised": row.answer.replace("T", " "),
        "began": row.started_at,
        "total": length_text(dt.timedelta(seconds=row.length_seconds)),
        "used": length_text(dt.timedelta(seconds=row.used_seconds)),
        "calendar": str(calendar) if calendar else row.calendar,
        "version": row.calendar_version,
        "pauses": "、".join(_state(definition, one) for one in clock.pauses),
    }
    try:
        reckoned = reckoning_of(row, clock, tables)
        lines = list(_lines(definition, reckoned))
        used = length_text(min(reckoned.used(_until(row)), reckoned.length))
        warnings = [warning_text(one) for _stretch, due in reckoned.counted() if due for one in due.warnings]
        does = _does(clock, row, reckoned) if told else []
        moved = bool(row.calendar) and reckoned.timetable.version != row.calendar_version
    except (WorktimeError, IndexError):
        return Explained(**said, moved=False, problem=row.last_error or _("The calendar cannot be read."))
    said["used"] = used
    return Explained(
        **said,
        moved=moved,
        lines=lines,
        warnings=list(dict.fromkeys(warnings)),
        does=does,
        problem=row.last_error,
    )


def _until(row: CaseClock) -> dt.datetime:
    return row.stopped_at or timezone.now()


def kind_word(clock: Clock) -> str:
    """Return what a clock is for."""
    return {
        "response": pgettext("clock for", "first response"),
        "solution": pgettext("clock for", "solution"),
        "own": pgettext("clock for", "its own purpose"),
    }[clock.kind]


def _state(definition: WorkflowDefinition, state_id: str) -> str:
    return next((in_language(one.title) for one in definition.states if one.id == state_id), state_id)


def _lines(definition: WorkflowDefinition, reckoned: Reckoning) -> Iterable[Line]:
    for stretch, due in reckoned.counted():
        if due is None:
            yield Line(_paused(definition, stretch), "", False, True)
            continue
        for one in explain(due):
            yield Line(one.text, length_text(one.length) if one.counted else "", one.counted)


def _paused(definition: WorkflowDefinition, stretch: Stretch) -> str:
    words = {"state": _state(definition, stretch.state), "since": _moment(stretch.since)}
    if stretch.until is None:
        return _("Stands still since %(since)s: “%(state)s”") % words
    return _("Stood still from %(since)s to %(until)s: “%(state)s”") % {
        **words,
        "until": _moment(stretch.until),
    }


def _moment(at: dt.datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


def _does(clock: Clock, row: CaseClock, reckoned: Reckoning) -> list[Did]:
    names = {one.key: str(one) for one in Role.objects.all()}
    planned = clocks.firings(clock, reckoned)
    missing = [name for name in row.fired if name not in {one.name for one in planned}]
    found = []
    for firing in [*planned, *(Firing(name, reckoned.began) for name in missing)]:
        done = row.fired.get(firing.name)
        if firing.sort == "again" and done is None and row.status == Status.STOPPED:
            continue
        found.append(
            Did(
                _does_what(clock, firing, names),
                None if firing.name in missing else firing.at,
                dt.datetime.fromisoformat(done["at"]) if done else None,
                done["told"] if done and firing.sort != "take" else None,
            )
        )
    return found


def _does_what(clock: Clock, firing: Firing, names: dict[str, str]) -> str:
    roles: Sequence[str] = clock.due.roles
    if firing.sort == "warn":
        roles = next((one.roles for one in clock.warnings if one.percent == firing.number), ())
    elif firing.sort == "escalate" and firing.number < len(clock.due.escalations):
        roles = clock.due.escalations[firing.number].roles
    words = {"percent": firing.number, "roles": "、".join(names.get(one, one) for one in roles) or "–"}
    match firing.sort:
        case "warn":
            return _("%(percent)d %% of the time has run: tells %(roles)s") % words
        case "due":
            return _("Time over: tells %(roles)s") % words
        case "escalate":
            return _("Still open: tells %(roles)s") % words
        case "take":
            return _("The machine takes the step")
    return _("Still open: tells %(roles)s again") % words
