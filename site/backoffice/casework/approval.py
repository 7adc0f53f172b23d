"""The approval of a case as its page shows it: who is asked, who has decided, what each decision was sealed to."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from backoffice.casework.sealed import Content, Since
from foundation.audit.queries import EventView
from foundation.editions.texts import in_language
from foundation.organisation.deputising import DeputiesInForce
from foundation.organisation.models import User
from workflows import rounds
from workflows.definitions import definition_of
from workflows.models import Case
from workflows.rules import role_names
from workflows.schema import Approval, WorkflowDefinition

LOOKS = {
    "waiting": ("waiting", "hourglass"),
    "queued": ("ended", "circle-dot"),
    "agreed": ("done", "circle-check"),
    "refused": ("refused", "circle-x"),
    "handed_over": ("ended", "forward"),
    "skipped": ("done", "circle-check"),
    "void": ("ended", "circle-minus"),
    "open": ("waiting", "hourglass"),
    "sent_back": ("refused", "undo-2"),
    "withdrawn": ("ended", "undo-2"),
    "passed": ("ended", "circle-minus"),
    "left": ("ended", "circle-minus"),
    "ahead": ("ended", "circle-dot"),
}
MOST_AHEAD = 30
UNCHANGED = Since()


@dataclass(frozen=True)
class Asked:
    """One person asked in a stage, and what became of it.

    ``names``: whose name the record bears, "X for Y" where a deputy decided. ``deputies``: who can decide in their
    place today. ``came``: how they came in, where not by their role.
    """

    person: User | None
    names: str
    status: str
    word: str
    tone: str
    icon: str
    came: str = ""
    role: str = ""
    deputies: Sequence[User] = ()
    at: datetime.datetime | None = None
    reason: str = ""
    seal: str = ""
    since: Since = UNCHANGED


@dataclass(frozen=True)
class Stage:
    """One stage the case has come to, or has still before it (``status`` "ahead")."""

    title: str
    status: str
    word: str
    tone: str
    icon: str
    rule: str
    number: int = 0
    asked: Sequence[Asked] = ()
    nobody: str = ""
    roles: str = ""
    told: str = ""
    here: bool = field(default=False)


@dataclass(frozen=True)
class _Known:
    """What the stages of one case are told from, read once for all of them."""

    definition: WorkflowDefinition
    case: Case
    content: Content
    people: Mapping[int, User]
    deputies: Mapping[int, Sequence[User]]
    events: Mapping[int, EventView]
    reasons: Mapping[int, str]
    titles: Mapping[str, str]


def stages_of(case: Case, events: Sequence[EventView], content: Content) -> list[Stage]:
    """Return the approvals of a case in the order it came to them, then those it has still before it.

    The number of queries does not grow with stages or people.
    """
    definition = definition_of(case.edition)
    if not any(state.approval for state in definition.states):
        return []
    told = [rounds.from_stored(one) for one in case.rounds]
    people = _people(told)
    known = _Known(
        definition=definition,
        case=case,
        content=content,
        people=people,
        deputies=_deputies(case, told, people),
        events={event.version: event for event in events},
        reasons=_reasons(events),
        titles=_role_titles(definition),
    )
    return [*(_stage(known, one) for one in told), *_ahead(case, definition, known.titles)]


def _people(told: Iterable[rounds.Round]) -> Mapping[int, User]:
    wanted = {
        one
        for current in told
        for _slot, _place, seat in current.seats()
        for one in (seat.person, seat.by, seat.asked_by)
        if one is not None
    }
    return User.objects.in_bulk(wanted) if wanted else {}


def _deputies(
    case: Case, told: Sequence[rounds.Round], people: Mapping[int, User]
) -> Mapping[int, Sequence[User]]:
    """Return by person who acts for them today, of those whose decision the case waits for."""
    waiting = [people[seat.person] for _slot, _place, seat in told[-1].waiting()] if told else []
    found: dict[int, list[User]] = {}
    if waiting:
        for one in DeputiesInForce(timezone.localdate(), case.workflow).of(waiting):
            found.setdefault(one.principal.pk, []).append(one.deputy)
    return found


def _reasons(events: Sequence[EventView]) -> Mapping[int, str]:
    return {
        event.version: str(change.after)
        for event in events
        for change in event.changes
        if change.path == "reason" and change.after
    }


def _role_titles(definition: WorkflowDefinition) -> Mapping[str, str]:
    keys = sorted({role for state in definition.states if state.approval for role in state.approval.roles})
    return dict(zip(keys, role_names(keys), strict=True))


def _stage(known: _Known, current: rounds.Round) -> Stage:
    states = known.definition.states
    approval = next((state.approval for state in states if state.id == current.state), None)
    tone, icon = LOOKS[current.status]
    return Stage(
        title=_title(known.definition, current.state),
        status=current.status,
        word=round_word(current.status),
        tone=tone,
        icon=icon,
        rule=rule_words(approval, len(current.slots)) if approval else "",
        number=current.number,
        asked=[_asked(known, seat) for _slot, _place, seat in current.seats()],
        nobody=_nobody(current, approval, known.people, known.titles),
        roles="、".join(known.titles.get(role, role) for role in approval.roles) if approval else "",
        told=_passed(current),
        here=current.status == "open" and current.state == known.case.state,
    )


def _asked(known: _Known, seat: rounds.Seat) -> Asked:
    person, by = known.people.get(seat.person), known.people.get(seat.by or 0)
    event = known.events.get(seat.version or 0)
    decided = seat.status in ("agreed", "refused")
    tone, icon = LOOKS[seat.status]
    return Asked(
        person=person,
        names=acting(by, person) if decided else str(person or ""),
        status=seat.status,
        word=seat_word(seat.status),
        tone=tone,
        icon=icon,
        came=_came(seat, known.people),
        role=known.titles.get(seat.role, seat.role),
        deputies=known.deputies.get(seat.person, ()) if seat.status == "waiting" else (),
        at=event.at if event else None,
        reason=known.reasons.get(seat.version or 0, ""),
        seal=seat.seen,
        since=known.content.since(seat.seen) if decided else UNCHANGED,
    )


def acting(by: User | None, person: User | None) -> str:
    """Return whose name a decision bears: both where a deputy made it."""
    if by is None or person is None or by == person:
        return str(by or person or "")
    return _("%(deputy)s for %(principal)s") % {"deputy": by, "principal": person}


def _came(seat: rounds.Seat, people: Mapping[int, User]) -> str:
    by = people.get(seat.asked_by or 0)
    if by is None:
        return ""
    if seat.mark == "handed_over":
        return _("in place of %(person)s") % {"person": by}
    if seat.mark == "before":
        return _("added before %(person)s") % {"person": by}
    return _("added after %(person)s") % {"person": by}


def _nobody(
    current: rounds.Round, approval: Approval | None, people: Mapping[int, User], titles: Mapping[str, str]
) -> str:
    """Return whose role nobody holds who could be asked; "" while somebody can decide."""
    if approval is None or current.status != "open":
        return ""
    if any(people[seat.person].is_active for _slot, _place, seat in current.waiting()):
        return ""
    return "、".join(titles.get(role, role) for role in approval.roles)


def _passed(current: rounds.Round) -> str:
    if current.status == "passed":
        return _("Not needed here: the rule of the stage does not hold for this case.")
    statuses = {seat.status for _slot, _place, seat in current.seats()}
    if current.status == "agreed" and statuses and statuses <= {"skipped", "void"}:
        return _("The same people had just agreed to the same.")
    return ""


def _ahead(case: Case, definition: WorkflowDefinition, titles: Mapping[str, str]) -> list[Stage]:
    """Return the stages that follow if everybody agrees; those under a condition say so."""
    by_id = {state.id: state for state in definition.states}
    found, seen, at = [], {case.state}, by_id[case.state]
    while at.approval is not None and len(found) < MOST_AHEAD:
        at = by_id[at.approval.agreed]
        if at.id in seen or at.approval is None:
            break
        seen.add(at.id)
        tone, icon = LOOKS["ahead"]
        found.append(
            Stage(
                title=in_language(at.title),
                status="ahead",
                word=_("still ahead"),
                tone=tone,
                icon=icon,
                rule=rule_words(at.approval, 0),
                roles="、".join(titles.get(role, role) for role in at.approval.roles),
                told=_("Only under a condition.") if at.approval.when else "",
            )
        )
    return found


def _title(definition: WorkflowDefinition, state: str) -> str:
    return next((in_language(one.title) for one in definition.states if one.id == state), state)


def rule_words(approval: Approval, asked: int) -> str:
    """Return whose decisions suffice, in words; ``asked``: of how many, 0 where that is not known yet."""
    if asked == 1:
        return ""
    if approval.rule == "any":
        return _("One of them is enough")
    order = approval.order == "sequential"
    if approval.rule == "all":
        return _("All of them, one after the other") if order else _("All of them")
    if asked:
        needed = -(-asked * approval.percent // 100)
        return ngettext(
            "%(needed)d of %(asked)d has to agree", "%(needed)d of %(asked)d have to agree", needed
        ) % {"needed": needed, "asked": asked}
    return _("%(percent)d %% of them have to agree") % {"percent": approval.percent}


def round_word(status: str) -> str:
    """Return what became of a stage."""
    return {
        "open": pgettext("approval", "waits for a decision"),
        "agreed": pgettext("approval", "agreed"),
        "refused": pgettext("approval", "refused"),
        "sent_back": pgettext("approval", "sent back"),
        "withdrawn": pgettext("approval", "taken back"),
        "passed": pgettext("approval", "passed over"),
        "left": pgettext("approval", "ended without a decision"),
    }[status]


def seat_word(status: str) -> str:
    """Return how somebody stands in a stage."""
    return {
        "waiting": pgettext("approval", "is asked"),
        "queued": pgettext("approval", "comes later"),
        "agreed": pgettext("approval", "agreed"),
        "refused": pgettext("approval", "refused"),
        "handed_over": pgettext("approval", "handed over"),
        "sent_back": pgettext("approval", "sent back"),
        "skipped": pgettext("approval", "had just agreed to the same"),
        "void": pgettext("approval", "was not needed"),
    }[status]
