"""The one door to the ledger for people: entries posted by hand, and entries taken back by others.

Steps post in their own transaction (``posting.post_of_step``), lists of payers through ``reconciliation``.
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forms.fields.base import FieldFault, clean_text
from forms.fields.money import MoneyField, MoneyOptions
from foundation.audit.exceptions import KeyReused
from foundation.audit.services import Actor, remembered
from foundation.editions.texts import in_language
from foundation.organisation.models import User
from workflows import rules
from workflows.definitions import definition_of
from workflows.exceptions import AnswersRefused, NotPermitted, RuleBroken
from workflows.models import Case
from workflows.models.amount import LARGEST
from workflows.models.ledger import ZERO
from workflows.schema import EntryKind, Ledger
from workflows.services.following import proceed
from workflows.services.posting import LONGEST_NOTE, LONGEST_REFERENCE, Line, changes_of, put
from workflows.services.record import (
    Receipt,
    Told,
    check_version,
    keep_receipt,
    locked,
    receipt_again,
    receipt_of,
    record,
    snapshot_of,
)

Act = Callable[[Case, rules.Acting, Ledger], tuple[Line, Told, str]]

refusals = logging.getLogger("remit.refusals")


def read_amount(text: str, currency: str) -> Decimal:
    """Return an amount as people write it; raises ``RuleBroken`` with a sentence, also for too many decimals."""
    kind = MoneyField()
    options = MoneyOptions.model_validate({"currency": currency, "max": str(LARGEST)})
    try:
        stored = kind.parse([text], options)
    except FieldFault as fault:
        raise RuleBroken(str(fault)) from None
    if stored is None:
        raise RuleBroken(_("Write the amount."))
    amount = Decimal(str(stored))
    if amount <= 0:
        raise RuleBroken(_("Write an amount above zero. What is wrong is taken back by a reversal."))
    return amount


def ledger_of(case: Case) -> Ledger:
    """Return the ledger of the case's workflow; raises ``RuleBroken`` where it has none."""
    ledger = definition_of(case.edition).ledger
    if ledger is None:
        raise RuleBroken(_("This workflow keeps no ledger."))
    return ledger


def kinds_by_hand(case: Case, user: User | rules.Acting) -> list[EntryKind]:
    """Return the kinds of entry the person may post to the case by hand."""
    ledger = definition_of(case.edition).ledger
    return (
        [kind for kind in ledger.kinds if kind.by_hand and rules.holds_any(user, kind.by_hand, case)]
        if ledger
        else []
    )


def may_reverse(case: Case, user: User | rules.Acting) -> bool:
    """Say whether the person may take entries of the case back."""
    ledger = definition_of(case.edition).ledger
    return ledger is not None and bool(ledger.reverses) and rules.holds_any(user, ledger.reverses, case)


def post_by_hand(
    *,
    case_uuid: UUID,
    kind: str,
    amount: str,
    posted_on: datetime.date | None,
    reference: str,
    note: str,
    by: User,
    seen_version: int,
    idempotency_key: str,
) -> Receipt:
    """Post one entry that no step posts.

    Who may: ``by_hand`` of the kind, towards a case they see. Changes: one entry, the account, and what the case then
    does by itself. Records: event ``case_posted``. Raises ``CaseNotFound``, ``Overtaken``, ``NotPermitted``,
    ``AnswersRefused``, ``RuleBroken``; nothing is then changed.
    """
    request = {
        "case": str(case_uuid),
        "kind": kind,
        "amount": amount,
        "posted_on": str(posted_on),
        "reference": reference,
        "note": note,
        "version": seen_version,
    }

    def act(case: Case, acting: rules.Acting, ledger: Ledger) -> tuple[Line, Told, str]:
        found = ledger.kind(kind)
        if found is None:
            raise RuleBroken(_("This ledger has no entries of that kind."))
        if found not in kinds_by_hand(case, acting):
            raise NotPermitted(
                _("“%(kind)s” on case %(number)s is not yours to post. It belongs to: %(roles)s.")
                % {
                    "kind": in_language(found.title),
                    "number": case.number,
                    "roles": "、".join(rules.role_names(found.by_hand)) or _("steps alone"),
                }
            )
        errors: dict[str, list[str]] = {}
        try:
            exact = read_amount(amount, ledger.currency)
        except RuleBroken as fault:
            errors["amount"], exact = [str(fault)], ZERO
        if posted_on is None:
            errors["posted_on"] = [_("Give the day it counts from.")]
        _check_texts(errors, reference=reference, note=note)
        if errors:
            raise AnswersRefused(_("Please look at the answers marked below."), errors)
        assert posted_on is not None
        line = Line(
            found, exact, posted_on, clean_text(reference, lines=False), clean_text(note, lines=False)
        )
        return line, Told(), "posted"

    return _posted(case_uuid, request, act, by, seen_version, idempotency_key)


