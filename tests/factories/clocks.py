"""Small workflows with clocks for tests, and the calendar of the dealership."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from foundation.audit.services import Actor, append, next_version
from foundation.organisation.models import User
from foundation.worktime.models import Calendar
from foundation.worktime.services import load_calendar
from tests.factories.chains import publish_all, state, step, text, workflow_body
from tests.factories.workflows import PACK, definition
from workflows.models import Case, CaseClock
from workflows.models.clock import stream_of

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(words: str) -> dt.datetime:
    """Return a time of day in the dealership: ``2026-09-18 17:30``."""
    return dt.datetime.fromisoformat(words).replace(tzinfo=SHANGHAI)


def pack_calendars() -> None:
    """Load the calendars of the pack, where they are not there yet."""
    for path in sorted((PACK / "calendars").glob("*.yaml")):
        if not Calendar.objects.filter(key=path.stem).exists():
            load_calendar(definition("calendars", path.stem), by=None)


def clock(name: str = "answer", **more: Any) -> dict[str, Any]:
    """Return a clock of two hours that begins when a case is received and stops when it is done."""
    return {
        "id": name,
        "title": text(name),
        "begins": ["received"],
        "ends": ["done"],
        "targets": [{"amount": 2, "unit": "hours"}],
        **more,
    }


def timed_body(*clocks: dict[str, Any], key: str = "spending", **more: Any) -> dict[str, Any]:
    """Return a workflow whose case is received, waits, comes back, is late, is done or given up."""
    question = {"id": "promised_on", "kind": "date", "label": text("承诺日期")}
    moment = {"id": "promised_at", "kind": "moment", "label": text("承诺时间")}
    return workflow_body(
        [
            state("received"),
            state("waits", "waiting"),
            state("late"),
            state("done", "final"),
            state("given_up", "final"),
        ],
        [
            step("wait", "received", "waits", "worker"),
            step("go_on", "waits", "received", "worker"),
            step("promise", ["received", "waits", "late"], "received", "worker", asks=[question, moment]),
            step("mark_late", ["received"], "late", "boss"),
            step("finish", ["received", "waits", "late"], "done", "worker"),
            step("give_up", ["received", "waits", "late"], "given_up", "worker"),
            step("reopen", ["done", "given_up"], "received", "worker"),
        ],
        key=key,
        clocks=list(clocks),
        **more,
    )


def publish_timed(*clocks: dict[str, Any], **more: Any) -> dict[str, list[User]]:
    """Publish such a workflow, and return whom its roles name."""
    pack_calendars()
    body = timed_body(*clocks, **more)
    body["access"]["sees"] += ["worker", "boss"]
    return publish_all(body)


def the_clock(case: Case, name: str = "answer") -> CaseClock:
    """Return one clock of a case as it stands."""
    return CaseClock.objects.get(case=case, clock=name)


def put_clock(row: CaseClock, **columns: Any) -> CaseClock:
    """Give the columns of a clock, stored or new, other values as a test needs them, with an event that tells of it."""
    stream = stream_of(row.case)
    for name, value in columns.items():
        setattr(row, name, value)
    with transaction.atomic():
        row.own_version = next_version(stream)
        append(
            stream=stream,
            version=row.own_version,
            kind="clock_recounted",
            actor=Actor.system("test"),
            references={"case": row.case.number, "clock": row.clock},
        )
        row.save()
    return row
