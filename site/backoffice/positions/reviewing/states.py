"""A review that can be left and taken up again, also by somebody else.

What is typed travels as the fields of the review's form (``u0-title``, ``u0-dropped`` …), and is stored as it is.
Every change names the version it was made on: of two people who change the same review, the second is told who
was faster, and nothing of the first is lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.http import QueryDict
from django.utils import timezone

from backoffice.positions.importing.arranging import MOST_STEPS
from backoffice.positions.models import ImportedText
from backoffice.positions.reviewing.models import ImportReview

_FIELD = re.compile(r"u\d+(?:s\d+)*-(?:take|title|position|code|department|dropped)")
_LONGEST_VALUE = 300


class Overtaken(Exception):
    """Somebody changed the review since this page was opened; ``review`` is what it says now."""

    def __init__(self, review: ImportReview) -> None:
        self.review = review
        super().__init__(str(review.changed_by))


@dataclass(frozen=True)
class State:
    """A review as stored. ``typed`` is None when nobody changed anything yet."""

    steps: list[str]
    typed: QueryDict | None
    version: int
    changed_by: Any = None
    changed_at: Any = None


def state_of(imported: ImportedText) -> State:
    """Return how far the review is. One query."""
    found = ImportReview.objects.filter(imported=imported).select_related("changed_by").first()
    if found is None:
        return State([], None, 0)
    return State(list(found.steps), as_query(found.typed), found.version, found.changed_by, found.changed_at)


def save_state(imported: ImportedText, *, steps: list[str], typed: QueryDict, version: int, by: Any) -> State:
    """Store the review as it is on somebody's page; ``version`` is the one the page was opened with.

    Raises ``Overtaken`` when it was changed meanwhile; nothing is stored then.
    """
    values = fields_of(typed)
    row = {
        "steps": steps[:MOST_STEPS],
        "typed": values,
        "changed_by": by,
        "changed_at": timezone.now(),
    }
    try:
        with transaction.atomic():
            if version:
                stored = ImportReview.objects.filter(imported=imported, version=version).update(
                    version=F("version") + 1, **row
                )
            else:
                stored = bool(ImportReview.objects.create(imported=imported, version=1, **row))
    except IntegrityError:
        stored = False
    if not stored:
        raise Overtaken(
            ImportReview.objects.select_related("changed_by").get(imported=imported)
            if ImportReview.objects.filter(imported=imported).exists()
            else ImportReview(imported=imported, changed_by=by)
        )
    return State(row["steps"], as_query(values), version + 1, by, row["changed_at"])


def fields_of(typed: QueryDict) -> dict[str, list[str]]:
    """Return the fields of a review's form as they are stored; whatever else was sent is left out."""
    return {
        name: [value[:_LONGEST_VALUE] for value in typed.getlist(name)]
        for name in typed
        if _FIELD.fullmatch(name)
    }


def as_query(values: Mapping[str, list[str]]) -> QueryDict:
    """Return stored fields as a form takes them."""
    query = QueryDict(mutable=True)
    for name, several in values.items():
        query.setlist(name, several)
    return query
