"""Who reads a register, and who takes sheets into it. Nothing here writes.

Source: ``registered`` of the form as it stands (the newest edition that has begun). A form without it has no
register, and a register without readers is read by nobody: nothing is open that was not opened.
"""

from __future__ import annotations

from collections.abc import Collection

from forms.schema import FormDefinition


def may_read(definition: FormDefinition, roles: Collection[str]) -> bool:
    """Whether somebody with these roles reads the register."""
    registered = definition.registered
    return registered is not None and not set(roles).isdisjoint(registered.readers)


def may_import(definition: FormDefinition, roles: Collection[str]) -> bool:
    """Whether somebody with these roles takes in filled-in sheets."""
    registered = definition.registered
    return registered is not None and not set(roles).isdisjoint(registered.importers)
