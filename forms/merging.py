"""What becomes of a definition that two people changed at the same time: both changes, wherever they can stand.

Three bodies: ``base``, which the second person had opened, ``mine``, what they made of it, and ``stored``, what
the first has made of it meanwhile. Things are known by their ids (``forms.outline``), so what one moved the
other may reword. Where both changed the same property to different values, what is stored stays and the other
value is handed back as a refusal: the person sees both and chooses.
"""

from __future__ import annotations

import copy
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from forms.outline import FIELD, SLOTS, Body, Thing, Tree, same, tree_of


class _Absent:
    """Stands for a property that is not there; unlike None it is no value."""

    def __repr__(self) -> str:
        return "ABSENT"

    def __deepcopy__(self, memo: dict[int, Any]) -> _Absent:
        return self  # it is told by identity


ABSENT = _Absent()
NameT = TypeVar("NameT")


@dataclass(frozen=True)
class Refusal:
    """One change that could not stand. ``path``: of the property within the thing, empty for the thing itself.

    Values are None where there is nothing. ``mine`` is what was wanted.
    """

    thing: Thing
    path: tuple[str, ...]
    base: Any
    mine: Any
    stored: Any
    why: str = "changed"
    """changed: both changed it; removed: I removed what the other changed; moved: both moved it."""


@dataclass(frozen=True)
class Merged:
    """The body in which both changes stand, and what could not."""

    body: Body
    refusals: tuple[Refusal, ...] = ()


def merge(base: Body, mine: Body, stored: Body) -> Merged:
    """Return what becomes of ``stored`` when the changes from ``base`` to ``mine`` are made to it.

    Raises NotATree for a body that is none.
    """
    return _Merging(tree_of(base), tree_of(mine), tree_of(stored)).run()


