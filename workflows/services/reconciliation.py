"""Comparing a ledger with the list a payer sends, and posting what was paid.

``take_in`` reads a list and says of each line what it is; ``post`` looks again and refuses all, naming the line, where
anything has changed since or does not hold; then it posts, some cases at a time, so that a long list keeps nobody
else from writing. A line is posted once in its life: its hash stands in the entry, and the database keeps it unique.
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
from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.audit.services import Actor, FieldChange, append, next_version, take_turn
from foundation.organisation.models import User
from foundation.organisation.resolution import roles_of
from workflows.accounts import keep_totals
from workflows.exceptions import CaseNotFound, StatementRefused, WorkflowError
from workflows.models import Case, LedgerAccount, LedgerEntry, LedgerMark, PayerStatement, StatementLine
from workflows.models.ledger import ZERO
from workflows.schema import BY_AMOUNT, Ledger, PayerList
from workflows.services.following import proceed
from workflows.services.months import ledger_in_force, ledger_stream
from workflows.services.posting import Line, changes_of, closed_until, digest_of, put
from workflows.services.record import Told, locked, record, snapshot_of
from workflows.statements import PaidLine, read_statement

CHUNK = 400
IN_A_PART = 100
"""Cases whose lines are posted in one transaction: a second or so, for which SQLite lets nobody else write."""
Outcome = StatementLine.Outcome
Tell = Callable[[int, int], None]
T = TypeVar("T")


@dataclass
class _Found:
    """What the ledger says of the cases a list may mean; ``left`` changes as lines are matched one after another.
    ``posted``, ``lists``: by the hash of a line the number of its entry, and the list it came with.
    """

    accounts: dict[str, dict[str, set[int]]]
    left: dict[int, Decimal]
    cases: dict[int, int]
    posted: dict[str, int]
    lists: dict[str, int | None]
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
        _judge(row, line.faults, told, found, line.foreign)
        rows.append(row)
    return rows


def _judge(
    row: StatementLine, faults: Sequence[str], told: PayerList, found: _Found, foreign: str = ""
) -> None:
    """Say what a line is; what it would leave open counts for the lines after it. ``foreign``: why it has no amount."""
    row.case_id, row.open_before, row.note = None, None, " ".join(faults)[:300]
    if faults:
        row.outcome = Outcome.WRONG
        return
    if row.amount is None:  # in another currency: nothing in this ledger is meant
        row.outcome, row.note = Outcome.UNKNOWN, foreign
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
    lists: dict[str, int | None] = {}
    keys = [line.key if isinstance(line, PaidLine) else line.line_key for line in lines]
    for some in _chunks(keys):
        entries = LedgerEntry.objects.filter(line_key__in=some)
        for key, number, origin in entries.values_list("line_key", "number", "statement_id"):
            if key:
                posted[key], lists[key] = number, origin
    return _Found(accounts, left, cases, posted, lists, closed_until(workflow), timezone.localdate())


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
    """Put a list aside of which nothing was posted. Raises ``CaseNotFound``, ``StatementRefused``."""
    payer_list_of(statement.workflow, by)
    with transaction.atomic():
        take_turn(f"ledger {statement.workflow}")
        if statement.entries.exists():
            raise StatementRefused(_("Lines of this list are posted already. Post the rest of it."))
        changed = PayerStatement.objects.filter(pk=statement.pk, state=PayerStatement.State.CHECKED).update(
            state=PayerStatement.State.DISCARDED
        )
    if not changed:
        raise StatementRefused(_("This list was posted or thrown away before."))


def post(*, statement: PayerStatement, by: User, tell: Tell = lambda done, total: None) -> int:
    """Post every line of a list that is to be posted; return how many entries were made. Call it outside a transaction.

    Who may: ``roles`` of the ledger's payer list. The list is looked at again as a whole, and refused as a whole where
    it cannot be posted as it was shown. Then the lines of ``IN_A_PART`` cases at a time are posted in one transaction
    with their events. Broken off and begun again, what was posted is left as it is and the rest goes on. In a list of
    several parts a line that can no longer be posted is left aside, with the reason in its note; one of a single part
    is posted wholly or not at all. ``tell`` is called after each part, with how many cases are done, of how many.

    Records: event ``case_reconciled`` of each case, and at the end ``ledger_list_posted`` of the ledger. A list that
    was posted before posts nothing. Raises ``CaseNotFound``; ``StatementRefused`` naming the line: it cannot be read, a
    closed month, or the ledger has changed since the list was checked.
    """
    ledger, told = payer_list_of(statement.workflow, by)
    posting = _Posting(statement, ledger, told, by)
    with transaction.atomic():
        if not posting.begin():
            return 0
        parts = posting.parts()
        if posting.fresh and len(parts) <= 1:
            for part in parts:
                posting.part(part)
            posting.end()
            return posting.made
    done, total = 0, sum(len(part) for part in parts)
    for part in parts:
        posting.part_or_each(part)
        done += len(part)
        tell(done, total)
    with transaction.atomic():
        posting.end()
    return posting.made


@dataclass
class _Posting:
    """A list while it is being posted. ``made``: entries so far; ``fresh``: nothing of it was posted before."""

    statement: PayerStatement
    ledger: Ledger
    told: PayerList
    by: User
    made: int = 0
    fresh: bool = True

    def begin(self) -> bool:
        """Look at the whole list again; say whether there is anything to do. Raises ``StatementRefused``."""
        self._lock()
        if self.statement.state == PayerStatement.State.POSTED:
            return False
        if self.statement.state == PayerStatement.State.DISCARDED:
            raise StatementRefused(_("This list was thrown away."))
        self.fresh = not self.statement.entries.exists()
        if self.fresh:  # else it was broken off: each part is looked at on its own
            _check_again(self.statement, list(self.statement.lines.all()), self.told)
        return True

    def _lock(self) -> None:
        take_turn(f"ledger {self.statement.workflow}")
        self.statement = PayerStatement.objects.select_for_update().get(pk=self.statement.pk)

    def parts(self) -> list[list[list[int]]]:
        """Return what is still to be posted: parts of cases, a case being the keys of its lines."""
        there = set(self.statement.entries.values_list("line_key", flat=True))
        by_case: dict[int, list[int]] = defaultdict(list)
        for line in self.statement.lines.all():
            if is_posted(line, self.told) and line.line_key not in there:
                assert line.case_id is not None
                by_case[line.case_id].append(line.pk)
        cases = list(by_case.values())
        return [cases[first : first + IN_A_PART] for first in range(0, len(cases), IN_A_PART)]

    def part_or_each(self, part: Sequence[Sequence[int]]) -> None:
        """Post a part; where the rules refuse it, case by case, and leave aside those they refuse."""
        try:
            with transaction.atomic():
                self._lock()
                self.part(part)
        except WorkflowError as refusal:
            if len(part) > 1:
                for case in part:
                    self.part_or_each([case])
                return
            StatementLine.objects.filter(pk__in=part[0]).update(
                outcome=Outcome.WRONG, note=str(refusal)[:300]
            )

    def part(self, part: Sequence[Sequence[int]]) -> None:
        """Post the lines of some cases in the running transaction."""
        wanted = [pk for case in part for pk in case]
        found = [line for some in _chunks(wanted) for line in StatementLine.objects.filter(pk__in=some)]
        chosen = self._as_checked(sorted(found, key=lambda line: line.row))
        cases = _locked_cases({line.case_id for line in chosen if line.case_id is not None})
        _post_lines(chosen, cases, self.ledger, self.told, self.statement, self.by)
        self.made += len(chosen)

    def _as_checked(self, lines: Sequence[StatementLine]) -> list[StatementLine]:
        """Return the lines that still are what they were, and keep on the others why they are not posted."""
        found = _look_up(self.statement.workflow, lines)
        kept, aside = [], []
        for line in lines:
            if found.lists.get(line.line_key) == self.statement.pk:
                continue  # another worker was faster
            before = (line.outcome, line.case_id, line.open_before)
            _judge(line, (), self.told, found)
            if (line.outcome, line.case_id, line.open_before) == before:
                kept.append(line)
                continue
            if is_posted(line, self.told):
                line.outcome = Outcome.WRONG
            line.note = line.note or _("The ledger has changed since the list was checked. Not posted.")
            aside.append(line)
        StatementLine.objects.bulk_update(aside, ["outcome", "case", "open_before", "note"], batch_size=CHUNK)
        return kept

    def end(self) -> None:
        """Say that the list is posted, on its row and in the record of the ledger; once."""
        self._lock()
        if self.statement.state != PayerStatement.State.CHECKED:
            return  # another worker was faster
        self.statement.state = PayerStatement.State.POSTED
        self.statement.posted_by, self.statement.posted_at = self.by, timezone.now()
        self.statement.save(update_fields=["state", "posted_by", "posted_at"])
        stream = ledger_stream(self.statement.workflow)
        entries = self.statement.entries.aggregate(count=Count("pk"), amount=Sum("amount"))
        said = {
            "list": str(self.statement.uuid),
            "sha256": self.statement.sha256,
            "entries": entries["count"],
            "amount": str(entries["amount"] or ZERO),
        }
        append(
            stream=stream,
            version=next_version(stream),
            kind="ledger_list_posted",
            actor=Actor.of(self.by),
            changes=[FieldChange("list", None, said, stream)],
        )


def _check_again(statement: PayerStatement, lines: Sequence[StatementLine], told: PayerList) -> None:
    """Raise ``StatementRefused`` for the first line that cannot be read, or is not what it was when it was checked."""
    found = _look_up(statement.workflow, lines)
    for line in lines:
        before = (line.outcome, line.case_id, line.open_before)
        faults = [line.note] if line.outcome == Outcome.WRONG else []
        _judge(line, faults, told, found, line.note)
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
) -> None:
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
    for case in lines:
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
    keep_totals(lines)
    parents = set(Case.objects.filter(parent__in=lines).values_list("parent_id", flat=True))
    for case in lines:
        # One with children is loaded anew: a child that came before it may have moved it on.
        proceed(locked(case.uuid) if case.pk in parents else case, by)
