"""What is wrong with the child cases a definition opens and waits for: their workflows, the fields given, whom it asks.

Workflows may open one another, so a child that is not published yet is no error: a step that needs it is refused until
it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.utils import timezone
from django.utils.translation import gettext as _

from forms.fields import FieldFault, Found, Surroundings
from forms.files.references import taken_by
from forms.schema import Confidentiality, FieldDefinition, FormDefinition
from foundation.editions.texts import in_language
from foundation.expressions import Kind
from workflows.faults import Problem
from workflows.schema import THIS_SUBMISSION, Opening, Transition, WorkflowDefinition


@dataclass(frozen=True)
class Child:
    """A workflow that another one opens, with the form its cases open from (None: it has no edition)."""

    definition: WorkflowDefinition
    form: FormDefinition | None


Children: TypeAlias = Callable[[str], Child | None]
"""Gives a workflow by its key, None where it has no edition."""


def problems_of_openings(
    definition: WorkflowDefinition, form: FormDefinition | None, children: Children | None
) -> Iterator[Problem]:
    """Yield what is wrong with ``opens``, ``after_child`` and ``blocked_by``.

    ``children``: without them, what is said of other workflows is not looked at.
    """
    for step in definition.transitions:
        for position, opening in enumerate(step.opens):
            place = f"transitions.{step.id}.opens.{position}"
            yield from _sources(place, opening, definition, form)
            yield from _asked(place, opening, definition)
            if children is not None:
                yield from _taken(place, opening, definition, form, children(opening.workflow))
        if children is not None:
            yield from _awaited(step, children)
    if children is None:
        return
    opened = {opening.workflow for step in definition.transitions for opening in step.opens}
    for state in definition.states:
        for key in state.blocked_by:
            if key not in opened:
                yield Problem(
                    f"states.{state.id}.blocked_by",
                    _("No step opens “%(workflow)s”, so it never keeps anybody here.") % {"workflow": key},
                    "warning",
                )


def _sources(
    place: str, opening: Opening, definition: WorkflowDefinition, form: FormDefinition | None
) -> Iterator[Problem]:
    """Yield what answers are to be taken from, and is not there or cannot be taken along."""
    if form is None:
        return
    known = _known(definition, form)
    for source in opening.fills.values():
        if source in known and taken_by(known[source]).kinds:
            yield Problem(
                f"{place}.fills",
                _("“%(field)s” holds files; they stay with this case and cannot be taken over.")
                % {"field": source},
            )
        if source not in known and source != THIS_SUBMISSION:
            yield Problem(f"{place}.fills", _("The form has no field “%(field)s”.") % {"field": source})


def _known(definition: WorkflowDefinition, form: FormDefinition) -> Mapping[str, FieldDefinition]:
    return {**form.by_id, **definition.questions()}


def _asked(place: str, opening: Opening, definition: WorkflowDefinition) -> Iterator[Problem]:
    """Yield what is wrong with whom it is asked of."""
    if not opening.to:
        return
    if opening.at_once:
        yield Problem(
            f"{place}.to",
            _(
                "What is opened at once is filled in by nobody: name no roles here, or let somebody fill it in."
            ),
        )
    for role in opening.to:
        if role not in definition.access.sees:
            yield Problem(
                f"{place}.to",
                _("“%(role)s” does not see the case that asks; add the role to those who see its cases.")
                % {"role": role},
            )


def _taken(
    place: str,
    opening: Opening,
    definition: WorkflowDefinition,
    form: FormDefinition | None,
    child: Child | None,
) -> Iterator[Problem]:
    """Yield what is wrong with what the child's form is given."""
    if child is None:
        yield Problem(
            f"{place}.workflow",
            _("The workflow “%(workflow)s” is not published; the step is refused until it is.")
            % {"workflow": opening.workflow},
            "warning",
        )
        return
    if child.form is None:
        return
    asked = child.form.form.fields
    given = [("fills", name) for name in opening.fills] + [("sets", name) for name in opening.sets]
    for where, name in given:
        if name not in asked:
            yield Problem(
                f"{place}.{where}.{name}",
                _("The form of “%(workflow)s” has no field “%(field)s”.")
                % {"workflow": in_language(child.definition.title), "field": name},
            )
        elif asked[name].computed or not asked[name].of_kind.asks:
            yield Problem(
                f"{place}.{where}.{name}",
                _("“%(field)s” is not answered by anybody there, so it cannot be given.") % {"field": name},
            )
        elif where == "sets":
            yield from _set(f"{place}.sets.{name}", asked[name], opening.sets[name])
        elif form is not None:
            source = opening.fills[name]
            why = _why_not(asked[name], source, _known(definition, form).get(source), definition)
            if why:
                yield Problem(f"{place}.fills.{name}", why)
    if opening.at_once:
        for name in _needed(child.form):
            if name not in opening.fills and name not in opening.sets:
                yield Problem(
                    f"{place}.at_once",
                    _(
                        "“%(field)s” must be answered and nothing is given for it: opened at once, it would be refused "
                        "every time."
                    )
                    % {"field": name},
                )
    yield from _filled_in_by(place, opening, child.form)


