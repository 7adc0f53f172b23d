"""What this room says to people: topics, kinds and their texts, and who may still see what they were told of."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from foundation.notifying.kinds import FieldOfKind, Kind, Topic, register_kind, register_topic
from foundation.notifying.matters import register_matter

if TYPE_CHECKING:
    from foundation.organisation.models import User

SIGN_OFF, APPROVAL, DESCRIPTION, REPORT = "sign_off", "position_approval", "position", "sign_off_report"

_TITLE = {"position": FieldOfKind(_("title of the position"), _("Service adviser"))}
_EDITION = {**_TITLE, "edition": FieldOfKind(_("number of the edition"), 3)}
_DUE = {"due": FieldOfKind(_("day by which it is due"), "2026-12-01")}
_NOTE = {"note": FieldOfKind(_("what was written with it, or nothing"), _("Please read point 3."))}
_PERSON = {"person": FieldOfKind(_("who did it"), _("Wang Fang"))}


def register() -> None:
    """Register topics, kinds, and who may see what."""
    register_topic(
        Topic(
            "sign_offs",
            _("Signing position descriptions"),
            help=_("You are asked to read and sign, and reminders of it."),
            compulsory=True,
        )
    )
    register_topic(
        Topic(
            "approvals",
            _("Approving position descriptions"),
            help=_("Texts that wait, and what became of yours."),
        )
    )
    register_kind(*_sign_offs(), *_approvals())
    register_matter(SIGN_OFF, _sign_offs_seen)
    register_matter(APPROVAL, _approvals_seen)


def _sign_offs() -> tuple[Kind, ...]:
    return (
        Kind(
            "sign_off.asked",
            "sign_offs",
            _("Asked to sign"),
            _("Please sign: {position}, edition {edition}"),
            _(
                "You are asked to read and sign edition {edition} of the position description “{position}”. "
                "Please answer by {due}.\n\n{note}"
            ),
            {**_EDITION, **_DUE, **_NOTE},
        ),
        Kind(
            "sign_off.reminded",
            "sign_offs",
            _("Reminded to sign"),
            _("Reminder: please sign {position}, edition {edition}"),
            _("Your signature under “{position}”, edition {edition}, is due on {due}."),
            {**_EDITION, **_DUE},
        ),
        Kind(
            "sign_off.late",
            "sign_offs",
            _("Signature overdue"),
            _("Overdue: please sign {position}, edition {edition}"),
            _("Your signature under “{position}”, edition {edition}, was due on {due} and is missing."),
            {**_EDITION, **_DUE},
        ),
        Kind(
            "sign_off.informed",
            "sign_offs",
            _("New edition, nothing to sign"),
            _("For your information: {position}, edition {edition}"),
            _(
                "Edition {edition} of the position description “{position}” applies from {day}. Nothing in it "
                "changes what you have signed; no new signature is needed.\n\n{note}"
            ),
            {**_EDITION, **_NOTE, "day": FieldOfKind(_("day from which it applies"), "2026-12-01")},
        ),
        Kind(
            "sign_off.refused",
            "sign_offs",
            _("Signature refused"),
            _("Refused: {position}, edition {edition} ({person})"),
            _("{person} refused to sign edition {edition} of “{position}”. Reason: {reason}"),
            {**_EDITION, **_PERSON, "reason": FieldOfKind(_("reason"), _("Goes beyond the contract"))},
        ),
        Kind(
            "sign_off.overdue",
            "sign_offs",
            _("Signatures of others overdue"),
            _("Signatures overdue: {count}"),
            "{list}",
            {
                "count": FieldOfKind(_("how many"), 2),
                "list": FieldOfKind(_("who, what, and when it was due; one line each"), _("Wang Fang: …")),
            },
        ),
    )


def _approvals() -> tuple[Kind, ...]:
    return (
        Kind(
            "position_approval.asked",
            "approvals",
            _("Asked to approve a description"),
            _("For your approval: {position}"),
            _("{person} submitted the position description “{position}” for approval.\n{acting}\n\n{note}"),
            {
                **_TITLE,
                **_PERSON,
                **_NOTE,
                "acting": FieldOfKind(
                    _("for whom the reader acts, or nothing"), _("You are asked for Li Na.")
                ),
            },
        ),
        Kind(
            "position_approval.returned",
            "approvals",
            _("Description returned"),
            _("Returned: {position}"),
            _("{person} returned the position description “{position}”.\n\n{note}"),
            {**_TITLE, **_PERSON, **_NOTE},
        ),
        Kind(
            "position_approval.approved",
            "approvals",
            _("Description approved"),
            _("Approved: {position}"),
            _(
                "{person} approved the position description “{position}”. Edition {edition} takes effect on {day}."
                "\n\n{note}"
            ),
            {
                **_EDITION,
                **_PERSON,
                **_NOTE,
                "day": FieldOfKind(_("day from which it applies"), "2026-12-01"),
            },
        ),
    )


def _sign_offs_seen(user: User, ids: Collection[str]) -> set[str]:
    """Their own, and of those whom they lead or look after."""
    from backoffice.positions.signoff.models import SignOff
    from backoffice.positions.signoff.rules import Eyes
    from foundation.organisation.resolution import roles_of

    asked = SignOff.objects.filter(uuid__in=ids)
    found = asked.filter(Q(person=user) | Q(pk__in=Eyes(user, roles_of(user)).of_others().values("pk")))
    return _texts(found.values_list("uuid", flat=True))


def _approvals_seen(user: User, ids: Collection[str]) -> set[str]:
    """Those of ``approval.queries.step_for``, for many at once."""
    from backoffice.positions.approval.queries import steps_for
    from foundation.organisation.resolution import roles_of

    return _texts(steps_for(user, [UUID(one) for one in ids], roles_of(user)))


def _texts(uuids: Collection[UUID]) -> set[str]:
    return {str(one) for one in uuids}
