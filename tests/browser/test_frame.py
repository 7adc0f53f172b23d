"""The frame in a real browser: nothing breaks the content policy, nothing is wider than the phone, keys and theme work,
and axe finds no fault."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served

pytestmark = pytest.mark.browser

STAFF = (
    "/inbox/",
    "/requests/",
    "/requests/mine/",
    "/cases/",
    "/positions/",
    "/positions/approvals/",
    "/design/",
    "/password/",
)
ADMIN = ("/admin/", "/admin/pages/", "/admin/reports/site-history/", "/admin/account/")


def watched(page: Page) -> list[str]:
    """Return the list that fills with what the browser complains about: refused by policy, failed, not found."""
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "response", lambda got: complaints.append(f"{got.status} {got.url}") if got.status >= 400 else None
    )
    return complaints


def test_the_policy_refuses_nothing_that_wagtail_needs(
    served: Served, sign_in: Callable[[str, str], Page]
) -> None:
    page = sign_in("hr", "zh-hans")
    complaints = watched(page)
    for path in ADMIN:
        page.goto(served.url + path)
        page.wait_for_load_state("networkidle")
        assert complaints == [], path
    page.goto(f"{served.url}/admin/pages/search/?q=服务顾问")
    page.locator("main").get_by_role("link", name="售后服务顾问").first.click()
    page.wait_for_load_state("networkidle")
    page.locator("[data-side-panel-toggle=preview]").click()
    page.wait_for_load_state("networkidle")
    expect(page.frame_locator("iframe").first.locator("body")).to_contain_text("售后服务顾问")
    page.get_by_role("tab").last.click()
    page.locator("[name=effective_from]").click()
    expect(page.locator(".xdsoft_datetimepicker").first).to_be_attached()
    assert complaints == []


def test_the_policy_does_refuse_a_script_in_the_page(
    served: Served, sign_in: Callable[[str, str], Page]
) -> None:
    page = sign_in("hr", "zh-hans")
    for path in ("/inbox/", "/admin/", "/admin/reports/site-history/"):
        page.goto(served.url + path)
        page.evaluate(
            "() => { const script = document.createElement('script'); script.textContent = 'window.broken = 1';"
            " document.body.append(script); }"
        )
        assert page.evaluate("window.broken") is None, path


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_no_page_is_wider_than_the_screen(
    served: Served, sign_in: Callable[[str, str], Page], language: str, width: int
) -> None:
    page = sign_in("clerk", language)
    page.set_viewport_size({"width": width, "height": 800})
    complaints = watched(page)
    for path in STAFF:
        page.goto(served.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert [told for told in complaints if "does not conform to the required format" not in told] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_fault(served: Served, sign_in: Callable[[str, str], Page], theme: str) -> None:
    page = sign_in("clerk", "zh-hans")
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    faults = []
    for path in STAFF:
        page.goto(served.url + path)
        for violation in Axe().run(page).response["violations"]:
            places = [node["html"][:120] for node in violation["nodes"]]
            faults.append(f"{path}: {violation['id']}: {places}")
    assert faults == []


def test_keys_lead_from_place_to_place(served: Served, sign_in: Callable[[str, str], Page]) -> None:
    page = sign_in("clerk", "en")
    page.goto(f"{served.url}/design/")
    page.keyboard.press("/")
    expect(page.locator("[data-search]")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("[data-row] a[data-row-link]").nth(1)).to_be_focused()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/cases/")


def test_the_theme_changes_at_once_and_stays(served: Served, sign_in: Callable[[str, str], Page]) -> None:
    page = sign_in("clerk", "en")
    page.goto(f"{served.url}/inbox/")
    before = page.evaluate("getComputedStyle(document.body).color")
    page.locator(".person-menu > summary").click()
    with page.expect_response("**/theme/"):
        page.locator("button[name=theme][value=dark]").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).color") != before
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_menu_works_without_script(served: Served, sign_in: Callable[[str, str], Page]) -> None:
    page = sign_in("clerk", "en")
    context = page.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    try:
        context.add_cookies(page.context.cookies())  # type: ignore[arg-type]
        plain = context.new_page()
        plain.goto(f"{served.url}/design/")
        plain.locator(".person-menu > summary").click()
        plain.locator("button[name=theme][value=dark]").click()
        plain.wait_for_url("**/design/")
        expect(plain.locator("html")).to_have_attribute("data-theme", "dark")
        plain.locator(".person-menu > summary").click()
        plain.get_by_role("button", name="Sign out").click()
        plain.wait_for_url("**/sign-in/")
    finally:
        context.close()


def test_paper_is_light_whatever_theme_its_reader_has_chosen(
    served: Served, sign_in: Callable[[str, str], Page]
) -> None:
    page = sign_in("manager", "en")
    page.goto(f"{served.url}/positions/")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    ink = "getComputedStyle(document.body).color"
    on_screen = page.evaluate(ink)
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(ink) == "rgb(0, 0, 0)" != on_screen
    assert page.evaluate("getComputedStyle(document.querySelector('.list')).color") == "rgb(0, 0, 0)"
