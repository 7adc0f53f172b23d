"""What people were told, as the worker passes it on."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from foundation.notifying.services import OUTWARD
from foundation.organisation.models import User
from foundation.outbox.models import Message
from foundation.outbox.services import deliver


def pass_on() -> None:
    """Do what the worker does after the commit with everything that was told."""
    for pk in list(Message.objects.filter(kind=OUTWARD, delivered_at=None).values_list("pk", flat=True)):
        assert deliver(pk)


def mails_written(to: User | None = None, **more: Any) -> QuerySet[Message]:
    """Return the mails written so far, once everything told was passed on; the oldest first."""
    pass_on()
    found = Message.objects.filter(kind="mail", **more).order_by("pk")
    return found.filter(payload__to=[to.email]) if to is not None else found
