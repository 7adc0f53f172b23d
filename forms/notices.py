"""What forms say to people, and who may still see what they were told of. Registered when the app gets ready."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from foundation.notifying.kinds import FieldOfKind, Kind, Topic, register_kind, register_topic
from foundation.notifying.matters import register_matter

if TYPE_CHECKING:
    from foundation.organisation.models import User

DRAFT, SUBMISSION = "draft", "submission"

_FORM = {"form": FieldOfKind(_("title of the form"), _("Complaint"))}


def register() -> None:
    """Register the topic, its kinds, and who may see drafts and submissions."""
    register_topic(
        Topic(
            "requests",
            _("My requests"),
            help=_("What others hand in for you, and what becomes of your drafts."),
        )
    )
    register_kind(
        Kind(
            "request.for_you",
            "requests",
            _("Handed in for you"),
            _("“{form}” has been submitted for you: {number}"),
            _(
                "{person} has filled in “{form}” for you; its number is {number}.\n\n"
                "If something in it is wrong, correct it there or tell {person}."
            ),
            {
                **_FORM,
                "number": FieldOfKind(_("number of the request"), "TS-2026-0042"),
                "person": FieldOfKind(_("who did it"), _("Wang Fang")),
            },
        ),
        Kind(
            "request.draft_migrated",
            "requests",
            _("Draft follows a newer edition"),
            _("Your draft now follows a newer edition: {form}"),
            _(
                "The form “{form}” has changed, and your draft was taken over to the new edition. Look through it"
                " before you submit it: some questions may be new, and some answers may need another look."
            ),
            _FORM,
        ),
    )
    register_matter(DRAFT, _drafts)
    register_matter(SUBMISSION, _submissions)


def _drafts(user: User, ids: Collection[str]) -> set[str]:
    from forms.models import Draft  # models can be imported only once all apps are there

    return {
        str(one) for one in Draft.objects.filter(uuid__in=ids, person=user).values_list("uuid", flat=True)
    }


def _submissions(user: User, ids: Collection[str]) -> set[str]:
    """Their own, handed in by or for them; of others nobody is told."""
    from forms.models import Submission

    own = Submission.objects.filter(Q(submitted_by=user) | Q(on_behalf_of=user), uuid__in=ids)
    return {str(one) for one in own.values_list("uuid", flat=True)}
