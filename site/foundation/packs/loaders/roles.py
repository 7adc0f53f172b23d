"""``roles.yaml``: the roles, and what they are bound to; a role in the file has no other bindings."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

from django.contrib.auth.models import Group
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field

from foundation.organisation.models import Position, Role, RoleBinding, User
from foundation.organisation.services import bind_role, binding_told, save_role, unbind_role
from foundation.packs.exceptions import PackFault
from foundation.packs.registry import PlannedChange, compare

KIND = "role"
CHANNEL = "pack"


class _Binding(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    position: str = ""
    group: str = ""
    relation: str = ""


class _Role(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    key: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)
    name: str = Field(min_length=1, max_length=120)
    name_en: str = Field("", max_length=120)
    description: str = ""
    bound_to: list[_Binding] = []


class _Roles(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    roles: list[_Role]


class RoleLoader:
    """Reads and writes ``roles.yaml``."""

    def plan(self, path: PurePosixPath, data: dict[str, Any], *, by: User) -> list[PlannedChange]:
        """Return what would happen to each role of the file."""
        wanted = _read(data)
        present = {role["key"]: role for role in _present([role["key"] for role in wanted])}
        return [
            compare(
                KIND,
                role["key"],
                present.get(role["key"]),
                {**role, "bound_to": _sorted(role["bound_to"])},
            )
            for role in wanted
        ]

    def apply(self, path: PurePosixPath, data: dict[str, Any], *, by: User) -> list[PlannedChange]:
        """Make and change roles; bind what is not bound (groups are made), unbind what is not in the file."""
        planned = self.plan(path, data, by=by)
        positions = {position.code: position for position in Position.objects.all()}
        for index, wanted in enumerate(_read(data)):
            texts = {name: wanted[name] for name in ("name", "name_en", "description")}
            role = save_role(key=wanted["key"], by=by, channel=CHANNEL, **texts)
            for binding in role.bindings.select_related("role", "position", "group"):
                if binding_told(binding) not in wanted["bound_to"]:
                    unbind_role(binding=binding, by=by, channel=CHANNEL)
            for place, target in enumerate(wanted["bound_to"]):
                self._bind(role, target, positions, by, ("roles", index, "bound_to", place))
        return planned

    def export(self) -> Iterable[tuple[str, dict[str, Any]]]:
        """Yield the one file."""
        roles = _present(None)
        if roles:
            yield "roles.yaml", {"roles": roles}

    def _bind(
        self,
        role: Role,
        target: dict[str, str],
        positions: dict[str, Position],
        by: User,
        at: tuple[str | int, ...],
    ) -> None:
        position, group = None, None
        if "position" in target:
            position = positions.get(target["position"])
            if position is None:
                raise PackFault(_("There is no position %(code)s.") % {"code": target["position"]}, at)
        if "group" in target:
            group, _made = Group.objects.get_or_create(name=target["group"])
        relation = target.get("relation", "")
        bind_role(role=role, by=by, position=position, group=group, relation=relation, channel=CHANNEL)


def _read(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the roles of the file as ``_present`` tells those of the database; bindings in their order."""
    roles = []
    seen: set[str] = set()
    for index, role in enumerate(_Roles.model_validate(data).roles):
        if role.key in seen:
            raise PackFault(_("%(key)s is there twice.") % {"key": role.key}, ("roles", index))
        seen.add(role.key)
        targets = []
        for place, binding in enumerate(role.bound_to):
            target = {name: value for name, value in binding.model_dump().items() if value}
            known = target.get("relation") is None or target["relation"] in RoleBinding.Relation.values
            if len(target) != 1 or not known:
                raise PackFault(
                    _("Choose one of position, group and relation."), ("roles", index, "bound_to", place)
                )
            targets.append(target)
        roles.append({**role.model_dump(exclude={"bound_to"}), "bound_to": targets})
    return roles


def _present(keys: list[str] | None) -> list[dict[str, Any]]:
    rows = Role.objects.all() if keys is None else Role.objects.filter(key__in=keys)
    return [
        {
            "key": role.key,
            "name": role.name,
            "name_en": role.name_en,
            "description": role.description,
            "bound_to": _sorted([binding_told(binding) for binding in role.bindings.all()]),
        }
        for role in rows.prefetch_related("bindings__position", "bindings__group")
    ]


def _sorted(targets: list[dict[str, str]]) -> list[dict[str, str]]:
    return sorted(targets, key=lambda target: sorted(target.items()))
