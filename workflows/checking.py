"""What is wrong with a definition, each fault at its place. A definition with errors cannot be published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.conf import settings
from django.utils.translation import gettext as _
from pydantic import ValidationError

from forms.faults import sentence
from forms.files.references import taken_by
from forms.schema import FormDefinition
from foundation import expressions
from workflows.schema import Transition, WorkflowDefinition
from workflows.vocabulary import kinds_of


@dataclass(frozen=True)
class Problem:
    """One fault: ``path`` says where (``transitions.close.guard``), ``message`` what is wrong and what to do."""

    path: str
    message: str
    severity: Literal["error", "warning"] = "error"


def parse(body: Mapping[str, Any]) -> tuple[WorkflowDefinition | None, list[Problem]]:
    """Return the definition a body holds, or None with what is not well formed."""
    try:
        return WorkflowDefinition.model_validate(body), []
    except ValidationError as error:
        return None, [
            Problem(".".join(str(part) for part in fault["loc"]), sentence(fault)) for fault in error.errors()
        ]


def problems_of(
    definition: WorkflowDefinition, form: FormDefinition | None, bound_roles: Collection[str]
) -> list[Problem]:
    """Return everything wrong with a well-formed definition, errors first.

    ``form`` is the definition of the form its cases open from (None: it has no edition), ``bound_roles`` the keys
    of the roles that are bound to somebody.
    """
    found = [
        *_duplicates(definition),
        *_states(definition),
        *_ways(definition),
        *_roles(definition, bound_roles),
        *_form(definition, form),
        *_guards(definition, form),
        *_translations(definition),
    ]
    return sorted(found, key=lambda problem: problem.severity)


def _duplicates(definition: WorkflowDefinition) -> Iterator[Problem]:
    for name, ids in (
        ("states", [state.id for state in definition.states]),
        ("transitions", [step.id for step in definition.transitions]),
    ):
        for repeated, count in Counter(ids).items():
            if count > 1:
                yield Problem(
                    f"{name}.{repeated}", _("The id “%(id)s” is used more than once.") % {"id": repeated}
                )
    asked: dict[str, str] = {}
    for step in definition.transitions:
        for question in step.asks:
            if question.id in asked:
                yield Problem(
                    f"transitions.{step.id}.asks.{question.id}",
                    _("The question “%(id)s” is asked by “%(other)s” too; give it an id of its own.")
                    % {"id": question.id, "other": asked[question.id]},
                )
            asked.setdefault(question.id, step.id)
            if taken_by(question).kinds:
                yield Problem(
                    f"transitions.{step.id}.asks.{question.id}.kind",
                    _("A step takes no files; ask for “%(id)s” in the form that opens the case.")
                    % {"id": question.id},
                )


def _states(definition: WorkflowDefinition) -> Iterator[Problem]:
    initial = [state.id for state in definition.states if state.initial]
    if len(initial) != 1:
        yield Problem(
            "states", _("Exactly one state must be the initial one; %(count)d are.") % {"count": len(initial)}
        )
    if not any(state.category == "final" for state in definition.states):
        yield Problem("states", _("No state is final: a case could never end."))
    known = {state.id for state in definition.states}
    for step in definition.transitions:
        for source in step.source:
            if source not in known:
                yield Problem(
                    f"transitions.{step.id}.source", _("There is no state “%(state)s”.") % {"state": source}
                )
        if step.target not in known:
            yield Problem(
                f"transitions.{step.id}.target", _("There is no state “%(state)s”.") % {"state": step.target}
            )


def _ways(definition: WorkflowDefinition) -> Iterator[Problem]:
    start = [state.id for state in definition.states if state.initial]
    reached = _reach(definition.transitions, start)
    ending = {state.id for state in definition.states if state.category == "final"}
    for state in definition.states:
        if start and state.id not in reached:
            yield Problem(f"states.{state.id}", _("No way leads to this state."))
        leaving = [step for step in definition.transitions if state.id in step.source]
        if state.category != "final" and not leaving:
            yield Problem(f"states.{state.id}", _("A case can never leave this state, and it is not final."))
        elif ending and not _reach(definition.transitions, [state.id]) & ending:
            yield Problem(f"states.{state.id}", _("From this state no way leads to an end."))


def _reach(steps: tuple[Transition, ...], start: Collection[str]) -> set[str]:
    reached, waiting = set(start), list(start)
    while waiting:
        here = waiting.pop()
        for step in steps:
            if here in step.source and step.target not in reached:
                reached.add(step.target)
                waiting.append(step.target)
    return reached


def _roles(definition: WorkflowDefinition, bound_roles: Collection[str]) -> Iterator[Problem]:
    places = [("access.sees", definition.access.sees)]
    for step in definition.transitions:
        places.append((f"transitions.{step.id}.roles", step.roles))
        places.append((f"transitions.{step.id}.assignment.roles", step.assignment.roles))
        places += [(f"transitions.{step.id}.notices", notice.roles) for notice in step.notices]
        if step.assignment.mode == "choose" and not step.assignment.roles:
            yield Problem(
                f"transitions.{step.id}.assignment.roles", _("Say which roles the person may be chosen from.")
            )
    for path, roles in places:
        for role in roles:
            if role not in bound_roles:
                yield Problem(
                    path,
                    _("The role “%(role)s” is bound to nobody; bind it to a position, a group or a relation.")
                    % {"role": role},
                )


def _form(definition: WorkflowDefinition, form: FormDefinition | None) -> Iterator[Problem]:
    if form is None:
        yield Problem("form", _("The form “%(form)s” has no edition in force.") % {"form": definition.form})
        return
    known = set(form.by_id)
    for name in definition.subject:
        if name not in known:
            yield Problem("subject", _("The form has no field “%(field)s”.") % {"field": name})
    for step in definition.transitions:
        for question in step.asks:
            if question.id in known:
                yield Problem(
                    f"transitions.{step.id}.asks.{question.id}",
                    _("The form has a field “%(field)s” already; give the question another id.")
                    % {"field": question.id},
                )


def _guards(definition: WorkflowDefinition, form: FormDefinition | None) -> Iterator[Problem]:
    kinds = kinds_of(definition, form)
    for step in definition.transitions:
        if not step.guard:
            continue
        for fault in expressions.check(step.guard, kinds, expressions.Kind.YES_NO):
            yield Problem(
                f"transitions.{step.id}.guard",
                _("Line %(line)d, column %(column)d: %(message)s")
                % {"line": fault.line, "column": fault.column, "message": fault.message},
            )
        if step.guard_message is None:
            yield Problem(
                f"transitions.{step.id}.guard_message",
                _("Say what the person should do when the rule does not hold."),
                "warning",
            )


def _translations(definition: WorkflowDefinition) -> Iterator[Problem]:
    languages = [code for code, _name in settings.LANGUAGES]
    for path, text in _texts(definition.model_dump(exclude_none=True), ""):
        missing = [code for code in languages if not text.get(code)]
        if missing:
            yield Problem(
                path, _("Missing translation: %(languages)s.") % {"languages": ", ".join(missing)}, "warning"
            )


def _texts(node: Any, path: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield every per-language text below ``node`` with its path."""
    if isinstance(node, dict):
        if settings.LANGUAGE_CODE in node:
            yield path, node
            return
        for key, value in node.items():
            yield from _texts(value, f"{path}.{key}".lstrip("."))
    elif isinstance(node, list | tuple):
        for position, value in enumerate(node):
            name = value.get("id", position) if isinstance(value, dict) else position
            yield from _texts(value, f"{path}.{name}".lstrip("."))