def _set(place: str, field: FieldDefinition, value: Any) -> Iterator[Problem]:
    found = {one: Found(one, one.key) for one in field.of_kind.references(value, field.settings)}
    try:
        field.of_kind.check(value, field.settings, Surroundings(timezone.localdate(), found))
    except FieldFault as fault:
        yield Problem(place, str(fault.sentence))


def _why_not(
    target: FieldDefinition, source_name: str, source: FieldDefinition | None, definition: WorkflowDefinition
) -> str:
    """Return why an answer cannot be taken over, "" where it can."""
    register = getattr(target.settings, "form", None) if target.kind == "lookup" else None
    if source_name == THIS_SUBMISSION:
        if register == definition.form:
            return ""
        return _(
            "“%(field)s” does not look up rows of “%(form)s”, so this submission is no answer to it."
        ) % {
            "field": target.id,
            "form": definition.form,
        }
    if source is None:
        return ""
    if source.kind != target.kind and not (_is_written(source) and _is_written(target)):
        return _("“%(source)s” is of the kind “%(kind)s”, “%(field)s” of the kind “%(other)s”.") % {
            "source": source_name,
            "kind": source.of_kind.name,
            "field": target.id,
            "other": target.of_kind.name,
        }
    if register is not None and getattr(source.settings, "form", None) != register:
        return _("“%(source)s” looks up another register than “%(field)s”.") % {
            "source": source_name,
            "field": target.id,
        }
    if _tells_more(source, target):
        return _(
            "Not everybody may read “%(source)s”, and “%(field)s” is open to more people there. Give “%(field)s” the "
            "same readers in its form, or take over something else."
        ) % {"source": source_name, "field": target.id}
    missing = sorted(_choices(source) - _choices(target))
    if missing:
        return _("“%(field)s” has no choice %(choices)s.") % {
            "field": target.id,
            "choices": "、".join(missing),
        }
    return ""


def _tells_more(source: FieldDefinition, target: FieldDefinition) -> bool:
    """Whether people who may not read an answer here read it there, or read it there without being recorded."""
    recorded = Confidentiality.CONFIDENTIAL
    if source.confidentiality is recorded and target.confidentiality is not recorded:
        return True
    return bool(source.readers) and not (target.readers and set(target.readers) <= set(source.readers))


def _choices(field: FieldDefinition) -> set[str]:
    return {one.key for one in getattr(field.settings, "choices", ())}


def _is_written(field: FieldDefinition) -> bool:
    """Whether the answer is a text that somebody writes."""
    kind = field.of_kind
    return (
        kind.expression is Kind.TEXT
        and not getattr(field.settings, "choices", ())
        and isinstance(kind.sample(1, field.settings, Surroundings(timezone.localdate())), str)
    )


def _needed(form: FormDefinition) -> Iterator[str]:
    """Yield the fields outside of rows that must be answered whatever the other answers are."""
    for page in form.pages:
        for group in page.groups:
            for field in group.fields if group.repeat is None else ():
                conditions = (page.visible_if, group.visible_if, field.visible_if, field.read_only_if)
                if field.required and not any(conditions):
                    yield field.id


def _filled_in_by(place: str, opening: Opening, form: FormDefinition) -> Iterator[Problem]:
    if (
        opening.to
        and form.submitters
        and not form.departments
        and set(form.submitters).isdisjoint(opening.to)
    ):
        yield Problem(
            f"{place}.to",
            _("None of these roles is named among those who may fill in the form “%(form)s”.")
            % {"form": in_language(form.title)},
            "warning",
        )


def _awaited(step: Transition, children: Children) -> Iterator[Problem]:
    """Yield what a step waits for that never comes."""
    after = step.after_child
    if after is None:
        return
    child = children(after.workflow)
    place = f"transitions.{step.id}.after_child"
    if child is None:
        yield Problem(
            f"{place}.workflow",
            _("The workflow “%(workflow)s” is not published yet.") % {"workflow": after.workflow},
            "warning",
        )
        return
    ends = {state.id for state in child.definition.states if state.category == "final"}
    for state in after.states:
        if state not in ends:
            yield Problem(
                f"{place}.states",
                _("“%(workflow)s” never ends in “%(state)s”.")
                % {"workflow": in_language(child.definition.title), "state": state},
            )
