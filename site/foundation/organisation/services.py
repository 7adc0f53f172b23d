"""Writing down who holds, who deputises, and what roles are bound to.

Who may is for the caller to have asked. Every function is one transaction: the row, its history with
``by`` as the author, and one event on the stream of the person (``user:<uuid>``), role (``role:<key>``),
position (``position:<code>``) or department (``department:<code>``). Asking for what is already so writes
nothing. Whoever wants to know when a holding begins, ends or changes listens to ``signals.holding_changed``.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.contrib.auth.models import Group
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from foundation.audit.services import Actor, FieldChange, append, next_version
from foundation.organisation import locks
from foundation.organisation.codes import check_code
from foundation.organisation.exceptions import (
    AlreadyBegun,
    AlreadyEnded,
    AlreadyHeld,
    BindingUnclear,
    DatesReversed,
    DepartmentLoop,
    DeputyCycle,
    DeputyIsPrincipal,
    PersonInactive,
    ReasonMissing,
    SuperiorLoop,
)
from foundation.organisation.models import Department, Deputy, Holding, Position, Role, RoleBinding, User
from foundation.organisation.signals import holding_changed

SYSTEM_USERNAME = "remit"
FOREVER = datetime.date.max


def user_stream(person: User) -> str:
    """Return the stream that tells of the person's account, holdings and deputies."""
    return f"user:{person.uuid}"


def role_stream(key: str) -> str:
    """Return the stream that tells of the role and what it is bound to."""
    return f"role:{key}"


@transaction.atomic
def appoint(
    *,
    person: User,
    position: Position,
    by: User,
    starts: datetime.date | None = None,
    ends: datetime.date | None = None,
    kind: str = Holding.Kind.REGULAR,
    channel: str = "web",
) -> Holding:
    """Let ``person`` hold ``position`` from ``starts`` (today without one) until ``ends`` (open without
    one).

    Event ``appointed``. Raises ``PersonInactive``, ``DatesReversed``, ``AlreadyHeld``.
    """
    starts = starts or timezone.localdate()
    _check_dates(starts, ends)
    _check_active(person)
    version = next_version(user_stream(person))  # nobody else appoints this person until we are done
    _check_free(person, position, starts, ends)
    holding = Holding(person=person, position=position, kind=kind, starts=starts, ends=ends)
    _save(holding, by)
    change = FieldChange(f"holdings.{position.code}", None, _of_holding(holding), _subject(person))
    _tell(user_stream(person), "appointed", by, [change], channel, version)
    _announce(holding, "appointed", None, by)
    return holding


@transaction.atomic
def end_holding(
    *, holding: Holding, by: User, ends: datetime.date | None = None, channel: str = "web"
) -> Holding:
    """Let the holding end with the day ``ends`` (today without one). Event ``holding_ended``.

    A day after the end written before lets it go on longer. Raises ``AlreadyEnded`` when it ended before today,
    ``DatesReversed`` when it begins after ``ends``; for longer ``AlreadyHeld`` and ``PersonInactive``.
    """
    ends = ends or timezone.localdate()
    holding = Holding.objects.select_for_update(of=("self",)).get(pk=holding.pk)
    if holding.ends is not None and holding.ends < timezone.localdate():
        raise AlreadyEnded
    _check_dates(holding.starts, ends)
    before, person = _of_holding(holding), holding.person
    version = next_version(user_stream(person))
    if holding.ends is not None and ends > holding.ends:
        _check_active(person)
        _check_free(person, holding.position, holding.starts, ends, besides=holding)
    holding.ends = ends
    if before != _of_holding(holding):
        _save(holding, by)
        change = FieldChange(
            f"holdings.{holding.position.code}", before, _of_holding(holding), _subject(person)
        )
        _tell(user_stream(person), "holding_ended", by, [change], channel, version)
        _announce(holding, "ended", before, by)
    return holding


