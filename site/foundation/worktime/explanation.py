"""A due time in sentences: which stretches counted, which did not and why, what is uncertain."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from foundation.worktime.engine import Due, Reason, Segment, WarningCode, YearWarning

REASONS: dict[Reason, Promise] = {
    Reason.OPEN: _("working hours"),
    Reason.MAKE_UP: _("make-up working day"),
    Reason.OPENED: _("opened by the store"),
    Reason.HOURS: _("outside working hours"),
    Reason.WEEKLY: _("not a working day"),
    Reason.HOLIDAY: _("public holiday"),
    Reason.SWAPPED: _("day off in exchange"),
    Reason.CLOSED: _("closed by the store"),
    Reason.ELAPSED: _("calendar time"),
}
WARNINGS: dict[WarningCode, Promise] = {
    WarningCode.NOT_ANNOUNCED: _(
        "The holiday arrangement for %(year)s is not announced yet; the date is provisional."
    ),
    WarningCode.NO_DAYS: _("No holidays are known for %(year)s; the date is provisional."),
}


@dataclass(frozen=True)
class Row:
    """One line of an explanation. Skipped days in a row with one reason stand on one line."""

    start: datetime
    end: datetime
    counted: bool
    reason: Reason
    text: str

    @property
    def length(self) -> timedelta:
        return self.end - self.start if self.counted else timedelta()


def explain(due: Due, *, skipped_hours: bool = False) -> list[Row]:
    """The due time's rows, in order, in the language that is active now.

    Nights and lunch breaks of working days are left out unless `skipped_hours`.
    """
    rows: list[Row] = []
    for group in _grouped(due.segments):
        if group[0].reason is Reason.HOURS and not skipped_hours:
            continue
        rows.append(_row(group))
    return rows


def warning_text(warning: YearWarning) -> str:
    """The sentence of a warning."""
    return str(WARNINGS[warning.code]) % {"year": warning.year}


def length_text(length: timedelta) -> str:
    """ "2 h 30 min", with seconds only where they are all there is beside it."""
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = []
    if hours:
        parts.append(ngettext("%(hours)s h", "%(hours)s h", hours) % {"hours": hours})
    if minutes:
        parts.append(ngettext("%(minutes)s min", "%(minutes)s min", minutes) % {"minutes": minutes})
    if seconds or not parts:
        parts.append(ngettext("%(seconds)s s", "%(seconds)s s", seconds) % {"seconds": seconds})
    return " ".join(parts)


def _grouped(segments: Iterable[Segment]) -> list[list[Segment]]:
    """Counted stretches alone; neighbouring skipped ones with the same reason and name together."""
    groups: list[list[Segment]] = []
    for segment in segments:
        last = groups[-1][-1] if groups else None
        same = last is not None and (last.counted, last.reason, last.name) == (
            segment.counted,
            segment.reason,
            segment.name,
        )
        if same and not segment.counted:
            groups[-1].append(segment)
        else:
            groups.append([segment])
    return groups


def _row(group: list[Segment]) -> Row:
    first, last = group[0], group[-1]
    words = {
        "reason": _reason(first),
        "day": first.start.date().isoformat(),
        "from": f"{first.start:%H:%M}",
        "to": _clock(last.end, last.start.date()),
        "last_day": _last_day(last).isoformat(),
    }
    if first.reason is Reason.ELAPSED:
        words |= {"last_day": last.end.date().isoformat(), "to": f"{last.end:%H:%M}"}
        text = gettext("Counted from %(day)s %(from)s to %(last_day)s %(to)s (%(reason)s)") % words
    elif first.counted:
        words["length"] = length_text(last.end - first.start)
        text = gettext("Counted %(from)s–%(to)s on %(day)s: %(length)s (%(reason)s)") % words
    elif words["day"] != words["last_day"]:
        text = gettext("Not counted: %(day)s to %(last_day)s (%(reason)s)") % words
    elif first.reason is Reason.HOURS:
        text = gettext("Not counted: %(from)s–%(to)s on %(day)s (%(reason)s)") % words
    else:
        text = gettext("Not counted: %(day)s (%(reason)s)") % words
    return Row(first.start, last.end, first.counted, first.reason, text)


def _last_day(segment: Segment) -> date:
    """The date a stretch lies in; one that ends at midnight belongs to the day before."""
    return (
        (segment.end - timedelta(microseconds=1)).date()
        if segment.end > segment.start
        else segment.end.date()
    )


def _clock(moment: datetime, day: date) -> str:
    return "24:00" if moment.date() > day else f"{moment:%H:%M}"


def _reason(segment: Segment) -> str:
    english = (get_language() or "").startswith("en")
    name = segment.name_en if english and segment.name_en else segment.name
    words = {"reason": REASONS[segment.reason], "name": name}
    return gettext("%(reason)s: %(name)s") % words if name else str(REASONS[segment.reason])
