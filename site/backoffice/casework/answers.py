"""Answers in the list of cases: shown as columns and, of the form that opens cases, filtered by.

Of one workflow at a time, since only there a question means the same in every case. Nothing of what is confidential:
its reading would have to be recorded case by case. What is masked for the reader is no filter either, so that nothing
is found out by trying.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from backoffice.listing.cells import Cell, answer_cell
from forms.exceptions import NotFound
from forms.fields import Cell as Value
from forms.registers.columns import RegisterColumn, RegisterShape
from forms.registers.filters import Condition, Filter, FilterFault, condition_of
from forms.registers.labels import shape_of
from forms.registers.sheets import SheetColumn, cell_of, headings_of
from forms.schema import Confidentiality
from forms.schema import definition_of as form_of
from foundation.organisation.models import User
from foundation.organisation.resolution import roles_of
from workflows.definitions import definition_of, edition_in_force
from workflows.models import Case
from workflows.queries import Sight, knows
from workflows.registers import step_columns

STEP = "_step."
"""Before the key of a column that holds answers of steps."""


@dataclass(frozen=True)
class Answers:
    """What the list of one workflow can show of answers, and what it can be filtered by, for one reader."""

    reader: User
    roles: frozenset[str] = frozenset()
    shape: RegisterShape | None = None
    given: tuple[RegisterColumn, ...] = ()
    steps: tuple[RegisterColumn, ...] = ()

    @property
    def by_key(self) -> dict[str, RegisterColumn]:
        """The columns by the keys that addresses and saved views have."""
        return {
            **{column.key: column for column in self.given},
            **{f"{STEP}{column.key}": column for column in self.steps},
        }

    @property
    def filterable(self) -> dict[str, RegisterColumn]:
        """The columns one may filter by: answers of the form that are open to the reader."""
        return {column.key: column for column in self.given if column.open_to(self.roles)}

    def column_for(self, key: str) -> RegisterColumn:
        """Return a column one may filter by; raises FilterFault, the same for one there is not and one masked."""
        column = self.filterable.get(key)
        if column is None:
            raise FilterFault(_("One filter names an answer that is not open to you here; it was left out."))
        return column

    def condition(self, wanted: Filter) -> Condition:
        """Return a filter as a condition. Raises FilterFault."""
        self.column_for(wanted.column)
        assert self.shape is not None
        return condition_of(wanted, self.shape, by=self.reader, roles=self.roles)

    def read(
        self, filters: Sequence[Filter]
    ) -> tuple[tuple[Filter, ...], tuple[Condition, ...], tuple[str, ...]]:
        """Return the filters that can be used, what they demand, and what is said of the others."""
        kept, conditions, faults = [], [], []
        for one in filters:
            try:
                conditions.append(self.condition(one))
                kept.append(one)
            except FilterFault as fault:
                faults.append(str(fault))
        return tuple(kept), tuple(conditions), tuple(dict.fromkeys(faults))

    def cell(self, key: str, case: Case, label: str) -> Cell:
        """Return an answer as the list shows it, in the language in use."""
        column, language = self.by_key[key], get_language() or ""
        if not key.startswith(STEP):
            form, answers = form_of(case.submission.edition), case.submission.answers
            return answer_cell(column, form, answers, label, self.roles, language)
        asked = definition_of(case.edition).asked
        if asked is None:
            return Cell(label, "", "text")
        return answer_cell(column, asked, case.answers, label, self.roles, language)

    def value(self, key: str, case: Case) -> Value:
        """Return the same typed, for files."""
        column, language = self.by_key[key], get_language() or ""
        if not key.startswith(STEP):
            form, answers = form_of(case.submission.edition), case.submission.answers
            return cell_of(column, form, answers, self.roles, language)
        asked = definition_of(case.edition).asked
        return None if asked is None else cell_of(column, asked, case.answers, self.roles, language)

    def sheet_columns(self, keys: Sequence[str]) -> list[SheetColumn]:
        """Return the columns of a file that hold these answers."""
        return headings_of([self.by_key[key] for key in keys], get_language() or "")


def answers_of(workflow: str, reader: User, sight: Sight) -> Answers:
    """Return the answers of a workflow; none where none is chosen, or where it is none of the reader's. A fixed number
    of queries.
    """
    edition = edition_in_force(workflow) if workflow and knows(sight, workflow) else None
    if edition is None:
        return Answers(reader)
    try:
        shape = shape_of(definition_of(edition).form)
    except NotFound:
        shape = None
    columns = shape.columns if shape else ()
    return Answers(
        reader,
        roles_of(reader),
        shape,
        tuple(one for one in columns if one.confidentiality is not Confidentiality.CONFIDENTIAL),
        tuple(step_columns(workflow)),
    )
