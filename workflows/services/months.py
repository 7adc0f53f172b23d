"""Closing the months of a ledger. What is closed stays closed: a correction goes into the month that is open."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, Min, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.audit.services import Actor, FieldChange, append, next_version, take_turn
from foundation.organisation.models import User
from foundation.organisation.resolution import roles_of
from workflows.definitions import definition_of, edition_in_force
from workflows.exceptions import CaseNotFound, NotPermitted, RuleBroken
from workflows.models import LedgerEntry, LedgerMonth
from workflows.models.ledger import ZERO
from workflows.rules import role_names
from workflows.schema import Ledger
from workflows.services.posting import closed_until


@dataclass(frozen=True)
class MonthTotals:
    """A month of a ledger in figures. ``kinds``: by kind, how many entries and what they come to."""

    month: datetime.date
    opening: Decimal
    closing: Decimal
    entries: int
    kinds: dict[str, tuple[int, Decimal]]


def ledger_stream(workflow: str) -> str:
    """Return the stream of what happens to a ledger as a whole."""
    return f"ledger:{workflow}"


def ledger_in_force(workflow: str) -> Ledger:
    """Return today's ledger of a workflow; raises ``CaseNotFound`` where there is none."""
    edition = edition_in_force(workflow)
    ledger = definition_of(edition).ledger if edition is not None else None
    if ledger is None:
        raise CaseNotFound(_("There is no such ledger."))
    return ledger


def may_close(ledger: Ledger, user: User) -> bool:
    """Say whether the person closes months (policy: ``closes`` of the ledger)."""
    return bool(roles_of(user) & set(ledger.closes))


def last_day(month: datetime.date) -> datetime.date:
    """Return the last day of the month that ``month`` lies in."""
    return (month.replace(day=28) + datetime.timedelta(days=4)).replace(day=1) - datetime.timedelta(days=1)


def next_to_close(workflow: str) -> datetime.date | None:
    """Return the first day of the month that is closed next: after the last closed one, else that of the first entry;
    None while there is no entry.
    """
    closed = closed_until(workflow)
    if closed is not None:
        return closed + datetime.timedelta(days=1)
    first = LedgerEntry.objects.filter(workflow=workflow).aggregate(first=Min("posted_on"))["first"]
    return first.replace(day=1) if first is not None else None


def totals_of_month(workflow: str, month: datetime.date) -> MonthTotals:
    """Return a month of a ledger in figures, as the entries say."""
    begins, ends = month.replace(day=1), last_day(month)
    entries = LedgerEntry.objects.filter(workflow=workflow).order_by()
    opening = entries.filter(posted_on__lt=begins).aggregate(all=Sum("effect"))["all"] or ZERO
    rows = (
        entries.filter(posted_on__gte=begins, posted_on__lte=ends)
        .values_list("kind")
        .annotate(Count("pk"), Sum("amount"), Sum("effect"))
    )
    kinds, moved, count = {}, ZERO, 0
    for kind, number, amount, effect in rows:
        kinds[kind] = (number, amount)
        moved += effect
        count += number
    return MonthTotals(begins, opening, opening + moved, count, kinds)


def close_month(*, workflow: str, month: datetime.date, by: User) -> LedgerMonth:
    """Close a month for ever: no entry counts from one of its days any more, and the database refuses it as well.

    Who may: ``closes`` of the ledger in force. Months are closed one after another, once they are over. Records: event
    ``ledger_month_closed`` of the ledger, with the totals. Raises ``CaseNotFound``, ``NotPermitted``, ``RuleBroken``.
    """
    ledger = ledger_in_force(workflow)
    if not may_close(ledger, by):
        raise NotPermitted(
            _("Closing a month of this ledger is not yours to do. It belongs to: %(roles)s.")
            % {"roles": "、".join(role_names(ledger.closes)) or _("nobody")}
        )
    with transaction.atomic():
        take_turn(f"ledger {workflow}")
        due = next_to_close(workflow)
        if due is None:
            raise RuleBroken(_("There is no entry yet, so there is no month to close."))
        if month.replace(day=1) < due:
            raise RuleBroken(
                _("%(month)s is closed already. It cannot be opened again.") % {"month": f"{month:%Y-%m}"}
            )
        if month.replace(day=1) > due:
            raise RuleBroken(
                _("Months are closed one after another: %(month)s is next.") % {"month": f"{due:%Y-%m}"}
            )
        ends = last_day(due)
        if ends >= timezone.localdate():
            raise RuleBroken(
                _("%(month)s is not over yet; it can be closed from %(day)s on.")
                % {"month": f"{due:%Y-%m}", "day": ends + datetime.timedelta(days=1)}
            )
        totals = totals_of_month(workflow, due)
        said = said_of_month(totals, ledger.currency)
        stream = ledger_stream(workflow)
        event = append(
            stream=stream,
            version=next_version(stream),
            kind="ledger_month_closed",
            actor=Actor.of(by),
            changes=[FieldChange("month", None, said, stream)],
            references={"month": f"{due:%Y-%m}"},
        )
        return LedgerMonth.objects.create(
            workflow=workflow,
            month=due,
            ends_on=ends,
            currency=ledger.currency,
            opening=totals.opening,
            closing=totals.closing,
            entries=totals.entries,
            totals=said["kinds"],
            closed_by=by,
            stream=stream,
            version=event.stream_ver,
        )


def said_of_month(totals: MonthTotals, currency: str) -> dict[str, Any]:
    """Return a month's figures as its event and its row keep them."""
    return {
        "month": f"{totals.month:%Y-%m}",
        "currency": currency,
        "opening": str(totals.opening),
        "closing": str(totals.closing),
        "entries": totals.entries,
        "kinds": {
            kind: {"entries": count, "amount": str(amount)}
            for kind, (count, amount) in sorted(totals.kinds.items())
        },
    }
