"""Bars as SVG, drawn on the server: no script, no style sheet of its own, nothing fetched.

Colours are presentation attributes, so that the same drawing prints; the screen's style sheet overrides them by class.
Every bar that has cases behind it is a link to them and says in words what it stands for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

FONT = "'Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif"
COLOURS = ("#0b7a88", "#b5651d", "#6a5acd", "#2e7d46")
"""Middle tones that stand out on white and on black; the legend says in words which is which."""
INK, LINE = "#52606d", "#c3ccd3"
WIDTH, HEIGHT, TOP, BELOW, LEFT = 760, 240, 20, 28, 8
LEGEND = 24


@dataclass(frozen=True)
class Bar:
    """One bar: how long, what stands on it, what it stands for in words, and where it leads."""

    value: Decimal | int
    text: str
    words: str
    address: str = ""


def columns(title: str, labels: Sequence[str], series: Sequence[tuple[str, Sequence[Bar]]]) -> SafeString:
    """Return upright bars: for each label one of each series, beside one another. ``title`` says what is drawn."""
    bottom = TOP + LEGEND + HEIGHT
    most = max([abs(bar.value) for _name, bars in series for bar in bars] or [0]) or 1
    slot = (WIDTH - 2 * LEFT) / max(len(labels), 1)
    room = min(slot * 0.76 / max(len(series), 1), 44)
    parts = [_legend([name for name, _bars in series])]
    for place, label in enumerate(labels):
        middle = LEFT + slot * (place + 0.5)
        start = middle - room * len(series) / 2
        for number, (_name, bars) in enumerate(series):
            bar = bars[place]
            high = float(abs(bar.value)) / float(most) * (HEIGHT - 18)
            parts.append(_column(bar, number, start + number * room, bottom - high, room, high))
        parts.append(_text(middle, bottom + 18, label, "chart__label"))
    base = format_html(
        '<line class="chart__base" x1="0" y1="{0}" x2="{1}" y2="{0}" stroke="{2}"/>', bottom, WIDTH, LINE
    )
    body = format_html_join("", "{}", ((part,) for part in parts))
    return format_html(
        '<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" width="{}" height="{}" '
        'role="group" aria-label="{}" font-family="{}" font-size="12">{}{}</svg>',
        WIDTH,
        bottom + BELOW,
        WIDTH,
        bottom + BELOW,
        title,
        FONT,
        body,
        base,
    )


def _column(bar: Bar, number: int, x: float, y: float, width: float, high: float) -> SafeString:
    if not bar.value:
        return SafeString()
    drawn = format_html(
        '<rect class="chart__bar chart__bar--{}" x="{}" y="{}" width="{}" height="{}" rx="2" fill="{}"/>{}',
        number,
        round(x + 1.5, 1),
        round(y, 1),
        round(width - 3, 1),
        round(max(high, 1), 1),
        COLOURS[number % len(COLOURS)],
        _text(x + width / 2, y - 5, bar.text, "chart__value"),
    )
    if not bar.address:
        return drawn
    return format_html('<a href="{}" aria-label="{}">{}</a>', bar.address, bar.words, drawn)


def _legend(names: Sequence[str]) -> SafeString:
    x, parts = float(LEFT), []
    for number, name in enumerate(names):
        parts.append(
            format_html(
                '<rect class="chart__bar chart__bar--{}" x="{}" y="4" width="12" height="12" rx="2" fill="{}"/>'
                '<text class="chart__label" x="{}" y="14" fill="{}">{}</text>',
                number,
                round(x, 1),
                COLOURS[number % len(COLOURS)],
                round(x + 18, 1),
                INK,
                name,
            )
        )
        x += 42 + sum(12 if ord(letter) > 0x2E7F else 7 for letter in name)
    return format_html_join("", "{}", ((part,) for part in parts))


def _text(x: float, y: float, text: str, css: str) -> SafeString:
    return format_html(
        '<text class="{}" x="{}" y="{}" text-anchor="middle" fill="{}">{}</text>',
        css,
        round(x, 1),
        round(y, 1),
        INK,
        text,
    )


def share_bar(part: Decimal | int, whole: Decimal | int) -> SafeString:
    """Return one lying bar, as long as the part of the whole; decoration beside the number that says it."""
    length = round(float(part) / float(whole) * 100, 1) if whole and part > 0 else 0
    return format_html(
        '<svg class="share" aria-hidden="true" focusable="false" viewBox="0 0 100 8" width="100" height="8" '
        'preserveAspectRatio="none"><rect class="share__ground" width="100" height="8" fill="#e9edf0"/>'
        '<rect class="chart__bar chart__bar--0" width="{}" height="8" fill="{}"/></svg>',
        length,
        COLOURS[0],
    )
