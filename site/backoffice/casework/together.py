"""Doing the same with several cases of the list: giving them to somebody, taking them on, reminding.

Each case is asked for by itself, through the service that does it for one: its own transaction, lock, permission and
event. What one refuses leaves the others done. Before anything is done it is tried and taken back, so that what is
promised is what the services say.
"""

from __future__ import annotations

import uuid as uuids
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_http_methods

from backoffice.access.long_select import LongSelect
from backoffice.casework.deciding import key_of, person_words, uuid_of, whole
from backoffice.casework.listed import listed_for
from backoffice.casework.presentation import Row, rows_of
from backoffice.casework.wanted import Wanted
from foundation.editions.models import Edition
from foundation.editions.queries import all_in_force
from foundation.organisation.models import User
from foundation.organisation.people import active_people
from workflows import rules
from workflows.definitions import definition_of
from workflows.exceptions import CaseNotFound, WorkflowError
from workflows.lists import load
from workflows.models import Case
from workflows.queries import Standings, decisions_waiting_for
from workflows.services import approvals
from workflows.services.reassigning import may_reassign, reassign
from workflows.services.record import Receipt, open_round
from workflows.services.requests import Request

MOST_AT_ONCE = 100


@dataclass(frozen=True)
class Deed:
    """What can be done with several cases. ``slug`` stands in its address."""

    slug: str
    title: str | Promise
    icon: str
    explained: str | Promise
    person: bool = False
    reason: bool = True
    """Whether a reason must be given; else a note may be."""


DEEDS = {
    deed.slug: deed
    for deed in (
        Deed(
            "give",
            pgettext_lazy("several cases", "Give to somebody"),
            "forward",
            gettext_lazy(
                "Whoever you choose has the cases from then on, and is told with your reason; so is whoever had "
                "them. Where a decision is waited for, they decide instead."
            ),
            person=True,
        ),
        Deed(
            "take",
            pgettext_lazy("several cases", "Assign to me"),
            "user-round",
            gettext_lazy("You have the cases from then on; whoever had them is told with your reason."),
        ),
        Deed(
            "remind",
            pgettext_lazy("several cases", "Remind"),
            "clock",
            gettext_lazy("Those whose decision is missing are told, with your note where you write one."),
            reason=False,
        ),
    )
}


@dataclass(frozen=True)
class Outcome:
    """What would come, or came, of one case. ``words``: why not, or what to quote."""

    row: Row
    done: bool
    words: str = ""
    seat: str = ""
    """What of the case is given: ``Seat``, or the person whose decision it is."""


class Seat:
    """What of a case is given: the case itself, or what is asked of whoever gives."""

    CASE, MINE = "case", "mine"


@dataclass(frozen=True)
class Order:
    """What was sent: the deed, the cases as the reader may see them, to whom, and why."""

    deed: Deed
    by: User
    cases: Sequence[Case]
    person: User | None
    reason: str
    back: str
    key: str
    too_many: bool

    @classmethod
    def of(cls, request: HttpRequest, deed: Deed) -> Order:
        """Return what was posted: the cases that were ticked, or all that the list shows."""
        posted, person = request.POST, None
        back = posted.get("back", "")[:1000]
        back = back if back.startswith("?") else ""
        if posted.get("every"):
            wanted = Wanted.read(QueryDict(back.removeprefix("?")))
            listed = listed_for(request.user, wanted, bound=MOST_AT_ONCE)
            # Without a filter that was meant there would be more cases than were seen.
            cases, too_many = ([] if listed.faults else load(listed.cases.ids)), listed.cases.more
        else:
            chosen = list(dict.fromkeys(one for text in posted.getlist("case") if (one := uuid_of(text))))
            too_many = len(chosen) > MOST_AT_ONCE
            known = dict(Case.objects.filter(uuid__in=chosen[:MOST_AT_ONCE]).values_list("uuid", "pk"))
            cases = load([known[one] for one in chosen if one in known])
            if posted.get("phase") != "do":
                cases = _seen(cases, request.user)
        if deed.slug == "take":
            person = request.user
        elif deed.person and (chosen_person := uuid_of(posted.get("do-person"))) is not None:
            person = User.objects.filter(uuid=chosen_person, is_active=True).first()
        return cls(
            deed, request.user, cases, person, posted.get("reason", ""), back, key_of(request), too_many
        )

    def seat_of(self, case: Case) -> str:
        """Return what of the case would be given. Sent along, so that the same page sent twice says the same."""
        current = open_round(case)
        if self.deed.slug == "remind" or current is None:
            return Seat.CASE
        waiting = [seat.person for _slot, _place, seat in current.waiting()]
        if len(waiting) == 1 and may_reassign(case, self.by):
            return str(User.objects.values_list("uuid", flat=True).get(pk=waiting[0]))
        return Seat.MINE

    def do(self, case: Case, seen_version: int, seat: str) -> Receipt:
        """Do it with one case; raises what the service of one case raises."""
        asked = Request(
            case_uuid=case.uuid,
            by=self.by,
            seen_version=seen_version,
            idempotency_key=f"{self.key[:40]}:{case.uuid.hex}",
            reason=self.reason,
        )
        if self.deed.slug == "remind":
            return approvals.remind(asked)
        assert self.person is not None
        if seat == Seat.CASE:
            return reassign(asked, to=self.person.uuid)
        return approvals.hand_over(asked, to=self.person.uuid, instead_of=uuid_of(seat))

    def tried(self) -> list[Outcome]:
        """Return what would come of each case; nothing of it stays."""
        found = []
        for case, row in zip(self.cases, rows_of(self.cases), strict=True):
            seat = self.seat_of(case)
            try:
                with transaction.atomic():
                    self.do(case, case.version, seat)
                    transaction.set_rollback(True)
            except WorkflowError as refusal:
                found.append(Outcome(row, False, _told(refusal)))
            else:
                found.append(Outcome(row, True, seat=seat))
        return found

    def done(self, posted: QueryDict) -> list[Outcome]:
        """Do it with each case, as it was seen, and return what came of it; what is not there for the person is left
        out.
        """
        came: dict[int, tuple[bool, str]] = {}
        for case in self.cases:
            version, seat = (
                whole(posted.get(f"version-{case.uuid}")),
                posted.get(f"seat-{case.uuid}", Seat.CASE),
            )
            try:
                receipt = self.do(case, version, seat)
            except CaseNotFound:
                continue
            except WorkflowError as refusal:
                came[case.pk] = (False, _told(refusal))
            else:
                told = {"version": receipt.version, "fingerprint": receipt.fingerprint}
                came[case.pk] = (True, _("version %(version)d, %(fingerprint)s") % told)
        return [Outcome(row, *came[row.case.pk]) for row in rows_of(load(list(came)))]


