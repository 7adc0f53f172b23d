"""What cases mean to the submissions they grew from: asked by ``forms`` through what is registered there."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from forms.models import Submission
from workflows.models import Case


def bar_withdrawal(submission: Submission) -> str:
    """Return why a submission with a case is not taken back by itself; empty where it has none."""
    number = Case.objects.filter(submission=submission).values_list("number", flat=True).first()
    if number is None:
        return ""
    return _(
        "Case %(number)s has grown from this submission. Ask whoever has the case to end it; the submission "
        "belongs to it."
    ) % {"number": number}


def open_cases(batch: Collection[Submission]) -> dict[int, str]:
    """Return by id the submissions whose case is not closed yet: retention waits for it. One query."""
    found = Case.objects.filter(submission__in=[one.pk for one in batch], closed_at__isnull=True)
    return {
        submission: _("Case %(number)s is still open.") % {"number": number}
        for submission, number in found.values_list("submission_id", "number")
    }
