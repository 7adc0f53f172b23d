"""Comparing a ledger with the list a payer sends, and posting what was paid: all that is to be posted, or nothing.

``take_in`` reads a list and says of each line what it is; ``post`` looks again, posts in one transaction, and refuses
all, naming the line, where anything has changed since or does not hold. A line is posted once in its life: its hash
stands in the entry, and the database keeps it unique.
"""

from __future__ import annotations

import datetime
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.audit.services import Actor, FieldChange, append, next_version, take_turn
from foundation.organisation.models import User
from foundation.organisation.resolution import roles_of
from workflows.exceptions import CaseNotFound, StatementRefused
from workflows.models import Case, LedgerAccount, LedgerEntry, LedgerMark, PayerStatement, StatementLine
from workflows.models.ledger import ZERO
from workflows.schema import BY_AMOUNT, Ledger, PayerList
from workflows.services.following import proceed
from workflows.services.months import ledger_in_force, ledger_stream
from workflows.services.posting import Line, changes_of, closed_until, digest_of, put
from workflows.services.record import Told, locked, record, snapshot_of
from workflows.statements import PaidLine, read_statement

CHUNK = 400
Outcome = StatementLine.Outcome
Tell = Callable[[int, int], None]
T = TypeVar("T")


@dataclass
class _Found:
    """What the ledger says of the cases a list may mean; ``left`` changes as lines are matched one after another."""

    accounts: dict[str, dict[str, set[int]]]
    left: dict[int, Decimal]
    cases: dict[int, int]
    posted: dict[str, int]
    closed: datetime.date | None
    today: datetime.date


def payer_list_of(workflow: str, user: User) -> tuple[Ledger, PayerList]:
    """Return the ledger in force and how its lists are read, for those who import them; raises ``CaseNotFound``."""
    ledger = ledger_in_force(workflow)
    if ledger.payer_list is None or not roles_of(user) & set(ledger.payer_list.roles):
        raise CaseNotFound(_("There is no such ledger."))
    return ledger, ledger.payer_list


def take_in(*, workflow: str, filename: str, data: bytes, by: User) -> PayerStatement:
    """Read a list and say of each line what it is. Posts nothing.

    Who may: ``roles`` of the ledger's payer list. Raises ``CaseNotFound``, ``StatementRefused``.
    """
    ledger, told = payer_list_of(workflow, by)
    lines = read_statement(data, ledger, workflow)
    with transaction.atomic():
        statement = PayerStatement.objects.create(
            workflow=workflow,
            filename=filename[:200],
            sha256=hashlib.sha256(data).hexdigest(),
            uploaded_by=by,
        )
        StatementLine.objects.bulk_create(_judged(statement, lines, told), batch_size=CHUNK)
    return statement


def _judged(statement: PayerStatement, lines: Sequence[PaidLine], told: PayerList) -> list[StatementLine]:
    found = _look_up(statement.workflow, lines)
    rows = []
    for line in lines:
        row = StatementLine(
            statement=statement,
            row=line.row,
            told=line.told,
            amount=line.amount,
            paid_on=line.paid_on,
            reference=line.reference,
            line_key=line.key,
        )
        _judge(row, line.faults, told, found)
        rows.append(row)
    return rows


def _judge(row: StatementLine, faults: Sequence[str], told: PayerList, found: _Found) -> None:
    """Say what a line is; what it would leave open counts for the lines after it."""
    row.case_id, row.open_before, row.note = None, None, " ".join(faults)[:300]
    if faults or row.amount is None:
        row.outcome = Outcome.WRONG
        return
    if row.line_key in found.posted:
        row.outcome = Outcome.PAID
        row.note = _("posted before as entry %(number)s") % {"number": found.posted[row.line_key]}
        return
    account, several = _match(row, told, found)
    if account is None:
        row.outcome = Outcome.SEVERAL if several else Outcome.UNKNOWN
        return
    left = found.left[account]
    row.case_id, row.open_before = found.cases[account], left
    if left <= 0:
        row.outcome = Outcome.PAID
        row.note = _("nothing is open")
    elif row.amount == left:
        row.outcome = Outcome.MATCHED
    else:
        row.outcome = Outcome.LESS if row.amount < left else Outcome.MORE
    if not is_posted(row, told):
        return
    if why := _day_fault(row.paid_on, found):
        row.outcome, row.note = Outcome.WRONG, why
        return
    found.left[account] = left - row.amount


