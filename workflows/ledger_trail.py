"""The trail of a ledger, for the auditor's pages: month by month every entry and reversal, and the month's closing.

A month is what one can look through; its page verifies the chain of the ledger and those of the cases it speaks of.
"""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.db.models import QuerySet
from django.db.models.functions import TruncMonth
from django.utils.dateformat import format as formatted
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from forms.fields.money import MoneyOptions
from foundation.audit.models import Event
from foundation.audit.queries import events_of
from foundation.audit.trails import Subject, TrailChange, TrailEntry
from foundation.editions.models import Edition
from foundation.editions.queries import newest
from foundation.editions.texts import in_language
from workflows.definitions import definition_of
from workflows.models import LedgerEntry, LedgerMonth
from workflows.models.ledger import ZERO
from workflows.schema import Ledger
from workflows.services.months import last_day, ledger_stream

MOST = 100
CHUNK = 400
_KEY = re.compile(r"([a-z][a-z0-9_]{0,39}):(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


def key_of(workflow: str, month: datetime.date) -> str:
    """Return by what the trail of a month of a ledger goes in addresses."""
    return f"{workflow}:{month:%Y-%m}"


def find(words: str) -> list[Subject]:
    """Return the months of ledgers with entries whose title or key holds every word, newest first."""
    rows = LedgerEntry.objects.order_by().annotate(of=TruncMonth("posted_on")).values_list("workflow", "of")
    found = []
    titles: dict[str, str] = {}
    for workflow, month in sorted(rows.distinct(), key=lambda row: (row[1], row[0]), reverse=True):
        titles.setdefault(workflow, _title(workflow))
        key, title = key_of(workflow, month), f"{titles[workflow]} {month:%Y-%m}"
        if all(word in f"{key} {title}".lower() for word in words.lower().split()):
            found.append(Subject(key, title, (ledger_stream(workflow),)))
    return found[:MOST]


def subject(key: str) -> Subject | None:
    """Return the month of a ledger that a key names, or None where it has neither entries nor a closing."""
    named = _read(key)
    if named is None:
        return None
    workflow, month = named
    streams = _entries(workflow, month).order_by().values_list("stream", flat=True).distinct()
    found = sorted(streams)
    if not found and not LedgerMonth.objects.filter(workflow=workflow, month=month).exists():
        return None
    return Subject(key, f"{_title(workflow)} {month:%Y-%m}", (ledger_stream(workflow), *found))


def entries(key: str) -> list[TrailEntry]:
    """Return every entry of the month, by its number, and then the closing of the month."""
    named = _read(key)
    if named is None:
        return []
    workflow, month = named
    ledger = _ledger(workflow)
    rows = list(
        _entries(workflow, month)
        .select_related("case", "posted_by", "reversal_of", "statement")
        .order_by("number")
    )
    proofs, before = _proofs(rows), _before(rows)
    told = [_told(row, ledger, proofs[row.stream, row.version], before[row.pk]) for row in rows]
    return [*told, *_closing(workflow, month)]


def _read(key: str) -> tuple[str, datetime.date] | None:
    named = _KEY.fullmatch(key)
    return (named[1], datetime.date(int(named[2]), int(named[3]), 1)) if named and named[2] > "1900" else None


def _entries(workflow: str, month: datetime.date) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(workflow=workflow, posted_on__gte=month, posted_on__lte=last_day(month))


def _ledger(workflow: str) -> Ledger | None:
    edition = newest(Edition.Kind.WORKFLOW, workflow)
    return definition_of(edition).ledger if edition is not None else None


def _title(workflow: str) -> str:
    ledger = _ledger(workflow)
    return in_language(ledger.title) if ledger is not None else workflow


def _proofs(rows: Sequence[LedgerEntry]) -> Mapping[tuple[str, int], str]:
    """Return by stream and version the hash of the event that tells of an entry."""
    found: dict[tuple[str, int], str] = defaultdict(str)
    streams = sorted({row.stream for row in rows})
    versions = {row.version for row in rows}
    for first in range(0, len(streams), CHUNK):
        events = Event.objects.filter(
            stream__in=streams[first : first + CHUNK], stream_ver__lte=max(versions)
        )
        for stream, version, digest in events.values_list("stream", "stream_ver", "hash"):
            found[stream, version] = bytes(digest).hex()
    return found


def _before(rows: Sequence[LedgerEntry]) -> Mapping[int, Decimal]:
    """Return by entry what was open on its case before it was made."""
    found: dict[int, Decimal] = {}
    open_now: dict[int, Decimal] = defaultdict(lambda: ZERO)
    cases = sorted({row.case_id for row in rows})
    for first in range(0, len(cases), CHUNK):
        every = LedgerEntry.objects.filter(case__in=cases[first : first + CHUNK]).order_by("number")
        for pk, case, effect in every.values_list("pk", "case_id", "effect"):
            found[pk] = open_now[case]
            open_now[case] += effect
    return found


def _told(row: LedgerEntry, ledger: Ledger | None, proof: str, before: Decimal) -> TrailEntry:
    money = MoneyOptions.model_validate({"currency": row.currency}).written
    kind = ledger.kind(row.kind) if ledger is not None else None
    what = (
        _("No. %(number)d: entry %(other)d taken back")
        % {"number": row.number, "other": row.reversal_of.number}
        if row.reversal_of is not None
        else _("No. %(number)d: posted from the payer's list") % {"number": row.number}
        if row.statement is not None
        else _("No. %(number)d: posted") % {"number": row.number}
    )
    changes = [
        TrailChange(_("Case"), None, row.case.number),
        TrailChange(in_language(kind.title) if kind is not None else row.kind, None, money(row.amount)),
        TrailChange(_("Open balance"), money(before), money(before + row.effect)),
        TrailChange(_("Posting date"), None, formatted(row.posted_on, "Y-m-d")),
    ]
    for label, said in (
        (_("Reference"), row.reference),
        (_("List of the payer"), row.statement.filename if row.statement is not None else ""),
    ):
        if said:
            changes.append(TrailChange(label, None, said))
    return TrailEntry(
        at=row.recorded_at,
        who=str(row.posted_by) if row.posted_by is not None else _("the machine"),
        what=what,
        changes=changes,
        reason=row.note,
        proof=proof,
        version=row.version,
    )


def _closing(workflow: str, month: datetime.date) -> list[TrailEntry]:
    closed = LedgerMonth.objects.select_related("closed_by").filter(workflow=workflow, month=month).first()
    if closed is None:
        return []
    money = MoneyOptions.model_validate({"currency": closed.currency}).written
    proofs = {event.version: event.hash for event in events_of(closed.stream)}
    return [
        TrailEntry(
            at=closed.closed_at,
            who=str(closed.closed_by),
            what=pgettext("of a ledger", "Month closed"),
            changes=[
                TrailChange(_("Open balance"), money(closed.opening), money(closed.closing)),
                TrailChange(pgettext("of a ledger", "Entries"), None, str(closed.entries)),
            ],
            proof=proofs.get(closed.version, ""),
            version=closed.version,
        )
    ]
