"""Requests to sign for tests, reached as the house reaches them: publication, holding, the plan carried out."""

from __future__ import annotations

import datetime
import itertools
from typing import Any

from backoffice.positions.models import PositionPage
from backoffice.positions.signoff import keeping, services
from backoffice.positions.signoff.enums import WhyAsked, WhyEnded
from backoffice.positions.signoff.models import SignOff
from foundation.organisation.models import Holding, User
from tests.factories.organisation import hold, make_user
from tests.factories.positions import make_published

_keys = itertools.count(1)


def make_request(page: PositionPage | None = None, *, person: User | None = None, **holding: Any) -> SignOff:
    """Ask somebody to sign the edition in force of ``page`` (a new one) and return the open request."""
    page = page or make_published()
    person = person or make_user()
    held = hold(person, page.position, **holding)
    keeping.carry_out(page.code)
    return SignOff.objects.get(holding_key=held.pk, state="open")


def make_due(request: SignOff, due_on: datetime.date) -> SignOff:
    """Ask the same holder again as if it had been done two weeks before ``due_on``; the first request is ended."""
    services.cancel(request=request.pk, why=WhyEnded.HOLDING_ENDED)
    holding = Holding.objects.select_related("person", "position").get(pk=request.holding_key)
    asked = datetime.datetime.combine(due_on - datetime.timedelta(days=14), datetime.time(9), datetime.UTC)
    return services.ask(
        holding=holding, edition=request.edition, why=WhyAsked(request.why), due_on=due_on, asked_at=asked
    )


def sign(request: SignOff, **more: Any) -> services.Receipt:
    """Sign as the holder does."""
    return services.sign(**answer_of(request, **more))


def refuse(request: SignOff, reason: str = "职责超出岗位", **more: Any) -> services.Receipt:
    """Refuse as the holder does."""
    return services.refuse(**answer_of(request, **more), reason=reason)


def answer_of(request: SignOff, **more: Any) -> dict[str, Any]:
    """Return what an answer needs, as the page sends it."""
    return {
        "uuid": request.uuid,
        "by": request.person,
        "seen_version": request.version,
        "edition_sha256": request.edition_sha256,
        "idempotency_key": f"answer-{next(_keys)}",
        **more,
    }
