"""The revisions of a submission and what differs between them, in the words of its edition."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from forms.fields.base import Segment
from forms.logic import ROW
from forms.models import Submission, SubmissionRevision
from forms.presentation import WITHHELD
from forms.schema import FormDefinition, Scope, definition_of
from foundation.editions.texts import in_language
from foundation.organisation.models import User


@dataclass(frozen=True)
class Difference:
    """One answer that differs. ``label`` says where: the field, and in rows the group and which row."""

    path: str
    label: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class Revision:
    """One state of the answers: which, by whom, when, why, and what it changed of the one before."""

    number: int
    answers: Mapping[str, Any]
    by: User | None
    at: datetime.datetime
    reason: str
    differences: tuple[Difference, ...] = ()


def revisions_of(submission: Submission, language: str, *, withheld: Collection[str] = ()) -> list[Revision]:
    """Return the revisions of a submission, oldest first; one query. Fields ``withheld`` show that they
    changed and not how.
    """
    stored = list(submission.revisions.select_related("by").order_by("number"))
    if not stored:
        first = SubmissionRevision(
            number=submission.revision,
            answers=submission.answers,
            by=submission.submitted_by,
            at=submission.submitted_at,
        )
        stored = [first]
    definition = definition_of(submission.edition)
    found: list[Revision] = []
    for row in stored:
        before = found[-1].answers if found else None
        changed = (
            tuple(differences(definition, before, row.answers, language, withheld=withheld))
            if before is not None
            else ()
        )
        found.append(Revision(row.number, row.answers, row.by, row.at, row.reason, changed))
    return found


def differences(
    definition: FormDefinition,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    language: str,
    *,
    withheld: Collection[str] = (),
) -> Iterator[Difference]:
    """Yield what differs between two states of the answers, in the order of the form."""
    yield from _Comparison(language, frozenset(withheld)).of(definition.form, before, after, "", "")


@dataclass(frozen=True)
class _Comparison:
    language: str
    withheld: frozenset[str]

    def of(
        self, scope: Scope, before: Mapping[str, Any], after: Mapping[str, Any], prefix: str, where: str
    ) -> Iterator[Difference]:
        for name, member in scope.members.items():
            old, new, path = before.get(name), after.get(name), f"{prefix}{name}"
            if old == new:
                continue
            if member.group is not None:
                yield from self._rows(scope.inner[name], old or [], new or [], path, where)
                continue
            asked = scope.fields[name]
            label = f"{where}{in_language(asked.label, self.language)}"
            if name in self.withheld:
                segments = [Segment("same", str(WITHHELD))]
            else:
                segments = asked.of_kind.difference(old, new, asked.settings, self.language)
            yield Difference(path, label, tuple(segments))

    def _rows(
        self, scope: Scope, old: list[Any], new: list[Any], path: str, where: str
    ) -> Iterator[Difference]:
        group = scope.group
        assert group is not None
        repeat = group.repeat
        title = in_language(group.title or {}, self.language) or path
        item = in_language((repeat.item if repeat else None) or group.title or {}, self.language) or path
        was = {row[ROW]: (number, row) for number, row in enumerate(old, 1)}
        now = {row[ROW]: (number, row) for number, row in enumerate(new, 1)}
        for name, (number, row) in was.items():
            if name not in now:
                gone = _("%(item)s %(number)d, taken out") % {"item": item, "number": number}
                inner = list(self.of(scope, row, {}, f"{path}/{name}/", f"{where}{gone} · "))
                yield from inner or [Difference(f"{path}/{name}", f"{where}{gone}", ())]
        for name, (number, row) in now.items():
            if (known := was.get(name)) is not None:
                place = _("%(item)s %(number)d") % {"item": item, "number": number}
                yield from self.of(scope, known[1], row, f"{path}/{name}/", f"{where}{place} · ")
            else:
                new_row = _("%(item)s %(number)d, added") % {"item": item, "number": number}
                inner = list(self.of(scope, {}, row, f"{path}/{name}/", f"{where}{new_row} · "))
                yield from inner or [Difference(f"{path}/{name}", f"{where}{new_row}", ())]
        kept = [name for name in was if name in now]
        if kept != [name for name in now if name in was]:
            yield Difference(
                path, f"{where}{title}", (Segment("same", _("The rows stand in another order.")),)
            )
