"""Whether the line a case is known by tells more than everybody who meets it may read.

The subject of a case stands in every list, notification and related case, read by all who see the case, and nobody
masks it there. So it is made of answers that all of them may read. Part of ``workflows.checking``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from forms.checking import Registers
from forms.fields.lookup import LookupOptions
from forms.schema import SUBMITTER, Confidentiality, FieldDefinition, FormDefinition
from foundation import expressions
from foundation.editions.texts import in_language
from workflows.faults import Problem
from workflows.schema import WorkflowDefinition

PLACE = "subject"


@dataclass(frozen=True)
class _Limit:
    """Why an answer is not for everybody: the field that says so, by its label, and who reads it."""

    label: str
    readers: frozenset[str]
    recorded: bool


def faults_of(
    definition: WorkflowDefinition, form: FormDefinition | None, registers: Registers | None
) -> Iterator[Problem]:
    """Yield a fault for each field of the subject that is not for all who see the case.

    ``form``: of the cases; ``registers``: gives the form of a register that a field looks up, as in ``forms.checking``.
    """
    if form is None:
        return
    for name in definition.subject:
        field = form.by_id.get(name)
        if field is None:
            continue  # said already, at its place
        own = in_language(field.label)
        for limit in _limits(field, form, registers):
            told = own if limit.label == own else f"{own} ({limit.label})"
            yield from _told(told, limit, definition)


def _told(label: str, limit: _Limit, definition: WorkflowDefinition) -> Iterator[Problem]:
    if limit.recorded:
        yield Problem(
            PLACE,
            _(
                "“%(field)s” is confidential: each reading of it is recorded, and a subject is read in every list. "
                "Take it out of the subject."
            )
            % {"field": label},
        )
    elif others := sorted(seeing(definition) - limit.readers - {SUBMITTER}):
        yield Problem(
            PLACE,
            _(
                "“%(field)s” is not for %(others)s, who see the case and its subject too. Take it out of the subject, "
                "or let them read the field (in the form)."
            )
            % {"field": label, "others": "、".join(others)},
        )
    elif any(state.approval is not None for state in definition.states):
        yield Problem(
            PLACE,
            _(
                "“%(field)s” is not for everybody, and a case under approval can be copied or handed to anybody. Take "
                "it out of the subject."
            )
            % {"field": label},
        )


def seeing(definition: WorkflowDefinition) -> frozenset[str]:
    """Return the roles that meet a case: those who see its cases, and those asked for decisions."""
    asked = [state.approval.roles for state in definition.states if state.approval is not None]
    return frozenset(definition.access.sees).union(*asked)


def _limits(
    field: FieldDefinition,
    form: FormDefinition,
    registers: Registers | None,
    seen: frozenset[str] = frozenset(),
) -> Iterator[_Limit]:
    """Yield what limits who may read an answer: itself, what it is computed from, what is shown of a row it names."""
    recorded = field.confidentiality is Confidentiality.CONFIDENTIAL
    if field.readers or recorded:
        yield _Limit(in_language(field.label), frozenset(field.readers), recorded)
    for name in sorted(_computed_from(field, form) - seen):
        if (source := form.by_id.get(name)) is not None:
            yield from _limits(source, form, registers, seen | {field.id, name})
    options = field.settings
    if isinstance(options, LookupOptions) and registers is not None and not seen:
        register = registers(options.form)
        for name in (options.shows or register.summary) if register is not None else ():
            if register is not None and (shown := register.by_id.get(name)) is not None:
                yield from _limits(shown, register, None, frozenset({field.id}))


def _computed_from(field: FieldDefinition, form: FormDefinition) -> frozenset[str]:
    if not field.computed:
        return frozenset()
    try:
        return expressions.reads(field.computed, form.names, field.of_kind.expression)
    except expressions.ExpressionFault:
        return frozenset()  # said where the form is checked
