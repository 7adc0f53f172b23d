"""``organisation.yaml``: departments (parts after what they are part of), positions, who reports to whom."""

from __future__ import annotations

from collections.abc import Container, Iterable
from pathlib import PurePosixPath
from typing import Any

from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field

from foundation.organisation.codes import check_code
from foundation.organisation.exceptions import CodeReserved, OrganisationError
from foundation.organisation.models import Department, Position, User
from foundation.organisation.services import save_department, save_position
from foundation.packs.exceptions import PackFault
from foundation.packs.registry import PlannedChange, compare

CHANNEL = "pack"
CODE = r"^[a-z0-9][a-z0-9_-]*$"


class _Department(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    code: str = Field(pattern=CODE, max_length=40)
    name: str = Field(min_length=1, max_length=120)
    name_en: str = Field("", max_length=120)
    parent: str = ""
    order: int = Field(0, ge=0)


class _Position(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    code: str = Field(pattern=CODE, max_length=40)
    title: str = Field(min_length=1, max_length=120)
    title_en: str = Field("", max_length=120)
    department: str
    superiors: list[str] = []
    heads_department: bool = False
    grade: str = Field("", max_length=40)
    headcount: int = Field(1, ge=0)


class _Organisation(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    departments: list[_Department] = []
    positions: list[_Position] = []


class OrganisationLoader:
    """Reads and writes ``organisation.yaml``."""

    def plan(self, path: PurePosixPath, data: dict[str, Any], *, by: User) -> list[PlannedChange]:
        """Return what would happen to each department and position of the file."""
        wanted, present = _read(data), _present()
        planned = []
        for noun, plural in (("department", "departments"), ("position", "positions")):
            before = {item["code"]: item for item in present[plural]}
            planned += [
                compare(noun, item["code"], before.get(item["code"]), item) for item in wanted[plural]
            ]
            if noun == "position":
                _check_codes(wanted[plural], before)
        return planned

    def apply(self, path: PurePosixPath, data: dict[str, Any], *, by: User) -> list[PlannedChange]:
        """Make and change departments and positions; those that the file does not name stay."""
        planned = self.plan(path, data, by=by)
        wanted = _read(data)
        departments = {department.code: department for department in Department.objects.all()}
        for index, item in enumerate(wanted["departments"]):
            at = ("departments", index)
            parent = _named(departments, item["parent"], (*at, "parent")) if item["parent"] else None
            try:
                departments[item["code"]] = save_department(
                    **{**item, "parent": parent}, by=by, channel=CHANNEL
                )
            except OrganisationError as refusal:
                raise PackFault(str(refusal), at) from refusal
        positions = {position.code: position for position in Position.objects.all()}
        # Twice: a position may report to one further down, which must be there first.
        for with_superiors in (False, True):
            for index, item in enumerate(wanted["positions"]):
                self._save_position(index, item, departments, positions, by, with_superiors=with_superiors)
        return planned

    def export(self) -> Iterable[tuple[str, dict[str, Any]]]:
        """Yield the one file."""
        present = _present()
        if present["departments"]:
            yield "organisation.yaml", present

    def _save_position(
        self,
        index: int,
        item: dict[str, Any],
        departments: dict[str, Department],
        positions: dict[str, Position],
        by: User,
        *,
        with_superiors: bool,
    ) -> None:
        at = ("positions", index)
        if not with_superiors and item["code"] in positions:
            return
        superiors = [
            _named(positions, code, (*at, "superiors", place))
            for place, code in enumerate(item["superiors"] if with_superiors else ())
        ]
        department = _named(departments, item["department"], (*at, "department"))
        fields = {**item, "department": department, "superiors": superiors}
        try:
            positions[item["code"]] = save_position(**fields, by=by, channel=CHANNEL)
        except OrganisationError as refusal:
            raise PackFault(str(refusal), at) from refusal


def _check_codes(wanted: list[dict[str, Any]], present: Container[str]) -> None:
    """Name the first new position whose code means something else, before anything is written."""
    for index, item in enumerate(wanted):
        if item["code"] not in present:
            try:
                check_code(item["code"])
            except CodeReserved as refusal:
                raise PackFault(str(refusal), ("positions", index, "code")) from refusal


def _named(rows: dict[str, Any], code: str, at: tuple[str | int, ...]) -> Any:
    if code not in rows:
        raise PackFault(_("%(code)s is not known here.") % {"code": code}, at)
    return rows[code]


def _read(data: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the file in the form in which ``_present`` tells the database."""
    read = _Organisation.model_validate(data).model_dump()
    for plural in ("departments", "positions"):
        seen: set[str] = set()
        for index, item in enumerate(read[plural]):
            if item["code"] in seen:
                raise PackFault(_("%(key)s is there twice.") % {"key": item["code"]}, (plural, index))
            seen.add(item["code"])
    for item in read["positions"]:
        item["superiors"] = sorted(item["superiors"])
    return read


def _present() -> dict[str, list[dict[str, Any]]]:
    departments = list(Department.objects.select_related("parent"))
    by_pk = {department.pk: department for department in departments}
    departments.sort(key=lambda department: (_depth(department, by_pk), department.order, department.code))
    return {
        "departments": [
            {
                "code": department.code,
                "name": department.name,
                "name_en": department.name_en,
                "parent": department.parent.code if department.parent else "",
                "order": department.order,
            }
            for department in departments
        ],
        "positions": [
            {
                "code": position.code,
                "title": position.title,
                "title_en": position.title_en,
                "department": position.department.code,
                "superiors": sorted(superior.code for superior in position.superiors.all()),
                "heads_department": position.heads_department,
                "grade": position.grade,
                "headcount": position.headcount,
            }
            for position in Position.objects.select_related("department").prefetch_related("superiors")
        ],
    }


def _depth(department: Department, by_pk: dict[int, Department]) -> int:
    depth = 0
    while department.parent_id is not None:
        department = by_pk[department.parent_id]
        depth += 1
    return depth
