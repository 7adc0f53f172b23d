"""Earlier cases about the same, before another one is opened: shown to the person who submits, told per row of a sheet.

Only to people of the house, and of cases they may not see only how many there are. Whoever fills in a form behind a
public link is told nothing: a stranger must not find out by trying whether somebody has complained. What tells that
two are about the same: ``workflows.sameness``, for the identities of the workflow that warn.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from forms.logic import read
from forms.models import RegisterImport, Submission
from forms.registers.importing import ReadRow
from forms.schema import definition_of as form_of
from foundation.editions.models import Edition
from foundation.editions.texts import in_language
from foundation.organisation.models import User
from workflows.definitions import definition_of, edition_in_force
from workflows.models import Case, Sameness
from workflows.queries import cases_visible_to, workflow_for_form
from workflows.sameness import cases_like, digests_of
from workflows.schema import Identity, WorkflowDefinition
from workflows.services import relations
from workflows.services.requests import Request

SHOWN = 10


@dataclass(frozen=True)
class EarlierCase:
    """A case about the same. ``joins``: whether the person may link a new one to it."""

    case: Case
    state: str
    joins: bool


@dataclass(frozen=True)
class Earlier:
    """What there is already. ``mark`` changes when something is added, so that nobody confirms what they did not see.

    ``hidden``: how many more there are that the person may not see.
    """

    workflow: str
    about: Sequence[str]
    cases: Sequence[EarlierCase]
    count: int
    hidden: int
    mark: str


def _warning(form_key: str) -> tuple[WorkflowDefinition, tuple[Identity, ...]] | None:
    """Return the workflow that opens from the form, with the identities that warn; None where nothing does."""
    key = workflow_for_form(form_key)
    edition = edition_in_force(key) if key else None
    if edition is None:
        return None
    definition = definition_of(edition)
    identities = tuple(one for one in definition.identities if one.warns)
    return (definition, identities) if identities else None


def earlier_cases(edition: Edition, answers: Mapping[str, Any], reader: User) -> Earlier | None:
    """Return the earlier cases about the same as these answers, None where there are none."""
    form = form_of(edition)
    warning = _warning(form.key)
    if warning is None:
        return None
    definition, identities = warning
    digests = digests_of(definition, form, answers)
    found = cases_like(definition, digests, identities=identities).filter(merged_into=None)
    ids = list(found.order_by("-opened_at", "-id").values_list("pk", flat=True))
    if not ids:
        return None
    visible = {case.pk: case for case in cases_visible_to(reader).filter(pk__in=ids)}
    seen = [visible[pk] for pk in ids if pk in visible]
    matched = set(
        Sameness.objects.filter(case__in=ids, digest__in=digests.values()).values_list("identity", flat=True)
    )
    return Earlier(
        workflow=in_language(definition.title),
        about=[in_language(one.title) for one in identities if one.id in matched],
        cases=[_told(case, reader) for case in seen[:SHOWN]],
        count=len(ids),
        hidden=len(ids) - len(seen),
        mark=hashlib.sha256(" ".join(map(str, sorted(ids))).encode()).hexdigest()[:16],
    )


def _told(case: Case, reader: User) -> EarlierCase:
    state = definition_of(case.edition).state(case.state)
    return EarlierCase(case, in_language(state.title), relations.may_relate(case, reader))


def join(submission: Submission, other: UUID, by: User) -> Case | None:
    """Link the case a submission has opened to an earlier one as a repetition; None where it opened none.

    Raises as ``relations.link``.
    """
    case = Case.objects.filter(submission=submission).first()
    if case is None:
        return None
    asked = Request(case.uuid, by, case.version, f"join:{submission.uuid}")
    return relations.link(asked, other=other, kind="repeat").case


@dataclass(frozen=True)
class RowTold:
    """A row of a sheet that is about the same as earlier cases, or as other rows of the sheet."""

    row: int
    cases: Sequence[Case]
    hidden: int
    rows: Sequence[int]


def rows_told(taken: RegisterImport, reader: User) -> list[RowTold]:
    """Return the rows of a checked sheet that are about something that is there already. Three queries, however many
    rows there are.
    """
    warning = _warning(taken.form_key)
    if warning is None or not taken.rows:
        return []
    definition, identities = warning
    days = {one.id: one.days for one in identities}
    form = form_of(taken.edition)
    digests: dict[int, set[tuple[str, str]]] = {}
    for row in (ReadRow.of(stored) for stored in taken.rows):
        found = digests_of(definition, form, read(form, row.typed).answers)
        digests[row.number] = {(name, digest) for name, digest in found.items() if name in days}
    there = _cases_by_digest(definition.key, digests, days)
    wanted = {pk for cases in there.values() for pk in cases}
    visible = {case.pk: case for case in cases_visible_to(reader).filter(pk__in=wanted)} if wanted else {}
    told = []
    for number, own in digests.items():
        ids = sorted({pk for one in own for pk in there.get(one, ())})
        twins = sorted(other for other, theirs in digests.items() if other != number and own & theirs)
        if ids or twins:
            seen = [visible[pk] for pk in ids if pk in visible]
            told.append(RowTold(number, seen, len(ids) - len(seen), twins))
    return told


def _cases_by_digest(
    workflow: str, digests: Mapping[int, set[tuple[str, str]]], days: Mapping[str, int]
) -> dict[tuple[str, str], set[int]]:
    now = timezone.now()
    wanted = {digest for own in digests.values() for _name, digest in own}
    rows = Sameness.objects.filter(workflow=workflow, digest__in=wanted, case__merged_into=None)
    found: dict[tuple[str, str], set[int]] = {}
    for identity, digest, pk, opened in rows.values_list("identity", "digest", "case", "case__opened_at"):
        if identity in days and opened >= now - datetime.timedelta(days=days[identity]):
            found.setdefault((identity, digest), set()).add(pk)
    return found
