"""Writing entries of the ledger down. Used by this room's services; nothing here asks who may.

``put`` writes entries in the transaction that records the event telling of them; nothing changes one later. The
database refuses what goes round it (``workflows.apps``): a change, a removal, an entry without an event, a day in a
closed month.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Max
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from forms.schema import FieldDefinition
from forms.schema import definition_of as form_of
from foundation import expressions
from foundation.audit.canonical import canonical
from foundation.audit.services import FieldChange, take_turn
from foundation.editions.texts import in_language
from foundation.expressions import Kind
from foundation.organisation.models import User
from foundation.prepared import update_row
from workflows.accounts import forget_totals
from workflows.ageing import Posted, open_amounts
from workflows.definitions import definition_of
from workflows.exceptions import RuleBroken
from workflows.models import Case, LedgerAccount, LedgerEntry, LedgerMark, LedgerMonth
from workflows.models.amount import LARGEST, PLACES
from workflows.models.ledger import ZERO
from workflows.sameness import one_spelling
from workflows.schema import CASE_NUMBER, EntryKind, Ledger, Posting, Transition, WorkflowDefinition
from workflows.vocabulary import kinds_of, values_of

LONGEST_REFERENCE, LONGEST_NOTE = 100, 300


@dataclass(frozen=True)
class Line:
    """An entry to be: ``amount`` is what the kind comes to by it, above zero but in a reversal."""

    kind: EntryKind
    amount: Decimal
    posted_on: datetime.date
    reference: str = ""
    note: str = ""
    step: str = ""
    reversal_of: LedgerEntry | None = None
    statement_id: int | None = None
    line_key: str | None = None


def put(
    lines: Mapping[Case, Sequence[Line]], *, by: User | None, after: int = 0
) -> dict[int, list[LedgerEntry]]:
    """Write entries of cases of one workflow down and bring their accounts up to them; return them by case.

    The cases are locked, a few hundred at the most, and the next event of each, written in the same transaction, tells
    of its entries. ``after`` is added to the version that event has. Raises ``RuleBroken``: a closed month, a day to
    come, too many decimals, too large an amount, another currency.
    """
    wanted = {case: list(one) for case, one in lines.items() if one}
    if not wanted:
        return {}
    workflow = next(iter(wanted)).workflow
    take_turn(f"ledger {workflow}")
    check_days(workflow, {line.posted_on for one in wanted.values() for line in one})
    number = LedgerEntry.objects.filter(workflow=workflow).aggregate(last=Max("number"))["last"] or 0
    accounts = {one.case_id: one for one in LedgerAccount.objects.filter(case__in=wanted)}
    now, entries = timezone.now(), []
    for case, its in wanted.items():
        ledger = definition_of(case.edition).ledger
        assert ledger is not None
        account = accounts.get(case.pk)
        if account is not None and account.currency != ledger.currency:
            raise RuleBroken(
                _("Case %(number)s has entries in %(old)s; nothing can be posted to it in %(new)s.")
                % {"number": case.number, "old": account.currency, "new": ledger.currency}
            )
        for line in its:
            number += 1
            check_exact(line.amount)
            entries.append(
                LedgerEntry(
                    case=case,
                    workflow=workflow,
                    number=number,
                    kind=line.kind.id,
                    currency=ledger.currency,
                    amount=line.amount,
                    effect=_effect(line),
                    posted_on=line.posted_on,
                    reference=line.reference[:LONGEST_REFERENCE],
                    note=line.note[:LONGEST_NOTE],
                    step=line.step,
                    reversal_of=line.reversal_of,
                    statement_id=line.statement_id,
                    line_key=line.line_key,
                    posted_by=by,
                    recorded_at=now,
                    stream=case.stream,
                    version=case.version + 1 + after,
                )
            )
    LedgerEntry.objects.bulk_create(entries, batch_size=500)
    follow_accounts(wanted)
    found: dict[int, list[LedgerEntry]] = defaultdict(list)
    for entry in entries:
        found[entry.case_id].append(entry)
    for case in wanted:
        forget_totals(case)
    return found


def _effect(line: Line) -> Decimal:
    if line.reversal_of is not None:
        back: Decimal = line.reversal_of.effect
        return -back
    effects: dict[str, Decimal] = {"adds": line.amount, "takes": -line.amount, "notes": ZERO}
    return effects[line.kind.balance]


def check_exact(amount: Decimal) -> None:
    """Raise ``RuleBroken`` for what could only be stored rounded, or not at all."""
    if amount != amount.quantize(Decimal(1).scaleb(-PLACES)):
        raise RuleBroken(
            _("%(amount)s has more than two decimals. Nothing is rounded: say the exact amount.")
            % {"amount": amount}
        )
    if abs(amount) > LARGEST:
        raise RuleBroken(_("%(amount)s is more than a ledger takes.") % {"amount": amount})


def closed_until(workflow: str) -> datetime.date | None:
    """Return the last day of the last closed month of a ledger, None where none is closed."""
    last: datetime.date | None = LedgerMonth.objects.filter(workflow=workflow).aggregate(last=Max("ends_on"))[
        "last"
    ]
    return last


def check_days(workflow: str, days: Iterable[datetime.date]) -> None:
    """Raise ``RuleBroken`` unless entries may count from these days: not to come, and in no closed month."""
    closed, today = closed_until(workflow), timezone.localdate()
    for day in sorted(days):
        if day > today:
            raise RuleBroken(
                _("%(day)s is still to come; an entry counts from today or an earlier day.") % {"day": day}
            )
        if closed is not None and day <= closed:
            raise RuleBroken(
                _(
                    "%(month)s is closed and takes no entry any more. Post with a day from %(first)s on; "
                    "a correction goes into the month that is open."
                )
                % {"month": f"{day:%Y-%m}", "first": closed + datetime.timedelta(days=1)}
            )


def follow_accounts(cases: Iterable[Case]) -> None:
    """Bring the accounts of the cases up to their entries, and the marks they are known by in lists of payers."""
    wanted = {case.pk: case for case in cases}
    entries: dict[int, list[Posted]] = defaultdict(list)
    rows = LedgerEntry.objects.filter(case__in=wanted).values_list(
        "case_id", "number", "posted_on", "effect", "reversal_of__number"
    )
    for case_id, number, day, effect, reverses in rows:
        entries[case_id].append(Posted(number, day, effect, reverses))
    there = {one.case_id: one for one in LedgerAccount.objects.filter(case__in=wanted)}
    fresh: list[LedgerAccount] = []
    old: list[LedgerAccount] = []
    for case_id, its in entries.items():
        case = wanted[case_id]
        ledger = definition_of(case.edition).ledger
        assert ledger is not None
        account = there.get(case_id) or LedgerAccount(case=case, workflow=case.workflow)
        left, _credit = open_amounts(its)
        account.currency = account.currency or ledger.currency
        account.payer = written(case, ledger.payer)[:200] if ledger.payer else ""
        account.balance = sum((one.effect for one in its), ZERO)
        account.open_since = left[0][0] if left else None
        account.last_posted_on = max(one.posted_on for one in its)
        (old if account.pk else fresh).append(account)
    LedgerAccount.objects.bulk_create(fresh, batch_size=500)
    names = ["payer", "balance", "open_since", "last_posted_on"]
    fields = [field for field in LedgerAccount._meta.concrete_fields if field.name in names]
    for account in old:  # one prepared statement each costs less than composing one for all
        update_row(
            LedgerAccount,
            [(field, getattr(account, field.attname)) for field in fields],
            where=[(LedgerAccount._meta.pk, account.pk)],
        )
    _follow_marks([(account, wanted[account.case_id]) for account in (*fresh, *old)])


def _follow_marks(accounts: Sequence[tuple[LedgerAccount, Case]]) -> None:
    wanted: dict[tuple[int, str], tuple[str, str]] = {}
    for account, case in accounts:
        ledger = definition_of(case.edition).ledger
        keys = ledger.payer_list.keys if ledger is not None and ledger.payer_list is not None else ()
        for key in keys:
            said = written(case, key.field)
            if digest := digest_of(case.workflow, key.id, said):
                wanted[account.pk, key.id] = (case.workflow, digest)
    there = {
        (mark.account_id, mark.name): mark
        for mark in LedgerMark.objects.filter(account__in=[one for one, _case in accounts])
    }
    gone = [mark.pk for place, mark in there.items() if wanted.get(place, ("", ""))[1] != mark.digest]
    if gone:
        LedgerMark.objects.filter(pk__in=gone).delete()
    LedgerMark.objects.bulk_create(
        (
            LedgerMark(account_id=account, workflow=workflow, name=name, digest=digest)
            for (account, name), (workflow, digest) in wanted.items()
            if (account, name) not in there or there[account, name].digest != digest
        ),
        batch_size=500,
    )


def digest_of(workflow: str, mark: str, said: str) -> str:
    """Return the keyed hash by which a mark is found, however it is written; "" for an empty one."""
    spelled = one_spelling(said)
    if not spelled:
        return ""
    return salted_hmac("remit.ledger", canonical([workflow, mark, spelled]), algorithm="sha256").hexdigest()


def written(case: Case, name: str) -> str:
    """Return the answer to a field of the case's form, or to a question of its steps, as people read it."""
    if name == CASE_NUMBER:
        return case.number
    form = form_of(case.submission.edition)
    field: FieldDefinition | None = form.by_id.get(name)
    value = case.submission.answers.get(name)
    if field is None:
        field, value = definition_of(case.edition).questions().get(name), case.answers.get(name)
    if field is None or value is None:
        return ""
    return field.of_kind.display(value, field.settings, settings.LANGUAGE_CODE)


