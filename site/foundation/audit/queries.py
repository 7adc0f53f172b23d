"""Reading the record. Callers ask whether the person may see a stream; here all of it is opened."""

from __future__ import annotations

import datetime
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from foundation.audit import keys
from foundation.audit.exceptions import MasterKeyInvalid
from foundation.audit.models import Event, Opening


@dataclass(frozen=True)
class ChangeView:
    """One recorded change. ``erased`` says that a value is no longer there to be read; both sides are then
    ``None``.
    """

    path: str
    before: Any
    after: Any
    erased: bool = False


@dataclass(frozen=True)
class EventView:
    """One event, decoded, as screens and exports show it. ``hash`` is hexadecimal."""

    id: int
    stream: str
    version: int
    kind: str
    at: datetime.datetime
    actor_id: int | None
    actor: str
    acting_for_id: int | None
    acting_for: str
    channel: str
    source_state: str
    target_state: str
    edition_sha256: str
    request_id: str
    hash: str
    references: dict[str, str] = field(default_factory=dict)
    changes: tuple[ChangeView, ...] = ()


def events_of(stream: str) -> list[EventView]:
    """Return the events of one stream, oldest first. Three queries, however many events."""
    return decoded(Event.objects.filter(stream=stream).order_by("stream_ver"))


def events_for_streams(streams: Iterable[str]) -> list[EventView]:
    """Return the events of several streams in the order in which they were written. Three queries."""
    return decoded(Event.objects.filter(stream__in=sorted(set(streams))).order_by("id"))


def newest_event(stream: str) -> Event | None:
    """Return the stream's newest event, undecoded. One query."""
    return Event.objects.filter(stream=stream).order_by("-stream_ver").first()


def decoded(events: Iterable[Event]) -> list[EventView]:
    """Return ``events`` decoded, in their order, with people's present names and the values opened.

    Three queries: the events, their openings with keys, the people. Give it one page of a list at a time.
    """
    rows = list(events)
    openings = _openings(rows)
    bodies = [json.loads(bytes(row.body)) for row in rows]
    names = _names(body["actor"] for body in bodies)
    return [
        EventView(
            id=row.pk,
            stream=row.stream,
            version=row.stream_ver,
            kind=body["kind"],
            at=datetime.datetime.fromisoformat(body["at"]),
            actor_id=body["actor"]["id"],
            actor=names.get(body["actor"]["id"], "") or _system_name(body["actor"]["system"]),
            acting_for_id=body["actor"]["for"],
            acting_for=names.get(body["actor"]["for"], ""),
            channel=body["actor"]["channel"],
            source_state=body["from"],
            target_state=body["to"],
            edition_sha256=body["edition"],
            request_id=body["request"],
            hash=bytes(row.hash).hex(),
            references=body["references"],
            changes=tuple(_change(row, entry["path"], openings[row.pk]) for entry in body["changes"]),
        )
        for row, body in zip(rows, bodies, strict=True)
    ]


def _openings(rows: Sequence[Event]) -> dict[int, dict[tuple[str, str], Opening]]:
    found: dict[int, dict[tuple[str, str], Opening]] = defaultdict(dict)
    wanted = Opening.objects.filter(event_id__in=[row.pk for row in rows], value__isnull=False)
    for opening in wanted.select_related("key"):
        found[opening.event_id][opening.path, opening.side] = opening
    return found


def _names(actors: Iterable[dict[str, Any]]) -> dict[int | None, str]:
    ids = {actor[name] for actor in actors for name in ("id", "for")} - {None}
    people = get_user_model()._default_manager.in_bulk(ids) if ids else {}
    return {pk: str(person) for pk, person in people.items()}


def _system_name(name: str) -> str:
    return _("System (%(process)s)") % {"process": name} if name else ""


def _change(event: Event, path: str, openings: dict[tuple[str, str], Opening]) -> ChangeView:
    values = []
    for side in ("from", "to"):
        opening = openings.get((path, side))
        if opening is None or opening.value is None or opening.key.wrapped is None:
            return ChangeView(path, None, None, erased=True)
        try:
            data_key = keys.unwrap(opening.key.subject, bytes(opening.key.wrapped))
            content = keys.open_value(
                data_key,
                bytes(opening.value),
                stream=event.stream,
                version=event.stream_ver,
                path=path,
                side=side,
            )
        except (MasterKeyInvalid, ValueError):
            # The reader sees that the value is gone; that it was tampered with is what `verify` says.
            return ChangeView(path, None, None, erased=True)
        values.append(json.loads(content))
    return ChangeView(path, values[0], values[1])
