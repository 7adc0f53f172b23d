"""The trail of a submission, for the auditor's pages: its events, in the words of the edition it was made
under.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from forms.models import Submission
from forms.presentation import summary_of
from forms.schema import FieldDefinition, FormDefinition, definition_of
from foundation.audit.queries import ChangeView, events_for_streams
from foundation.audit.trails import Subject, TrailChange, TrailEntry
from foundation.editions.texts import in_language

MOST = 100


def find(words: str) -> list[Subject]:
    """Return submissions whose number or form holds every word, newest first."""
    found = Submission.objects.select_related("edition")
    for word in words.split():
        found = found.filter(Q(number__icontains=word) | Q(form_key__icontains=word))
    return [_subject(submission, (submission.stream,)) for submission in found[:MOST]]


def subject(key: str) -> Subject | None:
    """Return the submission with this number, or None."""
    submission = _numbered(key)
    return _subject(submission, streams_of(submission)) if submission else None


def entries(key: str) -> list[TrailEntry]:
    """Return everything that happened to the submission with this number, what was said about it and who read
    it included, oldest first.
    """
    submission = _numbered(key)
    if submission is None:
        return []
    definition = definition_of(submission.edition)
    titles: Mapping[str, str] = {
        "submission_submitted": _("Submitted"),
        "submission_corrected": _("Corrected"),
        "submission_withdrawn": _("Withdrawn"),
        "submission_commented": _("Commented on"),
        "submission_read": _("Read"),
        "submission_printed": _("Printed"),
        "submission_anonymised": _("Anonymised after its retention period"),
        "submission_erased": _("Answers deleted after its retention period"),
        "comment_erased": _("Comment deleted after the retention period"),
        "hold_placed": _("Legal hold set"),
        "hold_lifted": _("Legal hold lifted"),
        "file_downloaded": _("Confidential file downloaded"),
        "file_viewed": _("Confidential picture looked at"),
        "file_infected": _("Virus found in a file; its content was removed"),
    }
    return [
        TrailEntry(
            at=event.at,
            who=event.actor,
            what=titles.get(event.kind, event.kind),
            changes=[_change(definition, change) for change in event.changes if change.path != "reason"],
            reason=_reason(event.changes),
            proof=event.hash,
            version=event.version,
        )
        for event in sorted(events_for_streams(streams_of(submission)), key=lambda event: event.at)
    ]


def streams_of(submission: Submission) -> tuple[str, ...]:
    """Return the chains that prove a submission: its own, its comments', holds', files' and readings'."""
    return (
        submission.stream,
        *submission.comments.values_list("stream", flat=True),
        *submission.holds.values_list("stream", flat=True),
        *(file.stream for file in submission.files.all()),
        f"reading:{submission.uuid}",
    )


def _reason(changes: Sequence[ChangeView]) -> str:
    said = next((change for change in changes if change.path == "reason"), None)
    if said is None:
        return ""
    return _("(erased)") if said.erased else str(said.after or "")


def _numbered(key: str) -> Submission | None:
    return Submission.objects.select_related("edition").filter(number=key).first()


def _subject(submission: Submission, streams: Sequence[str]) -> Subject:
    definition = definition_of(submission.edition)
    language = get_language() or ""
    words = [
        submission.number,
        in_language(definition.title),
        summary_of(definition, submission.answers, language),
    ]
    return Subject(key=submission.number, title=" ".join(word for word in words if word), streams=streams)


def _change(definition: FormDefinition, change: ChangeView) -> TrailChange:
    asked, label = _asked(definition, change.path)
    language = get_language() or ""

    def words(value: Any) -> str | None:
        if value is None:
            return None
        if asked is not None:
            return asked.of_kind.display(value, asked.settings, language)
        return _rows(value) if isinstance(value, list) else str(value)

    if change.erased:
        return TrailChange(label, _("(erased)"), _("(erased)"))
    return TrailChange(label, words(change.before), words(change.after))


def _asked(definition: FormDefinition, path: str) -> tuple[FieldDefinition | None, str]:
    """Return the field a path leads to, and what stands there called as people read it."""
    others = {
        "number": _("Number"),
        "text": pgettext("on a submission", "Comment"),
        "erased": _("Taken out"),
        "on_behalf_of": _("On behalf of"),
    }
    if not path.startswith("answers."):
        return None, others.get(path, path)
    place = path.removeprefix("answers.")
    member = definition.at(place)
    if member is None:
        return None, path
    if member.group is not None:
        return None, in_language(member.group.title or {}) or member.group.id
    assert member.field is not None
    label = in_language(member.field.label)
    group = definition.at(place.rpartition("/")[0].rpartition("/")[0]) if "/" in place else None
    if group is not None and group.group is not None:
        item = (group.group.repeat.item if group.group.repeat else None) or group.group.title or {}
        label = f"{in_language(item)} {place.split('/')[-2]} · {label}".strip()
    return member.field, label


def _rows(value: Sequence[Any]) -> str:
    """Return how many rows there were: what they held stands with each, or was told when it was handed in."""
    return ngettext("%(count)d entry", "%(count)d entries", len(value)) % {"count": len(value)}
