"""Publishing a workflow: the one way from a draft to an edition, and the one place where faults stop it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from django.utils.translation import ngettext

from forms.schema import FormDefinition
from forms.schema import definition_of as form_of
from foundation.editions.models import Edition
from foundation.editions.queries import newest
from foundation.editions.services import publish
from foundation.organisation.models import RoleBinding, User
from foundation.worktime.models import Calendar
from workflows.checking import Problem, parse, problems_of
from workflows.definitions import definition_of
from workflows.exceptions import DefinitionRefused
from workflows.openings import Child
from workflows.partial import rest_of
from workflows.schema import WorkflowDefinition


def check_workflow(body: Mapping[str, Any]) -> list[Problem]:
    """Return everything wrong with a definition, measured against today's forms and role bindings.

    Of one that is not well formed: what is not, and what can be known of the rest.
    """
    definition, problems = parse(body)
    if definition is not None:
        return _measured(definition)
    rest = rest_of(body)
    if rest is None:
        return problems
    more = [problem for problem in _measured(rest.definition) if rest.known(problem)]
    return sorted([*problems, *more], key=lambda problem: problem.severity)


def _measured(definition: WorkflowDefinition) -> list[Problem]:
    form = _form(definition.form)
    bound = set(RoleBinding.objects.values_list("role__key", flat=True))
    calendars = set(Calendar.objects.values_list("key", flat=True)) if definition.clocks else None

    def child(key: str) -> Child | None:
        if key == definition.key:
            return Child(definition, form)
        edition = newest(Edition.Kind.WORKFLOW, key)
        if edition is None:
            return None
        other = definition_of(edition)
        return Child(other, _form(other.form))

    return problems_of(definition, form, bound, calendars, children=child, registers=_form)


def _form(key: str) -> FormDefinition | None:
    edition = newest(Edition.Kind.FORM, key)
    return form_of(edition) if edition is not None else None


def refuse_faults(body: Mapping[str, Any]) -> None:
    """Raise ``DefinitionRefused``, naming each error at its place, unless the definition may be published."""
    errors = [problem for problem in check_workflow(body) if problem.severity == "error"]
    if errors:
        headline = ngettext(
            "The workflow has %(count)d fault and cannot be published.",
            "The workflow has %(count)d faults and cannot be published.",
            len(errors),
        ) % {"count": len(errors)}
        places = "\n".join(f"{problem.path}: {problem.message}" for problem in errors)
        raise DefinitionRefused(f"{headline}\n{places}", errors)


def publish_workflow(
    body: Mapping[str, Any],
    *,
    by: User,
    note: str = "",
    effective_from: datetime.date | None = None,
    channel: str = "web",
) -> Edition:
    """Publish a definition as the next edition of its workflow.

    Who may: the caller has asked. Records: event ``edition_published``. Raises ``DefinitionRefused`` for faults,
    ``foundation.editions``'s ``NothingChanged`` for a definition that says nothing new. No running case is touched:
    each stays on the edition it was opened under.
    """
    refuse_faults(body)
    return publish(
        kind=Edition.Kind.WORKFLOW,
        key=str(body["key"]),
        body=dict(body),
        by=by,
        note=note,
        effective_from=effective_from,
        channel=channel,
    )
