"""What people can do with an approval, as buttons and pages offer it. The services decide again at every one."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from foundation.editions.texts import in_language
from foundation.organisation.models import User
from workflows import rounds, rules
from workflows.machine import machine_of
from workflows.models import Case
from workflows.services import approvals
from workflows.services.record import open_round


class Standing:
    """How one person stands towards the approval a case is in."""

    def __init__(self, case: Case, user: User) -> None:
        """Take the case, loaded with its edition and submission, and whose eyes it is for."""
        self.case, self.user = case, user
        self.machine = machine_of(case)
        self.approval = self.machine.approvals.get(case.state)
        self.round = open_round(case)

    @property
    def open(self) -> bool:
        """Whether the case is in an approval at all."""
        return self.approval is not None and self.round is not None

    @cached_property
    def mine(self) -> bool:
        """Whether the person decides now, for themselves or for somebody."""
        return self.open and approvals.may_decide(self.case, self.user)

    @cached_property
    def principal(self) -> User | None:
        """For whom the person would decide, where it is not asked of themselves."""
        if not self.mine or self.user.pk in self.waiting:
            return None
        for person in rules.principals_of(self.user, self.case.workflow):
            if person in self.waiting:
                return User.objects.get(pk=person)
        return None

    @property
    def waiting(self) -> list[int]:
        """The ids of those whose decision the case waits for."""
        return [seat.person for _slot, _place, seat in self.round.waiting()] if self.round else []

    @cached_property
    def people_waiting(self) -> list[User]:
        """Those whose decision the case waits for."""
        return list(User.objects.filter(pk__in=self.waiting).order_by("full_name", "pk"))

    @cached_property
    def own(self) -> bool:
        """Whether the case is the person's own matter."""
        return self.user.pk in rules.own_people(self.case)

    @cached_property
    def reassigns(self) -> bool:
        """Whether the person may give away what waits for others."""
        return rules.holds_any(self.user, self.machine.definition.access.reassigns, self.case)

    @cached_property
    def reminder_from(self) -> datetime.datetime | None:
        """From when on a reminder can be sent; None when it can be at once."""
        until = approvals.next_reminder(self.case)
        return until if until is not None and until > timezone.now() else None

    @cached_property
    def ways_back(self) -> list[tuple[str, str]]:
        """The states the case can be sent back to, with their titles."""
        return [
            (one, in_language(self.machine.definition.state(one).title))
            for one in approvals.ways_back(self.case)
        ]

    def allows(self, verb: str) -> bool:
        """Whether the stage allows a verb that it can leave out."""
        return self.approval is not None and verb in self.approval.verbs

    def barred(self) -> set[int]:
        """Return the ids of those who cannot be asked besides: whose matter it is, and who is asked already."""
        current = self.round or rounds.Round("", 0, 0, "")
        asked = {
            seat.person
            for _slot, _place, seat in current.seats()
            if seat.status not in ("handed_over", "void")
        }
        return asked | set(rules.own_people(self.case))


@dataclass(frozen=True)
class Verb:
    """One thing to do. ``slug`` stands in its address; ``asks`` names the parts of its page; ``reason`` says whether
    words are "required", "optional", or not taken at all ("").
    """

    slug: str
    title: str | Promise
    icon: str
    explained: str | Promise
    offered: Callable[[Standing], bool]
    asks: tuple[str, ...] = ()
    reason: str = "optional"
    tone: str = ""


VERBS: dict[str, Verb] = {
    verb.slug: verb
    for verb in (
        Verb(
            "agree",
            pgettext_lazy("decision", "Agree"),
            "check",
            _("Your decision is kept with what you read, word for word; it cannot be changed afterwards."),
            lambda one: one.mine,
            ("questions",),
            tone="primary",
        ),
        Verb(
            "refuse",
            pgettext_lazy("decision", "Refuse"),
            "x",
            _(
                "A refusal ends this stage by its rule; it cannot be taken back. To have something corrected, send "
                "it back instead."
            ),
            lambda one: one.mine and one.approval is not None and one.approval.refused is not None,
            reason="required",
            tone="danger",
        ),
        Verb(
            "send-back",
            pgettext_lazy("decision", "Send back"),
            "undo-2",
            _("Whoever has it then is told why, and hands it in again."),
            lambda one: one.mine and one.allows("send_back") and bool(one.ways_back),
            ("to", "straight"),
            reason="required",
        ),
        Verb(
            "hand-over",
            pgettext_lazy("decision", "Hand over"),
            "forward",
            _("Somebody else decides instead; the record keeps who gave it to whom."),
            lambda one: (
                (one.mine and one.allows("hand_over")) or (one.open and one.reassigns and bool(one.waiting))
            ),
            ("instead_of", "person"),
        ),
        Verb(
            "add-signer",
            pgettext_lazy("decision", "Add a signer"),
            "users",
            _("The stage then needs their agreement as well."),
            lambda one: one.mine and one.allows("add_signer"),
            ("person", "side"),
        ),
        Verb(
            "copy",
            pgettext_lazy("decision", "Copy to others"),
            "eye",
            _("They get a mail and can read the case from now on; nothing is asked of them."),
            lambda one: one.open and (one.own or (one.mine and one.allows("copy"))),
            ("people",),
        ),
        Verb(
            "remind",
            pgettext_lazy("decision", "Remind"),
            "clock",
            _("Those whose decision is missing get a mail."),
            lambda one: one.open and bool(set(one.waiting) - {one.user.pk}),
        ),
        Verb(
            "withdraw",
            pgettext_lazy("decision", "Take back"),
            "rotate-ccw",
            _("Nobody has to decide any more; it can be corrected and handed in again."),
            lambda one: one.open and one.own and not approvals.why_not_withdrawn(one.case, one.user),
        ),
        Verb(
            "ask-again",
            pgettext_lazy("decision", "Ask anew"),
            "refresh-cw",
            _("Looks up who holds the role today and asks them. First fill the position, or name a deputy."),
            lambda one: one.open and one.reassigns and not any(p.is_active for p in one.people_waiting),
            reason="",
        ),
    )
}


def offered(standing: Standing) -> list[Verb]:
    """Return what the person can do with the approval now, the decision itself first."""
    return [verb for verb in VERBS.values() if verb.offered(standing)] if standing.open else []
