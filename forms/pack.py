"""Forms in packs: ``forms/<key>.yaml``, published as the next edition when the file says something new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from forms.checking import check
from forms.exceptions import DefinitionRefused
from forms.schema import FormDefinition
from forms.services.definitions import refuse_faults
from foundation.editions.models import Edition
from foundation.organisation.models import User
from foundation.packs.exceptions import PackFault
from foundation.packs.loaders.editions import EditionLoader
from foundation.packs.registry import PlannedChange


def _sound(body: dict[str, Any]) -> None:
    FormDefinition.model_validate(body)  # pydantic names the place in the file by itself
    errors = [problem for problem in check(body) if problem.severity == "error"]
    if errors:
        raise PackFault(f"{errors[0].path}: {errors[0].message}", at=place(body, errors[0].path))


class FormLoader(EditionLoader):
    """Reads and writes forms. Planning asks everything but the roles, which may come with the same pack; what forms say
    of one another is asked once all of them are there.
    """

    def __init__(self) -> None:
        super().__init__(Edition.Kind.FORM, validate=_sound)

    def apply(self, path: PurePosixPath, data: dict[str, Any], *, by: User) -> list[PlannedChange]:
        """Publish the file as the next edition where it says something new."""
        _refuse(data, registers=False)
        return super().apply(path, data, by=by)

    def finish(self, applied: Mapping[PurePosixPath, dict[str, Any]], *, by: User) -> Iterable[str]:
        """Refuse what a form says of the registers of others and cannot be; return nothing."""
        for path, data in applied.items():
            _refuse(data, path=path)
        return ()


def _refuse(data: dict[str, Any], *, registers: bool = True, path: PurePosixPath | None = None) -> None:
    try:
        refuse_faults(data, registers=registers)
    except DefinitionRefused as refusal:
        raise PackFault(str(refusal), place(data, refusal.problems[0].path), path) from refusal


def place(data: Any, path: str) -> tuple[str | int, ...]:
    """Return the keys and indexes that lead to a problem's path, in which list items go by id or key, or, where they
    have neither, by their place.
    """
    found: list[str | int] = []
    here = data
    for part in path.split("."):
        if isinstance(here, dict) and part in here:
            found.append(part)
            here = here[part]
        elif isinstance(here, list) and (position := _position(here, part)) is not None:
            found.append(position)
            here = here[position]
        else:
            break
    return tuple(found)


def _position(listed: list[Any], part: str) -> int | None:
    for position, item in enumerate(listed):
        if isinstance(item, dict) and part in (item.get("id"), item.get("key")):
            return position
    return int(part) if part.isascii() and part.isdigit() and int(part) < len(listed) else None
