"""Where each card of a chart stands: a tidy tree for cards of any size. Pure; knows nothing of positions.

The upper levels are *spread*: a card stands centred above its children, in rows of one height per level. Subtrees
lie as close as their outlines allow: each is pushed to the left as far as it goes, then to the right, and stands
halfway, which spreads small subtrees evenly between large ones.

Below them cards *hang* in piles: columns of cards one under another, each with what is below it indented. Three or
more children in a row that have none of their own are piled up on every level, so that a wide fan stays readable.
``best`` chooses how many levels are spread, so that the whole is shown as large as possible on a wide page.

Time grows with the number of cards times the length of an outline (levels and piles), not with its square.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from backoffice.diagrams.layout import Place

GAP_X = 24.0
GAP_Y = 44.0
PILE_FROM = 3
"""So many childless cards in a row are piled up."""
PILE_GAP = 10.0
HANG_GAP = 14.0
"""Between a card that hangs in a pile and the first one below it."""
SPINE = 20.0
"""Room left of a column of a pile, for the line that its cards hang on."""
WIDE = 1.14
"""How wide a pile is, compared with its height."""
MOST_SPREAD = 5
"""So many levels are tried, besides all of them."""
PAGE = (1600.0, 1000.0)
"""The page that ``best`` thinks of."""


@dataclass(frozen=True)
class Card:
    """What is to be placed."""

    key: str
    width: float
    height: float
    children: tuple[Card, ...] = ()


@dataclass(frozen=True)
class Line:
    """The line from a card down to one below it, as corners of right angles."""

    above: str
    below: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Layout:
    """All cards and lines; everything lies between 0 and ``width``, 0 and ``height``."""

    places: dict[str, Place]
    lines: tuple[Line, ...]
    width: float
    height: float


@dataclass(frozen=True)
class _Step:
    """A piece of an outline: between ``top`` and ``bottom`` it runs at ``x``."""

    top: float
    bottom: float
    x: float


@dataclass(frozen=True)
class _Hung:
    """A card in a pile, with the pile of its own children under it."""

    card: Card
    columns: tuple[tuple[_Hung, ...], ...]
    width: float
    height: float


@dataclass
class _Block:
    """A card, or a pile, with the blocks below it. ``x`` is its middle, seen from the one above.

    ``columns`` are empty for a card.
    """

    card: Card | None
    columns: tuple[tuple[_Hung, ...], ...]
    depth: int
    width: float
    height: float
    below: list[_Block] = field(default_factory=list)
    x: float = 0.0
    left: list[_Step] = field(default_factory=list)
    right: list[_Step] = field(default_factory=list)


def groups(cards: Sequence[Card]) -> list[tuple[Card, ...]]:
    """Return the cards in their order, in groups of those that are placed together: piles, and single ones."""
    found: list[tuple[Card, ...]] = []
    run: list[Card] = []
    for card in [*cards, None]:
        if card is not None and not card.children:
            run.append(card)
            continue
        found += [tuple(run)] if len(run) >= PILE_FROM else [(one,) for one in run]
        run = []
        if card is not None:
            found.append((card,))
    return found


def best(roots: Sequence[Card]) -> Layout:
    """Return the layout that can be shown largest on a wide page; of equal ones that with more levels spread."""
    depths = {_depth(roots), *range(min(_depth(roots), MOST_SPREAD), -1, -1)}
    tried = {(depth, WIDE): lay_out(roots, depth) for depth in sorted(depths, reverse=True)}

    def shown(choice: tuple[int, float]) -> float:
        layout = tried[choice]
        return min(1.0, PAGE[0] / max(layout.width, 1), PAGE[1] / max(layout.height, 1))

    first = sorted(tried, key=shown, reverse=True)
    if shown(first[0]) < 1:
        # Narrow piles next to one another may do better than broad ones.
        for depth, _wide in first[:2]:
            tried.update({(depth, wide): lay_out(roots, depth, wide) for wide in (0.5, 0.25)})
    return tried[max(tried, key=shown)]


def lay_out(roots: Sequence[Card], spread: int | None = None, wide: float = WIDE) -> Layout:
    """Return a place for every card. Keys are unique. Nothing at all gives an empty layout.

    ``spread``: on so many levels children stand side by side, below them they hang in piles; None: on all.
    ``wide``: how wide a pile is, compared with its height.
    """
    hung = _hang(roots)
    top = [_block(group, 0, hung, wide) for group in groups(roots)]
    order: list[_Block] = []
    waiting = list(reversed(top))
    while waiting:
        block = waiting.pop()
        order.append(block)
        if block.card is not None and block.card.children:
            children, depth = block.card.children, block.depth + 1
            if spread is None or block.depth < spread:
                block.below = [_block(group, depth, hung, wide) for group in groups(children)]
            else:
                block.below = [_pile(children, depth, hung, wide)]
            waiting += reversed(block.below)
    tops = _tops(order)
    for block in reversed(order):  # every block after all those below it
        _spread(block.below)
        middle = (block.below[0].x + block.below[-1].x) / 2 if block.below else 0.0
        for child in block.below:
            child.x -= middle
        y = tops[block.depth]
        # The gap above belongs to the card: lines run there.
        own = (y - GAP_Y if block.depth else y, y + block.height)
        block.left = _union(
            [[_Step(*own, -block.width / 2)], *(_moved(one.left, one.x) for one in block.below)], min
        )
        block.right = _union(
            [[_Step(*own, block.width / 2)], *(_moved(one.right, one.x) for one in block.below)], max
        )
    _spread(top)
    return _absolute(top, tops)


def _depth(roots: Sequence[Card]) -> int:
    """Return how many levels have children."""
    depth, level = 0, list(roots)
    while level := [child for card in level for child in card.children]:
        depth += 1
    return depth


def _hang(roots: Sequence[Card]) -> dict[str, _Hung]:
    """Return every card as it would hang in a pile, from below upwards."""
    order = list(roots)
    for card in order:
        order.extend(card.children)
    found: dict[str, _Hung] = {}
    for card in reversed(order):
        columns = _columns([found[child.key] for child in card.children], wide=0.35)
        width, height = _size(columns)
        below = HANG_GAP + height if columns else 0.0
        found[card.key] = _Hung(card, columns, max(card.width, width), card.height + below)
    return found


def _columns(hung: Sequence[_Hung], *, wide: float) -> tuple[tuple[_Hung, ...], ...]:
    """Return ``hung`` in columns of about the same height, together ``wide`` times as wide as high."""
    if not hung:
        return ()
    heights = [one.height + PILE_GAP for one in hung]
    width = SPINE + max(one.width for one in hung)
    number = min(len(hung), max(1, round(math.sqrt(wide * sum(heights) / width))))
    limit = max(sum(heights) / number, max(heights))
    columns: list[list[_Hung]] = [[]]
    filled = 0.0
    for one, height in zip(hung, heights, strict=True):
        if columns[-1] and filled + height / 2 > limit:
            columns.append([])
            filled = 0.0
        columns[-1].append(one)
        filled += height
    return tuple(tuple(column) for column in columns)


def _size(columns: Sequence[Sequence[_Hung]]) -> tuple[float, float]:
    """Return width and height of a pile."""
    width = sum(SPINE + max(one.width for one in column) for column in columns)
    return width, max(
        (sum(one.height for one in column) + PILE_GAP * (len(column) - 1) for column in columns), default=0.0
    )


def _block(cards: tuple[Card, ...], depth: int, hung: dict[str, _Hung], wide: float) -> _Block:
    if len(cards) == 1:
        return _Block(cards[0], (), depth, cards[0].width, cards[0].height)
    return _pile(cards, depth, hung, wide)


def _pile(cards: Sequence[Card], depth: int, hung: dict[str, _Hung], wide: float) -> _Block:
    columns = _columns([hung[card.key] for card in cards], wide=wide)
    return _Block(None, columns, depth, *_size(columns))


def _tops(blocks: Iterable[_Block]) -> list[float]:
    """Return where each level begins. Piles reach below their level, so they do not make it higher."""
    heights: dict[int, float] = {}
    for block in blocks:
        heights[block.depth] = max(heights.get(block.depth, 0.0), 0.0 if block.card is None else block.height)
    tops = [0.0]
    for depth in sorted(heights)[:-1]:
        tops.append(tops[-1] + heights[depth] + GAP_Y)
    return tops


def _spread(blocks: list[_Block]) -> None:
    """Give neighbours their ``x``, in their order, so that their outlines keep the gap."""
    if not blocks:
        return
    packed = [0.0]
    outline = blocks[0].right
    for block in blocks[1:]:
        packed.append(_distance(outline, block.left) + GAP_X)
        outline = _union([outline, _moved(block.right, packed[-1])], max)
    pushed = [packed[-1]]
    outline = _moved(blocks[-1].left, packed[-1])
    for block in reversed(blocks[:-1]):
        pushed.append(-_distance(block.right, outline) - GAP_X)
        outline = _union([outline, _moved(block.left, pushed[-1])], min)
    for block, left, right in zip(blocks, packed, reversed(pushed), strict=True):
        block.x = (left + right) / 2


def _distance(right: list[_Step], left: list[_Step]) -> float:
    """Return how far the outline ``left`` must be moved to the right to touch ``right``.

    Neighbours begin at the same height, so there always is a height that both have.
    """
    furthest = -math.inf
    i = j = 0
    while i < len(right) and j < len(left):
        if min(right[i].bottom, left[j].bottom) > max(right[i].top, left[j].top):
            furthest = max(furthest, right[i].x - left[j].x)
        if right[i].bottom < left[j].bottom:
            i += 1
        else:
            j += 1
    return furthest


def _union(outlines: Sequence[list[_Step]], outer: Callable[..., float]) -> list[_Step]:
    """Return the outline of several together; ``outer`` chooses the one that lies further out."""
    if len(outlines) == 1:
        return outlines[0]
    if len(outlines) > 2:
        middle = len(outlines) // 2
        return _union([_union(outlines[:middle], outer), _union(outlines[middle:], outer)], outer)
    one, other = outlines
    edges = sorted({edge for step in (*one, *other) for edge in (step.top, step.bottom)})
    merged: list[_Step] = []
    i = j = 0
    for top, bottom in pairwise(edges):
        while i < len(one) and one[i].bottom <= top:
            i += 1
        while j < len(other) and other[j].bottom <= top:
            j += 1
        here = [line[at].x for line, at in ((one, i), (other, j)) if at < len(line) and line[at].top <= top]
        if not here:
            continue
        x = outer(here)
        if merged and merged[-1].x == x and merged[-1].bottom == top:
            merged[-1] = _Step(merged[-1].top, bottom, x)
        else:
            merged.append(_Step(top, bottom, x))
    return merged


def _moved(outline: list[_Step], by: float) -> list[_Step]:
    return [_Step(step.top, step.bottom, step.x + by) for step in outline]


def _absolute(top: list[_Block], tops: list[float]) -> Layout:
    """Walk from above, turning middles seen from the one above into places, and draw the lines."""
    places: dict[str, Place] = {}
    lines: list[Line] = []
    waiting: list[tuple[_Block, float, str | None]] = [(block, 0.0, None) for block in reversed(top)]
    while waiting:
        block, origin, above = waiting.pop()
        middle, y = origin + block.x, tops[block.depth]
        left = middle - block.width / 2
        if block.card is None:
            _place_pile(block.columns, left, y, above, places, lines)
            continue
        places[block.card.key] = Place(left, y, block.card.width, block.card.height)
        if above is not None:
            start, bar = places[above], y - GAP_Y / 2
            points = ((start.centre, start.bottom), (start.centre, bar), (middle, bar), (middle, y))
            lines.append(Line(above, block.card.key, points))
        waiting += [(child, middle, block.card.key) for child in reversed(block.below)]
    shift = -min((place.x for place in places.values()), default=0.0)
    places = {
        key: Place(place.x + shift, place.y, place.width, place.height) for key, place in places.items()
    }
    return Layout(
        places,
        tuple(Line(line.above, line.below, tuple((x + shift, y) for x, y in line.points)) for line in lines),
        max((place.x + place.width for place in places.values()), default=0.0),
        max((place.bottom for place in places.values()), default=0.0),
    )


def _place_pile(
    columns: Sequence[Sequence[_Hung]],
    left: float,
    top: float,
    above: str | None,
    places: dict[str, Place],
    lines: list[Line],
) -> None:
    """Place the cards of a pile, and those that hang below them; the first pile hangs on the middle of ``above``."""
    start = (places[above].centre, places[above].bottom) if above is not None else (0.0, 0.0)
    waiting = [(columns, left, top, above, start, top - GAP_Y / 2)]
    while waiting:
        columns, left, top, above, start, bar = waiting.pop()
        for column in columns:
            x, y = left + SPINE, top
            for hung in column:
                card = hung.card
                places[card.key] = Place(x, y, card.width, card.height)
                if above is not None:
                    spine, middle = x - SPINE / 2, y + min(card.height / 2, 24.0)
                    points = (start, (start[0], bar), (spine, bar), (spine, middle), (x, middle))
                    lines.append(Line(above, card.key, points))
                if hung.columns:
                    foot = y + card.height
                    hook = (x + SPINE / 2, foot)
                    waiting.append((hung.columns, x, foot + HANG_GAP, card.key, hook, foot + HANG_GAP / 2))
                y += hung.height + PILE_GAP
            left += SPINE + max(hung.width for hung in column)
