"""What cases mean to the submissions they grew from: asked by ``forms`` through what is registered there."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from forms.models import Submission
from foundation.audit.services import Actor
from foundation.organisation.models import User
from workflows.machine import machine_of
from workflows.models import Case
from workflows.sameness import keep
from workflows.services.following import proceed
from workflows.services.record import Told, locked, record, snapshot_of
from workflows.vocabulary import subject_of


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


def follow_correction(submission: Submission, by: User) -> None:
    """Bring the case up to its corrected submission: what it is known by, its grade, and what it is the same as.

    Records event ``case_corrected`` where the line or the grade changed; steps the machine takes by itself may follow.
    """
    uuid = Case.objects.filter(submission=submission).values_list("uuid", flat=True).first()
    if uuid is None:
        return
    case = locked(uuid)
    machine = machine_of(case)
    before = snapshot_of(case)
    case.submission = submission
    keep(case, machine.definition)
    case.subject, case.grade = subject_of(machine.definition, submission), machine.grade_of(case)
    if (case.subject, case.grade) != (before.subject, before.grade):
        told = Told(references={"submission": submission.number, "revision": str(submission.revision)})
        record(case, before, "corrected", Actor.of(by), told)
    if case.category != "final":
        proceed(case, by)
