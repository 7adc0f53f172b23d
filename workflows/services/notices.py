"""What clocks tell people: gathered, so that a person gets one mail an hour however many clocks go off.

``gather`` is the one way in. The mail is an effect under a key of the person and the hour; it takes along whatever is
waiting for the person when it is written, so nothing is told twice and nothing is forgotten.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from foundation.editions.texts import in_language
from foundation.organisation.models import User
from foundation.outbox.models import Message
from foundation.outbox.services import Payload, handles, send
from workflows.definitions import definition_of
from workflows.models import Case, CaseClock, ClockNotice
from workflows.schema import Clock

KIND = "clock_digest"
GATHER = dt.timedelta(minutes=2)
"""For so long after the first notice of an hour others may still come along with it."""
HOUR = dt.timedelta(hours=1)


def gather(row: CaseClock, what: str, people: Iterable[User]) -> int:
    """Tell people of one thing a clock did, with their next mail; return how many. Inside the caller's transaction."""
    told = sorted(
        {person.pk: person for person in people if person.is_active}.values(), key=lambda one: one.pk
    )
    ClockNotice.objects.bulk_create(
        (
            ClockNotice(
                person=person, case_id=row.case_id, clock=row.clock, run=row.run, what=what, due_at=row.due_at
            )
            for person in told
        ),
        ignore_conflicts=True,
    )
    # In the order of people: two workers that tell the same ones wait for one another, never in a circle.
    for person in told:
        _ask_for_mail(person)
    return len(told)


def _ask_for_mail(person: User) -> None:
    """Ask for the mail of this hour. One that was asked for already may be on its way: then also for the next one."""
    now = timezone.now()
    hour = int(now.timestamp()) // int(HOUR.total_seconds())
    payload = {"person": person.pk}
    due_at = now + GATHER
    while send(KIND, f"{KIND}:{person.pk}:{hour}", payload, due_at=due_at) is None:
        if due_at > now + GATHER and _not_begun(f"{KIND}:{person.pk}:{hour}"):
            return
        hour += 1
        due_at = dt.datetime.fromtimestamp(hour * HOUR.total_seconds(), dt.UTC)


def _not_begun(key: str) -> bool:
    return Message.objects.filter(key=key, attempts=0, delivered_at=None).exists()


@handles(KIND, in_transaction=True)
def write_digest(payload: Payload) -> None:
    """Write the mail with everything that waits for the person (outbox); none where nothing does."""
    person = User.objects.filter(pk=payload["person"], is_active=True).first()
    waiting = ClockNotice.objects.filter(person_id=payload["person"], mailed_with="")
    notices = list(waiting.select_related("case__edition").select_for_update(of=("self",)).order_by("id"))
    if not notices:
        return
    ClockNotice.objects.filter(pk__in=[one.pk for one in notices]).update(mailed_with=payload.key)
    if person is None or not person.email:
        return
    with override(person.language or settings.LANGUAGE_CODE):
        send("mail", key=f"{payload.key}:mail", payload={"to": [person.email], **_written(notices)})


def _written(notices: list[ClockNotice]) -> dict[str, str]:
    cases: dict[int, list[ClockNotice]] = {}
    for notice in notices:
        cases.setdefault(notice.case_id, []).append(notice)
    subject = ngettext("Time limits: %(count)d case", "Time limits: %(count)d cases", len(cases)) % {
        "count": len(cases)
    }
    parts = []
    for told in cases.values():
        case = told[0].case
        lines = [f"{case.number} {case.subject}", *(f"  · {sentence(one)}" for one in told)]
        parts.append("\n".join([*lines, f"  {settings.BASE_URL}/cases/{case.uuid}/"]))
    return {"subject": subject, "body": "\n\n".join(parts) + "\n"}


def clock_of(case: Case, clock_id: str) -> Clock | None:
    """Return what the case's edition says of one of its clocks; None where it knows it no more."""
    return next((one for one in definition_of(case.edition).clocks if one.id == clock_id), None)


def sentence(notice: ClockNotice) -> str:
    """Return what one notice says, in the language that is active now."""
    clock = clock_of(notice.case, notice.clock)
    title = in_language(clock.title) if clock is not None else notice.clock
    return said(title, notice.what, notice.due_at)


def said(title: str, what: str, due_at: dt.datetime | None) -> str:
    """Return in words what a clock did: that part of its time has run, that it is over, that it still is."""
    sort, _colon, number = what.partition(":")
    words: dict[str, Any] = {
        "clock": title,
        "number": number,
        "due": date_format(timezone.localtime(due_at), "SHORT_DATETIME_FORMAT") if due_at else "–",
    }
    if sort == "warn":
        return _("%(clock)s: %(number)s %% of the time has run; due %(due)s") % words
    if sort == "due":
        return _("%(clock)s: the time is over since %(due)s") % words
    if sort == "escalate":
        return _("%(clock)s: still open, the time is over since %(due)s; told to you as next in line") % words
    if sort == "take":
        return _("%(clock)s: the machine took the step") % words
    return _("%(clock)s: still open, the time is over since %(due)s (told again)") % words
