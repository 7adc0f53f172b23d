"""Where workflows refer to the fields of a form: of the one their cases begin with, and of those their children begin
with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from django.utils.translation import gettext as _

from forms.uses import FieldUse, names_said
from foundation.editions.models import Edition
from foundation.editions.queries import all_in_force
from foundation.editions.texts import in_language
from workflows.definitions import definition_of
from workflows.schema import Transition, WorkflowDefinition


def workflows(form_key: str, fields: Collection[str]) -> Iterator[FieldUse]:
    """Yield the workflows in force that begin with a form: each place that names one of the fields; where none does,
    the workflow alone. And the steps of others that open a case from it, with the answers they give.
    """
    found = {edition.key: definition_of(edition) for edition in all_in_force(Edition.Kind.WORKFLOW)}
    begun = {key for key, definition in found.items() if definition.form == form_key}
    for key, definition in found.items():
        title = in_language(definition.title)
        if key in begun:
            uses = _uses(title, _places(definition), fields)
            yield from uses or [FieldUse(title)]
        yield from _uses(title, _given(definition, begun), fields)


def _uses(title: str, places: Iterator[tuple[str, Any]], fields: Collection[str]) -> list[FieldUse]:
    named: dict[str, set[str]] = {}
    for place, said in places:
        named.setdefault(place, set()).update(names_said(said, fields))
    return [FieldUse(title, place, frozenset(names)) for place, names in named.items() if names]


def _places(definition: WorkflowDefinition) -> Iterator[tuple[str, Any]]:
    """Yield where fields of its own form can be named, as people call the place, with what is said there."""
    yield _("Subject"), list(definition.subject)
    for state in definition.states:
        if state.approval is not None:
            yield in_language(state.title), [state.approval.when, _plain(state.approval.asks)]
    for step in definition.transitions:
        yield in_language(step.title), _said(step)
    for identity in definition.identities:
        yield in_language(identity.title), list(identity.fields)
    for grade in definition.grades:
        yield in_language(grade.title), grade.when
    for clock in definition.clocks:
        promised = [clock.promise.to_answer or "", clock.promise.by_answer or ""] if clock.promise else []
        answers = [one for target in clock.targets for one in (target.when, target.answer or "")]
        yield in_language(clock.title), [*answers, *promised]
    for trial in definition.trials:
        yield in_language(trial.title), [name.split("/")[0].split("~")[0] for name in trial.typed]


def _said(step: Transition) -> list[Any]:
    rule = step.assignment
    taken = [[opening.when, *opening.fills.values()] for opening in step.opens]
    return [step.guard, _plain(step.asks), rule.field or "", rule.skill or "", taken]


def _plain(asks: Collection[Any]) -> list[Any]:
    return [question.model_dump(mode="json") for question in asks]


def _given(definition: WorkflowDefinition, children: Collection[str]) -> Iterator[tuple[str, Any]]:
    """Yield the steps that open one of ``children``, with the fields they give an answer to."""
    for step in definition.transitions:
        for opening in step.opens:
            if opening.workflow in children:
                yield in_language(step.title), [*opening.fills, *opening.sets]