@transaction.atomic
def correct_holding(
    *,
    holding: Holding,
    by: User,
    reason: str,
    starts: datetime.date,
    ends: datetime.date | None,
    kind: str,
    channel: str = "web",
) -> Holding:
    """Put right what was written wrongly: first day, last day (None: open), kind. Also long after the end.

    Event ``holding_corrected`` with the reason. Raises ``ReasonMissing``, ``DatesReversed``, ``AlreadyHeld``, and
    ``PersonInactive`` where an account that is switched off would hold the position longer than before.
    """
    reason = _reason(reason)
    _check_dates(starts, ends)
    holding = Holding.objects.select_for_update(of=("self",)).get(pk=holding.pk)
    before, person = _of_holding(holding), holding.person
    version = next_version(user_stream(person))
    if (ends or FOREVER) > (holding.ends or FOREVER):
        _check_active(person)
    _check_free(person, holding.position, starts, ends, besides=holding)
    holding.starts, holding.ends, holding.kind = starts, ends, kind
    if before != _of_holding(holding):
        _save(holding, by, reason)
        changes = [
            FieldChange(f"holdings.{holding.position.code}", before, _of_holding(holding), _subject(person)),
            FieldChange("reason", None, reason, _subject(person)),
        ]
        _tell(user_stream(person), "holding_corrected", by, changes, channel, version)
        _announce(holding, "corrected", before, by)
    return holding


@transaction.atomic
def strike_holding(*, holding: Holding, by: User, reason: str, channel: str = "web") -> None:
    """Take away a holding that never should have been written (wrong person, appointment called off).

    The row goes, its history and the record stay. Event ``holding_struck`` with the reason. Raises ``ReasonMissing``.
    """
    reason = _reason(reason)
    holding = Holding.objects.select_for_update(of=("self",)).get(pk=holding.pk)
    person, before, key = holding.person, _of_holding(holding), holding.pk
    changes = [
        FieldChange(f"holdings.{holding.position.code}", before, None, _subject(person)),
        FieldChange("reason", None, reason, _subject(person)),
    ]
    vars(holding).update(_history_user=by, _change_reason=reason)
    holding.delete()
    holding.pk = key
    _tell(user_stream(person), "holding_struck", by, changes, channel)
    _announce(holding, "struck", before, by)


@transaction.atomic
def name_deputy(
    *,
    principal: User,
    deputy: User,
    by: User,
    starts: datetime.date | None = None,
    ends: datetime.date | None = None,
    workflows: Iterable[str] = (),
    channel: str = "web",
) -> Deputy:
    """Let ``deputy`` act for ``principal`` on the days given, in ``workflows`` (all without names).

    Event ``deputy_named`` on the principal's stream. Raises ``DeputyIsPrincipal``, ``PersonInactive``,
    ``DatesReversed``, and ``DeputyCycle`` when on some day, in some workflow, the chain would come round.
    """
    starts = starts or timezone.localdate()
    named = sorted(set(workflows))
    if principal == deputy:
        raise DeputyIsPrincipal
    _check_dates(starts, ends)
    _check_active(principal)
    _check_active(deputy)
    _check_circle(principal, deputy, starts, ends, named)
    row = Deputy(principal=principal, deputy=deputy, starts=starts, ends=ends, workflows=named)
    _save(row, by)
    change = FieldChange(f"deputies.{row.pk}", None, _of_deputy(row), _subject(principal))
    _tell(user_stream(principal), "deputy_named", by, [change], channel)
    return row


@transaction.atomic
def end_deputy(*, row: Deputy, by: User, ends: datetime.date | None = None, channel: str = "web") -> Deputy:
    """Let the deputising end with the day ``ends`` (today without one). Event ``deputy_ended``.

    Raises ``AlreadyEnded`` when it ended before today, ``DatesReversed`` when it begins after ``ends``.
    """
    ends = ends or timezone.localdate()
    row = Deputy.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if row.ends is not None and row.ends < timezone.localdate():
        raise AlreadyEnded
    _check_dates(row.starts, ends)
    if row.ends is not None and ends > row.ends:
        _check_circle(row.principal, row.deputy, row.starts, ends, row.workflows)
    before, row.ends = _of_deputy(row), ends
    if before != _of_deputy(row):
        _save(row, by)
        change = FieldChange(f"deputies.{row.pk}", before, _of_deputy(row), _subject(row.principal))
        _tell(user_stream(row.principal), "deputy_ended", by, [change], channel)
    return row


