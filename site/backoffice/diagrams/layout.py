"""Where each state of a diagram stands, and which way each line takes. Pure; knows nothing of workflows.

Layers from above to below, as Sugiyama, Tagawa and Toda draw directed graphs: lines that lead back are turned round
while the layers are found, each line gets a node of its own in every layer it passes (one of them holds its label),
nodes are ordered by where their neighbours stand, then pulled towards them as far as those beside them allow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

GAP_X = 20.0
GAP_Y = 22.0
THREAD = 12.0
"""Width of a line that only passes a layer."""
SWEEPS = 12


@dataclass(frozen=True)
class Box:
    """What is to be placed."""

    key: str
    width: float
    height: float


@dataclass(frozen=True)
class Link:
    """A way from a box to another, with the size of its label."""

    source: str
    target: str
    width: float
    height: float


@dataclass(frozen=True)
class Place:
    """A rectangle; ``x`` and ``y`` are its left upper corner."""

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


Point = tuple[float, float]


@dataclass(frozen=True)
class Route:
    """The way of a link: where its label stands, and the points its line runs through, from source to target. Between
    an odd point and the next one it runs straight, along a node; between nodes it bends.
    """

    link: Link
    label: Place
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Layout:
    """Everything lies between 0 and ``width``, 0 and ``height``."""

    places: dict[str, Place]
    routes: tuple[Route, ...]
    width: float
    height: float


@dataclass
class _Node:
    key: str
    layer: int
    width: float
    height: float
    x: float = 0.0
    """Of its middle."""
    up: list[_Node] = field(default_factory=list)
    down: list[_Node] = field(default_factory=list)


def placed(boxes: Sequence[Box], links: Sequence[Link]) -> Layout:
    """Return the layout; boxes in the order in which they are told, the first on top. Links name boxes that are there;
    a link from a box to itself has its label beside the box.
    """
    if not boxes:
        return Layout({}, (), 0.0, 0.0)
    known = {box.key for box in boxes}
    own = [link for link in links if link.source == link.target and link.source in known]
    others = [link for link in links if link.source != link.target and {link.source, link.target} <= known]
    turned = _turned(boxes, others)
    layers = _layers(boxes, others, turned)
    # The label of a box's link to itself makes the box wider while places are sought.
    beside = {box.key: sum(link.width + GAP_X for link in own if link.source == box.key) for box in boxes}
    nodes = {
        box.key: _Node(box.key, 2 * layers[box.key], box.width + 2 * beside[box.key], box.height)
        for box in boxes
    }
    chains = {place: _chain(link, nodes, turned=place in turned) for place, link in enumerate(others)}
    rows = _rows(nodes, chains)
    _order(rows)
    _pull(rows)
    return _read(boxes, others, own, nodes, chains, rows, turned)


def _turned(boxes: Sequence[Box], links: Sequence[Link]) -> set[int]:
    """Return the places of the links that close a circle, walking from the first box on."""
    leaving: dict[str, list[int]] = {box.key: [] for box in boxes}
    for place, link in enumerate(links):
        leaving[link.source].append(place)
    done: set[str] = set()
    within: set[str] = set()
    found: set[int] = set()
    for box in boxes:
        waiting: list[tuple[str, int]] = [(box.key, 0)] if box.key not in done else []
        within.update(key for key, _at in waiting)
        while waiting:
            here, at = waiting.pop()
            if at == len(leaving[here]):
                within.discard(here)
                done.add(here)
                continue
            waiting.append((here, at + 1))
            place = leaving[here][at]
            target = links[place].target
            if target in within:
                found.add(place)
            elif target not in done:
                within.add(target)
                waiting.append((target, 0))
    return found


def _layers(boxes: Sequence[Box], links: Sequence[Link], turned: set[int]) -> dict[str, int]:
    """Return how deep each box stands: below everything that leads to it."""
    above: dict[str, list[str]] = {box.key: [] for box in boxes}
    below: dict[str, list[str]] = {box.key: [] for box in boxes}
    for place, link in enumerate(links):
        one, other = (link.target, link.source) if place in turned else (link.source, link.target)
        above[other].append(one)
        below[one].append(other)
    missing = {key: len(some) for key, some in above.items()}
    ready = [box.key for box in boxes if not missing[box.key]]
    found: dict[str, int] = {}
    while ready:
        here = ready.pop(0)
        found[here] = max((found[one] + 1 for one in above[here]), default=0)
        for one in below[here]:
            missing[one] -= 1
            if not missing[one]:
                ready.append(one)
    return found


def _chain(link: Link, nodes: Mapping[str, _Node], *, turned: bool) -> list[_Node]:
    """Return the nodes a link passes, from above to below, its ends included."""
    upper, lower = nodes[link.source], nodes[link.target]
    if turned:
        upper, lower = lower, upper
    passed = [_Node("", layer, THREAD, 0.0) for layer in range(upper.layer + 1, lower.layer)]
    labelled = passed[-1] if turned else passed[0]
    labelled.width, labelled.height = max(link.width, THREAD), link.height
    chain = [upper, *passed, lower]
    for one, other in pairwise(chain):
        one.down.append(other)
        other.up.append(one)
    return chain


def _rows(nodes: Mapping[str, _Node], chains: Mapping[int, Sequence[_Node]]) -> list[list[_Node]]:
    every = [*nodes.values(), *(node for chain in chains.values() for node in chain[1:-1])]
    rows: list[list[_Node]] = [[] for _layer in range(1 + max(node.layer for node in every))]
    for node in every:
        rows[node.layer].append(node)
    return rows


def _order(rows: list[list[_Node]]) -> None:
    """Put the nodes of each layer into an order in which lines cross little."""
    best, fewest = [list(row) for row in rows], _crossings(rows)
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        for at in range(1, len(rows)) if downwards else range(len(rows) - 2, -1, -1):
            beside = {id(node): place for place, node in enumerate(rows[at - 1 if downwards else at + 1])}
            wished = {}
            for place, node in enumerate(rows[at]):
                others = [beside[id(one)] for one in (node.up if downwards else node.down)]
                wished[id(node)] = sum(others) / len(others) if others else float(place)
            rows[at].sort(key=lambda node: wished[id(node)])
        crossings = _crossings(rows)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    rows[:] = best


def _crossings(rows: Sequence[Sequence[_Node]]) -> int:
    count = 0
    for upper, lower in pairwise(rows):
        places = {id(node): at for at, node in enumerate(lower)}
        ends = [place for node in upper for place in sorted(places[id(one)] for one in node.down)]
        count += sum(one > other for at, one in enumerate(ends) for other in ends[at + 1 :])
    return count


def _pull(rows: Sequence[Sequence[_Node]]) -> None:
    """Give each node a middle: near its neighbours, never over the one beside it."""
    for row in rows:
        end = 0.0
        for node in row:
            node.x = end + node.width / 2
            end += node.width + GAP_X
        for node in row:
            node.x -= (end - GAP_X) / 2
    for sweep in range(2 * SWEEPS):
        downwards = sweep % 2 == 0
        for row in rows if downwards else reversed(rows):
            wished = []
            for node in row:
                others = node.up if downwards else node.down
                others = others or node.up or node.down
                wished.append(sum(one.x for one in others) / len(others) if others else node.x)
            _set(row, wished)


def _set(row: Sequence[_Node], wished: Sequence[float]) -> None:
    """Set the middles of a row as near to those wished for as order and widths allow."""
    # Blocks of nodes that touch: each stands where the mean of its wishes is (pool adjacent violators).
    blocks: list[tuple[float, int, list[float]]] = []
    offset, offsets = 0.0, []
    for at, node in enumerate(row):
        if at:
            offset += (row[at - 1].width + node.width) / 2 + GAP_X
        offsets.append(offset)
        blocks.append((wished[at] - offset, 1, [offset]))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, count, some = blocks.pop()
            other, number, more = blocks.pop()
            blocks.append(
                ((mean * count + other * number) / (count + number), count + number, [*more, *some])
            )
    middles = [mean + offset for mean, _count, some in blocks for offset in some]
    for node, x in zip(row, middles, strict=True):
        node.x = x


def _read(
    boxes: Sequence[Box],
    others: Sequence[Link],
    own: Sequence[Link],
    nodes: Mapping[str, _Node],
    chains: Mapping[int, Sequence[_Node]],
    rows: Sequence[Sequence[_Node]],
    turned: set[int],
) -> Layout:
    tops, y = [], 0.0
    heights = [max((node.height for node in row), default=0.0) for row in rows]
    for height in heights:
        tops.append(y)
        y += height + GAP_Y
    left = min((node.x - node.width / 2 for row in rows for node in row), default=0.0)
    places = {
        box.key: Place(
            nodes[box.key].x - box.width / 2 - left,
            tops[nodes[box.key].layer] + (heights[nodes[box.key].layer] - box.height) / 2,
            box.width,
            box.height,
        )
        for box in boxes
    }
    ports = _ports(nodes, places, left)
    routes = []
    for place, link in enumerate(others):
        chain = chains[place]
        points: list[Point] = [(ports[id(chain[0]), id(chain[1])], places[chain[0].key].bottom)]
        label = Place(0.0, 0.0, 0.0, 0.0)
        for node in chain[1:-1]:
            top, height = tops[node.layer], heights[node.layer]
            if node.height or node is (chain[-2] if place in turned else chain[1]):
                down = top + (height - node.height) / 2
                label = Place(node.x - node.width / 2 - left, down, node.width, node.height)
                points += [(node.x - left, top), (node.x - left, top + height)]
            else:
                points += [(node.x - left, top), (node.x - left, top + height)]
        points.append((ports[id(chain[-1]), id(chain[-2])], places[chain[-1].key].y))
        routes.append(Route(link, label, tuple(reversed(points)) if place in turned else tuple(points)))
    routes += _own_routes(own, places)
    width = max((node.x + node.width / 2 - left for row in rows for node in row), default=0.0)
    return Layout(places, tuple(routes), width, y - GAP_Y)


def _ports(
    nodes: Mapping[str, _Node], places: Mapping[str, Place], left: float
) -> dict[tuple[int, int], float]:
    """Return where lines leave and reach boxes: spread over the middle of their width, in the order of their ends."""
    found = {}
    for key, node in nodes.items():
        for side in (node.up, node.down):
            ordered = sorted(side, key=lambda one: one.x)
            room = places[key].width * 0.7
            for at, one in enumerate(ordered):
                share = (at + 1) / (len(ordered) + 1) - 0.5
                found[id(node), id(one)] = node.x - left + share * room
    return found


def _own_routes(own: Sequence[Link], places: Mapping[str, Place]) -> list[Route]:
    ends: dict[str, float] = {}
    routes = []
    for link in own:
        box = places[link.source]
        x = ends.get(link.source, box.x + box.width) + GAP_X
        y = box.y + (box.height - link.height) / 2
        upper, lower = box.y + box.height * 0.3, box.y + box.height * 0.7
        side = box.x + box.width
        points = ((side, upper), (x + link.width / 2, upper), (x + link.width / 2, lower), (side, lower))
        routes.append(Route(link, Place(x, y, link.width, link.height), points))
        ends[link.source] = x + link.width
    return routes
