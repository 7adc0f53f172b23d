"""The one door for decisions and all else people do with an approval they are asked about.

同意 agree, 拒绝 refuse, 转交 hand over, 退回 send back, 撤回 withdraw, 催办 remind, 加签 add a signer, 抄送 copy.
Each is one transaction with the case locked and one event; what the approver saw is sealed into it. A decision is
never changed: whoever changes their mind makes a new one in a new round.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from foundation.audit import models as audit
from foundation.audit.services import Actor
from foundation.notifying.services import tell
from foundation.organisation.models import User
from workflows import rounds, rules, way
from workflows.content import seal_of
from workflows.exceptions import AnswersRefused, NotPermitted, Overtaken, RuleBroken
from workflows.machine import Machine, machine_of
from workflows.models import Case
from workflows.schema import Approval, Verb
from workflows.services.enclosures import AGREED, Given, enclose, read_given
from workflows.services.following import arrive, move, people_asked, proceed
from workflows.services.record import (
    Receipt,
    Snapshot,
    Told,
    open_round,
    put_round,
    record,
    send_notices,
    snapshot_of,
    tell_asked,
    telling,
)
from workflows.services.requests import Request, carry_out
from workflows.vocabulary import questions_form

MOST_SIGNERS = 20
"""People in one slot: more added signers than this are a mistake, not an approval."""
MOST_COPIED = 100


@dataclass
class _Desk:
    """A locked case in its stage, with what the verbs need of it."""

    case: Case
    machine: Machine
    approval: Approval
    round: rounds.Round
    before: Snapshot
    request: Request
    key: str

    @property
    def stage(self) -> str:
        return self.round.state

    @property
    def version(self) -> int:
        """The version of the event that will tell of this."""
        return self.case.version + 1


def agree(request: Request, *, answers: Mapping[str, Sequence[str]] | None = None) -> Receipt:
    """Agree (同意) to the stage the case is in. ``answers``: texts by question, where the stage asks any.

    Who may: those asked whose turn it is, or whoever acts for one of them today; never those whose matter it is,
    never one person twice in a round. Records: event ``case_agreed`` with the decision, sealed to the content. The
    case moves when the decisions suffice. Raises as ``refuse``, and ``AnswersRefused`` for answers that do not hold.
    """
    typed = answers or {}
    return _verb(
        "agreed",
        request,
        {"answers": {name: list(typed[name]) for name in sorted(typed)}},
        lambda desk: _decide(desk, "agreed", typed),
    )


def refuse(request: Request) -> Receipt:
    """Refuse (拒绝); the reason is required. Who may: as ``agree``, where the stage can be refused.

    Records: event ``case_refused``. Raises ``CaseNotFound``, ``Overtaken`` (the case moved, or what it says was
    changed since the person looked), ``NotPermitted``, ``AnswersRefused`` (no reason), ``RuleBroken``.
    """
    return _verb("refused", request, {}, lambda desk: _decide(desk, "refused", {}))


def _decide(
    desk: _Desk, verdict: Literal["agreed", "refused"], typed: Mapping[str, Sequence[str]]
) -> audit.Event:
    case, request, approval = desk.case, desk.request, desk.approval
    if verdict == "refused":
        if approval.refused is None:
            raise RuleBroken(_("This stage cannot be refused; send it back and say what has to change."))
        _check_reason(request, _("Say why you refuse."))
    at, seat, principal = _my_seat(desk)
    content = seal_of(case)
    if request.seen != content:
        raise Overtaken(
            _("What case %(number)s says was changed while you were reading it. Look again, then decide.")
            % {"number": case.number},
            case,
            request.seen_version,
        )
    given = Given()
    if verdict == "agreed":
        form = questions_form(desk.stage, desk.machine.definition.state(desk.stage).title, approval.asks)
        given = read_given(case, f"{desk.stage}{AGREED}", form, typed, request.by)
        case.answers = {**case.answers, **given.answers}
    current = rounds.decide(
        approval, desk.round, at, verdict, by=request.by.pk, version=desk.version, seen=content
    )
    put_round(case, current)
    decision = {
        "verdict": verdict,
        "stage": desk.stage,
        "round": current.number,
        "person": str(User.objects.values_list("uuid", flat=True).get(pk=seat.person)),
        "seen": content,
    }
    if current.status in ("agreed", "refused"):
        target = approval.agreed if current.status == "agreed" else approval.refused
        assert target is not None
        move(case, desk.machine, f"{desk.stage}.{current.status}", target)
        arrive(case, desk.machine)
    event = _record(desk, verdict, decision, principal, given.hashes)
    enclose(case, given)
    if principal is not None:
        _tell_principal(case, principal, request.by, verdict, event)
    return event


def hand_over(request: Request, *, to: UUID, instead_of: UUID | None = None) -> Receipt:
    """Hand what one is asked over (转交) to somebody else, who decides in one's place.

    Who may: those asked, where the stage allows it; and those who may give away what waits for others
    (``access.reassigns``), for the person ``instead_of``. Records: event ``case_handed_over``. Raises as ``refuse``.
    """

    def give(desk: _Desk) -> audit.Event:
        request = desk.request
        if instead_of is None:
            _check_verb(desk, "hand_over")
            at, seat, principal = _my_seat(desk)
        else:
            at, seat = _seat_of(desk, instead_of)
            principal = None
        person = _newcomer(desk, to)
        current = rounds.hand_over(
            desk.approval, desk.round, at, person.pk, by=request.by.pk, version=desk.version
        )
        put_round(desk.case, current)
        return _record(desk, "handed_over", _naming(desk, "handed_over", seat.person, person), principal)

    said = {"to": str(to), "instead_of": str(instead_of or "")}
    return _verb("handed_over", request, said, give)


def add_signer(request: Request, *, person: UUID, side: rounds.Side) -> Receipt:
    """Ask somebody else too (加签), before or after oneself; the stage then needs them as well.

    Who may: those asked, where the stage allows it. Records: event ``case_signer_added``. Raises as ``refuse``.
    """

    def add(desk: _Desk) -> audit.Event:
        _check_verb(desk, "add_signer")
        at, seat, principal = _my_seat(desk)
        if len(desk.round.slots[at[0]]) >= MOST_SIGNERS:
            raise RuleBroken(
                ngettext(
                    "No more than %(most)d person can be asked in one place.",
                    "No more than %(most)d people can be asked in one place.",
                    MOST_SIGNERS,
                )
                % {"most": MOST_SIGNERS}
            )
        newcomer = _newcomer(desk, person)
        put_round(desk.case, rounds.add_signer(desk.approval, desk.round, at, newcomer.pk, side))
        decision = {**_naming(desk, "signer_added", seat.person, newcomer), "side": side}
        return _record(desk, "signer_added", decision, principal)

    return _verb("signer_added", request, {"person": str(person), "side": side}, add)


def send_back(request: Request, *, to: str, straight: bool = False) -> Receipt:
    """Send the case back (退回) to state ``to``; the reason is required.

    ``to``: a stage the case has passed, or a state the stage names for it. ``straight``: once that is done the case
    comes straight back here (直达) instead of walking every stage again (重走). Who may: those asked, where the stage
    allows it. Records: event ``case_sent_back``. Raises as ``refuse``.
    """

    def back(desk: _Desk) -> audit.Event:
        case = desk.case
        _check_verb(desk, "send_back")
        _check_reason(desk.request, _("Say what has to change."))
        at, seat, principal = _my_seat(desk)
        if to not in ways_back(case):
            raise RuleBroken(_("The case cannot be sent back there from this stage."))
        done = rounds.send_back(
            desk.round, at, by=desk.request.by.pk, version=desk.version, seen=seal_of(case)
        )
        put_round(case, done)
        if straight:
            case.walked = replace(way.from_stored(case.walked), back={"after": to, "to": desk.stage}).stored()
        desk.machine.moves[f"{desk.stage}.sent_back"](case, to)
        arrive(case, desk.machine)
        decision = {**_naming(desk, "sent_back", seat.person), "to": to, "straight": straight}
        return _record(desk, "sent_back", decision, principal)

    return _verb("sent_back", request, {"to": to, "straight": straight}, back)


def ways_back(case: Case) -> list[str]:
    """Return the states the stage can send the case back to: those it names, then the stages passed, newest first."""
    machine = machine_of(case)
    approval = machine.approvals.get(case.state)
    if approval is None:
        return []
    passed = [one for one in reversed(way.from_stored(case.walked).path) if one in machine.approvals]
    return [one for one in dict.fromkeys((*approval.returns_to, *passed)) if one != case.state]


def withdraw(request: Request) -> Receipt:
    """Take one's own matter back (撤回).

    Who may: whoever submitted it, or it was submitted for, where the stage says where it goes then, and — unless it
    says always — before anybody has decided since it was handed in. Records: event ``case_withdrawn``.
    Raises as ``refuse``.
    """

    def take_back(desk: _Desk) -> audit.Event:
        case, approval = desk.case, desk.approval
        reason = why_not_withdrawn(case, desk.request.by)
        if reason:
            raise RuleBroken(reason)
        assert approval.withdraws_to is not None
        put_round(case, rounds.closed(desk.round, "withdrawn"))
        move(case, desk.machine, f"{desk.stage}.withdrawn", approval.withdraws_to)
        arrive(case, desk.machine)
        return _record(desk, "withdrawn", _naming(desk, "withdrawn", desk.request.by.pk), None)

    return _verb("withdrawn", request, {}, take_back)


def why_not_withdrawn(case: Case, by: User) -> str:
    """Return why the person cannot take the case back now; "" when they can."""
    current, approval = open_round(case), machine_of(case).approvals.get(case.state)
    if current is None or approval is None or approval.withdraws_to is None:
        return _("This case cannot be taken back as it stands now.")
    if by.pk not in rules.own_people(case):
        return _("Only whose matter it is can take it back.")
    if approval.withdraw == "before_decisions" and _decided_since_handed_in(case):
        return _(
            "Somebody has decided already, so it cannot be taken back any more; ask them to send it back."
        )
    return ""


def _decided_since_handed_in(case: Case) -> bool:
    """Say whether a decision stands in the approvals since the case last came to one from a state that is none."""
    machine = machine_of(case)
    stages = 0
    for state in reversed(way.from_stored(case.walked).path):
        if state not in machine.approvals:
            break
        stages += 1
    recent = [rounds.from_stored(one) for one in case.rounds[-stages:]] if stages else []
    return any(one.decided() for one in recent)


def remind(request: Request) -> Receipt:
    """Remind (催办) those whose decision the case waits for; at most once in the hours the stage says.

    Who may: whoever sees the case. Records: event ``case_reminded``. Raises as ``refuse``; ``RuleBroken`` says when
    the next one may be sent.
    """

    def urge(desk: _Desk) -> audit.Event:
        case = desk.case
        asked = desk.round.waiting()
        if not asked:
            raise RuleBroken(_("Nobody is asked now, so there is nobody to remind."))
        until = next_reminder(case)
        now = timezone.now()
        if until is not None and until > now:
            raise RuleBroken(
                _("A reminder was sent not long ago. The next one can be sent from %(time)s.")
                % {"time": timezone.localtime(until).strftime("%Y-%m-%d %H:%M")}
            )
        reminded = {"at": now.isoformat(), "round": desk.round.number}
        case.walked = replace(way.from_stored(case.walked), reminded=reminded).stored()
        event = _record(desk, "reminded", None, None)
        reason, state = desk.request.reason, desk.machine.definition.state(desk.stage)
        values = {"stage": state.title, "person": desk.request.by, **({"note": reason} if reason else {})}
        kind = "case.reminded_with_note" if reason else "case.reminded"
        people = list(User.objects.filter(pk__in=[seat.person for _slot, _place, seat in asked]))
        roles = desk.machine.approvals[desk.stage].roles
        tell(telling(case, kind, f"{event.stream_ver}:reminded", people, values, roles))
        return event

    return _verb("reminded", request, {}, urge)


def next_reminder(case: Case) -> datetime.datetime | None:
    """Return from when on those asked can be reminded again; None when they can be at once."""
    current, approval = open_round(case), machine_of(case).approvals.get(case.state)
    reminded = way.from_stored(case.walked).reminded
    if current is None or approval is None or not reminded or reminded["round"] != current.number:
        return None
    return datetime.datetime.fromisoformat(reminded["at"]) + datetime.timedelta(hours=approval.remind_hours)


def copy_to(request: Request, *, people: Sequence[UUID]) -> Receipt:
    """Let others know of the case (抄送): they see it from now on, and are told.

    Who may: those asked, where the stage allows it, and whose matter it is. Records: event ``case_copied``.
    Raises as ``refuse``.
    """

    def copy(desk: _Desk) -> audit.Event:
        case, by = desk.case, desk.request.by
        if by.pk not in rules.own_people(case):
            _check_verb(desk, "copy")
            _my_seat(desk)
        found = list(User.objects.filter(uuid__in=list(people), is_active=True).order_by("pk"))
        walked = way.from_stored(case.walked)
        fresh = [person for person in found if person.pk not in walked.copied]
        if not fresh:
            raise AnswersRefused(
                _("Choose whom to tell."), {"people": [_("Choose somebody new from the list.")]}
            )
        if len(walked.copied) + len(fresh) > MOST_COPIED:
            raise RuleBroken(
                ngettext(
                    "No more than %(most)d person can be told of one case.",
                    "No more than %(most)d people can be told of one case.",
                    MOST_COPIED,
                )
                % {"most": MOST_COPIED}
            )
        case.walked = replace(walked, copied=(*walked.copied, *(person.pk for person in fresh))).stored()
        event = _record(desk, "copied", None, None)
        tell(telling(case, "case.copied", f"{event.stream_ver}:copied", fresh, {"person": by}))
        return event

    return _verb("copied", request, {"people": sorted(str(one) for one in people)}, copy)


def ask_again(request: Request) -> Receipt:
    """Look up anew whom the stage asks, where nobody could be found when the case came to it, or those asked have left.

    Who may: those who may give away what waits for others (``access.reassigns``). Records: event
    ``case_asked_again``. Raises as ``refuse``.
    """

    def again(desk: _Desk) -> audit.Event:
        _check_reassigns(desk)
        asked = {seat.person for _slot, _place, seat in desk.round.waiting()}
        if User.objects.filter(pk__in=asked, is_active=True).exists():
            raise RuleBroken(_("Somebody is asked already; hand it over instead."))
        people = people_asked(desk.case, desk.approval)
        if not people:
            raise RuleBroken(_nobody(desk.approval))
        put_round(desk.case, rounds.closed(desk.round, "left"))
        fresh = rounds.begin(
            desk.approval,
            people,
            state=desk.stage,
            number=len(desk.case.rounds) + 1,
            began=desk.version,
            content=seal_of(desk.case),
        )
        put_round(desk.case, fresh)
        return _record(desk, "asked_again", None, None)

    return _verb("asked_again", request, {}, again)


def _nobody(approval: Approval) -> str:
    return _("Nobody can be asked: nobody here today holds %(roles)s, other than whose matter it is.") % {
        "roles": "、".join(rules.role_names(approval.roles))
    }


def may_decide(case: Case, user: User) -> bool:
    """Say whether the case waits for a decision that is this person's, for themselves or as a deputy."""
    current = open_round(case)
    return current is not None and not _why_not_mine(case, current, user)