@transaction.atomic
def strike_deputy(*, row: Deputy, by: User, channel: str = "web") -> None:
    """Take away a deputising that has not begun; its history stays. Event ``deputy_struck``.

    Raises ``AlreadyBegun`` once its first day has come: then it is ended.
    """
    row = Deputy.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if row.starts <= timezone.localdate():
        raise AlreadyBegun
    principal = row.principal
    change = FieldChange(f"deputies.{row.pk}", _of_deputy(row), None, _subject(principal))
    vars(row)["_history_user"] = by
    row.delete()
    _tell(user_stream(principal), "deputy_struck", by, [change], channel)


@transaction.atomic
def bind_role(
    *,
    role: Role,
    by: User,
    position: Position | None = None,
    group: Group | None = None,
    relation: str = "",
    channel: str = "web",
) -> RoleBinding:
    """Bind the role to one of position, group and relation; return the binding, also one made before.

    Event ``role_bound``. Raises ``BindingUnclear`` for none, several, or an unknown relation.
    """
    if sum(map(bool, (position, group, relation))) != 1:
        raise BindingUnclear
    if relation and relation not in RoleBinding.Relation.values:
        raise BindingUnclear
    version = next_version(role_stream(role.key))
    found = RoleBinding.objects.filter(role=role, position=position, group=group, relation=relation).first()
    if found is not None:
        return found
    binding = RoleBinding(role=role, position=position, group=group, relation=relation)
    _save(binding, by)
    change = FieldChange("bindings", None, binding_told(binding), role_stream(role.key))
    _tell(role_stream(role.key), "role_bound", by, [change], channel, version)
    return binding


@transaction.atomic
def unbind_role(*, binding: RoleBinding, by: User, channel: str = "web") -> None:
    """Take the binding away; its history stays. Event ``role_unbound``."""
    key, told = binding.role.key, binding_told(binding)
    vars(binding)["_history_user"] = by
    binding.delete()
    change = FieldChange("bindings", told, None, role_stream(key))
    _tell(role_stream(key), "role_unbound", by, [change], channel)


def binding_told(binding: RoleBinding) -> dict[str, str]:
    """Return what it is bound to: ``{"position": code}``, ``{"group": name}`` or ``{"relation": name}``."""
    if binding.position is not None:
        return {"position": binding.position.code}
    if binding.group is not None:
        return {"group": binding.group.name}
    return {"relation": binding.relation}


@transaction.atomic
def save_role(
    *, key: str, name: str, by: User, name_en: str = "", description: str = "", channel: str = "web"
) -> Role:
    """Make the role, or change what it is called. Events ``role_made``, ``role_changed``."""
    role = Role.objects.filter(key=key).first() or Role(key=key)
    fields = {"name": name, "name_en": name_en, "description": description}
    _write(role, fields, role_stream(key), "role", by, channel)
    return role


@transaction.atomic
def save_department(
    *,
    code: str,
    name: str,
    by: User,
    name_en: str = "",
    parent: Department | None = None,
    order: int = 0,
    channel: str = "web",
) -> Department:
    """Make or change a department. Events ``department_made``, ``department_changed``.

    Raises ``DepartmentLoop`` when it would be part of itself.
    """
    department = Department.objects.filter(code=code).first() or Department(code=code)
    above = parent
    while above is not None:
        if above == department:
            raise DepartmentLoop
        above = above.parent
    fields = {"name": name, "name_en": name_en, "parent": parent, "order": order}
    _write(department, fields, f"department:{code}", "department", by, channel)
    return department


