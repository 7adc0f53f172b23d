"""The names a workflow's rules may use, and the answers given with its steps.

The names are the fields of the form that opened the case and the questions of all steps. A step's questions are a
small form of their own, so that visibility, requiredness and validation are those of ``forms.logic``; it is asked in
the midst of the case, so their conditions may use the names of the workflow as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from forms import logic
from forms.directory import directory_for
from forms.models import Submission
from forms.presentation import WITHHELD
from forms.schema import CLOCK, FieldDefinition, FormDefinition
from forms.schema import definition_of as form_of
from foundation.editions.texts import LocalizedText, in_language
from foundation.expressions import Kind, SchemaEntry, is_name
from foundation.organisation.models import User
from workflows import accounts, way
from workflows.definitions import definition_of
from workflows.exceptions import AnswersRefused
from workflows.models import Case
from workflows.schema import BALANCE, Transition, WorkflowDefinition, as_form, total_name

GRADE, DEPARTMENT, DAYS_OPEN = "grade", "submitter_department", "days_open"
OWN_NAMES: dict[str, Kind] = {GRADE: Kind.TEXT, DEPARTMENT: Kind.TEXT, DAYS_OPEN: Kind.WHOLE}
"""Names every workflow has: the id of the case's grade, the code of the department it came from, and for how many
days it has been open."""


def questions_form(name: str, title: LocalizedText, asks: Sequence[FieldDefinition]) -> FormDefinition | None:
    """Return the questions of a step or of an approval as a form of one page, or None where nothing is asked."""
    return as_form(asks, name.replace("_", "-").replace(".", "-"), title) if asks else None


def step_form(spec: Transition) -> FormDefinition | None:
    """Return the questions of a step as a form of one page, or None for a step that asks nothing."""
    return questions_form(spec.id, spec.title, spec.asks)


def stand(
    form: FormDefinition,
    typed: Mapping[str, Sequence[str]],
    by: User | None,
    case: Case,
    record: UUID | None = None,
) -> logic.FormState:
    """Return how the questions of a step, or of a stage, of a case stand with what was typed.

    Their conditions may use every name of the workflow: the case's answers stand behind those that are not asked here.
    What the answers name ``by`` must be able to find; of files, those that belong to the page of the step, ``record``.
    """
    reading = logic.read(form, typed)
    known: Mapping[str, Any] = {}
    if any(True for _text in conditions_of(form)):
        definition = definition_of(case.edition)
        form = form.within(kinds_of(definition, form_of(case.submission.edition)))
        known = values_of(definition, case)
    return logic.evaluate(
        form,
        reading.answers,
        unread=reading.unread,
        directory=directory_for(by, record, uploads=False),
        submitted=case.submission.submitted_at,
        known=known,
    )


def conditions_of(form: FormDefinition) -> Iterator[str]:
    """Yield every expression of the questions."""
    for field in form.fields():
        for text in (field.visible_if, field.required_if, field.read_only_if, field.computed):
            if text:
                yield text


def read_answers(
    form: FormDefinition | None,
    typed: Mapping[str, Sequence[str]],
    by: User | None,
    case: Case,
    *,
    record: UUID | None = None,
) -> dict[str, Any]:
    """Return the sound answers to the questions of ``form``; raises ``AnswersRefused`` with what is wrong beside each.

    ``typed`` maps question ids to the texts as posted; what is not asked has no effect. ``record`` as in ``stand``.
    """
    if form is None:
        return {}
    state = stand(form, typed, by, case, record)
    if state.errors:
        errors: dict[str, list[str]] = {}
        for error in state.errors:
            errors.setdefault(error.field, []).append(error.message)
        raise AnswersRefused(_("Please look at the answers marked below."), errors)
    return dict(state.answers)


def times_name(step: str) -> str:
    """Return the name under which expressions know how often a step was taken."""
    return f"{step}_times"


def earlier_name(identity: str) -> str:
    """Return the name under which expressions know how many earlier cases were about the same."""
    return f"earlier_{identity}"


def ledger_names(definition: WorkflowDefinition) -> list[str]:
    """Return the names of amounts that a ledger gives to expressions."""
    return [BALANCE, *(total_name(kind.id) for kind in definition.ledger.kinds)] if definition.ledger else []


def kinds_of(definition: WorkflowDefinition, form: FormDefinition | None) -> dict[str, SchemaEntry]:
    """Return the names the rules of a definition may use, with what each is to an expression: those of the form,
    rows and the time included, the questions of all steps, how often each step was taken, how many earlier cases
    there are, the amounts of the ledger, and ``OWN_NAMES``.
    """
    asked = definition.asked
    return {
        **OWN_NAMES,
        **{times_name(step.id): Kind.WHOLE for step in definition.transitions},
        **{earlier_name(identity.id): Kind.WHOLE for identity in definition.identities},
        **dict.fromkeys(ledger_names(definition), Kind.MONEY),
        **(form.names if form else CLOCK),
        **(asked.names if asked else {}),
    }


def spoken_of(definition: WorkflowDefinition, form: FormDefinition | None) -> dict[str, SchemaEntry]:
    """Return the names among ``kinds_of`` that an expression can spell: in a definition that may have faults."""
    return {name: entry for name, entry in kinds_of(definition, form).items() if is_name(name)}


def values_of(definition: WorkflowDefinition, case: Case) -> dict[str, Any]:
    """Return the case's answers as expressions see them; a name without an answer is None."""
    asked = definition.asked
    walked = way.from_stored(case.walked)
    now, handed_in = timezone.now(), case.submission.submitted_at
    return {
        GRADE: case.grade,
        DEPARTMENT: case.department.code if case.department else "",
        DAYS_OPEN: (timezone.localdate(now) - timezone.localdate(case.opened_at)).days,
        **{times_name(step.id): walked.times.get(step.id, 0) for step in definition.transitions},
        **{earlier_name(one.id): walked.earlier.get(one.id, 0) for one in definition.identities},
        **(accounts.amounts_of(definition, case) if definition.ledger else {}),
        **logic.values_of(
            form_of(case.submission.edition), case.submission.answers, submitted=handed_in, now=now
        ),
        **(logic.values_of(asked, case.answers, submitted=handed_in, now=now) if asked else {}),
    }


def subject_of(definition: WorkflowDefinition, submission: Submission) -> str:
    """Return the line a case is known by, in the language of the house: the subject fields as people read them."""
    fields = form_of(submission.edition).by_id
    parts = []
    for name in definition.subject:
        field, value = fields.get(name), submission.answers.get(name)
        if field is not None and value is not None:
            parts.append(field.of_kind.display(value, field.settings, settings.LANGUAGE_CODE))
    # The truncator does not count accents that stand on their own; the column does.
    return Truncator(" · ".join(parts) or _("(no subject)")).chars(200)[:200]


def labelled(
    definition: WorkflowDefinition,
    answers: Mapping[str, Any],
    language: str,
    *,
    withheld: Collection[str] = (),
) -> list[tuple[str, str]]:
    """Return the answers of the steps as (label, text) in the language, in the order they are asked; of those
    ``withheld`` only that they were given.
    """
    return [
        (
            in_language(field.label, language),
            str(WITHHELD)
            if name in withheld
            else field.of_kind.display(answers[name], field.settings, language),
        )
        for name, field in definition.questions().items()
        if answers.get(name) is not None
    ]
