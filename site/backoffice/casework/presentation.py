"""What the screens of cases show, as plain values: titles, chips, facts, the walked path, the timeline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from backoffice.access.templatetags.remit import TimelineEntry
from forms.schema import definition_of as form_of
from foundation.audit.queries import EventView, events_of
from foundation.editions.texts import in_language
from workflows.definitions import definition_of
from workflows.models import Case
from workflows.trail import entries_of


@dataclass(frozen=True)
class Row:
    """One case in a list."""

    case: Case
    workflow: str
    state: str


@dataclass(frozen=True)
class Fact:
    """One answer as people read it."""

    label: str
    text: str
    wide: bool = False


@dataclass(frozen=True)
class Stage:
    """One state of the workflow on the case's path: reached, here, or still ahead."""

    title: str
    standing: str


ICONS = {"final": "circle-check", "waiting": "hourglass", "open": "circle-dot"}
TONES = {"final": "done", "waiting": "waiting", "open": "open"}


def rows_of(cases: Iterable[Case]) -> list[Row]:
    """Return cases as list rows, in the language in use."""
    rows = []
    for case in cases:
        definition = definition_of(case.edition)
        rows.append(Row(case, in_language(definition.title), in_language(definition.state(case.state).title)))
    return rows


def facts_of(case: Case) -> list[Fact]:
    """Return the answers of the form that opened the case, in the words of its edition."""
    language = get_language() or ""
    form = form_of(case.submission.edition)
    return [
        Fact(
            in_language(field.label),
            field.of_kind.display(case.submission.answers[name], field.settings, language),
            wide=field.kind == "long_text",
        )
        for name, field in form.by_id.items()
        if case.submission.answers.get(name) is not None
    ]


def path_of(case: Case, events: Sequence[EventView]) -> list[Stage]:
    """Return the states of the workflow in their order, each reached, here, or ahead."""
    reached = {event.target_state for event in events}
    return [
        Stage(
            in_language(state.title),
            "here" if state.id == case.state else ("reached" if state.id in reached else "ahead"),
        )
        for state in definition_of(case.edition).states
    ]


def timeline_of(case: Case) -> tuple[list[EventView], list[TimelineEntry]]:
    """Return the case's events, oldest first, and the timeline made of them, newest first."""
    events = events_of(case.stream)
    definition = definition_of(case.edition)
    categories = {state.id: state.category for state in definition.states}
    lines = []
    for event, entry in zip(events, entries_of(case, events), strict=True):
        category = categories.get(event.target_state, "")
        lines.append(
            TimelineEntry(
                at=entry.at,
                title=entry.what,
                who=entry.who,
                text=_("Reason: %(reason)s") % {"reason": entry.reason} if entry.reason else "",
                icon=ICONS.get(category, "circle-dot"),
                tone=TONES.get(category, "ended"),
                changes=entry.changes,
            )
        )
    return events, lines[::-1]
