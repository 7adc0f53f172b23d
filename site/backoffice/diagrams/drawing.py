"""A workflow as SVG: for the builder's screen and the page of a case.

The SVG stands alone: no script, no style sheet, nothing fetched. Colours are presentation attributes, which the style
sheet ``remit/diagram.css`` overrides by class (dark mode); every text goes through ``escape``. What colour says is said
by words or shapes too.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from backoffice.diagrams.layout import Box, Layout, Link, Place, Point, Route, placed
from backoffice.diagrams.lettering import clean, lines_of, width_of
from foundation.editions.texts import in_language
from workflows.network import Edge, edges_of, reached_from, timed_states
from workflows.schema import State, WorkflowDefinition

FONT = "'Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif"
MARGIN = 16
BOX_WIDTH = 190
TEXT_WIDTH = BOX_WIDTH - 28
LABEL_WIDTH = 168
INK, SOFT, LINE, SURFACE, GROUND = "#17212b", "#52606d", "#66737d", "#ffffff", "#f4f6f7"
RED, ACCENT, GREEN = "#b02a20", "#0b6470", "#2e7d46"
COLOURS = {"open": "#3b6fb6", "waiting": "#8a6a12", "final": "#5b6b78"}
"""Middle tones that stand out on white and on black; the category stands in words too."""


@dataclass(frozen=True)
class Stop:
    """One state a case has come to: by which way (a step's id, or ``agreed``, ``refused`` …), when, by whom."""

    state: str
    name: str = ""
    at: datetime.datetime | None = None
    who: str = ""


@dataclass(frozen=True)
class Drawing:
    """An SVG document, safe to put into a page, and its size in pixels."""

    svg: SafeString
    width: float
    height: float


@dataclass(frozen=True)
class _Text:
    text: str
    size: float
    css: str
    fill: str
    bold: bool = False

    @property
    def height(self) -> float:
        return round(self.size * 1.45)


@dataclass
class _Face:
    """A state or a label before it has a place."""

    rows: list[_Text] = field(default_factory=list)

    def add(
        self, text: str, size: float, most: int, css: str, fill: str, *, width: float, bold: bool = False
    ) -> None:
        """Add a text in as many lines as it needs."""
        for line in lines_of(text, width / size * (0.94 if bold else 1), most):
            self.rows.append(_Text(line, size, css, fill, bold))

    @property
    def height(self) -> float:
        return sum(row.height for row in self.rows)

    @property
    def width(self) -> float:
        return max(
            (width_of(row.text) * row.size * (1.08 if row.bold else 1) for row in self.rows), default=0
        )


@dataclass(frozen=True)
class _Way:
    """All ways from one state to another, drawn as one line."""

    edges: tuple[Edge, ...]
    walked: bool

    @property
    def sort(self) -> str:
        """What the line is drawn as."""
        kinds = {edge.kind for edge in self.edges}
        for kind in ("step", "agreed", "refused", "sent_back", "withdrawn"):
            if kind in kinds:
                return kind
        return "machine"


def drawing(
    definition: WorkflowDefinition,
    *,
    roles: Mapping[str, str] | None = None,
    walked: Sequence[Stop] = (),
    at: str = "",
    addresses: Mapping[str, str] | None = None,
    legend: bool = True,
) -> Drawing:
    """Return the diagram in the language in use.

    ``roles``: what roles are called, by key. ``walked``: the way a case has come, the first state first. ``at``: the
    state it stands in, or the one that is selected. ``addresses``: by state id, where its box leads.
    """
    names = roles or {}
    states = _in_order(definition)
    known = {state.id for state in states}
    reached = _reached(definition)
    timed = clocks_told(definition)
    faces = {state.id: _face(state, names, walked, reached, timed.get(state.id, ())) for state in states}
    ways = _ways(definition, known, walked)
    labels = {pair: _label(way, definition, names) for pair, way in ways.items()}
    layout = placed(
        [Box(state.id, BOX_WIDTH, faces[state.id].height + 18) for state in states],
        [
            Link(source, target, labels[source, target].width + 12, labels[source, target].height + 6)
            for source, target in ways
        ],
    )
    # Lines first, so that boxes and labels lie on them; those that were walked last of the lines.
    ordered = sorted(layout.routes, key=lambda route: ways[route.link.source, route.link.target].walked)
    pieces = [_line(route, ways[route.link.source, route.link.target]) for route in ordered]
    pieces += [
        _labelled(route.label, labels[route.link.source, route.link.target]) for route in layout.routes
    ]
    visited = [stop.state for stop in walked]
    for state in states:
        pieces.append(
            _box(
                state,
                faces[state.id],
                layout.places[state.id],
                lost=state.id not in reached,
                visits=visited.count(state.id),
                here=state.id == at,
                address=(addresses or {}).get(state.id, ""),
            )
        )
    title = _("Diagram of the workflow “%(title)s”") % {"title": in_language(definition.title)}
    signs = _legend(definition, reached, bool(walked)) if legend else []
    # Links within a picture would be hidden from whoever does not see it.
    return _document(pieces, layout, title, signs, role="group" if addresses else "img")


def _in_order(definition: WorkflowDefinition) -> list[State]:
    """Return the states, the initial one first; of two with one id the first."""
    found: dict[str, State] = {}
    for state in sorted(definition.states, key=lambda state: not state.initial):
        found.setdefault(state.id, state)
    return list(found.values())


def _reached(definition: WorkflowDefinition) -> set[str]:
    reached = reached_from(definition, [state.id for state in definition.states if state.initial])
    return reached | ({definition.merged} if definition.merged is not None else set())


def category_name(category: str) -> str:
    """Return what a category is called."""
    return {
        "open": pgettext("category of a state", "open"),
        "waiting": pgettext("category of a state", "waiting"),
        "final": pgettext("category of a state", "final"),
    }[category]


def rule_told(state: State, roles: Mapping[str, str]) -> str:
    """Return whom a stage asks and how many of them must agree; empty for a state that asks nobody."""
    approval = state.approval
    if approval is None:
        return ""
    asked = "、".join(roles.get(role, role) for role in approval.roles)
    rule = {
        "any": _("any of them decides"),
        "all": _("all of them agree"),
        "ratio": _("%(percent)d %% of them agree") % {"percent": approval.percent},
    }[approval.rule]
    order = _("one after the other") if approval.order == "sequential" else ""
    told = " · ".join(part for part in (rule, order, _("under a condition") if approval.when else "") if part)
    return _("Approval: %(roles)s (%(rule)s)") % {"roles": asked, "rule": told}


def clocks_told(definition: WorkflowDefinition) -> dict[str, list[str]]:
    """Return by state which clocks run there and which stand still, each a line."""
    running: dict[str, list[str]] = {}
    still: dict[str, list[str]] = {}
    for clock in definition.clocks:
        title = in_language(clock.title) or clock.id
        for found, states in zip((running, still), timed_states(definition, clock), strict=True):
            for state in states:
                found.setdefault(state, []).append(title)
    told: dict[str, list[str]] = {}
    for state, titles in running.items():
        line = pgettext("clocks in a state", "Time runs: %(clocks)s") % {"clocks": "、".join(titles)}
        told.setdefault(state, []).append(line)
    for state, titles in still.items():
        line = pgettext("clocks in a state", "Stands still: %(clocks)s") % {"clocks": "、".join(titles)}
        told.setdefault(state, []).append(line)
    return told


def way_told(edge: Edge, definition: WorkflowDefinition) -> str:
    """Return what a way is called."""
    titles = {step.id: in_language(step.title) for step in definition.transitions}
    own = {
        "agreed": pgettext("decision", "agreed"),
        "refused": pgettext("decision", "refused"),
        "sent_back": pgettext("decision", "sent back"),
        "withdrawn": pgettext("decision", "taken back"),
    }
    return own.get(edge.kind) or titles.get(edge.name) or edge.name


def _face(
    state: State,
    roles: Mapping[str, str],
    walked: Sequence[Stop],
    reached: set[str],
    timed: Sequence[str],
) -> _Face:
    face = _Face()
    note = [category_name(state.category)]
    if state.initial:
        note.insert(0, _("begins here"))
    face.add(" · ".join(note), 11, 1, "soft", SOFT, width=TEXT_WIDTH)
    face.add(in_language(state.title) or state.id, 14, 2, "title", INK, width=TEXT_WIDTH, bold=True)
    if state.approval is not None:
        face.add("✓ " + rule_told(state, roles), 11, 4, "approval", ACCENT, width=TEXT_WIDTH)
    for line in timed:
        face.add(line, 11, 2, "soft", SOFT, width=TEXT_WIDTH)
    if state.id not in reached:
        face.add("✕ " + _("no way leads here"), 11, 2, "lost", RED, width=TEXT_WIDTH, bold=True)
    for number, stop in enumerate(walked, 1):
        if stop.state == state.id:
            face.add(f"{number}. {_when(stop)}", 11, 2, "walked", GREEN, width=TEXT_WIDTH)
    return face


def _when(stop: Stop) -> str:
    day = date_format(timezone.localtime(stop.at), "SHORT_DATETIME_FORMAT") if stop.at is not None else ""
    return " ".join(part for part in (day, stop.who) if part)


def _ways(
    definition: WorkflowDefinition, known: set[str], walked: Sequence[Stop]
) -> dict[tuple[str, str], _Way]:
    found: dict[tuple[str, str], list[Edge]] = {}
    for edge in edges_of(definition):
        if edge.source in known and edge.target in known:
            found.setdefault((edge.source, edge.target), []).append(edge)
    gone = {
        (one.state, other.state) for one, other in pairwise(walked) if one.state != other.state or other.name
    }
    return {pair: _Way(tuple(edges), pair in gone) for pair, edges in found.items()}


def _label(way: _Way, definition: WorkflowDefinition, roles: Mapping[str, str]) -> _Face:
    face = _Face()
    for edge in way.edges:
        css, fill = ("lost", RED) if edge.kind == "refused" else ("ink", INK)
        face.add(way_told(edge, definition), 12, 2, css, fill, width=LABEL_WIDTH)
        if edge.kind == "step":
            told = "、".join(roles.get(role, role) for role in edge.roles)
            face.add(told, 11, 2, "soft", SOFT, width=LABEL_WIDTH)
        elif edge.kind == "machine":
            face.add("⚙ " + _("by itself"), 11, 1, "soft", SOFT, width=LABEL_WIDTH)
    return face


def _rows(face: _Face, x: float, y: float) -> str:
    parts, down = [], y
    for row in face.rows:
        base = down + row.height / 2 + row.size * 0.36
        parts.append(
            f'<text class="flow-{row.css}" x="{x:g}" y="{base:g}" font-size="{row.size:g}"'
            f' font-weight="{700 if row.bold else 400}" fill="{row.fill}">{escape(row.text)}</text>'
        )
        down += row.height
    return "".join(parts)


def _box(
    state: State, face: _Face, place: Place, *, lost: bool, visits: int, here: bool, address: str
) -> str:
    x, y = place.x + MARGIN, place.y + MARGIN
    colour = RED if lost else COLOURS[state.category]
    classes = ["flow-state", f"flow-state--{state.category}"]
    classes += ["flow-state--lost"] if lost else []
    classes += ["flow-state--walked"] if visits else []
    classes += ["flow-state--here"] if here else []
    edge = f'stroke="{colour}" stroke-width="{3 if here else 1.5}"'
    dashes = ' stroke-dasharray="6 3"' if lost else ""
    radius = min(place.height / 2, 22) if state.category == "final" else 8
    box = f'x="{x:g}" y="{y:g}" width="{place.width:g}" height="{place.height:g}"'
    parts = [
        f'<rect class="flow-face" {box} rx="{radius:g}" fill="{SURFACE}" {edge}{dashes}/>',
    ]
    if state.approval is not None:  # a second frame marks a stage of an approval
        inner = f'x="{x + 4:g}" y="{y + 4:g}" width="{place.width - 8:g}" height="{place.height - 8:g}"'
        parts.append(
            f'<rect class="flow-frame" {inner} rx="{max(radius - 4, 0):g}" fill="none" stroke="{colour}"/>'
        )
    parts.append(_rows(face, x + 14, y + 9))
    whole = clean(" ".join(row.text for row in face.rows))
    inner = "".join(parts)
    if address:
        inner = f'<a href="{escape(address)}">{inner}</a>'
    return f'<g class="{" ".join(classes)}" data-state="{escape(state.id)}"><title>{escape(whole)}</title>{inner}</g>'


def _labelled(place: Place, face: _Face) -> str:
    x, y = place.x + MARGIN, place.y + MARGIN
    box = f'x="{x:g}" y="{y:g}" width="{place.width:g}" height="{place.height:g}" rx="4"'
    return f'<g class="flow-label"><rect class="flow-ground" {box} fill="{GROUND}"/>{_rows(face, x + 6, y + 3)}</g>'


def _line(route: Route, way: _Way) -> str:
    points = [(x + MARGIN, y + MARGIN) for x, y in route.points]
    colour = GREEN if way.walked else RED if way.sort == "refused" else LINE
    dashes = {"machine": ' stroke-dasharray="2 4"', "withdrawn": ' stroke-dasharray="7 4"'}.get(way.sort, "")
    dashes = ' stroke-dasharray="7 4"' if way.sort == "sent_back" else dashes
    classes = f"flow-line flow-line--{way.sort}{' flow-line--walked' if way.walked else ''}"
    ends = f'data-from="{escape(route.link.source)}" data-to="{escape(route.link.target)}"'
    if route.link.source == route.link.target:
        path = "M" + "L".join(f"{x:g} {y:g}" for x, y in points)
    else:
        path = _path(points)
    return (
        f'<g class="{classes}" {ends}><path d="{path}" fill="none" stroke="{colour}"'
        f' stroke-width="{3 if way.walked else 1.5}"{dashes}/>{_head(points, colour)}</g>'
    )


def _path(points: Sequence[Point]) -> str:
    """Return a line that bends between layers and runs straight along them."""
    parts = [f"M{points[0][0]:g} {points[0][1]:g}"]
    for at, ((x, y), (to_x, to_y)) in enumerate(pairwise(points)):
        if at % 2:
            parts.append(f"L{to_x:g} {to_y:g}")
        else:
            middle = (y + to_y) / 2
            parts.append(f"C{x:g} {middle:g} {to_x:g} {middle:g} {to_x:g} {to_y:g}")
    return "".join(parts)


def _head(points: Sequence[Point], colour: str) -> str:
    """Return the point of the arrow."""
    (before_x, before_y), (x, y) = points[-2], points[-1]
    if before_y == y:
        side = 1 if before_x > x else -1
        shape = f"M{x:g} {y:g}l{8 * side:g} -4.5v9z"
    else:
        side = 1 if before_y > y else -1
        shape = f"M{x:g} {y:g}l-4.5 {8 * side:g}h9z"
    return f'<path class="flow-head" d="{shape}" fill="{colour}"/>'


def _legend(definition: WorkflowDefinition, reached: set[str], walked: bool) -> list[tuple[str, float]]:
    """Return what the signs mean, each a small drawing with its words."""
    entries: list[tuple[str, str]] = []
    used = {state.category for state in definition.states}
    for category, colour in COLOURS.items():
        if category in used:
            radius = 7 if category == "final" else 3
            shape = (
                f'<rect class="flow-face" x="0" y="1" width="22" height="14" rx="{radius}" fill="{SURFACE}"'
                f' stroke="{colour}" stroke-width="1.5"/>'
            )
            entries.append((f'<g class="flow-state--{category}">{shape}</g>', category_name(category)))
    if any(state.approval for state in definition.states):
        entries.append(
            (
                f'<rect class="flow-face" x="0" y="0" width="22" height="16" rx="3" fill="{SURFACE}"'
                f' stroke="{COLOURS["open"]}" stroke-width="1.5"/><rect class="flow-frame" x="3" y="3" width="16"'
                f' height="10" rx="1" fill="none" stroke="{COLOURS["open"]}"/>',
                _("approval"),
            )
        )
    sorts = {edge.kind for edge in edges_of(definition)}
    for kind, dashes, words in (
        ("machine", "2 4", _("the machine takes it")),
        ("sent_back", "7 4", _("sent back or taken back")),
    ):
        if kind in sorts or (kind == "sent_back" and "withdrawn" in sorts):
            line = f'<path d="M0 8h22" fill="none" stroke="{LINE}" stroke-width="1.5" stroke-dasharray="{dashes}"/>'
            entries.append((f'<g class="flow-line">{line}</g>', words))
    if walked:
        line = f'<path d="M0 8h22" fill="none" stroke="{GREEN}" stroke-width="3"/>'
        entries.append((f'<g class="flow-line flow-line--walked">{line}</g>', _("the way the case has come")))
    if any(state.id not in reached for state in definition.states):
        entries.append(
            (
                f'<g class="flow-state--lost"><rect class="flow-face" x="0" y="1" width="22" height="14" rx="3"'
                f' fill="{SURFACE}" stroke="{RED}" stroke-width="1.5" stroke-dasharray="6 3"/></g>',
                _("no way leads here"),
            )
        )
    return [
        (
            f'{shape}<text class="flow-soft" x="30" y="12" font-size="11" fill="{SOFT}">{escape(words)}</text>',
            30 + width_of(words) * 11 + 18,
        )
        for shape, words in entries
    ]


def _document(
    pieces: list[str], layout: Layout, title: str, legend: Sequence[tuple[str, float]], *, role: str
) -> Drawing:
    width = max(layout.width, BOX_WIDTH) + 2 * MARGIN
    x, y = float(MARGIN), layout.height + 2 * MARGIN + 8
    placed_legend = []
    for shape, wide in legend:
        if x > MARGIN and x + wide > width:
            x, y = float(MARGIN), y + 22
        placed_legend.append(f'<g transform="translate({x:g} {y:g})">{shape}</g>')
        x += wide
    height = y + 22 + MARGIN / 2 if legend else layout.height + 2 * MARGIN
    if legend:
        pieces = [*pieces, f'<g class="flow-legend">{"".join(placed_legend)}</g>']
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="flow" role="{role}" width="{width:g}" height="{height:g}"'
        f' viewBox="0 0 {width:g} {height:g}" font-family="{FONT}"><title>{escape(clean(title))}</title>'
    )
    # Safe: every text among the pieces went through ``escape``; the rest are our own tags and numbers.
    return Drawing(mark_safe(f"{head}{''.join(pieces)}</svg>"), width, height)  # noqa: S308
