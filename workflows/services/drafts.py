"""The one door for what somebody has typed on the page of a step and not sent, and what their files go to meanwhile.

A working copy: nothing is checked beyond whose the step is, and nothing is recorded. ``place`` is the name of a step,
or ``<stage>.agreed`` for agreeing in an approval.
"""

from __future__ import annotations

import datetime
import uuid as uuids
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from forms.directory import directory_for
from forms.files import services as files
from forms.files.holders import Holder
from forms.files.models import StoredFile
from forms.schema import FieldDefinition, FormDefinition
from forms.services.submissions import kept_texts
from forms.takeover import taken_over
from foundation.organisation.models import User
from foundation.outbox.rounds import every
from workflows import rules
from workflows.definitions import definition_of
from workflows.exceptions import CaseNotFound, NotPermitted
from workflows.machine import machine_of
from workflows.models import Case, StepDraft
from workflows.services.approvals import may_decide
from workflows.services.cases import LONGEST_REASON
from workflows.services.enclosures import AGREED
from workflows.vocabulary import questions_form, step_form

KEPT = datetime.timedelta(days=14)
"""So long the draft of a step is kept that is not taken."""


def questions_at(case: Case, place: str) -> FormDefinition | None:
    """Return what is asked at a place as a form; None where nothing is, or there is no such place."""
    machine = machine_of(case)
    stage = place.removesuffix(AGREED)
    if place.endswith(AGREED) and stage in machine.approvals:
        return questions_form(stage, machine.definition.state(stage).title, machine.approvals[stage].asks)
    spec = machine.specs.get(place)
    return step_form(spec) if spec is not None else None


def check_may_keep(case: Case, place: str, by: User) -> FormDefinition:
    """Return what is asked of the person at a place of a case.

    Raises ``CaseNotFound`` where they may not see it or nothing is asked there, ``NotPermitted`` where the step, or
    the decision, is not theirs.
    """
    rules.check_may_see(case, by)
    form = questions_at(case, place)
    if form is None:
        raise CaseNotFound(_("There is no such case."))
    spec = machine_of(case).specs.get(place)
    if spec is not None:
        rules.check_may_take(case, spec, by)
    elif not may_decide(case, by) or case.state != place.removesuffix(AGREED):
        raise NotPermitted(_("Case %(number)s does not wait for your decision.") % {"number": case.number})
    return form


def draft_of(case: Case, place: str, by: User) -> StepDraft | None:
    """Return what the person has typed at a place, None for nothing."""
    return StepDraft.objects.filter(case=case, place=place, person=by).first()


def save(
    *, case: Case, place: str, by: User, typed: Mapping[str, Sequence[str]], reason: str | None = None
) -> StepDraft:
    """Keep what the person has typed at a place so far and return it; what ``typed`` does not name stays.

    Who may: whose the step, or the decision, is. Raises as ``check_may_keep``. Nothing is recorded.
    """
    form = check_may_keep(case, place, by)
    with transaction.atomic():
        draft, _made = StepDraft.objects.get_or_create(case=case, place=place, person=by)
        draft = StepDraft.objects.select_for_update(of=("self",)).get(pk=draft.pk)
        before = draft.answers
        draft.answers = kept_texts(form, before, typed)
        draft.answers |= taken_over(form, before, draft.answers, directory_for(by, draft.uuid))
        if reason is not None:
            draft.reason = reason[:LONGEST_REASON]
        draft.saved_at = timezone.now()
        draft.save()
    return draft


def discard_all(found: Iterable[StepDraft]) -> None:
    """Throw drafts away with their files, in the transaction of the caller."""
    for draft in found:
        draft.delete()
        files.discard(draft=draft.uuid)


@every("step-drafts", datetime.timedelta(hours=6))
def sweep_round() -> None:
    """Throw away the drafts of steps of closed cases, and those that nobody has touched for long."""
    with transaction.atomic():
        old = Q(case__closed_at__isnull=False) | Q(saved_at__lt=timezone.now() - KEPT)
        discard_all(StepDraft.objects.select_for_update(of=("self",)).filter(old)[:500])


class StepHolders:
    """What ``forms.files`` asks of the pages of steps, and of the cases that their files become part of."""

    def find(self, draft: uuids.UUID, by: User) -> Holder | None:
        """Return the person's own page of a step that is still theirs."""
        found = StepDraft.objects.select_related("case__edition", "case__submission").filter(
            uuid=draft, person=by
        )
        if (own := found.first()) is None:
            return None
        try:
            return Holder(draft, check_may_keep(own.case, own.place, by), by)
        except (CaseNotFound, NotPermitted):
            return None

    def stays(self, draft: uuids.UUID) -> bool:
        """Lock the page."""
        return StepDraft.objects.select_for_update(of=("self",)).filter(uuid=draft).exists()

    def texts(self, drafts: Collection[uuids.UUID]) -> Iterable[tuple[uuids.UUID, Mapping[str, Any]]]:
        """Yield what was typed into these pages."""
        return StepDraft.objects.filter(uuid__in=drafts).values_list("uuid", "answers")

    def field_of(self, row: StoredFile) -> FieldDefinition | None:
        """Return the question that a file of a case answers."""
        case = _case_of(row)
        return definition_of(case.edition).questions().get(row.field) if case is not None else None

    def may_have(self, row: StoredFile, user: User) -> bool:
        """Say whether the person may see the case, and its answers to the question; or gave it themselves."""
        case = _case_of(row)
        return (
            case is not None
            and rules.may_see(case, user)
            and (row.uploaded_by_id == user.pk or row.field not in rules.withheld_answers(case, user))
        )


def _case_of(row: StoredFile) -> Case | None:
    return Case.objects.select_related("edition", "submission").filter(stream=row.holder).first()