def _verb(
    kind: str, request: Request, said: Mapping[str, Any], do: Callable[[_Desk], audit.Event]
) -> Receipt:
    def at_its_desk(case: Case, request: Request, key: str) -> audit.Event:
        machine = machine_of(case)
        approval, current = machine.approvals.get(case.state), open_round(case)
        if approval is None or current is None:
            raise RuleBroken(_("Case %(number)s waits for no decision now.") % {"number": case.number})
        event = do(_Desk(case, machine, approval, current, snapshot_of(case), request, key))
        proceed(case, request.by)
        return event

    return carry_out(kind, request, said, at_its_desk)


def _record(
    desk: _Desk,
    kind: str,
    decision: Mapping[str, Any] | None,
    principal: User | None,
    references: Mapping[str, str] | None = None,
) -> audit.Event:
    event = record(
        desk.case,
        desk.before,
        kind,
        Actor.of(desk.request.by, acting_for=principal.pk if principal else None),
        Told(
            reason=desk.request.reason,
            decision=decision,
            references=references or {},
            idempotency_key=desk.key,
        ),
    )
    tell_asked(desk.case, desk.before, event.stream_ver, desk.machine)
    if desk.case.state != desk.before.state:
        approval = desk.machine.approvals.get(desk.case.state)
        send_notices(desk.case, desk.case.state, approval.notices if approval else (), event.stream_ver)
    return event


