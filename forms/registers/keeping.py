"""Once a day: are there submissions without lines? So it is after an update that brought registers, or new lines."""

from __future__ import annotations

import datetime

from django.db.models import Count

from forms.models import RegisterText, Submission
from forms.registers.columns import number_of
from forms.registers.lines import NUMBER, rebuild
from foundation.outbox.rounds import every


@every("register-lines", datetime.timedelta(days=1))
def complete() -> int:
    """Write the lines of forms anew of which some submission has none; return how many submissions that were."""
    written = 0
    counts = Submission.objects.order_by().values_list("form_key").annotate(Count("pk"))
    for form_key, count in counts:
        if RegisterText.objects.filter(column=number_of(form_key, NUMBER)).count() != count:
            written += rebuild(form_key)
    return written
