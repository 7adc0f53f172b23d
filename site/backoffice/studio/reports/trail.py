"""The trail of a report, for the auditor's pages: its editions with what each says otherwise than the one before, who
published them and why, and what was discarded. Told here because the words of its properties are those of the builder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from backoffice.definitions.report_words import differences_of
from forms.form_trail import matching, title_of
from foundation.audit.models import Event
from foundation.audit.queries import EventView, events_for_streams
from foundation.audit.trails import Subject, TrailChange, TrailEntry
from foundation.editions.models import Edition
from foundation.editions.queries import body_of
from foundation.editions.services import stream_of
from workflows.reports.working import REPORTS

PUBLISHED, DISCARDED = "edition_published", "working_copy_discarded"


def find(words: str) -> list[Subject]:
    """Return the reports whose title or key holds every word, by key; those that were thrown away too. A draft that was
    never published is its builders' alone.
    """
    return matching(_known(), words)


def subject(key: str) -> Subject | None:
    """Return the report with this key, or None."""
    body = _known(key).get(key)
    return None if body is None else Subject(key, title_of(key, body), _streams(key))


def entries(key: str) -> list[TrailEntry]:
    """Return everything that happened to the report with this key, oldest first."""
    editions = Edition.objects.filter(kind=Edition.Kind.REPORT, key=key)
    bodies = {str(one.number): body_of(one) for one in editions}
    events = sorted(events_for_streams(_streams(key)), key=lambda event: (event.at, event.stream))
    return [
        TrailEntry(
            at=event.at,
            who=event.actor,
            what=_what(event),
            changes=tuple(_changes(event, bodies)),
            reason=_reason(event),
            proof=event.hash,
            version=event.version,
        )
        for event in events
    ]


def _known(key: str = "") -> dict[str, Mapping[str, Any]]:
    """Return by key what each report says in its newest edition; of one thrown away before only its key is left."""
    one = {"key": key} if key else {}
    editions = Edition.objects.filter(kind=Edition.Kind.REPORT, **one).order_by("number")
    found: dict[str, Mapping[str, Any]] = {edition.key: body_of(edition) for edition in editions}
    working = REPORTS.stream(key)
    told = Event.objects.filter(stream=working) if key else Event.objects.filter(stream__startswith=working)
    for stream in told.order_by().values_list("stream", flat=True).distinct():
        found.setdefault(stream.removeprefix(REPORTS.stream("")), {})
    return found


def _streams(key: str) -> tuple[str, ...]:
    return (stream_of(Edition.Kind.REPORT, key), REPORTS.stream(key))


def _what(event: EventView) -> str:
    if event.kind == PUBLISHED:
        return _("Edition %(number)s published, in force from %(day)s") % {
            "number": event.references.get("edition", ""),
            "day": event.references.get("effective_from", ""),
        }
    return _("Changes of the working copy discarded") if event.kind == DISCARDED else event.kind


def _reason(event: EventView) -> str:
    said = next((one for one in event.changes if one.path in ("reason", "@note")), None)
    if said is None:
        return ""
    return _("(erased)") if said.erased else str(said.after or "")


def _changes(event: EventView, bodies: Mapping[str, Mapping[str, Any]]) -> Iterator[TrailChange]:
    """Yield what an edition says otherwise than the one before; what changed in the first is all that it says."""
    number = event.references.get("edition", "")
    if event.kind != PUBLISHED or number not in bodies:
        return
    before = bodies.get(str(int(number) - 1))
    for thing in differences_of(before, bodies[number]):
        if not thing.properties:
            # Both words stand where it is now: what was taken away leaves nothing behind.
            gone = thing.kind == "removed"
            yield TrailChange(thing.title, thing.word if gone else None, None if gone else thing.word)
        for one in thing.properties:
            yield TrailChange(f"{thing.title} · {one.name}", one.before or None, one.after or None)
