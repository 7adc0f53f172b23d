"""Workflows and reports in packs: ``workflows/<key>.yaml`` and ``reports/<key>.yaml``, published as the next edition
when the file says something new.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from django.utils.translation import gettext as _

from forms.pack import place
from foundation.editions.models import Edition
from foundation.editions.texts import in_language
from foundation.organisation.models import User
from foundation.packs.exceptions import PackFault
from foundation.packs.loaders.editions import EditionLoader
from foundation.packs.registry import PlannedChange
from workflows.checking import parse
from workflows.exceptions import DefinitionRefused
from workflows.reports.definitions import refuse_faults as refuse_faults_of_report
from workflows.reports.schema import ReportDefinition
from workflows.schema import Trial, WorkflowDefinition
from workflows.services.definitions import refuse_faults
from workflows.services.working import tried
from workflows.trials import TrialResult


def _well_formed(body: dict[str, Any]) -> None:
    definition, problems = parse(body)
    if definition is None:
        # Its forms and roles are there by now: what can be known of the rest is said as well.
        _refuse(body, problems[0].path)


def _refuse(body: dict[str, Any], first: str = "", path: PurePosixPath | None = None) -> None:
    try:
        refuse_faults(body)
    except DefinitionRefused as refusal:
        raise PackFault(str(refusal), place(body, first or refusal.problems[0].path), path) from refusal


class WorkflowLoader(EditionLoader):
    """Reads and writes workflows.

    Each file is published by itself; once all are, with the forms and roles of the same pack in place, every fault the
    validator knows is refused (workflows may open one another), and the trials of each are acted out.
    """

    def __init__(self) -> None:
        super().__init__(Edition.Kind.WORKFLOW, validate=_well_formed)

    def finish(self, applied: Mapping[PurePosixPath, dict[str, Any]], *, by: User) -> Iterable[str]:
        """Refuse what cannot be, and trials that fail; tell of those for which nobody is there today."""
        for path, data in applied.items():
            _refuse(data, path=path)
        remarks = []
        for path, data in applied.items():
            definition = WorkflowDefinition.model_validate(data)
            results = tried(definition)
            for number, (trial, result) in enumerate(results):
                if not (result.passed or result.nobody):
                    raise PackFault(_told(trial, result), ("trials", number), path)
            remarks += [
                f"{definition.key}: {_told(trial, result)}" for trial, result in results if result.nobody
            ]
        return remarks


def _told(trial: Trial, result: TrialResult) -> str:
    problems = "; ".join(result.problems)
    values = {"trial": in_language(trial.title), "id": trial.id, "why": problems}
    if result.nobody:
        return _("The trial “%(trial)s” (%(id)s) could not be acted out: %(why)s") % values
    return _("The trial “%(trial)s” (%(id)s) fails: %(why)s") % values


def _report_well_formed(body: dict[str, Any]) -> None:
    ReportDefinition.model_validate(body)


class ReportLoader(EditionLoader):
    """Reads and writes reports, in the same way; they name workflows, forms and roles of the same pack."""

    def __init__(self) -> None:
        super().__init__(Edition.Kind.REPORT, validate=_report_well_formed)

    def apply(self, path: PurePosixPath, data: dict[str, Any], *, by: User) -> list[PlannedChange]:
        """Publish the file as the next edition where it says something new."""
        try:
            refuse_faults_of_report(data)
        except DefinitionRefused as refusal:
            raise PackFault(str(refusal), at=place(data, refusal.problems[0].path)) from refusal
        return super().apply(path, data, by=by)