def _day_fault(day: datetime.date | None, found: _Found) -> str:
    if day is not None and day > found.today:
        return _("%(day)s is still to come.") % {"day": day}
    if day is not None and found.closed is not None and day <= found.closed:
        return _("%(month)s is closed and takes no entry any more.") % {"month": f"{day:%Y-%m}"}
    return ""


def is_posted(row: StatementLine, told: PayerList) -> bool:
    """Say whether a line with this outcome is posted, as the ledger has it."""
    return (
        row.outcome == Outcome.MATCHED
        or (row.outcome == Outcome.LESS and told.less == "post")
        or (row.outcome == Outcome.MORE and told.more == "post")
    )


def _match(row: StatementLine, told: PayerList, found: _Found) -> tuple[int | None, bool]:
    """Return the one account a rule finds, and whether one found several."""
    several = False
    for rule in told.matches:
        marks = [name for name in rule.keys if name != BY_AMOUNT]
        if not all(row.told.get(name) for name in marks):
            continue
        sets = [found.accounts[name].get(row.told[name], set()) for name in marks]
        fitting = set.intersection(*sets)
        if BY_AMOUNT in rule.keys:
            fitting = {one for one in fitting if found.left[one] == row.amount}
        if len(fitting) > 1:
            # Of several with the same mark, the one that is still open is meant.
            still = {one for one in fitting if found.left[one] > 0}
            fitting = still if len(still) == 1 else fitting
        if len(fitting) == 1:
            return fitting.pop(), False
        several = several or len(fitting) > 1
    return None, several


def _look_up(workflow: str, lines: Sequence[PaidLine] | Sequence[StatementLine]) -> _Found:
    """Return all that the lines may mean, in a number of queries that grows with chunks of lines only."""
    spelled: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for line in lines:
        for name, text in line.told.items():
            digest = digest_of(workflow, name, text)
            if digest and text not in spelled[name][digest]:
                spelled[name][digest].append(text)
    accounts: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for name, texts in spelled.items():
        for some in _chunks(list(texts)):
            marks = LedgerMark.objects.filter(workflow=workflow, name=name, digest__in=some)
            for digest, account in marks.values_list("digest", "account_id"):
                for text in texts[digest]:
                    accounts[name][text].add(account)
    wanted = {one for texts in accounts.values() for ones in texts.values() for one in ones}
    left: dict[int, Decimal] = {}
    cases: dict[int, int] = {}
    for accounted in _chunks(sorted(wanted)):
        for pk, case, balance in LedgerAccount.objects.filter(pk__in=accounted).values_list(
            "pk", "case_id", "balance"
        ):
            left[pk], cases[pk] = balance, case
    posted: dict[str, int] = {}
    keys = [line.key if isinstance(line, PaidLine) else line.line_key for line in lines]
    for some in _chunks(keys):
        entries = LedgerEntry.objects.filter(line_key__in=some)
        posted |= {key: number for key, number in entries.values_list("line_key", "number") if key}
    return _Found(accounts, left, cases, posted, closed_until(workflow), timezone.localdate())


def _chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for first in range(0, len(items), CHUNK):
        yield items[first : first + CHUNK]


def statement_for(uuid: UUID, workflow: str, user: User) -> PayerStatement:
    """Return a list for those who import lists of this ledger; raises ``CaseNotFound``."""
    payer_list_of(workflow, user)
    found = PayerStatement.objects.filter(uuid=uuid, workflow=workflow).first()
    if found is None:
        raise CaseNotFound(_("There is no such list."))
    return found


def discard(*, statement: PayerStatement, by: User) -> None:
    """Put a list aside that was not posted. Raises ``CaseNotFound``, ``StatementRefused``."""
    payer_list_of(statement.workflow, by)
    changed = PayerStatement.objects.filter(pk=statement.pk, state=PayerStatement.State.CHECKED).update(
        state=PayerStatement.State.DISCARDED
    )
    if not changed:
        raise StatementRefused(_("This list was posted or thrown away before."))


