"""What one body says otherwise than another, in terms of the things in it rather than of lines.

A *list of things* is a list of dicts that each have an ``id`` of their own: they are matched by it, so a
thing that was moved is moved, not removed and added. Any other list is one value and changes as a whole.

Paths: keys and ids joined by ``.`` (``duties.d3.text``); a ``.`` or ``\\`` inside one is written with
``\\``.
"""

from __future__ import annotations

import copy
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from foundation.editions.canonical import canonical
from foundation.editions.texts import in_language

Kind = Literal["added", "removed", "changed", "moved"]
HEADING_KEYS = ("label", "title", "name", "text", "key", "code")
HEADING_LENGTH = 40


@dataclass(frozen=True)
class Change:
    """One difference.

    ``before`` and ``after`` are the values (None where there was none); of a thing that moved, its places
    in the two lists, counted from 0. ``label`` names the place for a person, in the language in use.
    ``place`` is where a thing that was added or moved stands in the new list.
    """

    path: str
    kind: Kind
    before: Any
    after: Any
    label: str
    place: int | None = None


def difference(before: dict[str, Any] | None, after: dict[str, Any]) -> list[Change]:
    """Return what leads from ``before`` (None: nothing yet) to ``after``; empty when they say the same."""
    return list(_of_dicts(before or {}, after, (), ()))


def applied(before: dict[str, Any] | None, changes: Sequence[Change]) -> dict[str, Any]:
    """Return the body that ``changes`` make of ``before``: ``applied(a, difference(a, b)) == b``."""
    body: dict[str, Any] = copy.deepcopy(before or {})
    lists: dict[tuple[str, ...], list[Change]] = {}
    for change in changes:
        *parents, last = split_path(change.path)
        container = _find(body, parents)
        if isinstance(container, list):
            lists.setdefault(tuple(parents), []).append(change)
        elif change.kind == "removed":
            del container[last]
        else:
            container[last] = copy.deepcopy(change.after)
    for path, of_list in lists.items():
        _rearrange(_find(body, path), of_list)
    return body


def split_path(path: str) -> list[str]:
    """Return the keys and ids that ``path`` joins."""
    parts = [""]
    letters = iter(path)
    for letter in letters:
        if letter == "\\":
            parts[-1] += next(letters, "")
        elif letter == ".":
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def _join(parts: Sequence[str]) -> str:
    return ".".join(part.replace("\\", "\\\\").replace(".", "\\.") for part in parts)


def _of_values(before: Any, after: Any, path: tuple[str, ...], heading: tuple[str, ...]) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _of_dicts(before, after, path, heading)
    elif isinstance(before, list) and isinstance(after, list) and _is_of_things(before, after):
        yield from _of_things(before, after, path, heading)
    elif canonical(before) != canonical(after):
        yield Change(_join(path), "changed", before, after, _label(heading))


def _of_dicts(
    before: dict[str, Any], after: dict[str, Any], path: tuple[str, ...], heading: tuple[str, ...]
) -> Iterator[Change]:
    for key, value in before.items():
        if key not in after:
            yield Change(_join((*path, key)), "removed", value, None, _label((*heading, key)))
    for key, value in after.items():
        if key in before:
            yield from _of_values(before[key], value, (*path, key), (*heading, key))
        else:
            yield Change(_join((*path, key)), "added", None, value, _label((*heading, key)))


def _of_things(
    before: list[dict[str, Any]], after: list[dict[str, Any]], path: tuple[str, ...], heading: tuple[str, ...]
) -> Iterator[Change]:
    old = {thing["id"]: (place, thing) for place, thing in enumerate(before)}
    new = {thing["id"]: (place, thing) for place, thing in enumerate(after)}
    for key, (_place, thing) in old.items():
        if key not in new:
            yield Change(_join((*path, key)), "removed", thing, None, _label((*heading, _heading(thing))))
    moved = _moved([old[key][0] for key in new if key in old])
    for key, (place, thing) in new.items():
        named = (*heading, _heading(thing))
        if key not in old:
            yield Change(_join((*path, key)), "added", None, thing, _label(named), place)
            continue
        if old[key][0] in moved:
            yield Change(_join((*path, key)), "moved", old[key][0], place, _label(named), place)
        yield from _of_dicts(old[key][1], thing, (*path, key), named)


def _is_of_things(before: list[Any], after: list[Any]) -> bool:
    """Whether both are lists of dicts with an id of their own (one may be empty, not both)."""
    if not before and not after:
        return False
    for things in (before, after):
        ids = [thing.get("id") for thing in things if isinstance(thing, dict)]
        if len(ids) < len(things) or not all(isinstance(key, str) for key in ids) or len(set(ids)) < len(ids):
            return False
    return True


def _moved(places: list[int]) -> set[int]:
    """Return the fewest of ``places`` that must move for the rest to stand in rising order."""
    ends: list[int] = []  # the smallest last place of a rising run, by length
    back: dict[int, int | None] = {}  # place → the one before it in its run
    for place in places:
        length = bisect_left(ends, place)
        back[place] = ends[length - 1] if length else None
        ends[length : length + 1] = [place]
    staying: set[int] = set()
    place_or_none = ends[-1] if ends else None
    while place_or_none is not None:
        staying.add(place_or_none)
        place_or_none = back[place_or_none]
    return set(places) - staying


def _find(body: Any, parts: Sequence[str]) -> Any:
    for part in parts:
        body = next(thing for thing in body if thing["id"] == part) if isinstance(body, list) else body[part]
    return body


def _rearrange(things: list[dict[str, Any]], changes: Sequence[Change]) -> None:
    """Take out what was removed or moved, then put in what was added or moved, from the front."""
    held = {thing["id"]: thing for thing in things}
    named = {split_path(change.path)[-1]: change for change in changes}
    things[:] = [thing for thing in things if thing["id"] not in named]
    for key, change in sorted(named.items(), key=lambda item: item[1].place or 0):
        if change.kind != "removed":
            thing = held[key] if change.kind == "moved" else copy.deepcopy(change.after)
            things.insert(change.place or 0, thing)


def _heading(thing: Mapping[str, Any]) -> str:
    """Return what a person calls the thing: its label, title, name or first words; else its id."""
    for key in HEADING_KEYS:
        value = thing.get(key)
        text = in_language(value) if isinstance(value, dict) and _is_text(value) else value
        if isinstance(text, str) and text.strip():
            return text if len(text) <= HEADING_LENGTH else text[:HEADING_LENGTH] + "…"
    return str(thing["id"])


def _is_text(value: Mapping[str, Any]) -> bool:
    return all(isinstance(part, str) for part in value.values())


def _label(heading: Sequence[str]) -> str:
    return " › ".join(heading)
