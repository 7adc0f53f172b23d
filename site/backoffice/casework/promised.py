"""Promises as their case shows them: how each stands, those that are owed first."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from backoffice.casework.timing import roughly
from foundation.editions.texts import in_language
from foundation.organisation.models import User
from workflows.definitions import definition_of
from workflows.models import Case, Promise
from workflows.promises import Reader, by_of, to_of, what_of
from workflows.services import promises

Status = Promise.Status
TONES = {
    Status.OPEN: "open",
    Status.KEPT: "done",
    Status.LATE: "waiting",
    Status.BROKEN: "refused",
    Status.WITHDRAWN: "ended",
    Status.REPLACED: "ended",
    Status.LAPSED: "ended",
}


@dataclass(frozen=True)
class Shown:
    """One promise as people read it. ``category`` and ``word``: how it stands, as a chip."""

    promise: Promise
    what: str
    to: str
    by: str
    category: str
    word: str
    left: str = ""
    times: str = ""
    step: str = ""


def shown_of(promise: Promise, case: Case, reader: Reader, now: dt.datetime | None = None) -> Shown:
    """Return one promise as it stands now, whether or not the worker has come round to it."""
    now = now or timezone.now()
    category, word, left = TONES[Status(promise.status)], str(promise.get_status_display()), ""
    if promise.owed and promise.due_at < now:
        category, word = "refused", pgettext("of a promise", "not kept yet")
        left = _("late by %(time)s") % {"time": roughly(now - promise.due_at)}
    elif promise.owed:
        if timezone.localdate(promise.due_at) == timezone.localdate(now):
            category, word = "waiting", pgettext("of a promise", "due today")
        left = _("%(time)s left") % {"time": roughly(promise.due_at - now)}
    times = ""
    if promise.times > 1:
        times = ngettext("promised %(count)d time", "promised %(count)d times", promise.times) % {
            "count": promise.times
        }
    titles = {one.id: in_language(one.title) for one in definition_of(promise.edition).transitions}
    return Shown(
        promise,
        what_of(promise),
        to_of(promise, case, reader),
        by_of(promise, case, reader),
        category,
        word,
        left,
        times,
        titles.get(promise.settled_step, ""),
    )


@dataclass(frozen=True)
class Part:
    """The promises of a case: what is owed, the one due first at the top, and what is settled, the newest first."""

    owed: list[Shown]
    settled: list[Shown]
    may_record: bool


def promises_of(case: Case, reader: User) -> Part:
    """Return the promises of a case as its page shows them. One query, and who may record."""
    rows = Promise.objects.filter(case=case).select_related("edition", "by", "settled_by")
    eyes = Reader.of(reader)
    shown = [shown_of(one, case, eyes) for one in rows.order_by("due_at", "pk")]
    return Part(
        [one for one in shown if one.promise.owed],
        [one for one in shown[::-1] if not one.promise.owed],
        promises.may_record(case, reader),
    )
