"""``calendars/<key>.yaml``: hours of work by weekday, and days that differ; recorded as events of the calendar."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

from foundation.audit.services import Actor, FieldChange, append, next_version
from foundation.organisation.models import User
from foundation.packs.registry import PlannedChange, compare
from foundation.worktime.loading import UnknownCalendar
from foundation.worktime.services import export_calendar, export_calendars, load_calendar, plain_calendar

KIND = "calendar"


class CalendarLoader:
    """Reads and writes ``calendars/``."""

    def plan(self, path: PurePosixPath, data: dict[str, Any], *, by: User) -> list[PlannedChange]:
        """Return what would happen to the calendar of the file."""
        wanted = plain_calendar(data)
        return [compare(KIND, wanted["key"], _present(wanted["key"]), wanted)]

    def apply(self, path: PurePosixPath, data: dict[str, Any], *, by: User) -> list[PlannedChange]:
        """Make the calendar what the file says, and record each difference."""
        planned = self.plan(path, data, by=by)
        key = planned[0].key
        before = _present(key) or {}
        load_calendar(data, by=by)
        after = export_calendar(key)
        stream = f"calendar:{key}"
        append(
            stream=stream,
            version=next_version(stream),
            kind="calendar_changed",
            actor=Actor.of(by, channel="pack"),
            changes=[
                FieldChange(name, before.get(name), after.get(name), stream)
                for name in sorted(before.keys() | after.keys())
                if before.get(name) != after.get(name)
            ],
        )
        return planned

    def export(self) -> Iterable[tuple[str, dict[str, Any]]]:
        """Yield a file for each calendar."""
        for calendar in export_calendars():
            yield f"calendars/{calendar['key']}.yaml", calendar


def _present(key: str) -> dict[str, Any] | None:
    try:
        return export_calendar(key)
    except UnknownCalendar:
        return None
