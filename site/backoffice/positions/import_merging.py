"""Puts what a file changed into the draft that was taken from it before.

Three texts are held together: what the source said then, what it says now, and what the draft says today. A change goes
in where the draft still says what the source said; what HR wrote stays, and the change is told. A thing that was
moved or reworded keeps its id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from backoffice.positions.import_differences import (
    OF_THE_POST,
    STANDING,
    Known,
    PartChange,
    change_of,
    pairs_of,
    text_of,
    values_of,
)
from backoffice.positions.import_parts import Filled, filled
from backoffice.positions.importing import Unit
from backoffice.positions.markup import words
from backoffice.positions.models import PositionPage
from backoffice.positions.parts import BY_NAME
from backoffice.positions.reviewing.models import ImportedPart
from backoffice.positions.reviewing.origins import SINGLE, Origin

Block = dict[str, Any]


@dataclass
class Merged:
    """``left``: changes that found no place in the draft. ``origins``: where its parts stand in the new source."""

    left: list[PartChange] = field(default_factory=list)
    origins: list[Origin] = field(default_factory=list)


def merge(page: PositionPage, known: Known, unit: Unit, *, dropped: frozenset[str]) -> Merged:
    """Change ``page``, a draft as ``get_latest_revision_as_object`` gives it; the caller saves it. Two queries.

    ``dropped`` names parts of ``unit`` as for ``filled``: their changes stay out. The title is the caller's.
    """
    old, new = filled(known.before), filled(unit)
    result = Merged()
    for change in known.changes:
        if change.what in OF_THE_POST and not _says_so(page, change):
            result.left.append(change)
        elif change.what in STANDING:
            _put_text(page, change, old, new, result)
    ids = dict(
        ImportedPart.objects.filter(page=page, source=known.page.source_id).values_list("start", "block")
    )
    crossed_out = {int(key[1:]) for key in dropped}
    for name in BY_NAME:
        if old.fields.get(name) or new.fields.get(name):
            _put_part(page, name, old, new, ids, crossed_out, result)
    for origin in new.origins:
        if origin.block.startswith(SINGLE) and getattr(page, origin.block.removeprefix(SINGLE)):
            result.origins.append(origin)
    return result


def _says_so(page: PositionPage, change: PartChange) -> bool:
    """Whether the organisation says of the post already what the file says now."""
    if page.position is None:
        return False
    if change.what == "department":
        return change.after in (page.position.department.name, page.position.department.name_en)
    return any(change.after in (post.title, post.title_en) for post in page.position.superiors.all())


def _put_text(page: PositionPage, change: PartChange, old: Filled, new: Filled, result: Merged) -> None:
    name = change.what
    was, now = old.fields.get(name) or "", new.fields.get(name) or ""
    if _same(getattr(page, name), was):
        setattr(page, name, now)
    elif not _same(getattr(page, name), now):
        result.left.append(change)


def _put_part(
    page: PositionPage,
    name: str,
    old: Filled,
    new: Filled,
    ids: Mapping[int, str],
    crossed_out: set[int],
    result: Merged,
) -> None:
    blocks: list[Block] = [{**block, "value": dict(block["value"])} for block in getattr(page, name).raw_data]
    befores, afters = values_of(old.fields, name), values_of(new.fields, name)
    starts = {origin.block: origin.source[0] for origin in (*old.origins, *new.origins)}
    old_blocks, new_blocks = old.fields.get(name, []), new.fields.get(name, [])
    before_ids = [ids.get(starts.get(block["id"], -1), "") for block in old_blocks]
    there = _found(name, blocks, befores, before_ids)
    placed: dict[int, Block] = {}
    inserted: list[int] = []
    touched = False
    for pair in pairs_of(name, befores, afters):
        change = change_of(name, befores, afters, pair)
        block = there.get(pair.before)
        if change is None or change.kind == "moved":
            if block is not None:
                placed[pair.after] = block
                if change is not None:
                    inserted.append(pair.after)
        elif pair.after >= 0 and starts.get(new_blocks[pair.after]["id"]) in crossed_out:
            continue
        elif change.kind == "added":
            equal = _saying(name, blocks, afters[pair.after], there)
            if equal is None:
                inserted.append(pair.after)
            placed[pair.after] = equal or new_blocks[pair.after]
        elif change.kind == "removed":
            if block is not None and text_of(name, block["value"]) == text_of(name, befores[pair.before]):
                blocks.remove(block)
                touched = True
            elif block is not None or not before_ids[pair.before]:
                result.left.append(change)  # without an origin nobody knows whether HR reworded or removed it
        elif block is None:
            equal = _saying(name, blocks, afters[pair.after], there)
            if equal is None:
                result.left.append(change)
            else:
                placed[pair.after] = equal
        else:
            placed[pair.after] = block
            changed, agreed = _reworded(block, befores[pair.before], afters[pair.after])
            touched |= changed
            if not agreed:
                result.left.append(change)
    for place in sorted(inserted):
        _insert(blocks, placed, place)
    if touched or inserted:
        setattr(page, name, blocks)
    names = {new_blocks[place]["id"]: str(block.get("id") or "") for place, block in placed.items()}
    result.origins += [
        replace(origin, block=names[origin.block])
        for origin in new.origins
        if origin.part == name and names.get(origin.block)
    ]


def _found(
    name: str, blocks: Sequence[Block], befores: Sequence[Mapping[str, Any]], ids: Sequence[str]
) -> dict[int, Block]:
    """Return which block of the draft is which thing of the old source: by its origin, else by its words."""
    by_id = {str(block.get("id")): block for block in blocks}
    there = {place: by_id[id_] for place, id_ in enumerate(ids) if id_ in by_id}
    for place, before in enumerate(befores):
        if place not in there and not ids[place]:
            block = _saying(name, blocks, before, there)
            if block is not None:
                there[place] = block
    return there


def _saying(
    name: str, blocks: Sequence[Block], value: Mapping[str, Any], there: Mapping[int, Block]
) -> Block | None:
    """Return the first block in the words of ``value`` that is nothing else yet."""
    taken = {id(block) for block in there.values()}
    text = text_of(name, value)
    return next(
        (block for block in blocks if id(block) not in taken and text_of(name, block["value"]) == text), None
    )


def _reworded(block: Block, before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[bool, bool]:
    """Put the columns that the file changed into ``block`` where it says what the file said; return whether anything
    was put in, and whether everything was.
    """
    changed, agreed = False, True
    for column in after:
        was, now, is_ = before.get(column), after[column], block["value"].get(column)
        if _same(was, now) or _same(is_, now):
            continue
        if _same(is_, was):
            block["value"][column] = now
            changed = True
        else:
            agreed = False
    return changed, agreed


def _same(one: Any, other: Any) -> bool:
    """Whether two values say the same; the marks of rich text do not count: the editor adds some of its own."""
    return words(str(one or "")) == words(str(other or ""))


def _insert(blocks: list[Block], placed: Mapping[int, Block], place: int) -> None:
    """Put the thing behind the nearest one before it, in the order of the file; without one before the next."""
    block = placed[place]
    blocks[:] = [one for one in blocks if one is not block]
    at = {id(one): index for index, one in enumerate(blocks)}
    for earlier in range(place - 1, -1, -1):
        if id(placed.get(earlier)) in at:
            blocks.insert(at[id(placed[earlier])] + 1, block)
            return
    later = [at[id(one)] for number, one in placed.items() if number > place and id(one) in at]
    blocks.insert(min(later, default=len(blocks)), block)
