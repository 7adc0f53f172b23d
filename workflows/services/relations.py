"""The one door for what cases are to one another: linked, merged, split off; and children that are not needed.

Who may: those whom the definition names for it (``access.relates``), and they must see both cases. Both cases are
locked in the order of their ids, and each gets an event of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, Literal
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from forms.fields.base import clean_text
from forms.fields.money import MoneyOptions
from foundation.audit import models as audit
from foundation.audit.services import Actor
from foundation.notifying.services import tell
from foundation.organisation.models import User
from workflows import rules, way
from workflows.accounts import ZERO, totals_of
from workflows.definitions import definition_of
from workflows.exceptions import AnswersRefused, CaseNotFound, NotPermitted, RuleBroken
from workflows.machine import MERGED, machine_of
from workflows.models import Case, ChildOrder
from workflows.services.following import arrive, move, proceed, wake
from workflows.services.record import (
    Receipt,
    Told,
    locked,
    record,
    snapshot_of,
    telling,
    title_of,
)
from workflows.services.requests import Request, carry_out

Relation = Literal["related", "repeat", "merged_into", "merged_here", "split_from", "split_off"]
TURNED: Mapping[str, str] = {
    "related": "related",
    "repeat": "repeat",
    "merged_into": "merged_here",
    "merged_here": "merged_into",
    "split_from": "split_off",
    "split_off": "split_from",
}
"""What the other case is to this one, seen from the other."""
REMOVABLE = ("related", "repeat")
MOST_LINKS = 200


def link(request: Request, *, other: UUID, kind: Literal["related", "repeat"] = "related") -> Receipt:
    """Link two cases. Records: event ``case_linked`` on both. Raises ``CaseNotFound`` for a case the person does not
    see, ``Overtaken``, ``NotPermitted``, ``RuleBroken``.
    """

    def join(case: Case, there: Case) -> audit.Event:
        if _between(case, there):
            raise RuleBroken(
                _("Case %(one)s and case %(other)s are linked already.")
                % {"one": case.number, "other": there.number}
            )
        return _tell_both(case, there, "linked", request, lambda: _join(case, there, kind))

    return _between_cases("linked", request, other, {"kind": kind}, join)


def unlink(request: Request, *, other: UUID) -> Receipt:
    """Take a link away that somebody made. Records: event ``case_unlinked`` on both. What was merged or split stays
    linked. Raises as ``link``.
    """

    def part(case: Case, there: Case) -> audit.Event:
        if not _between(case, there, REMOVABLE):
            raise RuleBroken(_("There is no link between these cases that could be removed."))
        return _tell_both(case, there, "unlinked", request, lambda: _part(case, there))

    return _between_cases("unlinked", request, other, {}, part)


def merge(request: Request, *, into: UUID) -> Receipt:
    """Merge a case into another about the same: it ends in the state its definition has for that, and leads there.

    Nothing of it is lost: its submission, answers and record stay where they are. Records: event ``case_merged`` on
    both. Raises as ``link``; ``RuleBroken`` for cases of different workflows, for one that has ended, for one with
    open children, for one with an open balance, and where the definition has no state for merged cases.
    """

    def join(case: Case, there: Case) -> audit.Event:
        definition = definition_of(case.edition)
        if definition.merged is None:
            raise RuleBroken(_("Cases of this workflow cannot be merged."))
        if case.workflow != there.workflow:
            raise RuleBroken(_("Only cases of the same workflow can be merged."))
        if case.category == "final" or there.category == "final":
            raise RuleBroken(_("One of the two cases has ended already; link them instead."))
        still_open = case.children.filter(closed_at=None).values_list("number", flat=True)
        if still_open:
            raise RuleBroken(
                _("These must be closed first: %(cases)s.") % {"cases": "、".join(sorted(still_open))}
            )
        _check_balance(case)

        def change() -> None:
            _part(case, there)
            _join(case, there, "merged_into")
            case.merged_into = there
            move(case, machine_of(case), MERGED, str(definition.merged))
            arrive(case, machine_of(case))

        return _tell_both(case, there, "merged", request, change)

    return _between_cases("merged", request, into, {}, join)


def _check_balance(case: Case) -> None:
    """Refuse to end a case by merging it while money is open on it: nobody would look for it there any more."""
    ledger = definition_of(case.edition).ledger
    balance, _totals = totals_of(case)
    if ledger is None or balance == ZERO:
        return
    written = MoneyOptions.model_validate({"currency": ledger.currency}).written(balance)
    raise RuleBroken(
        _(
            "Case %(number)s has an open balance of %(balance)s, so it cannot be merged. Settle it, or take its "
            "entries back and post them to the other case; or link the two."
        )
        % {"number": case.number, "balance": written}
    )


def split(request: Request) -> tuple[Receipt, ChildOrder]:
    """Split another case off: the person is led to the form, begun with the answers of this case, and what they submit
    opens a case of its own that says where it came from.

    Returns the receipt and the order whose uuid is that of the draft. Records: event ``case_split``. Raises as
    ``link``.
    """
    made: list[ChildOrder] = []

    def order(case: Case) -> audit.Event:
        before = snapshot_of(case)
        answers = case.submission.answers
        made.append(
            ChildOrder.objects.create(
                case=case, workflow=case.workflow, kind=ChildOrder.Kind.SPLIT, answers=answers
            )
        )
        return record(case, before, "split", Actor.of(request.by), _told(request))

    receipt = _on_one("split", request, {}, order)
    if receipt.repeated:
        made = list(
            ChildOrder.objects.filter(case=receipt.case, kind=ChildOrder.Kind.SPLIT).order_by("-id")[:1]
        )
    return receipt, made[0]


def drop_order(request: Request, *, order: UUID) -> Receipt:
    """Say that a case which a step asked somebody to open is not needed; the reason is required.

    Who may: who sees the case and may take a step of it, or may relate cases; and of whom it was asked. Records: event
    ``case_child_dropped``; what only waited for it then goes on. After commit: whoever took the step is told, where
    somebody else says so.
    """

    def drop(case: Case) -> audit.Event:
        if not request.reason.strip():
            raise AnswersRefused(_("Say why it is not needed."), {"reason": [_("Give a reason.")]})
        found = ChildOrder.objects.filter(uuid=order, case=case, child=None, dropped_at=None)
        if not found.update(dropped_at=timezone.now()):
            raise RuleBroken(_("It has been opened or dropped already."))
        dropped = ChildOrder.objects.get(uuid=order)
        told = replace(_told(request), references={"workflow": dropped.workflow})
        event = record(case, snapshot_of(case), "child_dropped", Actor.of(request.by), told)
        _tell_orderer(case, dropped, request, event)
        closed = case.children.filter(workflow=dropped.workflow).exclude(closed_at=None)
        if dropped.roles and (last := closed.order_by("-closed_at", "-id").first()) is not None:
            wake(case, last, request.by)
        if dropped.roles and case.category != "final":
            proceed(case, request.by)
        return event

    def is_asked(case: Case) -> bool:
        asked = ChildOrder.objects.select_related("case").filter(uuid=order, case=case).exclude(roles=[])
        return any(rules.may_open(one, request.by) for one in asked) or _takes_steps(case, request.by)

    return _on_one("child_dropped", request, {"order": str(order)}, drop, besides=is_asked)


def begin_anew(order: ChildOrder, *, by: User) -> ChildOrder:
    """Give an order that somebody had begun to fill in, who can go on with it no longer, to be begun by others.

    Who may: of whom it is asked. The draft stays its owner's, and belongs to this order no longer; nothing is recorded.
    Raises ``NotPermitted``.
    """
    rules.check_may_open(order, by)
    with transaction.atomic():
        locked(order.case.uuid)
        ChildOrder.objects.filter(uuid=order.uuid, child=None).update(uuid=uuid4())
    return ChildOrder.objects.select_related("case").get(pk=order.pk)


def _tell_orderer(case: Case, order: ChildOrder, request: Request, event: audit.Event) -> None:
    """Tell whoever took the step that asked for it, where somebody else has said that it is not needed."""
    taken_by = way.from_stored(case.walked).last.get(order.step)
    if not order.roles or taken_by is None or taken_by == request.by.pk:
        return
    told = telling(
        case,
        "case.order_dropped",
        f"{event.stream_ver}:dropped:{order.uuid}",
        [User.objects.get(pk=taken_by)],
        {"other": title_of(order.workflow), "person": request.by, "note": request.reason.strip()},
    )
    tell(told)


def _between_cases(
    kind: str,
    request: Request,
    other: UUID,
    said: Mapping[str, Any],
    do: Callable[[Case, Case], audit.Event],
) -> Receipt:
    if other == request.case_uuid:
        raise RuleBroken(_("Choose another case than this one."))

    def both(case: Case) -> audit.Event:
        there = _other(other, request.by)
        if len(case.links) >= MOST_LINKS or len(there.links) >= MOST_LINKS:
            raise RuleBroken(_("One of the two cases is linked to too many others."))
        return do(case, there)

    return _on_one(kind, request, {"other": str(other), **said}, both, beside={other})


def _on_one(
    kind: str,
    request: Request,
    said: Mapping[str, Any],
    do: Callable[[Case], audit.Event],
    *,
    beside: Collection[UUID] = (),
    besides: Callable[[Case], bool] = lambda case: False,
) -> Receipt:
    def check(case: Case) -> None:
        if not may_relate(case, request.by) and not besides(case):
            raise NotPermitted(_("You may see this case, but not link, merge or split it."))

    return carry_out(kind, request, said, lambda case, _tidy, _key: do(case), check=check, beside=beside)


def may_relate(case: Case, by: User) -> bool:
    """Say whether the person may link, merge and split the case (policy: ``access.relates``)."""
    return rules.holds_any(by, definition_of(case.edition).access.relates, case)


def _takes_steps(case: Case, by: User) -> bool:
    return any(rules.may_take(case, step, by) for step in machine_of(case).leaving(case.state) if step.roles)


def _other(uuid: UUID, by: User) -> Case:
    case = locked(uuid)
    if not rules.may_see(case, by):
        raise CaseNotFound(_("There is no such case."))
    return case


def _told(request: Request) -> Told:
    return Told(reason=clean_text(request.reason, lines=True))


def _tell_both(
    case: Case, there: Case, kind: str, request: Request, change: Callable[[], None]
) -> audit.Event:
    before, before_there = snapshot_of(case), snapshot_of(there)
    change()
    actor, told = Actor.of(request.by), _told(request)
    record(there, before_there, kind, actor, Told(reason=told.reason, references={"case": case.number}))
    return record(case, before, kind, actor, Told(reason=told.reason, references={"case": there.number}))


def _between(case: Case, there: Case, kinds: tuple[str, ...] = tuple(TURNED)) -> bool:
    return any(one["case"] == str(there.uuid) and one["kind"] in kinds for one in case.links)


def _join(case: Case, there: Case, kind: str) -> None:
    case.links = [*case.links, {"case": str(there.uuid), "kind": kind}]
    there.links = [*there.links, {"case": str(case.uuid), "kind": TURNED[kind]}]


def _part(case: Case, there: Case) -> None:
    for one, other in ((case, there), (there, case)):
        one.links = [
            known
            for known in one.links
            if not (known["case"] == str(other.uuid) and known["kind"] in REMOVABLE)
        ]
