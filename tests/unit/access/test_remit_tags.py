"""How dates, times, money and values are written in both languages, and what the components make of them."""

from __future__ import annotations

import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.template import Context, Template
from django.utils import translation
from django.utils.timezone import get_default_timezone

from backoffice.access.templatetags import remit

AT = datetime.datetime(2026, 11, 22, 6, 3, tzinfo=datetime.UTC)


def show(source: str, **names: Any) -> str:
    return Template("{% load remit %}" + source).render(Context(names))


@pytest.mark.parametrize(
    ("language", "day", "moment"),
    [("zh-hans", "2026年11月22日", "2026年11月22日 14:03"), ("en", "22 Nov 2026", "22 Nov 2026 14:03")],
)
def test_dates_and_times(language: str, day: str, moment: str) -> None:
    with translation.override(language):
        assert remit.date_text(AT) == remit.date_text(AT.date()) == day
        assert remit.moment_text(AT) == moment
        assert remit.moment_text(datetime.date(2026, 11, 22)) == day
    assert remit.clock(AT) == "14:03"


def test_a_moment_is_shown_in_the_local_time_and_said_exactly() -> None:
    with translation.override("zh-hans"):
        assert show("{% moment at %}", at=AT).strip() == (
            '<time datetime="2026-11-22T14:03:00+08:00"><span class="nowrap">2026年11月22日</span> '
            '<span class="nowrap">14:03</span></time>'
        )
    assert str(get_default_timezone()) == "Asia/Shanghai"


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (Decimal("12300"), "¥12,300.00"),
        (Decimal("-0.5"), "-¥0.50"),
        (Decimal("0.005"), "¥0.01"),
        (0, "¥0.00"),
        ("860.5", "¥860.50"),
        (None, ""),
        ("", ""),
    ],
)
def test_money(amount: Any, written: str) -> None:
    assert remit.money(amount) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (datetime.date(2026, 1, 2), "2 Jan 2026"),
        (["a", None, "b"], "a\n\nb"),
        ({"zh-hans": "投诉", "en": "Complaint"}, "Complaint"),
        ({"zh-hans": "投诉"}, "投诉"),
        ({"phone": "1390000"}, "phone: 1390000"),
        ("<b>", "<b>"),
    ],
)
def test_stored_values(value: Any, written: str) -> None:
    with translation.override("en"):
        assert remit.shown(value) == written


def test_counts_fit_their_badge() -> None:
    assert [remit.tally(number) for number in (1, 99, 100)] == ["1", "99", "99+"]


@pytest.mark.parametrize(
    ("category", "tone", "icon"),
    [
        ("open", "open", "circle-dot"),
        ("final", "done", "circle-check"),
        ("unheard-of", "ended", "circle-dot"),
    ],
)
def test_a_state_has_a_word_a_colour_and_a_shape(category: str, tone: str, icon: str) -> None:
    chip = show("{% state_chip category word %}", category=category, word="已结案")
    assert f'class="chip chip--{tone}"' in chip
    assert f"#{icon}" in chip
    assert "已结案" in chip


@pytest.mark.parametrize(("name", "initial"), [("欧阳海", "海"), ("Zhang Wei", "Z"), ("", "–"), (None, "–")])
def test_people_are_recognised_by_one_character(name: str | None, initial: str) -> None:
    assert remit.person(name)["initial"] == initial


def test_components_escape_what_they_show() -> None:
    evil = "<script>alert(1)</script>"
    change = SimpleNamespace(label=evil, path="x", before=evil, after=[evil])
    entry = remit.TimelineEntry(AT, evil, who=evil, text=evil, changes=(change,))
    page = show(
        "{% timeline entries %}{% diff changes %}{% state_chip evil evil %}{% person evil %}{% notice evil evil %}"
        "{% empty_state evil evil evil evil evil %}{% icon evil evil %}{% page_header evil evil %}",
        entries=[entry],
        changes=[change],
        evil=evil,
    )
    assert "<script" not in page
    assert page.count("&lt;script&gt;") > 10


def test_a_difference_says_when_there_was_nothing() -> None:
    with translation.override("en"):
        page = show(
            "{% diff changes %}", changes=[SimpleNamespace(label="Duty", path="", before=None, after="x")]
        )
    assert page.count("(nothing)") == 1
    assert "diff__side--none" in page