@dataclass
class _Merging:
    base: Tree
    mine: Tree
    stored: Tree
    refusals: list[Refusal] = field(default_factory=list)

    def run(self) -> Merged:
        kept = self._kept()
        parents = self._parents(kept)
        tree = Tree(inner={thing: {} for thing in kept}, root=self.stored.root)
        for thing in kept:
            tree.own[thing] = self._own(thing)
        children: dict[tuple[Thing, str], set[Thing]] = {}
        for thing, place in parents.items():
            tree.parent[thing] = place
            children.setdefault(place, set()).add(thing)
        for (above, slot), there in children.items():
            tree.inner[above][slot] = self._ordered(above, slot, there)
        return Merged(tree.body(), tuple(self.refusals))

    # --- which things there are ---

    def _kept(self) -> list[Thing]:
        """Return the things of the result; what one removed and the other changed is kept, with all around it."""
        kept: dict[Thing, None] = {}
        for thing in [*self.stored.own, *self.mine.own]:
            if thing in kept:
                continue
            if (thing in self.mine.own and thing in self.stored.own) or thing not in self.base.own:
                kept[thing] = None
            elif thing in self.stored.own:  # I removed it
                if self._touched(thing, self.stored):
                    kept[thing] = None
                    if self._outermost_removal(thing):
                        self.refusals.append(
                            Refusal(
                                thing, (), self.base.body(thing), None, self.stored.body(thing), "removed"
                            )
                        )
            elif self._touched(thing, self.mine):  # the other removed it
                kept[thing] = None
        for thing in list(kept):
            for above in self._side(thing).above(thing):
                kept.setdefault(above, None)
        return list(kept)

    def _side(self, thing: Thing) -> Tree:
        """Return the tree in which a thing stands where it will: mine where only I have moved it."""
        if thing not in self.stored.own:
            return self.mine
        base, mine, stored = (tree.parent.get(thing) for tree in (self.base, self.mine, self.stored))
        return self.mine if mine is not None and mine != base and stored == base else self.stored

    def _touched(self, thing: Thing, by: Tree) -> bool:
        """Whether somebody changed a thing or something within it since the base."""
        return not same(by.body(thing), self.base.body(thing)) or by.parent.get(
            thing
        ) != self.base.parent.get(thing)

    def _outermost_removal(self, thing: Thing) -> bool:
        return all(above in self.mine.own for above in list(self.stored.above(thing))[:1])

    # --- where they stand ---

    def _parents(self, kept: Sequence[Thing]) -> dict[Thing, tuple[Thing, str]]:
        found: dict[Thing, tuple[Thing, str]] = {}
        mine_moved: list[Thing] = []
        for thing in kept:
            if not thing.id:
                continue
            base, mine, stored = (tree.parent.get(thing) for tree in (self.base, self.mine, self.stored))
            if stored is None:
                assert mine is not None or base is not None
                found[thing] = mine or base  # type: ignore[assignment]  # one of them is there
            elif mine is None or mine in (base, stored):
                found[thing] = stored
            elif stored == base:
                found[thing] = mine
                mine_moved.append(thing)
            else:
                found[thing] = stored
                self.refusals.append(
                    Refusal(thing, (), str(base and base[0]), str(mine[0]), str(stored[0]), "moved")
                )
        there = set(kept)
        for thing, (above, _slot) in list(found.items()):
            if above not in there:  # moved by me into what the other has removed, say
                found[thing] = next(
                    place
                    for place in (
                        self.stored.parent.get(thing),
                        self.mine.parent.get(thing),
                        self._elsewhere(thing, there),
                    )
                    if place is not None and place[0] in there
                )
        for thing in mine_moved:
            if _in_itself(thing, found):
                before = self.stored.parent[thing]
                found[thing] = before if before[0] in there else self._elsewhere(thing, there)
        return found

    def _elsewhere(self, thing: Thing, there: set[Thing]) -> tuple[Thing, str]:
        """Return some place where a thing may stand: the first of the right sort."""
        return next(
            (above, slot)
            for above in (*self.stored.own, *self.mine.own)
            if above in there and above != thing
            for slot, sort in SLOTS[above.sort].items()
            if sort == thing.sort
        )

    def _ordered(self, above: Thing, slot: str, there: set[Thing]) -> list[Thing]:
        base, mine, stored = (
            tree.inner.get(above, {}).get(slot, []) for tree in (self.base, self.mine, self.stored)
        )
        return merge_order(base, mine, stored, there)

    # --- what is said of them ---

    def _own(self, thing: Thing) -> dict[str, Any]:
        mine, stored = self.mine.own.get(thing), self.stored.own.get(thing)
        if mine is None or stored is None:
            return copy.deepcopy(stored or mine or {})
        base = self.base.own.get(thing, {})
        if thing.sort == FIELD and not (
            same(mine.get("kind"), base.get("kind")) and same(stored.get("kind"), base.get("kind"))
        ):
            return self._of_another_kind(thing, base, mine, stored)
        merged: dict[str, Any] = self._value(thing, (), base, mine, stored)
        return merged

    def _of_another_kind(
        self, thing: Thing, base: dict[str, Any], mine: dict[str, Any], stored: dict[str, Any]
    ) -> dict[str, Any]:
        """Merge a field of which somebody changed the kind: its options go with the kind."""
        together = [
            {
                **{key: value for key, value in said.items() if key not in ("kind", "options")},
                "kind": [said.get("kind"), said.get("options")],
            }
            for said in (base, mine, stored)
        ]
        merged = self._value(thing, (), *together)
        kind, options = merged.pop("kind")
        merged["kind"] = kind
        if options is not None:
            merged["options"] = options
        return merged  # type: ignore[no-any-return]  # of mappings comes a mapping

    def _value(self, thing: Thing, path: tuple[str, ...], base: Any, mine: Any, stored: Any) -> Any:
        if _alike(mine, stored) or _alike(mine, base):
            return copy.deepcopy(stored)
        if _alike(stored, base):
            return copy.deepcopy(mine)
        if isinstance(mine, dict) and isinstance(stored, dict):
            return self._mapping(thing, path, base if isinstance(base, dict) else {}, mine, stored)
        keys = [_keys(side) for side in ([] if base is ABSENT else base, mine, stored)]
        if all(key is not None for key in keys):
            return self._keyed_list(thing, path, *keys)  # type: ignore[arg-type]  # none of them is None
        values = [None if side is ABSENT else side for side in (base, mine, stored)]
        self.refusals.append(Refusal(thing, path, values[0], values[1], values[2]))
        return copy.deepcopy(stored)

    def _mapping(
        self,
        thing: Thing,
        path: tuple[str, ...],
        base: dict[str, Any],
        mine: dict[str, Any],
        stored: dict[str, Any],
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key in dict.fromkeys([*stored, *mine]):
            value = self._value(
                thing, (*path, key), base.get(key, ABSENT), mine.get(key, ABSENT), stored.get(key, ABSENT)
            )
            if value is not ABSENT:
                found[key] = value
        return found

    def _keyed_list(
        self,
        thing: Thing,
        path: tuple[str, ...],
        base: dict[str, Any],
        mine: dict[str, Any],
        stored: dict[str, Any],
    ) -> list[Any]:
        merged = self._mapping(thing, path, base, mine, stored)
        order = merge_order(list(base), list(mine), list(stored), set(merged))
        return [merged[key] for key in order]


def _alike(one: Any, other: Any) -> bool:
    if one is ABSENT or other is ABSENT:
        return one is other
    return same(one, other)


def _keys(value: Any) -> dict[str, Any] | None:
    """Return a list of things by their ids or keys; None for anything else."""
    if not isinstance(value, list):
        return None
    found: dict[str, Any] = {}
    for one in value:
        name = one.get("id", one.get("key")) if isinstance(one, dict) else None
        if not isinstance(name, str) or name in found:
            return None
        found[name] = one
    return found


def _in_itself(thing: Thing, parents: Mapping[Thing, tuple[Thing, str]]) -> bool:
    seen, here = {thing}, thing
    while here in parents:
        here = parents[here][0]
        if here in seen:
            return True
        seen.add(here)
    return False


def merge_order(
    base: Sequence[NameT], mine: Sequence[NameT], stored: Sequence[NameT], there: set[NameT]
) -> list[NameT]:
    """Return everything in ``there`` in an order: that of ``stored``, with what I added or moved behind what
    it stands behind in ``mine``. What both moved stays where it is stored.
    """
    mine_moved = moved_names(base, mine) - moved_names(base, stored)
    stays = [name for name in stored if name in there and not (name in mine_moved and name in set(mine))]
    result = list(stays)
    known = set(stays)
    for at, name in enumerate(mine):
        if name not in there or name in known:
            continue
        before = next((one for one in reversed(mine[:at]) if one in known), None)
        result.insert(result.index(before) + 1 if before is not None else 0, name)
        known.add(name)
    # Neither list has it: it was put here because it had to stand somewhere.
    result += sorted((name for name in there if name not in known), key=str)
    return result


def moved_names(before: Sequence[NameT], after: Sequence[NameT]) -> set[NameT]:
    """Return the fewest names that must move to lead from one order to the other."""
    places = {name: place for place, name in enumerate(before)}
    common = [name for name in after if name in places]
    ends: list[int] = []
    back: dict[int, int | None] = {}
    for name in common:
        place = places[name]
        length = bisect_left(ends, place)
        back[place] = ends[length - 1] if length else None
        ends[length : length + 1] = [place]
    staying: set[int] = set()
    here = ends[-1] if ends else None
    while here is not None:
        staying.add(here)
        here = back[here]
    return {name for name in common if places[name] not in staying}
