"""Taking the next number of a series."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from forms.models import NumberSeries
from forms.numbering import Scheme


def next_number(scheme: str, at: datetime.datetime | datetime.date) -> str:
    """Return the next number of ``scheme`` on the local day of ``at``. Forms and workflows share the series.

    Must run inside the transaction that uses the number: the series stays locked until its end, and a
    number goes back only together with everything else that is rolled back. A number once committed is
    never given again, also when what carried it is deleted. Raises ValueError for a scheme that cannot be
    read.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("Take a number inside transaction.atomic().")
    day = timezone.localdate(at) if isinstance(at, datetime.datetime) else at
    read = Scheme.read(scheme)
    key = read.series(day)
    series = NumberSeries.objects.filter(key=key)
    if not series.update(last=F("last") + 1):
        # Two may begin the series at once: the second waits here, and counts on from the first.
        NumberSeries.objects.bulk_create([NumberSeries(key=key)], ignore_conflicts=True)
        series.update(last=F("last") + 1)
    return read.number(day, series.values_list("last", flat=True).get())
