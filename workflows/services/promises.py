"""The one door for promises that people record by hand, and the round of the worker that looks after all of them.

A promise is no change of its case: it has a stream of its own, and nobody who has the case open is overtaken by it.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from forms.fields.base import clean_text
from foundation.audit.exceptions import KeyReused
from foundation.audit.services import Actor, FieldChange, change_audited, remember, remembered
from foundation.notifying.services import tell
from foundation.organisation.models import User
from foundation.outbox.rounds import every
from workflows import rules
from workflows.exceptions import AnswersRefused, NotPermitted, RuleBroken
from workflows.models import Case, Promise
from workflows.promises import to_of, what_of
from workflows.services.promising import make as write
from workflows.services.promising import references_of, replace, settle, written
from workflows.services.record import MACHINE, locked, telling
from workflows.services.timing import clock_of

Status = Promise.Status
INTERVAL = dt.timedelta(minutes=1)
LONGEST_WHAT, LONGEST_TO, LONGEST_REASON = 300, 120, 500
FURTHEST = dt.timedelta(days=3660)
MOST = 500

logger = logging.getLogger("remit.promises")
refusals = logging.getLogger("remit.refusals")


@dataclass(frozen=True)
class Said:
    """What somebody says of a promise: what, to whom, by when, and when to be reminded of it (None: not at all)."""

    what: str
    to_whom: str
    due_at: dt.datetime | None
    remind_at: dt.datetime | None = None
    by: UUID | None = None
    """Who stands for it; None: whoever records it."""


def may_record(case: Case, user: User | rules.Acting) -> bool:
    """Say whether the person may record promises on the case: whoever takes part in its steps, while it is open."""
    return case.category != "final" and rules.works_on(case, user)


def may_settle(promise: Promise, case: Case, user: User | rules.Acting) -> bool:
    """Say whether the person may settle a promise made by hand: who stands for it, and who takes part in the case."""
    if promise.clock or not promise.owed:
        return False
    acting = rules.Acting.of(user, case)
    return promise.by_id in acting.people or rules.works_on(case, acting)


def record_promise(*, case_uuid: UUID, said: Said, by: User, idempotency_key: str) -> Promise:
    """Record that somebody was promised something about a case.

    Who may: ``may_record``, of a case they see. Records ``promise_made`` in a stream of its own. Raises
    ``CaseNotFound``, ``NotPermitted``, ``AnswersRefused`` (``what``, ``to_whom``, ``due``, ``remind``, ``by``),
    ``RuleBroken``; nothing is then changed.
    """

    def act(case: Case, acting: rules.Acting, key: str) -> tuple[Promise, Any]:
        if not may_record(case, acting):
            raise NotPermitted(
                _("Promises on case %(number)s are recorded by those who work on it, while it is open.")
                % {"number": case.number}
            )
        what, to_whom = clean_text(said.what, lines=False), clean_text(said.to_whom, lines=False)
        errors: dict[str, list[str]] = {}
        if not what:
            errors["what"] = [_("Say what is promised.")]
        if not to_whom:
            errors["to_whom"] = [_("Say to whom it is promised.")]
        _lengths(errors, what=(what, LONGEST_WHAT), to_whom=(to_whom, LONGEST_TO))
        due, remind = _times(said, errors)
        person = by
        if said.by is not None:
            found = User.objects.filter(uuid=said.by, is_active=True).first()
            if found is None or not rules.may_see(case, found):
                errors["by"] = [_("Choose somebody who sees this case.")]
            else:
                person = found
        _refuse(errors)
        assert due is not None
        promise = Promise(
            what=what, to_whom=to_whom, by=person, due_at=due, remind_at=remind, look_at=remind or due
        )
        return promise, write(promise, case, Actor.of(by), key=key)

    request = {"case": str(case_uuid), **_stored(said)}
    return _carried_out("made", case_uuid, request, by, idempotency_key, act)


def keep_promise(*, promise: Promise, by: User, idempotency_key: str) -> Promise:
    """Say that a promise made by hand was kept, in time or late. Raises as ``withdraw``."""

    def act(case: Case, acting: rules.Acting, key: str) -> tuple[Promise, Any]:
        found = _owed(promise, case, acting)
        return found, settle(found, case, Status.KEPT, Actor.of(by), now=timezone.now(), key=key)

    return _carried_out("kept", promise.case.uuid, {"promise": str(promise.uuid)}, by, idempotency_key, act)


def withdraw(*, promise: Promise, reason: str, by: User, idempotency_key: str) -> Promise:
    """Take a promise made by hand back, with the reason.

    Who may: ``may_settle``, of a case they see. Records ``promise_settled``. Raises ``CaseNotFound``, ``NotPermitted``,
    ``AnswersRefused`` (``reason``), ``RuleBroken`` for one that is settled; nothing is then changed.
    """
    said = clean_text(reason, lines=True)

    def act(case: Case, acting: rules.Acting, key: str) -> tuple[Promise, Any]:
        found = _owed(promise, case, acting)
        errors: dict[str, list[str]] = {}
        if not said:
            errors["reason"] = [_("Say why it is taken back.")]
        _lengths(errors, reason=(said, LONGEST_REASON))
        _refuse(errors)
        event = settle(found, case, Status.WITHDRAWN, Actor.of(by), now=timezone.now(), reason=said, key=key)
        return found, event

    request = {"promise": str(promise.uuid), "reason": said}
    return _carried_out("withdrawn", promise.case.uuid, request, by, idempotency_key, act)


def promise_anew(*, promise: Promise, said: Said, reason: str, by: User, idempotency_key: str) -> Promise:
    """Promise the same for another time and return the new promise; the old one stays, replaced or broken.

    What and to whom stay. Raises as ``withdraw`` (``due``, ``remind``, ``reason``).
    """
    why = clean_text(reason, lines=True)

    def act(case: Case, acting: rules.Acting, key: str) -> tuple[Promise, Any]:
        found = _owed(promise, case, acting)
        errors: dict[str, list[str]] = {}
        due, remind = _times(said, errors)
        if due is not None and due == found.due_at:
            errors["due"] = [_("This is the time it is promised for already.")]
        _lengths(errors, reason=(why, LONGEST_REASON))
        _refuse(errors)
        assert due is not None
        actor = Actor.of(by)
        replace(found, case, actor, now=timezone.now(), reason=why)
        fresh = Promise(
            what=found.what,
            to_whom=found.to_whom,
            by_id=found.by_id,
            due_at=due,
            remind_at=remind,
            look_at=remind or due,
        )
        return fresh, write(fresh, case, actor, replaced=found, key=key)

    request = {"promise": str(promise.uuid), "reason": why, **_stored(said)}
    return _carried_out("anew", promise.case.uuid, request, by, idempotency_key, act)


def _stored(said: Said) -> dict[str, str]:
    return {
        "what": said.what,
        "to": said.to_whom,
        "due": str(said.due_at),
        "remind": str(said.remind_at),
        "by": str(said.by or ""),
    }


def _carried_out(
    name: str,
    case_uuid: UUID,
    said: Mapping[str, str],
    by: User,
    idempotency_key: str,
    act: Callable[[Case, rules.Acting, str], tuple[Promise, Any]],
) -> Promise:
    """Do it in one transaction: the same request again is answered with what came of it the first time."""
    key = f"promise:{name}:{by.pk}:{idempotency_key}"
    try:
        with transaction.atomic():
            if (known := remembered(key, dict(said))) is not None:
                return Promise.objects.select_related("case").get(uuid=known.answer["promise"])
            case = locked(case_uuid)
            acting = rules.Acting(by, case.workflow)
            rules.check_may_see(case, acting)
            promise, event = act(case, acting, key)
            remember(key, dict(said), event, {"promise": str(promise.uuid)})
            return promise
    except NotPermitted:
        refusals.warning("refused promise %s case=%s user=%s: not permitted", name, case_uuid, by.pk)
        raise
    except KeyReused:
        raise RuleBroken(
            _("This page had been sent before with other content. Open it again and repeat your entry.")
        ) from None


def _owed(promise: Promise, case: Case, acting: rules.Acting) -> Promise:
    found = Promise.objects.select_for_update(of=("self",)).get(pk=promise.pk, case=case)
    if found.clock:
        raise RuleBroken(_("This promise is kept by a step of the workflow: take that step."))
    if not found.owed:
        raise RuleBroken(
            _("This promise is settled already: %(state)s.") % {"state": found.get_status_display()}
        )
    if not may_settle(found, case, acting):
        raise NotPermitted(
            _("This promise is settled by whoever stands for it, and by those who work on case %(number)s.")
            % {"number": case.number}
        )
    return found


def _times(said: Said, errors: dict[str, list[str]]) -> tuple[dt.datetime | None, dt.datetime | None]:
    now, due, remind = timezone.now(), said.due_at, said.remind_at
    if due is None:
        errors.setdefault("due", [_("Say by when: a day and a time.")])
    elif due <= now:
        errors["due"] = [_("That time is over. Promise one that is still to come.")]
    elif due > now + FURTHEST:
        errors["due"] = [_("Nobody can promise anything so many years ahead.")]
    elif remind is not None and remind <= now:
        remind = None  # promised for so soon that there is nothing to be reminded of
    return due, remind


def _lengths(errors: dict[str, list[str]], **texts: tuple[str, int]) -> None:
    for name, (text, most) in texts.items():
        if len(text) > most:
            errors[name] = [
                _("Shorten this to %(most)d characters; it has %(length)d now.")
                % {"most": most, "length": len(text)}
            ]


def _refuse(errors: dict[str, list[str]]) -> None:
    if errors:
        raise AnswersRefused(_("Please look at the answers marked below."), errors)


# --- the round of the worker ------------------------------------------------------------------------------------------


def sweep(now: dt.datetime | None = None) -> int:
    """Remind of promises, and mark those whose time is over as broken; return how many were looked after.

    Each in a transaction of its own, the case locked first; one that is being worked on waits for the next round, one
    that fails does not keep the others. Safe with several workers and at any time.
    """
    now = now or timezone.now()
    done = 0
    due = Promise.objects.filter(look_at__lte=now).order_by("look_at", "pk")
    for pk in list(due.values_list("pk", flat=True)[:MOST]):
        try:
            with transaction.atomic():
                done += _look_at(pk, now)
        except DatabaseError as fault:
            logger.warning("promise %s not looked at: %s", pk, type(fault).__name__)
        except Exception:
            logger.exception("promise %s failed", pk)
    return done


def _look_at(pk: int, now: dt.datetime) -> bool:
    case = (
        Case.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("edition", "assignee", "submission")
        .filter(promises=pk)
        .first()
    )
    promise = (
        Promise.objects.select_for_update(of=("self",))
        .filter(pk=pk, look_at__lte=now, settled_at=None)
        .first()
    )
    if case is None or promise is None:
        return False
    if promise.due_at < now:
        _break(promise, case, now)
    elif promise.remind_at is not None and promise.reminded_at is None:
        _remind(promise, case, now)
    else:
        return False  # its very last second
    return True


def _break(promise: Promise, case: Case, now: dt.datetime) -> None:
    was, promise.status = promise.status, Status.BROKEN
    promise.broken_at, promise.look_at = now, None
    _tell(promise, case, "promise.broken", "broken")
    change_audited(
        promise,
        kind="promise_broken",
        actor=Actor.system(MACHINE),
        changes=[FieldChange("promise.status", was, str(Status.BROKEN), promise.stream)],
        edition_sha256=case.edition.sha256,
        source_state=was,
        target_state=Status.BROKEN,
        references=references_of(promise, case),
    )


def _remind(promise: Promise, case: Case, now: dt.datetime) -> None:
    promise.reminded_at, promise.look_at = now, promise.due_at
    _tell(promise, case, "promise.reminded", "reminded")
    change_audited(
        promise,
        kind="promise_reminded",
        actor=Actor.system(MACHINE),
        edition_sha256=case.edition.sha256,
        references=references_of(promise, case) | {"due": written(promise.due_at)},
    )


def _tell(promise: Promise, case: Case, kind: str, key: str) -> None:
    """Tell whoever stands for it and whoever has the case; of what a clock tells people of anyway, nobody again."""
    clock = clock_of(case, promise.clock) if promise.clock else None
    if clock is not None and clock.due.roles:
        return
    people = {one.pk: one for one in (promise.by, case.assignee) if one is not None and one.is_active}
    values = {
        "promise": what_of(promise, localized=True),
        "to": to_of(promise, case, None) or "–",
        "due": promise.due_at,
    }
    tell(telling(case, kind, f"promise:{promise.uuid}:{key}", list(people.values()), values))


@every("promises", INTERVAL)
def look_after_promises() -> None:
    """Remind of promises and mark broken ones (round of the worker)."""
    sweep()
