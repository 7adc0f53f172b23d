"""Giving a case that one person has, or nobody yet, to another (转办), beside the steps of its workflow.

For those whom the definition lets give away what waits for others (``access.reassigns``); what is asked in an approval
is handed over there (``services.approvals``).
"""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from foundation.audit import models as audit
from foundation.audit.services import Actor
from foundation.notifying.services import tell
from foundation.organisation.models import User
from foundation.organisation.resolution import roles_of
from workflows import rules
from workflows.definitions import definition_of
from workflows.exceptions import AnswersRefused, NotPermitted, RuleBroken
from workflows.machine import machine_of
from workflows.models import Case
from workflows.services.record import Receipt, Told, open_round, record, snapshot_of, telling
from workflows.services.requests import Request, carry_out


def reassign(request: Request, *, to: UUID) -> Receipt:
    """Give the case to somebody else, who has it from now on; its state stays.

    Who may: ``access.reassigns``. To whom: to people here who could have been given it by the step it came with, or,
    where it came by none, who may take a step from where it stands. Changes: the assignee, and why. Records: event
    ``case_given_on``. Raises ``CaseNotFound``, ``NotPermitted``, ``Overtaken``, ``AnswersRefused``, ``RuleBroken``.
    After commit: whoever has it now, and whoever had it, are told, but not whoever gave it.
    """

    def give(case: Case, request: Request, key: str) -> audit.Event:
        if case.closed_at is not None:
            raise RuleBroken(_("Case %(number)s is closed.") % {"number": case.number})
        if open_round(case) is not None:
            raise RuleBroken(
                _("Case %(number)s waits for a decision: hand the decision over instead.")
                % {"number": case.number}
            )
        if not request.reason:
            raise AnswersRefused(
                _("Say why you give it to somebody else."), {"reason": [_("Give a reason.")]}
            )
        person = User.objects.filter(uuid=to).first()
        _check_newcomer(case, person)
        assert person is not None
        before, former = snapshot_of(case), case.assignee
        case.assignee = person
        case.why = {**case.why, "given_by": request.by.full_name or request.by.username}
        event = record(
            case, before, "given_on", Actor.of(request.by), Told(reason=request.reason, idempotency_key=key)
        )
        values = {"person": request.by, "note": request.reason}
        given = [person] if person != request.by else []
        taken = [former] if former is not None and former != request.by else []
        version = event.stream_ver
        tell(
            telling(case, "case.given", f"{version}:given", given, values),
            telling(case, "case.taken_off", f"{version}:taken", taken, {**values, "other": person}),
        )
        return event

    return carry_out("given_on", request, {"to": str(to)}, give, check=lambda case: _check_may(case, request))


def may_reassign(case: Case, user: User | rules.Acting) -> bool:
    """Say whether the person may give what waits for others to somebody else (``access.reassigns``)."""
    return rules.holds_any(user, definition_of(case.edition).access.reassigns, case)


def _check_may(case: Case, request: Request) -> None:
    if not may_reassign(case, request.by):
        roles = "、".join(rules.role_names(definition_of(case.edition).access.reassigns)) or _("nobody")
        raise NotPermitted(_("Giving this case to somebody else is for: %(roles)s.") % {"roles": roles})


def _check_newcomer(case: Case, person: User | None) -> None:
    """Raise ``AnswersRefused`` saying why the person cannot have the case."""
    if person is None or not person.is_active:
        why = _("Choose one of the people in the list.")
    elif person.pk == case.assignee_id:
        why = _("%(person)s has it already.") % {"person": person}
    elif not _could_have(case, person):
        why = _("%(person)s cannot have it: that is for %(roles)s.") % {
            "person": person,
            "roles": "、".join(rules.role_names(_roles_for(case))) or _("nobody"),
        }
    else:
        return
    raise AnswersRefused(_("Please look at the answers marked below."), {"person": [why]})


def _roles_for(case: Case) -> tuple[str, ...]:
    """Return the roles whose holders may have the case: as the step says it came with, or whoever goes on from here."""
    machine = machine_of(case)
    came = machine.specs.get(str(case.why.get("step", "")))
    if case.why.get("roles"):
        return tuple(case.why["roles"])
    if came is not None:
        return came.roles
    return tuple(sorted({role for step in machine.leaving(case.state) for role in step.roles}))


def _could_have(case: Case, person: User) -> bool:
    """Say whether one of the roles is theirs although the case is not: whoever has a case is not asked whether they
    may have it because they do.
    """
    skill = case.why.get("skill") if case.why.get("by_skill") == "must" else ""
    if skill and skill not in roles_of(person, workflow=case.workflow):
        return False
    had = case.assignee
    case.assignee = None
    try:
        if not rules.holds_any(person, _roles_for(case), case):
            return False
        case.assignee = person
        return rules.may_see(case, person)
    finally:
        case.assignee = had
