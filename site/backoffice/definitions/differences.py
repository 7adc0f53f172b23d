"""What a definition says otherwise than another, in the words of people: by the ids of its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from pydantic import BaseModel, ValidationError

from backoffice.definitions.words import called, label, shown
from forms.fields import Segment
from forms.fields.base import text_difference
from forms.merging import moved_names
from forms.outline import FIELD, Body, Thing, Tree, same, tidy, tree_of
from forms.schema import FormDefinition


@dataclass(frozen=True)
class PropertyDifference:
    """One property before and after; ``inline`` is the comparison of two texts."""

    name: str
    before: str
    after: str
    inline: tuple[Segment, ...]


@dataclass(frozen=True)
class DifferenceView:
    """What changed about one thing."""

    thing: Thing
    sort: str
    title: str
    kind: str
    """added, removed, moved or changed."""
    word: str
    place: str
    properties: tuple[PropertyDifference, ...] = ()


@dataclass(frozen=True)
class Said:
    """How the values of a definition are said: ``model`` tells what need not be said, ``called`` what properties are
    called, ``shown`` what a value at a path is, ``told_when_added`` of which new things the properties are told.
    """

    model: type[BaseModel] = FormDefinition
    called: Callable[[str, str], str] = label
    shown: Callable[[tuple[str, ...], Any], str] = lambda _path, value: shown(value)
    told_when_added: frozenset[str] = frozenset({FIELD})


FORMS = Said()


def differences(before: Body | None, after: Body, said: Said = FORMS) -> list[DifferenceView]:
    """Return what leads from one definition to another, in the order of the new one; removed things last."""
    new = tree_of(plain(after, said.model))
    root = new.root
    old = tree_of(plain(before, said.model)) if before is not None else Tree({root: {}}, {root: {}}, {}, root)
    found: list[DifferenceView] = []
    moved = _moved(old, new)
    for thing in [root, *new.below(root)]:
        if thing not in old.own:
            told = thing.sort in said.told_when_added
            found.append(_view(new, thing, "added", _properties({}, new.own[thing], said) if told else ()))
            continue
        changes = _properties(old.own[thing], new.own[thing], said)
        if thing in moved:
            found.append(_view(new, thing, "moved", changes))
        elif changes:
            found.append(_view(new, thing, "changed", changes))
    found += [
        _view(old, thing, "removed", ())
        for thing in old.below(root)
        if thing not in new.own and old.parent[thing][0] in new.own
    ]
    return found


def plain(body: Mapping[str, Any], model: type[BaseModel] = FormDefinition) -> Body:
    """Return a definition in which what need not be said is not said, so that only meaning is compared."""
    try:
        definition = model.model_validate(body)
    except ValidationError:
        return tidy(body)
    return tidy(definition.model_dump(mode="json", exclude_defaults=True))


def _moved(old: Tree, new: Tree) -> set[Thing]:
    found = {
        thing
        for thing, (above, _slot) in new.parent.items()
        if thing in old.parent and old.parent[thing][0] != above
    }
    for above, slots in new.inner.items():
        for slot, order in slots.items():
            found |= moved_names(old.inner.get(above, {}).get(slot, []), order)
    return found


def _view(tree: Tree, thing: Thing, kind: str, properties: Sequence[PropertyDifference]) -> DifferenceView:
    words = {
        "added": _("added"),
        "removed": _("removed"),
        "moved": _("moved") if not properties else _("moved and changed"),
        "changed": _("changed"),
    }
    return DifferenceView(
        thing=thing,
        sort=thing.sort,
        title=title_in(tree, thing),
        kind=kind,
        word=words[kind],
        place=" › ".join(
            title_in(tree, one) for one in reversed([one for one in tree.above(thing) if one.id])
        ),
        properties=tuple(properties),
    )


def title_in(tree: Tree, thing: Thing) -> str:
    """Return what people call a thing of a definition."""
    return called(tree.own[thing]) or thing.id


def _properties(before: Mapping[str, Any], after: Mapping[str, Any], said: Said) -> list[PropertyDifference]:
    found = []
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key), after.get(key)
        if key == "id" or same(old, new):
            continue
        found += list(_property((key,), old, new, said))
    return found


def _property(path: tuple[str, ...], old: Any, new: Any, said: Said) -> list[PropertyDifference]:
    if isinstance(old, dict) and isinstance(new, dict):
        return [
            one
            for key in dict.fromkeys([*old, *new])
            if not same(old.get(key), new.get(key))
            for one in _property((*path, key), old.get(key), new.get(key), said)
        ]
    keyed = [_keyed(side) for side in (old, new)]
    if keyed[0] is not None and keyed[1] is not None:
        return [
            one
            for key in dict.fromkeys([*keyed[0], *keyed[1]])
            if not same(keyed[0].get(key), keyed[1].get(key))
            for one in _property((*path, key), keyed[0].get(key), keyed[1].get(key), said)
        ] or [PropertyDifference(_name(path, said), _("another order"), "", ())]
    before, after = ("" if side is None else said.shown(path, side) for side in (old, new))
    inline = text_difference(before, after) if isinstance(old, str) and isinstance(new, str) else []
    return [PropertyDifference(_name(path, said), before, after, tuple(inline))]


def _keyed(value: Any) -> dict[str, Any] | None:
    if not isinstance(value, list) or not value:
        return {} if value == [] else None
    found = {}
    for one in value:
        name = one.get("key", one.get("id")) if isinstance(one, dict) else None
        if not isinstance(name, str):
            return None
        found[name] = one
    return found


_LANGUAGES = {"zh-hans": "中文", "en": "English"}


def _name(path: Sequence[str], said: Said) -> str:
    return " · ".join(
        _LANGUAGES.get(part) or said.called(f"{path[0]}.{part}" if at else part, part)
        for at, part in enumerate(path)
        if part != "options"
    )
