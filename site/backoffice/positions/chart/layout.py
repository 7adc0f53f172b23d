"""Where each card of a chart stands: a tidy tree for cards of any size. Pure; knows nothing of positions.

A card stands centred above its children, in rows of one height per level. Three or more children in a row
that have none of their own are piled up in columns below one another, so that a wide fan stays readable.
Subtrees lie as close as their outlines allow: each is pushed to the left as far as it goes, then to the right,
and stands halfway, which spreads small subtrees evenly between large ones.

Time grows with the number of cards times the length of an outline (levels and piles), not with its square.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

GAP_X = 24.0
GAP_Y = 44.0
PILE_FROM = 3
"""So many childless cards in a row are piled up."""
PILE_GAP = 10.0
SPINE = 20.0
"""Room left of a column of a pile, for the line that its cards hang on."""


@dataclass(frozen=True)
class Card:
    """What is to be placed."""

    key: str
    width: float
    height: float
    children: tuple[Card, ...] = ()


@dataclass(frozen=True)
class Place:
    """The rectangle of a card; ``x`` and ``y`` are its left upper corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> float:
        """Return the middle of its width."""
        return self.x + self.width / 2

    @property
    def bottom(self) -> float:
        """Return its lower edge."""
        return self.y + self.height


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


@dataclass
class _Block:
    """A card, or a pile of childless cards, with the blocks below it. ``x`` is its middle, seen from the one above."""

    cards: tuple[Card, ...]
    depth: int
    columns: list[list[Card]]
    width: float
    height: float
    below: list[_Block] = field(default_factory=list)
    x: float = 0.0
    left: list[_Step] = field(default_factory=list)
    right: list[_Step] = field(default_factory=list)

    @property
    def is_pile(self) -> bool:
        return len(self.cards) > 1


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


def columns_of(number: int) -> int:
    """Return over how many columns a pile of ``number`` cards is spread: about one and a half times as wide as high."""
    return max(1, round(math.sqrt(number * 0.4)))


def lay_out(roots: Sequence[Card]) -> Layout:
    """Return a place for every card. Keys are unique. Nothing at all gives an empty layout."""
    top = [_block(group, 0) for group in groups(roots)]
    order: list[_Block] = []
    waiting = list(reversed(top))
    while waiting:
        block = waiting.pop()
        order.append(block)
        if not block.is_pile:
            block.below = [_block(group, block.depth + 1) for group in groups(block.cards[0].children)]
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


def _block(cards: tuple[Card, ...], depth: int) -> _Block:
    if len(cards) == 1:
        return _Block(cards, depth, [list(cards)], cards[0].width, cards[0].height)
    number = columns_of(len(cards))
    rows = math.ceil(len(cards) / number)
    columns = [list(cards[start : start + rows]) for start in range(0, len(cards), rows)]
    widths = [SPINE + max(card.width for card in column) for column in columns]
    heights = [sum(card.height for card in column) + PILE_GAP * (len(column) - 1) for column in columns]
    return _Block(cards, depth, columns, sum(widths), max(heights))


def _tops(blocks: Iterable[_Block]) -> list[float]:
    """Return where each level begins. Piles reach below their level, so they do not make it higher."""
    heights: dict[int, float] = {}
    for block in blocks:
        heights[block.depth] = max(heights.get(block.depth, 0.0), 0.0 if block.is_pile else block.height)
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
        for column in block.columns:
            down = y
            for card in column:
                x = left + SPINE if block.is_pile else left
                places[card.key] = Place(x, down, card.width, card.height)
                if above is not None:
                    lines.append(_line(above, card.key, places, y - GAP_Y / 2, hangs=block.is_pile))
                down += card.height + PILE_GAP
            left += SPINE + max(card.width for card in column)
        waiting += [(child, middle, block.cards[0].key) for child in reversed(block.below)]
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


def _line(above: str, below: str, places: dict[str, Place], bar: float, *, hangs: bool) -> Line:
    """Return the line from a card to the bar between two levels, along it, and to the card below."""
    upper, lower = places[above], places[below]
    start = ((upper.centre, upper.bottom), (upper.centre, bar))
    if hangs:
        spine, middle = lower.x - SPINE / 2, lower.y + min(lower.height / 2, 24.0)
        return Line(above, below, (*start, (spine, bar), (spine, middle), (lower.x, middle)))
    return Line(above, below, (*start, (lower.centre, bar), (lower.centre, lower.y)))
