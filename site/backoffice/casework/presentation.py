"""What the screens of cases show, as plain values: titles, chips, facts, the walked path, the timeline."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext

from backoffice.casework.timing import Due, dues_of
from backoffice.diagrams.drawing import Stop, drawing
from forms import rules
from forms.files.references import taken_by
from forms.presentation import Answered, Line, answered_groups
from forms.schema import definition_of as form_of
from forms.services.corrections import record_reading
from foundation.audit.models import Event
from foundation.audit.queries import EventView, decoded, events_of
from foundation.audit.trails import TrailChange
from foundation.editions.texts import in_language
from foundation.organisation.models import User
from workflows import way
from workflows.definitions import definition_of
from workflows.models import Case
from workflows.rules import role_names, withheld_answers
from workflows.trail import entries_of, promise_events
from workflows.vocabulary import labelled


@dataclass(frozen=True)
class Row:
    """One case in a list."""

    case: Case
    workflow: str
    state: str
    grade: GradeChip | None = None
    due: Due | None = None


@dataclass(frozen=True)
class Fact:
    """One answer as people read it."""

    label: str
    text: str


@dataclass(frozen=True)
class Stage:
    """One state of the workflow on the case's path: reached, here, or still ahead."""

    title: str
    standing: str


@dataclass(frozen=True)
class Happening:
    """One thing that happened to a case: what was said and given with it."""

    at: datetime.datetime
    who: str
    what: str
    reason: str
    tone: str
    icon: str
    facts: Sequence[Fact]
    files: Sequence[Line] = ()
    """What was given with it as files, to be opened."""


ICONS = {"final": "circle-check", "waiting": "hourglass", "open": "circle-dot"}
TONES = {"final": "done", "waiting": "waiting", "open": "open"}


def rows_of(cases: Iterable[Case]) -> list[Row]:
    """Return cases as list rows, in the language in use."""
    rows, listed = [], list(cases)
    dues = dues_of(listed)
    for case in listed:
        definition = definition_of(case.edition)
        state = in_language(definition.state(case.state).title)
        rows.append(Row(case, in_language(definition.title), state, grade_of(case), dues.get(case.pk)))
    return rows


def answered_of(case: Case, reader: User) -> list[Answered]:
    """Return the answers of the form that opened the case, in the words of its edition, as far as the reader may
    read them. Of confidential ones the reading is recorded.
    """
    form, language = form_of(case.submission.edition), get_language() or ""
    withheld = rules.withheld(case.submission, reader)
    record_reading(submission=case.submission, by=reader)
    return [
        group
        for page in form.pages
        for group in answered_groups(form, page, case.submission.answers, language, withheld=withheld)
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


def timeline_of(case: Case, reader: User) -> tuple[list[EventView], list[Happening]]:
    """Return the case's events, oldest first, and what happened, newest first, as far as the reader may read it."""
    withheld = withheld_answers(case, reader)
    events = events_of(case.stream)
    categories = {state.id: state.category for state in definition_of(case.edition).states}
    told = [
        Happening(
            at=entry.at,
            who=entry.who,
            what=entry.what,
            reason=entry.reason,
            tone=TONES.get(categories.get(event.target_state, ""), "ended"),
            icon=ICONS.get(categories.get(event.target_state, ""), "circle-dot"),
            facts=[
                Fact(change.label, _told(change))
                for change in entry.changes
                if change.after and change.label not in {line.label for line in files}
            ],
            files=files,
        )
        for event, entry in zip(events, entries_of(case, events, withheld=withheld), strict=True)
        for files in [files_in(case, event, withheld)]
    ]
    return events, told[::-1]


def promised_in(case: Case) -> list[Happening]:
    """Return what became of the promises on a case as its timeline tells it, newest first: of those that steps make
    and keep, only what no step tells.
    """
    events = [
        event
        for event in promise_events(case)
        if "clock" not in event.references or event.kind in ("promise_broken", "promise_reminded")
    ]
    tones = {"promise_broken": ("refused", "triangle-alert"), "promise_settled": ("done", "circle-check")}
    told = []
    for event, entry in zip(events, entries_of(case, events), strict=True):
        tone, icon = tones.get(event.kind, ("open", "handshake"))
        facts = [Fact(change.label, _told(change)) for change in entry.changes if change.after]
        told.append(Happening(entry.at, entry.who, entry.what, entry.reason, tone, icon, facts))
    return told[::-1]


def files_in(case: Case, event: EventView, withheld: Collection[str] = ()) -> list[Line]:
    """Return the answers of an event that are files or signatures, for ``templates/intake/_given.html``; none of those
    ``withheld``.
    """
    questions, language = definition_of(case.edition).questions(), get_language() or ""
    found = []
    for change in event.changes:
        asked = questions.get(change.path.removeprefix("answers."))
        if asked is not None and asked.id not in withheld and taken_by(asked).kinds and change.after:
            text = asked.of_kind.display(change.after, asked.settings, language)
            label = in_language(asked.label, language)
            found.append(Line(asked.id, label, text, True, asked.kind, change.after))
    return found


def _told(change: TrailChange) -> str:
    return f"{change.before} → {change.after}" if change.before else str(change.after)


GRADE_TONES = {"quiet": "ended", "notice": "open", "warning": "waiting", "danger": "refused"}


@dataclass(frozen=True)
class GradeChip:
    """How grave a case is: the word, and a key of the tones of states."""

    word: str
    category: str


def grade_of(case: Case) -> GradeChip | None:
    """Return the grade of a case, None where its workflow has none or none holds."""
    grade = next((one for one in definition_of(case.edition).grades if one.id == case.grade), None)
    return GradeChip(in_language(grade.title), GRADE_TONES[grade.tone]) if grade else None


def copied_of(case: Case) -> str:
    """Return the names of those the case was copied to."""
    copied = way.from_stored(case.walked).copied
    if not copied:
        return ""
    return "、".join(str(one) for one in User.objects.filter(pk__in=copied).order_by("full_name", "pk"))


def channel_of(case: Case) -> str:
    """Return how the case came to the house: through a link, in a sheet, from another case, or filled in here."""
    submission = case.submission
    if submission.access_id is not None:
        return pgettext("how a case came", "the public link")
    first = decoded(Event.objects.filter(stream=submission.stream, stream_ver=1))
    references = first[0].references if first else {}
    if "import" in references:
        return pgettext("how a case came", "a sheet that was taken in")
    if "case" in references:
        return pgettext("how a case came", "case %(number)s") % {"number": references["case"]}
    if submission.on_behalf_of_id is not None:
        return pgettext("how a case came", "the form, filled in for somebody")
    return pgettext("how a case came", "the form")


def diagram_of(case: Case, events: Sequence[EventView]) -> SafeString:
    """Return the drawing of the workflow with the way the case has walked."""
    definition = definition_of(case.edition)
    keys = sorted(definition.roles())
    stops = [
        Stop(event.target_state, event.kind.removeprefix("case_"), event.at, event.actor)
        for event in events
        if event.target_state and (event.version == 1 or event.source_state != event.target_state)
    ]
    drawn = drawing(
        definition, roles=dict(zip(keys, role_names(keys), strict=True)), walked=stops, at=case.state
    )
    return drawn.svg


def given_of(case: Case, reader: User) -> list[Fact]:
    """Return the answers given with steps and decisions, in the order in which they are asked, as far as the reader may
    read them.
    """
    withheld = withheld_answers(case, reader)
    return [
        Fact(label, text)
        for label, text in labelled(
            definition_of(case.edition), case.answers, get_language() or "", withheld=withheld
        )
    ]
