"""People, posts and roles for tests. Plain functions; every argument has a default, codes are made unique."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group

from foundation.organisation.models import Department, Deputy, Holding, Position, Role, RoleBinding, User

PASSWORD = "correct-horse-battery"
LONG_AGO = datetime.date(2020, 1, 1)

_serial = itertools.count(1)


def _unique(stem: str) -> str:
    return f"{stem}-{next(_serial)}"


def make_user(
    username: str = "",
    *,
    full_name: str = "",
    full_name_en: str = "",
    active: bool = True,
    groups: Iterable[Group | str] = (),
    password: str = PASSWORD,
    **fields: Any,
) -> User:
    """Make a person who can sign in with ``PASSWORD``; ``groups`` may be given by name."""
    username = username or _unique("person")
    user = User(
        username=username,
        full_name=full_name or f"张{username}",
        full_name_en=full_name_en or f"Zhang {username}",
        email=f"{username}@example.com",
        is_active=active,
        **fields,
    )
    user.set_password(password)
    user.save()
    user.groups.add(*(make_group(group) if isinstance(group, str) else group for group in groups))
    return user


def make_group(name: str = "") -> Group:
    """Make the group, or return it where it exists."""
    return Group.objects.get_or_create(name=name or _unique("group"))[0]


def make_department(
    code: str = "",
    *,
    name: str = "",
    name_en: str = "",
    parent: Department | None = None,
    order: int = 0,
) -> Department:
    """Make a department."""
    code = code or _unique("department")
    return Department.objects.create(
        code=code, name=name or f"部门 {code}", name_en=name_en, parent=parent, order=order
    )


def make_position(
    code: str = "",
    *,
    title: str = "",
    title_en: str = "",
    department: Department | None = None,
    superiors: Iterable[Position] = (),
    heads: bool = False,
    headcount: int = 1,
) -> Position:
    """Make a position; ``heads`` says that it heads its department."""
    code = code or _unique("position")
    position = Position.objects.create(
        code=code,
        title=title or f"岗位 {code}",
        title_en=title_en,
        department=department or make_department(),
        heads_department=heads,
        headcount=headcount,
    )
    position.superiors.add(*superiors)
    return position


def hold(
    person: User,
    position: Position | None = None,
    *,
    kind: str = Holding.Kind.REGULAR,
    starts: datetime.date = LONG_AGO,
    ends: datetime.date | None = None,
) -> Holding:
    """Let the person hold the position (a new one without one)."""
    return Holding.objects.create(
        person=person, position=position or make_position(), kind=kind, starts=starts, ends=ends
    )


def make_deputy(
    principal: User,
    deputy: User,
    *,
    starts: datetime.date = LONG_AGO,
    ends: datetime.date | None = None,
    workflows: Iterable[str] = (),
) -> Deputy:
    """Let ``deputy`` act for ``principal`` (in all workflows without names)."""
    return Deputy.objects.create(
        principal=principal, deputy=deputy, starts=starts, ends=ends, workflows=list(workflows)
    )


def make_role(key: str = "", *, name: str = "", name_en: str = "") -> Role:
    """Make the role, or return it where it exists."""
    key = key or _unique("role")
    return Role.objects.get_or_create(key=key, defaults={"name": name or f"角色 {key}", "name_en": name_en})[
        0
    ]


def bind_role(role: Role | str, to: Position | Group | str) -> RoleBinding:
    """Bind the role (given by key or row) to a position, a group, or the relation named by a string."""
    if isinstance(role, str):
        role = make_role(role)
    if isinstance(to, Position):
        return RoleBinding.objects.get_or_create(role=role, position=to)[0]
    if isinstance(to, Group):
        return RoleBinding.objects.get_or_create(role=role, group=to)[0]
    return RoleBinding.objects.get_or_create(role=role, relation=RoleBinding.Relation(to).value)[0]


def make_user_with_roles(*keys: str, username: str = "", **fields: Any) -> User:
    """Make a person who has the roles (each is bound to a group that the person is in)."""
    groups = []
    for key in keys:
        group = make_group(f"role {key}")
        bind_role(key, group)
        groups.append(group)
    return make_user(username, groups=groups, **fields)
