"""Once a day: are there submissions without lines, or with lines that say less than those written now? So it is
after an update that brought registers, or new lines.
"""

from __future__ import annotations

import datetime

from django.db.models import Count

from forms.models import RegisterText, Submission
from forms.registers.columns import number_of
from forms.registers.lines import NUMBER, marks_stand, rebuild
from foundation.outbox.rounds import every


@every("register-lines", datetime.timedelta(days=1))
def complete() -> int:
    """Write the lines of forms anew of which some submission has none, or of which it is not known that all are
    written as lines are now; return how many submissions that were.
    """
    written = 0
    counts = Submission.objects.order_by().values_list("form_key").annotate(Count("pk"))
    for form_key, count in counts:
        if (
            not marks_stand(form_key)
            or RegisterText.objects.filter(column=number_of(form_key, NUMBER)).count() != count
        ):
            written += rebuild(form_key)
    return written