def reverse(
    *,
    case_uuid: UUID,
    number: int,
    reason: str,
    by: User,
    seen_version: int,
    idempotency_key: str,
    posted_on: datetime.date | None = None,
) -> Receipt:
    """Take an entry back by another one of the same amount with the other sign, once.

    Who may: ``reverses`` of the ledger, towards a case they see. The reversal counts from ``posted_on``, without one
    from today; never from a day before the entry. Records: event ``case_reversed`` with the reason. Raises
    ``CaseNotFound``, ``Overtaken``, ``NotPermitted``, ``AnswersRefused``, ``RuleBroken``; nothing is then changed.
    """
    said = clean_text(reason, lines=True)
    request = {
        "case": str(case_uuid),
        "entry": number,
        "reason": said,
        "posted_on": str(posted_on),
        "version": seen_version,
    }

    def act(case: Case, acting: rules.Acting, ledger: Ledger) -> tuple[Line, Told, str]:
        if not may_reverse(case, acting):
            raise NotPermitted(
                _("Entries of case %(number)s are not yours to take back. It belongs to: %(roles)s.")
                % {
                    "number": case.number,
                    "roles": "、".join(rules.role_names(ledger.reverses)) or _("nobody"),
                }
            )
        errors: dict[str, list[str]] = {}
        if not said:
            errors["reason"] = [_("Say why the entry is taken back.")]
        _check_texts(errors, reason=said)
        if errors:
            raise AnswersRefused(_("Please look at the answers marked below."), errors)
        entry = case.ledger_entries.filter(number=number).select_related("reversed_by").first()
        if entry is None:
            raise RuleBroken(
                _("Case %(case)s has no entry %(number)s.") % {"case": case.number, "number": number}
            )
        if entry.reversal_of_id is not None:
            raise RuleBroken(_("A reversal is not taken back; post the right entry instead."))
        if hasattr(entry, "reversed_by"):
            raise RuleBroken(
                _("Entry %(number)s was taken back already, by entry %(other)s.")
                % {"number": number, "other": entry.reversed_by.number}
            )
        day = posted_on or timezone.localdate()
        if day < entry.posted_on:
            raise RuleBroken(
                _("Entry %(number)s counts from %(day)s; it cannot be taken back before.")
                % {"number": number, "day": entry.posted_on}
            )
        kind = ledger.kind(entry.kind) or EntryKind.model_construct(
            id=entry.kind, title={}, balance="notes", by_hand=()
        )
        line = Line(kind, -entry.amount, day, entry.reference, said, reversal_of=entry)
        return line, Told(reason=said, references={"entry": str(number)}), "reversed"

    return _posted(case_uuid, request, act, by, seen_version, idempotency_key)


def _check_texts(errors: dict[str, list[str]], **texts: str) -> None:
    for name, said in texts.items():
        most = LONGEST_REFERENCE if name == "reference" else LONGEST_NOTE
        if len(clean_text(said, lines=True)) > most:
            errors.setdefault(name, []).append(
                ngettext(
                    "Shorten this to %(most)d character; it has %(length)d now.",
                    "Shorten this to %(most)d characters; it has %(length)d now.",
                    most,
                )
                % {"most": most, "length": len(said)}
            )


def _posted(
    case_uuid: UUID, request: Mapping[str, Any], act: Act, by: User, seen_version: int, idempotency_key: str
) -> Receipt:
    try:
        with transaction.atomic():
            case = locked(case_uuid)
            key = f"ledger:{by.pk}:{idempotency_key}"
            if (known := remembered(key, request)) is not None:
                return receipt_again(known)
            acting = rules.Acting(by, case.workflow)
            rules.check_may_see(case, acting)
            check_version(case, seen_version)
            line, told, kind = act(case, acting, ledger_of(case))
            before = snapshot_of(case)
            entries = put({case: [line]}, by=by)[case.pk]
            event = record(
                case,
                before,
                kind,
                Actor.of(by),
                replace(told, changes=tuple(changes_of(entries, case.stream)), idempotency_key=key),
            )
            proceed(case, by)
            keep_receipt(key, request, event, case)
            return receipt_of(case, event)
    except NotPermitted:
        refusals.warning("refused case=%s ledger user=%s: not permitted", case_uuid, by.pk)
        raise
    except KeyReused:
        raise RuleBroken(
            _("This page had been sent before with other content. Look at the ledger and repeat your entry.")
        ) from None
