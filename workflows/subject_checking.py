"""Whether the line a case is known by tells more than everybody who meets it may read.

The subject of a case stands in every list, notification and related case, read by all who see the case, and nobody
masks it there. So it is made of answers that all of them may read. Part of ``workflows.checking``.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from forms.checking import Registers
from forms.limits import Limit, limits_of
from forms.schema import SUBMITTER, FormDefinition
from foundation.editions.texts import in_language
from workflows.faults import Problem
from workflows.schema import WorkflowDefinition

PLACE = "subject"


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
        for limit in limits_of(field, form, registers):
            told = own if limit.label == own else f"{own} ({limit.label})"
            yield from _told(told, limit, definition)


def _told(label: str, limit: Limit, definition: WorkflowDefinition) -> Iterator[Problem]:
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
