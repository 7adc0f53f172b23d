"""Effects of kind ``mail``: payload ``to`` (a list), ``subject``, ``body``, optionally ``reply_to``."""

from __future__ import annotations

import hashlib
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage

from foundation.outbox.services import Payload, handles


@handles("mail")
def deliver(payload: Payload) -> None:
    """Send the mail. Its Message-ID comes from the key: sent twice, it is still one mail to the receiver's
    program.
    """
    EmailMessage(
        subject=" ".join(payload["subject"].split()),
        body=payload["body"],
        to=payload["to"],
        reply_to=payload.get("reply_to") or None,
        headers={"Message-ID": message_id(payload.key)},
    ).send()


def message_id(key: str) -> str:
    """Return the Message-ID for an effect's key."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{domain}>"