# --- by steps --------------------------------------------------------------------------------------------------


def post_of_step(case: Case, spec: Transition, by: User | None) -> tuple[LedgerEntry, ...]:
    """Post what the ledger of the case says the step posts; its answers are already those of the case."""
    definition = definition_of(case.edition)
    ledger = definition.ledger
    if ledger is None:
        return ()
    lines = [
        line
        for posting in ledger.postings
        if posting.step == spec.id and (line := _line_of(case, definition, ledger, posting)) is not None
    ]
    entries = tuple(put({case: lines}, by=by).get(case.pk, ()))
    marks = {key.field for key in ledger.payer_list.keys} if ledger.payer_list is not None else set()
    if not entries and marks & {question.id for question in spec.asks}:
        account = LedgerAccount.objects.filter(case=case).first()
        if account is not None:  # a step may answer by what a payer's list knows the case
            _follow_marks([(account, case)])
    return entries


def _line_of(case: Case, definition: WorkflowDefinition, ledger: Ledger, posting: Posting) -> Line | None:
    kinds, values = kinds_of(definition, form_of(case.submission.edition)), values_of(definition, case)
    if posting.when and not expressions.evaluate(posting.when, kinds, values, Kind.YES_NO):
        return None
    amount = expressions.evaluate(posting.amount, kinds, values, Kind.MONEY)
    kind = ledger.kind(posting.kind)
    assert kind is not None
    if not amount:
        return None
    if amount < 0:
        raise RuleBroken(
            _("“%(kind)s” would be %(amount)s. Entries are above zero; look at the amounts again.")
            % {"kind": in_language(kind.title), "amount": amount}
        )
    given = {**case.submission.answers, **case.answers}
    day = given.get(posting.dated) if posting.dated else None
    return Line(
        kind=kind,
        amount=amount,
        posted_on=datetime.date.fromisoformat(str(day)) if day else timezone.localdate(),
        reference=written(case, posting.reference) if posting.reference else "",
        step=posting.step,
    )


def changes_of(entries: Iterable[LedgerEntry], stream: str) -> list[FieldChange]:
    """Return what an event says of the entries it tells of."""
    return [FieldChange(f"ledger.{entry.number}", None, said_of(entry), stream) for entry in entries]


def said_of(entry: LedgerEntry) -> dict[str, Any]:
    """Return an entry as its event says it; ``manage.py verify`` compares."""
    return {
        "kind": entry.kind,
        "amount": str(entry.amount),
        "effect": str(entry.effect),
        "currency": entry.currency,
        "posted_on": entry.posted_on.isoformat(),
        "reference": entry.reference,
        "reversal_of": entry.reversal_of.number if entry.reversal_of else None,
        "line": entry.line_key,
    }
