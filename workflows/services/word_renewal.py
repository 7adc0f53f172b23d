"""Words of cases from before the rule by which they are cut, written anew by the worker, some at a time.

Cases are found by words that were written when they were opened or changed. After an update that cuts them otherwise
(``workflows.words.CUT``), or on an installation from before there were words, the older cases are gone through once.
"""

from __future__ import annotations

import datetime
import time

from django.db import transaction
from django.db.models import Max

from foundation.outbox.rounds import every
from workflows import words
from workflows.models import Case, WordsRenewal

BATCH = 100
"""Cases in one transaction: what else is written waits no longer than that."""
INTERVAL = datetime.timedelta(minutes=10)
LASTS = 240.0
"""Seconds after which a round ends, well within its lease."""
COUNTED = 10_000


def begin() -> WordsRenewal:
    """Return how far it is by the rule of now; where that is new, it begins with the cases there are."""
    last = Case.objects.aggregate(last=Max("pk"))["last"] or 0
    return WordsRenewal.objects.get_or_create(cut=words.CUT, defaults={"until": last})[0]


def renew_some() -> bool:
    """Write the words of the next cases anew; return whether more are left. Two workers take turns."""
    known = WordsRenewal.objects.filter(cut=words.CUT).first() or begin()
    if known.upto >= known.until:
        return False
    with transaction.atomic():
        stand = WordsRenewal.objects.select_for_update().get(pk=known.pk)
        cases = list(
            Case.objects.select_for_update(of=("self",))
            .filter(pk__gt=stand.upto, pk__lte=stand.until)
            .select_related("edition", "submission__edition")
            .defer("edition__body", "submission__edition__body")
            .order_by("pk")[:BATCH]
        )
        for case in cases:
            words.keep(case)
        stand.upto = cases[-1].pk if len(cases) == BATCH else stand.until
        stand.save(update_fields=["upto"])
    return stand.upto < stand.until


def remaining() -> int:
    """Return how many cases are still to be gone through, counted up to ``COUNTED``."""
    stand = WordsRenewal.objects.filter(cut=words.CUT).first()
    left = Case.objects.order_by("pk")
    if stand is not None:
        left = left.filter(pk__gt=stand.upto, pk__lte=stand.until)
    return left.values("pk")[:COUNTED].count()


@every("words of cases", INTERVAL)
def renew() -> None:
    """Go on until all is done or the time of a round is over."""
    ends = time.monotonic() + LASTS
    while renew_some() and time.monotonic() < ends:
        pass
