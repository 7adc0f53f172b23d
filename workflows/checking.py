"""What is wrong with a definition, each fault at its place. A definition with errors cannot be published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from pydantic import ValidationError

from forms.checking import Registers
from forms.faults import place_of, sentence
from forms.schema import FieldDefinition, FormDefinition
from foundation import expressions
from foundation.notifying.kinds import fields_of, kind_of
from foundation.notifying.wording import faults
from workflows import ledger_checking, subject_checking
from workflows.clock_checking import faults_of
from workflows.faults import Problem
from workflows.network import edges_of, reached_from
from workflows.notices import NOTICE
from workflows.openings import Children, problems_of_openings
from workflows.questioning import problems_of_questions
from workflows.schema import KEPT_WORDS, WorkflowDefinition
from workflows.vocabulary import OWN_NAMES, earlier_name, ledger_names, spoken_of, times_name

__all__ = ["Problem", "parse", "problems_of"]


def parse(body: Mapping[str, Any]) -> tuple[WorkflowDefinition | None, list[Problem]]:
    """Return the definition a body holds, or None with what is not well formed."""
    try:
        return WorkflowDefinition.model_validate(body), []
    except ValidationError as error:
        return None, [Problem(place_of(body, fault["loc"]), sentence(fault)) for fault in error.errors()]


def problems_of(
    definition: WorkflowDefinition,
    form: FormDefinition | None,
    bound_roles: Collection[str],
    calendars: Collection[str] | None = None,
    *,
    children: Children | None = None,
    registers: Registers | None = None,
) -> list[Problem]:
    """Return everything wrong with a well-formed definition, errors first.

    ``form`` is the definition of the form its cases open from (None: it has no edition), ``bound_roles`` the keys
    of the roles that are bound to somebody, ``calendars`` those of the working calendars. ``children`` gives other
    workflows, ``registers`` the forms of registers, by their keys. Without them what is said of these is not looked at.
    """
    found = [
        *_duplicates(definition),
        *_questions(definition),
        *_states(definition),
        *_approvals(definition),
        *_steps(definition),
        *_ways(definition),
        *_roles(definition, bound_roles),
        *_notices(definition),
        *_form(definition, form),
        *_fields(definition, form),
        *subject_checking.faults_of(definition, form, registers),
        *problems_of_openings(definition, form, children),
        *problems_of_questions(definition, form, registers),
        *_expressions(definition, form),
        *(Problem(path, message) for path, message in faults_of(definition, form, calendars)),
        *(Problem(*fault) for fault in ledger_checking.faults_of(definition, form)),
        *_trials(definition, form),
        *_translations(definition),
    ]
    return sorted(found, key=lambda problem: problem.severity)


def _duplicates(definition: WorkflowDefinition) -> Iterator[Problem]:
    for name, things in (
        ("states", definition.states),
        ("transitions", definition.transitions),
        ("identities", definition.identities),
        ("grades", definition.grades),
        ("clocks", definition.clocks),
        ("trials", definition.trials),
    ):
        for repeated, count in Counter(thing.id for thing in things).items():
            if count > 1:
                yield Problem(
                    f"{name}.{repeated}", _("The id “%(id)s” is used more than once.") % {"id": repeated}
                )
    for step in definition.transitions:
        if step.id in KEPT_WORDS:
            yield Problem(
                f"transitions.{step.id}", _("The machine uses the word “%(id)s” itself.") % {"id": step.id}
            )


def _questions(definition: WorkflowDefinition) -> Iterator[Problem]:
    own = {name: _("a name every workflow has") for name in OWN_NAMES}
    own |= {times_name(step.id): _("how often a step was taken") for step in definition.transitions}
    own |= {earlier_name(one.id): _("how many earlier cases there were") for one in definition.identities}
    own |= dict.fromkeys(ledger_names(definition), _("an amount of the ledger"))
    asked: dict[str, str] = {}
    for place, questions in definition.askers():
        for question in questions:
            path = f"{place}.asks.{question.id}"
            if question.id in own:
                yield Problem(
                    path,
                    _("“%(id)s” means something already: %(what)s. Give the question another id.")
                    % {"id": question.id, "what": own[question.id]},
                )
            if question.id in asked:
                yield Problem(
                    path,
                    _("The question “%(id)s” is asked by “%(other)s” too; give it an id of its own.")
                    % {"id": question.id, "other": asked[question.id]},
                )
            asked.setdefault(question.id, place.split(".")[1])


def _states(definition: WorkflowDefinition) -> Iterator[Problem]:
    initial = [state.id for state in definition.states if state.initial]
    if len(initial) != 1:
        yield Problem(
            "states", _("Exactly one state must be the initial one; %(count)d are.") % {"count": len(initial)}
        )
    if not any(state.category == "final" for state in definition.states):
        yield Problem("states", _("No state is final: a case could never end."))
    final = {state.id for state in definition.states if state.category == "final"}
    for path, state_id in _named_states(definition):
        if state_id not in {state.id for state in definition.states}:
            yield Problem(path, _("There is no state “%(state)s”.") % {"state": state_id})
    if definition.merged is not None and definition.merged not in final:
        yield Problem("merged", _("A merged case has ended: choose a final state."))


def _named_states(definition: WorkflowDefinition) -> Iterator[tuple[str, str]]:
    """Yield every place that names a state, by its path, and the state."""
    for step in definition.transitions:
        yield from ((f"transitions.{step.id}.source", source) for source in step.source)
        yield f"transitions.{step.id}.target", step.target
    for state in definition.states:
        approval = state.approval
        if approval is not None:
            place = f"states.{state.id}.approval"
            yield f"{place}.agreed", approval.agreed
            for name in ("refused", "withdraws_to"):
                if (target := getattr(approval, name)) is not None:
                    yield f"{place}.{name}", target
            yield from ((f"{place}.returns_to", target) for target in approval.returns_to)
    for clock in definition.clocks:
        for name in ("begins", "ends", "pauses"):
            yield from ((f"clocks.{clock.id}.{name}", state) for state in getattr(clock, name))
    if definition.merged is not None:
        yield "merged", definition.merged


def _approvals(definition: WorkflowDefinition) -> Iterator[Problem]:
    for state in definition.states:
        approval = state.approval
        if approval is None:
            continue
        place = f"states.{state.id}.approval"
        if state.category == "final":
            yield Problem(place, _("Nothing is left to do in a final state, so nobody can be asked there."))
        for name in ("agreed", "refused", "withdraws_to"):
            if getattr(approval, name) == state.id:
                yield Problem(f"{place}.{name}", _("A decision must lead to another state."))
        if state.id in approval.returns_to:
            yield Problem(f"{place}.returns_to", _("A stage cannot be sent back to itself."))
        if "submitter" in approval.roles:
            yield Problem(f"{place}.roles", _("Nobody decides about their own matter: choose another role."))
        if approval.rule != "ratio" and approval.percent != 100:
            yield Problem(
                f"{place}.percent",
                _("A percentage counts only where a share of those asked decides."),
                "warning",
            )


def _steps(definition: WorkflowDefinition) -> Iterator[Problem]:
    known = {step.id for step in definition.transitions}
    by_clock = definition.taken_by_clocks()
    for step in definition.transitions:
        place = f"transitions.{step.id}"
        if not step.roles and not step.by_itself and step.after_child is None and step.id not in by_clock:
            yield Problem(f"{place}.roles", _("Say who may take the step, or when the machine takes it."))
        for earlier in step.not_by:
            if earlier not in known:
                yield Problem(f"{place}.not_by", _("There is no step “%(step)s”.") % {"step": earlier})
        if step.by_itself and not step.guard:
            yield Problem(
                f"{place}.guard", _("Say when the machine takes this step; without a rule it would at once.")
            )
        if step.by_itself and any(question.required for question in step.asks):
            yield Problem(f"{place}.asks", _("The machine answers no questions: make them optional."))
        rule = step.assignment
        if (
            rule.mode in ("choose", "turn", "load") or rule.otherwise in ("choose", "turn", "load")
        ) and not rule.roles:
            yield Problem(f"{place}.assignment.roles", _("Say which roles the person may be chosen from."))
        if rule.mode == "choose" and not step.roles:
            yield Problem(
                f"{place}.assignment.mode", _("The machine chooses nobody: assign in turn or by load.")
            )


def _ways(definition: WorkflowDefinition) -> Iterator[Problem]:
    start = [state.id for state in definition.states if state.initial]
    reached = reached_from(definition, start)
    if definition.merged is not None:
        reached.add(definition.merged)
    ending = {state.id for state in definition.states if state.category == "final"}
    leaving = {edge.source for edge in edges_of(definition)}
    for state in definition.states:
        if start and state.id not in reached:
            yield Problem(f"states.{state.id}", _("No way leads to this state."))
        if state.category != "final" and state.id not in leaving:
            yield Problem(f"states.{state.id}", _("A case can never leave this state, and it is not final."))
        elif ending and not reached_from(definition, [state.id]) & ending:
            yield Problem(f"states.{state.id}", _("From this state no way leads to an end."))


def _roles(definition: WorkflowDefinition, bound_roles: Collection[str]) -> Iterator[Problem]:
    for path, roles in definition.roles_by_place():
        for role in roles:
            if role not in bound_roles:
                yield Problem(
                    path,
                    _("The role “%(role)s” is bound to nobody; bind it to a position, a group or a relation.")
                    % {"role": role},
                )


def _notices(definition: WorkflowDefinition) -> Iterator[Problem]:
    """Notices use the fields of a case only, and every brace encloses one."""
    known = fields_of(kind_of(NOTICE))
    for place, notices in definition.notices_by_place():
        for position, notice in enumerate(notices):
            for name, text in (("subject", notice.subject), ("text", notice.text)):
                for language, words in text.items():
                    for fault in faults(words, known):
                        yield Problem(f"{place}.{position}.{name}.{language}", str(fault))


def _form(definition: WorkflowDefinition, form: FormDefinition | None) -> Iterator[Problem]:
    if form is None:
        yield Problem("form", _("The form “%(form)s” has no edition in force.") % {"form": definition.form})
        return
    known = set(form.by_id)
    for path, name in _named_fields(definition):
        if name not in known:
            yield Problem(path, _("The form has no field “%(field)s”.") % {"field": name})
    for place, questions in definition.askers():
        for question in questions:
            if question.id in known:
                yield Problem(
                    f"{place}.asks.{question.id}",
                    _("The form has a field “%(field)s” already; give the question another id.")
                    % {"field": question.id},
                )


def _named_fields(definition: WorkflowDefinition) -> Iterator[tuple[str, str]]:
    yield from (("subject", name) for name in definition.subject)
    for identity in definition.identities:
        yield from ((f"identities.{identity.id}.fields", name) for name in identity.fields)


def _fields(definition: WorkflowDefinition, form: FormDefinition | None) -> Iterator[Problem]:
    """Yield what names a field or question that is not there, or one of the wrong kind."""
    if form is None:
        return
    known: dict[str, FieldDefinition] = {**form.by_id, **definition.questions()}
    for step in definition.transitions:
        place, rule = f"transitions.{step.id}", step.assignment
        if rule.mode == "field":
            if rule.field not in known:
                yield Problem(
                    f"{place}.assignment.field", _("Name the field that says who is to have the case.")
                )
            elif known[rule.field].kind != "person":
                yield Problem(
                    f"{place}.assignment.field",
                    _("“%(field)s” names no person; choose a field of the kind “person”.")
                    % {"field": rule.field},
                )
        if rule.skill is not None and rule.skill not in known:
            yield Problem(
                f"{place}.assignment.skill", _("The form has no field “%(field)s”.") % {"field": rule.skill}
            )


def _expressions(definition: WorkflowDefinition, form: FormDefinition | None) -> Iterator[Problem]:
    kinds = spoken_of(definition, form)
    for path, text in expressions_of(definition):
        for fault in expressions.check(text, kinds, expressions.Kind.YES_NO):
            yield Problem(
                path,
                _("Line %(line)d, column %(column)d: %(message)s")
                % {"line": fault.line, "column": fault.column, "message": fault.message},
            )
    for step in definition.transitions:
        if step.guard and step.guard_message is None and step.roles:
            yield Problem(
                f"transitions.{step.id}.guard_message",
                _("Say what the person should do when the rule does not hold."),
                "warning",
            )


def expressions_of(definition: WorkflowDefinition) -> Iterator[tuple[str, str]]:
    """Yield every yes/no expression of the definition, by the path of its place."""
    for state in definition.states:
        if state.approval is not None and state.approval.when:
            yield f"states.{state.id}.approval.when", state.approval.when
    for step in definition.transitions:
        if step.guard:
            yield f"transitions.{step.id}.guard", step.guard
        for position, opening in enumerate(step.opens):
            if opening.when:
                yield f"transitions.{step.id}.opens.{position}.when", opening.when
    for grade in definition.grades:
        if grade.when:
            yield f"grades.{grade.id}.when", grade.when
    for clock in definition.clocks:
        for position, target in enumerate(clock.targets):
            if target.when:
                yield f"clocks.{clock.id}.targets.{position}.when", target.when
    for position, posting in enumerate(definition.ledger.postings if definition.ledger else ()):
        if posting.when:
            yield f"ledger.postings.{position}.when", posting.when


def _trials(definition: WorkflowDefinition, form: FormDefinition | None) -> Iterator[Problem]:
    states = {state.id for state in definition.states}
    steps = {step.id for step in definition.transitions} | {"agree", "refuse"}
    for trial in definition.trials:
        place = f"trials.{trial.id}"
        for name in trial.typed:
            if (
                form is not None
                and name.split("/")[0].split("~")[0] not in form.form.fields.keys() | form.form.inner
            ):
                yield Problem(f"{place}.typed", _("The form has no field “%(field)s”.") % {"field": name})
        for state in (*trial.path, *trial.approvers):
            if state not in states:
                yield Problem(f"{place}.path", _("There is no state “%(state)s”.") % {"state": state})
        for done in trial.steps:
            if done.step not in steps:
                yield Problem(f"{place}.steps", _("There is no step “%(step)s”.") % {"step": done.step})
        if trial.grade is not None and trial.grade not in {grade.id for grade in definition.grades}:
            yield Problem(f"{place}.grade", _("There is no grade “%(grade)s”.") % {"grade": trial.grade})


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
