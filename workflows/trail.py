"""The trail of a case, for the auditor's pages and for the case's own: its events, in words."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from foundation.audit.queries import EventView, events_of
from foundation.audit.trails import Subject, TrailChange, TrailEntry
from foundation.editions.texts import in_language
from foundation.organisation.models import User
from workflows.definitions import definition_of
from workflows.models import Case
from workflows.schema import WorkflowDefinition

MOST = 100


def find(words: str) -> list[Subject]:
    """Return cases whose number or subject holds every word, newest first."""
    found = Case.objects.select_related("submission")
    for word in words.split():
        found = found.filter(Q(number__icontains=word) | Q(subject__icontains=word))
    return [_subject(case) for case in found[:MOST]]


def subject(key: str) -> Subject | None:
    """Return the case with this number, or None."""
    case = Case.objects.select_related("submission").filter(number=key).first()
    return _subject(case) if case else None


def entries(key: str) -> list[TrailEntry]:
    """Return everything that happened to the case with this number, oldest first."""
    case = Case.objects.select_related("edition").filter(number=key).first()
    return entries_of(case, events_of(case.stream)) if case else []


def entries_of(case: Case, events: Sequence[EventView]) -> list[TrailEntry]:
    """Return the events of a case in words: step, people, state, answers, reason."""
    definition = definition_of(case.edition)
    names = _names(events)
    return [
        TrailEntry(
            at=event.at,
            who=_who(event),
            what=event_title(definition, event.kind),
            changes=_changes(definition, event, names),
            reason=next((str(change.after) for change in event.changes if change.path == "reason"), ""),
            proof=event.hash,
            version=event.version,
        )
        for event in events
    ]


def event_title(definition: WorkflowDefinition, kind: str) -> str:
    """Return what an event of a case is called: the title of the step, or that the case was opened."""
    if kind == "case_opened":
        return _("Case opened")
    step_id = kind.removeprefix("case_")
    return next((in_language(step.title) for step in definition.transitions if step.id == step_id), kind)


def _subject(case: Case) -> Subject:
    return Subject(
        key=case.number, title=f"{case.number} {case.subject}", streams=(case.stream, case.submission.stream)
    )


def _who(event: EventView) -> str:
    if event.acting_for:
        return _("%(deputy)s for %(principal)s") % {"deputy": event.actor, "principal": event.acting_for}
    return event.actor


def _names(events: Sequence[EventView]) -> dict[str, str]:
    wanted = {
        value
        for event in events
        for change in event.changes
        if change.path == "assignee"
        for value in (change.before, change.after)
        if value
    }
    return (
        {str(person.uuid): str(person) for person in User.objects.filter(uuid__in=wanted)} if wanted else {}
    )


def _changes(definition: WorkflowDefinition, event: EventView, names: dict[str, str]) -> list[TrailChange]:
    questions = {question.id: question for step in definition.transitions for question in step.asks}
    language = get_language() or ""

    def words(path: str, value: object) -> str | None:
        if value is None:
            return None
        if path == "state":
            return next((in_language(s.title) for s in definition.states if s.id == value), str(value))
        if path == "assignee":
            return names.get(str(value), str(value))
        question = questions.get(path.removeprefix("answers."))
        return question.of_kind.display(value, question.settings, language) if question else str(value)

    found = []
    for change in event.changes:
        if change.path in {"reason", "submission"}:
            continue
        question = questions.get(change.path.removeprefix("answers."))
        label = in_language(question.label) if question else _field_names().get(change.path, change.path)
        if change.erased:
            found.append(TrailChange(label, _("(erased)"), _("(erased)")))
        else:
            found.append(
                TrailChange(label, words(change.path, change.before), words(change.path, change.after))
            )
    return found


def _field_names() -> dict[str, str]:
    return {"state": _("State"), "assignee": _("Assigned to"), "number": _("Number")}