def post(*, statement: PayerStatement, by: User, tell: Tell = lambda done, total: None) -> int:
    """Post every line of a list that is to be posted, or none; return how many entries were made.

    Who may: ``roles`` of the ledger's payer list. Records: event ``case_reconciled`` of each case, and
    ``ledger_list_posted`` of the ledger. A list that was posted before posts nothing. Raises ``CaseNotFound``;
    ``StatementRefused`` naming the line: it cannot be read, a closed month, or the ledger has changed since the list
    was checked.
    """
    ledger, told = payer_list_of(statement.workflow, by)
    with transaction.atomic():
        take_turn(f"ledger {statement.workflow}")
        statement = PayerStatement.objects.select_for_update().get(pk=statement.pk)
        if statement.state == PayerStatement.State.POSTED:
            return 0
        if statement.state == PayerStatement.State.DISCARDED:
            raise StatementRefused(_("This list was thrown away."))
        lines = list(statement.lines.all())
        _check_again(statement, lines, told)
        chosen = [line for line in lines if is_posted(line, told)]
        cases = _locked_cases({line.case_id for line in chosen if line.case_id is not None})
        made = _post_lines(chosen, cases, ledger, told, statement, by, tell)
        statement.state = PayerStatement.State.POSTED
        statement.posted_by, statement.posted_at = by, timezone.now()
        statement.save(update_fields=["state", "posted_by", "posted_at"])
        stream = ledger_stream(statement.workflow)
        said = {
            "list": str(statement.uuid),
            "sha256": statement.sha256,
            "entries": made,
            "amount": str(sum((line.amount or ZERO for line in chosen), ZERO)),
        }
        append(
            stream=stream,
            version=next_version(stream),
            kind="ledger_list_posted",
            actor=Actor.of(by),
            changes=[FieldChange("list", None, said, stream)],
        )
        return made


def _check_again(statement: PayerStatement, lines: Sequence[StatementLine], told: PayerList) -> None:
    """Raise ``StatementRefused`` for the first line that cannot be read, or is not what it was when it was checked."""
    found = _look_up(statement.workflow, lines)
    for line in lines:
        before = (line.outcome, line.case_id, line.open_before)
        faults = [line.note] if line.outcome == Outcome.WRONG else []
        _judge(line, faults, told, found)
        if line.outcome == Outcome.WRONG:
            raise StatementRefused(
                _("Line %(row)d: %(why)s Nothing was posted. Correct the list and upload it again.")
                % {"row": line.row, "why": line.note}
            )
        if (line.outcome, line.case_id, line.open_before) != before:
            raise StatementRefused(
                _(
                    "Line %(row)d: the ledger has changed since the list was checked. Nothing was posted. "
                    "Upload the list again and look at what it says now."
                )
                % {"row": line.row}
            )


def _locked_cases(wanted: Iterable[int]) -> dict[int, Case]:
    found: dict[int, Case] = {}
    for some in _chunks(sorted(wanted)):
        rows = Case.objects.select_for_update(of=("self",)).select_related(
            "edition", "submission__edition", "submitted_by", "assignee", "department", "parent"
        )
        found |= {case.pk: case for case in rows.filter(pk__in=some)}
    return found


def _post_lines(
    chosen: Sequence[StatementLine],
    cases: dict[int, Case],
    ledger: Ledger,
    told: PayerList,
    statement: PayerStatement,
    by: User,
    tell: Tell,
) -> int:
    kind = ledger.kind(told.posts)
    assert kind is not None
    lines: dict[Case, list[Line]] = defaultdict(list)
    for row in chosen:
        assert row.case_id is not None
        assert row.amount is not None
        lines[cases[row.case_id]].append(
            Line(
                kind,
                row.amount,
                row.paid_on or timezone.localdate(statement.uploaded_at),
                row.reference,
                statement_id=statement.pk,
                line_key=row.line_key,
            )
        )
    entries = put(lines, by=by)
    actor = Actor.of(by)
    for done, case in enumerate(lines, 1):
        record(
            case,
            snapshot_of(case),
            "reconciled",
            actor,
            Told(
                references={"list": str(statement.uuid)},
                changes=tuple(changes_of(entries[case.pk], case.stream)),
            ),
        )
        tell(done, 2 * len(lines))
    for done, case in enumerate(lines, 1):
        # Loaded anew: a case before it, its child, may have moved it on.
        proceed(locked(case.uuid), by)
        tell(len(lines) + done, 2 * len(lines))
    return len(chosen)
