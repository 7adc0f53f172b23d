"""The organisation chart in a real browser: size, folding, finding, phone, no script, dark, axe; HR appoints."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils.translation import gettext, override
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.test_frame import watched

pytestmark = pytest.mark.browser
SignIn = Callable[[str, str], Page]
DESK = ".chart-card[data-code=service-adviser]"


def width(page: Page) -> float:
    box = page.locator(".chart-view svg").bounding_box()
    assert box is not None
    return box["width"]


def chart(served: Served, page: Page, query: str = "") -> list[str]:
    """Open the chart; return the list that fills with what the browser complains about."""
    complaints = watched(page)
    page.goto(f"{served.url}/positions/chart/{query}")
    page.wait_for_load_state("networkidle")
    return complaints


def test_buttons_keys_and_wheel_change_the_size(served: Served, sign_in: SignIn) -> None:
    page = sign_in("clerk", "zh-hans")
    complaints = chart(served, page)
    # A large house is drawn smaller, so that it fits.
    natural, fitted = width(page), page.locator(".chart-scale").inner_text()
    page.locator("[data-zoom=in]").click()
    assert width(page) == pytest.approx(natural * 1.25, rel=0.01)
    expect(page.locator(".chart-scale")).not_to_have_text(fitted)
    view = page.locator("[data-chart-view]")
    view.focus()
    page.keyboard.press("-")
    page.keyboard.press("-")
    assert width(page) == pytest.approx(natural / 1.25, rel=0.01)
    page.keyboard.press("+")
    page.keyboard.press("0")
    expect(page.locator(".chart-scale")).to_have_text(fitted)
    before = width(page)
    box = view.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 100)
    page.mouse.wheel(0, -60)
    page.wait_for_function("fitted => document.querySelector('.chart-scale').value !== fitted", arg=fitted)
    assert width(page) > before
    assert complaints == []


def test_dragging_moves_the_drawing_and_opens_nothing(served: Served, sign_in: SignIn) -> None:
    page = sign_in("clerk", "zh-hans")
    chart(served, page)
    for _time in range(5):
        page.locator("[data-zoom=in]").click()
    card = page.locator(DESK).bounding_box()
    assert card is not None
    view = page.locator("[data-chart-view]")
    before = view.evaluate("view => [view.scrollLeft, view.scrollTop]")
    box = view.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 80, y - 60, steps=4)
    page.mouse.up()
    after = view.evaluate("view => [view.scrollLeft, view.scrollTop]")
    assert after != before
    assert "/positions/chart/" in page.url


def test_folding_works_at_once_and_by_address(served: Served, sign_in: SignIn) -> None:
    page = sign_in("clerk", "zh-hans")
    complaints = chart(served, page)
    expect(page.locator(DESK)).to_be_visible()
    page.locator(".chart-toggle[data-fold=service-manager]").click()
    expect(page.locator(DESK)).to_have_count(0)
    expect(page.locator("#post-service-adviser")).to_have_count(0)
    assert "toggled=service-manager" in page.url
    page.reload()
    expect(page.locator(DESK)).to_have_count(0)
    fold = page.locator(".outline__fold[data-fold=service-manager]")
    expect(fold).to_have_attribute("aria-expanded", "false")
    fold.focus()
    page.keyboard.press("Enter")
    expect(page.locator(DESK)).to_be_visible()
    expect(page.locator(".outline__fold[data-fold=service-manager]")).to_be_focused()
    assert complaints == []


def test_folding_needs_no_script(served: Served, sign_in: SignIn) -> None:
    page = sign_in("clerk", "zh-hans")
    context = page.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    try:
        context.add_cookies(page.context.cookies())  # type: ignore[arg-type]
        plain = context.new_page()
        plain.goto(f"{served.url}/positions/chart/")
        plain.locator(".outline__fold[data-fold=service-manager]").click()
        expect(plain.locator("#post-service-adviser")).to_have_count(0)
        plain.fill("#q", "陆晚晴")
        plain.keyboard.press("Enter")
        expect(plain.locator("#post-service-adviser.outline__item--hit")).to_be_visible()
        expect(plain.locator("[data-chart-zoom]")).to_be_hidden()
    finally:
        context.close()


def test_typing_finds_marks_and_brings_into_view(served: Served, sign_in: SignIn) -> None:
    page = sign_in("clerk", "zh-hans")
    complaints = chart(served, page)
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("陆晚晴")
    expect(page.locator(".chart-card--hit")).to_have_count(1)
    expect(page.locator(f"{DESK}.chart-card--here")).to_be_in_viewport()
    page.locator("#q").fill("经理")
    hits = page.locator(".chart-card--hit").count()
    assert hits > 2
    first = page.locator(".chart-card--here").get_attribute("data-code")
    page.keyboard.press("Enter")
    expect(page.locator(".chart-card--here")).to_have_count(1)
    assert page.locator(".chart-card--here").get_attribute("data-code") != first
    assert complaints == []


@pytest.mark.parametrize("size", [360, 390])
def test_on_a_phone_the_list_comes_first_and_nothing_is_too_wide(
    served: Served, sign_in: SignIn, size: int
) -> None:
    page = sign_in("adviser", "zh-hans")
    page.set_viewport_size({"width": size, "height": 800})
    complaints = chart(served, page)
    expect(page.locator(".chart-map")).to_be_hidden()
    expect(page.locator("#post-service-adviser")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= size
    with override("zh-hans"):
        page.locator(".chart-tabs").get_by_role("link", name=gettext("Drawing")).click()
    expect(page.locator(".chart-map")).to_be_visible()
    expect(page.locator(".chart-card").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= size
    for path in ("/positions/mine/", "/positions/service-adviser/"):
        page.goto(served.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= size
    assert complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_axe_finds_no_fault(served: Served, sign_in: SignIn, theme: str, language: str) -> None:
    page = sign_in("hr", language)
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    faults = []
    paths = (
        "/positions/chart/",
        "/positions/chart/?toggled=service-manager&q=经理",
        "/positions/chart/?vacant=1&on=2025-01-01",
        "/positions/mine/",
    )
    for path in paths:
        page.goto(served.url + path)
        for violation in Axe().run(page).response["violations"]:
            places = [node["html"][:120] for node in violation["nodes"]]
            faults.append(f"{path}: {violation['id']}: {places}")
    assert faults == []


def test_hr_appoints_somebody_and_the_chart_shows_it(served: Served, sign_in: SignIn) -> None:
    page = sign_in("hr", "zh-hans")
    complaints = watched(page)
    with override("zh-hans"):
        page.goto(f"{served.url}/admin/positions/staffing/?state=vacant")
        page.locator("tr", has_text="parts-supervisor").get_by_role("link", name=gettext("Appoint")).click()
        page.locator("#id_person-search").fill("陆晚晴")
        page.locator("[role=option]", has_text="陆晚晴").first.click()
        page.locator("[name=kind]").select_option("acting")
        page.locator("main form button[type=submit]").click()
        expect(page.locator("main")).to_contain_text("陆晚晴")
        page.goto(f"{served.url}/positions/chart/")
        card = page.locator(".chart-card[data-code=parts-supervisor]")
        expect(card).to_contain_text("陆晚晴")
        expect(card).to_contain_text(gettext("Vacant"))

        page.goto(f"{served.url}/admin/positions/staffing/post/parts-supervisor/")
        page.get_by_role("link", name=gettext("Strike out")).first.click()
        page.locator("[name=reason]").fill("演示：选错了人")
        page.locator("main form button[type=submit]").click()
        page.locator("details summary", has_text=gettext("History of the holdings")).click()
        expect(page.locator("main")).to_contain_text("演示：选错了人")
    assert complaints == []
