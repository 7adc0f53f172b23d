"""Reports in force, who has which, and publishing one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.utils.translation import ngettext
from pydantic import ValidationError

from forms.faults import place_of, sentence
from forms.schema import FormDefinition
from forms.schema import definition_of as form_of
from foundation.editions.models import Edition
from foundation.editions.queries import all_in_force, body_of, newest
from foundation.organisation.models import Role, RoleBinding, User
from foundation.organisation.resolution import roles_of
from workflows.definitions import definition_of
from workflows.exceptions import CaseNotFound, DefinitionRefused
from workflows.faults import Problem
from workflows.reports.ageing import ledgers_seen
from workflows.reports.checking import problems_of
from workflows.reports.schema import ReportDefinition
from workflows.schema import WorkflowDefinition


@lru_cache(maxsize=128)
def _parsed(sha256: str, edition_id: int) -> ReportDefinition:
    return ReportDefinition.model_validate(body_of(Edition.objects.get(pk=edition_id)))


def report_of(edition: Edition) -> ReportDefinition:
    """Return the report an edition holds."""
    return _parsed(edition.sha256, edition.pk)


def reports_for(user: User) -> list[tuple[Edition, ReportDefinition]]:
    """Return the reports in force that are the person's to read. One about age is theirs while they see one of its
    ledgers.
    """
    roles = roles_of(user)
    found = []
    for edition in all_in_force(Edition.Kind.REPORT):
        report = report_of(edition)
        if not roles & set(report.readers):
            continue
        if report.ageing is None or ledgers_seen(report.ageing, user):
            found.append((edition, report))
    return found


def report_for(user: User, key: str) -> tuple[Edition, ReportDefinition]:
    """Return one of them; raises ``CaseNotFound``, also for those to whom it does not exist."""
    for edition, report in reports_for(user):
        if report.key == key:
            return edition, report
    raise CaseNotFound


def check_report(body: Mapping[str, Any]) -> list[Problem]:
    """Return everything wrong with a report, measured against today's workflows, forms and roles."""
    try:
        report = ReportDefinition.model_validate(body)
    except ValidationError as error:
        return [Problem(place_of(body, fault["loc"]), sentence(fault)) for fault in error.errors()]
    roles = frozenset(Role.objects.values_list("key", flat=True)) - set(RoleBinding.Relation.values)
    return problems_of(report, _workflow, roles)


def refuse_faults(body: Mapping[str, Any]) -> None:
    """Raise ``DefinitionRefused``, naming each fault at its place, unless the report may be published."""
    problems = check_report(body)
    if problems:
        headline = ngettext(
            "The report has %(count)d fault and cannot be published.",
            "The report has %(count)d faults and cannot be published.",
            len(problems),
        ) % {"count": len(problems)}
        places = "\n".join(f"{problem.path}: {problem.message}" for problem in problems)
        raise DefinitionRefused(f"{headline}\n{places}", problems)


def _workflow(key: str) -> tuple[WorkflowDefinition, FormDefinition | None] | None:
    edition = newest(Edition.Kind.WORKFLOW, key)
    if edition is None:
        return None
    definition = definition_of(edition)
    form = newest(Edition.Kind.FORM, definition.form)
    return definition, form_of(form) if form is not None else None
