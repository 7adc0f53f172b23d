"""Moving running cases to another edition of their workflow: planned per case, done in one transaction, reversible.

Publishing an edition touches no running case. Whoever wants them on it maps states and answers, sees for each case
what would become of it, and moves them all or none. What the plan says is what is done: both are the same function.
"""

from __future__ import annotations

import copy
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from foundation.audit.services import Actor, FieldChange, append, next_version
from foundation.editions.models import Edition
from foundation.editions.services import stream_of
from foundation.organisation.models import User
from workflows import rounds, rules, way, words
from workflows.definitions import definition_of
from workflows.exceptions import RuleBroken
from workflows.machine import MIGRATED, Machine, machine_of
from workflows.models import Case, CaseMigration
from workflows.schema import Approval, Ledger
from workflows.services.following import arrive, people_asked, proceed, stamp
from workflows.services.record import Told, locked, put_round, record, snapshot_of, tell_asked
from workflows.vocabulary import subject_of


@dataclass(frozen=True)
class Mapped:
    """How one edition becomes the other: ``states`` by old id, ``answers`` by old question (None: left out; what is
    not named keeps its id where the new edition asks it, and is left out where it does not).
    """

    source: Edition
    target: Edition
    states: Mapping[str, str]
    answers: Mapping[str, str | None]


@dataclass(frozen=True)
class PlannedMove:
    """What would become of one case. ``asked``: ids of those whose decision it would wait for. ``lost``: questions
    whose answers the new edition has no place for; they stay in the record. ``problem``: why it cannot be moved.
    """

    case: Case
    state: str
    target: str
    answers: Mapping[str, Any]
    lost: tuple[str, ...]
    asked: tuple[int, ...]
    problem: str = ""


def suggested(source: Edition, target: Edition) -> Mapped:
    """Return the mapping that keeps every id both editions know; the others are for a person to map."""
    old, new = definition_of(source), definition_of(target)
    known = {state.id for state in new.states}
    states = {state.id: state.id for state in old.states if state.id in known}
    answers: dict[str, str | None] = {
        name: name if name in new.questions() else None for name in old.questions()
    }
    return Mapped(source, target, states, answers)


def running(edition: Edition) -> QuerySet[Case]:
    """Return the cases of an edition that have not ended."""
    return Case.objects.filter(edition=edition, closed_at=None).order_by("id")


def plan(mapped: Mapped, cases: Collection[Case] | None = None) -> list[PlannedMove]:
    """Return for each running case of the old edition what would become of it. Nothing is written."""
    found = (
        cases
        if cases is not None
        else running(mapped.source).select_related(
            "edition", "submission__edition", "submitted_by", "department", "assignee"
        )
    )
    return [_planned(mapped, case) for case in found]


def _planned(mapped: Mapped, case: Case) -> PlannedMove:
    machine = machine_of(mapped.target)
    target = mapped.states.get(case.state, "")
    answers, lost = _answers(mapped, case.answers)
    if other_books(mapped.source, mapped.target):
        return PlannedMove(case, case.state, target, answers, lost, (), _other_books_told(mapped))
    if target not in {state.id for state in machine.definition.states}:
        problem = _("Say which state takes the place of “%(state)s”.") % {"state": case.state}
        return PlannedMove(case, case.state, target, answers, lost, (), problem)
    twin = copy.copy(case)
    twin.edition, twin.answers = mapped.target, dict(answers)
    approval = machine.approvals.get(target)
    asked: tuple[int, ...] = ()
    if approval is not None:
        kept = _kept_round(mapped, case, target, approval)
        twin.walked = _walked(mapped, case).stored()
        if kept is not None:
            asked = tuple(seat.person for _slot, _place, seat in kept.waiting())
        elif machine.holds(approval.when, twin):
            people = people_asked(twin, approval)
            fresh = rounds.begin(approval, people, state=target, number=0, began=0, content="")
            asked = tuple(seat.person for _slot, _place, seat in fresh.waiting())
    return PlannedMove(case, case.state, target, answers, lost, asked)


