"""The log of what went out: its states, trying again, setting aside. For administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from foundation.audit.services import Actor, FieldChange, append, next_version
from foundation.notifying.models import Delivery
from foundation.outbox.services import try_again

if TYPE_CHECKING:
    from foundation.organisation.models import User

STREAM = "notifications:deliveries"
SET_ASIDE = "set_aside"
REASONS = {
    "left": _("has left, or has no address"),
    "hidden": _("may no longer see the matter"),
    SET_ASIDE: _("set aside by an administrator"),
}


class State(models.TextChoices):
    """How a delivery stands."""

    WAITING = "waiting", pgettext_lazy("delivery", "Waits for its time")
    UNDER_WAY = "under_way", pgettext_lazy("delivery", "Under way")
    FAILING = "failing", pgettext_lazy("delivery", "Being tried again")
    SENT = "sent", pgettext_lazy("delivery", "Sent")
    GIVEN_UP = "given_up", pgettext_lazy("delivery", "Given up")
    LEFT_OUT = "left_out", pgettext_lazy("delivery", "Left out")


_OPEN = Q(reason="", message__isnull=False, message__delivered_at__isnull=True)
_WHERE = {
    State.WAITING: Q(reason="", message__isnull=True),
    State.UNDER_WAY: _OPEN & Q(message__given_up_at__isnull=True, message__last_error=""),
    State.FAILING: _OPEN & Q(message__given_up_at__isnull=True) & ~Q(message__last_error=""),
    State.SENT: Q(reason="", message__delivered_at__isnull=False),
    State.GIVEN_UP: _OPEN & Q(message__given_up_at__isnull=False),
    State.LEFT_OUT: ~Q(reason=""),
}


def state_of(delivery: Delivery) -> State:
    """Return how a delivery stands; ``message`` must be loaded."""
    if delivery.reason:
        return State.LEFT_OUT
    message = delivery.message
    if message is None:
        return State.WAITING
    if message.delivered_at is not None:
        return State.SENT
    if message.given_up_at is not None:
        return State.GIVEN_UP
    return State.FAILING if message.last_error else State.UNDER_WAY


def log(*, state: str = "", channel: str = "", search: str = "") -> QuerySet[Delivery]:
    """Return deliveries, newest first: in a state, of a channel, to a person or robot, about a number."""
    rows = Delivery.objects.select_related("announcement", "person", "robot", "message")
    if state in State.values:
        rows = rows.filter(_WHERE[State(state)])
    if channel:
        rows = rows.filter(channel=channel)
    if search:
        rows = rows.filter(
            Q(person__full_name__icontains=search)
            | Q(person__full_name_en__icontains=search)
            | Q(person__username__icontains=search)
            | Q(robot__name__icontains=search)
            | Q(announcement__number__icontains=search)
        )
    return rows


def given_up() -> int:
    """Return how many deliveries nobody tries any more, and nobody has set aside. One query."""
    return Delivery.objects.filter(_WHERE[State.GIVEN_UP]).count()


def retry(*, by: User, uuid: UUID) -> bool:
    """Try a delivery again that fails or was given up, and record it; return whether there was anything to try.

    Raises ``Delivery.DoesNotExist``. A digest is tried as the one mail it is.
    """
    with transaction.atomic():
        delivery = Delivery.objects.select_related("message").get(uuid=uuid)
        if delivery.message is None or delivery.reason or not try_again(delivery.message):
            return False
        _record(by, "delivery_tried_again", delivery)
    return True


def set_aside(*, by: User, uuid: UUID) -> bool:
    """Take a delivery that was given up out of what is told as a trouble, and record it; return whether it was one.

    Raises ``Delivery.DoesNotExist``.
    """
    with transaction.atomic():
        delivery = Delivery.objects.select_related("message").get(uuid=uuid)
        if state_of(delivery) != State.GIVEN_UP:
            return False
        Delivery.objects.filter(pk=delivery.pk).update(reason=SET_ASIDE)
        _record(by, "delivery_set_aside", delivery)
    return True


def _record(by: User, kind: str, delivery: Delivery) -> None:
    append(
        stream=STREAM,
        version=next_version(STREAM),
        kind=kind,
        actor=Actor.of(by),
        changes=[FieldChange("delivery", None, str(delivery.uuid), STREAM)],
    )
