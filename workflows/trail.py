"""The trail of a case, for the auditor's pages and for the case's own: its events, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

from forms.presentation import WITHHELD
from foundation.audit.models import Event
from foundation.audit.queries import ChangeView, EventView, decoded, events_of
from foundation.audit.trails import Subject, TrailChange, TrailEntry
from foundation.editions.texts import in_language
from foundation.organisation.models import User
from workflows.definitions import definition_of
from workflows.models import Case, CaseClock, Promise
from workflows.models.clock import stream_of as clock_stream_of
from workflows.schema import WorkflowDefinition

MOST = 100
_CLOCK_EVENTS = {
    "clock_warned": pgettext_lazy("of a clock", "Warned that time runs out"),
    "clock_due": pgettext_lazy("of a clock", "Time over"),
    "clock_escalated": pgettext_lazy("of a clock", "Told those above"),
    "clock_again": pgettext_lazy("of a clock", "Told again"),
    "clock_took": pgettext_lazy("of a clock", "Machine takes the step"),
    "clock_failed": pgettext_lazy("of a clock", "Could not do its work, tried again later"),
    "clock_recounted": pgettext_lazy("of a clock", "Calendar changed, reckoned anew"),
}
_PROMISE_EVENTS = {
    "promise_made": pgettext_lazy("of a promise", "Promised"),
    "promise_settled": pgettext_lazy("of a promise", "Promise settled"),
    "promise_broken": pgettext_lazy("of a promise", "Promise not kept in time"),
    "promise_moved": pgettext_lazy("of a promise", "Promised time moved with what it goes by"),
    "promise_reminded": pgettext_lazy("of a promise", "Reminded of the promise"),
    "promise_erased": pgettext_lazy("of a promise", "Words of the promise taken out, their time being over"),
}
LEDGER = "ledger."
PROMISE = "promise."


def find(words: str) -> list[Subject]:
    """Return cases whose number or subject holds every word, newest first."""
    found = Case.objects.select_related("submission").prefetch_related("promises")
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
    if case is None:
        return []
    told = [*events_of(case.stream), *events_of(clock_stream_of(case)), *promise_events(case)]
    return entries_of(case, sorted(told, key=lambda event: event.at))


def promise_events(case: Case) -> list[EventView]:
    """Return what became of the promises on a case, oldest first. Each promise has a stream of its own."""
    streams = list(case.promises.order_by().values_list("stream", flat=True))
    if not streams:
        return []
    return decoded(Event.objects.filter(stream__in=streams).order_by("pk"))


def entries_of(
    case: Case, events: Sequence[EventView], *, withheld: Collection[str] = ()
) -> list[TrailEntry]:
    """Return the events of a case in words: step, people, state, answers, reason; of the answers of the questions
    ``withheld`` only that they were given.
    """
    definition = definition_of(case.edition)
    names = {**_names(events), **_numbers(events)}
    return [
        TrailEntry(
            at=event.at,
            who=_who(event),
            what=event_title(definition, event.kind) + _of_clock(definition, event),
            changes=_changes(definition, event, names, withheld),
            reason=next((_reason(change) for change in event.changes if change.path == "reason"), ""),
            proof=event.hash,
            version=event.version,
        )
        for event in events
    ]


def event_title(definition: WorkflowDefinition, kind: str) -> str:
    """Return what an event of a case is called: the title of the step, or that the case was opened."""
    if kind in _CLOCK_EVENTS:
        return str(_CLOCK_EVENTS[kind])
    if kind in _PROMISE_EVENTS:
        return str(_PROMISE_EVENTS[kind])
    step_id = kind.removeprefix("case_")
    own = _own_titles()
    if step_id in own:
        return own[step_id]
    return next((in_language(step.title) for step in definition.transitions if step.id == step_id), kind)


def _of_clock(definition: WorkflowDefinition, event: EventView) -> str:
    """Return which clock an event of clocks speaks of."""
    speaks = event.kind.startswith(("clock_", PROMISE[:-1] + "_"))
    name = event.references.get("clock") if speaks else None
    return f" · {clock_title(definition, name)}" if name else ""


def clock_title(definition: WorkflowDefinition, clock_id: str) -> str:
    """Return what people call a clock; its id where the edition knows it no more."""
    return next((in_language(one.title) for one in definition.clocks if one.id == clock_id), clock_id)


def _clock(said: Mapping[str, Any]) -> str:
    """Return in one line how a clock stands."""
    words = [str(CaseClock.Status(said["state"]).label)]
    if said.get("outcome"):
        words = [str(CaseClock.Outcome(said["outcome"]).label)]
    if said.get("due"):
        words.append(_("due %(time)s") % {"time": _moment(said["due"])})
    return " · ".join(words)


def _moment(said: str) -> str:
    return date_format(timezone.localtime(dt.datetime.fromisoformat(said)), "SHORT_DATETIME_FORMAT")


def _own_titles() -> dict[str, str]:
    """Return what the events are called that no definition names."""
    return {
        "opened": _("Case opened"),
        "agreed": pgettext("decision", "Agreed"),
        "refused": pgettext("decision", "Refused"),
        "handed_over": pgettext("decision", "Handed over"),
        "sent_back": pgettext("decision", "Sent back"),
        "withdrawn": pgettext("decision", "Taken back"),
        "reminded": pgettext("decision", "Reminded"),
        "signer_added": pgettext("decision", "Signer added"),
        "copied": pgettext("decision", "Copied to others"),
        "passed": pgettext("decision", "Stage passed over"),
        "asked_again": pgettext("decision", "Asked anew"),
        "given_on": pgettext("of cases", "Given to somebody else"),
        "linked": pgettext("of cases", "Linked"),
        "unlinked": pgettext("of cases", "Link removed"),
        "merged": pgettext("of cases", "Merged"),
        "split": pgettext("of cases", "Split"),
        "migrated": pgettext("of cases", "Moved to another edition"),
        "corrected": pgettext("of cases", "Submission corrected"),
        "child_dropped": pgettext("of cases", "A case to be opened is not needed"),
        "restored": pgettext("of cases", "Moved back to its edition"),
        "posted": pgettext("of a ledger", "Entry posted"),
        "reversed": pgettext("of a ledger", "Entry taken back"),
        "reconciled": pgettext("of a ledger", "Posted from the payer's list"),
        "erased": pgettext("of cases", "Answers taken out, their time being over"),
    }


def _subject(case: Case) -> Subject:
    promises = [promise.stream for promise in case.promises.all()]
    return Subject(
        key=case.number,
        title=f"{case.number} {case.subject}",
        streams=(case.stream, case.submission.stream, clock_stream_of(case), *promises),
    )


def _reason(change: ChangeView) -> str:
    return _("(erased)") if change.erased else str(change.after)


def _who(event: EventView) -> str:
    if event.acting_for:
        return _("%(deputy)s for %(principal)s") % {"deputy": event.actor, "principal": event.acting_for}
    return event.actor


def _names(events: Sequence[EventView]) -> dict[str, str]:
    """Return the names of the people whom the changes name by their uuid; one query."""
    wanted = {
        value
        for event in events
        for change in event.changes
        for value in _people_in(change.path, change.before) | _people_in(change.path, change.after)
    }
    return (
        {str(person.uuid): str(person) for person in User.objects.filter(uuid__in=wanted)} if wanted else {}
    )


def _numbers(events: Sequence[EventView]) -> dict[str, str]:
    """Return the numbers of the cases that the changes of links name by their uuid; one query."""
    wanted = {
        link["case"]
        for event in events
        for change in event.changes
        if change.path == "links"
        for link in [*(change.before or ()), *(change.after or ())]
    }
    found = Case.objects.filter(uuid__in=wanted).values_list("uuid", "number") if wanted else ()
    return {str(uuid): number for uuid, number in found}


def _people_in(path: str, value: Any) -> set[str]:
    if not value:
        return set()
    if path in ("assignee", f"{PROMISE}by"):
        return {str(value)}
    if path in ("waiting_for", "copied"):
        return set(value)
    if path == "decision":
        return {str(value[name]) for name in ("person", "other") if value.get(name)}
    return set()


def _changes(
    definition: WorkflowDefinition,
    event: EventView,
    names: dict[str, str],
    withheld: Collection[str] = (),
) -> list[TrailChange]:
    questions = definition.questions()
    language = get_language() or ""

    def words(path: str, value: Any) -> str | None:
        if value is None:
            return None
        if path == "state":
            return _state(definition, value)
        if path in ("assignee", f"{PROMISE}by"):
            return names.get(str(value), str(value))
        if path == f"{PROMISE}due":
            return _moment(str(value))
        if path == f"{PROMISE}status":
            return str(Promise.Status(value).label)
        if path in ("waiting_for", "copied"):
            return "、".join(names.get(one, one) for one in value) or None
        if path == "decision":
            return _decision(definition, value, names)
        if path == "grade":
            return next((in_language(g.title) for g in definition.grades if g.id == value), str(value))
        if path == "links":
            return _links(value, names)
        if path.startswith("clocks."):
            return _clock(value) if isinstance(value, Mapping) else str(value)
        if path.startswith(LEDGER):
            return _entry(definition, value)
        question = questions.get(path.removeprefix("answers."))
        if question is not None and question.id in withheld:
            return str(WITHHELD)
        return question.of_kind.display(value, question.settings, language) if question else str(value)

    found = []
    for change in event.changes:
        if change.path in {"reason", "submission", "edition"}:
            continue
        question = questions.get(change.path.removeprefix("answers."))
        label = in_language(question.label) if question else _field_names().get(change.path, change.path)
        if change.path.startswith("clocks."):
            label = clock_title(definition, change.path.split(".")[1])
        if change.path.startswith(LEDGER):
            label = _("Ledger, entry %(number)s") % {"number": change.path.removeprefix(LEDGER)}
        if change.erased:
            found.append(TrailChange(label, _("(erased)"), _("(erased)")))
        else:
            found.append(
                TrailChange(label, words(change.path, change.before), words(change.path, change.after))
            )
    return found


def _entry(definition: WorkflowDefinition, said: Mapping[str, Any]) -> str:
    """Return an entry of the ledger in one line: kind, amount, from which day it counts, whose mark."""
    kind = definition.ledger.kind(said["kind"]) if definition.ledger else None
    parts = [
        in_language(kind.title) if kind else said["kind"],
        f"{Decimal(said['amount']):,} {said['currency']}",
        said["posted_on"],
        said["reference"],
    ]
    if said["reversal_of"] is not None:
        parts.append(_("takes entry %(number)s back") % {"number": said["reversal_of"]})
    return " · ".join(part for part in parts if part)


def _state(definition: WorkflowDefinition, state_id: Any) -> str:
    return next((in_language(one.title) for one in definition.states if one.id == state_id), str(state_id))


def _decision(definition: WorkflowDefinition, told: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Return a decision in one line: the stage, whose it was, to whom it went, and to what it is sealed."""
    parts = [_state(definition, told.get("stage"))]
    if told.get("why"):
        why = {
            "not_needed": _("not needed here"),
            "agreed_before": _("the same people had just agreed to the same"),
            "own_matter": _("only those whose matter it is could have been asked"),
        }
        parts.append(why.get(str(told["why"]), str(told["why"])))
    parts += [names.get(str(told[name]), str(told[name])) for name in ("person", "other") if told.get(name)]
    if told.get("to"):
        parts.append("→ " + _state(definition, told["to"]))
    if told.get("straight"):
        parts.append(_("comes straight back"))
    if told.get("seen"):
        parts.append(str(told["seen"])[:12])
    return " · ".join(parts)


def _links(value: Sequence[Mapping[str, str]], numbers: Mapping[str, str]) -> str | None:
    return "、".join(numbers.get(link["case"], link["case"]) for link in value) or None


def _field_names() -> dict[str, str]:
    return {
        "state": _("State"),
        "assignee": _("Assigned to"),
        "number": _("Number"),
        "decision": _("Decision"),
        "waiting_for": _("Waits for"),
        "copied": _("Copied to"),
        "grade": pgettext("of a case", "Grade"),
        "subject": _("Subject"),
        "links": _("Related cases"),
        f"{PROMISE}what": pgettext("of a promise", "What"),
        f"{PROMISE}to": pgettext("of a promise", "To whom"),
        f"{PROMISE}by": pgettext("of a promise", "By whom"),
        f"{PROMISE}due": pgettext("of a promise", "By when"),
        f"{PROMISE}status": pgettext("of a promise", "State"),
    }