def _my_seat(desk: _Desk) -> tuple[tuple[int, int], rounds.Seat, User | None]:
    """Return the seat that is the person's to decide now, their own before those they act for, and for whom they act.

    Raises ``NotPermitted``.
    """
    case, by = desk.case, desk.request.by
    why_not = _why_not_mine(case, desk.round, by)
    if why_not:
        raise NotPermitted(why_not)
    people = [by.pk, *rules.principals_of(by, case.workflow)]
    for person in people:
        for slot, place, seat in desk.round.waiting():
            if seat.person == person:
                return (slot, place), seat, None if person == by.pk else User.objects.get(pk=person)
    raise AssertionError("a seat of the person's was found a moment ago")


def _why_not_mine(case: Case, current: rounds.Round, by: User) -> str:
    if by.pk in rules.own_people(case):
        return _("It is your own matter: somebody else decides about it.")
    people = {by.pk, *rules.principals_of(by, case.workflow)} if by.is_active else set()
    if not any(seat.person in people for _slot, _place, seat in current.waiting()):
        return _("Case %(number)s does not wait for your decision.") % {"number": case.number}
    if any(seat.by == by.pk for seat in current.decided()):
        return _(
            "You have decided in this stage already. One person does not decide twice: whoever you act for decides "
            "themselves, or hands it over."
        )
    return ""


