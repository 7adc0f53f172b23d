"""What is wrong with the questions of steps and stages: each is a field of a small form, and is checked as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from forms.checking import Registers
from forms.checking import problems_of as problems_of_form
from forms.schema import FieldDefinition, FormDefinition
from workflows.faults import Problem
from workflows.schema import WorkflowDefinition, as_form
from workflows.vocabulary import spoken_of

_WITHIN = "pages.step.groups.questions.fields."
_ALONE = "fields."


def problems_of_questions(
    definition: WorkflowDefinition, form: FormDefinition | None, registers: Registers | None
) -> Iterator[Problem]:
    """Yield what is wrong with the options, the first answers and the conditions of questions, at each question.

    ``form``: of the cases (None: it has no edition, and conditions that name its fields are not looked at);
    ``registers``: as in ``forms.checking``. Missing translations, and ids that two steps use, are others' to tell.
    """
    names = spoken_of(definition, form)
    for place, questions in definition.askers():
        often = Counter(question.id for question in questions)
        once = [question for question in questions if often[question.id] == 1]
        if not once:
            continue
        asked = as_form(once, "step", definition.title)
        for problem in problems_of_form(asked.within(names), registers=registers):
            if problem.severity == "error":
                yield from _at(place, problem.path, problem.message, form, questions)


def _at(
    place: str,
    path: str,
    message: str,
    form: FormDefinition | None,
    questions: tuple[FieldDefinition, ...],
) -> Iterator[Problem]:
    for beginning in (_WITHIN, _ALONE):
        if path.startswith(beginning):
            rest = path.removeprefix(beginning)
            break
    else:
        return
    name, _dot, part = rest.partition(".")
    if form is None and part in ("visible_if", "required_if", "read_only_if", "computed"):
        return
    if any(question.id == name for question in questions):
        yield Problem(f"{place}.asks.{rest}", message)
