"""Writing one change of a case down: event, history, row, and the rows that follow it. Used by this room's services.

Whoever changes a case takes a ``Snapshot`` first, changes the loaded row, and calls ``record``: what the event says is
what differs. Nothing here asks who may.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db.models import BigAutoField, UUIDField
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.audit import models as audit
from foundation.audit.services import Actor, FieldChange, change_audited, remember
from foundation.notifying.services import Matter, Telling, tell
from foundation.notifying.wording import in_every_language
from foundation.organisation.deputising import DeputiesInForce
from foundation.organisation.models import User
from foundation.organisation.resolution import resolve
from foundation.prepared import Prepared, Slot
from workflows import rounds, rules, way, words
from workflows.definitions import definition_of, edition_in_force
from workflows.exceptions import CaseNotFound, Overtaken
from workflows.machine import Machine
from workflows.models import Case, ChildOrder, Concern
from workflows.notices import MATTER, NOTICE
from workflows.schema import Notice
from workflows.services.timing import Was, moving

MACHINE = "workflow"
"""The name under which the machine acts by itself."""

Kind = Concern.Kind

_LOCKED = Prepared(
    lambda: (
        Case.objects.select_for_update(of=("self",))
        # People and department are asked for by the few steps that need them.
        .select_related("edition", "submission__edition")
        # Whoever needs what an edition says has it parsed already.
        .defer("edition__body", "submission__edition__body")
        .filter(uuid=Slot("uuid", UUIDField()))
    )
)
_CONCERNS = Prepared(
    lambda: Concern.objects.filter(case=Slot("case", BigAutoField())).values_list("pk", "person", "kind")
)


@dataclass(frozen=True)
class Receipt:
    """What the person gets: the case as it stands, the version reached, the first 16 hex digits of the event's hash.

    ``repeated`` says that the same request had been answered before, and nothing was done again.
    """

    case: Case
    version: int
    fingerprint: str
    repeated: bool = False


def receipt_of(case: Case, event: audit.Event, *, repeated: bool = False) -> Receipt:
    """Return the receipt of the request that ``event`` tells of; the case may have moved on by itself since."""
    return Receipt(case, event.stream_ver, bytes(event.hash).hex()[:16], repeated)


def receipt_again(known: audit.Receipt) -> Receipt:
    """Return the receipt of a request that was answered before."""
    case = Case.objects.select_related("edition").get(uuid=known.answer["case"])
    event = audit.Event.objects.only("hash", "stream_ver").get(
        stream=known.stream, stream_ver=known.stream_ver
    )
    return receipt_of(case, event, repeated=True)


def keep_receipt(key: str, request: Any, event: audit.Event, case: Case) -> None:
    """Remember that the request under ``key`` was answered by ``event``."""
    remember(key, request, event, {"case": str(case.uuid)})


def locked(case_uuid: UUID) -> Case:
    """Return the case, locked until the end of the transaction; raises ``CaseNotFound``."""
    case = _LOCKED.first(uuid=case_uuid)
    if case is None:
        raise CaseNotFound(_("There is no such case."))
    return case


def check_version(case: Case, seen_version: int) -> None:
    """Raise ``Overtaken`` unless the person had the newest version before them."""
    if case.version != seen_version:
        raise Overtaken(
            _(
                "Somebody changed case %(number)s while you were reading it. "
                "Look at what stands now, then decide again."
            )
            % {"number": case.number},
            case,
            seen_version,
        )


@dataclass(frozen=True)
class Snapshot:
    """What a case was before a change."""

    state: str
    assignee: int | None
    answers: Mapping[str, Any]
    grade: str
    waiting: tuple[int, ...]
    copied: tuple[int, ...]
    links: Sequence[Mapping[str, str]]
    edition: str
    subject: str


def snapshot_of(case: Case) -> Snapshot:
    """Return what the case is now."""
    return Snapshot(
        state=case.state,
        assignee=case.assignee_id,
        answers=dict(case.answers),
        grade=case.grade,
        waiting=waiting_of(case),
        copied=way.from_stored(case.walked).copied,
        links=[dict(link) for link in case.links],
        edition=case.edition.sha256,
        subject=case.subject,
    )


def open_round(case: Case) -> rounds.Round | None:
    """Return the approval the case is in, or None."""
    last = rounds.from_stored(case.rounds[-1]) if case.rounds else None
    return last if last is not None and last.status == "open" and last.state == case.state else None


def put_round(case: Case, current: rounds.Round) -> None:
    """Put the round in place of the one with its number, or after the others."""
    others = [one for one in case.rounds if one["number"] != current.number]
    case.rounds = [*others, current.stored()]


def waiting_of(case: Case) -> tuple[int, ...]:
    """Return the ids of those whose decision the case waits for."""
    current = open_round(case)
    return tuple(seat.person for _slot, _place, seat in current.waiting()) if current else ()


@dataclass(frozen=True)
class Told:
    """What an event says besides what differs. ``decision``: verdict, stage, whose, sealed to what; ``changes``: what
    changed with it in other tables.
    """

    reason: str = ""
    decision: Mapping[str, Any] | None = None
    references: Mapping[str, str] = field(default_factory=dict)
    idempotency_key: str = ""
    changes: tuple[FieldChange, ...] = ()


def record(case: Case, before: Snapshot, kind: str, actor: Actor, told: Told = Told()) -> audit.Event:
    """Write the change down and return its event; the rows that follow the case are brought up to it."""
    case.changed_at = timezone.now()
    timed = moving(case, Was(before.state, before.grade), kind)
    event = change_audited(
        case,
        kind=f"case_{kind}",
        actor=actor,
        changes=[*changes_between(case, before, told), *timed.changes],
        reason=told.reason,
        edition_sha256=case.edition.sha256,
        source_state=before.state,
        target_state=case.state,
        references=told.references,
        idempotency_key=told.idempotency_key,
    )
    follow(case)
    if before.answers != case.answers:
        words.keep(case)
    timed.keep(case, actor)
    return event


def changes_between(case: Case, before: Snapshot, told: Told) -> list[FieldChange]:
    """Return what differs, field by field, and what was said."""
    found: list[tuple[str, Any, Any]] = []
    if before.state != case.state:
        found.append(("state", before.state, case.state))
    if before.edition != case.edition.sha256:
        found.append(("edition", before.edition, case.edition.sha256))
    if before.subject != case.subject:
        found.append(("subject", before.subject, case.subject))
    if before.grade != case.grade:
        found.append(("grade", before.grade or None, case.grade or None))
    if before.assignee != case.assignee_id:
        both = _uuids({one for one in (before.assignee, case.assignee_id) if one is not None})
        found.append(("assignee", both.get(before.assignee), both.get(case.assignee_id)))
    names = sorted({*before.answers, *case.answers})
    found += [
        (f"answers.{name}", before.answers.get(name), case.answers.get(name))
        for name in names
        if before.answers.get(name) != case.answers.get(name)
    ]
    if told.decision is not None:
        found.append(("decision", None, dict(told.decision)))
    waiting = waiting_of(case)
    people = _uuids({*before.waiting, *waiting})
    if before.waiting != waiting:
        found.append(
            ("waiting_for", [people[one] for one in before.waiting], [people[one] for one in waiting])
        )
    copied = way.from_stored(case.walked).copied
    if before.copied != copied:
        people = _uuids({*before.copied, *copied})
        found.append(("copied", [people[one] for one in before.copied], [people[one] for one in copied]))
    if before.links != case.links:
        found.append(("links", list(before.links), case.links))
    if told.reason:
        found.append(("reason", None, told.reason))
    return [*(FieldChange(path, old, new, case.stream) for path, old, new in found), *told.changes]


def _uuids(ids: set[int]) -> dict[int | None, str]:
    return (
        {pk: str(uuid) for pk, uuid in User.objects.filter(pk__in=ids).values_list("pk", "uuid")}
        if ids
        else {}
    )


def follow(case: Case) -> None:
    """Bring the rows that say whom the case concerns up to it."""
    wanted = {(one, Kind.ASKED) for one in waiting_of(case)}
    wanted |= {(one, Kind.COPIED) for one in way.from_stored(case.walked).copied}
    for stored in case.rounds:
        for seat in rounds.from_stored(stored).acted():
            wanted |= {(seat.person, Kind.DECIDED), (seat.by or seat.person, Kind.DECIDED)}
    there = {(person, kind): pk for pk, person, kind in _CONCERNS.all(case=case.pk)}
    gone = [pk for key, pk in there.items() if key not in wanted]
    if gone:
        Concern.objects.filter(pk__in=gone).delete()
    if new := wanted - there.keys():
        Concern.objects.bulk_create(
            Concern(case=case, person_id=person, kind=kind) for person, kind in sorted(new)
        )


def tell_asked(case: Case, before: Snapshot, version: int, machine: Machine) -> None:
    """Tell those whose decision the case waits for since this change, and their deputies."""
    fresh = set(waiting_of(case)) - set(before.waiting if before.state == case.state else ())
    if not fresh:
        return
    stage = {"stage": machine.definition.state(case.state).title}
    approval = machine.approvals.get(case.state)
    asks = partial(telling, roles=approval.roles if approval is not None else ())
    people = list(User.objects.filter(pk__in=fresh))
    stand_ins = DeputiesInForce(timezone.localdate(), case.workflow).of(people)
    alone, tellings = [], []
    for person in people:
        away = [stand_in.deputy for stand_in in stand_ins if stand_in.principal == person]
        if not away:
            alone.append(person)
            continue
        key = f"{version}:asked:{person.uuid}"
        deputies = in_every_language(partial(_together, away))
        beside = asks(case, "case.asked_beside_deputy", key, [person], {**stage, "deputy": deputies})
        as_deputy = asks(case, "case.asked_as_deputy", f"{key}:deputy", away, {**stage, "person": person})
        tellings += [beside, replace(as_deputy, robots=False)]
    tell(asks(case, "case.asked", f"{version}:asked", alone, stage), *tellings)


def _together(people: Sequence[User]) -> str:
    return "、".join(str(one) for one in people)


def tell_ordered(case: Case, order: ChildOrder, by: User | None, version: int) -> None:
    """Tell those of whom a step has asked that they open another case; not whoever took the step."""
    people: dict[int, User] = {}
    for role in order.roles:
        people.update({person.pk: person for person in resolve(role, rules.context_of(case)).people})
    if by is not None:
        people.pop(by.pk, None)
    values = {"other": title_of(order.workflow)}
    key = f"{version}:ordered:{order.uuid}"
    tell(telling(case, "case.ordered", key, list(people.values()), values, roles=order.roles))


def title_of(workflow: str) -> Any:
    """Return the title of the workflow in force of that key; where none is, the key."""
    edition = edition_in_force(workflow)
    return definition_of(edition).title if edition is not None else workflow


def telling(
    case: Case,
    kind: str,
    key: str,
    people: Sequence[User],
    values: Mapping[str, Any] = MappingProxyType({}),
    roles: Sequence[str] = (),
) -> Telling:
    """Return what ``tell`` takes to say something of ``kind`` about the case to ``people``, once per ``key``.

    ``roles``: why it is they.
    """
    definition = definition_of(case.edition)
    return Telling(
        kind=kind,
        key=f"{case.stream}:{key}",
        people=people,
        matter=Matter(MATTER, str(case.uuid), f"/cases/{case.uuid}/", case.number, case.subject),
        values={
            "case.number": case.number,
            "case.subject": case.subject,
            "case.workflow": definition.title,
            "case.state": definition.state(case.state).title,
            **values,
        },
        workflow=case.workflow,
        roles=roles,
    )


def send_notices(case: Case, place: str, notices: Sequence[Notice], version: int) -> None:
    """Tell the notices of a step or stage, each to each person once."""
    tellings = []
    for position, notice in enumerate(notices):
        people: dict[int, User] = {}
        for role in notice.roles:
            people.update({person.pk: person for person in resolve(role, rules.context_of(case)).people})
        key = f"{version}:{place}:{position}"
        found = telling(case, NOTICE, key, list(people.values()), roles=notice.roles)
        tellings.append(replace(found, subject=notice.subject, text=notice.text))
    tell(*tellings)