def _seat_of(desk: _Desk, person: UUID) -> tuple[tuple[int, int], rounds.Seat]:
    """Return the seat of somebody else, for those who may give it away."""
    _check_reassigns(desk)
    pk = User.objects.filter(uuid=person).values_list("pk", flat=True).first()
    for slot, place, seat in desk.round.waiting():
        if seat.person == pk:
            return (slot, place), seat
    raise RuleBroken(_("That person is not asked now."))


def _check_reassigns(desk: _Desk) -> None:
    if not rules.holds_any(desk.request.by, desk.machine.definition.access.reassigns, desk.case):
        raise NotPermitted(_("You may not give away what waits for others."))


def _newcomer(desk: _Desk, uuid: UUID) -> User:
    """Return the person who is to be asked. Raises ``AnswersRefused`` naming why they cannot be."""
    person = User.objects.filter(uuid=uuid, is_active=True).first()
    if person is None:
        why = _("Choose one of the people in the list.")
    elif person.pk in rules.own_people(desk.case):
        why = _("It is their own matter; choose somebody else.")
    elif any(
        seat.person == person.pk and seat.status not in ("handed_over", "void")
        for _slot, _place, seat in desk.round.seats()
    ):
        why = _("They are asked in this stage already; choose somebody else.")
    else:
        return person
    raise AnswersRefused(_("Please look at the answers marked below."), {"person": [why]})


def _check_verb(desk: _Desk, verb: Verb) -> None:
    if verb not in desk.approval.verbs:
        raise RuleBroken(_("This stage does not allow that."))


def _check_reason(request: Request, sentence: str) -> None:
    if not request.reason:
        raise AnswersRefused(sentence, {"reason": [_("Give a reason.")]})


def _naming(desk: _Desk, verdict: str, person: int, other: User | None = None) -> dict[str, Any]:
    named = {
        "verdict": verdict,
        "stage": desk.stage,
        "round": desk.round.number,
        "person": str(User.objects.values_list("uuid", flat=True).get(pk=person)),
    }
    return {**named, "other": str(other.uuid)} if other is not None else named


def _tell_principal(case: Case, principal: User, deputy: User, verdict: str, event: audit.Event) -> None:
    """Tell the person who was acted for what was decided in their name."""
    kind = "case.agreed_for_you" if verdict == "agreed" else "case.refused_for_you"
    tell(telling(case, kind, f"{event.stream_ver}:for:{principal.uuid}", [principal], {"deputy": deputy}))
