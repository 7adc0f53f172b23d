"""Taking recorded values out without breaking the chain.

The chain holds commitments, each under 32 random bytes of salt; value and salt stand beside it. An erasure
deletes those openings, and with the commitment to a row also the receipts, history rows and other tables that
follow that event. The event that records the erasure commits to the list of what it took, so the verifier
accepts exactly these gaps and no others; the guards of the database let nothing else go.

    entries = [Entry(stream, 1, "answers.phone"), Entry(stream, 1, ROW)]
    event = change_audited(row, …, references={ERASED: mark(entries)})
    erase(event, entries)
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db import connection

from foundation.audit import guards
from foundation.audit.canonical import canonical
from foundation.audit.exceptions import AuditError, NotInTransaction
from foundation.audit.models import Erasure, Event, Opening
from foundation.audit.seal import ROW

ERASED = "erased"
"""Under this name the references of an event commit to what it erased."""
BATCH = 500


class Entry(NamedTuple):
    """One value to take out: of which event, and what it is called there."""

    stream: str
    version: int
    path: str


def mark(entries: Iterable[Entry]) -> str:
    """Return the commitment to a list of entries, for the references of the event that erases them."""
    listed = sorted([entry.stream, entry.version, entry.path] for entry in set(entries))
    return hashlib.sha256(b"audit/erasure/v1\x00" + canonical(listed)).hexdigest()


def recorded(streams: Iterable[str]) -> list[Entry]:
    """Return everything that is still open in the events of ``streams``, rows included."""
    openings = Opening.objects.filter(event__stream__in=sorted(set(streams)))
    found = openings.values_list("event__stream", "event__stream_ver", "path").distinct()
    return sorted(Entry(*row) for row in found.order_by())


def erase(event: Event, entries: Sequence[Entry]) -> None:
    """Take out what ``entries`` name, on the word of ``event``, in its transaction.

    Raises NotInTransaction; AuditError where the event does not commit to exactly these entries, or one of
    them is the event's own. Twice is refused by the database.
    """
    if not connection.in_atomic_block:
        raise NotInTransaction("Erase inside transaction.atomic().")
    wanted = sorted(set(entries))
    if json.loads(bytes(event.body))["references"].get(ERASED) != mark(wanted):
        raise AuditError(f"{event} does not commit to what is to be erased.")
    if any((entry.stream, entry.version) == (event.stream, event.stream_ver) for entry in wanted):
        raise AuditError(f"{event} cannot erase what it says itself.")
    Erasure.objects.bulk_create(
        [
            Erasure(stream=entry.stream, stream_ver=entry.version, path=entry.path, event=event)
            for entry in wanted
        ],
        batch_size=BATCH,
    )
    paths: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for entry in wanted:
        paths[entry.stream][entry.version].append(entry.path)
    for stream, versions in paths.items():
        _delete(stream, versions)


def _delete(stream: str, versions: dict[int, list[str]]) -> None:
    for version, paths in versions.items():
        for start in range(0, len(paths), BATCH):
            Opening.objects.filter(
                event__stream=stream, event__stream_ver=version, path__in=paths[start : start + BATCH]
            ).delete()
    whole = [version for version, paths in versions.items() if ROW in paths]
    for model, column in guards.following_models():
        if whole:
            model._base_manager.filter(stream=stream, **{f"{column}__in": whole}).delete()