@transaction.atomic
def save_position(
    *,
    code: str,
    title: str,
    department: Department,
    by: User,
    title_en: str = "",
    superiors: Collection[Position] = (),
    heads_department: bool = False,
    grade: str = "",
    headcount: int = 1,
    channel: str = "web",
) -> Position:
    """Make or change a position and whom it reports to. Events ``position_made``, ``position_changed``.

    Raises ``SuperiorLoop`` when it would report to itself; ``CodeReserved`` for a new one whose code is a word of
    addresses.
    """
    position = Position.objects.filter(code=code).first()
    if position is None:
        check_code(code)
        position = Position(code=code)
    _check_superiors(position, superiors)
    fields = {
        "title": title,
        "title_en": title_en,
        "department": department,
        "heads_department": heads_department,
        "grade": grade,
        "headcount": headcount,
    }
    _write(position, fields, f"position:{code}", "position", by, channel, superiors=superiors)
    return position


@transaction.atomic
def open_account(
    *,
    username: str,
    full_name: str,
    by: User,
    full_name_en: str = "",
    email: str = "",
    language: str = "",
    password: str | None = None,
    is_demo: bool = False,
    channel: str = "web",
) -> User:
    """Make a person who can sign in (not before a password is set, without one). Event ``account_opened``."""
    person = User(
        username=username,
        full_name=full_name,
        full_name_en=full_name_en,
        email=email,
        language=language,
        is_demo=is_demo,
    )
    person.set_password(password)
    person.save()
    fields = {"username": username, "full_name": full_name, "full_name_en": full_name_en, "email": email}
    changes = [FieldChange(path, None, value, _subject(person)) for path, value in fields.items() if value]
    _tell(user_stream(person), "account_opened", by, changes, channel)
    return person


@transaction.atomic
def set_groups(*, person: User, groups: Iterable[Group], by: User, channel: str = "web") -> None:
    """Let the person be in exactly these groups. Event ``groups_changed``."""
    before = sorted(person.groups.values_list("name", flat=True))
    wanted = list(groups)
    after = sorted(group.name for group in wanted)
    if before != after:
        person.groups.set(wanted)
        changes = [FieldChange("groups", before, after, _subject(person))]
        _tell(user_stream(person), "groups_changed", by, changes, channel)


@transaction.atomic
def set_active(*, person: User, active: bool, by: User, channel: str = "web") -> None:
    """Switch the account on or off; off ends every right. Events ``account_switched_on``, ``…_off``."""
    if person.is_active != active:
        person.is_active = active
        person.save(update_fields=["is_active"])
        changes = [FieldChange("is_active", not active, active, _subject(person))]
        _tell(user_stream(person), f"account_switched_{'on' if active else 'off'}", by, changes, channel)


@transaction.atomic
def system_account() -> User:
    """Return the account in whose name the machine itself writes (packs); nobody can sign in with it."""
    account = User.objects.filter(username=SYSTEM_USERNAME).first()
    if account is None:
        account = User(username=SYSTEM_USERNAME, full_name="职责台", full_name_en="Remit", is_active=False)
        account.set_unusable_password()
        account.save()
        _tell(user_stream(account), "account_opened", account, [], "system")
    return account


def _check_dates(starts: datetime.date, ends: datetime.date | None) -> None:
    if ends is not None and ends < starts:
        raise DatesReversed


def _check_active(person: User) -> None:
    if not person.is_active:
        raise PersonInactive(str(person))


def _check_free(
    person: User,
    position: Position,
    starts: datetime.date,
    ends: datetime.date | None,
    *,
    besides: Holding | None = None,
) -> None:
    """Raise ``AlreadyHeld`` where the person holds the position on one of the days by another holding."""
    same = Holding.objects.filter(person=person, position=position, starts__lte=ends or FOREVER)
    same = same.filter(Q(ends__isnull=True) | Q(ends__gte=starts))
    if besides is not None:
        same = same.exclude(pk=besides.pk)
    if same.exists():
        raise AlreadyHeld(str(person), str(position))


def _check_circle(
    principal: User,
    deputy: User,
    starts: datetime.date,
    ends: datetime.date | None,
    workflows: list[str],
) -> None:
    locks.hold("deputies")  # two chains that grow at once could close a circle unseen
    circle = _circle(principal, deputy, starts, ends or FOREVER, workflows)
    if circle:
        raise DeputyCycle(" → ".join(str(person) for person in (principal, *circle)))


