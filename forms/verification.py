"""What ``manage.py verify`` asks of this room: do the revisions say what their events say?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.utils.translation import gettext as _

from forms.models import SubmissionRevision
from forms.paths import flat, gathered
from forms.schema import definition_of
from foundation.audit.models import Event
from foundation.audit.queries import decoded
from foundation.audit.verification import Fault

TABLE = "formbuilder_submissionrevision"


def revision_faults(using: str = DEFAULT_DB_ALIAS) -> Iterator[Fault]:
    """Yield revisions whose answers are not those that the events up to theirs tell of; what was erased from
    an event is not asked of it.
    """
    stored = (
        SubmissionRevision.objects.using(using)
        .select_related("submission__edition")
        .order_by("submission_id", "number")
    )
    for _pk, rows in groupby(stored.iterator(500), key=lambda row: row.submission_id):
        yield from _of_submission(using, list(rows))


def _of_submission(using: str, rows: list[SubmissionRevision]) -> Iterator[Fault]:
    submission = rows[0].submission
    definition = definition_of(submission.edition)
    events = decoded(Event.objects.using(using).filter(stream=submission.stream).order_by("stream_ver"))
    told: dict[str, Any] = {}
    unknown: set[str] = set()
    states: dict[int, tuple[dict[str, Any], set[str]]] = {}
    for event in events:
        for change in event.changes:
            path = change.path.removeprefix("answers.")
            if path == change.path:
                continue
            if change.erased:
                unknown.add(path)
            elif isinstance(change.after, list) and (member := definition.at(path)) and member.group:
                _take_rows(told, definition, path, change.after)
            elif change.after is None:
                told.pop(path, None)
            else:
                told[path] = change.after
        states[event.version] = (dict(told), set(unknown))
    for row in rows:
        place = f"{submission.number} · {row.number}"
        if row.version not in states:
            yield Fault(TABLE, place, _("no event tells of this revision"))
            continue
        expected, skipped = states[row.version]
        if _known(flat(definition, row.answers), skipped) != _known(
            flat(definition, gathered(definition, expected)), skipped
        ):
            yield Fault(TABLE, place, _("the answers are not those its events tell of"))


def _take_rows(told: dict[str, Any], definition: Any, path: str, rows: list[Any]) -> None:
    """Take over the rows of a group: whole ones of the first event, or the names of one that corrects."""
    if rows and isinstance(rows[0], dict):
        told.update(flat(definition, {path: rows}))
    else:
        told[path] = rows


def _known(values: dict[str, Any], skipped: set[str]) -> dict[str, Any]:
    return {
        path: value
        for path, value in values.items()
        if not any(path == name or path.startswith(f"{name}/") for name in skipped)
    }
