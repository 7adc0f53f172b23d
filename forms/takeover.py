"""What the answers of a draft take over of the things they name: a customer's telephone, a person's department.

Only fields that are still empty take anything over, and only when the answer that names the thing has changed:
what somebody has cleared stays cleared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils import timezone

from forms.fields import Directory, FieldFault, Found, Reference, Surroundings
from forms.fields.reference import SAID, ReferenceField, ReferenceOptions
from forms.schema import FieldDefinition, FormDefinition, Scope

_Named = tuple[str, Scope, FieldDefinition, Any, Reference]


def taken_over(
    definition: FormDefinition,
    before: Mapping[str, Sequence[str]],
    after: Mapping[str, Sequence[str]],
    directory: Directory,
) -> dict[str, list[str]]:
    """Return texts by path that take the place of those of ``after``: the things that were named by words get
    their keys, and empty fields what the things say. No query where no answer of this sort has changed.
    """
    named = [
        one
        for one in _named(definition.form, after, "")
        if list(before.get(one[0], ())) != list(after.get(one[0], ()))
    ]
    if not named:
        return {}
    found = directory.load({reference for *_rest, reference in named})
    texts: dict[str, list[str]] = {}
    for path, scope, asked, _value, reference in named:
        thing = found.get(reference)
        if thing is None or thing.reference.key.startswith(SAID):
            continue
        if reference.key.startswith(SAID):
            texts[path] = asked.of_kind.typed(
                {"key": thing.reference.key, "label": thing.label}, asked.settings
            )
        prefix = path[: -len(asked.id)]
        for own, theirs in _fills(asked).items():
            target = f"{prefix}{own}"
            if own not in scope.fields or not _is_empty(scope.fields[own], after.get(target, ())):
                continue
            if (taken := _typed(scope.fields[own], thing.values.get(theirs), directory)) is not None:
                texts[target] = taken
    return texts


def _named(scope: Scope, typed: Mapping[str, Sequence[str]], prefix: str) -> Iterator[_Named]:
    """Yield the answers that name something which may be taken over, with their paths."""
    for name, member in scope.members.items():
        path = f"{prefix}{name}"
        if member.group is not None:
            for row in typed.get(path, ()):
                yield from _named(scope.inner[name], typed, f"{path}/{row}/")
            continue
        asked = scope.fields[name]
        if path not in typed or not isinstance(asked.of_kind, ReferenceField) or asked.computed:
            continue
        try:
            value = asked.of_kind.parse(typed[path], asked.settings)
        except FieldFault:
            continue
        for reference in asked.of_kind.references(value, asked.settings):
            if _fills(asked) or reference.key.startswith(SAID):
                yield path, scope, asked, value, reference


def _is_empty(asked: FieldDefinition, texts: Sequence[str]) -> bool:
    """Whether nothing was typed into a field, its parts included."""
    try:
        return asked.of_kind.parse(texts, asked.settings) is None
    except FieldFault:
        return False


def _fills(asked: FieldDefinition) -> Mapping[str, str]:
    options = asked.settings
    return options.fills if isinstance(options, ReferenceOptions) else {}


def _typed(asked: FieldDefinition, value: Any, directory: Directory) -> list[str] | None:
    """Return a value of elsewhere as texts for this field; None where the field would not take it."""
    if value is None or asked.computed or not asked.of_kind.asks:
        return None
    kind, settings = asked.of_kind, asked.settings
    said = value.get("label") if isinstance(value, dict) else value
    for attempt in (lambda: value, lambda: kind.parse([str(said)], settings)):
        try:
            taken = attempt()
            references = kind.references(taken, settings)
            found: Mapping[Reference, Found] = directory.load(references) if references else {}
            kind.check(taken, settings, Surroundings(timezone.localdate(), found))
        except FieldFault:
            continue
        return kind.typed(taken, settings)
    return None
