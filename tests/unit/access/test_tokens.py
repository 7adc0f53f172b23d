"""The colours carry text: each pair that does reaches 4.5:1 in light and dark; both dark lists are the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[3] / "site" / "backoffice" / "static" / "remit"
TEMPLATES = Path(__file__).resolve().parents[3] / "templates"
SURFACES = ("ground", "surface", "surface-sunk", "surface-hover")
PAIRS = [
    *(("ink", surface) for surface in SURFACES),
    *(("ink-soft", surface) for surface in SURFACES),
    *((state, f"{state}-soft") for state in ("open", "waiting", "done", "refused", "ended")),
    *(("ink", f"{state}-soft") for state in ("open", "waiting", "done", "refused", "ended")),
    *(("ink-soft", f"{side}-soft") for side in ("done", "refused")),
    *((state, "surface") for state in ("waiting", "refused", "accent", "accent-strong")),
    ("accent", "ground"),
    ("accent-strong", "accent-soft"),
    ("ink-on-accent", "accent"),
    ("ink-on-accent", "accent-strong"),
]


def lists() -> dict[str, dict[str, str]]:
    """Return the colours of each theme, by the selector that sets them."""
    text = (STATIC / "tokens.css").read_text("utf-8")
    found = {}
    for selector, body in re.findall(r"(:root[^\s{]*(?:\([^)]*\))?)\s*\{([^{}]*)\}", text):
        colours = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6});", body))
        if colours:
            found[selector] = colours
    return found


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("selector", [":root", ':root[data-theme="dark"]'])
def test_text_can_be_read(selector: str) -> None:
    colours = lists()[selector]
    weak = {
        f"{text} on {ground}": round(contrast(colours[text], colours[ground]), 2)
        for text, ground in PAIRS
        if contrast(colours[text], colours[ground]) < 4.5
    }
    assert weak == {}


def test_edges_of_controls_can_be_seen() -> None:
    for colours in lists().values():
        assert contrast(colours["line-strong"], colours["surface"]) >= 3
        assert contrast(colours["focus"], colours["ground"]) >= 3


def test_dark_by_choice_and_dark_by_the_system_are_the_same() -> None:
    found = lists()
    assert found[':root[data-theme="dark"]'] == found[':root:not([data-theme="light"])']
    assert set(found[":root"]) == set(found[':root[data-theme="dark"]'])


def test_no_other_style_sheet_names_a_colour() -> None:
    for sheet in ("base.css", "components.css"):
        body = (STATIC / sheet).read_text("utf-8").partition("@media print")[0]
        assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?![\w-])", body) == [], sheet


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    there = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text("utf-8")))
    text = "\n".join(source.read_text("utf-8") for source in TEMPLATES.rglob("*.html"))
    named = set(re.findall(r'{% icon "([\w-]+)"', text))
    assert named - there == set()
