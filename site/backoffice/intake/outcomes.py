"""What became of submissions: the case that was opened from each, and where its submitter is led."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.urls import reverse

from forms.models import Draft, PublicAccess, PublicDraft, Submission
from forms.notices import SUBMISSION
from forms.presentation import summary_of
from forms.schema import definition_of
from forms.services import submissions
from forms.services.public import submit_public
from foundation.editions.texts import in_language
from foundation.notifying.services import Matter, Telling, tell
from foundation.organisation.models import User
from workflows.definitions import definition_of as workflow_of
from workflows.models import Case
from workflows.queries import workflow_for_form
from workflows.services.cases import open_case


@dataclass(frozen=True)
class Outcome:
    """A submission as a list shows it, with the case it opened, if it did."""

    submission: Submission
    title: str
    summary: str
    case: Case | None
    state: str
    category: str
    url: str


def hand_in(*, draft: Draft, answers: dict[str, str | int | bool], by: User) -> Submission:
    """Submit a draft and open the case its form begins, in one transaction; return the submission.

    The draft's uuid is the idempotency key: one draft is submitted once, from however many windows. Raises
    what ``forms.services.submissions.submit`` and ``workflows.services.cases.open_case`` raise; then
    nothing has changed.
    """
    key = f"draft:{draft.uuid}"
    with transaction.atomic():
        submission = submissions.submit(
            edition=draft.edition,
            answers=answers,
            by=by,
            idempotency_key=key,
            draft=draft,
            on_behalf_of=draft.on_behalf_of,
        )
        _tell_on_behalf(submission)
        workflow = workflow_for_form(submission.form_key)
        if workflow is not None:
            open_case(workflow_key=workflow, submission=submission, by=by, idempotency_key=key)
    return submission


def hand_in_public(
    *, access: PublicAccess, draft: PublicDraft, answers: dict[str, Any], address: str
) -> Submission:
    """Submit what a stranger typed and open the case its form begins, in one transaction; return the submission.

    The case is in nobody's name: it says that it came through the link. Raises
    as ``forms.services.public.submit_public`` and ``open_case``; then nothing has changed.
    """
    with transaction.atomic():
        submission = submit_public(access=access, draft=draft, answers=answers, address=address)
        workflow = workflow_for_form(submission.form_key)
        if workflow is not None:
            key = f"public:{draft.uuid}"
            open_case(workflow_key=workflow, submission=submission, by=None, idempotency_key=key)
    return submission


def public_word(submission: Submission, language: str) -> str:
    """Return how a submission stands in the word the public may hear."""
    case = Case.objects.filter(submission=submission).select_related("edition").first()
    if case is None:
        return submission.get_state_display()
    stands = workflow_of(case.edition).state(case.state)
    return in_language(stands.public or stands.title, language)


def _tell_on_behalf(submission: Submission) -> None:
    """Tell the person somebody handed it in for: that it is there, and where; no answer."""
    person = submission.on_behalf_of
    if person is None:
        return
    tell(
        Telling(
            kind="request.for_you",
            key=f"on-behalf:{submission.uuid}",
            people=[person],
            matter=Matter(
                SUBMISSION,
                str(submission.uuid),
                reverse("intake:submission", kwargs={"uuid": submission.uuid}),
                submission.number,
                definition_of(submission.edition).title,
            ),
            values={
                "form": definition_of(submission.edition).title,
                "number": submission.number,
                "person": submission.submitted_by,
            },
            robots=False,
        )
    )


def address_of(submission: Submission) -> str:
    """Return where the submitter follows it: the page of its case, or its own page where there is none."""
    case = Case.objects.filter(submission=submission).values_list("uuid", flat=True).first()
    return _address(submission.uuid, case)


def outcomes_of(found: Iterable[Submission], language: str) -> list[Outcome]:
    """Return submissions for a list; one query, however many there are."""
    found = list(found)
    cases = {
        case.submission_id: case
        for case in Case.objects.filter(submission__in=found).select_related("edition")
    }
    return [_outcome(submission, cases.get(submission.pk), language) for submission in found]


def _outcome(submission: Submission, case: Case | None, language: str) -> Outcome:
    definition = definition_of(submission.edition)
    state, category = submission.get_state_display(), str(submission.state)
    if case is not None:
        stands = workflow_of(case.edition).state(case.state)
        state, category = in_language(stands.title, language), stands.category
    return Outcome(
        submission=submission,
        title=in_language(definition.title, language),
        summary=summary_of(definition, submission.answers, language),
        case=case,
        state=state,
        category=category,
        url=_address(submission.uuid, case.uuid if case else None),
    )


def _address(submission: uuids.UUID, case: uuids.UUID | None) -> str:
    if case is not None:
        return reverse("casework:case", kwargs={"case_uuid": case})
    return reverse("intake:submission", kwargs={"uuid": submission})
