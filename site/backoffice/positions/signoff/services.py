"""The one door for requests to sign: ask, sign, refuse, remind, end, ask again.

Every function is one transaction: the locked row, its history, the event on the request's own stream, what follows
by mail. The state machine is small and stands in ``enums.SignOffState``: everything leaves ``open`` once and for ever.
"""

from __future__ import annotations

import datetime
import logging
import uuid as uuids
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from backoffice.positions.body import named
from backoffice.positions.signoff import loading, notices, planning, policy, rules
from backoffice.positions.signoff.enums import SignOffState, WhyAsked, WhyEnded
from backoffice.positions.signoff.exceptions import NotFound, NotPermitted, Overtaken, RuleBroken
from backoffice.positions.signoff.models import SignOff, SignOffPolicy
from backoffice.positions.signoff.planning import End
from backoffice.positions.signoff.rules import Eyes
from foundation.audit.exceptions import KeyReused
from foundation.audit.models import Event
from foundation.audit.services import (
    Actor,
    FieldChange,
    change_audited,
    create_audited,
    remember,
    remembered,
)
from foundation.editions.models import Edition
from foundation.editions.queries import body_of
from foundation.organisation.models import Holding, User

SYSTEM = Actor.system("sign-off")
LONGEST_REASON = 2000
refusals = logging.getLogger("remit.refusals")


@dataclass(frozen=True)
class Receipt:
    """What a decision left behind: the request as it stands, and the beginning of its event's hash."""

    sign_off: SignOff
    fingerprint: str


def statement_of(sign_off: SignOff) -> str:
    """Return the sentence that a signature stands under, in the language in use."""
    body = body_of(sign_off.edition)
    return _(
        "I have read and understood edition %(number)s of the position description “%(title)s” (%(document)s), "
        "effective from %(day)s, and have received a copy of it."
    ) % {
        "number": sign_off.edition.number,
        "title": named(body, "title"),
        "document": body.get("document_number") or body.get("code") or sign_off.edition.key,
        "day": date_format(sign_off.edition.effective_from, "DATE_FORMAT"),
    }


@transaction.atomic
def ask(
    *,
    holding: Holding,
    edition: Edition,
    why: WhyAsked,
    rules_on_dates: SignOffPolicy | None = None,
    due_on: datetime.date | None = None,
    note: str = "",
    by: User | None = None,
    asked_at: datetime.datetime | None = None,
) -> SignOff:
    """Ask the holder to sign ``edition``; who is to be asked is for ``planning`` to have said.

    Event ``sign_off_asked``. ``due_on`` keeps the day of the request this one takes the place of. Mails the holder.
    The database refuses a second open request for the same holding and edition.
    """
    at = asked_at or timezone.now()
    dates = rules_on_dates or policy.current()
    uuid = uuids.uuid4()
    sign_off = SignOff(
        uuid=uuid,
        stream=f"sign-off:{uuid}",
        holding_key=holding.pk,
        holding_kind=holding.kind,
        person=holding.person,
        position=holding.position,
        edition=edition,
        edition_sha256=edition.sha256,
        why=why,
        asked_at=at,
        due_on=due_on or policy.due_on(dates, timezone.localdate(at), edition.effective_from),
    )
    create_audited(
        sign_off,
        kind="sign_off_asked",
        actor=Actor.of(by) if by else SYSTEM,
        changes=[
            FieldChange("why", None, str(why), _subject(sign_off)),
            FieldChange("due_on", None, sign_off.due_on.isoformat(), _subject(sign_off)),
        ],
        edition_sha256=edition.sha256,
        target_state=sign_off.state,
        references=_references(sign_off),
    )
    notices.asked(sign_off, note)
    return sign_off


def sign(
    *, uuid: uuids.UUID, by: User, seen_version: int, edition_sha256: str, idempotency_key: str
) -> Receipt:
    """Sign: ``by`` confirms with the statement of the language in use that they read the edition.

    Who may: the holder, nobody else; that they gave their password is for the caller to have checked.
    ``edition_sha256`` names the text that was on the screen. Late when the due day has passed. Event
    ``sign_off_signed``, sealed over the row with statement and hash. The same key again returns the first receipt.
    Raises ``NotFound``, ``NotPermitted``, ``Overtaken`` (decided or ended meanwhile), ``RuleBroken``.
    """
    return _decide(
        uuid=uuid,
        by=by,
        seen_version=seen_version,
        edition_sha256=edition_sha256,
        idempotency_key=idempotency_key,
        state=SignOffState.SIGNED,
        reason="",
    )


def refuse(
    *, uuid: uuids.UUID, by: User, seen_version: int, edition_sha256: str, reason: str, idempotency_key: str
) -> Receipt:
    """Refuse to sign, with a reason; HR and the line manager are told by mail.

    Who may and what is raised as for ``sign``. Event ``sign_off_refused``.
    """
    reason = reason.replace("\0", "").replace("\r\n", "\n").strip()[:LONGEST_REASON]
    if not reason:
        raise RuleBroken(_("Say why you do not sign. HR and your line manager will read it."))
    return _decide(
        uuid=uuid,
        by=by,
        seen_version=seen_version,
        edition_sha256=edition_sha256,
        idempotency_key=idempotency_key,
        state=SignOffState.REFUSED,
        reason=reason,
    )


