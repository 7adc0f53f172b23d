"""Stored answers taken apart: one value per path (``phone``, ``items/r1/price``), and put together again.

The names of the rows of a repeating group stand under the path of the group itself, so that a row added,
taken away or moved shows as a change of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from forms.logic import ROW
from forms.schema import FieldDefinition, FormDefinition, Scope


def flat(definition: FormDefinition, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored answers by path, in the order of the form; of a repeating group the names of its rows."""
    return dict(_flat(definition.form, answers, ""))


def _flat(scope: Scope, answers: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, member in scope.members.items():
        value, path = answers.get(name), f"{prefix}{name}"
        if value is None:
            continue
        if member.group is None:
            yield path, value
            continue
        yield path, [row[ROW] for row in value]
        for row in value:
            yield from _flat(scope.inner[name], row, f"{path}/{row[ROW]}/")


def gathered(definition: FormDefinition, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the stored answers that ``flat`` took apart."""
    return _gathered(definition.form, values, "")


def _gathered(scope: Scope, values: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, member in scope.members.items():
        path = f"{prefix}{name}"
        if (value := values.get(path)) is None:
            continue
        if member.group is None:
            found[name] = value
        else:
            found[name] = [
                {ROW: row, **_gathered(scope.inner[name], values, f"{path}/{row}/")} for row in value
            ]
    return found


def without(
    definition: FormDefinition, answers: Mapping[str, Any], going: Callable[[FieldDefinition], bool]
) -> dict[str, Any]:
    """Return stored answers without those to the fields ``going`` says yes to; rows stay."""
    return _without(definition.form, answers, going)


def _without(
    scope: Scope, answers: Mapping[str, Any], going: Callable[[FieldDefinition], bool]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, member in scope.members.items():
        value = answers.get(name)
        if value is None:
            continue
        if member.group is not None:
            inner = scope.inner[name]
            found[name] = [{ROW: row[ROW], **_without(inner, row, going)} for row in value]
        elif not going(scope.fields[name]):
            found[name] = value
    return found


def with_kept(
    definition: FormDefinition,
    answers: Mapping[str, Any],
    kept: Mapping[str, Any],
    keeping: Callable[[FieldDefinition], bool],
) -> dict[str, Any]:
    """Return ``answers`` in which the fields ``keeping`` says yes to have the values of ``kept`` instead; in a
    row that ``kept`` does not know they have none.
    """
    return _with_kept(definition.form, answers, kept, keeping)


def _with_kept(
    scope: Scope,
    answers: Mapping[str, Any],
    kept: Mapping[str, Any],
    keeping: Callable[[FieldDefinition], bool],
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, member in scope.members.items():
        if member.group is not None:
            if answers.get(name) is None:
                continue
            known = {row[ROW]: row for row in kept.get(name) or ()}
            inner = scope.inner[name]
            found[name] = [
                {ROW: row[ROW], **_with_kept(inner, row, known.get(row[ROW], {}), keeping)}
                for row in answers[name]
            ]
            continue
        value = (kept if keeping(scope.fields[name]) else answers).get(name)
        if value is not None:
            found[name] = value
    return found
