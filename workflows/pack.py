"""Workflows in packs: ``workflows/<key>.yaml``, published as the next edition when the file says something new."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from foundation.editions.models import Edition
from foundation.organisation.models import User
from foundation.packs.exceptions import PackFault
from foundation.packs.loaders.editions import EditionLoader
from foundation.packs.registry import PlannedChange
from workflows.exceptions import DefinitionRefused
from workflows.schema import WorkflowDefinition
from workflows.services.definitions import refuse_faults


def _well_formed(body: dict[str, Any]) -> None:
    WorkflowDefinition.model_validate(body)


class WorkflowLoader(EditionLoader):
    """Reads and writes workflows. Planning asks whether a file is well formed; applying, when the forms and roles of
    the same pack are in place, refuses every fault the validator knows."""

    def __init__(self) -> None:
        super().__init__(Edition.Kind.WORKFLOW, validate=_well_formed)

    def apply(self, path: PurePosixPath, data: dict[str, Any], *, by: User) -> list[PlannedChange]:
        """Publish the file as the next edition where it says something new."""
        try:
            refuse_faults(data)
        except DefinitionRefused as refusal:
            first = refusal.problems[0]
            raise PackFault(str(refusal), at=_place(data, first.path)) from refusal
        return super().apply(path, data, by=by)


def _place(data: Any, path: str) -> tuple[str | int, ...]:
    """Return the keys and indexes that lead to a problem's path, in which list items go by their id."""
    found: list[str | int] = []
    here = data
    for part in path.split("."):
        if isinstance(here, dict) and part in here:
            here = here[part]
            found.append(part)
        elif isinstance(here, list):
            for position, item in enumerate(here):
                if isinstance(item, dict) and item.get("id") == part:
                    here = item
                    found.append(position)
                    break
            else:
                break
        else:
            break
    return tuple(found)