def _decide(
    *,
    uuid: uuids.UUID,
    by: User,
    seen_version: int,
    edition_sha256: str,
    idempotency_key: str,
    state: SignOffState,
    reason: str,
) -> Receipt:
    request = {"sign_off": str(uuid), "state": state.value, "edition": edition_sha256, "reason": reason}
    key = f"sign-off:{by.pk}:{idempotency_key}"
    try:
        with transaction.atomic():
            if (known := remembered(key, request)) is not None:
                return Receipt(_stored(uuid), known.answer["fingerprint"])
            sign_off = _locked(uuid)
            _check_may_answer(sign_off, by)
            _check_still_open(sign_off, seen_version)
            if edition_sha256 != sign_off.edition_sha256:
                raise RuleBroken(_("The page showed another text than the one to sign. Read it again below."))
            now = timezone.now()
            before = sign_off.state
            sign_off.state = state.value
            sign_off.decided_at = now
            sign_off.late = timezone.localdate(now) > sign_off.due_on
            sign_off.reason = reason
            sign_off.statement = statement_of(sign_off) if state == SignOffState.SIGNED else ""
            changes = [FieldChange("late", False, sign_off.late, _subject(sign_off))]
            if sign_off.statement:
                changes.append(FieldChange("statement", None, sign_off.statement, _subject(sign_off)))
            if reason:
                changes.append(FieldChange("reason", None, reason, _subject(sign_off)))
            event = change_audited(
                sign_off,
                kind=f"sign_off_{state.value}",
                actor=Actor.of(by),
                changes=changes,
                edition_sha256=sign_off.edition_sha256,
                source_state=before,
                target_state=sign_off.state,
                references=_references(sign_off),
                idempotency_key=key,
            )
            fingerprint = _fingerprint(event)
            remember(key, request, event, {"sign_off": str(uuid), "fingerprint": fingerprint})
            if state == SignOffState.REFUSED:
                notices.refused(sign_off)
            return Receipt(sign_off, fingerprint)
    except NotPermitted:
        # Outside the transaction that it ended: the attempt is noted even though nothing was changed.
        refusals.warning("refused sign-off=%s user=%s: not permitted", uuid, by.pk)
        raise
    except KeyReused:
        raise RuleBroken(
            _("This page had been sent before with another answer. Open the request again.")
        ) from None


def remind(*, uuid: uuids.UUID, eyes: Eyes) -> SignOff:
    """Remind the holder now, by mail. Who may: HR, and whoever leads the holder; once a day for each request.

    Event ``sign_off_reminded``. Raises ``NotFound``, ``NotPermitted``, ``RuleBroken`` (today already), ``Overtaken``.
    """
    with transaction.atomic():
        sign_off = _locked(uuid)
        if not eyes.may_see(sign_off):
            raise NotFound
        if not sign_off.is_open:
            raise Overtaken(_("This request is no longer open."), sign_off)
        if not eyes.may_remind(sign_off):
            raise NotPermitted(_("Reminding is for HR and for whoever leads the holder."))
        if rules.reminded_today(sign_off):
            raise RuleBroken(
                _("%(name)s was asked or reminded today already. One mail a day is enough.")
                % {"name": sign_off.person}
            )
        _remind(sign_off, Actor.of(eyes.user))
        return sign_off


def remind_by_clock(*, request: int, today: datetime.date) -> bool:
    """Remind by the rules on dates (``keeping`` found it due); return whether it was still to be done."""
    with transaction.atomic():
        sign_off = _rows().filter(pk=request).first()
        if sign_off is None or not sign_off.is_open or sign_off.reminded_on == today:
            return False
        _remind(sign_off, SYSTEM)
        return True


def _remind(sign_off: SignOff, actor: Actor) -> None:
    before = sign_off.reminded_on
    sign_off.reminded_on = timezone.localdate()
    sign_off.reminders += 1
    change = FieldChange(
        "reminded_on",
        before.isoformat() if before else None,
        sign_off.reminded_on.isoformat(),
        _subject(sign_off),
    )
    change_audited(sign_off, kind="sign_off_reminded", actor=actor, changes=[change])
    notices.reminded(sign_off)


def note_overdue(*, request: int, today: datetime.date) -> SignOff | None:
    """Put on record that the day passed without an answer. Event ``sign_off_overdue``; None when it is not so."""
    with transaction.atomic():
        sign_off = _rows().filter(pk=request).first()
        if (
            sign_off is None
            or not sign_off.is_open
            or sign_off.due_on >= today
            or sign_off.overdue_since is not None
        ):
            return None
        sign_off.overdue_since = sign_off.due_on + datetime.timedelta(days=1)
        change = FieldChange("overdue_since", None, sign_off.overdue_since.isoformat(), _subject(sign_off))
        change_audited(sign_off, kind="sign_off_overdue", actor=SYSTEM, changes=[change])
        return sign_off


