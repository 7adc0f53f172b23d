"""Reading ledgers as a whole: who sees which, what is open and how old it is. Nothing here writes."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import pgettext

from forms.registers.masking import MASK
from forms.schema import FieldDefinition
from forms.schema import definition_of as form_of
from foundation.editions.models import Edition
from foundation.editions.queries import all_in_force
from foundation.organisation.models import User
from foundation.organisation.resolution import roles_of
from workflows.ageing import Age, Posted, age_of, class_of, open_amounts
from workflows.definitions import definition_of
from workflows.exceptions import CaseNotFound
from workflows.models import Case, LedgerAccount, LedgerEntry
from workflows.models.ledger import ZERO
from workflows.schema import Ledger, WorkflowDefinition

CHUNK = 400


@dataclass(frozen=True)
class LedgerView:
    """A ledger as one person has it: what they may do there."""

    definition: WorkflowDefinition
    ledger: Ledger
    sees: bool
    closes: bool
    imports: bool

    @property
    def key(self) -> str:
        """The workflow whose ledger it is."""
        return self.definition.key


@dataclass(frozen=True)
class OpenItem:
    """What is open on one case as of a day. ``since``: the day of its oldest open amount, None for a mere credit;
    ``subject``: what the case is about.
    """

    case: Case
    payer: str
    age: Age
    since: datetime.date | None
    subject: str

    @property
    def balance(self) -> Decimal:
        """The open balance."""
        return self.age.balance


def ledgers_of(user: User) -> list[LedgerView]:
    """Return the ledgers in force that are the person's to see, to close, or to compare with lists."""
    roles = roles_of(user)
    found = []
    for edition in all_in_force(Edition.Kind.WORKFLOW):
        definition = definition_of(edition)
        ledger = definition.ledger
        if ledger is None:
            continue
        imports = bool(ledger.payer_list and roles & set(ledger.payer_list.roles))
        view = LedgerView(
            definition, ledger, bool(roles & set(ledger.sees)), bool(roles & set(ledger.closes)), imports
        )
        if view.sees or view.closes or view.imports:
            found.append(view)
    return found


def ledger_for(user: User, workflow: str) -> LedgerView:
    """Return one of them; raises ``CaseNotFound``, also for those to whom it does not exist."""
    for view in ledgers_of(user):
        if view.key == workflow:
            return view
    raise CaseNotFound


def open_items(workflow: str, on: datetime.date, payer: str = "") -> list[OpenItem]:
    """Return what is open as of the end of a day, the oldest first, credits last. Who may see it was asked before."""
    wanted = LedgerAccount.objects.filter(workflow=workflow).exclude(
        Q(balance=ZERO) & Q(last_posted_on__lte=on)
    )
    if payer:
        wanted = wanted.filter(payer=payer)
    accounts = list(wanted.select_related("case__edition"))
    entries = _entries_of([account.case_id for account in accounts], on)
    items = []
    for account in accounts:
        age = age_of(entries[account.case_id], on)
        if age != Age():
            left, _credit = open_amounts(entries[account.case_id], on)
            since = left[0][0] if left else None
            items.append(OpenItem(account.case, account.payer, age, since, account.case.subject))
    return sorted(items, key=lambda item: (item.since or datetime.date.max, item.case.number))


def _entries_of(cases: Sequence[int], on: datetime.date) -> dict[int, list[Posted]]:
    found: dict[int, list[Posted]] = defaultdict(list)
    for first in range(0, len(cases), CHUNK):
        rows = LedgerEntry.objects.filter(case__in=cases[first : first + CHUNK], posted_on__lte=on)
        for case, number, day, effect, reverses in rows.order_by().values_list(
            "case_id", "number", "posted_on", "effect", "reversal_of__number"
        ):
            found[case].append(Posted(number, day, effect, reverses))
    return found


def of_class(items: Sequence[OpenItem], place: int, on: datetime.date) -> list[OpenItem]:
    """Return the items whose oldest open amount is of that class of age."""
    return [item for item in items if item.since is not None and class_of((on - item.since).days) == place]


def sum_of(items: Sequence[OpenItem]) -> Age:
    """Return what the items come to, by age."""
    total = Age()
    for item in items:
        total += item.age
    return total


def reads_payer(view: LedgerView, user: User) -> bool:
    """Say whether the person may read who owes.

    Source: ``readers`` of the field or question that names the payer, in every edition of the form and the workflow:
    accounts keep what was written under any of them.
    """
    stored = Edition.objects.filter(
        Q(kind=Edition.Kind.WORKFLOW, key=view.key) | Q(kind=Edition.Kind.FORM, key=view.definition.form)
    ).defer("body")
    named = {view.ledger.payer}
    asked: list[FieldDefinition] = []
    for edition in stored:
        if edition.kind == Edition.Kind.FORM:
            asked += form_of(edition).fields()
        else:
            definition = definition_of(edition)
            asked += definition.questions().values()
            named.add(definition.ledger.payer if definition.ledger is not None else None)
    limits = [field.readers for field in asked if field.id in named and field.readers]
    held = roles_of(user) if limits else frozenset()
    return all(not held.isdisjoint(limit) for limit in limits)


def without_payer(items: Sequence[OpenItem]) -> list[OpenItem]:
    """Return the items for somebody who may not read who owes: neither there nor in what a case is about."""
    return [
        replace(
            item,
            payer=MASK if item.payer else "",
            subject=MASK if _names_payer(item.case) else item.subject,
        )
        for item in items
    ]


def _names_payer(case: Case) -> bool:
    definition = definition_of(case.edition)
    return definition.ledger is not None and definition.ledger.payer in definition.subject


def class_words() -> list[str]:
    """Return what the classes of age are called, in the language in use."""
    return [
        pgettext("days", "0–30 days"),
        pgettext("days", "31–60 days"),
        pgettext("days", "61–90 days"),
        pgettext("days", "over 90 days"),
    ]


def payers_of(workflow: str) -> list[str]:
    """Return who has ever owed in a ledger."""
    named = LedgerAccount.objects.filter(workflow=workflow).exclude(payer="").order_by("payer")
    return list(named.values_list("payer", flat=True).distinct())


def entries_of(case: Case) -> Iterator[LedgerEntry]:
    """Yield the entries of a case in the order in which they were made."""
    yield from (
        LedgerEntry.objects.filter(case=case)
        .select_related("posted_by", "reversal_of", "reversed_by", "statement")
        .order_by("number")
    )
