"""What workflows say to people: the topics, the kinds and their texts, and who may still see a case.

Registered when the app gets ready. Who is told, and when, stands in ``services.record`` and ``services.approvals``.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from foundation.notifying.enums import Pace
from foundation.notifying.kinds import FieldOfKind, Kind, Topic, register_kind, register_topic
from foundation.notifying.matters import register_matter

if TYPE_CHECKING:
    from foundation.organisation.models import User

MATTER, NOTICE = "case", "case.notice"

CASE_FIELDS = {
    "case.number": FieldOfKind(_("number of the case"), "TS-2026-0042"),
    "case.subject": FieldOfKind(_("what the case is about"), _("Noise from the front axle"), inner=True),
    "case.workflow": FieldOfKind(_("name of the workflow"), _("Complaint")),
    "case.state": FieldOfKind(_("where the case stands"), _("In review")),
}
"""Fields of everything that is said about a case."""

_CLOCK = {
    "clock": FieldOfKind(_("name of the clock"), _("Reply to the customer")),
    "due": FieldOfKind(_("when the time is over"), "2026-09-21 17:30"),
}
_PROMISE = {
    "promise": FieldOfKind(_("what is promised"), _("Call back about the estimate"), inner=True),
    "to": FieldOfKind(_("to whom it is promised"), _("Mr Wang"), inner=True),
    "due": FieldOfKind(_("when the promise falls due"), "2026-09-21 17:30"),
}
_PERCENT = {"percent": FieldOfKind(_("part of the time that has run, in percent"), "75")}
_STAGE = {"stage": FieldOfKind(_("stage of the approval"), _("Approval by the manager"))}
_PERSON = {"person": FieldOfKind(_("who did it"), _("Wang Fang"))}
_DEPUTY = {"deputy": FieldOfKind(_("who acts for the reader"), _("Zhao Lei"))}
_OTHER = {"other": FieldOfKind(_("workflow of the case to be opened"), _("After-service follow-up"))}
_NEWCOMER = {"other": FieldOfKind(_("who has the case now"), _("Zhao Lei"))}
_WORDS = {"note": FieldOfKind(_("what they wrote"), _("Please have a look today."), inner=True)}


def register() -> None:
    """Register topics and kinds, and who may see a case."""
    register_topic(
        Topic(
            "decisions",
            _("Decisions asked of me"),
            help=_("A case waits for you, and reminders of it."),
            compulsory=True,
        )
    )
    register_topic(
        Topic("cases", _("Cases"), help=_("What workflows tell those who take part, and copies of cases."))
    )
    register_topic(
        Topic(
            "mentions", _("Notes that name me"), help=_("Somebody wrote @ and your name in a note on a case.")
        )
    )
    register_topic(
        Topic(
            "clocks",
            _("Time limits of cases"),
            help=_("Warnings before a time is over, and cases that are late; gathered to one mail an hour."),
            usual=Pace.HOURLY,
        )
    )
    register_topic(
        Topic(
            "promises",
            _("Promises"),
            help=_(
                "Promises of yours, and on cases you have: reminders of them, and those that were not kept."
            ),
        )
    )
    register_kind(
        Kind(
            "promise.reminded",
            "promises",
            _("Reminded of a promise"),
            _("A promise falls due"),
            _("{promise}: promised to {to} for {due}."),
            {**CASE_FIELDS, **_PROMISE},
        ),
        Kind(
            "promise.broken",
            "promises",
            _("Promise not kept"),
            _("A promise was not kept"),
            _("{promise}: promised to {to} for {due} and still owed. Do it, or agree on a new time."),
            {**CASE_FIELDS, **_PROMISE},
        ),
    )
    register_kind(
        Kind(
            "clock.warned",
            "clocks",
            _("Time runs out"),
            _("{clock}: {percent} % of the time has run"),
            _("Due {due}."),
            {**CASE_FIELDS, **_CLOCK, **_PERCENT},
        ),
        Kind(
            "clock.due",
            "clocks",
            _("Time over"),
            _("{clock}: the time is over"),
            _("It was due {due} and is still open."),
            {**CASE_FIELDS, **_CLOCK},
        ),
        Kind(
            "clock.escalated",
            "clocks",
            _("Time over, told to those above"),
            _("{clock}: late and still open"),
            _("It was due {due}. You are told as the next in line."),
            {**CASE_FIELDS, **_CLOCK},
        ),
        Kind(
            "clock.again",
            "clocks",
            _("Time over, told again"),
            _("{clock}: still open"),
            _("It was due {due}."),
            {**CASE_FIELDS, **_CLOCK},
        ),
    )
    register_kind(
        Kind(
            "case.asked",
            "decisions",
            _("Asked to decide"),
            _("“{stage}” waits for your decision"),
            _("Please look at it and decide."),
            {**CASE_FIELDS, **_STAGE},
        ),
        Kind(
            "case.asked_beside_deputy",
            "decisions",
            _("Asked to decide, with a deputy"),
            _("“{stage}” waits for your decision"),
            _("{deputy}, acting for you, can decide as well."),
            {**CASE_FIELDS, **_STAGE, **_DEPUTY},
        ),
        Kind(
            "case.asked_as_deputy",
            "decisions",
            _("Asked to decide as a deputy"),
            _("“{stage}” waits for your decision"),
            _("You act for {person}, who is asked to decide."),
            {**CASE_FIELDS, **_STAGE, **_PERSON},
        ),
        Kind(
            "case.reminded",
            "decisions",
            _("Reminded to decide"),
            _("Reminder: “{stage}” waits for your decision"),
            _("{person} asks you to look at it."),
            {**CASE_FIELDS, **_STAGE, **_PERSON},
        ),
        Kind(
            "case.reminded_with_note",
            "decisions",
            _("Reminded to decide, with a note"),
            _("Reminder: “{stage}” waits for your decision"),
            "{note}",
            {**CASE_FIELDS, **_STAGE, **_PERSON, **_WORDS},
        ),
        Kind(
            "case.mentioned",
            "mentions",
            _("Named in a note"),
            _("{person} names you in a note"),
            "{note}",
            {**CASE_FIELDS, **_PERSON, **_WORDS},
        ),
        Kind(
            "case.given",
            "cases",
            _("A case given to me"),
            _("This case is with you now"),
            _("{person} has given it to you: {note}"),
            {**CASE_FIELDS, **_PERSON, **_WORDS},
        ),
        Kind(
            "case.taken_off",
            "cases",
            _("A case of mine given to somebody else"),
            _("This case is with somebody else now"),
            _("{person} has given it to {other}: {note}"),
            {**CASE_FIELDS, **_PERSON, **_NEWCOMER, **_WORDS},
        ),
        Kind(
            "case.copied",
            "cases",
            _("Copied in"),
            _("For your information"),
            _("{person} wants you to know of this."),
            {**CASE_FIELDS, **_PERSON},
        ),
        Kind(
            "case.agreed_for_you",
            "cases",
            _("A deputy agreed"),
            _("Your deputy has decided for you"),
            _("{deputy} has agreed for you."),
            {**CASE_FIELDS, **_DEPUTY},
        ),
        Kind(
            "case.refused_for_you",
            "cases",
            _("A deputy refused"),
            _("Your deputy has decided for you"),
            _("{deputy} has refused for you."),
            {**CASE_FIELDS, **_DEPUTY},
        ),
        Kind(
            "case.ordered",
            "decisions",
            _("Asked to open a case"),
            _("“{other}” is asked of you"),
            _(
                "Please open it: the form is begun with what is known. It waits in your inbox until one of those "
                "asked has submitted it or it is not needed any more."
            ),
            {**CASE_FIELDS, **_OTHER},
        ),
        Kind(
            "case.order_dropped",
            "cases",
            _("A case you asked for is not opened"),
            _("“{other}” is not opened"),
            _("{person}: {note}"),
            {**CASE_FIELDS, **_OTHER, **_PERSON, **_WORDS},
        ),
        Kind(NOTICE, "cases", _("Notice of a workflow"), fields=CASE_FIELDS, given=True),
    )
    register_matter(MATTER, _seen_by)


def _seen_by(user: User, ids: Collection[str]) -> Collection[str]:
    from workflows.queries import cases_visible_to  # needs the models

    return {str(one) for one in cases_visible_to(user).filter(uuid__in=ids).values_list("uuid", flat=True)}
