"""The trail of a workflow, for the auditor's pages: its editions, who asked for them and who agreed, what was discarded
or declined, and which running cases were moved to another edition.

What an edition says otherwise than the one before is shown by the page itself, in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from forms.form_trail import known, matching, title_of
from foundation.audit.queries import EventView, events_for_streams
from foundation.audit.trails import Subject, TrailChange, TrailEntry
from foundation.editions.models import Edition
from foundation.editions.queries import body_of
from foundation.editions.services import stream_of
from foundation.editions.texts import in_language
from foundation.organisation.models import User
from workflows.services.working import WORKFLOWS

PUBLISHED = "edition_published"


def find(words: str) -> list[Subject]:
    """Return the workflows whose title or key holds every word, by key; those that were thrown away too."""
    return matching(known(Edition.Kind.WORKFLOW), words)


def subject(key: str) -> Subject | None:
    """Return the workflow with this key, or None."""
    body = known(Edition.Kind.WORKFLOW, key).get(key)
    return None if body is None else Subject(key, title_of(key, body), streams_of(key))


def streams_of(key: str) -> tuple[str, ...]:
    """Return the chains that prove what became of a workflow: its editions', and its working copies'."""
    return (stream_of(Edition.Kind.WORKFLOW, key), WORKFLOWS.stream(key))


def entries(key: str) -> list[TrailEntry]:
    """Return everything that happened to the workflow with this key, oldest first."""
    return entries_of(key, events_of(key))


def events_of(key: str) -> list[EventView]:
    """Return its events, oldest first."""
    return sorted(events_for_streams(streams_of(key)), key=lambda event: (event.at, event.stream))


def entries_of(key: str, events: Sequence[EventView]) -> list[TrailEntry]:
    """Return events of a workflow in words."""
    editions = Edition.objects.filter(kind=Edition.Kind.WORKFLOW, key=key)
    states = {str(one.number): _states(body_of(one)) for one in editions}
    people = _people(events)
    return [
        TrailEntry(
            at=event.at,
            who=event.actor,
            what=_what(event, people),
            changes=_changes(event, states),
            reason=_reason(event),
            proof=event.hash,
            version=event.version,
        )
        for event in events
    ]


def asked_for_by(event: EventView, people: Mapping[str, str]) -> str:
    """Return who had asked for what an event tells of; empty where nobody had to."""
    name = event.references.get("requested_by", "")
    return people.get(name, name)


def _people(events: Sequence[EventView]) -> Mapping[str, str]:
    """Return what people are called that events name by their account; one query."""
    wanted = {name for event in events if (name := event.references.get("requested_by"))}
    return (
        {one.get_username(): str(one) for one in User.objects.filter(username__in=wanted)} if wanted else {}
    )


def _states(body: Mapping[str, Any]) -> Mapping[str, str]:
    return {str(one["id"]): in_language(one.get("title") or {}) for one in body.get("states", ())}


def _what(event: EventView, people: Mapping[str, str]) -> str:
    said = event.references
    match event.kind:
        case "edition_published":
            return _("Edition %(number)s published, in force from %(day)s") % {
                "number": said.get("edition", ""),
                "day": said.get("effective_from", ""),
            }
        case "publication_requested":
            return _("Asked for publication by a second person")
        case "publication_agreed":
            return _("Agreed to publish what %(person)s had asked for") % {
                "person": asked_for_by(event, people)
            }
        case "publication_declined":
            return _("Declined to publish what %(person)s had asked for") % {
                "person": asked_for_by(event, people)
            }
        case "cases_migrated":
            return _("Running cases moved from edition %(from)s to edition %(to)s") % _two(event)
        case "cases_restored":
            return _("Cases moved back from edition %(to)s to edition %(from)s") % _two(event)
        case "working_copy_discarded":
            return _("Changes of the working copy discarded")
        case other:
            return other


def _two(event: EventView) -> dict[str, str]:
    return {name: event.references.get(name, "") for name in ("from", "to")}


def _reason(event: EventView) -> str:
    said = next((one for one in event.changes if one.path in ("reason", "@note", "@reason")), None)
    if said is None:
        return ""
    return _("(erased)") if said.erased else str(said.after or "")


def _changes(event: EventView, states: Mapping[str, Mapping[str, str]]) -> list[TrailChange]:
    """Return how many cases were moved, and which states became which."""
    if event.kind not in ("cases_migrated", "cases_restored"):
        return []
    told = {change.path: change.after for change in event.changes}
    count = int(told.get("@cases") or 0)
    number = ngettext("%(count)d case", "%(count)d cases", count) % {"count": count}
    before, after = (states.get(number, {}) for number in (_two(event)["from"], _two(event)["to"]))
    moved = [
        TrailChange(_("State"), before.get(old) or old, after.get(new) or new)
        for old, new in dict(told.get("@states") or {}).items()
    ]
    if event.kind == "cases_restored":
        moved = [TrailChange(one.label, one.after, one.before) for one in moved]
    return [TrailChange(pgettext("of a workflow", "Cases"), None, number), *moved]