def _reason(reason: str) -> str:
    reason = reason.replace("\0", "").strip()
    if not reason:
        raise ReasonMissing
    return reason


def _announce(holding: Holding, change: str, before: dict[str, Any] | None, by: User) -> None:
    holding_changed.send(sender=Holding, holding=holding, change=change, before=before, by=by)


def _check_superiors(position: Position, superiors: Iterable[Position]) -> None:
    links: dict[int, list[int]] = {}
    for below, above in Position.superiors.through.objects.values_list("from_position_id", "to_position_id"):
        links.setdefault(below, []).append(above)
    seen: set[int] = set()
    waiting = [superior.pk for superior in superiors]
    while waiting:
        step = waiting.pop()
        if step == position.pk:
            raise SuperiorLoop
        if step not in seen:
            seen.add(step)
            waiting.extend(links.get(step, ()))


def _circle(
    principal: User, deputy: User, starts: datetime.date, ends: datetime.date, workflows: list[str]
) -> list[User]:
    """Return the deputies from ``deputy`` round to ``principal`` whose days and workflows meet, if any."""
    rows = Deputy.objects.filter(starts__lte=ends).filter(Q(ends__isnull=True) | Q(ends__gte=starts))
    onward: dict[int, list[Deputy]] = {}
    for row in rows.select_related("deputy"):
        onward.setdefault(row.principal_id, []).append(row)
    waiting = [([deputy], starts, ends, frozenset(workflows))]
    while waiting:
        path, first, last, named = waiting.pop()
        for row in onward.get(path[-1].pk, ()):
            begin, end = max(first, row.starts), min(last, row.ends or FOREVER)
            shared = named & frozenset(row.workflows) if named and row.workflows else named | {*row.workflows}
            if begin > end or (named and row.workflows and not shared) or row.deputy in path:
                continue
            if row.deputy == principal:
                return [*path, principal]
            waiting.append(([*path, row.deputy], begin, end, shared))
    return []


def _write(
    row: Department | Position | Role,
    fields: Mapping[str, Any],
    stream: str,
    noun: str,
    by: User,
    channel: str,
    *,
    superiors: Collection[Position] | None = None,
) -> None:
    """Save ``row`` with ``fields`` where they differ, and tell each difference."""
    new = row.pk is None
    version = next_version(stream)
    changes = []
    for name, value in fields.items():
        before = None if new else _plain(getattr(row, name))
        if before != _plain(value):
            changes.append(FieldChange(name, before, _plain(value), stream))
        setattr(row, name, value)
    if new or changes:
        _save(row, by)
    if isinstance(row, Position) and superiors is not None:
        before = sorted(row.superiors.values_list("code", flat=True))
        after = sorted(position.code for position in superiors)
        if before != after:
            vars(row)["_history_user"] = by
            row.superiors.set(superiors)
            changes.append(FieldChange("superiors", before, after, stream))
    if new or changes:
        _tell(stream, f"{noun}_made" if new else f"{noun}_changed", by, changes, channel, version)


def _plain(value: Any) -> Any:
    return value.code if isinstance(value, Department) else value


def _save(row: models.Model, by: User, reason: str = "") -> None:
    vars(row).update(_history_user=by, _change_reason=reason or None)  # what the history library reads
    row.save()


def _tell(
    stream: str, kind: str, by: User, changes: list[FieldChange], channel: str, version: int | None = None
) -> None:
    append(
        stream=stream,
        version=version or next_version(stream),
        kind=kind,
        actor=Actor.of(by, channel=channel),
        changes=changes,
    )


def _subject(person: User) -> str:
    return f"user:{person.pk}"


def _iso(day: datetime.date | None) -> str | None:
    return day.isoformat() if day else None


def _of_holding(holding: Holding) -> dict[str, Any]:
    return {"kind": str(holding.kind), "starts": _iso(holding.starts), "ends": _iso(holding.ends)}


def _of_deputy(row: Deputy) -> dict[str, Any]:
    return {
        "deputy": row.deputy_id,
        "starts": _iso(row.starts),
        "ends": _iso(row.ends),
        "workflows": row.workflows,
    }
