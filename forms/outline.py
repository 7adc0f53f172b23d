"""A definition being worked on, as a tree of named things: pages, groups, fields and rules, or what else another
room says its definitions are made of (``speak``).

A working copy need not be a sound definition (a page may still be empty, a number may be a word), but it is
always such a tree, and each thing has an id that is its own among those of its sort. So a thing keeps its
name wherever it is moved to, and two people can change it in two places at once (``forms.merging``).

Bodies are plain values; every function here returns a new body and leaves the one it was given alone.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from foundation.expressions import ExpressionFault
from foundation.expressions.lexer import tokens_of

Body = dict[str, Any]
FORM, PAGE, GROUP, FIELD, RULE = "form", "page", "group", "field", "rule"
SLOTS: dict[str, Mapping[str, str]] = {
    FORM: {"pages": PAGE, "rules": RULE},
    PAGE: {"groups": GROUP},
    GROUP: {"fields": FIELD, "groups": GROUP},
    FIELD: {},
    RULE: {},
}
"""Under which keys a thing of a sort holds things of which sort; ``approval.asks``: within another mapping."""
_ALWAYS = {(FORM, "pages"), (PAGE, "groups"), (GROUP, "fields")}
"""Lists that are written down even when nothing is in them."""
CONDITIONS = ("visible_if", "required_if", "read_only_if")
_EXPRESSIONS = (*CONDITIONS, "computed", "holds")
_NAME_LISTS = ("summary", "totals", "columns", "fields")


@dataclass(frozen=True, order=True)
class Thing:
    """The name of one thing: its sort and its id. The form itself has no id."""

    sort: str
    id: str = ""

    def __str__(self) -> str:
        return f"{self.sort}:{self.id}" if self.id else self.sort

    @classmethod
    def read(cls, text: str) -> Thing:
        """Return the thing a text names; the form for a text that names nothing."""
        sort, _colon, name = text.partition(":")
        if sort in GRAMMARS:
            return cls(sort)
        return cls(sort, name) if sort in SLOTS and sort != FORM and name else ROOT


ROOT = Thing(FORM)

Renaming = Callable[[Any, Mapping[str, str], "Thing | None"], Any]
"""Returns a body, or what is said of one thing, with other ids (``_renamed_in``)."""


@dataclass(frozen=True)
class Grammar:
    """What the definitions of another room are made of. ``mark``: the list at their root by which they are told."""

    root: str
    mark: str
    slots: Mapping[str, Mapping[str, str]]
    always: frozenset[tuple[str, str]]
    renamed: Renaming


GRAMMARS: dict[str, Grammar] = {}


def speak(grammar: Grammar) -> None:
    """Let definitions of another room be worked on; the same root again replaces it."""
    GRAMMARS[grammar.root] = grammar
    SLOTS.update(grammar.slots)
    _ALWAYS.update(grammar.always)


def root_of(body: Mapping[str, Any]) -> Thing:
    """Return the name of the whole that a body says."""
    return next((Thing(one.root) for one in GRAMMARS.values() if one.mark in body), ROOT)


class NotATree(ValueError):
    """A body that cannot be worked on: its lists hold something without an id, or two things of one id."""


@dataclass
class Tree:
    """A body taken apart: what is said of each thing, and which things it holds in which order."""

    own: dict[Thing, dict[str, Any]] = field(default_factory=dict)
    inner: dict[Thing, dict[str, list[Thing]]] = field(default_factory=dict)
    parent: dict[Thing, tuple[Thing, str]] = field(default_factory=dict)
    root: Thing = ROOT

    def body(self, thing: Thing | None = None) -> Body:
        """Return what a thing, or the whole, says together with everything within it."""
        thing = thing or self.root
        said = copy.deepcopy(self.own[thing])
        for slot in SLOTS[thing.sort]:
            within = self.inner[thing].get(slot, [])
            if within or (thing.sort, slot) in _ALWAYS:
                *way, last = slot.split(".")
                here = said
                for part in way:
                    here = here.setdefault(part, {})
                here[last] = [self.body(one) for one in within]
        return said

    def above(self, thing: Thing) -> Iterator[Thing]:
        """Yield the things a thing stands in, the innermost first."""
        while thing in self.parent:
            thing = self.parent[thing][0]
            yield thing

    def below(self, thing: Thing) -> Iterator[Thing]:
        """Yield everything within a thing, in order."""
        for within in self.inner.get(thing, {}).values():
            for one in within:
                yield one
                yield from self.below(one)

    def add(
        self, thing: Thing, said: Mapping[str, Any], within: Thing, slot: str, at: int | None = None
    ) -> None:
        """Put a thing, without what it holds, into another."""
        self.own[thing] = _without_slots(said, thing.sort)
        self.inner[thing] = {}
        if thing.id:
            self.parent[thing] = (within, slot)
            place = self.inner[within].setdefault(slot, [])
            place.insert(len(place) if at is None else at, thing)


def tree_of(body: Mapping[str, Any]) -> Tree:
    """Take a body apart; raises NotATree."""
    root = root_of(body)
    tree = Tree(root=root)
    tree.add(root, body, root, "")
    _read_into(tree, root, body)
    return tree


def _without_slots(said: Mapping[str, Any], sort: str) -> dict[str, Any]:
    """Return what is said of a thing without what it holds."""
    found = {key: value for key, value in said.items() if key not in SLOTS[sort]}
    for slot in SLOTS[sort]:
        outer, dot, inner = slot.partition(".")
        if dot and isinstance(found.get(outer), dict) and inner in found[outer]:
            found[outer] = {key: value for key, value in found[outer].items() if key != inner}
    return found


def _held(said: Mapping[str, Any], slot: str) -> Any:
    here: Any = said
    for part in slot.split("."):
        here = here.get(part) if isinstance(here, dict) else None
    return here or []


def _read_into(tree: Tree, thing: Thing, said: Mapping[str, Any]) -> None:
    for slot, sort in SLOTS[thing.sort].items():
        within = _held(said, slot)
        if not isinstance(within, list):
            raise NotATree(f"{thing}: “{slot}” is no list")
        for one in within:
            if not isinstance(one, dict) or not isinstance(one.get("id"), str) or not one["id"]:
                raise NotATree(_("Something in “%(list)s” has no id; give it one.") % {"list": slot})
            name = Thing(sort, one["id"])
            if name in tree.own:
                raise NotATree(_("The id “%(id)s” is used more than once.") % {"id": name.id})
            tree.add(name, one, thing, slot)
            _read_into(tree, name, one)


def tidy(body: Mapping[str, Any]) -> Body:
    """Return the body with its lists written as this module writes them; raises NotATree."""
    return tree_of(body).body()


def same(one: Any, other: Any) -> bool:
    """Whether two values say the same as JSON (``1`` and ``true`` do not)."""
    return _text(one) == _text(other)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


# --- changing ------------------------------------------------------------------------------------------------


def changed(body: Body, thing: Thing, said: Mapping[str, Any]) -> Body:
    """Return the body with ``said`` in place of what the thing says of itself; what it holds stays, and so
    does its id.
    """
    tree = tree_of(body)
    identity = {"id": thing.id} if thing.id else {}
    tree.own[thing] = {**identity, **copy.deepcopy(_without_slots(said, thing.sort)), **identity}
    return tree.body()


def added(body: Body, said: Mapping[str, Any], thing: Thing, within: Thing, after: Thing | None) -> Body:
    """Return the body with a new thing within another, after one of those there, or at the end."""
    tree = tree_of(body)
    slot = next(slot for slot, sort in SLOTS[within.sort].items() if sort == thing.sort)
    place = tree.inner[within].get(slot, [])
    at = place.index(after) + 1 if after in place else None
    tree.add(thing, {**said, "id": thing.id}, within, slot, at)
    _read_into(tree, thing, said)
    return tree.body()


def removed(body: Body, thing: Thing) -> Body:
    """Return the body without a thing and all it holds."""
    tree = tree_of(body)
    if thing in tree.parent:
        above, slot = tree.parent[thing]
        tree.inner[above][slot].remove(thing)
    return tree.body()


def moved(body: Body, thing: Thing, within: Thing, at: int) -> Body:
    """Return the body with a thing at another place: in ``within``, counted without the thing itself.

    Raises NotATree where it would stand in itself or where nothing of its sort may stand.
    """
    tree = tree_of(body)
    slot = next((slot for slot, sort in SLOTS[within.sort].items() if sort == thing.sort), None)
    if slot is None or within == thing or within in tree.below(thing) or within not in tree.own:
        raise NotATree(f"{thing} cannot stand in {within}")
    above, old = tree.parent[thing]
    tree.inner[above][old].remove(thing)
    place = tree.inner[within].setdefault(slot, [])
    place.insert(max(0, min(at, len(place))), thing)
    tree.parent[thing] = (within, slot)
    return tree.body()


def nudged(body: Body, thing: Thing, by: int) -> Body:
    """Return the body with a thing one place earlier (-1) or later (1); from the end of a page or group it
    goes on to the neighbouring one.
    """
    tree = tree_of(body)
    above, slot = tree.parent[thing]
    place = tree.inner[above][slot]
    at = place.index(thing) + by
    if 0 <= at < len(place):
        return moved(body, thing, above, at)
    if above.sort not in (PAGE, GROUP):
        return body
    neighbours = [one for one in tree.own if one.sort == above.sort and _holds(tree, one, thing)]
    order = [one for one in tree.below(tree.root) if one in neighbours]
    if above not in order:
        return body
    beside = order.index(above) + by
    if not 0 <= beside < len(order):
        return body
    target = order[beside]
    return moved(body, thing, target, 0 if by > 0 else len(tree.inner[target].get(slot, [])))


def _holds(tree: Tree, one: Thing, thing: Thing) -> bool:
    return one != thing and one not in tree.below(thing)


def copied(body: Body, thing: Thing) -> tuple[Body, Thing]:
    """Return the body with a copy of a thing right behind it, under new ids, and the copy's name.

    Within the copy, expressions speak of the copied fields.
    """
    tree = tree_of(body)
    above, _slot = tree.parent[thing]
    names: dict[str, str] = {}
    taken = ids_in(body)
    for one in (thing, *tree.below(thing)):
        names[one.id] = fresh_id(one.id, taken)
        taken.add(names[one.id])
    said = _renaming(tree)(tree.body(thing), names, None)
    twin = Thing(thing.sort, names[thing.id])
    return added(body, said, twin, above, thing), twin


def renamed(body: Body, thing: Thing, name: str) -> Body:
    """Return the body with another id for a thing, and everything that speaks of it speaking of the new one."""
    tree = tree_of(body)
    if Thing(thing.sort, name) in tree.own:
        raise NotATree(_("The id “%(id)s” is used more than once.") % {"id": name})
    return tidy(_renaming(tree)(body, {thing.id: name}, thing))


def _renaming(tree: Tree) -> Renaming:
    grammar = GRAMMARS.get(tree.root.sort)
    return grammar.renamed if grammar is not None else _renamed_in


def _renamed_in(value: Any, names: Mapping[str, str], only: Thing | None = None) -> Any:
    """Return the value with ids, lists of ids and expressions speaking by the new names."""

    def walk(here: Any, sort: str) -> Any:
        if isinstance(here, list):
            return [walk(one, sort) for one in here]
        if not isinstance(here, dict):
            return here
        found: dict[str, Any] = {}
        for key, said in here.items():
            if key == "id" and isinstance(said, str) and (only is None or only == Thing(sort, said)):
                found[key] = names.get(said, said)
            elif key in _EXPRESSIONS and isinstance(said, str):
                found[key] = with_names(said, names)
            elif key in _NAME_LISTS and isinstance(said, list) and all(isinstance(one, str) for one in said):
                found[key] = [names.get(one, one) for one in said]
            elif key == "group" and isinstance(said, str):
                found[key] = names.get(said, said)
            elif key in SLOTS.get(sort, {}):
                found[key] = walk(said, SLOTS[sort][key])
            elif key == "options":
                found[key] = copy.deepcopy(said)
            else:
                found[key] = walk(said, "")
        return found

    return walk(value, only_sort(value))


def only_sort(value: Any) -> str:
    """Return the sort of thing a mapping looks like."""
    if not isinstance(value, dict):
        return ""
    for sort, key in ((FORM, "pages"), (RULE, "holds"), (FIELD, "kind"), (GROUP, "fields"), (PAGE, "groups")):
        if key in value:
            return sort
    return ""


def with_names(text: str, names: Mapping[str, str]) -> str:
    """Return an expression that speaks of things by their new names; unchanged where it cannot be read."""
    try:
        tokens = tokens_of(text)
    except ExpressionFault:
        return text
    found, end = [], 0
    for token in tokens:
        after_dot = token.start > 0 and text[: token.start].rstrip().endswith(".")
        if token.sort == "word" and token.text in names and not after_dot:
            found += [text[end : token.start], names[token.text]]
            end = token.end
    return "".join([*found, text[end:]])


# --- ids -----------------------------------------------------------------------------------------------------


def ids_in(body: Mapping[str, Any]) -> set[str]:
    """Return every id in use, whatever it names."""
    return {thing.id for thing in tree_of(body).own if thing.id}


_NUMBERED = re.compile(r"(.*?)_?(\d+)")


def fresh_id(wish: str, taken: Iterable[str]) -> str:
    """Return an id like ``wish`` that is not taken: ``phone``, then ``phone_2``."""
    known = set(taken)
    if wish not in known:
        return wish
    match = _NUMBERED.fullmatch(wish)
    stem, number = (match[1], int(match[2]) + 1) if match and match[1] else (wish, 2)
    stem = stem[:32]
    while f"{stem}_{number}" in known:
        number += 1
    return f"{stem}_{number}"


_NO_LETTER = re.compile(r"[^a-z0-9]+")


def id_from(label: Mapping[str, Any]) -> str:
    """Return the id that an English label suggests; empty when there is none."""
    words = _NO_LETTER.sub("_", str(label.get("en", "")).lower()).strip("_")
    words = words.lstrip("0123456789_")
    return words[:32].rstrip("_")


# --- places of problems --------------------------------------------------------------------------------------


def thing_at(path: str) -> tuple[Thing, str]:
    """Return the thing a problem's path leads to (``pages.who.groups.customer.fields.phone.label.en``), and
    the rest of the path.
    """
    parts = path.split(".")
    here, at = ROOT, 0
    loose = {slot: sort for slots in SLOTS.values() for slot, sort in slots.items()}
    while at + 1 < len(parts):
        slots: Mapping[str, str] = loose if here == ROOT else SLOTS[here.sort]
        sort = slots.get(parts[at])
        if sort is None:
            break
        here = Thing(sort, parts[at + 1])
        at += 2
    return here, ".".join(parts[at:])


def order_of(tree: Tree) -> Sequence[Thing]:
    """Return every thing in the order of the form."""
    return list(tree.below(tree.root))
