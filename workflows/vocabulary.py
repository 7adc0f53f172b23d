"""The names a workflow's rules may use, and the answers given with its steps.

The names are the fields of the form that opened the case and the questions of all steps. A step's questions are a
small form of their own, so that visibility, requiredness and validation are those of ``forms.logic``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from forms import logic
from forms.directory import directory_for
from forms.models import Submission
from forms.schema import TODAY, Category, FieldDefinition, FormDefinition, Group, PageDefinition
from forms.schema import definition_of as form_of
from foundation.editions.texts import LocalizedText, in_language
from foundation.expressions import Kind, SchemaEntry
from foundation.organisation.models import User
from workflows.exceptions import AnswersRefused
from workflows.models import Case
from workflows.schema import Transition, WorkflowDefinition


def step_form(spec: Transition) -> FormDefinition | None:
    """Return the questions of a step as a form of one page, or None for a step that asks nothing."""
    if not spec.asks:
        return None
    return _as_form(list(spec.asks), spec.id.replace("_", "-"), spec.title)


def _as_form(questions: list[FieldDefinition], key: str, title: LocalizedText) -> FormDefinition:
    return FormDefinition(
        key=key,
        title=title,
        category=Category(key="step", title=title),
        numbering="STEP-{seq:05}",
        pages=[PageDefinition(id="step", title=title, groups=[Group(id="questions", fields=questions)])],
    )


def read_answers(spec: Transition, typed: Mapping[str, Sequence[str]], by: User) -> dict[str, Any]:
    """Return the sound answers to a step's questions; raises ``AnswersRefused`` with what is wrong beside each.

    ``typed`` maps question ids to the texts as posted; what the step does not ask has no effect. What the
    answers name ``by`` must be able to find.
    """
    form = step_form(spec)
    if form is None:
        return {}
    reading = logic.read(form, typed)
    state = logic.evaluate(form, reading.answers, unread=reading.unread, directory=directory_for(by))
    if state.errors:
        errors: dict[str, list[str]] = {}
        for error in state.errors:
            errors.setdefault(error.field, []).append(error.message)
        raise AnswersRefused(_("Please look at the answers marked below."), errors)
    return dict(state.answers)


def _questions(definition: WorkflowDefinition) -> dict[str, FieldDefinition]:
    return {question.id: question for step in definition.transitions for question in step.asks}


def kinds_of(definition: WorkflowDefinition, form: FormDefinition | None) -> dict[str, SchemaEntry]:
    """Return the names the rules of a definition may use, with what each is to an expression: those of the form,
    rows and the day included, and the questions of all steps.
    """
    asked = _asked(definition)
    return {**(form.names if form else {TODAY: Kind.DATE}), **(asked.names if asked else {})}


def values_of(definition: WorkflowDefinition, case: Case) -> dict[str, Any]:
    """Return the case's answers as expressions see them; a name without an answer is None."""
    asked = _asked(definition)
    return {
        **logic.values_of(form_of(case.submission.edition), case.submission.answers),
        **(logic.values_of(asked, case.answers) if asked else {}),
    }


def _asked(definition: WorkflowDefinition) -> FormDefinition | None:
    """Return the questions of all steps as one form, None where no step asks."""
    questions = list(_questions(definition).values())
    return _as_form(questions, "steps", definition.title) if questions else None


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
    definition: WorkflowDefinition, answers: Mapping[str, Any], language: str
) -> list[tuple[str, str]]:
    """Return the answers of the steps as (label, text) in the language, in the order they are asked."""
    return [
        (in_language(field.label, language), field.of_kind.display(answers[name], field.settings, language))
        for name, field in _questions(definition).items()
        if answers.get(name) is not None
    ]
