"""Effects of kind ``mail``: payload ``to`` (a list), ``subject``, ``body``, optionally ``reply_to``."""

from __future__ import annotations

import datetime
import hashlib
from email.utils import parseaddr
from smtplib import SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMessage

from foundation.outbox.services import Payload, Refused, handles

NOBODY_THERE = frozenset({550, 551, 553, 556})


GIVE_UP_AFTER = datetime.timedelta(days=3)
"""A mail server is back within a long weekend; a mail about a case is of no use after it."""


@handles("mail", give_up_after=GIVE_UP_AFTER)
def deliver(payload: Payload) -> None:
    """Send the mail. Its Message-ID comes from the key: sent twice, it is still one mail to the receiver's
    program. Raises ``Refused`` when the mail server knows nobody of that address.
    """
    message = EmailMessage(
        subject=" ".join(payload["subject"].split()),
        body=payload["body"],
        to=payload["to"],
        reply_to=payload.get("reply_to") or None,
        headers={"Message-ID": message_id(payload.key)},
    )
    try:
        message.send()
    except SMTPRecipientsRefused as refused:
        answers = [code for code, _said in refused.recipients.values()]
        if answers and all(code in NOBODY_THERE for code in answers):
            raise Refused(str(refused)) from refused
        raise


def message_id(key: str) -> str:
    """Return the Message-ID for an effect's key."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{domain}>"