def lapse(*, request: int, why: WhyEnded) -> SignOff | None:
    """Let a request end with its edition. Event ``sign_off_lapsed``; None when it is no longer open."""
    return _end(request, SignOffState.LAPSED, why)


def cancel(*, request: int, why: WhyEnded) -> SignOff | None:
    """Let a request end with the holding or the account. Event ``sign_off_cancelled``; None when not open."""
    return _end(request, SignOffState.CANCELLED, why)


@transaction.atomic
def _end(request: int, state: SignOffState, why: WhyEnded) -> SignOff | None:
    sign_off = _rows().filter(pk=request).first()
    if sign_off is None or not sign_off.is_open:
        return None
    sign_off.state = state.value
    sign_off.decided_at = timezone.now()
    sign_off.reason = why.value
    change_audited(
        sign_off,
        kind=f"sign_off_{state.value}",
        actor=SYSTEM,
        changes=[FieldChange("reason", None, why.value, _subject(sign_off))],
        source_state=SignOffState.OPEN.value,
        target_state=state.value,
        references=_references(sign_off),
    )
    return sign_off


def ask_again(*, uuid: uuids.UUID, eyes: Eyes) -> SignOff:
    """Ask anew after a refusal. Who may: HR. The refusal stays on record; the holder gets a request of today.

    Raises ``NotFound``, ``NotPermitted``, ``RuleBroken`` (not refused, asked again already, or nothing to sign any
    more).
    """
    with transaction.atomic():
        sign_off = _locked(uuid)
        if not eyes.may_see(sign_off):
            raise NotFound
        if not eyes.keeps:
            raise NotPermitted(_("Asking again is for HR."))
        if sign_off.state != SignOffState.REFUSED:
            raise RuleBroken(_("Only a refused request can be asked again."))
        later = SignOff.objects.filter(
            holding_key=sign_off.holding_key, edition=sign_off.edition, pk__gt=sign_off.pk
        )
        if later.exists():
            raise RuleBroken(_("%(name)s has been asked again already.") % {"name": sign_off.person})
        day = timezone.localdate()
        inputs = loading.load(day, [sign_off.position.code])[sign_off.position.code]
        # As if it stood open: would it have to end?
        asked = [
            planning.Asked(sign_off.pk, sign_off.holding_key, sign_off.edition_id, SignOffState.OPEN.value)
        ]
        if _ends(inputs, asked, day):
            raise RuleBroken(_("There is nothing to sign any more: the edition or the holding has ended."))
        holding = Holding.objects.select_related("person", "position").get(pk=sign_off.holding_key)
        return ask(holding=holding, edition=sign_off.edition, why=WhyAsked.ASKED_AGAIN, by=eyes.user)


def _ends(inputs: loading.Inputs, asked: Sequence[planning.Asked], day: datetime.date) -> bool:
    steps = planning.steps(day, texts=inputs.texts, live=inputs.live, held=inputs.held, asked=asked)
    return any(isinstance(step, End) for step in steps)


def _check_may_answer(sign_off: SignOff, by: User) -> None:
    """Raise unless it is the person's own; whoever may not even know of it learns nothing."""
    if rules.may_answer(sign_off, by):
        return
    if not by.is_active:
        raise NotFound
    from foundation.organisation.resolution import roles_of  # asked only for the refusal

    if Eyes(by, roles_of(by)).may_see(sign_off):
        raise NotPermitted(
            _("Only %(name)s can answer this. Nobody signs for another.") % {"name": sign_off.person}
        )
    raise NotFound


def _check_still_open(sign_off: SignOff, seen_version: int) -> None:
    """Raise ``Overtaken`` when it was decided or has ended, also where the clock has not come round to it yet.

    Reminders move the version on as well; they take nothing from what the person saw.
    """
    if not sign_off.is_open or seen_version > sign_off.version:
        raise Overtaken(
            _("This request has been answered or has ended meanwhile. See below how it stands."), sign_off
        )
    day = timezone.localdate()
    code = sign_off.position.code
    inputs = loading.load(day, [code])[code]
    own = [one for one in inputs.asked if one.id == sign_off.pk]
    if _ends(inputs, own, day):
        raise Overtaken(
            _("The edition was replaced or the holding has ended: there is nothing to sign here any more."),
            sign_off,
        )


def _rows() -> Any:
    return SignOff.objects.select_for_update(of=("self",)).select_related("person", "position", "edition")


def _locked(uuid: uuids.UUID) -> SignOff:
    found: SignOff | None = _rows().filter(uuid=uuid).first()
    if found is None:
        raise NotFound
    return found


def _stored(uuid: uuids.UUID) -> SignOff:
    return SignOff.objects.select_related("person", "position", "edition").get(uuid=uuid)


def _references(sign_off: SignOff) -> dict[str, str]:
    return {
        "position": sign_off.position.code,
        "edition": str(sign_off.edition.number),
        "person": str(sign_off.person.uuid),
    }


def _subject(sign_off: SignOff) -> str:
    return f"user:{sign_off.person_id}"


def _fingerprint(event: Event) -> str:
    return bytes(event.hash).hex()[:16]
