"""What somebody sends about a case besides taking a step, and the frame in which each is carried out.

One transaction: idempotency key → lock and reload → may they know of it → whose it is → the version they saw → the
thing itself → receipt.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from forms.fields.base import clean_text
from foundation.audit import models as audit
from foundation.audit.exceptions import KeyReused
from foundation.audit.services import remembered
from foundation.organisation.models import User
from workflows import rules
from workflows.exceptions import NotPermitted, RuleBroken
from workflows.models import Case
from workflows.services.cases import check_length
from workflows.services.record import (
    Receipt,
    check_version,
    keep_receipt,
    locked,
    receipt_again,
    receipt_of,
)

refusals = logging.getLogger("remit.refusals")


@dataclass(frozen=True)
class Request:
    """What somebody sent: about which case, as they saw it, and why.

    ``seen`` is the hash of the content on their screen, where they decide about it.
    """

    case_uuid: UUID
    by: User
    seen_version: int
    idempotency_key: str
    reason: str = ""
    seen: str = ""


def carry_out(
    kind: str,
    request: Request,
    said: Mapping[str, Any],
    do: Callable[[Case, Request, str], audit.Event],
    *,
    check: Callable[[Case], None] = lambda case: None,
    beside: Collection[UUID] = (),
) -> Receipt:
    """Do what ``request`` asks, once for its idempotency key, and return the receipt.

    ``do`` takes the locked case, the request with its reason tidied, and the whole key, and returns the event it
    recorded; ``said`` is what the request says besides. ``check`` raises where it is not the person's to ask.
    ``beside``: other cases it is about; all are locked in the order of their ids. Raises ``CaseNotFound``,
    ``NotPermitted`` (noted in the log of refusals), ``Overtaken``, ``RuleBroken``; nothing is then changed.
    """
    request = replace(request, reason=clean_text(request.reason, lines=True))
    whole = {
        "case": str(request.case_uuid),
        "verb": kind,
        "version": request.seen_version,
        "seen": request.seen,
        "reason": request.reason,
        **said,
    }
    key = f"act:{request.by.pk}:{request.idempotency_key}"
    try:
        with transaction.atomic():
            if beside:
                every = Case.objects.filter(uuid__in={request.case_uuid, *beside}).order_by("pk")
                for uuid in every.values_list("uuid", flat=True):
                    locked(uuid)
            case = locked(request.case_uuid)
            if (known := remembered(key, whole)) is not None:
                return receipt_again(known)
            rules.check_may_see(case, request.by)
            check(case)
            check_version(case, request.seen_version)
            check_length(request.reason)
            event = do(case, request, key)
            keep_receipt(key, whole, event, case)
            return receipt_of(case, event)
    except NotPermitted:
        # Outside the transaction that it ended: the refusal is on record even though nothing was changed.
        refusals.warning(
            "refused case=%s verb=%s user=%s: not permitted", request.case_uuid, kind, request.by.pk
        )
        raise
    except KeyReused:
        raise RuleBroken(
            _("This page had been sent before with other content. Open the case again and repeat your entry.")
        ) from None
