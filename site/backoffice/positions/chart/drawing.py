"""The chart as SVG: for the screen, for downloads, for the booklet.

The SVG stands alone: no script, no style sheet, nothing fetched. Colours are presentation attributes, which the
screen's style sheet overrides by class (dark mode); every text goes through ``escape``.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from django.utils import translation
from django.utils.html import escape
from django.utils.translation import gettext as _

from backoffice.diagrams.lettering import clean, lines_of, width_of
from backoffice.positions.chart import words
from backoffice.positions.chart.layout import Card, Layout, Line, Place, best
from backoffice.positions.chart.selection import Selection
from backoffice.positions.chart.structure import Chart, Post
from foundation.organisation.models import Department

FONT = "'Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif"
MARGIN = 20
CARD_WIDTH = 208
TEXT_WIDTH = CARD_WIDTH - 30
MOST_HOLDERS = 8
BELOW = 14
"""Room for the marks of folded branches below the last row."""
# Middle tones that stand out on white and on black; colour only repeats what the card says in words.
COLOURS = ("#5b6b78", "#0b7a88", "#b5651d", "#6a5acd", "#2e7d46", "#a63d6e", "#3b6fb6", "#8a7a1f", "#7a4b2a")
INK, SOFT, LINE, SURFACE = "#17212b", "#52606d", "#7d8a94", "#ffffff"
AMBER, AMBER_SOFT, RED, RED_SOFT, ACCENT = "#855000", "#fdf0d7", "#b02a20", "#fce8e6", "#0b6470"


@dataclass(frozen=True)
class Drawing:
    """An SVG document as text, and its size in pixels."""

    svg: str
    width: float
    height: float

    def sized(self, width: str, height: str) -> str:
        """Return the SVG with another size, such as ``120mm``; what it shows is scaled to it."""
        return self.svg.replace(
            f' width="{self.width:g}" height="{self.height:g}"', f' width="{width}" height="{height}"', 1
        )


@dataclass(frozen=True)
class Screen:
    """What the screen adds to a drawing: where cards and their folding lead, what is folded and found."""

    address: Callable[[Post], str]
    fold: Callable[[str], str]
    closed: Collection[str] = ()
    hits: Collection[str] = ()


@dataclass(frozen=True)
class _Text:
    """One line of text on a card."""

    text: str
    size: float
    height: float
    css: str
    fill: str = INK
    bold: bool = False
    ground: str = ""


@dataclass
class _Face:
    """A card before it has a place."""

    post: Post
    rows: list[_Text] = field(default_factory=list)

    @property
    def height(self) -> float:
        return 18 + sum(row.height for row in self.rows)


def drawing(
    day: datetime.date,
    department: Department | str | None = None,
    language: str | None = None,
    *,
    planned: bool = False,
) -> Drawing:
    """Return the chart of ``day``, of one department with its parts or of everything, in ``language``.

    ``planned`` as for ``structure.posts_on``. Raises ``LookupError`` for the code of a department that is not there.
    """
    code = department.code if isinstance(department, Department) else department or ""
    with translation.override(language or translation.get_language()):
        return draw(Selection(day, code, planned=planned).read()[0])


def draw(
    chart: Chart,
    *,
    folded: Mapping[str, int] | None = None,
    notes: Mapping[str, str] | None = None,
    screen: Screen | None = None,
) -> Drawing:
    """Return the drawing of ``chart``. ``folded`` says how many posts hang unseen below one, ``notes`` add a line."""
    folded, notes = folded or {}, notes or {}
    if not chart.posts:
        return _empty()
    faces = {code: _face(chart, post, notes.get(code, "")) for code, post in chart.posts.items()}
    layout = best(_cards(chart, faces))
    pieces = [_lines(chart, layout)]
    pieces += [_card(face, layout.places[code], screen) for code, face in faces.items()]
    # After all cards: a mark reaches out of its own.
    pieces += [
        _toggle(face.post, layout.places[code], folded.get(code, 0), screen)
        for code, face in faces.items()
        if code in folded or (screen is not None and code in chart.children)
    ]
    return _document(pieces, layout.width, layout.height + (BELOW if folded or screen else 0))


def size_of(chart: Chart) -> tuple[float, float]:
    """Return width and height that the drawing of ``chart`` would have."""
    faces = {code: _face(chart, post, "") for code, post in chart.posts.items()}
    layout = best(_cards(chart, faces))
    return layout.width + 2 * MARGIN, layout.height + 2 * MARGIN + BELOW


def _cards(chart: Chart, faces: Mapping[str, _Face]) -> list[Card]:
    """Return the cards of the chart for ``layout``, built from below so that no depth is too deep."""
    made: dict[str, Card] = {}
    order = list(chart.roots)
    for code in order:
        order.extend(chart.children.get(code, ()))
    for code in reversed(order):
        below = tuple(made[one] for one in chart.children.get(code, ()))
        made[code] = Card(code, CARD_WIDTH, faces[code].height, below)
    return [made[code] for code in chart.roots]


def _face(chart: Chart, post: Post, note: str) -> _Face:
    face = _Face(post)
    rows = face.rows

    def add(text: str, size: float, most: int, css: str, **more: object) -> None:
        for line in lines_of(text, TEXT_WIDTH / size * (0.94 if more.get("bold") else 1), most):
            rows.append(_Text(line, size, round(size * 1.45), css, **more))  # type: ignore[arg-type]

    above = chart.outside.get(post.code)
    if above:
        add("↑ " + "、".join(above), 11, 1, "soft", fill=SOFT)
    add(post.unit.name, 11, 1, "soft", fill=SOFT)
    add(post.title, 14, 2, "title", bold=True)
    for one in post.holders[:MOST_HOLDERS]:
        add(words.holder(one), 12, 2, "ink")
        for said in words.deputising(one):
            add("↳ " + said, 11, 2, "soft", fill=SOFT)
    if len(post.holders) > MOST_HOLDERS:
        more = _("and %(number)s more") % {"number": len(post.holders) - MOST_HOLDERS}
        add(more, 11, 1, "soft", fill=SOFT)
    for text, css, fill, ground in (
        (words.vacancy(post), "vacant", AMBER, AMBER_SOFT),
        (words.surplus(post), "surplus", RED, RED_SOFT),
    ):
        if text:
            first = lines_of(text, (TEXT_WIDTH - 16) / 12, 1)[0]
            rows.append(_Text(first, 12, 24, css, fill=fill, bold=True, ground=ground))
    if note:
        add(note, 11, 1, "soft", fill=SOFT)
    return face


def _card(face: _Face, place: Place, screen: Screen | None) -> str:
    post = face.post
    x, y = place.x + MARGIN, place.y + MARGIN
    hit = screen is not None and post.code in screen.hits
    classes = f"chart-card{' chart-card--hit' if hit else ''}"
    border = AMBER if post.vacancies else LINE
    dashes = ' stroke-dasharray="6 3"' if post.headcount and not post.holders else ""
    vacant = " chart-face--vacant" if post.vacancies else ""
    box = f'x="{x:g}" y="{y:g}" width="{place.width:g}" height="{place.height:g}" rx="8"'
    edge = f'stroke="{border}" stroke-width="{1.5 if post.vacancies else 1}"{dashes}'
    bar = f"M{x + 8:g} {y:g}h-2a6 6 0 0 0-6 6v{place.height - 12:g}a6 6 0 0 0 6 6h2z"
    colour = COLOURS[post.unit.colour % len(COLOURS)]
    parts = [
        f'<rect class="chart-face{vacant}" {box} fill="{SURFACE}" {edge}/>',
        f'<path class="chart-bar" d="{bar}" fill="{colour}"/>',
    ]
    down = y + 8
    for row in face.rows:
        base = down + row.height / 2 + row.size * 0.36
        if row.ground:
            wide = min(TEXT_WIDTH, 18 + _measured(row))
            parts.append(
                f'<rect class="chart-{row.css}-ground" x="{x + 16:g}" y="{down + 2:g}" width="{wide:g}"'
                f' height="{row.height - 4:g}" rx="4" fill="{row.ground}"/>'
            )
        parts.append(
            f'<text class="chart-{row.css}" x="{x + (24 if row.ground else 16):g}" y="{base:g}"'
            f' font-size="{row.size:g}" font-weight="{700 if row.bold else 400}" fill="{row.fill}">'
            f"{escape(row.text)}</text>"
        )
        down += row.height
    whole = f"<title>{escape(clean(words.whole(post)))}</title>"
    code = escape(post.code)
    if screen is None:
        return f'<g class="{classes}">{whole}{"".join(parts)}</g>'
    address = screen.address(post)
    inner = f'<a href="{escape(address)}" tabindex="-1">{"".join(parts)}</a>' if address else "".join(parts)
    return f'<g class="{classes}" data-code="{code}">{whole}{inner}</g>'


def _measured(row: _Text) -> float:
    return width_of(row.text) * row.size * 1.1  # bold


def _toggle(post: Post, place: Place, number: int, screen: Screen | None) -> str:
    """Return the mark on the lower edge of a card: how many hang unseen below it; on the screen also what folds."""
    if screen is None:
        return _mark(place, f"+{number}")
    closed = post.code in screen.closed
    told = _("Show what is below %(title)s") if closed else _("Hide what is below %(title)s")
    told = told % {"title": post.title}
    return (
        f'<a class="chart-toggle" data-fold="{escape(post.code)}" href="{escape(screen.fold(post.code))}"'
        f' tabindex="-1"><title>{escape(clean(told))}</title>{_mark(place, f"+{number}" if closed else "−")}</a>'
    )


def _mark(place: Place, sign: str) -> str:
    wide = 24 if len(sign) < 3 else 14 + 8 * len(sign)
    middle, foot = place.centre + MARGIN, place.bottom + MARGIN
    return (
        f'<rect class="chart-mark" x="{middle - wide / 2:g}" y="{foot - 9:g}" width="{wide:g}" height="18" rx="9"'
        f' fill="{SURFACE}" stroke="{ACCENT}"/>'
        f'<text class="chart-sign" x="{middle:g}" y="{foot + 4.3:g}" font-size="12" font-weight="700"'
        f' text-anchor="middle" fill="{ACCENT}">{sign}</text>'
    )


def _lines(chart: Chart, layout: Layout) -> str:
    solid = "".join(_solid(line) for line in layout.lines)
    closing = {(circle[1 % len(circle)], circle[0]) for circle in chart.circles}
    dotted = "".join(
        _dotted(above, below, layout.places, circle=(above, below) in closing)
        for above, below in chart.dotted
        if above in layout.places and below in layout.places
    )
    return (
        f'<g class="chart-lines" fill="none" stroke="{LINE}" stroke-width="1.5">{solid}</g>'
        f'<g class="chart-dotted" fill="none" stroke="{ACCENT}" stroke-width="1.5" stroke-dasharray="2 5"'
        f' stroke-linecap="round">{dotted}</g>'
    )


def _solid(line: Line) -> str:
    (x, y), *rest = line.points
    path = f"M{x + MARGIN:g} {y + MARGIN:g}" + "".join(f"L{a + MARGIN:g} {b + MARGIN:g}" for a, b in rest)
    return f'<path data-below="{escape(line.below)}" d="{path}"/>'


def _dotted(above: str, below: str, places: Mapping[str, Place], *, circle: bool) -> str:
    upper, lower = places[above], places[below]
    start_x, start_y = upper.x + upper.width * 0.8 + MARGIN, upper.bottom + MARGIN
    end_x, end_y = lower.x + lower.width * 0.8 + MARGIN, lower.y + MARGIN
    bend = max(36.0, abs(end_y - start_y) / 2)
    red = f' class="chart-circle" stroke="{RED}"' if circle else ""
    return (
        f'<path data-below="{escape(below)}" data-other="{escape(above)}"{red} d="M{start_x:g} {start_y:g}'
        f'C{start_x:g} {start_y + bend:g} {end_x:g} {end_y - bend:g} {end_x:g} {end_y:g}"/>'
    )


def _empty() -> Drawing:
    text = escape(_("No positions to show"))
    piece = f'<text class="chart-soft" x="20" y="46" font-size="14" fill="{SOFT}">{text}</text>'
    return _document([piece], 360, 40)


def _document(pieces: list[str], width: float, height: float) -> Drawing:
    width, height = width + 2 * MARGIN, height + 2 * MARGIN
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}"'
        f' viewBox="0 0 {width:g} {height:g}" font-family="{FONT}">'
    )
    return Drawing(f"{head}{''.join(pieces)}</svg>", width, height)
