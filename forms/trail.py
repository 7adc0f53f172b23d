"""The trail of a submission, for the auditor's pages: its events, in the words of the edition it was made
under.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from forms.models import Submission
from forms.presentation import summary_of
from forms.schema import FormDefinition, definition_of
from foundation.audit.queries import ChangeView, events_of
from foundation.audit.trails import Subject, TrailChange, TrailEntry
from foundation.editions.texts import in_language

MOST = 100


def find(words: str) -> list[Subject]:
    """Return submissions whose number or form holds every word, newest first."""
    found = Submission.objects.select_related("edition")
    for word in words.split():
        found = found.filter(Q(number__icontains=word) | Q(form_key__icontains=word))
    return [_subject(submission) for submission in found[:MOST]]


def subject(key: str) -> Subject | None:
    """Return the submission with this number, or None."""
    submission = _numbered(key)
    return _subject(submission) if submission else None


def entries(key: str) -> list[TrailEntry]:
    """Return everything that happened to the submission with this number, oldest first."""
    submission = _numbered(key)
    if submission is None:
        return []
    definition = definition_of(submission.edition)
    titles: Mapping[str, str] = {"submission_submitted": _("Submitted")}
    return [
        TrailEntry(
            at=event.at,
            who=event.actor,
            what=titles.get(event.kind, event.kind),
            changes=[_change(definition, change) for change in event.changes],
            proof=event.hash,
            version=event.version,
        )
        for event in events_of(submission.stream)
    ]


def _numbered(key: str) -> Submission | None:
    return Submission.objects.select_related("edition").filter(number=key).first()


def _subject(submission: Submission) -> Subject:
    definition = definition_of(submission.edition)
    language = get_language() or ""
    words = [
        submission.number,
        in_language(definition.title),
        summary_of(definition, submission.answers, language),
    ]
    return Subject(
        key=submission.number, title=" ".join(word for word in words if word), streams=(submission.stream,)
    )


def _change(definition: FormDefinition, change: ChangeView) -> TrailChange:
    asked = definition.by_id.get(change.path.removeprefix("answers."))
    label = in_language(asked.label) if asked else {"number": _("Number")}.get(change.path, change.path)

    def words(value: Any) -> str | None:
        if value is None:
            return None
        return asked.of_kind.display(value, asked.settings, get_language() or "") if asked else str(value)

    if change.erased:
        return TrailChange(label, _("(erased)"), _("(erased)"))
    return TrailChange(label, words(change.before), words(change.after))
