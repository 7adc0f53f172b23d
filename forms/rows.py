"""Rows of repeating groups as they are typed: added, copied, moved and taken away, before anything is read.

Works on texts by path (see ``forms.logic``) and changes nothing it is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from forms.logic import row_names
from forms.schema import FormDefinition, Group

Typed = Mapping[str, Sequence[str]]


def add_row(definition: FormDefinition, typed: Typed, path: str) -> tuple[dict[str, list[str]], str]:
    """Return the texts with one more row at the end of the repeating group at ``path``, and the row's path.

    A full group, or a path that is none, gives the texts as they were and an empty path.
    """
    found, group = _copied(typed), _group_at(definition, path)
    rows = row_names(found.get(path, ()))
    if group is None or group.repeat is None or len(rows) >= group.repeat.max:
        return found, ""
    name = _free_name(rows)
    found[path] = [*rows, name]
    _begin(definition, found, group, f"{path}/{name}")
    return found, f"{path}/{name}"


def copy_row(definition: FormDefinition, typed: Typed, row: str) -> tuple[dict[str, list[str]], str]:
    """Return the texts with a copy of a row, what stands within included, right behind it; as ``add_row``."""
    found = _copied(typed)
    path, _stroke, name = row.rpartition("/")
    group, rows = _group_at(definition, path), row_names(found.get(path, ()))
    if group is None or group.repeat is None or name not in rows or len(rows) >= group.repeat.max:
        return found, ""
    copied = _free_name(rows)
    rows.insert(rows.index(name) + 1, copied)
    found[path] = rows
    for within, texts in list(found.items()):
        if within.startswith(f"{row}/"):
            found[f"{path}/{copied}/{within.removeprefix(f'{row}/')}"] = list(texts)
    return found, f"{path}/{copied}"


def remove_row(definition: FormDefinition, typed: Typed, row: str) -> dict[str, list[str]]:
    """Return the texts without a row and what stands within; a group keeps the fewest rows it may have."""
    found = _copied(typed)
    path, _stroke, name = row.rpartition("/")
    group, rows = _group_at(definition, path), row_names(found.get(path, ()))
    if group is None or group.repeat is None or name not in rows or len(rows) <= group.repeat.min:
        return found
    rows.remove(name)
    found[path] = rows
    return {within: texts for within, texts in found.items() if not within.startswith(f"{row}/")}


def move_row(definition: FormDefinition, typed: Typed, row: str, places: int) -> dict[str, list[str]]:
    """Return the texts with a row moved down (up where negative) by so many places, at most to the end."""
    found = _copied(typed)
    path, _stroke, name = row.rpartition("/")
    rows = row_names(found.get(path, ()))
    if _group_at(definition, path) is None or name not in rows:
        return found
    at = min(max(rows.index(name) + places, 0), len(rows) - 1)
    rows.remove(name)
    rows.insert(at, name)
    found[path] = rows
    return found


def _begin(definition: FormDefinition, found: dict[str, list[str]], group: Group, row: str) -> None:
    """Write what a new row begins with: initial answers, and as many rows within as there must be."""
    for asked in group.fields:
        if asked.initial is not None:
            found[f"{row}/{asked.id}"] = asked.of_kind.typed(asked.initial, asked.settings)
    for inner in group.groups:
        least = inner.repeat.min if inner.repeat else 0
        if names := [f"r{number + 1}" for number in range(least)]:
            found[f"{row}/{inner.id}"] = names
            for name in names:
                _begin(definition, found, inner, f"{row}/{inner.id}/{name}")


def _group_at(definition: FormDefinition, path: str) -> Group | None:
    member = definition.at(path) if path else None
    return member.group if member else None


def _copied(typed: Typed) -> dict[str, list[str]]:
    return {path: list(texts) for path, texts in typed.items()}


def _free_name(rows: Sequence[str]) -> str:
    """Return a name no row has had lately: one more than the highest."""
    numbers = [int(name[1:]) for name in rows if name[:1] == "r" and name[1:].isdecimal()]
    return f"r{max(numbers, default=0) + 1}"
