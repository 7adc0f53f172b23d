"""Cutting a chart into pages: one page while it stays readable, else an overview and then department by department.

No post is left out: what a page folds away (``+12``) stands on a later page. Pure once the chart is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from backoffice.positions.chart.drawing import size_of
from backoffice.positions.chart.structure import Chart, Unit, folded, of_department

# A3 landscape without margins, header and footer, in CSS pixels.
PAGE = (1490.0, 925.0)
SMALLEST = 0.66
"""A chart is never drawn smaller than this: the names on its cards would be below 6 points."""

LARGEST = 1.35


@dataclass(frozen=True)
class Sheet:
    """One page. ``unit`` is None for the whole and for the overview; ``part`` counts the pages of a department."""

    chart: Chart
    unit: Unit | None = None
    hidden: Mapping[str, int] = field(default_factory=dict)
    part: int = 1
    parts: int = 1


def sheets(chart: Chart) -> list[Sheet]:
    """Return the pages of ``chart``; at least one."""
    if fits(chart):
        return [Sheet(chart)]
    overview = _folded_to_fit(chart, least=0)
    # Nothing to look over where hundreds of posts report to nobody.
    found = [overview] if fits(overview.chart) else []
    units = sorted({post.unit for post in chart.posts.values()}, key=lambda unit: unit.place)
    for unit in units:
        pages = _cut(of_department(chart, {unit.code}))
        found += [
            replace(page, unit=unit, part=number, parts=len(pages)) for number, page in enumerate(pages, 1)
        ]
    return found


def scale_of(width: float, height: float) -> float:
    """Return how much a drawing of this size is made smaller to fit a page, or a little larger to fill it."""
    return min(LARGEST, PAGE[0] / width, PAGE[1] / height)


def fits(chart: Chart) -> bool:
    """Whether ``chart`` is readable on one page."""
    return scale_of(*size_of(chart)) >= SMALLEST


def _cut(chart: Chart) -> list[Sheet]:
    """Return pages that together show all of ``chart``."""
    found: list[Sheet] = []
    waiting = [chart]
    while waiting:
        one = waiting.pop()
        if len(one.posts) <= 1 or fits(one):
            found.append(Sheet(one))
        elif len(one.roots) > 1:
            half = len(one.roots) // 2
            waiting += [_under(one, one.roots[half:]), _under(one, one.roots[:half])]
        else:
            top = _folded_to_fit(one, least=1)
            if top.hidden and fits(top.chart):
                found.append(top)
                waiting.append(_under(one, tuple(top.hidden), named=True))
            else:
                # So many directly below one post: it stands at the head of each half.
                children = one.children[one.roots[0]]
                half = len(children) // 2
                waiting += [_headed(one, children[half:]), _headed(one, children[:half])]
    return found


def _folded_to_fit(chart: Chart, *, least: int) -> Sheet:
    """Return ``chart`` with as many levels as fit one page, at least those down to ``least``."""
    found, low, high = _to_level(chart, least), least, max(chart.levels.values()) - 1
    while low < high:  # more levels never take less room
        level = (low + high + 1) // 2
        page = _to_level(chart, level)
        if fits(page.chart):
            found, low = page, level
        else:
            high = level - 1
    return found


def _to_level(chart: Chart, level: int) -> Sheet:
    hidden = {code: len(chart.below(code)) for code in chart.children if chart.levels[code] == level}
    return Sheet(folded(chart, hidden), hidden=hidden)


def _under(chart: Chart, roots: Sequence[str], *, named: bool = False) -> Chart:
    """Return the trees below ``roots``, these included; ``named``: each says whom it reports to."""
    outside = dict(chart.outside)
    for code in roots if named else ():
        outside[code] = (chart.posts[chart.above[code]].title,) if code in chart.above else ()
    return _with(chart, roots, [*roots, *(below for code in roots for below in chart.below(code))], outside)


def _headed(chart: Chart, children: Sequence[str]) -> Chart:
    """Return the only root of ``chart`` with some of its children and everything below these."""
    root = chart.roots[0]
    wanted = [root, *children, *(below for code in children for below in chart.below(code))]
    part = _with(chart, (root,), wanted, chart.outside)
    return replace(part, children={**part.children, root: tuple(children)})


def _with(
    chart: Chart, roots: Sequence[str], wanted: Iterable[str], outside: Mapping[str, tuple[str, ...]]
) -> Chart:
    kept = set(wanted)
    return replace(
        chart,
        posts={code: post for code, post in chart.posts.items() if code in kept},
        roots=tuple(roots),
        children={above: many for above, many in chart.children.items() if above in kept},
        dotted=tuple(pair for pair in chart.dotted if kept.issuperset(pair)),
        outside={code: titles for code, titles in outside.items() if code in kept and titles},
    )
