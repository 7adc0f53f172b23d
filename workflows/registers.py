"""What registers show of the case that grew from each submission: where it stands, and the answers of its steps.

Only of cases the reader may see; what is personal as the question says, and nothing of what is confidential, whose
reading would have to be recorded case by case.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import override

from forms.models import Submission
from forms.registers.beside import BesideCell, BesideColumn, Cells
from forms.registers.columns import RegisterColumn, Type, gathered
from forms.registers.labels import Labels
from forms.registers.sheets import cell_of
from forms.schema import Confidentiality
from foundation.editions.models import Edition
from foundation.editions.texts import in_language
from foundation.organisation.models import User
from foundation.organisation.resolution import roles_of
from workflows.definitions import definition_of
from workflows.models import Case
from workflows.queries import cases_visible_to, workflow_for_form

STATE = "_case.state"
PREFIX = "_case."


class CasesBeside:
    """Stands beside the registers of forms that open cases."""

    def columns(self, form_key: str) -> Sequence[BesideColumn]:
        """Return where the case stands, and the questions of its steps over all editions."""
        workflow = workflow_for_form(form_key)
        if workflow is None:
            return ()
        return [
            BesideColumn(STATE, Type.TEXT, 16, _state_heading),
            *(
                BesideColumn(f"{PREFIX}{column.key}", column.type, column.width, column.heading, column.asked)
                for column in step_columns(workflow)
            ),
        ]

    def cells(self, form_key: str, found: Sequence[Submission], reader: User, language: str) -> Cells:
        """Return what stands there of the cases the reader sees. A fixed number of queries."""
        workflow = workflow_for_form(form_key)
        if workflow is None or not found:
            return {}
        columns, roles = step_columns(workflow), roles_of(reader)
        cases = cases_visible_to(reader).filter(submission__in=[one.pk for one in found]).order_by()
        return {case.submission_id: _told(case, columns, roles, language) for case in cases}


def _state_heading(language: str) -> str:
    with override(language):
        return _("Where the case stands")


def step_columns(workflow: str) -> list[RegisterColumn]:
    """Return the questions of a workflow's steps over all its editions as columns; none of what is confidential."""
    editions = (
        Edition.objects.filter(kind=Edition.Kind.WORKFLOW, key=workflow).order_by("number").defer("body")
    )
    asked = [form for one in editions if (form := definition_of(one).asked) is not None]
    found = gathered(f"case:{workflow}", asked).values() if asked else ()
    return [one for one in Labels().limited(found) if one.confidentiality is not Confidentiality.CONFIDENTIAL]


def _told(
    case: Case, columns: Sequence[RegisterColumn], roles: frozenset[str], language: str
) -> dict[str, BesideCell]:
    definition = definition_of(case.edition)
    state = in_language(definition.state(case.state).title, language)
    told = {STATE: BesideCell(state, state)}
    form = definition.asked
    for column in columns if form is not None else ():
        assert form is not None
        if text := column.text(form, case.answers, language):
            value = cell_of(column, form, case.answers, roles, language)
            if column.open_to(roles):
                told[f"{PREFIX}{column.key}"] = BesideCell(text, value)
            else:
                told[f"{PREFIX}{column.key}"] = BesideCell(str(value), value, hidden=True)
    return told
