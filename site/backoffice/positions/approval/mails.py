"""Mails of approval, through the outbox, each in the language of its reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from foundation.outbox.services import send

if TYPE_CHECKING:
    from backoffice.positions.approval.approvers import Asked
    from backoffice.positions.approval.models import ApprovalStep


def ask(step: ApprovalStep, asked: Asked) -> None:
    """Tell those who may decide that a text waits for them."""
    for approver in asked.approvers:

        def said(approver: Any = approver) -> tuple[str, str]:
            lines = [
                _("%(who)s submitted the position description “%(title)s” for approval.")
                % {"who": step.submitted_by, "title": step.page.title}
            ]
            if approver.acting_for is not None:
                lines.append(_("You are asked for %(absent)s.") % {"absent": approver.acting_for})
            if step.note:
                lines += ["", step.note]
            return _("For your approval: %(title)s") % {"title": step.page.title}, "\n".join(lines)

        _send(step, approver.person, "ask", said)


def tell_returned(step: ApprovalStep) -> None:
    """Tell who submitted the text that it came back, and why."""

    def said() -> tuple[str, str]:
        text = _("%(who)s returned the position description “%(title)s”.") % {
            "who": step.decided_by,
            "title": step.page.title,
        }
        return _("Returned: %(title)s") % {"title": step.page.title}, f"{text}\n\n{step.comment}"

    _send(step, step.submitted_by, "returned", said)


def tell_in_force(step: ApprovalStep, edition: Any) -> None:
    """Tell who submitted the text that it was approved and is published."""

    def said() -> tuple[str, str]:
        text = _(
            "%(who)s approved the position description “%(title)s”. Edition %(number)s takes effect on %(day)s."
        ) % {
            "who": step.decided_by,
            "title": step.page.title,
            "number": edition.number,
            "day": edition.effective_from.isoformat(),
        }
        subject = _("Approved: %(title)s") % {"title": step.page.title}
        return subject, f"{text}\n\n{step.comment}" if step.comment else text

    _send(step, step.submitted_by, "in_force", said)


def _send(step: ApprovalStep, person: Any, what: str, said: Callable[[], tuple[str, str]]) -> None:
    if not person.email:
        return
    with override(person.language or settings.LANGUAGE_CODE):
        subject, text = said()
        address = settings.BASE_URL + reverse("positions:approval", args=[step.uuid])
        send(
            "mail",
            key=f"approval:{step.uuid}:{what}:{person.uuid}",
            payload={"to": [person.email], "subject": subject, "body": f"{text}\n\n{address}\n"},
        )
