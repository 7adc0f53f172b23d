"""What is given with a step or a decision: answers, and the files that were uploaded to the person's page of it."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from forms.exceptions import AnswersInvalid
from forms.files import services as files
from forms.files.models import StoredFile
from forms.schema import FormDefinition
from foundation.organisation.models import User
from workflows.exceptions import AnswersRefused
from workflows.models import Case, StepDraft
from workflows.vocabulary import read_answers

AGREED = ".agreed"
"""Ends the place of agreeing in a stage; before it stands the stage. The place of a step is its name."""


@dataclass(frozen=True)
class Given:
    """Sound answers with the files they name, locked, by key. ``draft`` is the uuid of the page they come from."""

    answers: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, StoredFile] = field(default_factory=dict)
    draft: uuids.UUID | None = None

    @property
    def hashes(self) -> dict[str, str]:
        """What the event says of the files: ``file:<uuid>`` → SHA-256."""
        return files.hashes_of(self.files)


def read_given(
    case: Case, place: str, form: FormDefinition | None, typed: Mapping[str, Sequence[str]], by: User
) -> Given:
    """Return what a person gives with the step or decision at ``place``, in the transaction that takes it.

    Raises ``AnswersRefused`` for answers that do not hold, and for files that were not uploaded to this person's page
    of this very step.
    """
    if form is None:
        return Given()
    draft = (
        StepDraft.objects.select_for_update(of=("self",)).filter(case=case, place=place, person=by).first()
    )
    uuid = draft.uuid if draft is not None else None
    answers = read_answers(form, typed, by, case, record=uuid)
    if uuid is None:
        return Given(answers)
    try:
        return Given(answers, files.named_files(uuid, form, answers), uuid)
    except AnswersInvalid as invalid:
        errors = {error.field: [error.message] for error in invalid.errors}
        raise AnswersRefused(_("Please look at the answers marked below."), errors) from invalid


def enclose(case: Case, given: Given) -> None:
    """Make the files part of the case, after its event; the page they were uploaded to is gone with what else was
    uploaded to it.
    """
    files.attach(given.files, case.submission, holder=case.stream)
    if given.draft is not None:
        StepDraft.objects.filter(uuid=given.draft).delete()
        files.discard(draft=given.draft)
