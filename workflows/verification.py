"""What ``manage.py verify`` asks of this room: do the ledgers say what their events say, and do they add up?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import TypeVar

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from foundation.audit.models import Event
from foundation.audit.queries import decoded
from foundation.audit.verification import Fault
from workflows.models import LedgerAccount, LedgerEntry
from workflows.models.ledger import ZERO
from workflows.services.posting import said_of

ENTRIES, ACCOUNTS = "workflows_ledgerentry", "workflows_ledgeraccount"
BATCH = 300

T = TypeVar("T")


def entry_faults(using: str = DEFAULT_DB_ALIAS) -> Iterator[Fault]:
    """Yield entries that are not what the event of their case says, and gaps in the numbers of a ledger."""
    rows = LedgerEntry.objects.using(using).select_related("reversal_of").order_by("workflow", "number")
    for workflow, entries in groupby(rows.iterator(BATCH), key=lambda entry: entry.workflow):
        due = 1
        for some in _in_batches(entries):
            told = _told(using, some)
            for entry in some:
                place = f"{workflow} {entry.number}"
                if entry.number != due:
                    yield Fault(ENTRIES, place, _("the numbers from %(due)d on are missing") % {"due": due})
                due = entry.number + 1
                said = told.get((entry.stream, entry.version, entry.number), ZERO)
                if said is ZERO:
                    yield Fault(ENTRIES, place, _("no event tells of this entry"))
                elif said is not None and said != said_of(entry):
                    yield Fault(ENTRIES, place, _("its event tells of another amount, day or kind"))


def _told(using: str, entries: list[LedgerEntry]) -> dict[tuple[str, int, int], object]:
    """Return what the events say of the entries; None where it was erased."""
    wanted = Q(pk__in=[])
    for stream, version in {(entry.stream, entry.version) for entry in entries}:
        wanted |= Q(stream=stream, stream_ver=version)
    found: dict[tuple[str, int, int], object] = {}
    for event in decoded(Event.objects.using(using).filter(wanted)):
        for change in event.changes:
            number = change.path.removeprefix("ledger.")
            if number != change.path:
                found[event.stream, event.version, int(number)] = None if change.erased else change.after
    return found


def account_faults(using: str = DEFAULT_DB_ALIAS) -> Iterator[Fault]:
    """Yield accounts whose balance is not the sum of their entries, and cases with entries that have none."""
    accounts = (
        LedgerAccount.objects.using(using)
        .select_related("case")
        .annotate(due=Sum("case__ledger_entries__effect"))
    )
    for account in accounts.order_by("pk").iterator(BATCH):
        if account.balance != (account.due or ZERO):
            yield Fault(
                ACCOUNTS,
                account.case.number,
                _("says %(said)s, its entries come to %(due)s")
                % {"said": account.balance, "due": account.due or ZERO},
            )
    lost = LedgerEntry.objects.using(using).filter(case__account=None).select_related("case")
    for number in lost.values_list("case__number", flat=True).distinct():
        yield Fault(ACCOUNTS, number, _("has entries and no account"))


def _in_batches(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while some := list(islice(rest, BATCH)):
        yield some
