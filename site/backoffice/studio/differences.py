"""What a definition says otherwise than another, in the words of people: by the ids of its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from pydantic import ValidationError

from backoffice.studio.desk import shown
from backoffice.studio.words import called, label
from forms.fields import Segment
from forms.fields.base import text_difference
from forms.merging import moved_names
from forms.outline import FIELD, ROOT, Body, Thing, Tree, same, tidy, tree_of
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


def differences(before: Body | None, after: Body) -> list[DifferenceView]:
    """Return what leads from one definition to another, in the order of the new one; removed things last."""
    old = tree_of(plain(before)) if before is not None else Tree({ROOT: {}}, {ROOT: {}}, {})
    new = tree_of(plain(after))
    found: list[DifferenceView] = []
    moved = _moved(old, new)
    for thing in [ROOT, *new.below(ROOT)]:
        if thing not in old.own:
            found.append(
                _view(new, thing, "added", _properties({}, new.own[thing]) if thing.sort == FIELD else ())
            )
            continue
        changes = _properties(old.own[thing], new.own[thing])
        if thing in moved:
            found.append(_view(new, thing, "moved", changes))
        elif changes:
            found.append(_view(new, thing, "changed", changes))
    found += [
        _view(old, thing, "removed", ())
        for thing in old.below(ROOT)
        if thing not in new.own and old.parent[thing][0] in new.own
    ]
    return found


def plain(body: Mapping[str, Any]) -> Body:
    """Return a definition in which what need not be said is not said, so that only meaning is compared."""
    try:
        definition = FormDefinition.model_validate(body)
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
            title_in(tree, one) for one in reversed([one for one in tree.above(thing) if one != ROOT])
        ),
        properties=tuple(properties),
    )


def title_in(tree: Tree, thing: Thing) -> str:
    """Return what people call a thing of a definition."""
    return called(tree.own[thing]) or thing.id


def _properties(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[PropertyDifference]:
    found = []
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key), after.get(key)
        if key == "id" or same(old, new):
            continue
        found += list(_property((key,), old, new))
    return found


def _property(path: tuple[str, ...], old: Any, new: Any) -> list[PropertyDifference]:
    if isinstance(old, dict) and isinstance(new, dict):
        return [
            one
            for key in dict.fromkeys([*old, *new])
            if not same(old.get(key), new.get(key))
            for one in _property((*path, key), old.get(key), new.get(key))
        ]
    keyed = [_keyed(side) for side in (old, new)]
    if keyed[0] is not None and keyed[1] is not None:
        return [
            one
            for key in dict.fromkeys([*keyed[0], *keyed[1]])
            if not same(keyed[0].get(key), keyed[1].get(key))
            for one in _property((*path, key), keyed[0].get(key), keyed[1].get(key))
        ] or [PropertyDifference(_name(path), _("another order"), "", ())]
    before, after = ("" if side is None else shown(side) for side in (old, new))
    inline = text_difference(before, after) if isinstance(old, str) and isinstance(new, str) else []
    return [PropertyDifference(_name(path), before, after, tuple(inline))]


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


def _name(path: Sequence[str]) -> str:
    return " · ".join(_LANGUAGES.get(part) or label(part, part) for part in path if part != "options")