def other_books(source: Edition, target: Edition) -> bool:
    """Say whether the two editions keep their ledgers otherwise: another currency, other kinds of entries or another
    effect of one, other steps that post, or a ledger in one of them alone.

    What was posted under one could then not be read under the other, and what was to be posted would be posted twice
    or never. What a ledger is called, who sees it, and how a payer's list is read may differ.
    """
    return _books(definition_of(source).ledger) != _books(definition_of(target).ledger)


def _books(ledger: Ledger | None) -> object:
    if ledger is None:
        return None
    kinds = {kind.id: kind.balance for kind in ledger.kinds}
    return ledger.currency, kinds, ledger.postings


def _other_books_told(mapped: Mapped) -> str:
    return _(
        "Edition %(to)d posts to the ledger otherwise than edition %(from)d: its currency, kinds of entries or the "
        "steps that post are not the same. Let this case end under edition %(from)d."
    ) % {"from": mapped.source.number, "to": mapped.target.number}


def _answers(mapped: Mapped, before: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    known = definition_of(mapped.target).questions()
    kept, lost = {}, []
    for name, value in before.items():
        to = mapped.answers.get(name, name if name in known else None)
        if to is None or to not in known:
            lost.append(name)
        else:
            kept[to] = value
    return kept, tuple(sorted(lost))


def _kept_round(mapped: Mapped, case: Case, target: str, approval: Approval) -> rounds.Round | None:
    """Return the open round of the case under its new name, where the stage asks the same people in the same way."""
    last = rounds.from_stored(case.rounds[-1]) if case.rounds else None
    before = machine_of(mapped.source).approvals.get(case.state)
    if last is None or before is None or last.status != "open" or last.state != case.state:
        return None
    same = (before.roles, before.rule, before.percent, before.order) == (
        approval.roles,
        approval.rule,
        approval.percent,
        approval.order,
    )
    return replace(last, state=target) if same else None


def _walked(mapped: Mapped, case: Case) -> way.Way:
    before = way.from_stored(case.walked)
    return replace(before, path=tuple(mapped.states.get(state, state) for state in before.path), back=None)


def migrate(mapped: Mapped, *, by: User, reason: str, seen: int) -> CaseMigration:
    """Move every running case of the old edition, all or none, and return what was done.

    Who may: who may build workflows. ``seen``: how many cases the person was shown; when others have come or gone
    meanwhile nothing is done. Records: event ``case_migrated`` on each case, ``cases_migrated`` on the workflow.
    Raises ``RuleBroken`` naming the first cases that cannot be moved, ``NotPermitted``.
    """
    rules.check_may_build(by)
    if mapped.source.key != mapped.target.key or mapped.source.pk == mapped.target.pk:
        raise RuleBroken(_("Choose another edition of the same workflow."))
    if not reason.strip():
        raise RuleBroken(_("Say why the cases are moved."))
    with transaction.atomic():
        cases = [locked(one) for one in running(mapped.source).values_list("uuid", flat=True)]
        if len(cases) != seen:
            raise RuleBroken(
                _("%(now)d cases are running now, not %(seen)d as you were shown. Look at the plan again.")
                % {"now": len(cases), "seen": seen}
            )
        planned = plan(mapped, cases)
        _refuse_problems(planned)
        moved = CaseMigration(
            workflow=mapped.source.key,
            source=mapped.source,
            target=mapped.target,
            states=dict(mapped.states),
            answers=dict(mapped.answers),
            reason=reason,
            made_by=by,
        )
        actor = Actor.of(by)
        for one in planned:
            before = one.case.version
            _move(mapped, one, actor, by, reason, moved.uuid)
            moved.versions[str(one.case.uuid)] = [before, one.case.version]
        moved.save()
        _tell_workflow(moved, "cases_migrated", actor, reason)
    return moved


def _refuse_problems(planned: list[PlannedMove]) -> None:
    broken = [one for one in planned if one.problem]
    if broken:
        headline = ngettext(
            "%(count)d case cannot be moved; nothing was done.",
            "%(count)d cases cannot be moved; nothing was done.",
            len(broken),
        ) % {"count": len(broken)}
        lines = [f"{one.case.number}: {one.problem}" for one in broken[:20]]
        raise RuleBroken("\n".join([headline, *lines]))


def _move(
    mapped: Mapped, planned: PlannedMove, actor: Actor, by: User, reason: str, migration: uuid.UUID
) -> None:
    case = planned.case
    machine = machine_of(mapped.target)
    before = snapshot_of(case)
    approval = machine.approvals.get(planned.target)
    kept = _kept_round(mapped, case, planned.target, approval) if approval is not None else None
    case.edition = mapped.target
    case.answers = dict(planned.answers)
    case.subject = subject_of(machine.definition, case.submission)
    case.walked = _walked(mapped, case).stored()
    machine.moves[MIGRATED](case, planned.target)
    if kept is not None:
        put_round(case, kept)
        stamp(case, machine.definition.state(case.state))
        case.grade = machine.grade_of(case)
    else:
        _arrive_without_walking(case, machine)
    told = Told(reason=reason, references={"migration": str(migration)})
    event = record(case, before, "migrated", actor, told)
    words.keep(case)
    tell_asked(case, before, event.stream_ver, machine)
    proceed(case, by)


def _arrive_without_walking(case: Case, machine: Machine) -> None:
    """Bring the row up to its state as arriving does; the way is not longer for it, nobody has walked."""
    walked = case.walked
    arrive(case, machine)
    case.walked = walked


def undo(migration: CaseMigration, *, by: User, reason: str) -> CaseMigration:
    """Move every case of a migration back to where it was, all or none.

    Who may: who may build workflows. Records: event ``case_restored`` on each case. Raises ``RuleBroken`` when it was
    undone before, or naming the cases that have moved on since.
    """
    rules.check_may_build(by)
    with transaction.atomic():
        stored = CaseMigration.objects.select_for_update().select_related("source").get(pk=migration.pk)
        if stored.undone_at is not None:
            raise RuleBroken(_("These cases were moved back already."))
        found = Case.objects.filter(uuid__in=list(stored.versions)).order_by("id")
        cases = [locked(one) for one in found.values_list("uuid", flat=True)]
        gone_on = [case.number for case in cases if case.version != stored.versions[str(case.uuid)][1]]
        if gone_on:
            raise RuleBroken(
                _("These cases have gone on since they were moved, so nothing was moved back: %(cases)s.")
                % {"cases": "、".join(gone_on[:20])}
            )
        actor = Actor.of(by)
        for case in cases:
            _restore(case, stored, actor, reason)
        stored.undone_by, stored.undone_at = by, timezone.now()
        stored.save(update_fields=["undone_by", "undone_at"])
        _tell_workflow(stored, "cases_restored", actor, reason)
    return stored


RESTORED = (
    "subject",
    "answers",
    "grade",
    "rounds",
    "walked",
    "why",
    "links",
    "category",
    "closed_at",
    "assignee_id",
)


def _restore(case: Case, migration: CaseMigration, actor: Actor, reason: str) -> None:
    then = case.history.get(version=migration.versions[str(case.uuid)][0])
    before = snapshot_of(case)
    case.edition = migration.source
    for name in RESTORED:
        setattr(case, name, getattr(then, name))
    machine_of(migration.source).moves[MIGRATED](case, then.state)
    event = record(
        case,
        before,
        "restored",
        actor,
        Told(reason=reason, references={"migration": str(migration.uuid)}),
    )
    words.keep(case)
    tell_asked(case, before, event.stream_ver, machine_of(migration.source))


def _tell_workflow(migration: CaseMigration, kind: str, actor: Actor, reason: str) -> None:
    stream = stream_of(Edition.Kind.WORKFLOW, migration.workflow)
    append(
        stream=stream,
        version=next_version(stream),
        kind=kind,
        actor=actor,
        changes=[
            FieldChange("@cases", None, len(migration.versions), stream),
            FieldChange("@states", None, dict(migration.states), stream),
            FieldChange("@reason", None, reason, stream),
        ],
        references={
            "migration": str(migration.uuid),
            "from": str(migration.source.number),
            "to": str(migration.target.number),
        },
    )
