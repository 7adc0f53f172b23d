"""What cases mean to the submissions they grew from: asked by ``forms`` through what is registered there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.utils.translation import gettext as _

from forms.models import Submission
from forms.services.retention import ACTOR, is_personal
from foundation.audit.erasure import ERASED, Entry, erase, mark, recorded
from foundation.audit.seal import ROW
from foundation.audit.services import Actor, change_audited
from foundation.organisation.models import User
from workflows import words
from workflows.definitions import definition_of
from workflows.machine import machine_of
from workflows.models import Case, Promise
from workflows.sameness import keep
from workflows.services.drafts import discard_all
from workflows.services.following import proceed
from workflows.services.promising import references_of
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
    words.keep(case)
    if case.category != "final":
        proceed(case, by)


def erase_case(submission: Submission, had: Mapping[str, Any]) -> None:
    """Take out of a case what goes with its submission, in the transaction of the erasure: the answers given with steps
    (all, or those that are personal), reasons in people's own words, what the subject line says of them, and what was
    kept to find or to begin other cases.
    """
    case = (
        Case.objects.select_for_update(of=("self",))
        .select_related("edition", "submission__edition")
        .filter(submission=submission)
        .first()
    )
    if case is None:
        return
    definition = definition_of(case.edition)
    questions = definition.questions()
    everything = submission.erased == Submission.Erased.DELETED

    def goes(name: str) -> bool:
        return everything or name not in questions or is_personal(questions[name])

    def told(entry: Entry) -> bool:
        name = entry.path.removeprefix("answers.")
        return entry.path in (ROW, "reason", "subject") or (name != entry.path and goes(name))

    entries = [entry for entry in recorded([case.stream]) if told(entry)]
    case.answers = {name: value for name, value in case.answers.items() if not goes(name)}
    case.submission = submission
    case.subject = subject_of(definition, submission)
    event = change_audited(
        case,
        kind="case_erased",
        actor=ACTOR,
        edition_sha256=case.edition.sha256,
        source_state=case.state,
        target_state=case.state,
        references={ERASED: mark(entries)},
    )
    erase(event, entries)
    case.samenesses.all().delete()
    words.keep(case)
    for promise in case.promises.select_for_update(of=("self",)):
        erase_promise(promise)
    case.child_orders.update(answers={})
    discard_all(case.step_drafts.all())


def erase_promise(promise: Promise) -> None:
    """Take people's own words out of a promise: what, to whom, and the reason it was taken back for."""
    if not (promise.what or promise.to_whom or promise.reason):
        return
    entries = [
        one for one in recorded([promise.stream]) if one.path in (ROW, "promise.what", "promise.to", "reason")
    ]
    promise.what = promise.to_whom = promise.reason = ""
    event = change_audited(
        promise,
        kind="promise_erased",
        actor=ACTOR,
        references={**references_of(promise, promise.case), ERASED: mark(entries)},
    )
    erase(event, entries)
