"""The rules on dates: read, changed by HR with an event, and applied to a day."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.positions.signoff.exceptions import RuleBroken
from backoffice.positions.signoff.models import SignOffPolicy
from foundation.audit.services import Actor, FieldChange, StreamOvertaken, change_audited, create_audited
from foundation.worktime.loading import UnknownCalendar, timetable
from foundation.worktime.models import Calendar

STREAM = "sign-off-policy"
FIELDS = ("days", "calendar", "remind_before", "remind_every", "valid_months")
LONGEST_SEARCH = 1500
DAY = datetime.timedelta(days=1)


def current() -> SignOffPolicy:
    """Return the rules in use; the defaults, not stored, where nobody has changed any. One query."""
    return SignOffPolicy.objects.first() or SignOffPolicy(stream=STREAM, version=0)


@transaction.atomic
def save(*, values: dict[str, Any], by: Any, seen_version: int) -> SignOffPolicy:
    """Change the rules. Who may is for the caller to have asked. Event ``sign_off_policy_changed``.

    Requests that exist keep their due dates; reminders and validity follow the new rules at once. The same values
    again write nothing. Raises ``RuleBroken`` when somebody else changed them since ``seen_version``, or for a
    calendar that does not exist.
    """
    row = SignOffPolicy.objects.select_for_update().first()
    if (row.version if row else 0) != seen_version:
        raise RuleBroken(_("Somebody else changed the rules meanwhile. Check them below and save again."))
    new = row is None
    row = row or SignOffPolicy(stream=STREAM)
    if values["calendar"] and not Calendar.objects.filter(key=values["calendar"]).exists():
        raise RuleBroken(_("There is no such calendar any more. Choose another."))
    changes = [
        FieldChange(name, None if new else getattr(row, name), values[name], STREAM)
        for name in FIELDS
        if new or getattr(row, name) != values[name]
    ]
    if not changes:
        return row
    for name in FIELDS:
        setattr(row, name, values[name])
    write = create_audited if new else change_audited
    try:
        write(row, kind="sign_off_policy_changed", actor=Actor.of(by), changes=changes)
    except StreamOvertaken:
        raise RuleBroken(
            _("Somebody else changed the rules meanwhile. Check them below and save again.")
        ) from None
    return row


def due_on(policy: SignOffPolicy, asked: datetime.date, effective: datetime.date) -> datetime.date:
    """Return the day by which somebody asked on ``asked`` must have answered.

    Counted from the later of the two days, which is not counted itself. Working days are those on which the calendar
    has hours; a calendar that is gone, or never open, counts like the almanac.
    """
    start = max(asked, effective)
    plain = start + policy.days * DAY
    if not policy.calendar:
        return plain
    try:
        table = timetable(policy.calendar)
    except UnknownCalendar:
        return plain
    day, left = start, policy.days
    for _step in range(LONGEST_SEARCH):
        day += DAY
        left -= bool(table.hours_on(day).intervals)
        if not left:
            return day
    return plain
