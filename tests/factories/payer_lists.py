"""Very many accepted claims, written at once, and a payer's list over all of them: drawn from a seed.

The events of the claims say nothing, as those of ``workflows.samples``: what is tried is what happens afterwards.
"""

from __future__ import annotations

import datetime
import hashlib
import io
import random
import uuid as uuids
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from forms.models import Submission
from foundation.audit import keys
from foundation.audit.models import Event
from foundation.insertion import insert_rows
from tests.factories.chains import fresh
from tests.factories.claims import Claims, claim_ledger
from workflows.models import Case
from workflows.schema import Ledger
from workflows.services.posting import Line, put

HEADINGS = ["索赔单号", "车架号", "到账金额", "到账日期", "流水号"]
IN_A_BATCH = 1_000


@dataclass(frozen=True)
class Claim:
    """An open claim: its case, the number the payer knows, what is open."""

    case: int
    number: str
    open: Decimal


def many_accepted(house: Claims, count: int, seed: int = 1) -> list[Claim]:
    """Add so many accepted claims with an amount open each; what they are like is taken from one that was really
    accepted.
    """
    like = fresh(house.accepted("1.00", claim_no=f"like-{seed}"))
    draw, found = random.Random(seed), []
    for first in range(0, count, IN_A_BATCH):
        with transaction.atomic():
            numbers = [f"P{seed}-{place:06}" for place in range(first, min(first + IN_A_BATCH, count))]
            found += _batch(like, numbers, draw)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Submission, Case]):
            cursor.execute(statement)
        cursor.execute("ANALYZE")
    return found


def _batch(like: Case, numbers: Sequence[str], draw: random.Random) -> list[Claim]:
    now = timezone.now()
    next_submission = (Submission.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
    next_case = (Case.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
    events, submissions, cases, amounts = [], [], [], {}
    for at, number in enumerate(numbers):
        amount = Decimal(draw.randint(1_000, 2_000_000)) / 100
        names = [uuids.UUID(int=draw.getrandbits(128), version=4) for _row in range(2)]
        streams = [f"submission:{names[0]}", f"case:{names[1]}"]
        events += [(one, 1, b"{}", bytes(32), hashlib.sha256(one.encode()).digest()) for one in streams]
        answers = {**like.submission.answers, "claim_no": number, "vin": f"VIN{number}", "asked": str(amount)}
        submissions.append(
            {
                "id": next_submission + at, "stream": streams[0], "version": 1, "uuid": names[0], "number": number,
                "form_key": like.submission.form_key, "edition_id": like.submission.edition_id, "answers": answers,
                "revision": 1, "state": "submitted", "submitted_by_id": like.submitted_by_id, "submitted_at": now,
                "erased": "",
            }
        )  # fmt: skip
        cases.append(
            {
                "id": next_case + at, "stream": streams[1], "version": 1, "uuid": names[1], "number": number,
                "workflow": like.workflow, "edition_id": like.edition_id, "submission_id": next_submission + at,
                "subject": number, "state": like.state, "category": like.category,
                "submitted_by_id": like.submitted_by_id, "assignee_id": None, "answers": {"granted": str(amount)},
                "grade": "", "rounds": [], "walked": like.walked, "why": {}, "links": [], "opened_at": now,
                "changed_at": now, "closed_at": None,
            }
        )  # fmt: skip
        amounts[next_case + at] = amount
    insert_rows(Event, ("stream", "stream_ver", "body", "prev", "hash"), events)
    for model, rows in ((Submission, submissions), (Case, cases)):
        insert_rows(model, tuple(rows[0]), [tuple(row.values()) for row in rows])
    keys.keys_for(str(row["stream"]) for row in cases)
    ledger = Ledger.model_validate(claim_ledger())
    kind = ledger.kind("claimed")
    assert kind is not None
    made = Case.objects.select_related("edition", "submission__edition").in_bulk(list(amounts))
    put(
        {case: [Line(kind, amounts[pk], timezone.localdate())] for pk, case in made.items()},
        by=None,
        after=-1,
    )
    return [Claim(pk, made[pk].number, amounts[pk]) for pk in amounts]


def paid_list(claims: Sequence[Claim], seed: int = 1, differing: float = 0.02) -> list[list[Any]]:
    """Return a line for each claim: paid in full but for a share of them, which differ in turn: less, more, an unknown
    number, the same line a second time, another currency.
    """
    draw, day = random.Random(seed), timezone.localdate()
    lines = [[one.number, "", one.open, day, f"T{at}"] for at, one in enumerate(claims)]
    for turn, at in enumerate(sorted(draw.sample(range(len(lines)), int(len(lines) * differing)))):
        line, other = lines[at], lines[at - 1]
        match turn % 5:
            case 0:
                line[2] -= Decimal("0.01")
            case 1:
                line[2] += Decimal("100.00")
            case 2:
                line[0] = f"unknown {line[0]}"
            case 3:
                lines[at] = [*other]
            case _:
                line[2] = f"{line[2]} USD"
    return lines


def workbook(*rows: Sequence[Any], above: int = 0) -> bytes:
    """Return an Excel workbook with such lines below the headings, and ``above`` rows of titles before them."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for place in range(above):
        sheet.write_string(place, 0, "厂家付款清单")
    for place, row in enumerate([HEADINGS, *rows], above):
        for column, cell in enumerate(row):
            if isinstance(cell, datetime.date):
                sheet.write_datetime(place, column, datetime.datetime.combine(cell, datetime.time()), day)
            elif cell is not None:
                sheet.write(place, column, cell)
    book.close()
    return target.getvalue()
