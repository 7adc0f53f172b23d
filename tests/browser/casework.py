"""What journeys do on the pages of cases: look for faults, open from the inbox, decide, choose people."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served

ENDED = "document.getAnimations().forEach((one) => one.effect.getComputedTiming().endTime < Infinity && one.finish())"


def faults_on(page: Page) -> list[str]:
    """Return what axe finds wrong with the page as it stands, in light and in dark."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        # Colours glide from one scheme to the other; what axe measures on the way is neither. Not waited for: a page
        # that draws no frame never comes to their end.
        page.evaluate(ENDED)
        found += [
            f"{page.url} {scheme}: {violation['id']}: {[node['html'][:120] for node in violation['nodes']]}"
            for violation in Axe().run(page).response["violations"]
        ]
    page.emulate_media(color_scheme="light")
    return found


def from_inbox(served: Served, page: Page, number: str) -> None:
    """Open the case from the inbox of whoever is signed in."""
    page.goto(f"{served.url}/inbox/")
    page.locator("main").get_by_role("link", name=number, exact=True).first.click()


def decide(page: Page, verb: str, reason: str = "") -> None:
    """Do something with the approval from the page of the case."""
    link = page.locator(f"[data-verb={verb}]")
    if not link.is_visible():
        page.locator(".menu--up > summary").click()
    link.click()
    if reason:
        page.fill("#reason", reason)


def send(page: Page) -> None:
    """Press the button of a page of decision or step."""
    page.locator("main form.form button[type=submit].button--primary").click()
    page.wait_for_load_state("networkidle")


def choose(page: Page, words: str) -> None:
    """Choose a person by typing part of their account."""
    page.fill("#person-search", words)
    page.keyboard.press("Enter")


def look_up(page: Page, field: str, words: str) -> None:
    """Choose what fits the words in a field that looks something up."""
    box = page.locator(f"#field-{field}")
    box.press_sequentially(words, delay=20)
    option = page.get_by_role("option").first
    expect(option).to_be_visible()
    option.click()
