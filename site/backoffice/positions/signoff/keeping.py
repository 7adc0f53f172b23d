"""Carrying out the plan: after a publication, after a change of holdings, and by the clock.

``request`` is what a publication and a change of holdings leave behind: one effect in the outbox, so that their
transaction stays short however many holders there are. The worker then asks, lapses and cancels for that position
(``carry_out``), and looks at all of them every ten minutes (``keep_up``): new holders on their first day, editions
whose day has come, holdings that ended, reminders, what has become overdue.
"""

from __future__ import annotations

import datetime
import logging
import uuid
from typing import Any

from django.db import transaction
from django.utils import timezone

from backoffice.positions.signoff import loading, notices, planning, policy, services
from backoffice.positions.signoff.enums import SignOffState
from backoffice.positions.signoff.models import EditionMarks, SignOff, SignOffPolicy
from backoffice.positions.signoff.planning import Ask, End
from foundation.editions.models import Edition
from foundation.organisation import locks
from foundation.organisation.models import Holding
from foundation.organisation.signals import holding_changed
from foundation.outbox.rounds import every
from foundation.outbox.services import Payload, handles, send

logger = logging.getLogger("remit.signoff")

MESSAGE_KIND = "sign_off_keep_up"
EVERY = datetime.timedelta(minutes=10)
DAY = datetime.timedelta(days=1)


def connect() -> None:
    """Listen to changes of holdings."""
    holding_changed.connect(_holding_changed, dispatch_uid="positions.signoff.holding")


def _holding_changed(holding: Holding, **kwargs: Any) -> None:
    request(holding.position.code)


def request(code: str, edition: Edition | None = None) -> None:
    """Have the worker look at one position after the commit; ``edition``: just published, holders hear of it."""
    payload = {"code": code, "edition": edition.pk if edition else None}
    send(MESSAGE_KIND, f"sign-off:{code}:{uuid.uuid4().hex}", payload)


@handles(MESSAGE_KIND, in_transaction=True)
def deliver(payload: Payload) -> None:
    """Ask, lapse and cancel for one position; inform where nothing is to be signed."""
    carry_out(payload["code"])
    if payload["edition"] is not None:
        inform(payload["edition"])


@transaction.atomic
def carry_out(code: str, day: datetime.date | None = None) -> list[planning.Step]:
    """Do what is to be done for one position on ``day`` (today); return it. One at a time for each position."""
    locks.hold(f"sign-off:{code}")
    day = day or timezone.localdate()
    dates = policy.current()
    inputs = loading.load(day, [code]).get(code)
    if inputs is None:
        return []
    steps = inputs.steps(day, dates.valid_months)
    replaced: dict[int, datetime.date] = {}
    for step in steps:
        if isinstance(step, End):
            end = services.lapse if step.state == SignOffState.LAPSED else services.cancel
            ended = end(request=step.request, why=step.why)
            if ended is not None:
                replaced[ended.pk] = ended.due_on
    wanted = [step for step in steps if isinstance(step, Ask)]
    if wanted:
        _ask(wanted, dates, replaced)
    return steps


def _ask(wanted: list[Ask], dates: SignOffPolicy, replaced: dict[int, datetime.date]) -> None:
    holdings = Holding.objects.select_related("person", "position").in_bulk({one.holding for one in wanted})
    editions = Edition.objects.in_bulk({one.edition for one in wanted})
    notes = dict(EditionMarks.objects.filter(edition__in=editions).values_list("edition", "note"))
    for one in wanted:
        services.ask(
            holding=holdings[one.holding],
            edition=editions[one.edition],
            why=one.why,
            rules_on_dates=dates,
            due_on=replaced.get(one.instead_of) if one.instead_of else None,
            note=notes.get(one.edition, ""),
        )


def inform(edition_pk: int) -> None:
    """Tell the holders who need not sign a new edition that there is one; each once."""
    marks = EditionMarks.objects.filter(edition=edition_pk).select_related("edition").first()
    if marks is None or marks.material:
        return
    edition = marks.edition
    asked = SignOff.objects.filter(edition=edition).values("holding_key")
    holdings = Holding.objects.on(max(timezone.localdate(), edition.effective_from)).filter(
        position__code=edition.key, person__is_active=True
    )
    for holding in holdings.exclude(pk__in=asked).select_related("person", "position"):
        notices.informed(holding.person, holding.position, edition, marks.note)


@every("sign-offs", EVERY)
def keep_up() -> None:
    """Look at every position: ask, lapse, cancel, remind, note what is overdue. What cannot be done for one
    position does not keep the others waiting; it is raised at the end.
    """
    today = timezone.localdate()
    dates = policy.current()
    faults: list[Exception] = []
    for code, inputs in loading.load(today).items():
        if inputs.steps(today, dates.valid_months):
            try:
                carry_out(code)
            except Exception as fault:
                logger.exception("sign-offs of %s not brought up to date", code)
                faults.append(fault)
    remind(today, dates)
    tell_overdue(today)
    if faults:
        raise faults[0]


def remind(today: datetime.date, dates: SignOffPolicy) -> int:
    """Remind where a day of reminding has come since the last word; return how many."""
    waiting = SignOff.objects.filter(
        state=SignOffState.OPEN, due_on__lte=today + dates.remind_before * DAY
    ).exclude(reminded_on=today)
    count = 0
    for sign_off in waiting:
        heard = max(timezone.localdate(sign_off.asked_at), sign_off.reminded_on or datetime.date.min)
        if reminder_due(sign_off.due_on, today, heard, dates):
            count += services.remind_by_clock(request=sign_off.pk, today=today)
    return count


def reminder_due(
    due: datetime.date, today: datetime.date, heard: datetime.date, dates: SignOffPolicy
) -> bool:
    """Whether a day of reminding lies after ``heard`` and not after ``today``: so many days before, the day itself,
    and from then on every so many days.
    """
    days = [due]
    if dates.remind_before:
        days.append(due - dates.remind_before * DAY)
    if today > due:
        rounds = (today - due).days // dates.remind_every
        days.append(due + rounds * dates.remind_every * DAY)
    return any(heard < day <= today for day in days)


def tell_overdue(today: datetime.date) -> int:
    """Put on record what became overdue, and tell HR and the line managers; return how many."""
    late = list(
        SignOff.objects.filter(
            overdue_since__isnull=True, state=SignOffState.OPEN, due_on__lt=today
        ).values_list("pk", flat=True)
    )
    noted = []
    for pk in late:
        # Each by itself: who was put on record is told of, whatever becomes of the next one.
        with transaction.atomic():
            if (sign_off := services.note_overdue(request=pk, today=today)) is not None:
                noted.append(sign_off)
    if noted:
        notices.overdue(noted)
    return len(noted)
