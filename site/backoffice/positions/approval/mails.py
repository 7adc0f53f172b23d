"""What approval tells people, each in the language they read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.positions.notices import APPROVAL
from foundation.notifying.services import Matter, Telling, tell
from foundation.notifying.wording import in_every_language

if TYPE_CHECKING:
    from backoffice.positions.approval.approvers import Asked
    from backoffice.positions.approval.models import ApprovalStep


def ask(step: ApprovalStep, asked: Asked) -> None:
    """Tell those who may decide that a text waits for them, and for whom they act."""
    told = {"person": step.submitted_by, "note": step.note}
    own = [approver.person for approver in asked.approvers if approver.acting_for is None]
    tell(
        _telling(step, "asked", "ask", own, told),
        *(
            _telling(
                step,
                "asked",
                f"ask:{approver.acting_for.uuid}",
                [approver.person],
                {
                    **told,
                    "acting": in_every_language(
                        lambda absent=approver.acting_for: (
                            _("You are asked for %(absent)s.") % {"absent": absent}
                        )
                    ),
                },
            )
            for approver in asked.approvers
            if approver.acting_for is not None
        ),
    )


def tell_returned(step: ApprovalStep) -> None:
    """Tell who submitted the text that it came back, and why."""
    told = {"person": step.decided_by, "note": step.comment}
    tell(_telling(step, "returned", "returned", [step.submitted_by], told))


def tell_in_force(step: ApprovalStep, edition: Any) -> None:
    """Tell who submitted the text that it was approved and is published."""
    told = {
        "person": step.decided_by,
        "note": step.comment,
        "edition": edition.number,
        "day": edition.effective_from,
    }
    tell(_telling(step, "approved", "in_force", [step.submitted_by], told))


def _telling(step: ApprovalStep, kind: str, key: str, people: list[Any], values: dict[str, Any]) -> Telling:
    return Telling(
        kind=f"position_approval.{kind}",
        key=f"approval:{step.uuid}:{key}",
        people=people,
        matter=Matter(
            APPROVAL, str(step.uuid), reverse("positions:approval", args=[step.uuid]), title=step.page.title
        ),
        values={"position": step.page.title, **values},
    )
