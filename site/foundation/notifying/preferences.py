"""What people and the house want: read for many at once, written by one door each."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from foundation.audit.services import Actor, FieldChange, append, next_version
from foundation.notifying.enums import Pace, Quiet
from foundation.notifying.kinds import Topic, topics
from foundation.notifying.models import Reception
from foundation.notifying.pacing import USUAL_DAILY, Opening, Wanted
from foundation.worktime import services as worktime
from foundation.worktime.engine import WorktimeError
from foundation.worktime.loading import UnknownCalendar, timetable

if TYPE_CHECKING:
    from foundation.organisation.models import User

STREAM = "notifications:house"


class PreferenceRefused(Exception):
    """What was asked for cannot be; ``errors``: by control, sentences for the person."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = dict(errors)


@dataclass(frozen=True)
class Preference:
    """What somebody asks for. Empty: as the house does it (for the house: as we do it)."""

    paces: Mapping[str, str]
    quiet: str = ""
    quiet_from: datetime.time | None = None
    quiet_until: datetime.time | None = None
    calendar: str = ""
    daily_at: datetime.time | None = None


class Preferences:
    """What the house and some people want; one query for all of them."""

    def __init__(self, people: Collection[int] = ()) -> None:
        rows = Reception.objects.filter(Q(house=True) | Q(person__in=people))
        self._rows = {row.person_id: row for row in rows}
        self.house = self._rows.get(None) or Reception(house=True)
        self._opening = cache(_opening)  # a calendar is loaded once, however many follow it

    def of(self, person: int) -> Reception:
        """Return the person's own row, empty where they never chose."""
        return self._rows.get(person) or Reception(person_id=person)

    def wanted(self, person: int | None, topic: Topic) -> Wanted:
        """Return how somebody (None: the house, for its robots) is told about ``topic``."""
        own, house = self.house if person is None else self.of(person), self.house
        pace = Pace(own.paces.get(topic.key) or house.paces.get(topic.key) or topic.usual)
        if topic.compulsory and pace == Pace.NOT:
            pace = topic.usual
        kept = own if own.quiet else house
        quiet = Quiet(kept.quiet or Quiet.NONE)
        return Wanted(
            pace=pace,
            quiet=quiet,
            quiet_from=kept.quiet_from,
            quiet_until=kept.quiet_until,
            daily_at=own.daily_at or house.daily_at or USUAL_DAILY,
            opening=self._opening(kept.calendar) if quiet == Quiet.CALENDAR else None,
        )


def _opening(calendar: str) -> Opening:
    """Return what tells the next moment of working time. A calendar that is gone keeps nobody waiting."""
    try:
        hours = timetable(calendar)
    except UnknownCalendar:
        return lambda moment: moment

    def opening(moment: datetime.datetime) -> datetime.datetime:
        try:
            return worktime.due(hours, moment, datetime.timedelta()).at
        except WorktimeError:
            return moment

    return opening


def prefer(*, by: User, wanted: Preference) -> None:
    """Keep how the person wants to be mailed. Raises ``PreferenceRefused``."""
    _check(wanted)
    Reception.objects.update_or_create(person=by, defaults={"house": False, **_columns(wanted)})


def house_prefers(*, by: User, wanted: Preference) -> None:
    """Keep how the house does it for whoever chose nothing, and record who said so. Raises ``PreferenceRefused``."""
    _check(wanted)
    with transaction.atomic():
        before = Reception.objects.select_for_update().filter(house=True).first()
        old = _plain(before) if before else {}
        row, _made = Reception.objects.update_or_create(house=True, defaults=_columns(wanted))
        row.refresh_from_db()
        new = _plain(row)
        changes = [
            FieldChange(name, old.get(name), new[name], STREAM) for name in new if old.get(name) != new[name]
        ]
        if changes:
            append(
                stream=STREAM,
                version=next_version(STREAM),
                kind="notification_rules_changed",
                actor=Actor.of(by),
                changes=changes,
            )


def _columns(wanted: Preference) -> dict[str, object]:
    hours = wanted.quiet == Quiet.HOURS
    return {
        "paces": {topic: str(pace) for topic, pace in wanted.paces.items() if pace},
        "quiet": wanted.quiet,
        "quiet_from": wanted.quiet_from if hours else None,
        "quiet_until": wanted.quiet_until if hours else None,
        "calendar": wanted.calendar if wanted.quiet == Quiet.CALENDAR else "",
        "daily_at": wanted.daily_at,
    }


def _plain(row: Reception) -> dict[str, object]:
    return {
        "paces": dict(row.paces),
        "quiet": row.quiet,
        "quiet_from": row.quiet_from.isoformat("minutes") if row.quiet_from else "",
        "quiet_until": row.quiet_until.isoformat("minutes") if row.quiet_until else "",
        "calendar": row.calendar,
        "daily_at": row.daily_at.isoformat("minutes") if row.daily_at else "",
    }


def plain_house() -> dict[str, object]:
    """Return how the house does it, as a pack tells it; empty where nothing was ever said."""
    row = Reception.objects.filter(house=True).first()
    return _plain(row) if row else {}


def _check(wanted: Preference) -> None:
    errors = {}
    known = {topic.key: topic for topic in topics()}
    for key, pace in wanted.paces.items():
        if not pace:
            continue
        if key not in known or pace not in Pace.values:
            errors[f"pace-{key}"] = _("Choose one of the paces offered.")
        elif known[key].compulsory and pace == Pace.NOT:
            errors[f"pace-{key}"] = _("“%(topic)s” can come together with others, but not stay away.") % {
                "topic": known[key].title
            }
    if wanted.quiet and wanted.quiet not in Quiet.values:
        errors["quiet"] = _("Choose one of the quiet times offered.")
    if wanted.quiet == Quiet.HOURS:
        if wanted.quiet_from is None or wanted.quiet_until is None:
            errors["quiet_from"] = _("Say from when until when, such as 20:00 and 08:00.")
        elif wanted.quiet_from == wanted.quiet_until:
            errors["quiet_from"] = _("From and until are the same time. Choose two different ones.")
    if wanted.quiet == Quiet.CALENDAR:
        try:
            timetable(wanted.calendar)
        except UnknownCalendar:
            errors["calendar"] = _("Choose the calendar whose working hours count.")
    if errors:
        raise PreferenceRefused(errors)