def _seen(cases: Sequence[Case], user: User) -> list[Case]:
    """Return those of the cases that the person may know of."""
    acting = {one: rules.Acting(user, one) for one in {case.workflow for case in cases}}
    return [case for case in cases if rules.may_see(case, acting[case.workflow])]


def _told(refusal: WorkflowError) -> str:
    """Return why one case was refused: what is wrong with an answer says more than that something is."""
    errors = getattr(refusal, "errors", {})
    return " ".join(sentence for sentences in errors.values() for sentence in sentences) or str(refusal)


def deeds_for(user: User) -> list[Deed]:
    """Return what the list offers the person for several cases. Each case is still asked for by itself."""
    standings = Standings(user)
    gives = any(
        standings.of(edition.key).condition(definition_of(edition).access.reassigns) is not None
        for edition in all_in_force(Edition.Kind.WORKFLOW)
    )
    if not gives and not decisions_waiting_for(user, standings).exists():
        return [DEEDS["remind"]]
    return [deed for deed in DEEDS.values() if gives or deed.slug != "take"]


@require_http_methods(["GET", "POST"])
def together(request: HttpRequest, deed: str) -> HttpResponse:
    """Ask to whom and why, show what would come of each case, do it, and tell what came of it."""
    known = DEEDS.get(deed)
    if known is None:
        raise Http404
    if request.method == "GET":
        return redirect("casework:cases")
    order, phase = Order.of(request, known), request.POST.get("phase", "")
    if phase not in ("try", "do") or not order.cases:
        return _asking(request, order)
    errors: dict[str, list[str]] = {}
    if order.person is None and known.slug != "remind":
        errors["person"] = [_("Choose one of the people in the list.")]
    if known.reason and not order.reason.strip():
        errors["reason"] = [_("Give a reason.")]
    if errors:
        return _asking(request, order, errors)
    if phase == "try":
        return _page(request, order, "casework/together_try.html", order.tried())
    results = order.done(request.POST)
    return _page(request, order, "casework/together_done.html", results)


def _asking(request: HttpRequest, order: Order, errors: dict[str, list[str]] | None = None) -> HttpResponse:
    chooser = ""
    if order.deed.person:
        wrong = (
            {"aria-invalid": "true", "aria-describedby": "person-errors"}
            if "person" in (errors or {})
            else {}
        )
        people = [(str(one.uuid), person_words(one)) for one in active_people()]
        value = str(order.person.uuid) if order.person else ""
        chooser = LongSelect(choices=[("", _("Choose a person")), *people]).render(
            "do-person", value, {"id": "person", **wrong}
        )
    context = {
        "chooser": chooser,
        "errors": errors or {},
        "rows": rows_of(order.cases),
        "refusal": "" if order.cases else _("Tick the cases it is about."),
    }
    return _render(
        request, order, "casework/together.html", context, 422 if errors or not order.cases else 200
    )


def _page(request: HttpRequest, order: Order, template: str, found: Sequence[Outcome]) -> HttpResponse:
    can = [one for one in found if one.done]
    context = {"can": can, "cannot": [one for one in found if not one.done], "outcomes": found}
    return _render(request, order, template, context, 200 if can else 422)


def _render(
    request: HttpRequest, order: Order, template: str, context: dict[str, Any], status: int
) -> HttpResponse:
    bound = ngettext(
        "No more than %(most)d case at once: only the first are here.",
        "No more than %(most)d cases at once: only the first %(most)d are here.",
        MOST_AT_ONCE,
    ) % {"most": MOST_AT_ONCE}
    return render(
        request,
        template,
        {
            "page_title": order.deed.title,
            "order": order,
            "bound": bound if order.too_many else "",
            "idempotency_key": uuids.uuid4().hex,
            **context,
        },
        status=status,
    )
